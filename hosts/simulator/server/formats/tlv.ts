import type { ClientModels } from "../models/models.ts";
import type { InstanceNode, Node, NodeValue, Objlnk, Resource, ResourceType } from "../node.ts";
import { type Path, pathText } from "../path.ts";
import { refuse } from "./codec-failure.ts";
import { TreeBuilder } from "./tree.ts";
import { checkedInteger, fromText } from "./typed.ts";

// OMA TLV, Core 1.1 §7.4.3: a type byte (kind, identifier width, length), the identifier, the length, the value.

const kinds = ["instance", "resourceInstance", "multiResource", "resource"] as const;
type Kind = (typeof kinds)[number];

interface Item {
	readonly kind: Kind;
	readonly id: number;
	readonly bytes: Uint8Array;
}

/** @throws CodecFailure when `bytes` are not a whole number of TLVs */
function readItems(bytes: Uint8Array): Item[] {
	const items: Item[] = [];
	let at = 0;
	const take = (size: number): Uint8Array => {
		if (at + size > bytes.length) refuse("truncated TLV");
		at += size;
		return bytes.subarray(at - size, at);
	};
	const unsigned = (size: number) => take(size).reduce((value, byte) => value * 256 + byte, 0);
	while (at < bytes.length) {
		const head = take(1)[0]!;
		const id = unsigned(head & 0x20 ? 2 : 1);
		const lengthSize = (head >> 3) & 3;
		const length = lengthSize === 0 ? head & 7 : unsigned(lengthSize);
		items.push({ kind: kinds[head >> 6]!, id, bytes: take(length) });
	}
	return items;
}

function readValue(bytes: Uint8Array, type: ResourceType): NodeValue {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	const wrongLength = (): never => refuse(`${bytes.length} bytes are not a ${type} in TLV`);
	switch (type) {
		case "string":
			return utf8(bytes);
		case "corelink":
			return fromText(utf8(bytes), type);
		case "opaque":
			return Uint8Array.from(bytes);
		case "boolean":
			return bytes.length === 1 && bytes[0]! <= 1 ? bytes[0] === 1 : wrongLength();
		case "float":
			return bytes.length === 4 ? view.getFloat32(0) : bytes.length === 8 ? view.getFloat64(0) : wrongLength();
		case "objlnk":
			if (bytes.length !== 4) return wrongLength();
			return { objectId: view.getUint16(0), objectInstanceId: view.getUint16(2) };
		default: {
			const bits = bytes.length * 8;
			if (![8, 16, 32, 64].includes(bits)) return wrongLength();
			const value = bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
			return type === "unsigned_integer" ? value : BigInt.asIntN(bits, value);
		}
	}
}

function utf8(bytes: Uint8Array): string {
	try {
		return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
	} catch {
		return refuse("a string that is not UTF-8");
	}
}

/** Reads TLV for the node at `base`. What no facts are known of stays opaque. @throws CodecFailure */
export function readTlv(bytes: Uint8Array, base: Path, models: ClientModels): Node {
	const tree = new TreeBuilder(base);
	const typeOf = (path: Path) => models.resource(path[0]!, path[2]!)?.type ?? "opaque";
	const resource = (path: Path, item: Item): void => {
		if (item.kind === "resource") {
			tree.value(path, typeOf(path), readValue(item.bytes, typeOf(path)));
			return;
		}
		if (item.kind !== "multiResource") refuse(`a ${item.kind} stands where a Resource should, at ${pathText(path)}`);
		tree.empty(path, typeOf(path));
		for (const inner of readItems(item.bytes)) resourceInstance([...path, inner.id], inner);
	};
	const resourceInstance = (path: Path, item: Item): void => {
		if (item.kind !== "resourceInstance")
			refuse(`a ${item.kind} stands where a Resource Instance should, at ${pathText(path)}`);
		tree.value(path, typeOf(path), readValue(item.bytes, typeOf(path)));
	};
	const items = readItems(bytes);
	const outer = items.some(({ kind }) => kind === "instance");
	for (const item of items) {
		if (outer) {
			if (item.kind !== "instance") refuse("Object Instances and Resources side by side in TLV");
			tree.empty([base[0]!, item.id]);
			for (const inner of readItems(item.bytes)) resource([base[0]!, item.id, inner.id], inner);
		} else if (item.kind === "resourceInstance") {
			if (base.length < 3) refuse("a Resource Instance without its Resource in TLV");
			resourceInstance([base[0]!, base[1] ?? 0, base[2]!, item.id], item);
		} else resource([base[0]!, base[1] ?? 0, item.id], item);
	}
	if (base.length === 2) tree.empty(base);
	if (base.length === 3 && items.length === 0 && models.resource(base[0]!, base[2]!)?.multiple !== false) {
		tree.empty(base, typeOf(base));
	}
	return tree.finish();
}

