import { assert, type Fault, fault } from "../bytes.ts";
import { frozen } from "../frozen.ts";
import { CborReader, Major, writeCborValue, writeHead } from "./cbor.ts";
import { ContentFormat } from "./content-format.ts";
import { type Entries, type PayloadWriter, wrongMultiplicity } from "./entry.ts";
import type { Format } from "./format.ts";
import { Output } from "./output.ts";
import { conform, levelsOf, type Path, type ResourceType, type Value } from "./value.ts";

const badMap = fault("lwm2mCbor.map", 0x80, "LwM2M Core 1.2 §7.5.4");
const badKey = fault("lwm2mCbor.key", 0x80, "LwM2M Core 1.2 §7.5.4");
const misplaced = fault("lwm2mCbor.misplaced", 0x80, "LwM2M Core 1.2 §7.5.4");
const trailing = fault("lwm2mCbor.trailing", 0x80, "LwM2M Core 1.2 §7.5.4");

/** LwM2M CBOR (Core 1.2 §7.5.4). It has no way to say when a value was taken. */
export const lwm2mCborFormat: Format = frozen({
	numbers: [ContentFormat.lwm2mCbor],
	scope: "any",
	read: readLwm2mCbor,
	readPatch: readLwm2mCbor,
	writer: () => new Lwm2mCborWriter(),
});

/**
 * Writes LwM2M CBOR: maps in maps, one for each level, whose keys are identifiers; at the top, one array of identifiers
 * stands for the levels down to where a branch is. That is the layout of the examples in Core 1.2 §7.5.4.1-§7.5.4.5.
 * Maps are written content first and get their head when they close, and so does the key of the first item in each.
 * Within an Object, paths must ascend; Objects may come in any order, each once.
 * Of several values at one path, the last stays: the format has neither times nor two equal keys.
 */
export class Lwm2mCborWriter implements PayloadWriter {
	readonly #out = new Output();
	/** The path of the last entry, and how many levels it has: 0 before the first one of an Object. */
	readonly #ids = [-1, -1, -1, -1];
	#levels = 0;
	/** Where the value of the last entry begins. */
	#valueAt = 0;
	/** Of the map below each level of that path, counted from 1: where its first item begins, and how many it has. */
	readonly #from = [0, 0, 0, 0];
	readonly #counts = [0, 0, 0, 0];

