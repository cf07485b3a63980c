/**
 * What composite operations carry: paths without values (Read-Composite), values and removals (Write-Composite). SenML
 * and SenML-ETCH say the same but for the removals.
 */
import { fromHex, utf8 } from "../../../modules/bytes.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import { maxEntries } from "../../../modules/formats/entry.ts";
import { formatsSince11, readPatch, readPaths } from "../../../modules/formats/payload.ts";
import { deepEqual, equal, ok, patience, test } from "../../harness.ts";
import vectors from "../../vectors/senml-etch.json" with { type: "json" };
import { lookupOf, pathTextOf, spellingOf, type Vector, vectorsOf } from "./vector.ts";

const { senmlJson, senmlCbor, senmlEtchJson, senmlEtchCbor, lwm2mCbor, tlv } = ContentFormat;

interface CompositeVector extends Vector {
	/** What it is the body of: FETCH or iPATCH. */
	readonly method: "fetch" | "patch";
	/** As Content-Format numbers: the body is tried in each of them. */
	readonly formats: readonly number[];
	readonly paths?: readonly string[];
	/** Of a Patch Pack: as `entries`, a removal being a path and "removed". */
	readonly outcome?: readonly (readonly [path: string, type?: string, value?: unknown])[];
}

function fetched(contentFormat: number, bytes: Uint8Array): string[] | string {
	const framed = new Uint8Array(bytes.length + 5).fill(0xc1);
	framed.set(bytes, 3);
	const found = readPaths(contentFormat, framed, 3, 3 + bytes.length);
	return Array.isArray(found) ? found.map(pathTextOf) : found.code;
}

function patched(contentFormat: number, bytes: Uint8Array, vector: Vector): unknown[] | string {
	const found: unknown[] = [];
	const types = lookupOf(vector);
	const framed = new Uint8Array(bytes.length + 5).fill(0xc1);
	framed.set(bytes, 3);
	const fault = readPatch(contentFormat, framed, 3, 3 + bytes.length, types, {
		entry(path, value, timeS) {
			const type = types.typeOf(path.objectId, path.resourceId) ?? typeof value;
			if (value === undefined) found.push([pathTextOf(path)]);
			else found.push([pathTextOf(path), type, spellingOf(value), ...(timeS === undefined ? [] : [timeS])]);
			return undefined;
		},
		remove(path) {
			found.push([pathTextOf(path), "removed"]);
			return undefined;
		},
	});
	return fault?.code ?? found;
}

for (const vector of vectorsOf(vectors) as readonly CompositeVector[]) {
	const { name, method, formats, hex, text } = vector;
	const bytes = hex === undefined ? utf8(text ?? "") : (fromHex(hex) as Uint8Array);
	const read = (contentFormat: number, body: Uint8Array) =>
		method === "fetch" ? fetched(contentFormat, body) : patched(contentFormat, body, vector);
	const id = name.startsWith("[") ? name.indexOf("] ") + 2 : 0;
	test(`${name.slice(0, id)}formats ${method}: ${name.slice(id)}`, () => {
		for (const contentFormat of formats) {
			deepEqual(read(contentFormat, bytes), vector.fault ?? vector.paths ?? vector.outcome, `${contentFormat}`);
		}
	});
	test(`formats ${method}: every truncation and bit flip of: ${name.slice(id)}`, () => {
		for (const contentFormat of formats) {
			for (let end = 0; end < bytes.length; end++) equal(typeof read(contentFormat, bytes.slice(0, end)), "string");
			for (let bit = 0; bit < bytes.length * 8; bit += patience > 1 ? 1 : 7) {
				const mutant = bytes.slice();
				mutant[bit >> 3] = mutant[bit >> 3]! ^ (1 << (bit & 7));
				const answer = read(contentFormat, mutant);
				ok(typeof answer === "string" || answer.length <= mutant.length);
			}
		}
	});
}

test("formats fetch and patch: which formats carry them", () => {
	const known = [0, 40, 42, 60, senmlJson, senmlCbor, senmlEtchJson, senmlEtchCbor, tlv, 11543, lwm2mCbor];
	const fetches = known.filter((contentFormat) => formatsSince11.isPathList(contentFormat));
	const patches = known.filter((contentFormat) => formatsSince11.isPatch(contentFormat));
	deepEqual(fetches, [senmlJson, senmlCbor, senmlEtchJson, senmlEtchCbor]);
	deepEqual(patches, [senmlJson, senmlCbor, senmlEtchJson, senmlEtchCbor, lwm2mCbor]);
	ok(!formatsSince11.isReadable(senmlEtchCbor) && !formatsSince11.isWritable(senmlEtchCbor));
	equal(fetched(tlv, new Uint8Array()), "formats.unknownFormat");
	equal(patched(tlv, new Uint8Array(), { name: "", base: "/" }), "formats.unknownFormat");
});

test(`formats fetch: ${maxEntries} paths are read, one more is answered 4.13`, () => {
	const list = (count: number) => utf8(`[${'{"n":"/3"},'.repeat(count - 1)}{"n":"/3"}]`);
	for (const contentFormat of [senmlJson, senmlEtchJson]) {
		equal(fetched(contentFormat, list(maxEntries)).length, maxEntries);
		equal(fetched(contentFormat, list(maxEntries + 1)), "formats.tooManyEntries");
	}
});

test("formats patch: removals count as entries, and a sink may refuse one", () => {
	const bytes = utf8(
		`[{"bn":"/3/0/6/"${',"n":"0","v":null},{'.repeat(maxEntries)}"n":"1","v":null}]`.replaceAll("{,", "{"),
	);
	equal(patched(senmlEtchJson, bytes, { name: "", base: "/" }), "formats.tooManyEntries");
	const one = utf8('[{"n":"/3/0/6/1","v":null}]');
	const stop = { code: "test.stop", reply: 0x84, see: "" } as const;
	const types = { typeOf: () => undefined, isMultiple: () => undefined };
	const sink = { entry: () => undefined, remove: () => stop };
	equal(readPatch(senmlEtchJson, one, 0, one.length, types, sink), stop);
});