function item(kind: Kind, id: number, value: Uint8Array): Uint8Array {
	const wide = id > 255;
	const length = value.length;
	const lengthSize = length < 8 ? 0 : length < 0x100 ? 1 : length < 0x10000 ? 2 : 3;
	const head = (kinds.indexOf(kind) << 6) | (wide ? 0x20 : 0) | (lengthSize << 3) | (lengthSize === 0 ? length : 0);
	const lengthBytes = [length >> 16, (length >> 8) & 0xff, length & 0xff].slice(3 - lengthSize);
	return Uint8Array.from([head, ...(wide ? [id >> 8] : []), id & 0xff, ...lengthBytes, ...value]);
}

function writeValue(value: NodeValue, type: ResourceType): Uint8Array {
	switch (type) {
		case "string":
		case "corelink":
			return new TextEncoder().encode(value as string);
		case "opaque":
			return value as Uint8Array;
		case "boolean":
			return Uint8Array.of(value === true ? 1 : 0);
		case "float": {
			const single = Math.fround(value as number) === value;
			const view = new DataView(new ArrayBuffer(single ? 4 : 8));
			if (single) view.setFloat32(0, value as number);
			else view.setFloat64(0, value as number);
			return new Uint8Array(view.buffer);
		}
		case "objlnk": {
			const { objectId, objectInstanceId } = value as Objlnk;
			return Uint8Array.of(objectId >> 8, objectId & 0xff, objectInstanceId >> 8, objectInstanceId & 0xff);
		}
		default: {
			const number = checkedInteger(value as bigint, type);
			const fits = type === "unsigned_integer" ? BigInt.asUintN : BigInt.asIntN;
			const size = [1, 2, 4, 8].find((size) => fits(size * 8, number) === number) ?? 8;
			const bytes = Array.from({ length: size }, (_, index) =>
				Number((number >> BigInt(8 * (size - 1 - index))) & 0xffn),
			);
			return Uint8Array.from(bytes);
		}
	}
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
	return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function writeResource(resource: Resource): Uint8Array {
	if (resource.kind === "singleResource")
		return item("resource", resource.id, writeValue(resource.value, resource.type));
	const values = [...resource.values].map(([id, value]) =>
		item("resourceInstance", id, writeValue(value, resource.type)),
	);
	return item("multiResource", resource.id, joined(values));
}

function writeInstance(instance: InstanceNode): Uint8Array {
	return joined(instance.resources.map(writeResource));
}

/**
 * Writes `node` as TLV. An Object Instance with an identifier is wrapped only below its Object: `wrapped` asks for
 * it in a Create.
 */
export function writeTlv(node: Node, { wrapped }: { wrapped: boolean }): Uint8Array {
	switch (node.kind) {
		case "root":
			return refuse("TLV can not carry the root");
		case "obj":
			return joined(node.instances.map((instance) => item("instance", instance.id ?? 0, writeInstance(instance))));
		case "instance":
			return wrapped && node.id !== undefined ? item("instance", node.id, writeInstance(node)) : writeInstance(node);
		case "resourceInstance":
			return item("resourceInstance", node.id, writeValue(node.value, node.type));
		default:
			return writeResource(node);
	}
}
