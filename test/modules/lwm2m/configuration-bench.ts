import { formatsSince11 } from "../../../modules/formats/payload.ts";
import type { LogRecord, SmartCard } from "../../../modules/host.ts";
import { Client } from "../../../modules/lwm2m/client.ts";
import type { ConfiguredInstance } from "../../../modules/lwm2m/configuration.ts";
import { ConfigurationKeeper } from "../../../modules/lwm2m/configuration-keeper.ts";
import { ConfigurationState } from "../../../modules/lwm2m/configuration-state.ts";
import { ObjectInstance } from "../../../modules/lwm2m/instance.ts";
import { instanceTlv } from "../../../modules/lwm2m/object-collection.ts";
import { pathText } from "../../../modules/lwm2m/path.ts";
import type { Provenance } from "../../../modules/lwm2m/provenance.ts";
import type { Held } from "../../../modules/lwm2m/value.ts";
import { accessControlObject } from "../../../modules/objects/access-control-2.ts";
import { ACCESS_CONTROL } from "../../../modules/objects/facts/access-control-2-v1-1.ts";
import { DEVICE } from "../../../modules/objects/facts/device-3-v1-1.ts";
import { SECURITY } from "../../../modules/objects/facts/security-0-v1-2.ts";
import { SERVER } from "../../../modules/objects/facts/server-1-v1-2.ts";
import { securityObject } from "../../../modules/objects/security-0.ts";
import { FlashSettings, type FlashSettingsOptions } from "../../../modules/settings/flash-settings.ts";
import { seeded } from "../../harness.ts";

/** A smart card that a test puts in and takes out. */
export class TestCard implements SmartCard {
	file: Uint8Array | undefined;
	failure: Error | undefined;
	reads = 0;
	#changed = () => {};

	read(): Uint8Array | undefined {
		this.reads++;
		if (this.failure !== undefined) throw this.failure;
		return this.file?.slice();
	}

	onChanged(changed: () => void): void {
		this.#changed = changed;
	}

	change(file: Uint8Array | undefined): void {
		this.file = file;
		this.#changed();
	}
}

export interface DeviceOptions {
	/** Absent: no store. */
	readonly settings?: FlashSettingsOptions;
	readonly factory?: readonly ConfiguredInstance[];
	readonly card?: TestCard;
	readonly isFactoryBeside?: boolean;
	readonly provenance?: Provenance;
}

/** A client with its Objects and its keeper, configured and not started. */
export class KeptDevice {
	readonly records: LogRecord[] = [];
	readonly client: Client;
	readonly keeper: ConfigurationKeeper;
	readonly state: ConfigurationState;
	readonly store: FlashSettings | undefined;
	readonly isNew: boolean;
	wakes = 0;

	constructor({ settings, factory = plainFactory, card, isFactoryBeside, provenance }: DeviceOptions) {
		const chance = seeded(5);
		const log = { write: (record: LogRecord) => void this.records.push(record) };
		this.store = settings === undefined ? undefined : new FlashSettings({ log, ...settings });
		this.state = new ConfigurationState(provenance);
		this.keeper = new ConfigurationKeeper({
			store: this.store,
			key: 0x1000,
			log,
			state: this.state,
			factory: () => factory,
			card,
			wake: () => void this.wakes++,
			also: [{ objectId: 3, instanceId: 0, resourceIds: [14, 15] }],
			...(isFactoryBeside === undefined ? {} : { isFactoryBeside }),
		});
		this.client = new Client({
			endpointName: "ep",
			dice: { below: (bound) => chance(bound) },
			entropy: { fill: (bytes) => void bytes.fill(1) },
			formats: formatsSince11,
			log: log.write,
			configuration: this.state,
			configurationStore: this.keeper,
			changed: (instance) => this.keeper.changed(instance),
		});
		this.client.addObject(SECURITY, securityObject(SECURITY));
		this.client.addObject(SERVER, { provide: (id) => new ObjectInstance(SERVER, { id }) });
		this.client.addObject(ACCESS_CONTROL, accessControlObject());
		this.client.add(
			new ObjectInstance(DEVICE, {
				values: { manufacturer: "M", utcOffset: undefined, timezone: "UTC", errorCode: [0] },
			}),
		);
		this.isNew = this.keeper.configure(this.client);
	}

	/** "/1/0/1=300" of every value of the accounts, of 3/0/14 and 3/0/15. */
	values(...objectIds: readonly number[]): string[] {
		const told: string[] = [];
		for (const { facts, instances } of this.client.registry.objects) {
			if (objectIds.length > 0 && !objectIds.includes(facts.id)) continue;
			for (const instance of instances) {
				for (const name in facts.resources) {
					const { id: resourceId } = facts.resources[name]!;
					if (facts.id === 3 && resourceId !== 14 && resourceId !== 15) continue;
					const held = instance.peek(name);
					const path = { objectId: facts.id, instanceId: instance.id, resourceId, resourceInstanceId: -1 };
					if (held !== undefined) told.push(`${pathText(path)}=${heldText(held)}`);
				}
			}
		}
		return told;
	}

	set(objectId: number, instanceId: number, name: string, held: Held | undefined): void {
		this.client.registry.instance(objectId, instanceId)!.hold(name, held);
	}

	turn(nowMs = 0): void {
		this.keeper.turnEnded(nowMs);
	}

	events(): string[] {
		return this.records.map(({ event, reason }) => (reason === undefined ? event : `${event} ${reason}`));
	}

	/** The file of a card, or of a factory record: Appendix G.3.3. */
	collection(instances: readonly ConfiguredInstance[]): Uint8Array {
		const objects: number[][] = [];
		for (const id of new Set(instances.map(({ objectId }) => objectId))) {
			const content: number[] = [];
			for (const each of instances.filter(({ objectId }) => objectId === id)) {
				const tlv = instanceTlv(each, this.client.registry);
				content.push(0x30, each.instanceId >> 8, each.instanceId & 0xff, tlv.length >> 8, tlv.length & 0xff, ...tlv);
			}
			objects.push([id >> 8, id & 0xff, 0, content.length >> 8, content.length & 0xff, ...content]);
		}
		const all = objects.flat();
		return Uint8Array.of(0, objects.length, all.length >> 8, all.length & 0xff, ...all);
	}
}

function heldText(held: Held): string {
	if (held instanceof Map) return `{${[...held].map(([id, value]) => `${id}:${heldText(value)}`).join()}}`;
	return held instanceof Uint8Array ? `[${held.length <= 4 ? held.join() : held.length}]` : String(held);
}

/** A Security and a Server Instance. */
export function account(
	id: number,
	shortServerId: number,
	{ source = "factory", lifetimeS = 300, key, uri = `coap://s${shortServerId}` }: AccountOptions = {},
): ConfiguredInstance[] {
	const security = new Map<number, Held>([
		[0, uri],
		[1, false],
		[2, key === undefined ? 3 : 0],
	]);
	if (key !== undefined) security.set(3, Uint8Array.of(1, 2)).set(5, key);
	security.set(10, shortServerId);
	const server = new Map<number, Held>([
		[0, shortServerId],
		[1, lifetimeS],
		[6, true],
		[7, "U"],
	]);
	return [
		{ objectId: 0, instanceId: id, source, values: security },
		{ objectId: 1, instanceId: id, source, values: server },
	];
}

interface AccountOptions {
	readonly source?: ConfiguredInstance["source"];
	readonly lifetimeS?: number;
	readonly key?: Uint8Array;
	readonly uri?: string;
}

export const plainFactory = account(0, 1);
