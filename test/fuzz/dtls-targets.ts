/*
 * DTLS under fuzz. Every target takes any bytes, and throws when something that must hold does not:
 * - an association keeps to its limits at every step, its deadline moves, it sends a bounded number of datagrams for
 *   one that came, and holds no timer and no key when it is closed;
 * - a chain of certificates gives a frozen Fault or a key of 65 bytes, and is not written to.
 */
import { NodeCrypto } from "../../hosts/simulator/board/accelerator.ts";
import { type Fault, fault } from "../../modules/bytes.ts";
import { readSpki, writeSpki } from "../../modules/crypto/public-key.ts";
import { clientTrust, type PeerVerifier, serverTrust } from "../../modules/crypto/trust.ts";
import { Association } from "../../modules/dtls/association.ts";
import { readCertificate } from "../../modules/dtls/certificate-message.ts";
import { CookieJar } from "../../modules/dtls/cookie.ts";
import type { AssociationListener, DtlsSettings, Role } from "../../modules/dtls/settings.ts";
import { seeded } from "../harness.ts";

/** One step of the script that the bytes are: what happens to the association next. */
const steps = 10;
const leapsMs = [1, 400, 1_100, 9_000, 200_000];
/** Of a handshake: the outbox. */
const datagramsForOne = 32;
const bufferedMax = 8192;
const psk = 0xc0a8;
const ecdhe = 0xc0ae;
const untrusted = fault("fuzz.untrusted", "silence", "the test");

const chance = seeded(7);
const fill = (bytes: Uint8Array) => {
	for (let index = 0; index < bytes.length; index++) bytes[index] = chance(256);
};
const crypto = new NodeCrypto({ fillEntropy: fill });
const key = crypto.importSecret(Uint8Array.of(1, 2, 3, 4));
const [clientKey, serverKey] = [crypto.p256.generate(), crypto.p256.generate()];
const anybody: PeerVerifier = {
	verifyRawKey: (spki) => readSpki(spki),
	verifyChain: () => untrusted,
};
const identityOf = (privateKey: number) => ({
	privateKey,
	rawPublicKey: writeSpki(crypto.p256.publicPoint(privateKey)),
});

/** Both sides of a handshake, of which one is fuzzed. */
class Bench {
	readonly fuzzed: Association;
	private readonly genuine: Association;
	private readonly keysBefore = crypto.keyCount;
	private readonly cookies: CookieJar;
	private nowMs = 1_000;
	private sequence = 5;
	/** What the fuzzed one said last; what it hears from the other waits here. */
	private waiting: Uint8Array[] = [];
	private said: Uint8Array[] = [];

	constructor(role: Role, flags: number) {
		const random = seeded(3);
		const entropy = {
			fill: (bytes: Uint8Array) => {
				for (let index = 0; index < bytes.length; index++) bytes[index] = random(256);
			},
		};
		this.cookies = new CookieJar(crypto, entropy);
		const suites = [(flags & 1) === 0 ? psk : ecdhe];
		const base = {
			crypto,
			entropy,
			suites,
			trust: anybody,
			...(flags & 2 ? { connectionId: Uint8Array.of(5, 6) } : {}),
		};
		const client: DtlsSettings = { ...base, psk: { identity: Uint8Array.of(7), key }, identity: identityOf(clientKey) };
		const server: DtlsSettings = {
			...base,
			pskOf: () => key,
			identity: identityOf(serverKey),
			requestPeerCertificate: true,
			...(flags & 4 ? {} : { cookies: this.cookies }),
		};
		const deaf: AssociationListener = { established() {}, received() {}, closed() {} };
		const make = (as: Role) => new Association(as, as === "client" ? client : server, deaf);
		this.fuzzed = make(role);
		this.genuine = make(role === "client" ? "server" : "client");
		(role === "client" ? this.fuzzed : this.genuine).connect(this.nowMs);
		this.collect();
	}

	/** Hands a datagram to the fuzzed one. */
	deliver(bytes: Uint8Array): void {
		this.fuzzed.receive(bytes, 0, bytes.length, this.nowMs);
		bytes.fill(0xee);
		this.collect();
		this.check();
	}

