import application from "../../../src/main.ts";
import { board } from "../device/board.ts";
import { chipHost } from "../device/host.ts";

/** The reference device where the SDK's tools linked it: packed, in ROM; a line in RAM calls it at boot. */
export default function main(): void {
	application(chipHost(board));
}
