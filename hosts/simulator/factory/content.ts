import { dirname, resolve } from "node:path";
import { utf8Size } from "../../../modules/bytes.ts";
import type { FactorySecurity } from "../../../modules/host.ts";
import type { ConfiguredInstance } from "../../../modules/lwm2m/configuration.ts";
import { readServerUri } from "../../../modules/lwm2m/server-uri.ts";
import { type Held, isAcceptable } from "../../../modules/lwm2m/value.ts";
import { ACCESS_CONTROL } from "../../../modules/objects/facts/access-control-2-v1-1.ts";
import { SERVER } from "../../../modules/objects/facts/server-1-v1-2.ts";
import { addCredentials } from "../../../src/credentials.ts";
import { type CredentialOptions, hasCredentials, readCredentials } from "../cli/credentials.ts";
import { factsOf, type RecordContent } from "./record.ts";

/** What is wrong with a description, and where in it. Never with a key in it. */
export class DescriptionRefused extends Error {
	override get name() {
		return "DescriptionRefused";
	}
}

type Json = { readonly [name: string]: unknown };

const topNames = [
	"endpointName",
	"serialNumber",
	"lwm2m",
	"connectionId",
	"flightTimeoutMs",
	"servers",
	"bootstrap",
	"accessControl",
];
const credentialNames = [
	"pskIdentity",
	"pskKey",
	"rpkPrivateKey",
	"rpkPublicKey",
	"serverPublicKey",
	"cert",
	"key",
	"ca",
	"serverCert",
	"certificateUsage",
	"sni",
	"ciphersuite",
];
/** Those of them that are files. */
const fileNames = ["rpkPrivateKey", "rpkPublicKey", "serverPublicKey", "cert", "key", "ca", "serverCert"];
const serverNames = ["uri", "shortServerId", "lifetimeS", "resources", ...credentialNames];
const bootstrapNames = ["uri", "holdOffS", "accountTimeoutS", ...credentialNames];
const rightNames = ["objectId", "objectInstanceId", "owner", "acl"];
const usualLifetimeS = 86_400;
const largestId = 65_534;
const rights: Readonly<Record<string, number>> = { R: 1, W: 2, E: 4, D: 8, C: 16 };

/**
 * Reads the description of a device's factory record, as `dormouse provision` takes it: JSON, its files beside it.
 * @param file where it was read from, for the paths in it
 * @throws DescriptionRefused, WrongUsage
 */
export function readContent(text: string, file: string): RecordContent {
	let json: unknown;
	try {
		json = JSON.parse(text);
	} catch (error) {
		throw new DescriptionRefused("no JSON", { cause: error });
	}
	const top = objectIn(json, "the description", topNames);
	const { endpointName, serialNumber, lwm2m, connectionId, flightTimeoutMs, servers, bootstrap, accessControl } = top;
	const folder = dirname(resolve(file));
	const instances: ConfiguredInstance[] = [];
	const list = listIn(servers, "servers");
	list.forEach((server, id) => {
		instances.push(...serverOf(server, id, `servers[${id}]`, folder));
	});
	const ids = instances.filter(({ objectId }) => objectId === 1).map(({ values }) => values.get(0));
	if (new Set(ids).size < ids.length) throw new DescriptionRefused("servers: a shortServerId is there twice");
	if (bootstrap !== undefined) instances.push(bootstrapOf(bootstrap, Math.max(1, list.length), folder));
	listIn(accessControl, "accessControl").forEach((entry, id) => {
		instances.push(rightsOf(entry, id, `accessControl[${id}]`));
	});
	if (lwm2m !== undefined && lwm2m !== "1.0" && lwm2m !== "1.1" && lwm2m !== "1.2") {
		throw new DescriptionRefused("lwm2m: choose 1.0, 1.1 or 1.2, as text");
	}
	if (connectionId !== undefined && typeof connectionId !== "boolean") {
		throw new DescriptionRefused("connectionId: true or false");
	}
	return {
		...(endpointName === undefined ? {} : { endpointName: textIn(endpointName, "endpointName", 252) }),
		...(serialNumber === undefined ? {} : { serialNumber: textIn(serialNumber, "serialNumber", 252) }),
		...(lwm2m === undefined ? {} : { enabler: lwm2m }),
		...(connectionId === undefined ? {} : { connectionId }),
		...(flightTimeoutMs === undefined
			? {}
			: { flightTimeoutMs: integerIn(flightTimeoutMs, "flightTimeoutMs", 1, 600_000) }),
		instances,
	};
}

