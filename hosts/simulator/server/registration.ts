import { Code } from "../../../modules/coap/code.ts";
import type { Request } from "../../../modules/coap/peer.ts";
import { formats } from "./formats/codec.ts";
import type { ServerLimits } from "./limits.ts";
import type { ClientModels, Models } from "./models/models.ts";
import { type ObjectList, readObjectList } from "./object-list.ts";
import type { RemoteAddress } from "./peer-table.ts";
import { type Profiles, profileIdsOf } from "./profiles.ts";
import { badRequest, Refusal } from "./refusal.ts";

/** One client's registration as it stands now. An Update makes a new one; nobody changes one that was handed out. */
export interface Registration extends ObjectList {
	/** The last level of the Location-Path. */
	readonly id: string;
	readonly endpoint: string;
	readonly address: Readonly<RemoteAddress>;
	/** Milliseconds since 1970. */
	readonly registeredMs: number;
	readonly updatedMs: number;
	/** 0: for ever. */
	readonly lifetimeS: number;
	readonly lwm2mVersion: string;
	readonly binding: string;
	readonly queueMode: boolean;
	readonly smsNumber: string | undefined;
	readonly additionalAttributes: ReadonlyMap<string, string>;
	/** What the object list was told by, in LwM2M 1.2. */
	readonly profileIds: readonly string[];
	readonly models: ClientModels;
}

/** What an Update changes; undefined where it says nothing. */
export interface RegistrationUpdate {
	readonly registrationId: string;
	readonly address: Readonly<RemoteAddress>;
	readonly lifetimeS: number | undefined;
	readonly binding: string | undefined;
	readonly queueMode: boolean | undefined;
	readonly smsNumber: string | undefined;
	readonly objects: ObjectList | undefined;
	/** Of `objects`. */
	readonly profileIds: readonly string[];
	readonly additionalAttributes: ReadonlyMap<string, string>;
}

/** Core 1.1 Table 6.2.1-1: what a Register without `lt` asks for. */
const defaultLifetimeS = 86_400;
const lifetimeMaxS = 4_294_967_295;

/**
 * Letters of `b` by version (Core 1.0 §5.3.1.1, 1.1 Table 6.2.1.2-1, 1.2 Table 6.2.1.2-1). Q is a letter in 1.0
 * only, later a parameter.
 */
const bindings: Readonly<Record<string, RegExp>> = {
	"1.0": /^(U|UQ|S|SQ|US|UQS)$/,
	"1.1": /^(?!.*(.).*\1)[UTSN]+$/,
	"1.2": /^(?!.*(.).*\1)[UTSNMH]+$/,
};

interface Parameters {
	readonly ep: string | undefined;
	readonly version: string | undefined;
	readonly lifetimeS: number | undefined;
	readonly binding: string | undefined;
	readonly queueMode: boolean | undefined;
	readonly smsNumber: string | undefined;
	readonly profiles: readonly string[];
	readonly additional: ReadonlyMap<string, string>;
}

const named = ["ep", "lwm2m", "lt", "b", "Q", "sms"] as const;

/** @throws Refusal 4.00 */
function readParameters(query: readonly string[], limits: ServerLimits): Parameters {
	const known = new Map<string, string | undefined>();
	const additional = new Map<string, string>();
	const profiles: string[] = [];
	for (const parameter of query) {
		const equals = parameter.indexOf("=");
		const name = equals < 0 ? parameter : parameter.slice(0, equals);
		const value = equals < 0 ? undefined : parameter.slice(equals + 1);
		if ((named as readonly string[]).includes(name)) {
			if (known.has(name)) badRequest(`parameter ${name} is there twice`);
			known.set(name, value);
		} else if (value !== undefined) additional.set(name, value);
		if (name === "pid" && value !== undefined) profiles.push(value);
	}
	if (additional.size > limits.additionalAttributes) badRequest("too many parameters");
	if (known.get("Q") !== undefined) badRequest("parameter Q has no value");
	return {
		ep: known.get("ep"),
		version: known.get("lwm2m"),
		lifetimeS: known.has("lt") ? readLifetime(known.get("lt")) : undefined,
		binding: known.has("b") ? (known.get("b") ?? "") : undefined,
		queueMode: known.has("Q") ? true : undefined,
		smsNumber: known.get("sms"),
		profiles,
		additional,
	};
}

function readLifetime(text: string | undefined): number {
	const seconds = /^\d{1,10}$/.test(text ?? "") ? Number(text) : Number.NaN;
	return seconds <= lifetimeMaxS ? seconds : badRequest(`lifetime (lt) is not a number of seconds: ${text ?? ""}`);
}

function checkVersion(version: string, enablers: readonly string[]): void {
	if (!/^(0|[1-9]\d*)\.(0|[1-9]\d*)$/.test(version)) badRequest(`not an LwM2M version: ${version}`);
	if (enablers.includes(version)) return;
	throw new Refusal(Code.preconditionFailed, `LwM2M ${version} is not supported, ${enablers.join(", ")} is`);
}

