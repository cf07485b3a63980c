import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { utf8 } from "../../../modules/bytes.ts";
import { hashed, type Image, signatureBytes } from "./image.ts";

/** How an image is signed: Ed25519 (RFC 8032), or ECDSA on P-256 with SHA-256 (FIPS 186-5). */
export type SignatureAlgorithm = "ed25519" | "p256";

/** The signature block behind the code: FORMAT.md. */
const at = { algorithm: 0, keyId: 8, signature: 16, end: 80 };
const numbers: Readonly<Record<SignatureAlgorithm, number>> = Object.freeze({ ed25519: 1, p256: 2 });
const dsaEncoding = "ieee-p1363"; // r and s, 32 bytes each
/** In front of the hash, so that nothing else that this key may sign is an image. */
const purpose = utf8("DORMOUSE image 2\0");

/** Not a key that images can be signed with, or checked with. */
export class KeyRefused extends Error {
	override get name() {
		return "KeyRefused";
	}
}

export interface SigningKey {
	readonly algorithm: SignatureAlgorithm;
	/** Who signed: the first 16 digits of SHA-256 over the SubjectPublicKeyInfo. */
	readonly id: string;
	readonly publicKey: KeyObject;
	/** Absent where only the public key is to be had. */
	readonly privateKey?: KeyObject;
}

/** A key out of PEM: a private one (PKCS #8, SEC 1), or a public one. @throws KeyRefused */
export function readSigningKey(pem: string): SigningKey {
	try {
		if (!pem.includes("PRIVATE KEY")) return keyOf(createPublicKey(pem));
		const privateKey = createPrivateKey(pem);
		return { ...keyOf(createPublicKey(privateKey)), privateKey };
	} catch (error) {
		if (error instanceof KeyRefused) throw error;
		throw new KeyRefused(`this is no key in PEM: ${(error as Error).message}`, { cause: error });
	}
}

function keyOf(publicKey: KeyObject): SigningKey {
	const { asymmetricKeyType: type, asymmetricKeyDetails: details } = publicKey;
	const algorithm =
		type === "ed25519" ? "ed25519" : type === "ec" && details?.namedCurve === "prime256v1" ? "p256" : undefined;
	if (algorithm === undefined)
		throw new KeyRefused("images are signed with Ed25519 or ECDSA P-256; this is another key");
	const spki = publicKey.export({ type: "spki", format: "der" });
	const id = createHash("sha256").update(new Uint8Array(spki)).digest("hex").slice(0, 16);
	return { algorithm, id, publicKey };
}

/** Signs what writeImage() gives it. @throws KeyRefused for a public key */
export function signer(key: SigningKey): (pieces: readonly Uint8Array[], hash: Uint8Array) => Uint8Array {
	const { privateKey, algorithm, id } = key;
	if (privateKey === undefined) throw new KeyRefused("signing takes the private key; this is the public one");
	return (pieces, hash) => {
		const block = new Uint8Array(signatureBytes);
		block[at.algorithm] = numbers[algorithm];
		block.set(Buffer.from(id, "hex"), at.keyId);
		const signature =
			algorithm === "ed25519"
				? sign(null, messageOf(hash), privateKey)
				: sign("sha256", joined(pieces), { key: privateKey, dsaEncoding });
		block.set(signature, at.signature);
		return block;
	};
}

/** The id of the key that an image names; undefined when it is not signed. It proves nothing. */
export function signerOf({ bytes, isSigned }: Pick<Image, "bytes" | "isSigned">): string | undefined {
	if (!isSigned) return undefined;
	const from = bytes.length - signatureBytes + at.keyId;
	return Buffer.from(bytes.subarray(from, from + 8)).toString("hex");
}

/** Whether one of `keys` signed the image. @param image as readImage() read it: its hash is right */
export function isSignedBy(image: Image, keys: readonly SigningKey[]): boolean {
	const id = signerOf(image);
	const key = keys.find((one) => one.id === id);
	if (key === undefined) return false;
	const block = image.bytes.subarray(image.bytes.length - signatureBytes);
	if (block[at.algorithm] !== numbers[key.algorithm]) return false;
	const isPadding = (_: number, index: number) => (index > at.algorithm && index < at.keyId) || index >= at.end;
	if (block.filter(isPadding).some((byte) => byte !== 0)) return false;
	const signature = block.subarray(at.signature, at.end);
	return key.algorithm === "ed25519"
		? verify(null, messageOf(new Uint8Array(Buffer.from(image.hash, "hex"))), key.publicKey, signature)
		: verify("sha256", joined(hashed(image.bytes)), { key: key.publicKey, dsaEncoding }, signature);
}

const messageOf = (hash: Uint8Array) => joined([purpose, hash]);

function joined(pieces: readonly Uint8Array[]): Uint8Array {
	const whole = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
	let to = 0;
	for (const piece of pieces) {
		whole.set(piece, to);
		to += piece.length;
	}
	return whole;
}
