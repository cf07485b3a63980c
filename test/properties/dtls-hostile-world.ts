/**
 * A client, a server, and somebody between them who sees every datagram and may add, change and keep any; in virtual
 * time, and the same to the last byte each time: chance comes from seeds, and the mathematics of P-256 is remembered.
 */
import { Association } from "../../modules/dtls/association.ts";
import { CookieJar } from "../../modules/dtls/cookie.ts";
import type { ResumableSession } from "../../modules/dtls/session.ts";
import { SessionCache } from "../../modules/dtls/session-cache.ts";
import type { DtlsSettings, Role } from "../../modules/dtls/settings.ts";
import type { Crypto, CryptoP256, Entropy, KeyHandle } from "../../modules/host.ts";
import { seeded } from "../harness.ts";
import { Ear, type Flown } from "../modules/dtls/association-pair.ts";
import { type Auth, parties } from "./dtls-parties.ts";

export const startMs = 1_000;
/** One datagram that came makes as many go out at most: a flight. */
const answersMax = 24;
const hello = Uint8Array.of(104, 101, 108, 108, 111);

function entropyOf(seed: number): Entropy {
	const random = seeded(seed);
	return {
		fill(bytes) {
			for (let index = 0; index < bytes.length; index++) bytes[index] = random(256);
		},
	};
}

interface Memory {
	readonly next: { at: number };
	readonly scalars: readonly Uint8Array[];
}

/** The same answers as `p256`, each computed once; key pairs come from a list. */
function remembering(
	p256: CryptoP256,
	secrets: Pick<Crypto, "importSecret" | "exportSecret" | "release">,
	memory: Memory,
): CryptoP256 {
	const known = new Map<string, Uint8Array | boolean | undefined>();
	const names = new Map<KeyHandle, string>();
	const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
	const recall = <T extends Uint8Array | boolean | undefined>(name: string, make: () => T): T => {
		if (!known.has(name)) known.set(name, make());
		const found = known.get(name) as T;
		return (typeof found === "object" ? found.slice() : found) as T;
	};
	const nameOf = (key: KeyHandle) => names.get(key) ?? `handle ${key}`;
	return {
		generate() {
			const scalar = memory.scalars[memory.next.at++ % memory.scalars.length]!;
			const key = p256.importPrivateKey(scalar)!;
			names.set(key, hex(scalar));
			return key;
		},
		importPrivateKey: (scalar) => p256.importPrivateKey(scalar),
		publicPoint: (key) => recall(`point ${nameOf(key)}`, () => p256.publicPoint(key)),
		agree(key, point) {
			const shared = recall(`agree ${nameOf(key)} ${hex(point)}`, () => {
				const secret = p256.agree(key, point);
				if (secret === undefined) return undefined;
				const bytes = secrets.exportSecret(secret);
				secrets.release(secret);
				return bytes;
			});
			return shared === undefined ? undefined : secrets.importSecret(shared);
		},
		sign: (key, hash) => recall(`sign ${nameOf(key)} ${hex(hash)}`, () => p256.sign(key, hash)),
		verify: (point, hash, signature) =>
			recall(`verify ${hex(point)} ${hex(hash)} ${hex(signature)}`, () => p256.verify(point, hash, signature)),
	};
}

export interface CastOptions {
	readonly suite?: number;
	readonly auth?: Auth;
	readonly isResumed?: boolean;
	/** The Connection ID that each asks for; absent: no extension. */
	readonly cids?: { readonly client: Uint8Array; readonly server: Uint8Array };
	readonly certificateBytes?: number;
	readonly client?: Partial<DtlsSettings>;
	readonly server?: Partial<DtlsSettings>;
}

/** What one world has of its own. */
export interface Twist {
	readonly client?: Partial<DtlsSettings>;
	readonly server?: Partial<DtlsSettings>;
	readonly seed?: number;
}

/** Who plays: keys and settings that many worlds share. */
export class Cast {
	readonly crypto;
	private readonly client: DtlsSettings;
	private readonly server: DtlsSettings;
	private readonly next = { at: 0 };
	private readonly session: ResumableSession | undefined;
	/** The same, as the server knows it. */
	private readonly kept: ResumableSession | undefined;
	private calmRun: readonly Flown[] | undefined;

