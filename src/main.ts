import { PortableCrypto } from "../modules/crypto/portable.ts";
import { readPrivateKey } from "../modules/crypto/public-key.ts";
import { serverTrust } from "../modules/crypto/trust.ts";
import { formatsSince11 } from "../modules/formats/payload.ts";
import type { FactorySecurity, Host } from "../modules/host.ts";
import { AccessControl } from "../modules/lwm2m/access-control.ts";
import { Client } from "../modules/lwm2m/client.ts";
import { compositeOperations } from "../modules/lwm2m/composite.ts";
import { DtlsTransport } from "../modules/lwm2m/dtls-transport.ts";
import { Loop } from "../modules/lwm2m/loop.ts";
import { streamedWrites } from "../modules/lwm2m/streamed-write.ts";
import { accessControl } from "../modules/objects/access-control-2.ts";
import { device } from "../modules/objects/device-3.ts";
import { firmwareUpdate } from "../modules/objects/firmware-update-5.ts";
import { accountsOf, addAccounts, grantRights } from "./accounts.ts";
import { firmware } from "./firmware.ts";
import { product } from "./product.ts";
import { openSettings } from "./settings.ts";
import { software } from "./software.ts";
import { tablesOf } from "./tables.ts";
import { thermometer } from "./thermometer.ts";

/** The device: its objects, its servers, and the loop that keeps it alive. A host calls this once after boot. */
export default function main(host: Host): void {
	const { factory, log, power, clock } = host;
	log.write({
		event: "booted",
		platform: host.platform,
		version: product.firmwareVersion,
		resetCause: power.resetCause,
	});

	const accounts = accountsOf(factory);
	const enabler = factory.enabler ?? product.enabler;
	const table = tablesOf(enabler);
	const keys = accounts.find(({ security }) => security !== undefined)?.security;
	const secure = keys === undefined ? undefined : dtls(host, keys);
	const { slots, mods } = host;
	const settings = openSettings(host);
	const updating = firmware(host, slots, settings, secure);
	const client = new Client({
		endpointName: factory.endpointName ?? product.endpointName,
		dice: host.dice,
		entropy: host.entropy,
		enabler,
		formats: formatsSince11,
		composite: compositeOperations,
		accessControl: new AccessControl(accessControl),
		log: (record) => log.write(record),
		...(secure === undefined ? {} : { secure }),
		...(updating === undefined ? {} : { streamedWrites, guest: updating.transfers }),
	});
	addAccounts(client, accounts, table.server);
	const after = (delayMs: number, run: () => void) => client.after(delayMs, run);
	const firmwareVersion = slots?.image(slots.running)?.version ?? product.firmwareVersion;
	const who = { ...product, firmwareVersion, serialNumber: factory.serialNumber };
	client.add(device(who, { clock, power, log, after }, table.device));
	if (host.temperature !== undefined) client.add(thermometer(host.temperature));
	if (updating !== undefined) {
		const { transfers, updater } = updating;
		const mod = mods === undefined ? undefined : software(host, mods, settings!, transfers);
		client.add(firmwareUpdate(updater));
		if (mod !== undefined) client.add(mod);
		transfers.drive(client, mod === undefined ? [updater] : [updater, mod.updater]);
	}
	grantRights(client, accounts);

	new Loop(updating?.transfers.host ?? host, client, updating?.transfers).start();
}

/**
 * DTLS for servers with coaps://. A product without it leaves this out, and has none of it in its image; one with
 * pre-shared keys alone leaves publicKeys out, one for chips with cryptography of their own PortableCrypto. One whose
 * server opens handshakes adds `listening: new DtlsListening(crypto, entropy)` (modules/lwm2m/dtls-incoming.ts, 16 KB).
 */
function dtls(host: Host, { connectionId, flightTimeoutMs }: FactorySecurity): DtlsTransport {
	const { entropy, clock } = host;
	const crypto = host.crypto ?? new PortableCrypto({ entropy });
	return new DtlsTransport({
		crypto,
		entropy,
		wallTimeS: () => clock.wallTimeS(),
		publicKeys: { readPrivateKey, serverTrust },
		connectionId: connectionId ?? product.dtls.connectionId,
		flightTimeoutMs: flightTimeoutMs ?? product.dtls.flightTimeoutMs,
	});
}
