import { type Fault, fromHex, toHex } from "../../../modules/bytes.ts";
import {
	readCertificate,
	readCertificateRequest,
	readCertificateVerify,
	readRawPublicKey,
	writeCertificate,
	writeCertificateRequest,
	writeCertificateVerify,
	writeRawPublicKey,
} from "../../../modules/dtls/certificate-message.ts";
import { type Extensions, unofferedExtension } from "../../../modules/dtls/extensions.ts";
import {
	readClientHello,
	readHelloVerifyRequest,
	readServerHello,
	writeClientHello,
	writeHelloVerifyRequest,
	writeServerHello,
} from "../../../modules/dtls/hello.ts";
import {
	readEcdheClientKeyExchange,
	readEcdheServerKeyExchange,
	readEmpty,
	readFinished,
	readNewSessionTicket,
	readPskClientKeyExchange,
	readPskServerKeyExchange,
	writeEcdheClientKeyExchange,
	writeEcdheParameters,
	writeEcdheServerKeyExchange,
	writeNewSessionTicket,
	writePskClientKeyExchange,
	writePskServerKeyExchange,
} from "../../../modules/dtls/key-exchange.ts";
import { deepEqual, equal, ok, patience, seeded, test } from "../../harness.ts";
import vectors from "../../vectors/dtls-handshake.json" with { type: "json" };

type Read = (bytes: Uint8Array, at: number, end: number) => unknown;
interface Good {
	readonly name: string;
	readonly reader: string;
	readonly hex: string;
	readonly fields: unknown;
}
interface Bad {
	readonly name: string;
	readonly reader: string;
	readonly hex: string;
	readonly fault: string;
}
const good = vectors.cases as unknown as readonly Good[];
const bad = vectors.bad as unknown as readonly Bad[];

const readers: Record<string, Read> = {
	clientHello: readClientHello,
	serverHello: readServerHello,
	helloVerifyRequest: readHelloVerifyRequest,
	newSessionTicket: readNewSessionTicket,
	certificate: readCertificate,
	rawPublicKey: readRawPublicKey,
	certificateRequest: readCertificateRequest,
	certificateVerify: readCertificateVerify,
	pskServerKeyExchange: readPskServerKeyExchange,
	pskClientKeyExchange: readPskClientKeyExchange,
	ecdheServerKeyExchange: readEcdheServerKeyExchange,
	ecdheClientKeyExchange: readEcdheClientKeyExchange,
	finished: readFinished,
	empty: (_bytes, at, end) => readEmpty(at, end) ?? null,
};

/** What was read, written again. */
const writers: Record<string, (value: never) => Uint8Array> = {
	clientHello: writeClientHello,
	serverHello: writeServerHello,
	helloVerifyRequest: writeHelloVerifyRequest,
	newSessionTicket: writeNewSessionTicket,
	certificate: writeCertificate,
	rawPublicKey: writeRawPublicKey,
	certificateRequest: writeCertificateRequest,
	certificateVerify: writeCertificateVerify,
	pskServerKeyExchange: writePskServerKeyExchange,
	pskClientKeyExchange: writePskClientKeyExchange,
	ecdheServerKeyExchange: ({
		point,
		algorithm,
		signature,
	}: {
		point: Uint8Array;
		algorithm: number;
		signature: Uint8Array;
	}) => writeEcdheServerKeyExchange(writeEcdheParameters(point), algorithm, signature),
	ecdheClientKeyExchange: writeEcdheClientKeyExchange,
	finished: (data: Uint8Array) => data,
	empty: () => new Uint8Array(0),
};

function faultOf(value: unknown): string | undefined {
	return typeof value === "object" && value !== null && "reply" in value ? (value as Fault).code : undefined;
}

/** Bytes as hex digits, all the way down. */
function plain(value: unknown): unknown {
	if (value instanceof Uint8Array) return toHex(value);
	if (Array.isArray(value)) return value.map(plain);
	if (typeof value !== "object" || value === null) return value;
	return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, plain(field)]));
}

test("messages of other stacks and by hand are read to the last field, also in the middle of a buffer", () => {
	for (const { name, reader, hex, fields } of good) {
		const body = fromHex(hex)!;
		deepEqual(plain(readers[reader]!(body, 0, body.length)), fields, name);
		const buffer = new Uint8Array(body.length + 14).fill(0xff);
		buffer.set(body, 7);
		const moved = plain(readers[reader]!(buffer, 7, 7 + body.length)) as Record<string, unknown>;
		if (reader !== "ecdheServerKeyExchange") deepEqual(moved, fields, name);
		else equal((moved.signedEnd as number) - (moved.signedAt as number), 69, name);
	}
	ok(good.length > 50, `${good.length} vectors`);
});

