/** The log of chips: lines that every reader of JSON takes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { JsonLog } from "../../../hosts/chips/json-log.ts";

function lineOf(record: { readonly event: string; readonly [field: string]: string | number | boolean | undefined }) {
	let line = "";
	new JsonLog({ nowMs: () => 12 }, (text) => {
		line += text;
	}).write(record);
	return line;
}

test("a record is a line", () => {
	const record = { event: 'a"b\\c\nd\u0001é😀', count: 3, share: 0.5, is: true, none: undefined, odd: Number.NaN };
	assert.equal(
		lineOf(record),
		'{"t":12,"event":"a\\"b\\\\c\\u000ad\\u0001é😀","count":3,"share":0.5,"is":true,"odd":null}\n',
	);
});

test("whatever is in a record comes back", () => {
	const value = fc.oneof(
		fc.string({ unit: "grapheme" }),
		fc.string({ unit: "binary-ascii" }),
		fc.integer(),
		fc.boolean(),
	);
	fc.assert(
		fc.property(fc.dictionary(fc.stringMatching(/^[a-z"\\]{1,8}$/), value), (fields) => {
			const record = { event: "x", ...fields, ...(fields.t === undefined ? {} : { t: 12 }) };
			assert.deepEqual(JSON.parse(lineOf(record)), JSON.parse(JSON.stringify({ t: 12, ...record })));
		}),
	);
});
