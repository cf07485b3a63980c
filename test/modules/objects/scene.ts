import { utf8 } from "../../../modules/bytes.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import type { Clock, Log, Power } from "../../../modules/host.ts";
import type { Client } from "../../../modules/lwm2m/client.ts";
import { type Device, type DeviceOptions, type DevicePorts, device } from "../../../modules/objects/device-3.ts";
import { type Bench, bench, payload } from "../lwm2m/bench.ts";

/** A clock whose times are the test's. */
export interface HandClock extends Clock {
	atMs: number;
	wallS: number | undefined;
}

export function handClock(): HandClock {
	return {
		atMs: 0,
		wallS: undefined,
		nowMs() {
			return this.atMs;
		},
		wallTimeS() {
			return this.wallS;
		},
		setWallTimeS(seconds) {
			this.wallS = seconds;
		},
		setAlarm() {},
	};
}

/** What a Device told the world. */
export interface Heard {
	restarts: number;
	readonly events: string[];
}

/** A bench whose Device has these ports in place of the usual ones. */
export function deviceBench(
	ports: Partial<DevicePorts> = {},
	options: Partial<DeviceOptions> = {},
): { readonly it: Bench; readonly device: Device; readonly heard: Heard } {
	const heard: Heard = { restarts: 0, events: [] };
	const power: Power = {
		resetCause: "powerOn",
		restart: () => {
			heard.restarts++;
		},
		onShutdown() {},
		off() {},
	};
	const log: Log = { write: ({ event, why }) => heard.events.push(`${event} ${why}`) };
	const made: Device[] = [];
	const it = bench({
		isQuiet: true,
		furnish(client: Client) {
			client.remove(client.registry.instance(3, 0)!);
			const after = (delayMs: number, run: () => void) => client.after(delayMs, run);
			const who = { manufacturer: "Maker", modelNumber: "Model", firmwareVersion: "1.0", ...options };
			made.push(device(who, { clock: handClock(), power, log, after, ...ports }));
			client.add(made[0]!);
		},
	});
	return { it, device: made[0]!, heard };
}

/** Writes plain text to a Resource. */
export const write = (it: Bench, path: string, text: string) => it.put(path, ContentFormat.text, utf8(text));

/** The text of each of these Resources. */
export const texts = (it: Bench, base: string, ...resources: (number | string)[]) =>
	resources.map((resource) => payload(it.get(`${base}/${resource}`)));
