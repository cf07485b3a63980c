import { frozen } from "../modules/frozen.ts";
import type {
	Clock,
	Crypto,
	Dice,
	Entropy,
	Host,
	Log,
	LogRecord,
	Power,
	SleepDepth,
	SmartCard,
} from "../modules/host.ts";
import type { MakeBootstrap } from "../modules/lwm2m/bootstrap-port.ts";
import { Client, type ClientOptions } from "../modules/lwm2m/client.ts";
import type { SessionHomes } from "../modules/lwm2m/client-options.ts";
import type { ConfiguredInstance } from "../modules/lwm2m/configuration.ts";
import {
	ConfigurationKeeper,
	type ConfigurationKeeperOptions,
	type KeptResources,
} from "../modules/lwm2m/configuration-keeper.ts";
import { ConfigurationState } from "../modules/lwm2m/configuration-state.ts";
import type { PublicKeys } from "../modules/lwm2m/credentials.ts";
import { DtlsTransport, type DtlsTransportOptions } from "../modules/lwm2m/dtls-transport.ts";
import type { EnablerVersion } from "../modules/lwm2m/facts.ts";
import type { Instance } from "../modules/lwm2m/instance.ts";
import type { LinkWatch } from "../modules/lwm2m/link-watch.ts";
import { type Keeper, Loop } from "../modules/lwm2m/loop.ts";
import { accessControlObject } from "../modules/objects/access-control-2.ts";
import { type DevicePorts, device } from "../modules/objects/device-3.ts";
import { ACCESS_CONTROL } from "../modules/objects/facts/access-control-2-v1-1.ts";
import { SECURITY } from "../modules/objects/facts/security-0-v1-1.ts";
import { securityObject } from "../modules/objects/security-0.ts";
import { serverObject } from "../modules/objects/server-1.ts";
import { Preferences } from "../modules/settings/preferences.ts";
import type { SleepLimit } from "../modules/sleep/sleeper.ts";
import { grantRights } from "./accounts.ts";
import { instancesOfFactory, needsKeys, needsRights, openFactory, type ProductFactory } from "./factory.ts";
import type { firmware } from "./firmware.ts";
import { product } from "./product.ts";
import type { Retaining, retention } from "./retention.ts";
import { forgetSettings, openSettings, owners, type ProductSettings, settingsKeys } from "./settings.ts";
import type { sleep } from "./sleep.ts";
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
	/** Has what client and servers know of one another outlive resets, and in queue mode deep sleep: `retention`. */
	readonly retention?: typeof retention;
	/** Queue mode and sleep, where product or factory want them: `sleep`. */
	readonly sleep?: typeof sleep;
	/** Is silent while the host says that there is no network: `LinkWatch`. */
	readonly linkWatch?: typeof LinkWatch;
	/** Updates of the firmware, on hosts with slots: `firmware`. */
	readonly firmware?: typeof firmware;
	/** Software beside the program (Object 9), with `firmware` and on hosts with a place for it: `software`. */
	readonly software?: typeof software;
}

/**
 * What hangs together as long as the device runs. Its methods lie in ROM, where closures would take ten slots each and
 * more.
 */
class Application implements DevicePorts, ConfigurationKeeperOptions, Keeper, SleepLimit {
	readonly host: Host;
	/** What the factory says. */
	readonly says: ProductFactory;
	readonly store: ProductSettings | undefined;
	readonly state = new ConfigurationState();
	readonly keeper: ConfigurationKeeper;
	client: Client | undefined;
	loop: Loop | undefined;
	retaining: Retaining | undefined;

	constructor(host: Host, says: ProductFactory) {
		this.host = host;
		this.says = says;
		this.store = openSettings(host);
		this.keeper = new ConfigurationKeeper(this);
	}

	// What the Device Object needs.

	get clock(): Clock {
		return this.host.clock;
	}

	get power(): Power {
		return this.host.power;
	}

	get log(): Log {
		return this.host.log;
	}

	after(delayMs: number, run: () => void): void {
		this.client!.after(delayMs, run);
	}

	factoryReset(): void {
		this.keeper.forget();
		this.retaining?.keeper.forget();
		forgetSettings(this.store);
	}

	// What the keeper of the configuration needs.

	get key(): number {
		return settingsKeys.configuration;
	}

	get card(): SmartCard | undefined {
		return this.host.smartCard;
	}

	get also(): readonly KeptResources[] {
		return alsoKept;
	}

	factory(): readonly ConfiguredInstance[] {
		return instancesOfFactory(this.says, this.client!, this.log);
	}

	wake(): void {
		this.loop!.wake();
	}

	// Tidies the settings up, a step at the end of each turn, so that no commit has to wait for it.

	started(): void {}

	turnEnded(): void {}

	idle(): void {
		const { store } = this;
		if (store?.isIdle === false) store.poll();
	}

	// Deep sleep waits for that.

	get deepest(): SleepDepth {
		return this.store?.isIdle === false ? "light" : "off";
	}

	settle(): void {
		this.idle();
	}
}

/** What the client is told of all that; whatever the image has beside it is assigned to it. */
class Told {
	private readonly device: Application;

	constructor(device: Application) {
		this.device = device;
	}

	get endpointName(): string {
		return this.device.says.endpointName ?? product.endpointName;
	}

	get dice(): Dice {
		return this.device.host.dice;
	}

