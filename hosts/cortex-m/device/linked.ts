import application from "../../../src/main.ts";
import { board } from "./board.ts";
import { chipHost } from "./host.ts";

/** The reference device where the SDK's tools linked it: packed, in ROM; a line in RAM calls it at boot. */
export default function main(): void {
	application(chipHost(board));
}
