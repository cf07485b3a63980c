/** Settings and power loss: see sweep.ts. `DORMOUSE_POWER_LOSS=all` cuts everywhere, for minutes. */
import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { toHex } from "../../modules/bytes.ts";
import { FlashSettings } from "../../modules/settings/flash-settings.ts";
import { liveKey, secretKey } from "../../modules/settings/key.ts";
import { seeded } from "../harness.ts";
import { AddingCrypto } from "../modules/settings/adding-crypto.ts";
import { NorFlash, PowerCut } from "../modules/settings/nor-flash.ts";
import { chips } from "./geometries.ts";
import { noCuts, sweepPower } from "./sweep.ts";
import { drawnSteps, lifeOfADevice } from "./workload.ts";

const isExhaustive = process.env.DORMOUSE_POWER_LOSS === "all";
const seeds = isExhaustive ? 4 : 3;
const secrets = { crypto: new AddingCrypto(), key: 3 };

for (const [name, chip] of Object.entries(chips)) {
	test(`[MaU-003] power cut at every operation, ${name}: old or new, and again in the recovery`, (context) => {
		const { geometry, steps, valueMaxBytes } = chip;
		const cuts = noCuts();
		const isLarge = geometry.sectorBytes > 8192;
		const stride = isExhaustive ? (isLarge ? 61 : 1) : chip.stride;
		const recoveryStride = isExhaustive ? (isLarge ? 17 : 1) : chip.recoveryStride;
		const options = { steps, keys: valueMaxBytes < 30 ? 5 : 9, valueMaxBytes, snapshots: true };
		const life = lifeOfADevice(seeded(1), Math.min(90, valueMaxBytes));
		sweepPower({ geometry, seed: 1, steps: life, secrets, stride: Math.min(stride, 5), recoveryStride }, cuts);
		for (let seed = 2; seed < 2 + seeds; seed++) {
			const drawn = drawnSteps(seeded(seed), options);
			sweepPower(
				{ geometry, seed, steps: drawn, ...(seed % 2 === 0 ? {} : { secrets }), stride, recoveryStride },
				cuts,
			);
		}
		context.diagnostic(
			`${name}: ${cuts.first} cuts of ${cuts.operations} operations (${cuts.old} old, ${cuts.new} new; ` +
				`${cuts.erases} erases), ${cuts.recovery} cuts in the recovery`,
		);
		ok(cuts.old > 0 && cuts.new > 0 && cuts.recovery > 0, "the sweep proved nothing");
		ok(cuts.erases > geometry.sectors * 2, "it never went round");
	});

	test(`[SET] one chip, many lives that end anywhere, ${name}: old or new, and no nonce twice`, (context) => {
		const { geometry } = chip;
		const draw = seeded(geometry.sectorBytes + geometry.writeBytes);
		const flash = new NorFlash(geometry);
		flash.chance = draw;
		const used = new Set<string>();
		const key = 3 | secretKey;
		const live = 4 | liveKey | secretKey;
		let value = "";
		let lives = 0;
		const size = Math.min(chip.valueMaxBytes, geometry.sectorBytes > 512 ? 400 : 40) >> 1;
		for (; lives < (isExhaustive ? 5000 : 400); lives++) {
			const crypto = new AddingCrypto();
			const store = new FlashSettings({ flash, secrets: { crypto, key: 3 } });
			const found = store.get(key);
			const now = found instanceof Uint8Array ? toHex(found) : "";
			ok(now === value || value.split("|").includes(now), `life ${lives}: ${now}, not ${value}`);
			value = now;
			flash.cutAt = flash.operations + draw(40);
			try {
				for (let turn = 0; turn < 60; turn++) {
					const next = new Uint8Array(1 + draw(size)).map(() => draw(256));
					const settled = value;
					value = `${settled}|${toHex(next)}`;
					equal(
						store.commit([
							{ key, value: next },
							{ key: live, value: next.slice(0, 5) },
						]),
						undefined,
					);
					value = toHex(next);
					store.poll();
				}
			} catch (error) {
				if (!(error instanceof PowerCut)) throw error;
			}
			flash.cutAt = -1;
			crypto.nonces.forEach((nonce, index) => {
				// Of the last one, nothing may have reached flash; then nobody has seen it.
				const place = new DataView(Uint8Array.from(nonce.match(/../g)!, (hex) => Number.parseInt(hex, 16)).buffer);
				const at = place.getUint32(8, true) + Math.max(16, geometry.writeBytes);
				const isBlank = flash.bytes.subarray(at, at + 12).every((byte) => byte === flash.erasedByte);
				if (index >= crypto.nonces.length - 1 && isBlank) return;
				ok(!used.has(nonce), `life ${lives}: nonce ${nonce} twice`);
				used.add(nonce);
			});
		}
		const counted = new FlashSettings({ flash }).erases();
		const most = Math.max(...flash.erases);
		const least = Math.min(...flash.erases);
		context.diagnostic(`${name}: ${lives} lives, ${used.size} nonces, erases ${least} to ${most} (${counted})`);
		ok(used.size > lives, "hardly anything was sealed");
	});
}
