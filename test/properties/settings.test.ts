/** Settings do what a Map does, whatever is done to them, on any geometry: commands drawn by fast-check. */
import { ok } from "node:assert/strict";
import { test } from "node:test";
import type { LogRecord } from "../../modules/host.ts";
import { FlashSettings } from "../../modules/settings/flash-settings.ts";
import { liveKey, secretKey } from "../../modules/settings/key.ts";
import { KeyValueSettings } from "../../modules/settings/key-value-settings.ts";
import type { Settings } from "../../modules/settings/settings.ts";
import { AddingCrypto } from "../modules/settings/adding-crypto.ts";
import { MemoryKeyValue } from "../modules/settings/memory-key-value.ts";
import { NorFlash } from "../modules/settings/nor-flash.ts";
import { contentOf, contentOfMap, Model, perform, type Step } from "../power-loss/model.ts";
import { fc } from "../seed.ts";

const key = fc.constantFrom(1, 2, 3, 4, 1000, 5 | liveKey, 6 | secretKey, 7 | liveKey | secretKey, 0x3fffffff);
const value = fc.option(fc.uint8Array({ maxLength: 70 }), { nil: undefined, freq: 4 });
const change = fc.record({ key, value });
const slot = fc.constantFrom(0, 1);
const step: fc.Arbitrary<Step> = fc.oneof(
	{ weight: 6, arbitrary: fc.array(change, { minLength: 1, maxLength: 5 }).map((changes) => commit(changes)) },
	{ weight: 3, arbitrary: fc.constant<Step>({ does: "poll" }) },
	{ weight: 1, arbitrary: fc.constant<Step>({ does: "reboot" }) },
	{ weight: 1, arbitrary: slot.map((each): Step => ({ does: "snapshot", slot: each })) },
	{ weight: 1, arbitrary: slot.map((each): Step => ({ does: "restore", slot: each })) },
	{ weight: 1, arbitrary: slot.map((each): Step => ({ does: "forget", slot: each })) },
);
const steps = fc.array(step, { minLength: 1, maxLength: 120 });
const geometry = fc.record({
	sectors: fc.integer({ min: 2, max: 9 }),
	sectorBytes: fc.constantFrom(512, 1024, 2048, 4096, 8192),
	writeBytes: fc.constantFrom(1, 2, 4, 8, 16, 32),
	erasedByte: fc.constantFrom(0xff, 0x00),
});

const commit = (changes: readonly { key: number; value: Uint8Array | undefined }[]): Step => ({
	does: "commit",
	changes,
});

/** @returns how many steps were refused */
function follow(open: () => Settings, script: readonly Step[]): number {
	let settings = open();
	let model = new Model();
	let refused = 0;
	for (const [index, each] of script.entries()) {
		if (each.does === "reboot") settings = open();
		const refusal = perform(settings, each);
		if (refusal === undefined) model = model.after(each);
		else refused++;
		const content = contentOf(settings);
		ok(content === contentOfMap(model.current), `step ${index}: ${content}, not ${contentOfMap(model.current)}`);
	}
	ok(contentOf(open()) === contentOfMap(model.current), "after a restart");
	return refused;
}

test("[SET] raw flash: commands next to a Map, on drawn geometries", () => {
	let refused = 0;
	fc.assert(
		fc.property(geometry, steps, (chip, script) => {
			const flash = new NorFlash(chip);
			const reports: LogRecord[] = [];
			const secrets = { crypto: new AddingCrypto(), key: 1 };
			const log = { write: (record: LogRecord) => void reports.push(record) };
			const small = { sectorBytes: chip.sectorBytes, sectors: chip.sectors };
			if (small.sectorBytes === 512 && chip.writeBytes === 32) return; // a value of 70 bytes, sealed, is too long
			refused += follow(() => new FlashSettings({ flash, log, secrets }), script);
			ok(reports.length === 0, JSON.stringify(reports[0]));
		}),
		{ numRuns: 150 },
	);
	ok(refused < 1000, `${refused} refused`);
});

test("[SET] a platform's store: commands next to a Map", () => {
	fc.assert(
		fc.property(steps, (script) => {
			const store = new MemoryKeyValue();
			const secrets = { crypto: new AddingCrypto(), key: 1 };
			ok(follow(() => new KeyValueSettings({ store, secrets }), script) === 0);
		}),
		{ numRuns: 80 },
	);
});
