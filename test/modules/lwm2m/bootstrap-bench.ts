import { readUtf8, utf8 } from "../../../modules/bytes.ts";
import { Code, codeText } from "../../../modules/coap/code.ts";
import type { Request, RequestOptions, Response, ResponseOptions } from "../../../modules/coap/peer.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import { AccessControl } from "../../../modules/lwm2m/access-control.ts";
import { makeBootstrap } from "../../../modules/lwm2m/bootstrap.ts";
import type { Client } from "../../../modules/lwm2m/client.ts";
import type { Configuration, ConfigurationStore } from "../../../modules/lwm2m/configuration.ts";
import { ConfigurationState } from "../../../modules/lwm2m/configuration-state.ts";
import type { ObjectFacts } from "../../../modules/lwm2m/facts.ts";
import { ObjectInstance } from "../../../modules/lwm2m/instance.ts";
import { accessControl, accessControlObject } from "../../../modules/objects/access-control-2.ts";
import { ACCESS_CONTROL } from "../../../modules/objects/facts/access-control-2-v1-1.ts";
import { DEVICE } from "../../../modules/objects/facts/device-3-v1-1.ts";
import { SECURITY } from "../../../modules/objects/facts/security-0-v1-2.ts";
import { SERVER } from "../../../modules/objects/facts/server-1-v1-2.ts";
import { securityObject } from "../../../modules/objects/security-0.ts";
import { serverObject } from "../../../modules/objects/server-1.ts";
import { World, type WorldOptions } from "./world.ts";

const { senmlJson, coreLink } = ContentFormat;

/** Where the Bootstrap-Server is. */
export const bootstrapHost = "192.0.2.9";

/** An application's Object whose Instances a bootstrap may make and delete. */
export const LAMP = {
	id: 33100,
	version: "1.0",
	multiple: true,
	resources: {
		name: { id: 0, operations: "RW", type: "string" },
		level: { id: 1, operations: "RW", type: "integer", range: [0, 100] },
		toggle: { id: 2, operations: "E" },
	},
} as const satisfies ObjectFacts;

/** Keeps what it is given, as data; says no when it is told to. */
export class Keeping implements ConfigurationStore {
	kept: Configuration | undefined;
	count = 0;
	isFull = false;

	keep(configuration: Configuration): boolean {
		if (this.isFull) return false;
		this.kept = configuration;
		this.count++;
		return true;
	}
}

export interface BootstrapBenchOptions extends Partial<WorldOptions> {
	/** Of the Bootstrap-Server's account, by name, in place of the ones here. */
	readonly account?: Readonly<Record<string, unknown>>;
	/** No account of a Bootstrap-Server. */
	readonly isOrphan?: boolean;
	/** An account of the LwM2M Server, too. */
	readonly hasServer?: boolean;
	/** What the Bootstrap-Server answers to Bootstrap-Pack-Request; 5.01 when left out. */
	readonly pack?: (request: Request) => ResponseOptions;
}

/** A device with nothing but the account of a Bootstrap-Server (configuration C.13 of the ETS), and that server. */
export function bootstrapBench(options: BootstrapBenchOptions = {}) {
	const store = new Keeping();
	const state = options.configuration ?? new ConfigurationState();
	const lamps: string[] = [];
	const world = new World({
		names: { "bs.example": bootstrapHost, "server.example": "192.0.2.1", "other.example": "192.0.2.2" },
		secondHost: bootstrapHost,
		secondAnswering: (request) => {
			if (request.path[0] === "bspack") return options.pack?.(request) ?? { code: Code.notImplemented };
			return { code: Code.changed };
		},
		bootstrap: makeBootstrap,
		configuration: state,
		configurationStore: store,
		accessControl: new AccessControl(accessControl),
		enabler: "1.1",
		...options,
		furnish(client, world) {
			furnish(client, options, lamps);
			options.furnish?.(client, world);
		},
	});
	const ask = (code: number, path: string, more: Partial<RequestOptions> = {}): Response =>
		world.askSecond({ code, path: path.split("/").filter((each) => each !== ""), ...more });
	return {
		world,
		store,
		state,
		lamps,
		ask,
		/** A Bootstrap-Write in SenML JSON. */
		write: (path: string, ...records: string[]) =>
			codeText(ask(Code.put, path, { contentFormat: senmlJson, payload: utf8(`[${records.join(",")}]`) }).code),
		remove: (path: string) => codeText(ask(Code.delete, path).code),
		discover: (path: string) => readUtf8(ask(Code.get, path, { accept: coreLink }).payload) ?? "",
		finish: () => codeText(ask(Code.post, "/bs").code),
		/** What the Bootstrap-Server was asked: "POST /bs?ep=ep&pct=112". */
		asked: () =>
			world.secondRequests.map(({ code, path, query }) => {
				return `${code === Code.get ? "GET" : "POST"} /${path.join("/")}?${query.join("&")}`;
			}),
		/** Everything in Objects 0, 1, 2 and that of the lamps, as text. */
		registry: () => registryText(world.client),
	};
}