function serverOf(server: unknown, id: number, where: string, folder: string): ConfiguredInstance[] {
	const json = objectIn(server, where, serverNames);
	const shortServerId = integerIn(json.shortServerId, `${where}.shortServerId`, 1, largestId);
	const security = securityValues(json, where, folder, false);
	security.set(10, shortServerId);
	const values = new Map<number, Held>([
		[0, shortServerId],
		[1, json.lifetimeS === undefined ? usualLifetimeS : integerIn(json.lifetimeS, `${where}.lifetimeS`, 0, 0x7fffffff)],
		[6, true],
		[7, "U"],
	]);
	for (const [name, value] of Object.entries(objectIn(json.resources ?? {}, `${where}.resources`))) {
		const [resourceId, held] = resourceOf(name, value, `${where}.resources.${name}`);
		values.set(resourceId, held);
	}
	return [
		{ objectId: 0, instanceId: id, source: "factory", values: security },
		{ objectId: 1, instanceId: id, source: "factory", values },
	];
}

/** By ID or by the name that the table has. */
function resourceOf(name: string, value: unknown, where: string): [number, Held] {
	const resources: Readonly<Record<string, { readonly id: number }>> = SERVER.resources;
	const id = /^\d{1,2}$/.test(name) ? Number(name) : resources[name]?.id;
	const facts = id === undefined ? undefined : factsOf(1, id);
	if (id === undefined || facts?.type === undefined || id < 2) {
		throw new DescriptionRefused(`${where}: no Resource of the Server Object that is set here`);
	}
	const values: unknown[] = facts.multiple === true && Array.isArray(value) ? value : [value];
	for (const each of values) {
		if (!isValue(each) || !isAcceptable(facts, each)) {
			throw new DescriptionRefused(`${where}: no value of type ${facts.type} that the Object takes`);
		}
	}
	const held = facts.multiple === true ? new Map(values.map((each, at) => [at, each as string | number])) : values[0];
	return [id, held as Held];
}

