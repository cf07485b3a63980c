import {
	blockExponent,
	blockOffset,
	blockSizeBytes,
	blockValue,
	bodyMark,
	hasMore,
	markOf,
	sizeExponent,
} from "../../../modules/coap/block.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import vectors from "../../vectors/rfc7959.json" with { type: "json" };

test("block option vectors (RFC 7959 §2.2)", () => {
	for (const { value, offset, size, more } of vectors.cases) {
		deepEqual([blockOffset(value), blockSizeBytes(value), hasMore(value)], [offset, size, more], `${value}`);
		equal(blockValue(offset, more, sizeExponent(size)), value);
		equal(16 << blockExponent(value), size);
	}
});

test("marks tell bodies apart", () => {
	const bytes = new Uint8Array(300).map((_, index) => index * 7);
	equal(bodyMark(bytes).length, 4);
	ok(markOf(bytes) !== markOf(bytes, 1) && markOf(bytes, 1) === markOf(bytes.subarray(1)) && markOf(bytes) >= 0);
	deepEqual(bodyMark(new Uint8Array(0)), new Uint8Array([0x81, 0x1c, 0x9d, 0xc5])); // the offset basis of FNV-1a
});
