/**
 * What a year does to the flash of each board: a sensor in queue mode that keeps its session in flash.
 * `npm run build && node build/js/test/hosts/settings/wear.js`
 */
import { type BoardPreset, presets } from "../../../hosts/simulator/board/presets.ts";
import { FlashSettings } from "../../../modules/settings/flash-settings.ts";
import { liveKey, secretKey } from "../../../modules/settings/key.ts";
import { seeded } from "../../harness.ts";
import { AddingCrypto } from "../../modules/settings/adding-crypto.ts";
import { NorFlash } from "../../modules/settings/nor-flash.ts";

const session = 1 | liveKey | secretKey;
const registration = 2 | liveKey;
const unsent = 3 | liveKey;
const download = 4 | liveKey;
const bytes = { session: 77, registration: 40, unsent: 200, download: 24, account: 120, setting: 24 };

class Year {
	readonly flash: NorFlash;
	readonly store: FlashSettings;
	readonly secrets = { crypto: new AddingCrypto(), key: 1 };
	readonly draw = seeded(1);
	sets = 0;
	/** What the product asked to be written. */
	payloadBytes = 0;

	constructor({ map, flash }: BoardPreset) {
		const { sectorBytes, writeBytes } = flash;
		this.flash = new NorFlash({ sectors: map.settings.sizeBytes / sectorBytes, sectorBytes, writeBytes });
		this.store = new FlashSettings({ flash: this.flash, secrets: this.secrets });
	}

	set(key: number, size: number): void {
		const value = new Uint8Array(size).map(() => this.draw(256));
		const refusal = this.store.set(key, value);
		if (refusal !== undefined) throw new Error(refusal.code);
		this.sets++;
		this.payloadBytes += size;
		while (!this.store.isIdle) this.store.poll();
	}

	live(): void {
		for (let key = 100; key < 104; key++) this.set(key | secretKey, bytes.account);
		for (let key = 200; key < 236; key++) this.set(key, bytes.setting);
		while (!this.store.isIdle) this.store.poll();
		for (let day = 0; day < 365; day++) {
			for (let quarter = 0; quarter < 96; quarter++) {
				this.set(session, bytes.session);
				if (quarter % 4 === 0) this.set(registration, bytes.registration);
				if (quarter % 24 === 0) this.set(unsent, bytes.unsent);
			}
			if (day % 7 === 0) this.set(200 + (day % 36), bytes.setting);
			if (day % 91 === 90) {
				this.store.snapshot(0);
				for (let progress = 0; progress < 200; progress++) this.set(download, bytes.download);
			}
			this.secrets.crypto.nonces.length = 0;
		}
	}
}

for (const preset of [presets.esp32, presets.nrf52840, presets.nrf9160]) {
	const year = new Year(preset);
	year.live();
	const { sectorBytes, enduranceErases } = preset.flash;
	const { erases, bytesWritten } = year.flash;
	const most = Math.max(...erases);
	const mean = erases.reduce((sum, count) => sum + count, 0) / erases.length;
	const ideal = year.payloadBytes / sectorBytes / erases.length;
	const { liveBytes, usableBytes } = year.store.figures();
	process.stdout.write(
		`${preset.name}: ${erases.length} sectors, ${year.sets} sets of ${year.payloadBytes} bytes; ${bytesWritten} ` +
			`written, ${(bytesWritten / year.sets).toFixed(1)} a set; erases a sector: ${Math.min(...erases)} to ${most}, ` +
			`mean ${mean.toFixed(1)}, ideal ${ideal.toFixed(1)} (${(mean / ideal).toFixed(2)} times); ` +
			`live ${liveBytes} of ${usableBytes}; lasts ${Math.floor(enduranceErases / most)} years\n`,
	);
}
