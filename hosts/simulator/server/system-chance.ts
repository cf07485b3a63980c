import { randomFillSync, randomInt } from "node:crypto";
import type { Dice, Entropy } from "../../../modules/host.ts";

/** Chance of a server that is in no virtual world. */
export const systemDice: Dice = { below: (bound) => randomInt(bound) };
export const systemEntropy: Entropy = { fill: (bytes) => void randomFillSync(bytes) };
