import { board } from "./board.ts";
import { testChip } from "./self-test.ts";

/** The entry of the self-test where the SDK's tools linked it. */
testChip(board);
