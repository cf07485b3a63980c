import { type FormatName, formats } from "../formats/codec.ts";
import { parsePath } from "../path.ts";
import {
	type BootstrapConfiguration,
	type BootstrapSettings,
	bootstrapFormats,
	type Fields,
	type FieldValue,
} from "./configuration.ts";
import { checkConfiguration } from "./configuration-check.ts";
import { refuseConfiguration } from "./configuration-refused.ts";
import { type Field, type PartName, partNames, parts } from "./field-table.ts";
import { readObjects, readSteps } from "./step.ts";

/**
 * Reads settings, out of a program or out of JSON.
 * @throws ConfigurationRefused
 */
export function readConfiguration(json: unknown): BootstrapConfiguration {
	const settings = objectIn(json, "a configuration") as BootstrapSettings;
	const isBare = flag(settings, "bare");
	const instances = Object.fromEntries(
		partNames.map((part) => [part, readPart(part, settings[part], isBare)]),
	) as BootstrapConfiguration["instances"];
	const configuration: BootstrapConfiguration = {
		autoIdForSecurityObject: flag(settings, "autoIdForSecurityObject"),
		contentFormat: readFormat(settings.contentFormat),
		toDelete: readPaths(settings.toDelete ?? []),
		instances,
		objects: readObjects(settings.objects ?? []),
		writeLevel: oneOf(settings, "writeLevel", ["instance", "object", "resource"]),
		pack: oneOf(settings, "pack", ["allowed", "notAllowed", "notImplemented"]),
		onError: oneOf(settings, "onError", ["continue", "stop"]),
		inspect: flag(settings, "inspect"),
		steps: settings.steps === undefined ? undefined : readSteps(settings.steps),
		settings,
	};
	checkConfiguration(configuration);
	return configuration;
}

