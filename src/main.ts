import { PortableCrypto } from "../modules/crypto/portable.ts";
import { readPrivateKey } from "../modules/crypto/public-key.ts";
import { serverTrust } from "../modules/crypto/trust.ts";
import { formatsSince11 } from "../modules/formats/payload.ts";
import type { FactorySecurity, Host } from "../modules/host.ts";
import { Client } from "../modules/lwm2m/client.ts";
import { compositeOperations } from "../modules/lwm2m/composite.ts";
import { DtlsListening } from "../modules/lwm2m/dtls-incoming.ts";
import { DtlsTransport } from "../modules/lwm2m/dtls-transport.ts";
import { Loop } from "../modules/lwm2m/loop.ts";
import { device } from "../modules/objects/device-3.ts";
import { security } from "../modules/objects/security-0.ts";
import { server } from "../modules/objects/server-1.ts";
import { securityOf } from "./credentials.ts";
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
		formats: formatsSince11,
		composite: compositeOperations,
		log: (record) => log.write(record),
		...(factory.security === undefined ? {} : { secure: dtls(host, factory.security) }),
	});
	const keys = factory.security === undefined ? {} : securityOf(factory.security);
	client.add(security({ serverUri: factory.serverUri ?? uri, shortServerId, ...keys }));
	client.add(server({ shortServerId, lifetimeS: factory.lifetimeS ?? lifetimeS }, client));
	const after = (delayMs: number, run: () => void) => client.after(delayMs, run);
	client.add(device({ ...product, serialNumber: factory.serialNumber }, { clock, power, log, after }));
	if (host.temperature !== undefined) client.add(thermometer(host.temperature));

	new Loop(host, client).start();
}

/**
 * DTLS for servers with coaps://. A product without it leaves this out, and has none of it in its image; one with
 * pre-shared keys alone leaves publicKeys out, one for chips with cryptography of their own PortableCrypto, one whose
 * server never opens a handshake DtlsListening.
 */
function dtls(host: Host, { connectionId, flightTimeoutMs }: FactorySecurity): DtlsTransport {
	const { entropy, clock } = host;
	const crypto = host.crypto ?? new PortableCrypto({ entropy });
	return new DtlsTransport({
		crypto,
		entropy,
		wallTimeS: () => clock.wallTimeS(),
		publicKeys: { readPrivateKey, serverTrust },
		listening: new DtlsListening(crypto, entropy),
		connectionId: connectionId ?? product.dtls.connectionId,
		flightTimeoutMs: flightTimeoutMs ?? product.dtls.flightTimeoutMs,
	});
}
