import { attributeText, type Link } from "../formats/link.ts";
import type { Node } from "../node.ts";
import { parsePath } from "../path.ts";
import type { BootstrapConfiguration, Fields } from "./configuration.ts";
import { parts } from "./field-table.ts";

/** One LwM2M Server account, at the client or in the configuration. */
export interface AccountFinding {
	readonly shortServerId: number;
	readonly uri?: string;
	/** Object Instances at the client. */
	readonly securityInstance?: number;
	readonly serverInstance?: number;
	/**
	 * `valid`: as it is configured, as far as can be read: keys can not. `unknown`: no such account is configured.
	 * `missing`: configured, and not there. `different`: `why` says in what.
	 */
	readonly state: "valid" | "unknown" | "missing" | "different";
	readonly why?: string;
}

/** What Discover says of accounts (Core 1.2 §6.1.7.3). */
export interface Discovered {
	/** Short Server ID → Security Instance and URI. */
	readonly security: ReadonlyMap<number, { readonly instance: number; readonly uri: string | undefined }>;
	/** Short Server ID → Server Instance. */
	readonly servers: ReadonlyMap<number, number>;
	/** The Security Instance without Short Server ID: the Bootstrap-Server's own. */
	readonly bootstrapInstance: number | undefined;
}

export function readDiscovered(links: readonly Link[]): Discovered {
	const security = new Map<number, { instance: number; uri: string | undefined }>();
	const servers = new Map<number, number>();
	let bootstrapInstance: number | undefined;
	for (const link of links) {
		const [objectId, instance, ...more] = parsePath(link.target) ?? [];
		if (instance === undefined || more.length > 0) continue;
		const ssid = attributeText(link, "ssid");
		if (objectId === 0 && ssid === undefined) bootstrapInstance ??= instance;
		else if (objectId === 0) security.set(Number(ssid), { instance, uri: attributeText(link, "uri") });
		else if (objectId === 1 && ssid !== undefined) servers.set(Number(ssid), instance);
	}
	return { security, servers, bootstrapInstance };
}

/**
 * Holds the client's accounts to the configuration.
 * @param serverObject what Read /1 brought; undefined when it brought nothing
 */
export function findAccounts(
	configuration: BootstrapConfiguration,
	{ security, servers }: Discovered,
	serverObject: Node | undefined,
): AccountFinding[] {
	const wanted = new Map<number, { security: Fields; server: Fields | undefined }>();
	for (const fields of configuration.instances.security.values()) {
		const ssid = fields.serverId;
		if (fields.bootstrapServer === true || typeof ssid !== "number") continue;
		const server = [...configuration.instances.servers.values()].find(({ shortId }) => shortId === ssid);
		wanted.set(ssid, { security: fields, server });
	}
	const all = new Set([...wanted.keys(), ...security.keys(), ...servers.keys()]);
	return [...all]
		.sort((a, b) => a - b)
		.map((shortServerId) => {
			const there = security.get(shortServerId);
			const serverInstance = servers.get(shortServerId);
			const known = {
				shortServerId,
				...(there === undefined ? {} : { securityInstance: there.instance }),
				...(there?.uri === undefined ? {} : { uri: there.uri }),
				...(serverInstance === undefined ? {} : { serverInstance }),
			};
			const configured = wanted.get(shortServerId);
			if (configured === undefined) return { ...known, state: "unknown" as const };
			if (there === undefined && serverInstance === undefined) return { ...known, state: "missing" as const };
			const why = difference(configured, there, serverInstance, serverObject);
			return why === undefined ? { ...known, state: "valid" as const } : { ...known, state: "different" as const, why };
		});
}

function difference(
	configured: { security: Fields; server: Fields | undefined },
	there: { uri: string | undefined } | undefined,
	serverInstance: number | undefined,
	serverObject: Node | undefined,
): string | undefined {
	if (there === undefined) return "there is no Security Instance";
	if (there.uri !== undefined && there.uri !== configured.security.uri) return `its URI is ${there.uri}`;
	if (configured.server === undefined) return undefined;
	if (serverInstance === undefined) return "there is no Server Instance";
	if (serverObject?.kind !== "obj") return undefined;
	const instance = serverObject.instances.find(({ id }) => id === serverInstance);
	if (instance === undefined) return undefined;
	for (const { name, id } of parts.servers.fields) {
		const value = configured.server[name];
		if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") continue;
		const resource = instance.resources.find((resource) => resource.id === id);
		const held = resource?.kind === "singleResource" ? String(resource.value) : undefined;
		if (held !== String(value)) return `/1/${serverInstance}/${id} is ${held ?? "absent"} instead of ${value}`;
	}
	return undefined;
}
