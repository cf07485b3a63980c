import { fromHex, toHex } from "../../../../modules/bytes.ts";
import type { BootstrapSettings } from "../bootstrap/configuration.ts";
import type { ConfigurationStore } from "../bootstrap/configuration-store.ts";
import type { Profiles } from "../profiles.ts";
import { infoFromJson, infoToJson } from "../security-json.ts";
import type { SecurityStore } from "../security-store.ts";
import type { IdentityKeeper } from "../server-ports.ts";
import type { Kept, Kind, Store } from "./store.ts";

/** Fills `security` with what is kept, and keeps what changes from now on. */
export function keepSecurity(security: SecurityStore, store: Store, kind: Kind): void {
	for (const [, json] of store.all(kind)) security.add(infoFromJson(json));
	security.changed = (endpoint, info) => {
		if (info === undefined) store.remove(kind, endpoint);
		else store.put(kind, endpoint, infoToJson(info));
	};
}

export function keepProfiles(profiles: Profiles, store: Store): void {
	for (const [id, { list }] of store.all("profile")) profiles.set(id, String(list));
	profiles.changed = (id, list) => {
		if (list === undefined) store.remove("profile", id);
		else store.put("profile", id, { list });
	};
}

export function keepConfigurations(configurations: ConfigurationStore, store: Store): void {
	const kind = "bootstrapConfiguration";
	for (const [endpoint, settings] of store.all(kind)) configurations.set(endpoint, settings as BootstrapSettings);
	configurations.changed = (endpoint, configuration) => {
		if (configuration === undefined) store.remove(kind, endpoint);
		else store.put(kind, endpoint, plain(configuration.settings) as Kept);
	};
}

/** Settings of a program may hold bytes: in JSON they are numbers. */
function plain(value: unknown): unknown {
	if (value instanceof Uint8Array) return [...value];
	if (Array.isArray(value)) return value.map(plain);
	if (typeof value !== "object" || value === null) return value;
	return Object.fromEntries(Object.entries(value).map(([name, held]) => [name, plain(held)]));
}

/** The server's own key, so that clients that know it by its key know it after a restart. */
export function identityKeeper(store: Store, kind: Kind): IdentityKeeper {
	return {
		load: () => {
			const kept = store.all(kind)[0]?.[1] as { privateKey: string; publicKey: string; chain: string[] } | undefined;
			if (kept === undefined) return undefined;
			const { privateKey, publicKey, chain } = kept;
			return {
				privateKey: fromHex(privateKey)!,
				publicKey: fromHex(publicKey)!,
				chain: chain.map((one) => fromHex(one)!),
			};
		},
		save: ({ privateKey, publicKey, chain }) => {
			const fields = { privateKey: toHex(privateKey), publicKey: toHex(publicKey) };
			store.put(kind, "own", { ...fields, chain: chain.map((one) => toHex(one)) });
		},
	};
}
