import type { Factory, FactoryServer } from "../modules/host.ts";
import type { Client } from "../modules/lwm2m/client.ts";
import { accessControl, Rights } from "../modules/objects/access-control-2.ts";
import { security } from "../modules/objects/security-0.ts";
import { type ServerFacts, server } from "../modules/objects/server-1.ts";
import { securityOf } from "./credentials.ts";
import { product } from "./product.ts";

/** The servers that the factory names; else the product's, with what the factory has to say of it. */
export function accountsOf(factory: Factory): readonly FactoryServer[] {
	const { servers, serverUri, security, lifetimeS } = factory;
	if (servers !== undefined && servers.length > 0) return servers;
	const { uri, shortServerId, lifetimeS: usualS } = product.server;
	const account = { uri: serverUri ?? uri, shortServerId, lifetimeS: lifetimeS ?? usualS };
	return [security === undefined ? account : { ...account, security }];
}

/** Adds a Security and a Server Instance for each. */
export function addAccounts(client: Client, accounts: readonly FactoryServer[], facts: ServerFacts): void {
	accounts.forEach(({ uri, shortServerId, lifetimeS = product.server.lifetimeS, security: keys }, id) => {
		client.add(security({ id, serverUri: uri, shortServerId, ...(keys === undefined ? {} : securityOf(keys)) }));
		client.add(server({ id, shortServerId, lifetimeS }, client, facts));
	});
}

/**
 * With several servers, says who may do what with the Instances that are there: each server manages its own account;
 * all else is the first server's to manage, and everybody's to read. A bootstrap may say otherwise.
 */
export function grantRights(client: Client, accounts: readonly FactoryServer[]): void {
	if (accounts.length < 2) return;
	const everybody = new Map([[0, Rights.read]]);
	let id = 0;
	for (const { facts, instances } of client.registry.objects.slice()) {
		for (const { id: objectInstanceId } of instances) {
			if (facts.id === 0) continue;
			const target = { id, objectId: facts.id, objectInstanceId };
			if (facts.id === 1) client.add(accessControl({ ...target, owner: accounts[objectInstanceId]!.shortServerId }));
			else client.add(accessControl({ ...target, owner: accounts[0]!.shortServerId, acl: everybody }));
			id++;
		}
	}
}