function objectIn(json: unknown, what: string): Readonly<Record<string, unknown>> {
	if (typeof json === "object" && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
	return refuseConfiguration(`${what} is a JSON object`);
}

function flag(settings: BootstrapSettings, name: "bare" | "autoIdForSecurityObject" | "inspect"): boolean {
	const value = settings[name] ?? false;
	return typeof value === "boolean" ? value : refuseConfiguration(`${name} is true or false`);
}

function oneOf<Word extends string>(settings: BootstrapSettings, name: keyof BootstrapSettings, words: Word[]): Word {
	const value = (settings[name] ?? words[0]) as Word;
	return words.includes(value) ? value : refuseConfiguration(`${name} is one of ${words.join(", ")}`);
}

/** Leshan's JSON has an object with the number in `code`; a name or a number does as well. */
function readFormat(given: unknown): FormatName | undefined {
	if (given === undefined || given === null) return undefined;
	const asked = typeof given === "object" ? (given as { code?: unknown }).code : given;
	const found = bootstrapFormats.find((name) => name === asked || formats[name] === asked);
	return found ?? refuseConfiguration(`contentFormat is one of ${bootstrapFormats.join(", ")}`);
}

function readPaths(given: readonly unknown[]): string[] {
	if (!Array.isArray(given)) return refuseConfiguration("toDelete is an array of paths");
	return given.map((path) => {
		const isPath = typeof path === "string" && parsePath(path) !== undefined;
		return isPath ? path : refuseConfiguration(` ${String(path)} is not a valid path`);
	});
}

function readPart(part: PartName, given: unknown, isBare: boolean): ReadonlyMap<number, Fields> {
	const instances = new Map<number, Fields>();
	for (const [key, json] of Object.entries(objectIn(given ?? {}, part))) {
		const path = parsePath(`/0/${key}`);
		if (path?.length !== 2) refuseConfiguration(`${part}: ${key} is no Object Instance identifier`);
		instances.set(Number(key), readFields(part, objectIn(json, `${part} ${key}`), isBare));
	}
	return new Map([...instances].sort(([a], [b]) => a - b));
}

function readFields(part: PartName, json: Readonly<Record<string, unknown>>, isBare: boolean): Fields {
	const { fields } = parts[part];
	const unknown = Object.keys(json).find((name) => !fields.some((field) => field.name === name));
	if (unknown !== undefined) refuseConfiguration(`Unrecognized field "${unknown}" of ${part}`);
	const held: Record<string, FieldValue> = {};
	for (const field of fields) {
		const given = json[field.name];
		const value = given === undefined && !isBare ? field.initial : given;
		if (value === undefined || value === null) continue;
		held[field.name] = readValue(field, value) ?? refuseConfiguration(`${part}: ${field.name} can not be that`);
	}
	return held;
}

/** @returns undefined for what the field can not hold */
function readValue(field: Field, value: unknown): FieldValue | undefined {
	if (field.several === "list") {
		const fits =
			Array.isArray(value) && value.every((one) => typeof one === (field.type === "string" ? "string" : "number"));
		return fits ? (value as number[] | string[]) : undefined;
	}
	if (field.several === "map") {
		const entries = typeof value === "object" && !Array.isArray(value) ? Object.entries(value as object) : undefined;
		return entries?.every(([key, one]) => /^\d{1,5}$/.test(key) && isWhole(one)) === true
			? (value as Record<number, number>)
			: undefined;
	}
	switch (field.type) {
		case "string":
			return typeof value === "string" ? value : undefined;
		case "boolean":
			return typeof value === "boolean" ? value : undefined;
		case "opaque":
			return readBytes(value);
		default:
			return readNumber(field, value);
	}
}

/** A number, the name of one, or digits: Leshan's page sends either. */
function readNumber(field: Field, value: unknown): number | undefined {
	const number = typeof value === "string" ? (field.names?.[value] ?? digits(value)) : value;
	return isWhole(number) && (field.type === "integer" || number >= 0) ? number : undefined;
}

const digits = (text: string) => (/^-?\d{1,15}$/.test(text) ? Number(text) : undefined);

function isWhole(value: unknown): value is number {
	return Number.isSafeInteger(value);
}

/** Bytes, an array of numbers from -128 to 255 as Java writes and reads them, or Base64. */
function readBytes(value: unknown): Uint8Array | undefined {
	if (value instanceof Uint8Array) return value;
	if (typeof value === "string")
		return /^[A-Za-z0-9+/]*={0,2}$/.test(value) ? Uint8Array.from(Buffer.from(value, "base64")) : undefined;
	const fits = Array.isArray(value) && value.every((byte) => isWhole(byte) && byte >= -128 && byte <= 255);
	return fits ? Uint8Array.from(value as number[]) : undefined;
}

/** The JSON of leshan-bsserver-demo: all fields that have a value, names for numbers, bytes as numbers. */
export function configurationToJson(configuration: BootstrapConfiguration): Record<string, unknown> {
	const { settings, instances, contentFormat } = configuration;
	const { autoIdForSecurityObject, toDelete } = configuration;
	const partToJson = (part: PartName) => {
		const shown = [...instances[part]].map(([id, fields]) => [id, fieldsToJson(part, fields)]);
		return Object.fromEntries(shown) as unknown;
	};
	const beyond = ["bare", "objects", "writeLevel", "pack", "onError", "inspect", "steps"] as const;
	return {
		autoIdForSecurityObject,
		...(contentFormat === undefined ? {} : { contentFormat: { name: contentFormat, code: formats[contentFormat] } }),
		toDelete,
		servers: partToJson("servers"),
		security: partToJson("security"),
		acls: partToJson("acls"),
		oscore: partToJson("oscore"),
		...Object.fromEntries(beyond.flatMap((name) => (settings[name] === undefined ? [] : [[name, settings[name]]]))),
	};
}

function fieldsToJson(part: PartName, fields: Fields): unknown {
	const shown = parts[part].fields.flatMap((field) => {
		const value = fields[field.name];
		if (value === undefined) return [];
		const name = Object.entries(field.names ?? {}).find(([, number]) => number === value)?.[0];
		return [[field.name, name ?? (value instanceof Uint8Array ? [...value] : value)]];
	});
	return Object.fromEntries(shown);
}
