import { toHex } from "../../../modules/bytes.ts";
import { FlashSettings } from "../../../modules/settings/flash-settings.ts";
import { secretKey } from "../../../modules/settings/key.ts";
import { settingsKeys } from "../../../src/settings.ts";
import { deepEqual, equal, ok, seeded, test } from "../../harness.ts";
import { NorFlash } from "../settings/nor-flash.ts";
import { Rig } from "./retention-bench.ts";

const draw = seeded(2);
const entropy = { fill: (bytes: Uint8Array) => void bytes.forEach((_, at) => void (bytes[at] = draw(256))) };
const log = { write() {} };

/** Records of the device that have a number of their own: all but those of handshakes. */
const numbers = (rig: Rig) =>
	rig.everySent.filter(({ bytes }) => bytes[4] === 1).map(({ session, bytes }) => `${session} ${toHex(bytes, 3, 11)}`);

test("an update's revert leaves sessions alone: none of their numbers comes back, and the registration goes on", () => {
	for (const retainedBytes of [4096, 0]) {
		const flash = new NorFlash({ sectors: 8, sectorBytes: 4096, writeBytes: 4 });
		const settings = () => new FlashSettings({ flash, log, entropy });
		const options = { retainedBytes, settings: settings(), key: settingsKeys.retained };
		const rig = new Rig(options).boot();
		rig.observe("/33000/0/1");
		rig.run(10_000);
		equal(options.settings.snapshot(0), undefined);
		for (let count = 1; count <= 5; count++) rig.sleep(600_000, { whole: count });
		equal(options.settings.restore(0), undefined);
		rig.boot({ cause: "restart", clockWentOn: true, afterMs: 2000, whole: 9 });
		deepEqual(
			rig.logged("restored").map(({ registration, session }) => [registration, session]),
			[["kept", true]],
		);
		rig.run(100_000);
		equal(rig.handshakes, 1);
		equal(new Set(numbers(rig)).size, numbers(rig).length);
		ok(numbers(rig).length > 5);
	}
});

test("what is kept in flash is sealed where the device has a key for it", () => {
	equal(settingsKeys.retained & secretKey, secretKey);
});
