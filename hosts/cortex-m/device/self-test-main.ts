import type { Natives } from "../../simulator/device/natives.ts";
import { testChip } from "./self-test.ts";

/** The entry of the self-test's image of bytecode. */
declare const board: Natives;

testChip(board);
