import type { Crypto, Factory, Host, Log } from "../modules/host.ts";
import type { Client } from "../modules/lwm2m/client.ts";
import type { ConfiguredInstance } from "../modules/lwm2m/configuration.ts";
import { type FactoryRecord, readFactoryRecord } from "../modules/lwm2m/factory-record.ts";
import { readCollection } from "../modules/lwm2m/object-collection.ts";
import { accountsOf, instancesOf } from "./accounts.ts";
import { product } from "./product.ts";

/** What the factory says, whichever way: the record in its partition, and over it what `host.factory` names. */
export type ProductFactory = Factory & Partial<FactoryRecord>;

/** A record that is damaged, or not signed with the product's key where that has one, is as none. */
export function openFactory({ factory, factoryFlash, log }: Host, crypto: Crypto | undefined): ProductFactory {
	const { servers, bootstrap, security } = factory;
	const keys = security ?? bootstrap?.security ?? servers?.find((server) => server.security !== undefined)?.security;
	const record =
		factoryFlash === undefined || crypto === undefined
			? undefined
			: readFactoryRecord(factoryFlash, { crypto, publicPoint: product.factoryPublicPoint });
	const isGood = record !== undefined && !("code" in record);
	if (record !== undefined && !isGood) log.write({ event: "factoryRecordRefused", reason: record.code });
	const { connectionId, flightTimeoutMs } = keys ?? {};
	// Mostly there is nothing to add: no copy, then.
	if (!isGood && connectionId === undefined && flightTimeoutMs === undefined) return factory;
	return { ...(isGood ? record : {}), ...dtlsOf(keys), ...factory };
}

/** What is about all of DTLS stands with some server's keys. */
function dtlsOf(keys: Factory["security"]): Pick<FactoryRecord, "connectionId" | "flightTimeoutMs"> {
	const { connectionId, flightTimeoutMs } = keys ?? {};
	return {
		...(connectionId === undefined ? {} : { connectionId }),
		...(flightTimeoutMs === undefined ? {} : { flightTimeoutMs }),
	};
}

/** The accounts: those that `host.factory` names, else the record's, else the product's. */
export function instancesOfFactory(factory: ProductFactory, client: Client, log: Log): readonly ConfiguredInstance[] {
	const { objects, serverUri, servers, bootstrap } = factory;
	if (objects === undefined || serverUri !== undefined || servers !== undefined || bootstrap !== undefined) {
		return instancesOf(factory);
	}
	const instances = readCollection(objects, 0, objects.length, "factory", client.registry, client.limits);
	if (!("code" in instances)) return instances;
	log.write({ event: "factoryRecordRefused", reason: instances.code });
	return instancesOf(factory);
}

/** Whether a server that is named here has coaps://. */
export function needsKeys(factory: ProductFactory): boolean {
	return accountsOf(factory).some(({ security }) => security !== undefined);
}

/** Whether several are named here. */
export function needsRights(factory: ProductFactory): boolean {
	return accountsOf(factory).length > 1;
}
