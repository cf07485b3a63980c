import { formatsSince11 } from "../../../modules/formats/payload.ts";
import type { Host } from "../../../modules/host.ts";
import { Client } from "../../../modules/lwm2m/client.ts";
import { Loop } from "../../../modules/lwm2m/loop.ts";
import { device } from "../../../modules/objects/device-3.ts";
import { security } from "../../../modules/objects/security-0.ts";
import { server } from "../../../modules/objects/server-1.ts";
import { thermometer } from "../../../src/thermometer.ts";

/** Impatient: a server that is not there is tried again and again. */
const recovery = { retryCount: 3, retryTimerS: 4, sequenceDelayTimerS: 30, sequenceRetryCount: 1000 };

/** A device with up to five servers, which all may do everything, and a thermometer. */
export default function main(host: Host): void {
	const { factory, log, power, clock } = host;
	log.write({ event: "booted", resetCause: power.resetCause });
	const client = new Client({
		endpointName: factory.endpointName ?? "several",
		dice: host.dice,
		entropy: host.entropy,
		formats: formatsSince11,
		limits: { servers: 5 },
		log: (record) => log.write(record),
	});
	factory.servers?.forEach(({ uri: serverUri, shortServerId }, id) => {
		client.add(security({ id, serverUri, shortServerId }));
		client.add(server({ id, shortServerId, lifetimeS: 600, recovery }, client));
	});
	const after = (delayMs: number, run: () => void) => client.after(delayMs, run);
	const names = { manufacturer: "Dormouse", modelNumber: "several servers", firmwareVersion: "1" };
	client.add(device(names, { clock, power, log, after }));
	client.add(thermometer(host.temperature!));
	new Loop(host, client).start();
}