function checkBinding(binding: string | undefined, version: string): void {
	if (binding !== undefined && !bindings[version]!.test(binding))
		badRequest(`binding ${binding} is not one of LwM2M ${version}`);
}

function checkFormat(request: Request): void {
	if (request.contentFormat !== undefined && request.contentFormat !== formats.LINK) {
		throw new Refusal(Code.unsupportedContentFormat, "the object list is written in link format (40)");
	}
}

export interface RegisterContext {
	readonly limits: ServerLimits;
	readonly models: Models;
	readonly address: Readonly<RemoteAddress>;
	/** Milliseconds since 1970. */
	readonly wallTimeMs: number;
	/** Versions that are spoken here. */
	readonly enablers: readonly EnablerVersion[];
	readonly profiles: Profiles;
	/** What the client has proved to be called, where it does not say (Core 1.2 §6.2.1). */
	readonly provenEndpoint: string | undefined;
}

export type EnablerVersion = "1.0" | "1.1" | "1.2";
export const allEnablers: readonly EnablerVersion[] = ["1.0", "1.1", "1.2"];

/**
 * Reads a Register (Core 1.1 §6.2.1).
 * @param id the location drawn for it
 * @throws Refusal 4.00 without endpoint name or object list and for parameters that are wrong; 4.09 for a profile that
 * is not known; 4.12 for a version that this server does not speak
 */
export function readRegister(request: Request, id: string, context: RegisterContext): Registration {
	const { limits, models, address, wallTimeMs } = context;
	const parameters = readParameters(request.query, limits);
	// 1.0 §5.3.1: a client that names no version speaks 1.0
	const { ep = context.provenEndpoint ?? "", version = "1.0" } = parameters;
	checkVersion(version, context.enablers);
	if (ep === "") badRequest("the endpoint client name (ep) is mandatory");
	if (Buffer.byteLength(ep) > limits.endpointBytes) badRequest("the endpoint client name is too long");
	checkBinding(parameters.binding, version);
	if (version === "1.0" && parameters.queueMode) badRequest("parameter Q is not in LwM2M 1.0");
	checkFormat(request);
	const profileIds = version === "1.2" ? profileIdsOf(parameters.profiles) : [];
	const list = context.profiles.resolve(profileIds, request.payload);
	if (version === "1.2" && list.length === 0) throw new Refusal(Code.conflict, "neither object list nor Profile ID");
	const objects = readObjectList(list, version, limits.links);
	const binding = parameters.binding ?? "U";
	return {
		...objects,
		id,
		endpoint: ep,
		address,
		registeredMs: wallTimeMs,
		updatedMs: wallTimeMs,
		lifetimeS: parameters.lifetimeS ?? defaultLifetimeS,
		lwm2mVersion: version,
		binding,
		queueMode: version === "1.0" ? binding.includes("Q") : (parameters.queueMode ?? false),
		smsNumber: parameters.smsNumber,
		additionalAttributes: parameters.additional,
		profileIds,
		models: models.forClient(objects.versions),
	};
}

/** Reads an Update (Core 1.1 §6.2.2). @throws Refusal 4.00, and 4.09 for a profile that is not known */
export function readUpdate(request: Request, current: Registration, context: RegisterContext): RegistrationUpdate {
	const parameters = readParameters(request.query, context.limits);
	checkBinding(parameters.binding, current.lwm2mVersion);
	if (current.lwm2mVersion === "1.0" && parameters.queueMode) badRequest("parameter Q is not in LwM2M 1.0");
	const profileIds = current.lwm2mVersion === "1.2" ? profileIdsOf(parameters.profiles) : [];
	if (request.payload.length > 0) checkFormat(request);
	const list = context.profiles.resolve(profileIds, request.payload);
	return {
		registrationId: current.id,
		address: context.address,
		lifetimeS: parameters.lifetimeS,
		binding: parameters.binding,
		queueMode: parameters.queueMode,
		smsNumber: parameters.smsNumber,
		objects: list.length > 0 ? readObjectList(list, current.lwm2mVersion, context.limits.links) : undefined,
		profileIds,
		additionalAttributes: parameters.additional,
	};
}

/** @returns the registration after the update */
export function updated(current: Registration, update: RegistrationUpdate, context: RegisterContext): Registration {
	const { objects, profileIds } = update;
	const binding = update.binding ?? current.binding;
	return {
		...current,
		...(objects === undefined ? {} : { ...objects, profileIds, models: context.models.forClient(objects.versions) }),
		address: update.address,
		updatedMs: context.wallTimeMs,
		lifetimeS: update.lifetimeS ?? current.lifetimeS,
		binding,
		queueMode: current.lwm2mVersion === "1.0" ? binding.includes("Q") : (update.queueMode ?? current.queueMode),
		smsNumber: update.smsNumber ?? current.smsNumber,
		additionalAttributes: new Map([...current.additionalAttributes, ...update.additionalAttributes]),
	};
}
