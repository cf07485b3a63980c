/** A device whose client outlives its resets, and two servers that outlive them anyway: one with DTLS, one without. */
import { toHex, utf8 } from "../../../modules/bytes.ts";
import { Code, isRequestCode } from "../../../modules/coap/code.ts";
import { Peer, type Request, type RequestOptions, type Response } from "../../../modules/coap/peer.ts";
import { PortableCrypto } from "../../../modules/crypto/portable.ts";
import { Association } from "../../../modules/dtls/association.ts";
import { SessionCache } from "../../../modules/dtls/session-cache.ts";
import type { DtlsSettings } from "../../../modules/dtls/settings.ts";
import { formatsSince11 } from "../../../modules/formats/payload.ts";
import type { Address, LogRecord, Power, ResetCause, RetainedMemory } from "../../../modules/host.ts";
import { Client, type ClientOptions } from "../../../modules/lwm2m/client.ts";
import { ClientRetention } from "../../../modules/lwm2m/client-retention.ts";
import { RetainedDtlsTransport } from "../../../modules/lwm2m/dtls-retention.ts";
import type { Retained } from "../../../modules/lwm2m/session-retention.ts";
import { security } from "../../../modules/objects/security-0.ts";
import { server } from "../../../modules/objects/server-1.ts";
import type { Change } from "../../../modules/settings/settings.ts";
import type { StateStore } from "../../../modules/sleep/stored-state.ts";
import { seeded } from "../../harness.ts";
import { type Seen, sample } from "./sample-object.ts";

export const psk = { mode: "psk", identity: utf8("dormouse"), key: utf8("0123456789abcdef") } as const;
export const secureAddress: Address = { host: "192.0.2.1", port: 5684 };
export const plainAddress: Address = { host: "192.0.2.2", port: 5683 };

/** Called at each step at which a device may die: throws Cut where it does. `tear` makes the step's first part. */
export type Fate = (place: string, tear?: (fraction: number) => void) => void;

/** The device has died. */
export class Cut extends Error {}

/** RAM that outlives resets. */
export class Memory implements RetainedMemory {
	readonly bytes: Uint8Array;
	writes = 0;
	fate: Fate | undefined;

	constructor(sizeBytes: number) {
		const draw = seeded(3);
		this.bytes = new Uint8Array(sizeBytes).map(() => draw(256)); // what RAM has when power comes
	}

	get sizeBytes(): number {
		return this.bytes.length;
	}

	read(offset: number, into: Uint8Array): void {
		into.set(this.bytes.subarray(offset, offset + into.length));
	}

	write(offset: number, bytes: Uint8Array): void {
		this.writes++;
		this.fate?.("retained memory", (fraction) => {
			this.bytes.set(bytes.subarray(0, Math.floor(bytes.length * fraction)), offset);
		});
		this.bytes.set(bytes, offset);
	}
}

/** Settings that outlive power cuts. */
export class Store implements StateStore {
	readonly valueMaxBytes: number;
	readonly values = new Map<number, Uint8Array>();
	commits = 0;
	fate: Fate | undefined;

	constructor(valueMaxBytes = 1960) {
		this.valueMaxBytes = valueMaxBytes;
	}

	get(key: number): Uint8Array | undefined {
		return this.values.get(key)?.slice();
	}

	nextKey(after: number): number | undefined {
		let next: number | undefined;
		for (const key of this.values.keys()) if (key > after && (next === undefined || key < next)) next = key;
		return next;
	}

	commit(changes: readonly Change[]): undefined {
		this.commits++;
		this.fate?.("before flash");
		for (const { key, value } of changes) {
			if (value === undefined) this.values.delete(key);
			else this.values.set(key, value.slice());
		}
		this.fate?.("after flash");
	}
}

export interface RigOptions {
	readonly hasSecure?: boolean;
	readonly hasPlain?: boolean;
	readonly retainedBytes?: number;
	readonly hasStore?: boolean;
	/** Real settings, in place of `store`. */
	readonly settings?: StateStore;
	readonly key?: number;
	readonly lifetimeS?: number;
	readonly what?: Retained;
	/** Whether the server keeps sessions to resume. */
	readonly resumes?: boolean;
}

