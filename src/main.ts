import type { Host } from "../modules/host.ts";
import { Client } from "../modules/lwm2m/client.ts";
import { Loop } from "../modules/lwm2m/loop.ts";
import { device } from "../modules/objects/device-3.ts";
import { security } from "../modules/objects/security-0.ts";
import { server } from "../modules/objects/server-1.ts";
import { product } from "./product.ts";
import { thermometer } from "./thermometer.ts";

/** The device: its objects, its server, and the loop that keeps it alive. A host calls this once after boot. */
export default function main(host: Host): void {
	const { factory, log, power, clock } = host;
	const { shortServerId, lifetimeS, uri } = product.server;
	log.write({
		event: "booted",
		platform: host.platform,
		version: product.firmwareVersion,
		resetCause: power.resetCause,
	});

	const client = new Client({
		endpointName: factory.endpointName ?? product.endpointName,
		dice: host.dice,
		entropy: host.entropy,
		log: (record) => log.write(record),
	});
	client.add(security({ serverUri: factory.serverUri ?? uri, shortServerId }));
	client.add(server({ shortServerId, lifetimeS: factory.lifetimeS ?? lifetimeS }, client));
	const after = (delayMs: number, run: () => void) => client.after(delayMs, run);
	client.add(device({ ...product, serialNumber: factory.serialNumber }, { clock, power, log, after }));
	if (host.temperature !== undefined) client.add(thermometer(host.temperature));

	new Loop(host, client).start();
}
