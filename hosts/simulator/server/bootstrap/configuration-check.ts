import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import type { BootstrapConfiguration, Fields } from "./configuration.ts";
import { refuseConfiguration } from "./configuration-refused.ts";
import { securityModes } from "./field-table.ts";

/**
 * Holds a configuration to what leshan-bsserver-demo's checker asks of one, in its words; steps that are given one by
 * one are not looked at, so that a test can send anything.
 * @throws ConfigurationRefused
 */
export function checkConfiguration({ instances, steps }: BootstrapConfiguration): void {
	if (steps !== undefined) return;
	for (const security of instances.security.values()) {
		if (security.securityMode === undefined) refuseConfiguration("Security Mode is mandatory");
		checkSecurity(security);
		if ((security.uri ?? "") === "") refuseConfiguration("LwM2M Server URI is mandatory");
		const oscore = security.oscoreSecurityMode;
		if (typeof oscore === "number" && !instances.oscore.has(oscore)) {
			refuseConfiguration(`oscore mode, no oscore Object with instance ${oscore}`);
		}
	}
	for (const [id, { shortId }] of instances.servers) {
		if (shortId === 0) refuseConfiguration("short ID must not be 0");
		const paired = [...instances.security.values()].filter(
			({ serverId, bootstrapServer }) => serverId === shortId && bootstrapServer !== true,
		);
		if (paired.length === 0) refuseConfiguration(`no security entry for server instance: ${id}`);
	}
}

function checkSecurity(security: Fields): void {
	const { secretKey, publicKeyOrId, serverPublicKey } = security;
	const key = { secret: bytesOf(secretKey), own: bytesOf(publicKeyOrId), server: bytesOf(serverPublicKey) };
	switch (security.securityMode) {
		case securityModes.NO_SEC:
			demand(key.secret.length === 0, "NO-SEC mode, secret key must be empty");
			demand(key.own.length === 0, "NO-SEC mode, public key or ID must be empty");
			demand(key.server.length === 0, "NO-SEC mode, server public key must be empty");
			return;
		case securityModes.PSK:
			demand(key.secret.length > 0, "pre-shared-key mode, secret key must not be empty");
			demand(key.own.length > 0, "pre-shared-key mode, public key or id must not be empty");
			return;
		case securityModes.RPK:
			checkKeys("raw-public-key mode", key, isPublicKey, "RFC7250 encoded public key", isHash(security));
			return;
		case securityModes.X509:
			checkKeys("x509 mode", key, isCertificate, "DER encoded X.509 certificate", isHash(security));
			return;
		case securityModes.EST:
			refuseConfiguration("EST is not currently supported.");
			break;
		default:
			refuseConfiguration("Security Mode is mandatory");
	}
}

/** Differs from Leshan, which demands a key or certificate there even where the matching type says a hash (0/x/13). */
function isHash({ matchingType = 0 }: Fields): boolean {
	return matchingType !== 0;
}

interface Keys {
	readonly secret: Uint8Array;
	readonly own: Uint8Array;
	readonly server: Uint8Array;
}

function checkKeys(
	mode: string,
	{ secret, own, server }: Keys,
	isKey: (der: Uint8Array) => boolean,
	what: string,
	isServerHashed: boolean,
): void {
	demand(secret.length > 0, `${mode}, secret key must not be empty`);
	demand(isPrivateKey(secret), `${mode}, secret key must be RFC5958 encoded private key`);
	demand(own.length > 0, `${mode}, public key or id must not be empty`);
	demand(isKey(own), `${mode}, public key or id must be ${what}`);
	demand(server.length > 0, `${mode}, server public key must not be empty`);
	demand(isServerHashed || isKey(server), `${mode}, server public key must be ${what}`);
}

function demand(holds: boolean, why: string): void {
	if (!holds) refuseConfiguration(why);
}

function bytesOf(value: Fields[string]): Uint8Array {
	return value instanceof Uint8Array ? value : new Uint8Array(0);
}

function isPrivateKey(der: Uint8Array): boolean {
	return works(() => createPrivateKey({ key: Buffer.from(der), format: "der", type: "pkcs8" }));
}

function isPublicKey(der: Uint8Array): boolean {
	return works(() => createPublicKey({ key: Buffer.from(der), format: "der", type: "spki" }));
}

function isCertificate(der: Uint8Array): boolean {
	return works(() => new X509Certificate(der));
}

function works(make: () => unknown): boolean {
	try {
		make();
		return true;
	} catch {
		return false;
	}
}
