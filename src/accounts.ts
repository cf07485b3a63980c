import type { Value } from "../modules/formats/value.ts";
import type { Factory, FactoryBootstrap, FactorySecurity, FactoryServer } from "../modules/host.ts";
import type { Client } from "../modules/lwm2m/client.ts";
import type { ConfiguredInstance } from "../modules/lwm2m/configuration.ts";
import type { Provenance } from "../modules/lwm2m/provenance.ts";
import type { Held } from "../modules/lwm2m/value.ts";
import { accessControl, Rights } from "../modules/objects/access-control-2.ts";
import { addCredentials } from "./credentials.ts";
import { product } from "./product.ts";

/** The Server Object's Short Server ID, and its Instance that an account of ours begins with. */
const shortServerIdResource = 0;

/**
 * The servers that the factory names, and its bootstrap server; else the product's server, with what the factory has to
 * say of it.
 */
export function accountsOf(factory: Factory): readonly FactoryServer[] {
	const { servers, serverUri, security, lifetimeS, bootstrap } = factory;
	if (servers !== undefined && servers.length > 0) return servers;
	if (serverUri === undefined && bootstrap !== undefined) return [];
	const { uri, shortServerId } = product.server;
	const account = { uri: serverUri ?? uri, shortServerId, lifetimeS: lifetimeS ?? usualLifetimeS(factory) };
	return [security === undefined ? account : { ...account, security }];
}

/** What a factory says, as a Security and a Server Instance for each server, and a Security Instance behind them. */
export function instancesOf(factory: Factory): ConfiguredInstance[] {
	const accounts = accountsOf(factory);
	const instances: ConfiguredInstance[] = [];
	const is10 = (factory.enabler ?? product.enabler) === "1.0";
	accounts.forEach((account, id) => {
		const { shortServerId, lifetimeS = usualLifetimeS(factory), resources } = account;
		instances.push(instance(0, id, securityValues(account, shortServerId)));
		const values = new Map<number, Held>([
			[shortServerIdResource, shortServerId],
			[1, lifetimeS],
			[6, true],
			// Queue mode is part of the binding in 1.0 alone (LwM2M Core 1.0.2 §5.3.1.1).
			[7, is10 && isQueued(factory) ? "UQ" : "U"],
		]);
		if (!is10) values.set(23, false);
		for (const resource in resources) values.set(Number(resource), held(resources[resource]!));
		instances.push(instance(1, id, values));
	});
	const { bootstrap } = factory;
	// Not Instance 0: there a bootstrap server puts its first server.
	if (bootstrap !== undefined) {
		const values = securityValues(bootstrap, undefined);
		if (bootstrap.holdOffS !== undefined) values.set(11, bootstrap.holdOffS);
		if (bootstrap.accountTimeoutS !== undefined) values.set(12, bootstrap.accountTimeoutS);
		instances.push(instance(0, Math.max(1, accounts.length), values));
	}
	return instances;
}

function isQueued({ sleep }: Factory): boolean {
	return sleep?.queueMode ?? product.sleep.queueMode;
}

function usualLifetimeS(factory: Factory): number {
	return isQueued(factory) ? product.sleep.lifetimeS : product.server.lifetimeS;
}

function instance(objectId: number, instanceId: number, values: Map<number, Held>): ConfiguredInstance {
	return { objectId, instanceId, source: "factory", values };
}

/** @param shortServerId undefined for a bootstrap server */
function securityValues(
	{ uri, security }: { readonly uri: string; readonly security?: FactorySecurity } & Partial<FactoryBootstrap>,
	shortServerId: number | undefined,
): Map<number, Held> {
	const values = new Map<number, Held>([
		[0, uri],
		[1, shortServerId === undefined],
	]);
	addCredentials(values, security);
	if (shortServerId !== undefined) values.set(10, shortServerId);
	return values;
}

/** A list becomes the Instances of a Resource. */
function held(value: Value | readonly Value[]): Held {
	return Array.isArray(value) ? new Map(value.map((each, id): [number, Value] => [id, each])) : (value as Value);
}

/**
 * With several servers, says who may do what with the Instances that are there and that nothing says it of: each server
 * manages its own account; all else is the first server's to manage, and everybody's to read. Where a bootstrap server
 * has made accounts, it has said who may do what.
 */
export function grantRights(client: Client, provenance: Provenance): void {
	const { registry } = client;
	const servers = registry.object(1)?.instances ?? [];
	if (servers.length < 2 || servers.some(({ id }) => provenance.sourceOf(1, id) === "bootstrapServer")) return;
	const ownerOf = (id: number) => registry.instance(1, id)!.at(shortServerIdResource) as number;
	const everybody = new Map([[0, Rights.read]]);
	const entries = registry.object(2)?.instances ?? [];
	let id = 0;
	for (const { facts, instances } of registry.objects.slice()) {
		for (const { id: objectInstanceId } of facts.id === 0 || facts.id === 2 ? [] : instances.slice()) {
			if (entries.some((entry) => entry.at(0) === facts.id && entry.at(1) === objectInstanceId)) continue;
			while (registry.instance(2, id) !== undefined) id++;
			const target = { id, objectId: facts.id, objectInstanceId };
			if (facts.id === 1) client.add(accessControl({ ...target, owner: ownerOf(objectInstanceId) }));
			else client.add(accessControl({ ...target, owner: ownerOf(servers[0]!.id), acl: everybody }));
		}
	}
}
