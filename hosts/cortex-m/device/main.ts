import { runBench } from "./bench.ts";
import type { Natives } from "./natives.ts";

/** The entry of the bench's image: runs in RAM, at boot; all else is in ROM. */
declare const board: Natives;

runBench(board);