	/** A record of epoch 0, with a header that is right. */
	record(type: number, body: Uint8Array): void {
		this.deliver(recordOf(type, 0, this.sequence++, body));
	}

	/** A handshake message, with headers that are right. */
	message(type: number, sequence: number, body: Uint8Array): void {
		const bytes = new Uint8Array(12 + body.length);
		bytes.set([type, 0, body.length >> 8, body.length, 0, sequence, 0, 0, 0, 0, body.length >> 8, body.length]);
		bytes.set(body, 12);
		this.record(22, bytes);
	}

	/** Under the keys of the genuine one, where it has some. */
	sealed(type: number, body: Uint8Array): void {
		const { records } = this.genuine;
		if (!records.isProtected || body.length === 0 || body.length > 200) return;
		const bytes = new Uint8Array(records.recordBytes(1, body.length));
		records.seal(1, type, body, 0, body.length, bytes, 0);
		this.deliver(bytes);
	}

	/** The genuine one hears what was said, and its answers are delivered, but for one. @param kept 255: all are */
	settle(kept: number): void {
		const said = this.said;
		this.said = [];
		for (const bytes of said) this.genuine.receive(bytes, 0, bytes.length, this.nowMs);
		for (let bytes = this.genuine.takeDatagram(); bytes !== undefined; bytes = this.genuine.takeDatagram()) {
			this.waiting.push(bytes);
		}
		const waiting = this.waiting;
		this.waiting = [];
		for (let index = 0; index < waiting.length; index++) if (index !== kept) this.deliver(waiting[index]!);
	}

	/** A genuine datagram, with a byte changed, in front of it. */
	bend(at: number, by: number): void {
		const [first] = this.waiting;
		if (first === undefined) return;
		const bytes = first.slice();
		if (at < bytes.length) bytes[at]! ^= by;
		this.deliver(bytes);
	}

	/** Lets the genuine one hear, and keeps its answers. */
	hold(): void {
		this.settle(0);
		for (const bytes of this.said.splice(0)) this.genuine.receive(bytes, 0, bytes.length, this.nowMs);
		for (let bytes = this.genuine.takeDatagram(); bytes !== undefined; bytes = this.genuine.takeDatagram()) {
			this.waiting.push(bytes);
		}
	}

	pass(ms: number): void {
		const untilMs = this.nowMs + ms;
		for (const association of [this.fuzzed, this.genuine]) {
			for (let turn = 0; association.deadlineMs <= untilMs; turn++) {
				if (turn > 100) throw new Error(`busy for ever at ${this.nowMs} ms`);
				const dueMs = Math.max(this.nowMs, association.deadlineMs);
				association.poll(dueMs);
				if (association.deadlineMs <= dueMs) throw new Error("the deadline does not move");
				this.collect();
			}
		}
		this.nowMs = untilMs;
	}

	say(size: number): void {
		this.fuzzed.send(new Uint8Array(size), 0, size, this.nowMs);
		this.collect();
	}

	finish(): void {
		this.pass(400_000);
		for (const association of [this.fuzzed, this.genuine]) {
			association.close(this.nowMs);
			if (association.deadlineMs !== Number.POSITIVE_INFINITY) throw new Error("a timer is left");
		}
		this.cookies.release();
		if (crypto.keyCount !== this.keysBefore) throw new Error(`${crypto.keyCount - this.keysBefore} keys are left`);
	}

	private collect(): void {
		let count = 0;
		for (let bytes = this.fuzzed.takeDatagram(); bytes !== undefined; bytes = this.fuzzed.takeDatagram()) {
			if (++count > datagramsForOne) throw new Error(`more than ${datagramsForOne} datagrams for one step`);
			if (bytes.length < 14 || bytes.length > 1152) throw new Error(`a datagram of ${bytes.length} bytes`);
			this.said.push(bytes);
		}
		if (this.said.length > 64) this.said.splice(0, 32);
	}

	private check(): void {
		const { handshake } = this.fuzzed as unknown as { handshake?: { reassembly: { bufferedBytes: number } } };
		const bufferedBytes = handshake?.reassembly.bufferedBytes ?? 0;
		if (bufferedBytes > bufferedMax) throw new Error(`${bufferedBytes} bytes of messages are kept`);
		if (handshake === undefined && this.fuzzed.deadlineMs !== Number.POSITIVE_INFINITY)
			throw new Error("a stray timer");
	}
}

