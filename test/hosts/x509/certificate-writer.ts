/** Writes DER and certificates, good and bad, for tests. Signs with node:crypto. */
import { createPrivateKey, type KeyObject, sign } from "node:crypto";
import { ecKeyPair } from "./key-pair.ts";

type Bytes = Uint8Array;

export const joined = (...parts: readonly Bytes[]): Bytes => new Uint8Array(Buffer.concat(parts));
export const hex = (text: string): Bytes => new Uint8Array(Buffer.from(text.replace(/\s/g, ""), "hex"));

/** One element, length in the fewest bytes. */
export function element(tag: number, ...content: readonly Bytes[]): Bytes {
	const body = joined(...content);
	const size = body.length;
	const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
	return joined(Uint8Array.of(tag, ...length), body);
}

export const sequence = (...content: readonly Bytes[]) => element(0x30, ...content);
export const integer = (...content: readonly number[]) => element(0x02, Uint8Array.from(content));
export const octets = (...content: readonly Bytes[]) => element(0x04, ...content);
export const bits = (unused: number, content: Bytes) => element(0x03, Uint8Array.of(unused), content);
export const text = (tag: number, value: string) => element(tag, new Uint8Array(Buffer.from(value)));
export const identifier = (digits: string) => element(0x06, hex(digits));
export const isTrue = Uint8Array.of(0x01, 0x01, 0xff);
export const none = new Uint8Array(0);

/** UTCTime when it has 13 characters, else GeneralizedTime. */
export const time = (value: string) => text(value.length === 13 ? 0x17 : 0x18, value);

/** A Name: one Common Name, or none. */
export const name = (commonName: string, tag = 0x0c) =>
	commonName === "" ? sequence() : sequence(element(0x31, sequence(identifier("550403"), text(tag, commonName))));

export const extension = (id: string, isCritical: boolean, value: Bytes) =>
	sequence(identifier(id), isCritical ? isTrue : none, octets(value));

export const basicConstraints = (isCa: boolean, pathLength?: number, isCritical = true) =>
	extension(
		"551d13",
		isCritical,
		sequence(isCa ? isTrue : none, pathLength === undefined ? none : integer(pathLength)),
	);
/** @param byte the bits as they stand: 0x80 digitalSignature, 0x04 keyCertSign */
export const keyUsage = (byte: number) =>
	extension(
		"551d0f",
		true,
		bits(Math.clz32(byte & -byte) === 32 ? 0 : 31 - Math.clz32(byte & -byte), Uint8Array.of(byte)),
	);
export const serverAuth = "2b06010505070301";
export const clientAuth = "2b06010505070302";
export const extendedKeyUsage = (...ids: readonly string[]) =>
	extension("551d25", false, sequence(...ids.map(identifier)));
export const dns = (value: string) => text(0x82, value);
export const address = (...bytes: readonly number[]) => element(0x87, Uint8Array.from(bytes));
export const altNames = (...names: readonly Bytes[]) => extension("551d11", false, sequence(...names));

export interface KeyPair {
	readonly privateKey: KeyObject;
	readonly spki: Bytes;
	readonly point: Bytes;
}

export function keyPair(curve = "prime256v1"): KeyPair {
	const { privateKey, publicKey } = ecKeyPair(curve);
	const spki = new Uint8Array(publicKey.export({ format: "der", type: "spki" }));
	return { privateKey, spki, point: spki.slice(-65) };
}

/** PKCS #8 and SEC 1 of the same key, and its scalar. */
export function privateForms(key: KeyObject) {
	const sec1 = new Uint8Array(key.export({ format: "der", type: "sec1" }));
	return {
		pkcs8: new Uint8Array(key.export({ format: "der", type: "pkcs8" })),
		sec1,
		scalar: new Uint8Array(Buffer.from(key.export({ format: "jwk" }).d!, "base64url")),
	};
}

export const fromSec1 = (bytes: Bytes) => createPrivateKey({ key: Buffer.from(bytes), format: "der", type: "sec1" });

/** Every part of a certificate that a test may want otherwise. */
export interface Form {
	readonly version: Bytes;
	readonly serial: Bytes;
	readonly algorithm: Bytes;
	readonly issuer: Bytes;
	readonly notBefore: Bytes;
	readonly notAfter: Bytes;
	readonly subject: Bytes;
	readonly spki: Bytes;
	/** undefined: the field is absent. */
	readonly extensions: readonly Bytes[] | undefined;
	readonly outerAlgorithm: Bytes;
	readonly hash: string;
}

export const ecdsaSha256 = sequence(identifier("2a8648ce3d040302"));
export const ecdsaSha384 = sequence(identifier("2a8648ce3d040303"));

/** Signs `form`, completed with what an ordinary certificate has. */
export function writeCertificate(issuerKey: KeyPair, form: Partial<Form>): Bytes {
	const algorithm = form.algorithm ?? ecdsaSha256;
	const list = form.extensions;
	const signed = sequence(
		form.version ?? element(0xa0, integer(2)),
		form.serial ?? integer(1),
		algorithm,
		form.issuer ?? name("root"),
		sequence(form.notBefore ?? time("200101000000Z"), form.notAfter ?? time("491231235959Z")),
		form.subject ?? name("device"),
		form.spki ?? issuerKey.spki,
		list === undefined ? none : element(0xa3, sequence(...list)),
	);
	const signature = new Uint8Array(sign(form.hash ?? "sha256", signed, issuerKey.privateKey));
	return sequence(signed, form.outerAlgorithm ?? algorithm, bits(0, signature));
}
