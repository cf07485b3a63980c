import type * as natives from "./zephyr-natives.ts";

/** What the classes of this host ask of Zephyr: the natives in an image, a fake in a test. */
export type ZephyrSystem = typeof natives;