	constructor(options: CastOptions = {}) {
		const { suite = 0xc0a8, auth = "psk", cids, certificateBytes = 150 } = options;
		const random = seeded(suite + auth.length);
		const cast = parties(suite, auth, random, { certificateBytes, hasCookies: false });
		const scalars = Array.from({ length: 8 }, () =>
			Uint8Array.from({ length: 32 }, (_, at) => (at > 0 ? random(256) : 1)),
		);
		const { crypto } = cast;
		Object.assign(crypto, { p256: remembering(crypto.p256, crypto, { next: this.next, scalars }) });
		this.crypto = crypto;
		this.client = { ...cast.client, ...(cids === undefined ? {} : { connectionId: cids.client }), ...options.client };
		this.server = { ...cast.server, ...(cids === undefined ? {} : { connectionId: cids.server }), ...options.server };
		if (options.isResumed !== true) return;
		const sessions = new SessionCache(1);
		const first = this.world({ client: { resumption: "id" }, server: { sessions } }).run();
		this.session = first.clientEar.session!.session!;
		this.kept = sessions.find(this.session.sessionId, 0)!;
		first.end();
	}

	/** A new world; the seeds of its two sides are the same for all worlds, unless given. */
	world(extra: Twist = {}): World {
		const { client, server, release } = this.settings(extra);
		return new World(client, server, release);
	}

	/** @returns what a world is made with; `release` ends it, and says how many keys are left */
	settings({ seed = 77, ...extra }: Twist = {}): { client: DtlsSettings; server: DtlsSettings; release: () => number } {
		const { crypto, kept, session } = this;
		this.next.at = 0;
		const keysBefore = crypto.keyCount;
		const ours = entropyOf(seed);
		const theirs = entropyOf(seed * 31 + 1);
		const cookies = new CookieJar(crypto, theirs);
		let client: DtlsSettings = { ...this.client, entropy: ours, ...extra.client };
		let server: DtlsSettings = { ...this.server, entropy: theirs, cookies, ...extra.server };
		if (kept !== undefined && session !== undefined) {
			const sessions = new SessionCache(4);
			sessions.keep({ ...kept, master: kept.master.slice() }, 0);
			client = { ...client, resume: session, resumption: "id" };
			server = { ...server, sessions };
		}
		const release = () => {
			cookies.release();
			return crypto.keyCount - keysBefore;
		};
		return { client, server, release };
	}

	/** The server's private key, where it has one. */
	get serverKey(): KeyHandle {
		return this.server.identity!.privateKey;
	}

	/** What an undisturbed handshake says. */
	get calm(): readonly Flown[] {
		if (this.calmRun === undefined) {
			const world = this.world().run();
			this.calmRun = world.flown.map(({ from, bytes }) => ({ from, bytes: bytes.slice() }));
			world.end();
		}
		return this.calmRun;
	}
}

/** A server's port, for one address: a session, and beside it the handshake of the next one (RFC 6347 §4.2.8). */
export class ServerPort {
	readonly ear = new Ear();
	current: Association | undefined;
	next: Association | undefined;
	/** Associations that came to nothing. */
	ended = 0;
	private readonly settings: DtlsSettings;
	private readonly out: Uint8Array[] = [];

	constructor(settings: DtlsSettings) {
		this.settings = settings;
	}

	get association(): Association | undefined {
		return this.current ?? this.next;
	}

	get deadlineMs(): number {
		return Math.min(this.next?.deadlineMs ?? Infinity, this.current?.deadlineMs ?? Infinity);
	}

	receive(bytes: Uint8Array, nowMs: number): void {
		if (bytes[0] === 22 && bytes[3] === 0 && bytes[4] === 0 && bytes[13] === 1) this.next ??= this.open();
		else if (this.current !== undefined) hear(this.current, bytes, nowMs);
		if (this.next !== undefined) hear(this.next, bytes, nowMs);
		this.settle();
	}

	poll(nowMs: number): void {
		this.next?.poll(nowMs);
		this.current?.poll(nowMs);
		this.settle();
	}

	take(): Uint8Array | undefined {
		this.settle();
		return this.out.shift();
	}

	close(nowMs: number): void {
		this.next?.close(nowMs);
		this.current?.close(nowMs);
		this.settle();
	}

	private open(): Association {
		const { ear } = this;
		const association: Association = new Association("server", this.settings, {
			established: (session) => {
				ear.established(session);
				const before = this.current;
				this.current = association;
				this.next = undefined;
				before?.close(0);
			},
			received: (bytes, at, end) => ear.received(bytes, at, end),
			closed: (reason) => ear.closed(reason),
		});
		return association;
	}

