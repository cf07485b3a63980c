/** The client over real DTLS: against the server role of modules/dtls, in virtual time, on a wire that can be cut. */
import { toHex, utf8 } from "../../../modules/bytes.ts";
import { Code } from "../../../modules/coap/code.ts";
import { Peer, type Request } from "../../../modules/coap/peer.ts";
import { PortableCrypto } from "../../../modules/crypto/portable.ts";
import { Association } from "../../../modules/dtls/association.ts";
import { SessionCache } from "../../../modules/dtls/session-cache.ts";
import type { CloseReason, DtlsSettings, Established } from "../../../modules/dtls/settings.ts";
import { formatsSince11 } from "../../../modules/formats/payload.ts";
import { type Address, HostFailure, type LogRecord } from "../../../modules/host.ts";
import { Client } from "../../../modules/lwm2m/client.ts";
import { DtlsListening } from "../../../modules/lwm2m/dtls-incoming.ts";
import { DtlsTransport, type DtlsTransportOptions } from "../../../modules/lwm2m/dtls-transport.ts";
import { type SecurityOptions, security } from "../../../modules/objects/security-0.ts";
import { server } from "../../../modules/objects/server-1.ts";
import { deepEqual, equal, ok, seeded, test } from "../../harness.ts";

const key = Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
const psk = { mode: "psk", identity: utf8("dormouse"), key } as const;
const address: Address = { host: "192.0.2.1", port: 5684 };
const plainAddress: Address = { host: "192.0.2.2", port: 5683 };

interface PairOptions {
	readonly security?: Partial<SecurityOptions>;
	readonly transport?: Partial<DtlsTransportOptions>;
	readonly server?: Partial<DtlsSettings>;
	readonly listens?: boolean;
	/** A second account, in the clear, with a server at plainAddress. */
	readonly hasPlain?: boolean;
}

/** A client and one secure server that knows the key above. */
class Pair {
	nowMs = 1000;
	isCut = false;
	failsEntropy = false;
	readonly records: LogRecord[] = [];
	readonly requests: Request[] = [];
	readonly sessions: Established[] = [];
	readonly closed: CloseReason[] = [];
	readonly client: Client;
	readonly crypto: PortableCrypto;
	readonly peer: Peer;
	/** What was sent in the clear. */
	readonly plain: Uint8Array[] = [];
	/** Bytes of each datagram to the secure server. */
	readonly sizes: number[] = [];
	readonly #settings: DtlsSettings;
	association: Association;
	readonly #to: Address = { host: "", port: 0 };

	constructor(options: PairOptions = {}) {
		const chance = seeded(11);
		const dice = { below: (bound: number) => chance(bound) };
		const entropy = {
			fill: (bytes: Uint8Array) => {
				if (this.failsEntropy) throw new HostFailure("no entropy");
				for (let index = 0; index < bytes.length; index++) bytes[index] = chance(256);
			},
		};
		this.crypto = new PortableCrypto({ entropy });
		const serverKey = this.crypto.importSecret(key);
		this.#settings = {
			crypto: this.crypto,
			entropy: { fill: (bytes) => bytes.forEach((_, index) => void (bytes[index] = chance(256))) },
			suites: [0xc0a8],
			pskOf: (identity) => (toHex(identity) === toHex(psk.identity) ? serverKey : undefined),
			unknownIdentity: "alert",
			psk: { identity: psk.identity, key: serverKey },
			connectionId: Uint8Array.of(7, 7),
			...options.server,
		};
		this.association = this.newAssociation();
		this.peer = new Peer({
			dice,
			entropy: this.#settings.entropy,
			listener: {
				requested: (request, nowMs) => {
					this.requests.push(request);
					const isRegister = request.path.length === 1;
					const changed = { code: request.code === Code.delete ? Code.deleted : Code.changed };
					const response = isRegister ? { code: Code.created, locationPath: ["rd", "5"] } : changed;
					this.peer.respond(request, response, nowMs);
				},
				responded() {},
				failed() {},
				observerGone() {},
			},
		});
		this.client = new Client({
			endpointName: "ep",
			dice,
			entropy: this.#settings.entropy,
			formats: formatsSince11,
			log: (record) => this.records.push(record),
			secure: new DtlsTransport({
				crypto: this.crypto,
				entropy,
				...(options.listens === true ? { listening: new DtlsListening(this.crypto, entropy) } : {}),
				...options.transport,
			}),
		});
		const account = { serverUri: "coaps://server.example", shortServerId: 1, credentials: psk, ...options.security };
		this.client.add(security(account));
		this.client.add(server({ shortServerId: 1, lifetimeS: 300 }, this.client));
		if (options.hasPlain !== true) return;
		this.client.add(security({ id: 1, serverUri: "coap://plain.example", shortServerId: 2 }));
		this.client.add(server({ id: 1, shortServerId: 2, lifetimeS: 300 }, this.client));
	}

	/** The server's end of a new session. */
	newAssociation(role: "server" | "client" = "server"): Association {
		return new Association(role, this.#settings, {
			established: (session) => this.sessions.push(session),
			received: (bytes, at, end, nowMs) => void this.peer.receive(bytes, at, end, nowMs),
			closed: (reason) => this.closed.push(reason),
		});
	}

	start(): this {
		this.client.start(this.nowMs);
		this.settle();
		return this;
	}

	run(forMs: number): this {
		const endMs = this.nowMs + forMs;
		for (let turns = 0; turns < 10_000; turns++) {
			const nextMs = Math.min(this.client.deadlineMs, this.association.deadlineMs, this.peer.deadlineMs);
			if (nextMs > endMs) break;
			this.nowMs = Math.max(this.nowMs, nextMs);
			this.settle();
		}
		this.nowMs = endMs;
		this.settle();
		return this;
	}

	logged(event: string): LogRecord[] {
		return this.records.filter((record) => record.event === event);
	}

	get state(): string {
		return this.client.sessions[0]!.state;
	}

	settle(): void {
		for (let rounds = 0; rounds < 100; rounds++) {
			this.client.poll(this.nowMs);
			this.association.poll(this.nowMs);
			this.peer.poll(this.nowMs);
			for (let name = this.client.takeName(); name !== undefined; name = this.client.takeName()) {
				this.client.resolved(name, [(name === "plain.example" ? plainAddress : address).host], this.nowMs);
				this.client.poll(this.nowMs);
			}
			if (!this.#carry()) return;
		}
		throw new Error("they never stop talking");
	}

	#carry(): boolean {
		let isMoved = false;
		for (let sent = this.client.takeDatagram(this.#to); sent !== undefined; sent = this.client.takeDatagram(this.#to)) {
			isMoved = true;
			if (this.#to.host === plainAddress.host) {
				this.plain.push(sent.slice());
				continue;
			}
			this.sizes.push(sent.length);
			if (!this.isCut) this.association.receive(sent.slice(), 0, sent.length, this.nowMs);
		}
		for (let message = this.peer.takeDatagram(); message !== undefined; message = this.peer.takeDatagram()) {
			this.association.send(message, 0, message.length, this.nowMs);
		}
		const { association } = this;
		for (let sent = association.takeDatagram(); sent !== undefined; sent = association.takeDatagram()) {
			isMoved = true;
			if (!this.isCut) this.client.receive(address, sent, 0, sent.length, this.nowMs);
		}
		return isMoved;
	}
}

