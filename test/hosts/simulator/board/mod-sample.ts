import { toHex } from "../../../../modules/bytes.ts";
import type { Host } from "../../../../modules/host.ts";

/** A mod: says that it is there, with names that no firmware has. */
export default function start({ log, clock }: Host): () => void {
	const zyxwvutsrq = { quixoticZephyr: toHex(Uint8Array.of(0xca, 0xfe)) };
	log.write({ event: "modStarted", quixoticZephyr: zyxwvutsrq.quixoticZephyr });
	clock.setAlarm(clock.nowMs() + 1000, () => log.write({ event: "modRang" }));
	return () => log.write({ event: "modStopped" });
}