/** What may be another thing in the next life. */
export interface LifeOptions {
	readonly cause?: ResetCause;
	readonly clockWentOn?: boolean;
	/** The time that has passed. */
	readonly afterMs?: number;
	readonly client?: Partial<ClientOptions>;
	readonly key?: Uint8Array;
	readonly whole?: number;
	/** Leaves one of the Objects out. */
	readonly isBare?: boolean;
}

/** The world: what outlives the device, and the device's present life. */
export class Rig {
	nowMs = 1000;
	/** How it may die; memory and flash ask it, too. */
	fate: Fate | undefined;
	wallTimeS: number | undefined;
	isCut = false;
	readonly memory: Memory | undefined;
	readonly store: Store | undefined;
	readonly records: LogRecord[] = [];
	/** All datagrams of the device since the last boot, and of all lives. */
	sent: { readonly to: "secure" | "plain"; readonly bytes: Uint8Array; readonly session: number }[] = [];
	readonly everySent: { readonly to: "secure" | "plain"; readonly bytes: Uint8Array; readonly session: number }[] = [];
	readonly requests: Request[] = [];
	readonly responses: Response[] = [];
	readonly plainRequests: Request[] = [];
	readonly plainResponses: Response[] = [];
	/** Messages of the secure server. */
	readonly said: Uint8Array[] = [];
	handshakes = 0;
	/** Whether the last of them went on with an earlier session. */
	isResumed = false;
	/** What the servers answer to an Update. */
	updateCode: number = Code.changed;
	names = 0;
	association: Association;
	peer: Peer;
	readonly plain: Peer;
	client!: Client;
	retention!: ClientRetention;
	instance!: ReturnType<typeof sample>;
	readonly seen: Seen = { executed: [], written: [] };
	readonly crypto: PortableCrypto;
	readonly options: RigOptions;
	readonly #chance = seeded(11);
	readonly #settings: DtlsSettings;
	readonly #to: Address = { host: "", port: 0 };
	readonly #entropy = {
		fill: (bytes: Uint8Array) => {
			for (let index = 0; index < bytes.length; index++) bytes[index] = this.#chance(256);
		},
	};

	constructor(options: RigOptions = {}) {
		this.options = options;
		const { retainedBytes = 4096, hasStore = true, resumes = true } = options;
		if (retainedBytes > 0) this.memory = new Memory(retainedBytes);
		if (hasStore) this.store = new Store();
		this.crypto = new PortableCrypto({ entropy: this.#entropy });
		const serverKey = this.crypto.importSecret(psk.key);
		this.#settings = {
			crypto: this.crypto,
			entropy: this.#entropy,
			suites: [0xc0a8],
			pskOf: (identity) => (toHex(identity) === toHex(psk.identity) ? serverKey : undefined),
			unknownIdentity: "alert",
			connectionId: Uint8Array.of(7, 7, 7, 7),
			...(resumes ? { sessions: new SessionCache(4) } : {}),
		};
		this.association = this.#newAssociation();
		this.peer = this.#newPeer(this.requests, this.responses);
		this.plain = this.#newPeer(this.plainRequests, this.plainResponses);
	}

	/** The device boots; whatever ran before is gone. */
	boot(life: LifeOptions = {}): this {
		const { cause = "powerOn", clockWentOn, afterMs = 0, key = psk.key, whole, isBare = false } = life;
		const { hasSecure = true, hasPlain = false, lifetimeS = 86_400, what = "everything" } = this.options;
		const { settings: store = this.store, key: firstKey = 5 } = this.options;
		this.nowMs += afterMs;
		if (this.wallTimeS !== undefined) this.wallTimeS += afterMs / 1000;
		if (cause === "powerOn") this.memory?.bytes.fill(0xa5);
		this.sent = [];
		this.records.length = 0;
		this.names = 0;
		const power: Power = {
			resetCause: cause,
			...(clockWentOn === undefined ? {} : { clockWentOn }),
			...(this.memory === undefined ? {} : { retained: this.memory }),
			restart() {},
			onShutdown() {},
			off() {},
		};
		const clock = {
			nowMs: () => this.nowMs,
			wallTimeS: () => this.wallTimeS,
			setWallTimeS() {},
			setAlarm() {},
		};
		const crypto = new PortableCrypto({ entropy: this.#entropy }); // its keys go with the RAM
		const dice = { below: (bound: number) => this.#chance(bound) };
		const log = { write: (record: LogRecord) => void this.records.push(record) };
		this.retention = new ClientRetention({ host: { power, clock, dice, log }, store, key: firstKey, what });
		this.client = new Client({
			endpointName: "ep",
			dice,
			entropy: this.#entropy,
			formats: formatsSince11,
			queueMode: true,
			log: log.write,
			wallTimeS: clock.wallTimeS,
			secure: new RetainedDtlsTransport({ crypto, entropy: this.#entropy }),
			homes: this.retention,
			...life.client,
		});
		if (hasSecure) {
			const credentials = { ...psk, key };
			this.client.add(security({ serverUri: "coaps://secure.example", shortServerId: 1, credentials }));
			this.client.add(server({ shortServerId: 1, lifetimeS }, this.client));
		}
		if (hasPlain) {
			this.client.add(security({ id: 1, serverUri: "coap://plain.example", shortServerId: 2 }));
			this.client.add(server({ id: 1, shortServerId: 2, lifetimeS }, this.client));
		}
		this.instance = sample(this.seen);
		if (whole !== undefined) this.instance.set("whole", whole);
		if (!isBare) this.client.add(this.instance);
		this.retention.drive(this.client, life.client?.endpointName ?? "ep");
		this.fate?.("booting");
		this.client.start(this.nowMs);
		this.retention.started(this.nowMs);
		this.settle();
		return this;
	}

	/** Saves for a deep sleep, sleeps, and boots. */
	sleep(forMs: number, life: LifeOptions = {}): this {
		const refused = this.retention.save(this.nowMs);
		this.fate?.("asleep");
		if (refused !== undefined) throw new Error(refused.code);
		return this.boot({ cause: "deepSleep", clockWentOn: true, afterMs: forMs, ...life });
	}

	run(forMs: number): this {
		const endMs = this.nowMs + forMs;
		for (let turns = 0; turns < 10_000; turns++) {
			const { client, association, peer, plain } = this;
			const nextMs = Math.min(client.deadlineMs, association.deadlineMs, peer.deadlineMs, plain.deadlineMs);
			if (nextMs > endMs) break;
			this.#pass(Math.max(this.nowMs, nextMs) - this.nowMs);
			this.settle();
		}
		this.#pass(endMs - this.nowMs);
		this.settle();
		return this;
	}

	/** Asks the device as the secure server does. */
	ask(options: RequestOptions): Response {
		const before = this.responses.length;
		this.peer.request(options, this.nowMs);
		this.settle();
		const response = this.responses[before];
		if (response === undefined) throw new Error("no answer");
		return response;
	}

	observe(path: string, query: readonly string[] = []): void {
		const segments = path.split("/").slice(1);
		if (query.length > 0) this.ask({ code: Code.put, path: segments, query });
		this.ask({ code: Code.get, path: segments, observe: 0 });
	}

	logged(event: string): LogRecord[] {
		return this.records.filter((record) => record.event === event);
	}

	/** The secure server has lost the session, but not what was said in it. */
	sessionIsLost(): void {
		const lost = this.association;
		this.association = this.#newAssociation();
		lost.close(this.nowMs); // without a word: nobody takes its good-bye
	}

	/** The secure server begins anew, and knows nobody. */
	serverForgets(): void {
		this.sessionIsLost();
		this.peer = this.#newPeer(this.requests, this.responses);
	}

	settle(): void {
		for (let rounds = 0; rounds < 200; rounds++) {
			this.client.poll(this.nowMs);
			this.retention.turnEnded(this.nowMs);
			this.association.poll(this.nowMs);
			this.peer.poll(this.nowMs);
			this.plain.poll(this.nowMs);
			for (let name = this.client.takeName(); name !== undefined; name = this.client.takeName()) {
				this.names++;
				const { host } = name === "plain.example" ? plainAddress : secureAddress;
				this.client.resolved(name, [host], this.nowMs);
				this.client.poll(this.nowMs);
			}
			if (!this.#carry()) return;
		}
		throw new Error("they never stop talking");
	}

	#pass(ms: number): void {
		this.nowMs += ms;
		if (this.wallTimeS !== undefined) this.wallTimeS += ms / 1000;
	}

	#carry(): boolean {
		let isMoved = false;
		for (let sent = this.client.takeDatagram(this.#to); sent !== undefined; sent = this.client.takeDatagram(this.#to)) {
			const to = this.#to.host === plainAddress.host ? "plain" : "secure";
			const bytes = sent.slice();
			isMoved = true;
			this.fate?.("before sending");
			const datagram = { to, bytes: bytes.slice(), session: this.handshakes } as const;
			this.sent.push(datagram);
			this.everySent.push(datagram);
			if (this.isCut) continue;
			if (to === "plain") this.plain.receive(bytes, 0, bytes.length, this.nowMs);
			else this.#receive(bytes);
			this.fate?.("after sending");
		}
		for (let sent = this.plain.takeDatagram(); sent !== undefined; sent = this.plain.takeDatagram()) {
			isMoved = true;
			if (!this.isCut) this.client.receive(plainAddress, sent, 0, sent.length, this.nowMs);
		}
		const { association } = this;
		while (association.state === "established") {
			const message = this.peer.takeDatagram();
			if (message === undefined) break;
			this.said.push(message.slice());
			association.send(message, 0, message.length, this.nowMs);
		}
		for (let sent = association.takeDatagram(); sent !== undefined; sent = association.takeDatagram()) {
			isMoved = true;
			if (!this.isCut) this.client.receive(secureAddress, sent, 0, sent.length, this.nowMs);
		}
		return isMoved;
	}

	/** As a server does that is called by one whom it knows already (RFC 6347 §4.2.8). */
	#receive(bytes: Uint8Array): void {
		const isHello = bytes[0] === 22 && bytes[4] === 0 && bytes[13] === 1;
		if (isHello && this.association.state === "established") this.sessionIsLost();
		this.association.receive(bytes, 0, bytes.length, this.nowMs);
	}

	#newAssociation(): Association {
		const association: Association = new Association("server", this.#settings, {
			established: ({ isResumed }) => {
				this.handshakes++;
				this.isResumed = isResumed;
			},
			received: (bytes, at, end, nowMs) => void this.peer.receive(bytes, at, end, nowMs),
			closed: () => {
				if (association === this.association) this.association = this.#newAssociation();
			},
		});
		return association;
	}

	#newPeer(requests: Request[], responses: Response[]): Peer {
		const peer = new Peer({
			dice: { below: (bound) => this.#chance(bound) },
			entropy: this.#entropy,
			listener: {
				requested: (request, nowMs) => {
					requests.push(request);
					const isRegister = request.path.length === 1;
					if (isRegister) peer.respond(request, { code: Code.created, locationPath: ["rd", "5"] }, nowMs);
					else peer.respond(request, { code: request.code === Code.delete ? Code.deleted : this.updateCode }, nowMs);
				},
				responded: (_, response) => void responses.push(response),
				failed() {},
				observerGone() {},
			},
		});
		return peer;
	}
}

/** The kinds of requests that a server took since `from`: "register", "update". */
export function kinds(requests: readonly Request[], from = 0): string[] {
	return requests
		.slice(from)
		.filter(({ code }) => isRequestCode(code))
		.map(({ path }) => (path.length === 1 ? "register" : "update"));
}
