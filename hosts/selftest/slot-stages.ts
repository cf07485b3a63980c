import { frozen } from "../../modules/frozen.ts";
import type { ImageVerdict, SlotName, Slots } from "../../modules/host.ts";
import { expect, expectThrows, Skipped, sameBytes } from "./check.ts";
import type { Bench, Stage } from "./stage.ts";

/** A check of a slot takes as many steps at most: 16 MiB in steps of 1 KiB. */
const stepsMax = 16_384;

/** The other image is started on trial, and confirmed. */
export const trialStage: Stage = frozen<Stage>({
	name: "slots: an image is tried, its way back is safe, it is confirmed",
	expects: "restart",
	begin: tries,
	end({ host }) {
		const slots = slotsOf(host);
		const { bootReason, running } = slots;
		expect(bootReason.kind === "trial", `bootReason is "${bootReason.kind}"`);
		expect(slots.state(running) === "trial", `what runs is "${slots.state(running)}"`);
		expectThrows("HostFailure", () => slots.erase(0, slots.sectorBytes), "erasing the way back");
		expectThrows("HostFailure", () => slots.write(0, new Uint8Array(slots.writeBytes)), "writing over the way back");
		slots.confirm();
		expect(slots.state(running) === "confirmed", `confirmed, and it is "${slots.state(running)}"`);
		slots.confirm();
	},
});

/** The image before it is started on trial in turn… */
export const secondTrialStage: Stage = frozen<Stage>({
	name: "slots: the image before it is tried in turn",
	expects: "restart",
	begin: tries,
	end({ host }) {
		const { bootReason } = slotsOf(host);
		expect(bootReason.kind === "trial", `bootReason is "${bootReason.kind}"`);
	},
});

/** … and refuses itself. */
export const revertStage: Stage = frozen<Stage>({
	name: "slots: an image that refuses itself is left",
	expects: "restart",
	begin({ host }) {
		const slots = slotsOf(host);
		if (slots.bootReason.kind !== "trial") throw new Skipped("nothing is on trial");
		slots.revert("refused");
		host.power.restart();
	},
	end({ host }) {
		const slots = slotsOf(host);
		const { bootReason, running } = slots;
		expect(bootReason.kind === "reverted", `bootReason is "${bootReason.kind}"`);
		expect(slots.state(running) === "confirmed", `what runs is "${slots.state(running)}"`);
		slots.confirm();
	},
});

/** Last, because nothing can be tried afterwards. */
export const damageStage: Stage = frozen<Stage>({
	name: "slots: the other one is erased, written, and no image any more; what runs stays",
	begin({ host }) {
		const slots = slotsOf(host);
		const { running, sectorBytes, writeBytes, sizeBytes } = slots;
		const before = slots.image(running)?.hash;
		expect(
			sizeBytes % sectorBytes === 0 && sectorBytes % writeBytes === 0,
			`${sizeBytes} / ${sectorBytes} / ${writeBytes}`,
		);
		slots.erase(0, sectorBytes);
		expect(slots.state(other(running)) === "empty", `erased, and it is "${slots.state(other(running))}"`);
		const unit = new Uint8Array(writeBytes).fill(0xa5);
		slots.write(sectorBytes - writeBytes, unit);
		const read = new Uint8Array(writeBytes);
		slots.read(sectorBytes - writeBytes, read);
		expect(sameBytes(read, unit), "what was written is not there");
		slots.read(0, read);
		expect(!sameBytes(read, unit), "the sector's begin holds it, too");
		expect(verdictOf(slots) !== "ok", "an erased slot verifies");
		expectThrows("HostFailure", () => slots.markPending(), "markPending() of no image");
		expect(slots.image(running)?.hash === before, "what runs has changed");
		expect(slots.state(running) === "confirmed", `what runs is "${slots.state(running)}"`);
	},
});

function tries({ host }: Bench): void {
	const slots = slotsOf(host);
	const verdict = verdictOf(slots);
	if (verdict !== "ok") {
		throw new Skipped(`the other slot holds no image that verifies (${verdict}): put one there first`);
	}
	slots.markPending();
	expect(slots.state(other(slots.running)) === "trial", "marked, and it is not on trial");
	host.power.restart();
}

function slotsOf({ slots }: Bench["host"]): Slots {
	if (slots === undefined) throw new Skipped("the host has none");
	return slots;
}

function verdictOf(slots: Slots): ImageVerdict {
	for (let step = 0; step < stepsMax; step++) {
		const verdict = slots.verify();
		if (verdict !== undefined) return verdict;
	}
	throw new Error(`verify() has no end in ${stepsMax} steps`);
}

function other(slot: SlotName): SlotName {
	return slot === "a" ? "b" : "a";
}
