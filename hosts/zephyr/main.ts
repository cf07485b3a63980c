import Timer from "timer";
import { compact } from "../../src/main-compact.ts";
import { openZephyr } from "./host.ts";
import { patienceMs } from "./link.ts";

/** Called by the SDK once the machine runs: begins when there is a network, or when it takes too long. */
export default function main(): void {
	const { host, link } = openZephyr();
	let hasBegun = false;
	const begin = (): void => {
		if (hasBegun) return;
		hasBegun = true;
		compact(host);
	};
	Timer.set(begin, patienceMs);
	link.begin(begin);
}
