import { fromHex } from "../modules/bytes.ts";
import { Formats } from "../modules/formats/format.ts";
import { opaqueFormat } from "../modules/formats/opaque.ts";
import { senmlCborFormat } from "../modules/formats/senml-cbor.ts";
import { textFormat } from "../modules/formats/text.ts";
import { frozen } from "../modules/frozen.ts";
import type { FactorySecurity, Host } from "../modules/host.ts";
import { Client } from "../modules/lwm2m/client.ts";
import { DtlsTransport } from "../modules/lwm2m/dtls-transport.ts";
import { Loop } from "../modules/lwm2m/loop.ts";
import { device } from "../modules/objects/device-3.ts";
import { security } from "../modules/objects/security-0.ts";
import { server } from "../modules/objects/server-1.ts";
import { product } from "./product.ts";
import { thermometer } from "./thermometer.ts";

const formats = frozen(new Formats(frozen([textFormat, opaqueFormat, senmlCborFormat])));
const noBytes = new Uint8Array(0);

/**
 * The least that is a device: LwM2M 1.1 with one server, which product or factory name, without security or with a
 * pre-shared key and the chip's cryptography; Security, Server, Device and the thermometer. Nothing is kept: what a
 * server writes holds until the next restart, and each boot registers.
 */
export function minimal(host: Host): void {
	const { clock, crypto, dice, entropy, factory, log, power, temperature } = host;
	log.write({
		event: "booted",
		platform: host.platform,
		version: product.firmwareVersion,
		resetCause: power.resetCause,
	});
	const client = new Client({
		endpointName: factory.endpointName ?? product.endpointName,
		dice,
		entropy,
		formats,
		log: (record) => log.write(record),
		wallTimeS: () => clock.wallTimeS(),
		...(crypto === undefined ? {} : { secure: new DtlsTransport({ crypto, entropy }) }),
	});
	const { uri, shortServerId, lifetimeS } = product.server;
	client.add(security({ serverUri: factory.serverUri ?? uri, shortServerId, ...keyOf(factory.security) }));
	client.add(server({ shortServerId, lifetimeS: factory.lifetimeS ?? lifetimeS }, client));
	client.add(device(product, { clock, power, log, after: (delayMs, run) => client.after(delayMs, run) }));
	if (temperature !== undefined) client.add(thermometer(temperature));
	new Loop(host, client).start();
}

/** The factory's pre-shared key. Digits that spell no bytes are no bytes: the client then says that it has none. */
function keyOf(factory: FactorySecurity | undefined) {
	if (factory === undefined) return {};
	const bytes = (digits: string | undefined) => fromHex(digits ?? "") ?? noBytes;
	const identity = bytes(factory.publicKeyOrIdentity);
	return { credentials: { mode: "psk" as const, identity, key: bytes(factory.secretKey) } };
}