	entry(path: Path, type: ResourceType, value: Value): void {
		this.enter(path);
		writeCborValue(this.#out, type, value);
	}

	empty(path: Path): void {
		this.enter(path);
		writeHead(this.#out, Major.map, 0);
	}

	finish(): Uint8Array {
		this.closeObject();
		this.insertHead(Major.map, this.#counts[0]!, 0);
		return this.#out.take();
	}

	/** Closes the maps that `path` leaves, opens those that it needs, and writes its key unless it may yet change. */
	private enter(path: Path): void {
		const ids = this.#ids;
		const counts = this.#counts;
		const levels = levelsOf(path);
		const sharing = this.sharedLevels(path);
		if (sharing === levels && sharing === this.#levels) {
			this.#out.size = this.#valueAt;
			return;
		}
		assert(sharing < levels && (sharing < this.#levels || sharing === 0), "lwm2mCbor: below a value, or above one");
		if (sharing === 0) this.closeObject();
		else {
			this.closeBelow(sharing);
			if (counts[sharing] === 1) this.insertKey(sharing);
		}
		counts[sharing] = counts[sharing]! + 1;
		const before = ids[sharing]!;
		ids[0] = path.objectId;
		ids[1] = path.instanceId;
		ids[2] = path.resourceId;
		ids[3] = path.resourceInstanceId;
		if (sharing > 0) {
			// One that was left and comes back would be a second key of its map, which is no CBOR.
			assert(ids[sharing]! > before, "lwm2mCbor: not in ascending order");
			writeHead(this.#out, Major.unsigned, ids[sharing]!);
		}
		const at = this.#out.size;
		this.#valueAt = at;
		for (let level = sharing + 1; level < levels; level++) {
			this.#from[level] = at;
			counts[level] = 1;
		}
		this.#levels = levels;
	}

	private sharedLevels(path: Path): number {
		const ids = this.#ids;
		if (this.#levels < 1 || path.objectId !== ids[0]) return 0;
		if (this.#levels < 2 || path.instanceId !== ids[1]) return 1;
		if (this.#levels < 3 || path.resourceId !== ids[2]) return 2;
		return this.#levels < 4 || path.resourceInstanceId !== ids[3] ? 3 : 4;
	}

	/** Gives the maps below `level` their heads, the deepest first. */
	private closeBelow(level: number): void {
		for (let each = this.#levels - 1; each > level; each--) {
			if (this.#counts[each] === 1) this.insertKey(each);
			this.insertHead(Major.map, this.#counts[each]!, this.#from[each]!);
		}
		this.#levels = level;
	}

	/** Writes the key of the only item of the map below `level`, which is the one that the path leads through. */
	private insertKey(level: number): void {
		this.insertHead(Major.unsigned, this.#ids[level]!, this.#from[level]!);
	}

	/** Ends an item of the map at the top: its key names the levels that have no branch. */
	private closeObject(): void {
		if (this.#levels === 0) return;
		let straight = 1;
		while (straight < this.#levels && this.#counts[straight] === 1) straight++;
		// The map below the last of those levels has a branch, or there is a value instead.
		const hasMap = straight < this.#levels;
		this.closeBelow(straight);
		const from = this.#from[1]!;
		if (hasMap) this.insertHead(Major.map, this.#counts[straight]!, from);
		for (let level = straight - 1; level >= 0; level--) this.insertHead(Major.unsigned, this.#ids[level]!, from);
		if (straight > 1) this.insertHead(Major.array, straight, from);
		this.#levels = 0;
	}

	private insertHead(major: number, argument: number, at: number): void {
		const out = this.#out;
		const width = argument < 24 ? 0 : argument <= 0xff ? 1 : 2;
		assert(argument <= 0xffff, "lwm2mCbor: more items than a head has room for");
		out.insert(at, 1 + width);
		out.put((major << 5) | (width === 0 ? argument : 23 + width), at, 1);
		if (width > 0) out.put(argument, at + 1, width);
	}
}

/** Reads LwM2M CBOR and hands on what is there. @returns undefined, or why not. Never throws */
function readLwm2mCbor(bytes: Uint8Array, at: number, end: number, entries: Entries): Fault | undefined {
	const reader = new CborReader(bytes, at, end);
	return new MapReader(reader, entries).readMap(0) ?? (reader.at === end ? undefined : trailing);
}

/**
 * Reads maps of definite and indefinite length, with identifiers or arrays of identifiers as keys, in any mixture. It
 * goes four levels deep and no deeper.
 */
class MapReader {
	readonly #reader: CborReader;
	readonly #entries: Entries;
	readonly #ids = [-1, -1, -1, -1];

	constructor(reader: CborReader, entries: Entries) {
		this.#reader = reader;
		this.#entries = entries;
	}

	/** Reads a map whose keys follow on the first `levels` levels of the path. */
	readMap(levels: number): Fault | undefined {
		if (levels > 3) return misplaced;
		const reader = this.#reader;
		let fault = reader.readHead();
		if (fault === undefined && reader.major !== Major.map) fault = badMap;
		let isEmpty = true;
		for (let left = reader.count; fault === undefined && reader.hasMore(left); left--) {
			fault = this.readPair(levels);
			isEmpty = false;
		}
		// An Object without Instances has nothing to hand on.
		if (fault !== undefined || !isEmpty || levels < 2) return fault;
		this.setPath(levels);
		return levels === 3 && this.#entries.isMultiple === false ? wrongMultiplicity : this.#entries.bare();
	}

	/** Reads a key and its value. */
	private readPair(from: number): Fault | undefined {
		const levels = this.readKey(from);
		if (typeof levels !== "number") return levels;
		const reader = this.#reader;
		if (reader.nextMajor === Major.map) return this.readMap(levels);
		if (levels < 3) return misplaced;
		const fault = reader.readScalar();
		if (fault !== undefined) return fault;
		this.setPath(levels);
		const type = this.#entries.type;
		const scalar = reader.scalar;
		if (scalar === null) return this.#entries.value(undefined);
		return this.#entries.value(type === undefined ? scalar : conform(scalar, type));
	}

	/** @returns how many levels the path has with the key */
	private readKey(from: number): number | Fault {
		const reader = this.#reader;
		const fault = reader.readHead();
		if (fault !== undefined) return fault;
		if (reader.major !== Major.array) return this.takeId(from) ?? from + 1;
		let levels = from;
		for (let left = reader.count; reader.hasMore(left); left--) {
			const fault = reader.readHead() ?? this.takeId(levels);
			if (fault !== undefined) return fault;
			levels += 1;
		}
		return levels === from ? badKey : levels;
	}

	private takeId(level: number): Fault | undefined {
		const major = this.#reader.major;
		const argument = this.#reader.argument;
		if (major !== Major.unsigned || level > 3 || argument > 65535) return badKey;
		this.#ids[level] = Number(argument);
		return undefined;
	}

	private setPath(levels: number): void {
		const path = this.#entries.path;
		const ids = this.#ids;
		path.objectId = ids[0]!;
		path.instanceId = ids[1]!;
		path.resourceId = levels > 2 ? ids[2]! : -1;
		path.resourceInstanceId = levels > 3 ? ids[3]! : -1;
	}
}
