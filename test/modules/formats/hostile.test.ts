/**
 * Whatever the bytes are, a reader answers with entries or a Fault, throws nothing and hands on no more than its limits
 * allow. Every vector is cut at every byte and has its bits flipped; on XS, which is slower here, one flip in seven.
 */
import { utf8 } from "../../../modules/bytes.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import { maxAttributes, maxLinks, readLinks } from "../../../modules/formats/core-link.ts";
import { maxEntries, type TypeLookup } from "../../../modules/formats/entry.ts";
import { readPayload } from "../../../modules/formats/payload.ts";
import { deepEqual, equal, ok, patience, test } from "../../harness.ts";
import cbor from "../../vectors/cbor.json" with { type: "json" };
import coreLink from "../../vectors/core-link.json" with { type: "json" };
import lwm2mCbor from "../../vectors/lwm2m-cbor.json" with { type: "json" };
import lwm2mJson from "../../vectors/lwm2m-json.json" with { type: "json" };
import senmlCbor from "../../vectors/senml-cbor.json" with { type: "json" };
import senmlJson from "../../vectors/senml-json.json" with { type: "json" };
import text from "../../vectors/text.json" with { type: "json" };
import tlv from "../../vectors/tlv.json" with { type: "json" };
import { lookupOf, pathOf, payloadOf, readAll, vectorsOf } from "./vector.ts";

const files = [
	["text", ContentFormat.text, text],
	["opaque", ContentFormat.opaque, text],
	["cbor", ContentFormat.cbor, cbor],
	["tlv", ContentFormat.tlv, tlv],
	["senml-json", ContentFormat.senmlJson, senmlJson],
	["senml-cbor", ContentFormat.senmlCbor, senmlCbor],
	["lwm2m-cbor", ContentFormat.lwm2mCbor, lwm2mCbor],
	["lwm2m-json", ContentFormat.lwm2mJson, lwm2mJson],
] as const;

/** Calls `see` with `bytes` cut at every byte and with flipped bits. */
function mutate(bytes: Uint8Array, see: (mutant: Uint8Array) => void): void {
	for (let end = 0; end < bytes.length; end++) see(bytes.slice(0, end));
	for (let bit = 0; bit < bytes.length * 8; bit += patience > 1 ? 1 : 7) {
		const mutant = bytes.slice();
		mutant[bit >> 3] = mutant[bit >> 3]! ^ (1 << (bit & 7));
		see(mutant);
	}
}

for (const [file, contentFormat, vectors] of files) {
	test(`formats ${file}: every truncation and bit flip is answered`, () => {
		let accepted = 0;
		let refused = 0;
		for (const vector of vectorsOf(vectors)) {
			const base = pathOf(vector.base);
			const types = lookupOf(vector);
			mutate(payloadOf(vector), (mutant) => {
				const answer = readAll(contentFormat, mutant, base, types);
				if (typeof answer === "string") refused += 1;
				else {
					accepted += 1;
					ok(answer.length <= mutant.length || answer.length === 1, "more entries than bytes");
				}
			});
		}
		ok(refused > 20 && (accepted > 20 || file === "opaque"), `${accepted} accepted, ${refused} refused`);
	});
}

test("formats core-link: every truncation and bit flip is answered", () => {
	for (const { text } of coreLink.cases) {
		mutate(utf8(text), (mutant) => {
			const links = readLinks(mutant, 0, mutant.length);
			ok(Array.isArray(links) ? links.length <= mutant.length : links.code.startsWith("link."));
		});
	}
});

const integers: TypeLookup = { typeOf: () => "integer", isMultiple: () => undefined };

/**
 * Reads `count` copies of one entry, framed as the format wants.
 * @returns how many came through, and the fault's reply
 */
function readMany(
	contentFormat: number,
	count: number,
	one: readonly number[],
	frame: (body: Uint8Array) => Uint8Array,
) {
	const body = new Uint8Array(one.length * count);
	for (let index = 0; index < count; index++) body.set(one, index * one.length);
	const bytes = frame(body);
	let seen = 0;
	const fault = readPayload(contentFormat, bytes, 0, bytes.length, pathOf("/3/0"), integers, {
		entry() {
			seen += 1;
			return undefined;
		},
	});
	return { seen, reply: fault?.reply };
}

