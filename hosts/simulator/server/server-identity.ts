import { createPrivateKey, createPublicKey, sign } from "node:crypto";

/** The server's own P-256 key, and what it shows of it. */
export interface ServerIdentity {
	/** 32 bytes. */
	readonly privateKey: Uint8Array;
	/** SubjectPublicKeyInfo, DER. */
	readonly publicKey: Uint8Array;
	/** X.509, DER, the server's own first. */
	readonly chain: readonly Uint8Array[];
}

/** Where a key that is drawn anew gets its bytes. */
type FillEntropy = (bytes: Uint8Array) => void;

/** A key out of `fill`, with a certificate that it signs itself: for as long as a server runs. */
export function drawIdentity(commonName: string, fill: FillEntropy): ServerIdentity {
	for (;;) {
		const scalar = new Uint8Array(32);
		fill(scalar);
		const identity = attemptIdentity(commonName, scalar, fill);
		if (identity !== undefined) return identity;
	}
}

/** @returns undefined for a scalar that is no private key, which happens once in 2^32 */
function attemptIdentity(commonName: string, scalar: Uint8Array, fill: FillEntropy): ServerIdentity | undefined {
	const octets = element(0x04, [scalar]);
	const sec1 = element(0x30, [element(0x02, [Uint8Array.of(1)]), octets, element(0xa0, [oid(p256Oid)])]);
	let key: ReturnType<typeof createPrivateKey>;
	try {
		key = createPrivateKey({ key: Buffer.from(sec1), format: "der", type: "sec1" });
	} catch {
		return undefined;
	}
	const publicKey = Uint8Array.from(createPublicKey(key).export({ format: "der", type: "spki" }));
	const toSign = certificateBody(commonName, publicKey, fill);
	const signature = sign("sha256", toSign, key);
	const certificate = element(0x30, [toSign, algorithm, element(0x03, [Uint8Array.of(0), Uint8Array.from(signature)])]);
	return { privateKey: scalar, publicKey, chain: [certificate] };
}

const p256Oid = "2a8648ce3d030107";
const ecdsaWithSha256 = "2a8648ce3d040302";
const commonNameOid = "550403";
const basicConstraints = "551d13";

const algorithm = element(0x30, [oid(ecdsaWithSha256)]);

/** A TBSCertificate (RFC 5280 §4.1): self-issued, valid from 2020 to 2049, an authority of its own. */
function certificateBody(commonName: string, publicKey: Uint8Array, fill: FillEntropy): Uint8Array {
	const serial = new Uint8Array(8);
	fill(serial);
	serial[0] = (serial[0]! & 0x7f) | 0x40; // positive, and in the fewest bytes
	const name = element(0x30, [
		element(0x31, [element(0x30, [oid(commonNameOid), element(0x0c, [new TextEncoder().encode(commonName)])])]),
	]);
	const times = ["200101000000Z", "491231235959Z"].map((time) => element(0x17, [new TextEncoder().encode(time)]));
	const isAuthority = element(0x30, [element(0x01, [Uint8Array.of(0xff)])]);
	const extension = element(0x30, [
		oid(basicConstraints),
		element(0x01, [Uint8Array.of(0xff)]),
		element(0x04, [isAuthority]),
	]);
	return element(0x30, [
		element(0xa0, [element(0x02, [Uint8Array.of(2)])]), // version 3
		element(0x02, [serial]),
		algorithm,
		name,
		element(0x30, times),
		name,
		publicKey,
		element(0xa3, [element(0x30, [extension])]),
	]);
}

/** One element of DER (X.690 §8.1), up to 65,535 bytes. */
function element(tag: number, parts: readonly Uint8Array[]): Uint8Array {
	const size = parts.reduce((sum, part) => sum + part.length, 0);
	const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
	const bytes = new Uint8Array(1 + length.length + size);
	bytes.set([tag, ...length]);
	let at = 1 + length.length;
	for (const part of parts) {
		bytes.set(part, at);
		at += part.length;
	}
	return bytes;
}

function oid(hex: string): Uint8Array {
	return element(0x06, [Uint8Array.from(Buffer.from(hex, "hex"))]);
}
