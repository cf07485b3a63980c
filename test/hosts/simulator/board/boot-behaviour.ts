import type { Host } from "../../../../modules/host.ts";

/** What the program of boot.test.ts does, and says; images of it have another file in this one's place. */
export const greeting = "old";

/** Marks what lies in the other slot, when there is something that was not tried yet. */
export function live({ slots, log, power }: Host): void {
	if (slots === undefined || slots.state("b") !== "valid") return;
	const verdict = slots.verify();
	log.write({ event: "verified", verdict });
	if (verdict !== "ok") return;
	slots.markPending();
	power.restart();
}
