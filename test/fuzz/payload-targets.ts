/*
 * Payload decoders under fuzz. For any bytes, in any format, at any path:
 * - the device's readers answer with a frozen Fault or a clean end, never throw, do not write to the bytes, hand on no
 *   more than maxEntries, each below the base and of the type of its Resource, and keep nothing of the bytes;
 * - what they read, the writer of the same format writes, and it reads as the same again;
 * - the embedded server's readers throw a CodecFailure and nothing else; what they read, they write and read again.
 */
import {
	readPayload as readAsServer,
	writePayload as writeAsServer,
} from "../../hosts/simulator/server/formats/codec.ts";
import { readLinks as readLinksAsServer } from "../../hosts/simulator/server/formats/link.ts";
import { leavesOf, type Node } from "../../hosts/simulator/server/node.ts";
import type { Fault } from "../../modules/bytes.ts";
import { type Link, readLinks, writeLinks } from "../../modules/formats/core-link.ts";
import { type EntrySink, maxEntries } from "../../modules/formats/entry.ts";
import type { Formats } from "../../modules/formats/format.ts";
import { formats10 } from "../../modules/formats/formats-1-0.ts";
import { formatsSince11 } from "../../modules/formats/payload.ts";
import { isWithin, type Path, type Value } from "../../modules/formats/value.ts";
import { readArguments } from "../../modules/lwm2m/execute-arguments.ts";
import { readPath } from "../../modules/lwm2m/path.ts";
import { readServerUri } from "../../modules/lwm2m/server-uri.ts";
import { Choices } from "./choices.ts";
import { knowledge } from "./drawn-objects.ts";
import { bent, written } from "./drawn-payload.ts";
import { drawnPath, drawnPaths, drawnPayload } from "./drawn-request.ts";
import { isCodecFailure, models } from "./legal-answers.ts";

interface Entry {
	readonly path: Path;
	readonly value: Value | undefined;
}

const contentFormats = [112, 11542, 110, 11544, 11543, 0, 60, 42, 320, 322, 40, 1542, 1543, 9999];
const levels = ["objectId", "instanceId", "resourceId", "resourceInstanceId"] as const;

const pathOf = (ids: readonly number[]): Path => ({
	objectId: ids[0] ?? -1,
	instanceId: ids[1] ?? -1,
	resourceId: ids[2] ?? -1,
	resourceInstanceId: ids[3] ?? -1,
});

function checkFault(fault: Fault): void {
	if (typeof fault.code !== "string" || !Object.isFrozen(fault)) throw new Error("no frozen Fault");
	if (typeof fault.reply !== "number" || fault.reply >> 5 !== 4)
		throw new Error(`a Fault that is no answer: ${fault.code}`);
}

/** @returns whether `value` is what its Resource holds; what no table knows may be anything */
function isTyped(path: Path, value: Value): boolean {
	switch (knowledge.typeOf(path.objectId, path.resourceId)) {
		case undefined:
			return true;
		case "string":
		case "coreLink":
			return typeof value === "string";
		case "boolean":
			return typeof value === "boolean";
		case "opaque":
			return value instanceof Uint8Array;
		case "float":
			return typeof value === "number";
		case "objectLink":
			return typeof value === "object" && "instanceId" in value;
		case "unsignedInteger":
			return (typeof value === "number" || typeof value === "bigint") && value >= 0;
		default:
			return typeof value === "bigint" || Number.isSafeInteger(value);
	}
}

class Sink implements EntrySink {
	readonly entries: Entry[] = [];
	readonly #bytes: Uint8Array;
	readonly #base: Path;

	constructor(bytes: Uint8Array, base: Path) {
		this.#bytes = bytes;
		this.#base = base;
	}