	private settle(): void {
		for (const association of [this.next, this.current]) {
			for (let bytes = association?.takeDatagram(); bytes !== undefined; bytes = association?.takeDatagram()) {
				this.out.push(bytes);
			}
		}
		if (this.next?.state === "closed" || this.next?.state === "idle") {
			if (this.next.state === "closed") this.ended++;
			this.next = undefined;
		}
		if (this.current?.state === "closed") this.current = undefined;
	}
}

/** Hands over a copy, and takes it back. */
function hear(association: Association, bytes: Uint8Array, nowMs: number): void {
	const copy = bytes.slice();
	association.receive(copy, 0, copy.length, nowMs);
	copy.fill(0xee);
}

export class World {
	readonly clientEar = new Ear();
	readonly client: Association;
	readonly server: ServerPort;
	/** The genuine datagrams, as they were sent. */
	readonly flown: Flown[] = [];
	nowMs = startMs;
	/** What becomes of a datagram: as it is, another, several, or none. It may call inject(), too. */
	meddle: (flown: Flown, index: number) => readonly Uint8Array[] = ({ bytes }) => [bytes];
	private readonly releaseRest: () => number;

	constructor(client: DtlsSettings, server: DtlsSettings, releaseRest: () => number) {
		this.client = new Association("client", client, this.clientEar);
		this.server = new ServerPort(server);
		this.releaseRest = releaseRest;
	}

	get serverEar(): Ear {
		return this.server.ear;
	}

	get isEstablished(): boolean {
		return this.client.state === "established" && this.server.current?.state === "established";
	}

	/** A handshake, as far as it gets without the timers. */
	run(): this {
		this.client.connect(this.nowMs);
		return this.settle();
	}

	/** Hands a datagram to one side that the other did not send. */
	inject(to: Role, bytes: Uint8Array): void {
		if (to === "client") hear(this.client, bytes, this.nowMs);
		else this.server.receive(bytes, this.nowMs);
	}

	/** Carries what the two send until there is no more. */
	settle(): this {
		for (let turn = 0; turn < 2_000; turn++) {
			const up = this.client.takeDatagram();
			if (up !== undefined) this.carry({ from: "client", bytes: up });
			const down = this.server.take();
			if (down !== undefined) this.carry({ from: "server", bytes: down });
			if (up === undefined && down === undefined) return this;
		}
		throw new Error("they talk for ever");
	}

	/** Lets timers run out until there are none, or `isEnough`. */
	finish(isEnough: () => boolean = () => false): this {
		for (let turn = 0; turn < 300 && !isEnough(); turn++) {
			const dueMs = Math.min(this.client.deadlineMs, this.server.deadlineMs);
			if (dueMs === Number.POSITIVE_INFINITY) return this;
			this.nowMs = Math.max(this.nowMs, dueMs);
			this.client.poll(this.nowMs);
			this.server.poll(this.nowMs);
			if (Math.min(this.client.deadlineMs, this.server.deadlineMs) <= this.nowMs) throw new Error("a deadline stands");
			this.settle();
		}
		return this;
	}

	/** Sends one message each way. @throws when one does not come, or comes twice */
	exchange(): this {
		const before = [this.clientEar.heard.length, this.serverEar.heard.length] as const;
		if (!this.client.send(hello, 0, hello.length, this.nowMs)) throw new Error("the client does not take it");
		if (this.server.current?.send(hello, 0, hello.length, this.nowMs) !== true)
			throw new Error("the server does not take it");
		this.settle();
		for (const [ear, count] of [
			[this.clientEar, before[0]],
			[this.serverEar, before[1]],
		] as const) {
			const { length } = ear.heard;
			if (length !== count + 1) throw new Error(`${length - count} messages came for one`);
			if (Buffer.compare(ear.heard.at(-1)!, hello) !== 0) throw new Error("another message came");
		}
		return this;
	}

	/** Closes all. @throws when a timer or a key is left */
	end(): void {
		this.meddle = () => [];
		this.client.close(this.nowMs);
		this.server.close(this.nowMs);
		this.settle();
		if (this.client.deadlineMs !== Infinity || this.server.deadlineMs !== Infinity) throw new Error("a timer is left");
		const keys = this.releaseRest();
		if (keys !== 0) throw new Error(`${keys} keys are left`);
	}

	private carry(flown: Flown): void {
		if (this.flown.length > answersMax * 100) throw new Error("they talk too much");
		const index = this.flown.length;
		this.flown.push(flown);
		for (const bytes of this.meddle(flown, index)) this.inject(flown.from === "client" ? "server" : "client", bytes);
	}
}