test("[CORE-SEC] registers, updates and leaves through DTLS with a pre-shared key; nothing secret is logged", () => {
	const pair = new Pair().start();
	equal(pair.state, "registered");
	deepEqual(pair.logged("handshaking"), [{ event: "handshaking", server: 1, crypto: "portable" }]);
	deepEqual(pair.logged("secured"), [
		{ event: "secured", server: 1, suite: "TLS_PSK_WITH_AES_128_CCM_8", cid: "0707", resumed: false },
	]);
	equal(toHex(pair.sessions[0]!.peer.psk!), toHex(psk.identity));
	pair.run(1_000_000);
	equal(pair.sessions.length, 1, "one handshake for all Updates");
	ok(pair.requests.length >= 5);
	pair.client.stop(pair.nowMs);
	pair.settle();
	equal(pair.requests.at(-1)!.code, Code.delete);
	deepEqual(pair.closed, [{ code: "dtls.closeNotify" }]);
	ok(pair.client.isEnded);
	const told = JSON.stringify(pair.records);
	ok(!told.includes(toHex(key)) && !told.includes(toHex(psk.identity)), "a secret in the log");
});

test("[CORE-SEC] the handshake's time is not CoAP's: on a dead link the Register waits, then goes out once", () => {
	const pair = new Pair();
	pair.isCut = true;
	pair.start().run(20_000);
	equal(pair.state, "registering");
	pair.isCut = false;
	pair.run(60_000);
	equal(pair.state, "registered");
	equal(pair.requests.length, 1);
});

test("[CORE-SEC] a first timeout of 9 s, for cellular links", () => {
	const pair = new Pair({ transport: { flightTimeoutMs: 9000 } });
	pair.isCut = true;
	pair.start().run(8_999);
	equal(pair.sizes.length, 1);
	pair.run(1);
	equal(pair.sizes.length, 2);
});

test("[CORE-SEC] a key that is wrong, an identity that nobody knows: told by the alert, and tried again later", () => {
	const wrong = { credentials: { ...psk, key: new Uint8Array(16) } };
	const unknown = { credentials: { ...psk, identity: utf8("stranger") } };
	for (const [security, alert] of [
		[wrong, undefined],
		[unknown, "unknownPskIdentity"],
	] as const) {
		const pair = new Pair({ security }).start().run(200_000);
		const [failed] = pair.logged("registrationFailed");
		ok(String(failed!.reason).startsWith("dtls."), String(failed!.reason));
		if (alert !== undefined) equal(failed!.alert, alert);
		ok(Number(failed!.retryInMs) >= 60_000);
		equal(pair.requests.length, 0);
	}
});

