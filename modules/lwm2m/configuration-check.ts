import { type Fault, fault } from "../bytes.ts";
import type { ObjectLink, Value } from "../formats/value.ts";
import { frozen } from "../frozen.ts";
import type { ConfiguredInstance } from "./configuration.ts";
import { indexOf, isAccountObject } from "./configuration-state.ts";
import type { Registry } from "./registry.ts";
import { isInstances, isObjectLink } from "./value.ts";

/** Resources of the Security Object (LwM2M Core 1.2 Appendix E.1). */
export const securityResource = frozen({
	serverUri: 0,
	bootstrapServer: 1,
	mode: 2,
	shortServerId: 10,
	holdOff: 11,
	accountTimeout: 12,
});

/** Short Server ID of the Server Object (Appendix E.2). */
export const serverShortServerId = 0;

/** Links from a Security Instance to what belongs to its account: OSCORE, MQTT Server, COSE. */
const linking: readonly number[] = frozen([17, 26, 27]);

/** By Security Mode, the Resources without which there is no account (Transport 1.2 §5.2.9). */
const neededByMode: readonly (readonly number[])[] = frozen([[0, 3, 5], [0, 3, 4, 5], [0, 3, 4, 5], [0]]);

/** The largest Object ID; 65535 names nothing (LwM2M Core 1.2 §7.4, Table 7.4-1). */
const largest = 65534;

const see = "LwM2M Core 1.2 §6.1.2, §6.1.6";
const noServer = fault("configuration.noServer", 0x86, see);
const bootstrapServers = fault("configuration.bootstrapServers", 0x86, see);
const incomplete = fault("configuration.incomplete", 0x86, see);
const unpaired = fault("configuration.unpaired", 0x86, see);
const twice = fault("configuration.shortServerId", 0x86, see);
const dangling = fault("configuration.link", 0x86, see);
const tooMany = fault("configuration.limit", 0x86, see);

export function isBootstrapAccount({ objectId, values }: ConfiguredInstance): boolean {
	return objectId === 0 && values.get(securityResource.bootstrapServer) === true;
}

/** The Bootstrap-Server's account: its Security Instance first, then what that links to. Empty: there is none. */
export function bootstrapAccountOf(instances: readonly ConfiguredInstance[]): ConfiguredInstance[] {
	const security = instances.find(isBootstrapAccount);
	if (security === undefined) return [];
	const linked = linksOf(security).map((link) => instances[indexOf(instances, link.objectId, link.instanceId)]);
	return [security, ...linked.filter((each) => each !== undefined)];
}

/** The Security Instance that links to an Instance of OSCORE, COSE or MQTT Server. */
export function ownerOf(
	instances: readonly ConfiguredInstance[],
	objectId: number,
	instanceId: number,
): ConfiguredInstance | undefined {
	return instances.find((each) =>
		linksOf(each).some((link) => link.objectId === objectId && link.instanceId === instanceId),
	);
}

/** What a Security Instance links to; 65535:65535 is nowhere. */
function linksOf({ objectId, values }: ConfiguredInstance): ObjectLink[] {
	const found: ObjectLink[] = [];
	const add = (value: Value) => void (isObjectLink(value) && value.objectId <= largest && found.push(value));
	linking.forEach((resourceId) => {
		const held = objectId === 0 ? values.get(resourceId) : undefined;
		if (held === undefined) return;
		if (isInstances(held)) held.forEach(add);
		else add(held);
	});
	return found;
}

/**
 * Whether a client can work with this configuration (LwM2M Core 1.2 §6.1.2, §6.1.6): one Bootstrap-Server's account at
 * most, one server's at least, each a Security and a Server Instance with the same Short Server ID, complete. What the
 * URIs and keys are good for, vetAccount() says.
 * @returns why not; its reply is 4.06
 */
export function checkConfiguration(
	instances: readonly ConfiguredInstance[],
	registry: Registry,
	serversMost: number,
): Fault | undefined {
	const servers = instances.filter((each) => each.objectId === 0 && !isBootstrapAccount(each));
	if (servers.length + 1 < instances.filter(({ objectId }) => objectId === 0).length) return bootstrapServers;
	const isWhole = (each: ConfiguredInstance) => (each.objectId === 0 ? hasKeys(each) : isComplete(each, registry));
	if (!instances.every(isWhole)) return incomplete;
	const isThere = (link: ObjectLink) => indexOf(instances, link.objectId, link.instanceId) >= 0;
	if (!instances.every((each) => linksOf(each).every(isThere))) return dangling;
	return servers.length > serversMost ? tooMany : checkPairs(instances, servers);
}

function checkPairs(
	instances: readonly ConfiguredInstance[],
	securities: readonly ConfiguredInstance[],
): Fault | undefined {
	const ids = securities.map(({ values }) => values.get(securityResource.shortServerId));
	const servers = instances.filter(({ objectId }) => objectId === 1);
	const served = servers.map(({ values }) => values.get(serverShortServerId));
	if (ids.includes(undefined)) return incomplete;
	if (ids.length === 0 && served.length === 0) return noServer;
	if (!areDistinct(ids)) return twice;
	const arePaired = ids.length === served.length && areDistinct(served) && ids.every((id) => served.includes(id));
	return arePaired ? undefined : unpaired;
}

function areDistinct(ids: readonly unknown[]): boolean {
	return ids.every((id, index) => ids.indexOf(id) === index);
}

function hasKeys({ values }: ConfiguredInstance): boolean {
	const mode = values.get(securityResource.mode);
	const needed = typeof mode === "number" ? neededByMode[mode] : undefined;
	return needed?.every((resourceId) => values.has(resourceId)) === true;
}

/** Whether all mandatory Resources with a value have one; of Objects that are not about accounts that is their own. */
function isComplete({ objectId, values }: ConfiguredInstance, registry: Registry): boolean {
	const object = registry.object(objectId);
	if (object === undefined || !isAccountObject(objectId)) return object !== undefined;
	return Object.values(object.facts.resources).every(
		({ id, mandatory, type }) => mandatory !== true || type === undefined || values.has(id),
	);
}