	get entropy(): Entropy {
		return this.device.host.entropy;
	}

	get enabler(): EnablerVersion {
		return this.device.says.enabler ?? product.enabler;
	}

	get enablers(): readonly EnablerVersion[] {
		return product.enablers;
	}

	get configuration(): ConfigurationState {
		return this.device.state;
	}

	get configurationStore(): ConfigurationKeeper {
		return this.device.keeper;
	}

	log(record: LogRecord): void {
		this.device.log.write(record);
	}

	get homes(): SessionHomes | undefined {
		return this.device.retaining?.keeper;
	}

	wallTimeS(): number | undefined {
		return this.device.clock.wallTimeS();
	}

	changed(instance: Instance): void {
		this.device.keeper.changed(instance);
	}

	hasRegistered(shortServerId: number): boolean {
		return this.device.keeper.hasRegistered(shortServerId);
	}
}

/** The device: its objects, its servers, and the loop that keeps it alive. */
export function application(host: Host, { client: inImage, publicKeys, ...features }: Features): void {
	const { log, platform, temperature, slots, mods } = host;
	const firmwareVersion = slots?.image(slots.running)?.version ?? product.firmwareVersion;
	log.write({ event: "booted", platform, version: firmwareVersion, resetCause: host.power.resetCause });

	const crypto = host.crypto ?? features.crypto?.(host.entropy);
	const factory = openFactory(host, crypto);
	// Whether accounts may come that the factory does not name here.
	const mayGrow = host.smartCard !== undefined || factory.objects !== undefined || factory.bootstrap !== undefined;
	const all = new Application(host, factory);
	const settings = all.store;
	const sleeping = features.sleep?.(host, factory.sleep);
	const retaining = features.retention?.(host, settings, sleeping !== undefined);
	all.retaining = retaining;
	const secure =
		crypto === undefined || (!mayGrow && !needsKeys(factory))
			? undefined
			: dtls(retaining, dtlsOptions(host, crypto, factory, publicKeys));
	const updating = features.firmware?.(host, settings, secure);
	const told = Object.assign(new Told(all), inImage, updating?.client, sleeping?.client);
	const bootstrap = mayGrow && features.bootstrap !== undefined ? { bootstrap: features.bootstrap } : undefined;
	const client = new Client(Object.assign(told, bootstrap, secure === undefined ? undefined : { secure }));
	all.client = client;
	const table = tablesOf(told.enabler);
	client.addObject(SECURITY, securityObject(SECURITY));
	client.addObject(table.server, serverObject(client, table.server));
	if (mayGrow || needsRights(factory)) client.addObject(ACCESS_CONTROL, accessControlObject());
	const bindings = told.enabler === "1.0" && sleeping !== undefined ? "UQ" : "U";
	client.add(device({ ...product, firmwareVersion, serialNumber: factory.serialNumber, bindings }, all, table.device));
	if (temperature !== undefined) {
		const everyS = factory.sleep?.sampleEveryS;
		const sampling = sleeping?.sampling ?? (everyS === undefined ? undefined : { everyS });
		client.add(thermometer(temperature, new Preferences(owners, settings).get("correction"), sampling));
	}
	if (updating !== undefined) client.add(updating.instance);
	const mod =
		updating === undefined || settings === undefined || mods === undefined
			? undefined
			: features.software?.(host, mods, settings, updating.transfers);
	if (mod !== undefined) client.add(mod);
	all.keeper.configure(client);
	grantRights(client, all.state.provenance);

	const keepers: Keeper[] = [all.keeper];
	const limits: SleepLimit[] = [all];
	const { link } = host;
	if (link !== undefined && features.linkWatch !== undefined) {
		const watch = new features.linkWatch(client, link, host);
		keepers.unshift(watch);
		limits.push(watch);
		link.onChanged(all);
	}
	if (retaining !== undefined) keepers.push(retaining.keeper.drive(client, told.endpointName));
	if (settings !== undefined) keepers.push(all);
	if (updating !== undefined) {
		limits.push(updating.transfers);
		keepers.push(
			updating.transfers.drive(client, mod === undefined ? [updating.updater] : [updating.updater, mod.updater]),
		);
	}
	if (sleeping !== undefined) keepers.push(sleeping.sleeper(client, limits, retaining?.keeper));
	all.loop = new Loop(updating?.transfers.host ?? host, client, ...keepers);
	all.loop.start();
}

/**
 * DTLS for servers with coaps://. A product without it leaves this out, and has none of it in its image. One whose
 * server opens handshakes adds `listening: new DtlsListening(crypto, entropy)` (modules/lwm2m/dtls-incoming.ts, 14 KB).
 */
function dtls(retaining: Retaining | undefined, options: DtlsTransportOptions): DtlsTransport {
	return retaining === undefined ? new DtlsTransport(options) : retaining.secure(options);
}

function dtlsOptions(
	{ entropy, clock }: Host,
	crypto: Crypto,
	factory: ProductFactory,
	publicKeys: PublicKeys | undefined,
): DtlsTransportOptions {
	return {
		crypto,
		entropy,
		wallTimeS: () => clock.wallTimeS(),
		...(publicKeys === undefined ? {} : { publicKeys }),
		connectionId: factory.connectionId ?? product.dtls.connectionId,
		flightTimeoutMs: factory.flightTimeoutMs ?? product.dtls.flightTimeoutMs,
	};
}