export type BootstrapBench = ReturnType<typeof bootstrapBench>;

function furnish(client: Client, options: BootstrapBenchOptions, lamps: string[]): void {
	const { account, isOrphan, hasServer } = options;
	client.addObject(SECURITY, securityObject(SECURITY));
	client.addObject(SERVER, serverObject(client, SERVER));
	client.addObject(ACCESS_CONTROL, accessControlObject());
	client.addObject(LAMP, {
		create: (id) => new ObjectInstance(LAMP, { id, values: { name: undefined, level: 0 } }),
		remove: ({ id }) => void lamps.push(`removed ${id}`),
	});
	client.add(new ObjectInstance(DEVICE, { values: { manufacturer: "Maker", supportedBindingAndModes: "U" } }));
	if (hasServer === true) {
		const security = { serverUri: "coap://server.example", bootstrapServer: false, securityMode: 3, shortServerId: 1 };
		client.add(new ObjectInstance(SECURITY, { id: 0, values: security }));
		const server = serverObject(client, SERVER).provide!(0);
		server.hold("shortServerId", 1);
		server.hold("lifetime", 86400);
		server.hold("notificationStoringWhenDisabledOrOffline", false);
		server.hold("binding", "U");
		client.add(server);
	}
	if (isOrphan === true) return;
	const values = { serverUri: "coap://bs.example", bootstrapServer: true, securityMode: 3, ...account };
	client.add(new ObjectInstance(SECURITY, { id: 1, values }));
}

/** One record of a SenML pack in JSON. */
export function record(name: string, value: string | number | boolean | Uint8Array): string {
	const n = `{"n":"${name}",`;
	if (typeof value === "string") return `${n}"vs":"${value}"}`;
	if (typeof value === "boolean") return `${n}"vb":${value}}`;
	if (value instanceof Uint8Array) return `${n}"vd":"${base64url(value)}"}`;
	return `${n}"v":${value}}`;
}

/** A Security Instance of a LwM2M Server without keys, as records below "/0". */
export function securityRecords(id: number, shortServerId: number, uri = "coap://server.example"): string[] {
	return [
		record(`/0/${id}/0`, uri),
		record(`/0/${id}/1`, false),
		record(`/0/${id}/2`, 3),
		record(`/0/${id}/10`, shortServerId),
	];
}

/** A Server Instance with what it must have. */
export function serverRecords(id: number, shortServerId: number, lifetimeS = 86400): string[] {
	return [
		record(`/1/${id}/0`, shortServerId),
		record(`/1/${id}/1`, lifetimeS),
		record(`/1/${id}/6`, false),
		record(`/1/${id}/7`, "U"),
	];
}

function registryText(client: Client): string {
	const lines: string[] = [];
	for (const { facts, instances } of client.registry.objects) {
		if (facts.id > 2 && facts.id !== LAMP.id) continue;
		for (const instance of instances) {
			for (const name in facts.resources) {
				const held = instance.facts.resources[name]?.type === undefined ? undefined : instance.peek(name);
				if (held !== undefined) lines.push(`/${facts.id}/${instance.id} ${name}=${heldText(held)}`);
			}
		}
	}
	return lines.join("\n");
}

function heldText(held: unknown): string {
	if (held instanceof Map) return [...held].map(([id, value]) => `${id}:${heldText(value)}`).join(",");
	if (held instanceof Uint8Array) return held.join(".");
	return typeof held === "object" ? JSON.stringify(held) : String(held);
}

function base64url(bytes: Uint8Array): string {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	let text = "";
	let bits = 0;
	let count = 0;
	for (const byte of bytes) {
		bits = (bits << 8) | byte;
		count += 8;
		while (count >= 6) {
			count -= 6;
			text += digits[(bits >> count) & 63];
		}
		bits &= (1 << count) - 1;
	}
	return count === 0 ? text : text + digits[(bits << (6 - count)) & 63];
}
