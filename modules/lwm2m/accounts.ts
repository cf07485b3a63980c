import { utf8 } from "../bytes.ts";
import type { ObjectLink, Value } from "../formats/value.ts";
import { frozen } from "../frozen.ts";
import type { Instance } from "./instance.ts";
import type { Account } from "./registration-port.ts";
import type { Registry } from "./registry.ts";
import { type Held, isObjectLink } from "./value.ts";

/** Resources that make an account of two Instances (LwM2M Core 1.2 Appendix E.1, E.2). */
const securityResource = frozen({ bootstrapServer: 1, shortServerId: 10 });
const serverShortServerId = 0;
const bootstrapOnFailure = 16;

/** What says where a server is and how we prove who we are: another one of these makes another server of it. */
const identifying: readonly number[] = frozen([0, 2, 3, 4, 5, 13, 14, 15, 16, 17]);

/** The account of this server as the registry has it now; undefined when there is none, or but half of one. */
export function accountOf(registry: Registry, shortServerId: number): Account | undefined {
	const security = registry.object(0)?.instances.find((instance) => shortServerIdOf(instance) === shortServerId);
	const server = registry.object(1)?.instances.find((each) => each.at(serverShortServerId) === shortServerId);
	return security === undefined || server === undefined ? undefined : { shortServerId, security, server };
}

/** Bootstrap on Registration Failure (1/x/16): yes where it is absent (LwM2M Core 1.2 Table 6.2.1.1-1). */
export function wantsBootstrap({ server }: Account): boolean {
	return server.at(bootstrapOnFailure) !== false;
}

/** The Short Server ID that a Security Instance is about; undefined for a Bootstrap-Server's. */
export function shortServerIdOf(security: Instance): number | undefined {
	const shortServerId = security.at(securityResource.shortServerId);
	if (security.at(securityResource.bootstrapServer) === true || typeof shortServerId !== "number") return undefined;
	return shortServerId;
}

/** A number that is another one when the server's address or our keys for it are: so that we need not keep them. */
export function fingerprintOf({ security }: Account): number {
	let sum = 0;
	identifying.forEach((resourceId) => {
		const held = security.at(resourceId);
		if (held !== undefined) sum = mixed(mixed(sum, resourceId), sumOf(held));
	});
	return sum;
}

/** A number that is another one when the value is. It is kept over restarts: its making must not change. */
export function sumOf(held: Held): number {
	let sum = 0;
	if (held instanceof Map) {
		held.forEach((value, id) => {
			sum = mixed(mixed(sum, id), sumOf(value));
		});
		return sum;
	}
	if (isObjectLink(held as Value)) return mixed((held as ObjectLink).objectId, (held as ObjectLink).instanceId);
	const bytes = held instanceof Uint8Array ? held : utf8(String(held));
	for (let at = 0; at < bytes.length; at++) sum = mixed(sum, bytes[at]!);
	return sum;
}

/** One step of FNV-1a, and a rotation so that high bits count. */
export function mixed(sum: number, value: number): number {
	const product = Math.imul(sum ^ value ^ 0x811c9dc5, 0x01000193);
	return (product << 13) | (product >>> 19);
}
