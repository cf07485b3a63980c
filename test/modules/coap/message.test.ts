import { fromHex, toHex } from "../../../modules/bytes.ts";
import { codeText } from "../../../modules/coap/code.ts";
import { MessageView, MessageWriter } from "../../../modules/coap/message.ts";
import { OptionNumber } from "../../../modules/coap/option.ts";
import { Request, Response, readStrings } from "../../../modules/coap/received.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import vectors from "../../vectors/rfc7252.json" with { type: "json" };
import { bytesOf } from "./message-text.ts";

interface Vector {
	readonly name: string;
	readonly hex: string;
	readonly fault?: string;
	readonly message?: {
		readonly type: number;
		readonly code: string;
		readonly messageId: number;
		readonly token: string;
		readonly options: readonly (readonly [number, string])[];
		readonly payload: string;
	};
}
const cases = vectors.cases as unknown as readonly Vector[];
const view = new MessageView();

function parsed(bytes: Uint8Array): Vector["message"] {
	const options: [number, string][] = [];
	const { option } = view;
	option.start(bytes, view.optionsAt, view.optionsEnd);
	while (option.next()) options.push([option.number, toHex(bytes, option.at, option.end)]);
	return {
		type: view.type,
		code: codeText(view.code),
		messageId: view.messageId,
		token: toHex(bytes, view.tokenAt, view.optionsAt),
		options,
		payload: toHex(bytes, view.payloadAt, view.end),
	};
}

test("message vectors: the good are read and written back, the bad get their Fault", () => {
	let good = 0;
	for (const { name, hex, fault, message } of cases) {
		const bytes = fromHex(hex)!;
		equal(view.read(bytes, 0, bytes.length)?.code, fault, name);
		if (message === undefined) continue;
		good += 1;
		deepEqual(parsed(bytes), message, name);
		const writer = new MessageWriter(new Uint8Array(bytes.length + 8));
		writer.start(view.type, view.code, view.messageId, bytes, view.tokenAt, view.optionsAt);
		for (const [number, value] of message.options) writer.opaque(number, fromHex(value)!);
		equal(toHex(writer.payload(bytes, view.payloadAt, view.end).finish()!), hex, name);
	}
	ok(good > 30 && cases.length - good > 30, "both kinds");
});

test("a message inside a larger buffer is read at its offset", () => {
	for (const { name, hex, message } of cases) {
		if (message === undefined) continue;
		const bytes = fromHex(`ffff${hex}ffff`)!;
		equal(view.read(bytes, 2, bytes.length - 2), undefined, name);
		deepEqual(parsed(bytes), message, name);
	}
});

test("every truncation of a good message is answered, and read no further than its end", () => {
	let refused = 0;
	for (const { name, hex, message } of cases) {
		if (message === undefined) continue;
		const whole = fromHex(hex)!;
		for (let end = 0; end < whole.length; end++) {
			const fault = view.read(whole, 0, end);
			if (fault !== undefined) refused += 1;
			else ok(view.payloadAt <= end && view.optionsEnd <= end, `${name} cut at ${end}`);
		}
	}
	ok(refused > 100, `${refused} refused`);
});

test("every bit flip of a good message is answered", () => {
	let refused = 0;
	let taken = 0;
	for (const { hex, message } of cases) {
		if (message === undefined || hex.length > 600) continue; // the long ones are the same bytes over and over
		const bytes = fromHex(hex)!;
		for (let bit = 0; bit < bytes.length * 8; bit++) {
			bytes[bit >> 3]! ^= 1 << (bit & 7);
			if (view.read(bytes, 0, bytes.length) === undefined) taken += 1;
			else refused += 1;
			bytes[bit >> 3]! ^= 1 << (bit & 7);
		}
	}
	ok(refused > 500 && taken > 500, `${refused} refused, ${taken} taken`);
});

