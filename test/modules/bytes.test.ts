import {
	AssertionFailed,
	equalBytes,
	fault,
	fromHex,
	lowerCase,
	readUtf8,
	toHex,
	utf8,
	utf8Size,
	writeUtf8,
} from "../../modules/bytes.ts";
import { frozen } from "../../modules/frozen.ts";
import { deepEqual, equal, ok, patience, seeded, test, throws } from "../harness.ts";

test("hexadecimal digits and bytes are each other's inverse", () => {
	const random = seeded(1);
	for (let round = 0; round < 20 * patience; round++) {
		const bytes = new Uint8Array(random(40)).map(() => random(256));
		deepEqual(fromHex(toHex(bytes)), bytes);
	}
	equal(toHex(fromHex("00 7f FF")!, 1), "7fff");
	equal(fromHex("0"), undefined);
	equal(fromHex("zz"), undefined);
	for (const text of ["0/", ":0", "@a", "aG", "`f", "g0", "0\u00e1"]) equal(fromHex(text), undefined, text);
	deepEqual(fromHex(" 0\t1\r\n"), Uint8Array.of(1));
	deepEqual(fromHex(""), new Uint8Array(0));
});

test("letters of ASCII become small ones, and nothing else does", () => {
	equal(lowerCase("CoAP+TCP://Host[@AZ`az{]\u212a\u00c4"), "coap+tcp://host[@az`az{]\u212a\u00c4");
	equal(lowerCase(""), "");
});

test("UTF-8 of every width goes there and back, and knows its size", () => {
	for (const text of ["", "a", "é", "€", "😀", "a\u0000b", "\u07ff\u0800\uffff\u{10000}\u{10ffff}"]) {
		equal(readUtf8(utf8(text)), text);
		equal(utf8(text).length, utf8Size(text));
	}
	equal(toHex(utf8("aé€😀")), "61c3a9e282acf09f9880");
});

test("readUtf8 refuses what RFC 3629 forbids", () => {
	const bad = [
		"80",
		"c0",
		"c080",
		"c1bf",
		"e08080",
		"eda080",
		"edbfbf",
		"f0808080",
		"f4908080",
		"f5808080",
		"ff",
		"e282",
		"f09f98",
		"c328",
	];
	for (const hex of bad) equal(readUtf8(fromHex(hex)!), undefined, hex);
});

test("readUtf8 reads inside its bounds only", () => {
	const bytes = fromHex("61c3a962")!;
	equal(readUtf8(bytes, 1, 3), "é");
	equal(readUtf8(bytes, 1, 2), undefined, "a character cut in two");
});

test("any bytes at all are answered, and what is read spells the same bytes again", () => {
	const random = seeded(2);
	for (let round = 0; round < 200 * patience; round++) {
		const bytes = new Uint8Array(random(12)).map(() => random(256));
		const text = readUtf8(bytes);
		if (text !== undefined) deepEqual(utf8(text), bytes);
	}
});

test("writeUtf8 asserts instead of writing past the end", () => {
	throws(
		() => writeUtf8("abc", new Uint8Array(2), 0),
		(error) => error instanceof AssertionFailed,
	);
	equal((throws(() => writeUtf8("abc", new Uint8Array(2), 0)) as Error).name, "AssertionFailed");
});

test("equalBytes compares length and every byte", () => {
	ok(equalBytes(fromHex("0102")!, fromHex("0102")!));
	ok(!equalBytes(fromHex("0102")!, fromHex("0103")!));
	ok(!equalBytes(fromHex("0102")!, fromHex("010203")!));
});

test("frozen() freezes deeply and lets views be", () => {
	const table = frozen({ rows: [{ id: 1 }], bytes: new Uint8Array([1]) });
	ok(Object.isFrozen(table) && Object.isFrozen(table.rows) && Object.isFrozen(table.rows[0]));
	throws(() => {
		(table.rows as unknown as unknown[]).push(2);
	});
	ok(Object.isFrozen(fault("test.fault", 0x80, "RFC 7252 §3")));
});