test("[CORE-SEC] a session that the server closes is resumed, and an Update follows", () => {
	const pair = new Pair().start();
	pair.association.close(pair.nowMs);
	const old = pair.association;
	for (let sent = old.takeDatagram(); sent !== undefined; sent = old.takeDatagram()) {
		pair.client.receive(address, sent, 0, sent.length, pair.nowMs);
	}
	pair.association = pair.newAssociation();
	pair.run(61_000);
	equal(pair.state, "registered");
	equal(pair.logged("unsecured").length, 1);
	equal(pair.logged("secured").length, 2);
	deepEqual(
		pair.requests.map(({ path }) => path.join("/")),
		["rd", "rd/5"],
	);
});

test("[CORE-SEC] a server that has forgotten the session gets another handshake after an unanswered Update", () => {
	const pair = new Pair().start();
	pair.association = pair.newAssociation();
	pair.run(320_000);
	equal(pair.state, "registered");
	equal(pair.sessions.length, 2);
});

test("[CORE-SEC] no entropy: said, not crashed, and tried again", () => {
	const pair = new Pair();
	pair.failsEntropy = true;
	pair.start();
	equal(pair.state, "waiting");
	ok(String(pair.logged("registrationFailed")[0]!.reason).includes("hostFailure"));
	pair.failsEntropy = false;
	pair.run(80_000);
	equal(pair.state, "registered");
});

test("[CORE-SEC] accounts that lack something say what, and send nothing", () => {
	const none = new Uint8Array(0);
	for (const [security, reason] of [
		[{ credentials: { ...psk, identity: none } }, "credentials.identity"],
		[{ credentials: { ...psk, key: none } }, "credentials.secretKey"],
		[{ credentials: { ...psk, key: new Uint8Array(65) } }, "credentials.secretKey"],
		[{ ciphersuites: [0xc0ae, 0x1301] }, "credentials.ciphersuite"],
		[{ credentials: { mode: "rpk", publicKey: key, privateKey: key, serverPublicKey: key } }, "credentials.noP256"],
	] as const) {
		const pair = new Pair({ security }).start();
		const failed = { event: "registrationFailed", server: 1, reason, attempt: 1, sequence: 1 };
		deepEqual(
			pair.records.filter(({ event }) => event === failed.event),
			[failed],
		);
		pair.run(1_000_000);
		deepEqual(pair.sizes, []);
	}
});

test("[CORE-SEC] without connection IDs where they are switched off", () => {
	const pair = new Pair({ transport: { connectionId: false } }).start();
	equal(pair.state, "registered");
	equal(pair.logged("secured")[0]!.cid, undefined);
});

test("[CORE-SEC] a server that has lost the session opens the handshake, where it may; we stay registered", () => {
	for (const listens of [true, false]) {
		const pair = new Pair({ listens }).start();
		pair.association = pair.newAssociation("client");
		pair.association.connect(pair.nowMs);
		pair.settle();
		equal(pair.association.state, listens ? "established" : "handshaking");
		equal(pair.logged("secured").length, listens ? 2 : 1);
		equal(pair.logged("registrationFailed").length, 0);
		if (!listens) continue;
		pair.run(220_000);
		equal(pair.requests.at(-1)!.path.join("/"), "rd/5", "the Update goes through the new session");
		pair.client.stop(pair.nowMs);
		pair.settle();
		ok(pair.client.isEnded);
	}
});

test("[CORE-SEC] a session that is resumed says so, where the server keeps sessions", () => {
	const pair = new Pair({ server: { sessions: new SessionCache() } }).start();
	pair.association.close(pair.nowMs);
	const old = pair.association;
	for (let sent = old.takeDatagram(); sent !== undefined; sent = old.takeDatagram()) {
		pair.client.receive(address, sent, 0, sent.length, pair.nowMs);
	}
	pair.association = pair.newAssociation();
	pair.run(61_000);
	deepEqual(
		pair.logged("secured").map(({ resumed }) => resumed),
		[false, true],
	);
});

test("[CORE-SEC] [CORE-REG-3] a server in the clear and a secure one at once, over one socket", () => {
	const pair = new Pair({ hasPlain: true }).start();
	deepEqual(
		pair.client.sessions.map(({ state }) => state),
		["registered", "registering"],
	);
	const [register] = pair.plain;
	equal(register![1], Code.post, "a Register, readable for everybody");
	const created = Uint8Array.of(0x60 | (register![0]! & 15), Code.created, register![2]!, register![3]!);
	const answer = new Uint8Array([...created, ...register!.slice(4, 4 + (register![0]! & 15)), 0x81, 0x35]);
	pair.client.receive(plainAddress, answer, 0, answer.length, pair.nowMs);
	pair.settle();
	equal(pair.client.sessions[1]!.state, "registered");
	pair.client.receive(address, answer, 0, answer.length, pair.nowMs);
	equal(pair.logged("refusedBytes").length, 0, "what comes in the clear from the secure one is not CoAP");
	equal(pair.sessions.length, 1);
});