test("options: lengths, repetition, and who refuses what (RFC 7252 §5.4)", () => {
	const refusals: readonly (readonly [line: string, fault: string | undefined])[] = [
		["CON 0.01 #1 - /a/b?c", undefined],
		["CON 0.01 #1 - 3=hex:61 7=5683 17=60", undefined],
		["CON 0.01 #1 - 2048=1 65002=hex:00112233445566778899", undefined], // elective, unknown
		["CON 0.01 #1 - 6=hex:01020304", undefined], // elective, too long: passed over
		["CON 0.01 #1 - 2049=1", "coap.criticalOption"],
		["CON 0.01 #1 - 65001=1", "coap.criticalOption"],
		["CON 0.01 #1 - 5=0", "coap.criticalOption"], // If-None-Match: known to the format, evaluated by nobody
		["CON 0.01 #1 - 1=hex:aa", "coap.criticalOption"],
		["CON 0.01 #1 - 17=1 17=2", "coap.criticalOption"], // once too often
		["CON 0.01 #1 - 17=hex:010203", "coap.criticalOption"], // too long
		["CON 0.01 #1 - 3=hex:", "coap.criticalOption"], // too short
		["CON 0.01 #1 - 23=hex:01020304", "coap.criticalOption"],
		["CON 0.01 #1 - 35=hex:636f61703a2f2f78", "coap.proxyOption"],
		["CON 0.01 #1 - 39=hex:636f6170", "coap.proxyOption"],
	];
	for (const [line, fault] of refusals) {
		const bytes = bytesOf(line);
		equal(view.read(bytes, 0, bytes.length), undefined, line);
		equal(view.criticalFault([])?.code, fault, line);
	}
	const long = bytesOf(`CON 0.01 #1 - 11=hex:${"61".repeat(256)}`);
	view.read(long, 0, long.length);
	equal(view.criticalFault([])?.code, "coap.criticalOption", "Uri-Path of 256 bytes");
	const matched = bytesOf("CON 0.03 #1 - 1=hex:aa 5=0");
	view.read(matched, 0, matched.length);
	equal(view.criticalFault([1, 5]), undefined, "an application that evaluates If-Match");
});

test("options that do not count are passed over", () => {
	const bytes = bytesOf("CON 0.01 #1 - 6=hex:01020304 6=1 12=60 12=50 14=hex:0000000005 60=hex:0400");
	equal(view.read(bytes, 0, bytes.length), undefined);
	equal(view.uint(OptionNumber.observe), -1, "the first is too long, the second is a repetition");
	equal(view.uint(OptionNumber.contentFormat), 60, "the first counts");
	equal(view.uint(OptionNumber.maxAge), -1);
	equal(view.uint(OptionNumber.size1), 1024);
	equal(view.uint(OptionNumber.accept), -1);
});

test("tokens as numbers: only of the size we give out", () => {
	for (const [token, size, value] of [
		["-", 2, -1],
		["01", 2, -1],
		["0102", 2, 258],
		["010203", 2, -1],
		["ffffffff", 4, 0xffffffff],
	] as const) {
		const bytes = bytesOf(`CON 2.05 #1 ${token}`);
		view.read(bytes, 0, bytes.length);
		equal(view.tokenUint(size), value, token);
	}
});

test("a request and a response keep what they need when the buffer is used again", () => {
	const bytes = bytesOf("CON 0.02 #1 a1b2 /3/0?x=1&y cf=60 accept=112 2048=7", "payload");
	view.read(bytes, 0, bytes.length);
	const request = new Request(view, readStrings(view, 11)!, readStrings(view, 15)!, undefined);
	bytes.fill(0);
	deepEqual([request.code, request.path, request.query, request.confirmable], [2, ["3", "0"], ["x=1", "y"], true]);
	deepEqual(
		[toHex(request.token), request.contentFormat, request.accept, request.observe],
		["a1b2", 60, 112, undefined],
	);
	deepEqual([toHex(request.payload), toHex(request.option(2048)!)], ["7061796c6f6164", "07"]);
	equal(request.option(6), undefined);
	const answer = bytesOf("ACK 2.01 #1 - 8=hex:7264 8=hex:35 14=hex:");
	view.read(answer, 0, answer.length);
	const response = new Response(view, undefined, undefined);
	deepEqual([response.locationPath, response.maxAgeS, response.payload.length], [["rd", "5"], 0, 0]);
});

test("a path that is no UTF-8 is noticed", () => {
	const bytes = bytesOf("CON 0.01 #1 - 11=hex:61 11=hex:c328");
	equal(view.read(bytes, 0, bytes.length), undefined);
	equal(readStrings(view, 11), undefined);
});

test("the writer: shortest integers, and nothing past its buffer", () => {
	for (const [value, hex] of [
		[0, "c0"],
		[255, "c1ff"],
		[256, "c20100"],
		[65536, "c3010000"],
		[0xffffffff, "c4ffffffff"],
	] as const) {
		const bytes = new MessageWriter(new Uint8Array(32)).start(0, 1, 1, new Uint8Array(0)).uint(12, value).finish()!;
		equal(toHex(bytes, 4), hex);
	}
	for (let size = 8; size < 64; size++) {
		const writer = new MessageWriter(new Uint8Array(size)).start(0, 1, 1, new Uint8Array(2));
		const bytes = writer.strings(11, ["rd", "0123456789abcdef"]).uint(60, 1000).payload(new Uint8Array(20)).finish();
		ok(bytes === undefined || bytes.length <= size);
		equal(bytes === undefined, size < 52, `${size}`);
	}
	equal(new MessageWriter(new Uint8Array(8)).start(0, 1, 1, new Uint8Array(0)).finish()?.length, 4);
});