function recordOf(type: number, epoch: number, sequence: number, body: Uint8Array): Uint8Array {
	const bytes = new Uint8Array(13 + body.length);
	bytes.set([type, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, sequence >> 8, sequence, body.length >> 8, body.length]);
	bytes.set(body, 13);
	return bytes;
}

/** Plays the bytes as a script: how both are set up, then an operation, its two arguments, and for some its bytes. */
function play(role: Role, bytes: Uint8Array): void {
	const bench = new Bench(role, bytes[0] ?? 0);
	for (let at = 1; at + 2 < bytes.length; ) {
		const operation = bytes[at]! % steps;
		const kind = bytes[at + 1]!;
		const size = bytes[at + 2]!;
		at += 3;
		if (operation === 0) bench.settle(kind);
		else if (operation === 1) bench.hold();
		else if (operation === 2) bench.bend(kind, size);
		else if (operation === 3) bench.pass(leapsMs[kind % leapsMs.length]!);
		else if (operation === 4) bench.say(kind);
		else {
			const body = bytes.slice(at, at + size);
			at += size;
			if (operation === 5) bench.deliver(body);
			else if (operation === 6) bench.record(kind, body);
			else if (operation === 7) bench.sealed(20 + (kind % 4), body);
			else bench.message(kind >> 3, kind & 7, body);
		}
	}
	bench.finish();
}

/** A client between a genuine server and whoever sends the rest. */
export const dtlsClient = (bytes: Uint8Array): void => play("client", bytes);
/** The server of the same. */
export const dtlsServer = (bytes: Uint8Array): void => play("server", bytes);

/** "root" of test/vectors/x509.json. */
const root =
	"3082012f3081d6a003020102020101300a06082a8648ce3d040302300f310d300b06035504030c04726f6f74301e170d3230" +
	"303130313030303030305a170d3439313233313233353935395a300f310d300b06035504030c04726f6f743059301306072a" +
	"8648ce3d020106082a8648ce3d03010703420004569526262bf0de581af9109e44a895256fbc51e8f2cacc9cf73b1c21f785" +
	"6bfe329484b87b312335b6a9b3acea0d7488d0cfe2bbe461b081cd52090277a426bea3233021300f0603551d130101ff0405" +
	"30030101ff300e0603551d0f0101ff040403020106300a06082a8648ce3d0403020348003045022056190f1f4864dab289dc" +
	"8b7febecdcbacaef4c9913e8f6f21e6bdb7a4df71f9e022100d57758ca567f4d2effc6e20d79531a0b04aaf61a3e8df9021d" +
	"5827ed8f0d007b";
const nowS = 1_810_000_000;

/** A Certificate message to a client, and to a server. */
export function x509(bytes: Uint8Array): void {
	const before = bytes.slice();
	const chain = readCertificate(bytes, 0, bytes.length);
	if ("code" in chain) {
		checkFault(chain);
		return;
	}
	const anchor = Uint8Array.from(root.match(/../g)!, (digits) => Number.parseInt(digits, 16));
	const client = serverTrust({ crypto, serverPublicKey: anchor, usage: 2 });
	const server = clientTrust({ crypto, anchors: [anchor], withoutClock: "accept" });
	if ("code" in client || "code" in server) throw new Error("the anchor can not be read");
	for (const name of ["server.example", "", undefined]) checkKey(client.verifyChain(chain, name, nowS));
	checkKey(server.verifyChain(chain, undefined, nowS));
	checkKey(server.verifyChain(chain, undefined, undefined));
	for (const certificate of chain) checkKey(readSpki(certificate));
	if (before.some((byte, at) => byte !== bytes[at])) throw new Error("the message was written to");
}

function checkKey(found: Uint8Array | Fault): void {
	if ("code" in found) checkFault(found);
	else if (found.length !== 65 || found[0] !== 4) throw new Error("no point");
}

function checkFault(found: Fault): void {
	if (typeof found.code !== "string" || !Object.isFrozen(found)) throw new Error("no frozen Fault");
}
