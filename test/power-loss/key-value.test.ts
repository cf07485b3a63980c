/** Settings in a platform's store and power loss: cut before and after every operation, and again in the recovery. */
import { ok } from "node:assert/strict";
import { test } from "node:test";
import { HostFailure } from "../../modules/host.ts";
import { KeyValueSettings } from "../../modules/settings/key-value-settings.ts";
import { seeded } from "../harness.ts";
import { AddingCrypto } from "../modules/settings/adding-crypto.ts";
import { MemoryKeyValue } from "../modules/settings/memory-key-value.ts";
import { PowerCut } from "../modules/settings/nor-flash.ts";
import { contentOf, contentOfMap, Model, perform, type Step } from "./model.ts";
import { drawnSteps, lifeOfADevice } from "./workload.ts";

const seeds = process.env.DORMOUSE_POWER_LOSS === "all" ? 60 : 6;
const secrets = { crypto: new AddingCrypto(), key: 3 };
const open = (store: MemoryKeyValue) => new KeyValueSettings({ store, secrets });
const copy = (store: MemoryKeyValue) => new MemoryKeyValue(new Map(store.content));

interface Life {
	readonly before: Model;
	readonly last: Model;
	readonly isCut: boolean;
}

function live(store: MemoryKeyValue, steps: readonly Step[]): Life {
	let model = new Model();
	let settings = open(store);
	for (const step of steps) {
		const before = model;
		try {
			if (step.does === "reboot") settings = open(store);
			const refusal = perform(settings, step);
			ok(refusal === undefined, refusal?.code);
			model = model.after(step);
		} catch (error) {
			if (error instanceof PowerCut) return { before, last: model.after(step), isCut: true };
			throw error;
		}
	}
	return { before: model, last: model, isCut: false };
}

function recover(store: MemoryKeyValue): void {
	const settings = open(store);
	for (let step = 0; step < 3; step++) settings.poll();
	settings.set(77, Uint8Array.of(7));
	for (let step = 0; step < 300 && !settings.isIdle; step++) settings.poll();
	ok(settings.isIdle, "never idle");
}

const probed = (model: Model) => model.after({ does: "commit", changes: [{ key: 77, value: Uint8Array.of(7) }] });

function contentOfSlots(store: MemoryKeyValue): string {
	return [0, 1]
		.map((slot) => {
			const settings = open(copy(store));
			if (!settings.hasSnapshot(slot)) return "none";
			settings.restore(slot);
			const lines = contentOf(settings).split(" ");
			return lines.filter((line) => (Number(line.split("=")[0]) & 0x2000_0000) === 0).join(" ");
		})
		.join("; ");
}

const slotsOf = ({ slots }: Model) => slots.map((map) => (map === undefined ? "none" : contentOfMap(map))).join("; ");

test("[MaU-003] a platform's store, power cut at every operation: old or new, and again in the recovery", (context) => {
	const cuts = { first: 0, recovery: 0, old: 0, new: 0 };
	for (let seed = 1; seed <= seeds; seed++) {
		const steps =
			seed === 1
				? lifeOfADevice(seeded(1), 90)
				: drawnSteps(seeded(seed), { steps: 40, keys: 8, valueMaxBytes: 40, snapshots: true });
		for (let cutAt = 0; ; cutAt++) {
			const where = `seed ${seed}, cut at ${cutAt}`;
			const store = new MemoryKeyValue();
			store.cutAt = cutAt >> 1;
			store.cutAfter = (cutAt & 1) !== 0;
			const { before, last, isCut } = live(store, steps);
			if (!isCut) break;
			cuts.first++;
			const content = contentOf(open(copy(store)));
			const candidates = [before, last].filter(({ current }) => contentOfMap(current) === content);
			ok(candidates.length > 0, `${where}: neither old nor new`);
			const slots = contentOfSlots(store);
			ok(
				candidates.some((model) => slotsOf(model) === slots),
				`${where}: snapshots are neither`,
			);
			cuts[contentOfMap(last.current) === content ? "new" : "old"]++;
			for (let again = 0; ; again++) {
				const second = copy(store);
				second.cutAt = again >> 1;
				second.cutAfter = (again & 1) !== 0;
				try {
					recover(second);
				} catch (error) {
					if (!(error instanceof PowerCut)) throw error;
				}
				const third = copy(second);
				const found = contentOf(open(third));
				const allowed = candidates.flatMap((model) => [model, probed(model)]);
				ok(
					allowed.some(({ current }) => contentOfMap(current) === found),
					`${where}, then at ${again}: ${found}`,
				);
				if (second.operations <= again >> 1) break;
				cuts.recovery++;
			}
		}
	}
	context.diagnostic(`${cuts.first} cuts (${cuts.old} old, ${cuts.new} new), ${cuts.recovery} in the recovery`);
	ok(cuts.old > 100 && cuts.new > 100 && cuts.recovery > 100, "the sweep proved nothing");
});

test("[MaU-003] a platform's store that is full or fails: a transaction is there or it is not", () => {
	const outcomes = { thrown: 0, done: 0 };
	for (let failFrom = 0; failFrom < 14; failFrom++) {
		const store = new MemoryKeyValue();
		const settings = open(store);
		const old = [1, 2, 3].map((key) => ({ key, value: Uint8Array.of(key) }));
		settings.commit(old);
		while (!settings.isIdle) settings.poll();
		const before = contentOf(settings);
		store.failFrom = store.operations + failFrom;
		const changes = [1, 2, 4].map((key) => ({ key, value: Uint8Array.of(key, key) }));
		const after = "1=0101 2=0202 3=03 4=0404";
		let isThrown = false;
		try {
			settings.commit(changes);
		} catch (error) {
			ok(error instanceof HostFailure);
			isThrown = true;
		}
		outcomes[isThrown ? "thrown" : "done"]++;
		const expected = isThrown ? before : after;
		ok(contentOf(settings) === expected, `fails from ${failFrom}: ${contentOf(settings)}`);
		ok(contentOf(open(store)) === expected, `fails from ${failFrom}, after a restart`);
		store.failFrom = -1;
		settings.set(5, Uint8Array.of(5));
		ok(contentOf(open(store)) === `${expected} 5=05`, `fails from ${failFrom}, and then works again`);
	}
	ok(outcomes.thrown > 0 && outcomes.done > 0);
});
