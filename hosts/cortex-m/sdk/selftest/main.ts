import { board } from "../../device/board.ts";
import { testChip } from "../../device/self-test.ts";

/** The self-test where the SDK's tools linked it: packed, in ROM; a line in RAM calls it at boot. */
export default function main(): void {
	testChip(board);
}
