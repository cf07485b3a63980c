import { frozen } from "../modules/frozen.ts";
import type { Crypto, Entropy, Host } from "../modules/host.ts";
import type { MakeBootstrap } from "../modules/lwm2m/bootstrap-port.ts";
import { Client, type ClientOptions } from "../modules/lwm2m/client.ts";
import { ConfigurationKeeper, type KeptResources } from "../modules/lwm2m/configuration-keeper.ts";
import { ConfigurationState } from "../modules/lwm2m/configuration-state.ts";
import type { PublicKeys } from "../modules/lwm2m/credentials.ts";
import { DtlsTransport } from "../modules/lwm2m/dtls-transport.ts";
import { type Keeper, Loop } from "../modules/lwm2m/loop.ts";
import type { ReportingKeeper } from "../modules/lwm2m/reporting-keeper.ts";
import { accessControlObject } from "../modules/objects/access-control-2.ts";
import { device } from "../modules/objects/device-3.ts";
import { ACCESS_CONTROL } from "../modules/objects/facts/access-control-2-v1-1.ts";
import { SECURITY } from "../modules/objects/facts/security-0-v1-1.ts";
import { securityObject } from "../modules/objects/security-0.ts";
import { serverObject } from "../modules/objects/server-1.ts";
import { Preferences } from "../modules/settings/preferences.ts";
import { grantRights } from "./accounts.ts";
import { instancesOfFactory, needsKeys, needsRights, openFactory, type ProductFactory } from "./factory.ts";
import type { firmware } from "./firmware.ts";
import { product } from "./product.ts";
import { forgetSettings, openSettings, owners, settingsKeys, tidying } from "./settings.ts";
import type { software } from "./software.ts";
import { tablesOf } from "./tables.ts";
import { thermometer } from "./thermometer.ts";

/** What is kept although it belongs to no account: the time zone, and what the thermometer is for. */
const alsoKept: readonly KeptResources[] = frozen([
	{ objectId: 3, instanceId: 0, resourceIds: [14, 15] },
	{ objectId: 3303, instanceId: 0, resourceIds: [5750] },
]);

/** What an image has, and another one does without: what an entry does not name is not in its image. */
export interface Features {
	/** Formats, composite operations, rights. */
	readonly client: Pick<ClientOptions, "formats" | "formats10" | "composite" | "accessControl">;
	/** `makeBootstrap`; it takes RAM only where the factory or a card may name a bootstrap server. */
	readonly bootstrap?: MakeBootstrap;
	/** Raw public keys and certificates; pre-shared keys there are always. */
	readonly publicKeys?: PublicKeys;
	/** For hosts without cryptography of their own. */
	readonly crypto?: (entropy: Entropy) => Crypto;
	/** Has attributes and observations outlive restarts: `(…it) => new ReportingKeeper(…it)`. */
	readonly reportingKeeper?: (...it: ConstructorParameters<typeof ReportingKeeper>) => Keeper;
	/** Updates of the firmware, on hosts with slots: `firmware`. */
	readonly firmware?: typeof firmware;
	/** Software beside the program (Object 9), with `firmware` and on hosts with a place for it: `software`. */
	readonly software?: typeof software;
}

/** The device: its objects, its servers, and the loop that keeps it alive. */
export function application(host: Host, { client: inImage, publicKeys, reportingKeeper, ...features }: Features): void {
	const { log, power, clock, smartCard: card } = host;
	const { platform, temperature, slots, mods } = host;
	const firmwareVersion = slots?.image(slots.running)?.version ?? product.firmwareVersion;
	log.write({ event: "booted", platform, version: firmwareVersion, resetCause: power.resetCause });

	const crypto = host.crypto ?? features.crypto?.(host.entropy);
	const factory = openFactory(host, crypto);
	// Whether accounts may come that the factory does not name here.
	const mayGrow = card !== undefined || factory.objects !== undefined || factory.bootstrap !== undefined;
	const settings = openSettings(host);
	const secure =
		crypto !== undefined && (mayGrow || needsKeys(factory)) ? dtls(host, crypto, factory, publicKeys) : undefined;
	const updating = features.firmware?.(host, settings, secure);
	const enabler = factory.enabler ?? product.enabler;
	const table = tablesOf(enabler);
	const state = new ConfigurationState();
	const keeper: ConfigurationKeeper = new ConfigurationKeeper({
		store: settings,
		key: settingsKeys.configuration,
		log,
		state,
		factory: () => instancesOfFactory(factory, client, log),
		card,
		wake: () => loop.wake(),
		also: alsoKept,
	});
	const client: Client = new Client({
		endpointName: factory.endpointName ?? product.endpointName,
		dice: host.dice,
		entropy: host.entropy,
		enabler,
		enablers: product.enablers,
		...inImage,
		...(features.bootstrap !== undefined && mayGrow ? { bootstrap: features.bootstrap } : {}),
		configuration: state,
		configurationStore: keeper,
		log: (record) => log.write(record),
		wallTimeS: () => clock.wallTimeS(),
		changed: (instance) => keeper.changed(instance),
		hasRegistered: (shortServerId) => keeper.hasRegistered(shortServerId),
		...(secure === undefined ? {} : { secure }),
		...updating?.client,
	});
	client.addObject(SECURITY, securityObject(SECURITY));
	client.addObject(table.server, serverObject(client, table.server));
	if (mayGrow || needsRights(factory)) client.addObject(ACCESS_CONTROL, accessControlObject());
	const after = (delayMs: number, run: () => void) => client.after(delayMs, run);
	const factoryReset = () => {
		keeper.forget();
		forgetSettings(settings);
	};
	const ports = { clock, power, log, after, factoryReset };
	client.add(device({ ...product, firmwareVersion, serialNumber: factory.serialNumber }, ports, table.device));
	if (temperature !== undefined) {
		const correction = new Preferences(owners, settings).get("correction");
		client.add(thermometer(() => temperature() + correction));
	}
	if (updating !== undefined) client.add(updating.instance);
	const mod =
		updating === undefined || settings === undefined || mods === undefined
			? undefined
			: features.software?.(host, mods, settings, updating.transfers);
	if (mod !== undefined) client.add(mod);
	keeper.configure(client);
	grantRights(client, state.provenance);

	const keepers: Keeper[] = [keeper];
	if (settings !== undefined) {
		if (reportingKeeper !== undefined) keepers.push(reportingKeeper(client, settings, settingsKeys.reporting, log));
		keepers.push(tidying(settings));
	}
	if (updating !== undefined) {
		keepers.push(
			updating.transfers.drive(client, mod === undefined ? [updating.updater] : [updating.updater, mod.updater]),
		);
	}
	const loop = new Loop(updating?.transfers.host ?? host, client, ...keepers);
	loop.start();
}

/**
 * DTLS for servers with coaps://. A product without it leaves this out, and has none of it in its image. One whose
 * server opens handshakes adds `listening: new DtlsListening(crypto, entropy)` (modules/lwm2m/dtls-incoming.ts, 16 KB).
 */
function dtls(
	{ entropy, clock }: Host,
	crypto: Crypto,
	factory: ProductFactory,
	publicKeys: PublicKeys | undefined,
): DtlsTransport {
	return new DtlsTransport({
		crypto,
		entropy,
		wallTimeS: () => clock.wallTimeS(),
		...(publicKeys === undefined ? {} : { publicKeys }),
		connectionId: factory.connectionId ?? product.dtls.connectionId,
		flightTimeoutMs: factory.flightTimeoutMs ?? product.dtls.flightTimeoutMs,
	});
}