function isValue(value: unknown): value is string | number | boolean {
	return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

function bootstrapOf(bootstrap: unknown, instanceId: number, folder: string): ConfiguredInstance {
	const json = objectIn(bootstrap, "bootstrap", bootstrapNames);
	const values = securityValues(json, "bootstrap", folder, true);
	if (json.holdOffS !== undefined) values.set(11, integerIn(json.holdOffS, "bootstrap.holdOffS", 0, 0x7fffffff));
	if (json.accountTimeoutS !== undefined) {
		values.set(12, integerIn(json.accountTimeoutS, "bootstrap.accountTimeoutS", 0, 0x7fffffff));
	}
	return { objectId: 0, instanceId, source: "factory", values };
}

function securityValues(json: Json, where: string, folder: string, isBootstrap: boolean): Map<number, Held> {
	const uri = textIn(json.uri, `${where}.uri`, 255);
	const read = readServerUri(uri);
	if ("code" in read) {
		throw new DescriptionRefused(`${where}.uri: write it as coap://host:port or coaps://host:port (${read.code})`);
	}
	const security = securityIn(json, where, folder);
	if (read.scheme === "coaps" && security === undefined) {
		throw new DescriptionRefused(`${where}: coaps:// wants keys: pskIdentity and pskKey, rpkPrivateKey, or cert`);
	}
	if (read.scheme === "coap" && security !== undefined) {
		throw new DescriptionRefused(`${where}: keys are for DTLS: write the uri as coaps://host:port`);
	}
	const values = new Map<number, Held>([
		[0, uri],
		[1, isBootstrap],
	]);
	addCredentials(values, security);
	return values;
}

function securityIn(json: Json, where: string, folder: string): FactorySecurity | undefined {
	const options: Record<string, unknown> = {};
	for (const name of credentialNames) {
		const value = json[name];
		if (value === undefined) continue;
		options[name] = fileNames.includes(name) ? resolve(folder, textIn(value, `${where}.${name}`, 4096)) : value;
	}
	for (const name of ["pskIdentity", "pskKey", "sni"]) {
		if (options[name] !== undefined) textIn(options[name], `${where}.${name}`, 255);
	}
	if (options.certificateUsage !== undefined) integerIn(options.certificateUsage, `${where}.certificateUsage`, 0, 3);
	if (options.ciphersuite !== undefined) {
		for (const suite of listIn(options.ciphersuite, `${where}.ciphersuite`)) {
			integerIn(suite, `${where}.ciphersuite`, 0, 0xffff);
		}
	}
	const given = options as CredentialOptions;
	if (!hasCredentials(given)) return undefined;
	try {
		return readCredentials(given);
	} catch (error) {
		// It names the flags of the command line: here they are names in JSON.
		const named = (error as Error).message.replace(/--([a-z]+)((?:-[a-z]+)*)/g, (_, first: string, rest: string) => {
			return first + rest.replace(/-([a-z])/g, (_all, letter: string) => letter.toUpperCase());
		});
		throw new DescriptionRefused(`${where}: ${named}`, { cause: error });
	}
}

function rightsOf(entry: unknown, instanceId: number, where: string): ConfiguredInstance {
	const json = objectIn(entry, where, rightNames);
	const acl = new Map<number, number>();
	for (const [server, letters] of Object.entries(objectIn(json.acl ?? {}, `${where}.acl`))) {
		let sum = 0;
		for (const letter of textIn(letters, `${where}.acl.${server}`, 5)) {
			const right = rights[letter];
			if (right === undefined) throw new DescriptionRefused(`${where}.acl.${server}: letters out of RWEDC`);
			sum |= right;
		}
		acl.set(integerIn(Number(server), `${where}.acl`, 0, largestId), sum);
	}
	const values = new Map<number, Held>([
		[ACCESS_CONTROL.resources.objectId.id, integerIn(json.objectId, `${where}.objectId`, 1, largestId)],
		[1, integerIn(json.objectInstanceId, `${where}.objectInstanceId`, 0, 0xffff)],
		[2, acl],
		[3, json.owner === undefined ? 0xffff : integerIn(json.owner, `${where}.owner`, 1, 0xffff)],
	]);
	return { objectId: 2, instanceId, source: "factory", values };
}

function objectIn(json: unknown, where: string, names?: readonly string[]): Json {
	if (typeof json !== "object" || json === null || Array.isArray(json)) {
		throw new DescriptionRefused(`${where}: an object is wanted`);
	}
	const odd = names === undefined ? undefined : Object.keys(json).find((name) => !names.includes(name));
	if (odd !== undefined) throw new DescriptionRefused(`${where}: there is no "${odd}"; there are ${names!.join(", ")}`);
	return json as Json;
}

function listIn(json: unknown, where: string): readonly unknown[] {
	if (json === undefined) return [];
	if (!Array.isArray(json)) throw new DescriptionRefused(`${where}: a list is wanted`);
	return json;
}

function textIn(json: unknown, where: string, mostBytes: number): string {
	if (typeof json !== "string" || json === "" || utf8Size(json) > mostBytes) {
		throw new DescriptionRefused(`${where}: a text of 1 to ${mostBytes} bytes is wanted`);
	}
	return json;
}

function integerIn(json: unknown, where: string, least: number, most: number): number {
	if (typeof json !== "number" || !Number.isInteger(json) || json < least || json > most) {
		throw new DescriptionRefused(`${where}: a whole number from ${least} to ${most} is wanted`);
	}
	return json;
}