	entry(path: Path, value: Value | undefined): Fault | undefined {
		if (!isWithin(path, this.#base)) throw new Error("an entry outside of the base");
		for (let level = 0; level < 4; level++) {
			const id = path[levels[level]!];
			if (!Number.isInteger(id) || id < -1 || id > 65535) throw new Error(`an identifier ${id}`);
			if (id >= 0 && level > 0 && path[levels[level - 1]!] < 0) throw new Error("a path with a hole");
		}
		if (value !== undefined && !isTyped(path, value)) throw new Error(`${String(value)} is not of its type`);
		if (value instanceof Uint8Array && value.buffer === this.#bytes.buffer)
			throw new Error("a value of borrowed bytes");
		this.entries.push({ path: { ...path }, value });
		if (this.entries.length > maxEntries) throw new Error(`${this.entries.length} entries`);
		return undefined;
	}

	remove(path: Path): Fault | undefined {
		return this.entry(path, undefined);
	}
}

/** Whether a writer would take the entries: ascending, each once, each with a value of a known type. */
function isWritable(entries: readonly Entry[], contentFormat: number): boolean {
	const key = ({ path }: Entry) => levels.reduce((sum, level) => sum * 65537 + path[level] + 1, 0);
	const isJson = [110, 11543, 1543, 0].includes(contentFormat);
	return entries.every(
		(entry, index) =>
			entry.value !== undefined &&
			knowledge.typeOf(entry.path.objectId, entry.path.resourceId) !== undefined &&
			!Object.values(entry.path).includes(65535) &&
			(index === 0 || key(entries[index - 1]!) < key(entry)) &&
			!(isJson && typeof entry.value === "number" && !Number.isFinite(entry.value)),
	);
}

function checkAgain(formats: Formats, contentFormat: number, base: Path, entries: readonly Entry[]): void {
	if (entries.length === 0 || !isWritable(entries, contentFormat)) return;
	if (!formats.canCarry(contentFormat, base, knowledge)) return;
	const writer = formats.writer(contentFormat, base);
	if (writer === undefined) return;
	for (const { path, value } of entries) {
		writer.entry(path, knowledge.typeOf(path.objectId, path.resourceId)!, value!);
	}
	const bytes = writer.finish();
	const sink = new Sink(bytes, base);
	const fault = formats.read(contentFormat, bytes, 0, bytes.length, base, knowledge, sink);
	if (fault !== undefined)
		throw new Error(`what we write is refused: ${fault.code} ${Buffer.from(bytes).toString("hex")}`);
	if (spelt(sink.entries) !== spelt(entries)) throw new Error(`${spelt(entries)} became ${spelt(sink.entries)}`);
}

function spelt(entries: readonly Entry[]): string {
	const text = (value: Value | undefined) => {
		if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString("hex")}`;
		if (typeof value === "object") return `${value.objectId}:${value.instanceId}`;
		return `${typeof value === "bigint" ? "number" : typeof value} ${String(value)}`; // -0 is 0 to a server
	};
	return entries.map(({ path, value }) => `${Object.values(path).join("/")} ${text(value)}`).join(", ");
}

/** Any reader of the device's. */
export function payload(input: Uint8Array): void {
	const choices = new Choices(input);
	const contentFormat = choices.of(contentFormats);
	const kind = choices.below(4);
	const ids = drawnPath(choices, kind === 0 ? choices.below(5) : 0);
	const isRaw = choices.below(2) === 1;
	const structured = () =>
		kind === 1
			? bent(written(contentFormat, [], drawnPaths(choices), choices), choices)
			: drawnPayload(ids, contentFormat, choices);
	const bytes = isRaw ? choices.rest() : structured();
	const before = bytes.slice();
	const formats = contentFormat === 11543 || contentFormat === 1543 ? formats10 : formatsSince11;
	const base = pathOf(ids);
	const sink = new Sink(bytes, base);
	const { length } = bytes;
	if (kind === 3) readText(bytes, contentFormat);
	else if (kind === 1) {
		const paths = formats.readPaths(contentFormat, bytes, 0, length);
		if ("code" in paths) checkFault(paths);
		else if (paths.length > maxEntries) throw new Error(`${paths.length} paths`);
	} else {
		const fault =
			kind === 2
				? formats.readPatch(contentFormat, bytes, 0, length, knowledge, sink)
				: formats.read(contentFormat, bytes, 0, length, base, knowledge, sink);
		if (fault !== undefined) checkFault(fault);
		else if (kind === 0) checkAgain(formats, contentFormat, base, sink.entries);
	}
	if (before.some((byte, at) => byte !== bytes[at])) throw new Error("the payload was written to");
}

/** Readers of texts: links, arguments, paths, URIs. */
function readText(bytes: Uint8Array, which: number): void {
	if (which === 60) {
		const args = readArguments(bytes);
		if ("code" in args) checkFault(args);
		else if (args.length > 10) throw new Error(`${args.length} arguments`);
	} else if (which === 0) {
		const segments = new TextDecoder().decode(bytes).split("/");
		const fault = readPath(segments, { objectId: 0, instanceId: 0, resourceId: 0, resourceInstanceId: 0 });
		if (fault !== undefined) checkFault(fault);
	} else if (which === 42) {
		const uri = readServerUri(new TextDecoder().decode(bytes));
		if ("port" in uri && !(uri.port > 0 && uri.port < 65536)) throw new Error(`port ${uri.port}`);
	} else {
		const links = readLinks(bytes, 0, bytes.length);
		if ("code" in links) {
			checkFault(links);
			return;
		}
		const again = writeLinks(links);
		const reread = readLinks(again, 0, again.length);
		if ("code" in reread || linksText(links) !== linksText(reread)) throw new Error("links change");
	}
}

/** Whether a value stood between quotes is not the same afterwards: the writer has its own mind on that. */
function linksText(links: readonly Link[]): string {
	return JSON.stringify(
		links.map(({ target, attributes }) => [target, attributes.map(([name, value]) => [name, value])]),
	);
}

/** Any reader of the embedded server's. */
export function serverPayload(input: Uint8Array): void {
	const choices = new Choices(input);
	const contentFormat = choices.of(contentFormats);
	const path = drawnPath(choices, choices.below(5));
	const bytes = choices.below(2) === 1 ? choices.rest() : drawnPayload(path, contentFormat, choices);
	const context = { path, models, rootPath: choices.isRare(5) ? "/lwm2m/" : "/" };
	if (contentFormat === 40) {
		orRefused(() => readLinksAsServer(bytes));
		return;
	}
	const node = orRefused(() => readAsServer(contentFormat, bytes, context));
	if (node === undefined) return;
	const again = orRefused(() => writeAsServer(contentFormat, node, context));
	if (again === undefined) return;
	const first = leaves(node, path);
	if (first === "") return; // SenML has no record for something empty
	const second = leaves(readAsServer(contentFormat, again, context), path);
	if (first !== second) throw new Error(`${first} became ${second}`);
}

/** @returns undefined where a codec says no in its own way */
function orRefused<T>(read: () => T): T | undefined {
	try {
		return read();
	} catch (error) {
		if (isCodecFailure(error)) return undefined;
		throw error;
	}
}

function leaves(node: Node, path: readonly number[]): string {
	return leavesOf(node, path)
		.map(({ path, type, value }) => `${path.join("/")} ${type} ${String(value)}`)
		.join(", ");
}
