import { createECDH, createHash, createHmac, createPublicKey, verify } from "node:crypto";

/** The curve's b in y² = x³ - 3x + b, the field, and the order of the base point G (SEC 2 §2.4.2). */
const b = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;
const prime = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const curve = "prime256v1";
/** What stands before the point in a SubjectPublicKeyInfo of P-256 (RFC 5480 §2): ecPublicKey, prime256v1. */
const spkiHead = "3059301306072a8648ce3d020106082a8648ce3d030107034200";

/** Of two messages one is always good: the point of the other may be the one that sumOf() can not add. */
const messages = [Uint8Array.of(0), Uint8Array.of(1)];

/** Whether `scalar` is a private key: 32 bytes, above 0 and below the order. */
export function isScalar(scalar: Uint8Array): boolean {
	const value = scalar.length === 32 ? toNumber(scalar) : 0n;
	return value > 0n && value < order;
}

/** @returns the 65-byte uncompressed public point of a private key */
export function pointOf(scalar: Uint8Array): Uint8Array {
	const pair = createECDH(curve);
	pair.setPrivateKey(scalar);
	return new Uint8Array(pair.getPublicKey());
}

/** @returns ECDH's x coordinate, or undefined for what is not an uncompressed point on the curve */
export function sharedX(scalar: Uint8Array, point: Uint8Array): Uint8Array | undefined {
	if (!isUncompressed(point)) return undefined; // OpenSSL would take compressed and hybrid ones, too
	const pair = createECDH(curve);
	pair.setPrivateKey(scalar);
	try {
		return new Uint8Array(pair.computeSecret(point)); // looks whether the point is on the curve
	} catch {
		return undefined;
	}
}

/**
 * ECDSA with the nonce of RFC 6979 §3.2 (HMAC-SHA-256): one key and hash have one signature, so that a run can be
 * repeated. node:crypto signs messages, never hashes: it multiplies the point here, and the rest is BigInt's, whose
 * time may depend on the key. Good for simulated boards and tests.
 * @param hash 32 bytes
 * @returns r and s, 64 bytes
 */
export function signHash(scalar: Uint8Array, hash: Uint8Array): Uint8Array {
	const z = toNumber(hash) % order;
	for (const nonce of nonces(scalar, toBytes(z))) {
		const r = toNumber(pointOf(nonce).subarray(1, 33)) % order;
		const s = (inverse(toNumber(nonce), order) * ((z + r * toNumber(scalar)) % order)) % order;
		if (r === 0n || s === 0n) continue;
		const signature = new Uint8Array(64);
		signature.set(toBytes(r));
		signature.set(toBytes(s), 32);
		return signature;
	}
	throw new Error("RFC 6979 ran out of nonces");
}

/**
 * Verifies ECDSA over a hash. node:crypto verifies messages only, so the question is put in other words: (r, s) is a
 * signature of the hash z under the key Q exactly if it is one of z' under Q + ((z - z') / r) G, for any z' (SEC 1
 * §4.1.4: both give the same point R). z' is the hash of a message of our own.
 * Never throws.
 */
export function isSignature(point: Uint8Array, hash: Uint8Array, signature: Uint8Array): boolean {
	if (!isOnCurve(point) || hash.length !== 32 || signature.length !== 64) return false;
	if (!isScalar(signature.subarray(0, 32)) || !isScalar(signature.subarray(32))) return false;
	const r = toNumber(signature.subarray(0, 32));
	for (const message of messages) {
		const difference = toNumber(hash) - toNumber(new Uint8Array(createHash("sha256").update(message).digest()));
		const offset = toBytes(modulo(difference * inverse(r, order), order));
		const sum = isScalar(offset) ? sumOf(point, pointOf(offset)) : point;
		if (sum !== undefined) return isMessageSignature(sum, message, signature);
	}
	return false;
}

function isMessageSignature(point: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
	try {
		const spki = Buffer.from(spkiHead + Buffer.from(point).toString("hex"), "hex");
		const key = createPublicKey({ format: "der", type: "spki", key: spki });
		return verify("sha256", message, { key, dsaEncoding: "ieee-p1363" }, signature);
	} catch {
		return false;
	}
}

/** The sum of two points (SEC 1 §2.2.1), undefined when they have one x: the sum takes another formula then. */
function sumOf(one: Uint8Array, other: Uint8Array): Uint8Array | undefined {
	const [x1, y1] = [toNumber(one.subarray(1, 33)), toNumber(one.subarray(33))];
	const [x2, y2] = [toNumber(other.subarray(1, 33)), toNumber(other.subarray(33))];
	if (x1 === x2) return undefined;
	const slope = modulo((y2 - y1) * inverse(modulo(x2 - x1, prime), prime), prime);
	const x = modulo(slope * slope - x1 - x2, prime);
	const y = modulo(slope * (x1 - x) - y1, prime);
	return Uint8Array.from([4, ...toBytes(x), ...toBytes(y)]);
}

function isUncompressed(point: Uint8Array): boolean {
	return point.length === 65 && point[0] === 4;
}

function isOnCurve(point: Uint8Array): boolean {
	if (!isUncompressed(point)) return false;
	const [x, y] = [toNumber(point.subarray(1, 33)), toNumber(point.subarray(33))];
	return x < prime && y < prime && modulo(x * x * x - 3n * x + b - y * y, prime) === 0n;
}

/** RFC 6979 §3.2: candidates for k, all of them usable. @param hash bits2octets of the hash */
function* nonces(scalar: Uint8Array, hash: Uint8Array): Generator<Uint8Array> {
	let key = new Uint8Array(32);
	let value = new Uint8Array(32).fill(1);
	const mac = (...parts: Uint8Array[]) => {
		const run = createHmac("sha256", key);
		for (const part of parts) run.update(part);
		return new Uint8Array(run.digest());
	};
	for (const round of [0, 1]) {
		key = mac(value, Uint8Array.of(round), scalar, hash);
		value = mac(value);
	}
	for (let count = 0; count < 64; count++) {
		value = mac(value);
		if (isScalar(value)) yield value;
		key = mac(value, Uint8Array.of(0));
		value = mac(value);
	}
}

/** The inverse modulo a prime, by the extended Euclidean algorithm. */
function inverse(value: bigint, prime: bigint): bigint {
	let [rest, next] = [value, prime];
	let [x, y] = [1n, 0n];
	while (next !== 0n) {
		const quotient = rest / next;
		[rest, next] = [next, rest - quotient * next];
		[x, y] = [y, x - quotient * y];
	}
	return modulo(x, prime);
}

function modulo(value: bigint, divisor: bigint): bigint {
	const rest = value % divisor;
	return rest < 0n ? rest + divisor : rest;
}

function toNumber(bytes: Uint8Array): bigint {
	return BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}

function toBytes(value: bigint): Uint8Array {
	return new Uint8Array(Buffer.from(value.toString(16).padStart(64, "0"), "hex"));
}
