import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { utf8 } from "../../../modules/bytes.ts";
import type { HashRun } from "../../../modules/host.ts";
import { at, formatVersion, hashedBytes, headerBytes, magic, signatureBytes, textBytes } from "../slot-image.ts";

/** What an image is called, and who signs it. */
export interface ImageFacts {
	readonly name: string;
	readonly version: string;
	readonly securityCounter?: number;
	/** Private, P-256. */
	readonly key: KeyObject;
}

/** A program (the simulator's library) as an image for a slot. @throws RangeError when a text is too long */
export function writeImage(program: Uint8Array, { name, version, securityCounter = 0, key }: ImageFacts): Uint8Array {
	const padded = Math.ceil(program.length / 4) * 4; // whole units of flash
	const image = new Uint8Array(headerBytes + padded + signatureBytes);
	const view = new DataView(image.buffer);
	image.set(utf8(magic), 0);
	view.setUint16(at.formatVersion, formatVersion, true);
	view.setUint16(at.headerSize, headerBytes, true);
	view.setUint32(at.programSize, padded, true);
	view.setUint32(at.securityCounter, securityCounter, true);
	putText(image, at.name, name, "name");
	putText(image, at.version, version, "version");
	image.set(program, headerBytes);
	const covered = new Uint8Array(hashedBytes + padded);
	covered.set(image.subarray(0, hashedBytes));
	covered.set(image.subarray(headerBytes, headerBytes + padded), hashedBytes);
	image.set(new Uint8Array(createHash("sha256").update(covered).digest()), at.hash);
	// ECDSA with SHA-256 (FIPS 186-5) over what the hash covers: a signature of the hash in the header.
	image.set(new Uint8Array(sign("sha256", covered, { key, dsaEncoding: "ieee-p1363" })), headerBytes + padded);
	return image;
}

function putText(image: Uint8Array, offset: number, text: string, what: string): void {
	const bytes = utf8(text);
	if (bytes.length >= textBytes) throw new RangeError(`${what} "${text}": at most ${textBytes - 1} bytes`);
	image.set(bytes, offset);
}

/** SHA-256 on Node, as the port has it. */
export class NodeHash implements HashRun {
	readonly #hash = createHash("sha256");

	update(bytes: Uint8Array, at: number, end: number): void {
		this.#hash.update(bytes.subarray(at, end));
	}

	digest(): Uint8Array {
		return new Uint8Array(this.#hash.copy().digest());
	}
}

/** The point of a P-256 key, 65 bytes (SEC 1 §2.3.3). */
export function pointOf(key: KeyObject): Uint8Array {
	const publicKey =
		key.type === "private" ? createPublicKey(String(key.export({ type: "pkcs8", format: "pem" }))) : key;
	const spki = publicKey.export({ type: "spki", format: "der" });
	return new Uint8Array(spki.subarray(spki.length - 65));
}

/** The key of this checkout, made when it is first asked for: it shows the check and protects nothing. */
export function developmentKey(path: string): KeyObject {
	try {
		return createPrivateKey(readFileSync(path));
	} catch {
		const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
		mkdirSync(dirname(path), { recursive: true });
		writeFileSync(path, String(privateKey.export({ type: "pkcs8", format: "pem" })), { mode: 0o600 });
		return privateKey;
	}
}
