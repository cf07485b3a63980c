import { Code } from "../../../../modules/coap/code.ts";
import type { Answer } from "../answer.ts";
import type { Link } from "../formats/link.ts";
import type { ObjectFacts } from "../models/models.ts";
import type { Registration, RegistrationUpdate } from "../registration.ts";
import type { Lwm2mServer } from "../server.ts";
import { nodesToJson, nodeToJson, seriesToJson } from "./node-json.ts";

/** The JSON of leshan-demo-server 2.0.0-M18, field by field and in its order. */

function addressText({ host, port }: { readonly host: string; readonly port: number }): string {
	return `${host}:${port}`;
}

function linkToJson({ target, attributes }: Link): unknown {
	const quoted = (name: string, value: string | undefined) => {
		return name === "rt" && value !== undefined && !value.startsWith('"') ? JSON.stringify(value) : (value ?? null);
	};
	const fields = [...attributes].map(([name, value]) => [name, quoted(name, value)]);
	return { url: target, attributes: Object.fromEntries(fields) };
}

export function registrationToJson(registration: Registration, server: Lwm2mServer): Record<string, unknown> {
	const instances = [...registration.instances].sort(([a], [b]) => a - b);
	return {
		endpoint: registration.endpoint,
		registrationId: registration.id,
		registrationDate: registration.registeredMs,
		lastUpdate: registration.updatedMs,
		address: addressText(registration.address),
		...present({ smsNumber: registration.smsNumber }),
		lwM2mVersion: registration.lwm2mVersion,
		lifetime: registration.lifetimeS,
		bindingMode: registration.binding,
		rootPath: registration.rootPath,
		objectLinks: registration.links.map(linkToJson),
		secure: registration.address.secure === true,
		...(registration.profileIds.length === 0 ? {} : { profileIds: registration.profileIds }),
		additionalRegistrationAttributes: Object.fromEntries(registration.additionalAttributes),
		queuemode: registration.queueMode,
		availableInstances: Object.fromEntries(instances.map(([id, list]) => [id, [...list].sort((a, b) => a - b)])),
		...(registration.queueMode ? { sleeping: !server.isAwake(registration) } : {}),
	};
}

export function updateToJson(update: RegistrationUpdate): unknown {
	return {
		registrationId: update.registrationId,
		address: addressText(update.address),
		...present({
			smsNumber: update.smsNumber,
			lifetime: update.lifetimeS,
			alternatePath: update.objects?.rootPath,
			objectLinks: update.objects?.links.map(linkToJson),
		}),
		secure: update.address.secure === true,
		additionalAttributes: Object.fromEntries(update.additionalAttributes),
	};
}

/** Leshan's names of response codes: "CONTENT(205)". */
const codeNames: Readonly<Record<number, string>> = {
	[Code.created]: "CREATED",
	[Code.deleted]: "DELETED",
	[Code.changed]: "CHANGED",
	[Code.content]: "CONTENT",
	[Code.badRequest]: "BAD_REQUEST",
	[Code.unauthorized]: "UNAUTHORIZED",
	[Code.forbidden]: "FORBIDDEN",
	[Code.notFound]: "NOT_FOUND",
	[Code.methodNotAllowed]: "METHOD_NOT_ALLOWED",
	[Code.notAcceptable]: "NOT_ACCEPTABLE",
	[Code.requestEntityIncomplete]: "REQUEST_ENTITY_INCOMPLETE",
	[Code.preconditionFailed]: "PRECONDITION_FAILED",
	[Code.requestEntityTooLarge]: "REQUEST_ENTITY_TOO_LARGE",
	[Code.unsupportedContentFormat]: "UNSUPPORTED_CONTENT_FORMAT",
	[Code.internalServerError]: "INTERNAL_SERVER_ERROR",
};

export function answerToJson({ code, content, nodes, samples, links, location, message }: Answer): unknown {
	const isSuccess = code >> 5 === 2;
	return {
		status: `${codeNames[code] ?? "UNKNOWN"}(${(code >> 5) * 100 + (code & 0x1f)})`,
		valid: codeNames[code] !== undefined,
		success: isSuccess,
		failure: !isSuccess,
		...present({
			content: content === undefined ? nodes && nodesToJson(nodes) : nodeToJson(content),
			series: samples && seriesToJson(samples),
			objectLinks: links?.map(linkToJson),
			location,
			errormessage: message,
		}),
	};
}

/** The fields that have a value: Leshan leaves the others out. */
function present(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
	return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

export function objectToJson(object: ObjectFacts): unknown {
	return {
		id: object.id,
		name: object.name,
		instancetype: object.multiple ? "multiple" : "single",
		mandatory: object.mandatory,
		urn: object.urn,
		version: object.version,
		lwm2mversion: object.lwm2mVersion,
		description: "",
		description2: "",
		resourcedefs: [...object.resources.values()].map((resource) => ({
			id: resource.id,
			name: resource.name,
			operations: resource.operations === "" ? "NONE" : resource.operations,
			instancetype: resource.multiple ? "multiple" : "single",
			mandatory: resource.mandatory,
			type: resource.type ?? "none",
			range: resource.range,
			units: resource.units,
			description: "",
		})),
	};
}

/** Where a server listens. */
export function endpointsToJson(server: {
	readonly host: string | undefined;
	readonly port: number;
	readonly securePort: number | undefined;
}): unknown {
	const { host = "0.0.0.0", port, securePort } = server;
	const endpoint = (scheme: string, port: number, description: string) => {
		const full = `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`;
		return { uri: { full, scheme, host, port }, description };
	};
	const plain = endpoint("coap", port, "CoAP over UDP");
	return securePort === undefined ? [plain] : [plain, endpoint("coaps", securePort, "CoAP over DTLS")];
}
