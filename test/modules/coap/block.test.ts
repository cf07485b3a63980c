import {
	Body,
	blockExponent,
	blockOffset,
	blockSizeBytes,
	blockValue,
	bodyMark,
	hasMore,
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

test("a body grows as it must, takes no byte over its limit, and keeps what it had", () => {
	const bytes = new Uint8Array(300).map((_, index) => index * 7);
	for (const expected of [0, 10, 300, 4_000_000_000]) {
		const body = new Body(expected, 300);
		for (let at = 0; at < 288; at += 16) ok(body.append(bytes, at, at + 16));
		ok(
			body.endsWith(bytes, 272, 288, 272) &&
				!body.endsWith(bytes, 256, 272, 272) &&
				!body.endsWith(bytes, 256, 272, 256),
		);
		ok(!body.append(bytes, 0, 13), "too much");
		ok(body.append(bytes, 288, 300));
		deepEqual(body.whole(), bytes);
	}
	equal(new Body(0, 10).whole().length, 0);
	ok(bodyMark(bytes) !== bodyMark(bytes.subarray(1)) && bodyMark(bytes) >= 0);
});
