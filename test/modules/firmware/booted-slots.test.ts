import { NEW_DEVICE } from "../../../modules/firmware/boot-decision.ts";
import { BootStore } from "../../../modules/firmware/boot-store.ts";
import { BootedSlots } from "../../../modules/firmware/booted-slots.ts";
import { HostFailure, type ImageVerdict, type SlotImage, type SlotName } from "../../../modules/host.ts";
import { deepEqual, equal, test, throws } from "../../harness.ts";
import { NorFlash } from "../settings/nor-flash.ts";

const isRefusal = (error: unknown) => error instanceof HostFailure;

/** What the next check finds, and what stands in the slots. */
interface Scene {
	verdict: ImageVerdict;
	images: Record<SlotName, SlotImage | undefined>;
}

/** A program that a boot loader in another machine has started. */
class Program extends BootedSlots {
	readonly counters: number[] = [];
	private readonly scene: Scene;

	constructor(scene: Scene, state: NorFlash, running: SlotName) {
		const slot = () => new NorFlash({ sectors: 8, sectorBytes: 512, writeBytes: 4 });
		const bootReason = { kind: "normal" } as const;
		const imageIn = (name: SlotName) => scene.images[name];
		super({ store: new BootStore(state), a: slot(), b: slot(), running, bootReason, imageIn });
		this.scene = scene;
	}

	verify(): ImageVerdict {
		this.counters.push(this.counterMin);
		return this.found(this.scene.verdict);
	}
}

const image = (digit: string, securityCounter: number): SlotImage => ({
	...{ name: "lamp", version: `${digit}.0`, sizeBytes: 512, hash: digit.repeat(64), securityCounter },
});
const scene = (): Scene => ({ verdict: "ok", images: { a: image("1", 3), b: image("2", 4) } });
const memory = () => new NorFlash({ sectors: 4, sectorBytes: 1024, writeBytes: 4 });

test("booted slots: marked after a check, tried by the next program, confirmed there", () => {
	const [it, state] = [scene(), memory()];
	const old = new Program(it, state, "a");
	deepEqual([old.state("a"), old.state("b"), old.bootState], ["confirmed", "valid", NEW_DEVICE]);
	throws(() => old.markPending(), isRefusal);
	equal(old.verify(), "ok");
	deepEqual(old.counters, [3], "the counter of what runs, where the device has none");
	old.markPending();
	deepEqual([old.state("b"), old.bootState.trial, old.bootState.securityCounter], ["trial", "pending", 3]);
	old.confirm();
	equal(old.bootState.trial, "pending", "the trial is not the old program's to confirm");

	const store = new BootStore(state);
	store.write({ ...store.state!, trial: "running", boots: 1 });
	const next = new Program(it, state, "b");
	throws(() => next.erase(0, 512), isRefusal);
	throws(() => next.write(0, new Uint8Array(4)), isRefusal);
	next.confirm();
	const { kept, otherIs, otherId, securityCounter } = next.bootState;
	deepEqual([kept, otherIs, otherId, securityCounter], ["b", "confirmed", "1".repeat(16), 4]);
	deepEqual([next.state("a"), next.state("b")], ["confirmed", "confirmed"]);
});

test("booted slots: what a check found is void once the slot is changed", () => {
	const [it, state] = [scene(), memory()];
	const slots = new Program(it, state, "a");
	const changes = [() => slots.erase(0, 512), () => slots.write(0, new Uint8Array(4))];
	for (const change of changes) {
		slots.verify();
		change();
		throws(() => slots.markPending(), isRefusal);
	}
	slots.verify();
	slots.markPending();
	slots.erase(0, 512);
	equal(slots.bootState.trial, "none", "nobody is to start what is being written");
	it.verdict = "signature";
	equal(slots.verify(), "signature");
	throws(() => slots.markPending(), isRefusal);
});

test("booted slots: a program on trial that refuses itself is bad, until another one lies there", () => {
	const [it, state] = [scene(), memory()];
	new BootStore(state).write({ ...NEW_DEVICE, trial: "running", boots: 1 });
	new Program(it, state, "b").revert("refused");
	const kept = new Program(it, state, "a");
	deepEqual([kept.bootState.reverted, kept.state("b")], ["refused", "bad"]);
	kept.revert("refused");
	equal(kept.bootState.kept, "a", "what is kept is not on trial");
	it.images.b = image("3", 4);
	equal(kept.state("b"), "valid");
	it.images.b = undefined;
	equal(kept.state("b"), "empty");
	kept.confirm();
	deepEqual([kept.bootState.reverted, kept.bootState.securityCounter], [undefined, 3]);
});