test(`formats: ${maxEntries} entries are read, one more is answered 4.13`, () => {
	const plain = (body: Uint8Array) => body;
	deepEqual(readMany(ContentFormat.tlv, maxEntries, [0xc0 | 1, 9, 1], plain), { seen: maxEntries, reply: undefined });
	deepEqual(readMany(ContentFormat.tlv, maxEntries + 1, [0xc0 | 1, 9, 1], plain), { seen: maxEntries, reply: 0x8d });
	const record = [0xa1, 0x00, 0x66, ...utf8("/3/0/9")];
	const inArray = (body: Uint8Array) => new Uint8Array([0x9f, ...body, 0xff]);
	deepEqual(readMany(ContentFormat.senmlCbor, maxEntries + 1, record, inArray), { seen: maxEntries, reply: 0x8d });
	const inMap = (body: Uint8Array) => new Uint8Array([0xbf, ...body, 0xff]);
	const pair = [0x83, 3, 0, 9, 1];
	deepEqual(readMany(ContentFormat.lwm2mCbor, maxEntries, pair, inMap), { seen: maxEntries, reply: undefined });
	deepEqual(readMany(ContentFormat.lwm2mCbor, maxEntries + 1, pair, inMap), { seen: maxEntries, reply: 0x8d });
	const inBrackets = (body: Uint8Array) => new Uint8Array([0x5b, ...body.subarray(0, body.length - 1), 0x5d]);
	const object = [...utf8('{"n":"/3/0/9"},')];
	deepEqual(readMany(ContentFormat.senmlJson, maxEntries + 1, object, inBrackets), { seen: maxEntries, reply: 0x8d });
});

test("formats: a sink's fault stops the reading", () => {
	const stop = { code: "test.stop", reply: 0x84, see: "" } as const;
	const bytes = new Uint8Array([0xc1, 9, 1, 0xc1, 10, 1]);
	let seen = 0;
	const fault = readPayload(ContentFormat.tlv, bytes, 0, bytes.length, pathOf("/3/0"), integers, {
		entry() {
			seen += 1;
			return stop;
		},
	});
	equal(fault, stop);
	equal(seen, 1);
});

test("formats: a format this build does not read is answered 4.15", () => {
	const fault = readPayload(65535, new Uint8Array(2), 0, 2, pathOf("/3/0"), integers, {
		entry: () => undefined,
	});
	equal(fault?.reply, 0x8f);
});

test(`formats core-link: ${maxLinks} links of ${maxAttributes} attributes at most, more are answered 4.13`, () => {
	const replyTo = (text: string) => {
		const links = readLinks(utf8(text), 0, text.length);
		return Array.isArray(links) ? links.length : links.reply;
	};
	equal(replyTo("</1>,".repeat(maxLinks - 1) + "</1>"), maxLinks);
	equal(replyTo("</1>,".repeat(maxLinks) + "</1>"), 0x8d);
	equal(replyTo("</1>" + ";a".repeat(maxAttributes)), 1);
	equal(replyTo("</1>" + ";a".repeat(maxAttributes + 1)), 0x8d);
});

test("formats: nesting without end is refused, not followed", () => {
	const deep = new Uint8Array(4000);
	for (const byte of [0x81, 0xa1, 0xc6, 0x9f, 0xbf, 0x7f, 0x5b, 0x7b]) {
		deep.fill(byte);
		for (const [, contentFormat] of files) {
			const answer = readAll(contentFormat, deep, pathOf("/3/0/9"), integers);
			ok(typeof answer === "string", `format ${contentFormat}, byte ${byte}`);
		}
	}
	for (const open of [0xa1, 0xbf]) {
		for (let at = 0; at < deep.length; at += 2) deep.set([open, 0], at);
		equal(readAll(ContentFormat.lwm2mCbor, deep, pathOf("/"), integers), "lwm2mCbor.misplaced");
	}
	// Object Instances in Multiple Resources in Object Instances, as far as 16-bit lengths carry.
	for (let at = 0; at + 4 < deep.length; at += 4)
		deep.set([at % 8 === 0 ? 0x10 : 0x90, 0, (4000 - at - 4) >> 8, 4000 - at - 4], at);
	equal(readAll(ContentFormat.tlv, deep, pathOf("/3"), integers), "tlv.misplaced");
});