test("what is read is a copy: the receive buffer may change", () => {
	for (const { name, reader, hex, fields } of good) {
		const body = fromHex(hex)!;
		const value = readers[reader]!(body, 0, body.length);
		body.fill(0xee);
		deepEqual(plain(value), fields, name);
	}
});

test("what is written is read as it was, and where nothing unknown was in it, byte by byte the same size", () => {
	let written = 0;
	for (const { name, reader, hex, fields } of good) {
		if (hex.length > 1200) continue;
		const body = fromHex(hex)!;
		const value = readers[reader]!(body, 0, body.length);
		const again = writers[reader]!(value as never);
		const known = { ...(fields as object), extensions: { ...(fields as { extensions?: object })?.extensions } };
		if ("hasUnknown" in known.extensions) continue;
		deepEqual(plain(readers[reader]!(again, 0, again.length)), fields, name);
		const isTrimmed = /empty list|null is the last|authority/.test(name) || reader === "certificateRequest";
		if (!isTrimmed) equal(again.length, body.length, name);
		written += 1;
	}
	ok(written > 30, `${written} written`);
});

test("each rule that is broken is named", () => {
	for (const { name, reader, hex, fault } of bad) {
		const body = fromHex(hex)!;
		equal(faultOf(readers[reader]!(body, 0, body.length)), fault, `${reader}: ${name}`);
	}
	ok(bad.length > 80, `${bad.length} vectors`);
});

/** Those that a shorter message can be, too. */
const canBeShorter = /^by hand: (a version later|null is the last)|clientHello|serverHello/;

test("no truncation is taken for the whole, and none throws", () => {
	for (const { name, reader, hex } of good) {
		const body = fromHex(hex)!;
		const isHello = canBeShorter.test(reader);
		for (let end = body.length - 1; end >= 0; end--) {
			const value = readers[reader]!(body, 0, end);
			const isWhole = faultOf(value) === undefined;
			// a hello may end where its extensions would begin
			if (isWhole)
				ok(isHello && !("hasUnknown" in (value as { extensions: Extensions }).extensions), `${name} at ${end}`);
			if (isWhole) deepEqual((value as { extensions: Extensions }).extensions, {}, `${name} at ${end}`);
		}
	}
});

test("no bit flip and no random bytes throw; what is then accepted can be written", () => {
	let accepted = 0;
	for (const { reader, hex } of good) {
		const body = fromHex(hex)!;
		const step = Math.max(1, Math.floor((body.length * 10) / (200 * patience)));
		for (let at = 0; at < body.length; at += step) {
			for (let bit = 0; bit < 8; bit += patience === 10 ? 1 : 3) {
				body[at]! ^= 1 << bit;
				const value = readers[reader]!(body, 0, body.length);
				if (faultOf(value) === undefined) {
					accepted += 1;
					ok(writers[reader]!(value as never).length <= body.length + 2, reader);
				}
				body[at]! ^= 1 << bit;
			}
		}
	}
	ok(accepted > 0, "some flips change only a value");
	for (let seed = 1; seed <= 100 * patience; seed++) {
		const draw = seeded(seed);
		const body = new Uint8Array(draw(80)).map(() => draw(4) * draw(70));
		for (const read of Object.values(readers)) read(body, 0, body.length);
	}
});

test("a ServerHello may answer what was offered, and nothing else", () => {
	const nothing = new Uint8Array(0);
	const offered: Extensions = { extendedMasterSecret: true, connectionId: nothing };
	equal(unofferedExtension(offered, {}), undefined);
	equal(unofferedExtension(offered, { extendedMasterSecret: true, connectionId: Uint8Array.of(1) }), undefined);
	equal(unofferedExtension(offered, { renegotiationInfo: nothing }), undefined);
	for (const answered of [
		{ maxFragmentLength: 1 },
		{ hasUnknown: true },
		{ sessionTicket: nothing },
		{ serverName: "" },
	]) {
		equal(faultOf(unofferedExtension(offered, answered as Extensions)), "dtls.extensionUnoffered");
	}
});

test("long lists are cut to what is looked at, and still checked to their end", () => {
	const suites = Array.from({ length: 200 }, (_, index) => index);
	const hello = {
		version: 0xfefd,
		random: new Uint8Array(32),
		sessionId: new Uint8Array(0),
		cookie: new Uint8Array(0),
		suites,
		extensions: { supportedGroups: suites },
	};
	const body = writeClientHello(hello);
	const read = readClientHello(body, 0, body.length);
	ok(!("code" in read));
	equal(read.suites.length, 128);
	equal(read.extensions.supportedGroups?.length, 64);
});
