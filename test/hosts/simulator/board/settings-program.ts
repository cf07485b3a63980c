/**
 * A device program for power-cut tests of settings on the board's own flash: at every boot it adds one to two counters
 * in one transaction, keeps a sealed secret that names the counter, and tidies up.
 */
import { SimulatedHost } from "../../../../hosts/simulator/device/host.ts";
import type { Natives } from "../../../../hosts/simulator/device/natives.ts";
import { FlashSettings } from "../../../../modules/settings/flash-settings.ts";
import { secretKey } from "../../../../modules/settings/key.ts";

declare const board: Natives;

const host = new SimulatedHost(board);
const { crypto, entropy, flash, log, clock } = host;
const key = crypto!.importAesKey(new Uint8Array(16).fill(7));
const secrets = { crypto: crypto!, key };
const settings = new FlashSettings({ flash, log, entropy, secrets });
const secret = 3 | secretKey;

function counterOf(from: number): number {
	const value = settings.get(from);
	if (value === undefined) return 0;
	return value instanceof Uint8Array ? value[0]! : -1;
}

const counter = counterOf(1);
log.write({ event: "found", counter, second: counterOf(2), secret: counterOf(secret) });
const refusal = settings.commit([
	{ key: 1, value: new Uint8Array(200).fill(counter + 1) },
	{ key: secret, value: new Uint8Array(20).fill(counter + 1) },
	{ key: 2, value: new Uint8Array(300).fill(counter + 1) },
]);
log.write({ event: "stored", counter: counter + 1, refusal: refusal?.code });
for (let step = 0; step < 20 && !settings.isIdle; step++) settings.poll();
log.write({ event: "idle" });
clock.setAlarm(undefined, () => {});
