import { toHex } from "../../../modules/bytes.ts";
import type { Association } from "../../../modules/dtls/association.ts";
import { CookieJar } from "../../../modules/dtls/cookie.ts";
import { DtlsDatagrams } from "../../../modules/dtls/datagrams.ts";
import type { CloseReason, Established } from "../../../modules/dtls/settings.ts";
import { suiteById } from "../../../modules/dtls/suite.ts";
import type { Address } from "../../../modules/host.ts";
import { LoopbackDatagrams } from "./loopback-datagrams.ts";
import { clientSettings, type OurOptions, ourCrypto, ourEntropy, serverSettings } from "./our-settings.ts";
import { EventQueue, type PeerEvent, type Talker } from "./talker.ts";

const timerMaxMs = 120_000;
const host = "127.0.0.1";

export interface NodeOptions {
	/** How it answers; absent: nobody may begin with it. */
	readonly server?: OurOptions;
	/** How it begins; absent: it does not. */
	readonly client?: OurOptions;
	/** What it says to a message. Absent: a server echoes, a client says nothing. */
	readonly answer?: (message: Uint8Array) => Uint8Array | undefined;
}

/** DtlsDatagrams on a socket of the loopback interface, as a device or a server has them. Echoes as a server does. */
export class OurNode implements Talker {
	readonly stack = "ours";
	readonly version = "modules/dtls";
	port = 0;
	/** What the last handshake came to. */
	established: Established | undefined;
	/** How the last session ended. */
	reason: CloseReason | undefined;
	/** The addresses that sessions moved to, in order. */
	readonly moves: number[] = [];
	readonly #queue: EventQueue;
	readonly #datagrams: DtlsDatagrams;
	readonly #inner: LoopbackDatagrams;
	readonly #established = new Set<number>();
	readonly #buffer = new Uint8Array(16_384);
	readonly #answer: (message: Uint8Array) => Uint8Array | undefined;
	#lastPort = 0;
	#timer: NodeJS.Timeout | undefined;

	private constructor({ server, client, answer }: NodeOptions) {
		this.#queue = new EventQueue(`${this.version} node`, () => JSON.stringify(this.#queue.events));
		this.#answer = answer ?? ((message) => (client === undefined ? message : undefined));
		const cid = (server ?? client)?.cid;
		const settings = client === undefined ? undefined : clientSettings(client);
		let inner: LoopbackDatagrams | undefined;
		this.#datagrams = new DtlsDatagrams({
			open: (options) => {
				const onReadable = (count: number) => {
					options.onReadable(count);
					this.#settle();
				};
				inner = new LoopbackDatagrams({ ...options, onReadable });
				return inner;
			},
			nowMs: now,
			cookies: new CookieJar(ourCrypto, ourEntropy),
			...(server === undefined ? {} : { server: serverSettings(server) }),
			...(settings === undefined ? {} : { client: () => settings }),
			...(cid === undefined ? {} : { connectionIdBytes: cid === "empty" ? 0 : cid.length / 2 }),
			...(server?.port === undefined ? {} : { port: server.port }),
			onReadable: () => this.#read(),
			events: {
				established: ({ port }, session) => this.#tellEstablished(port, session),
				closed: ({ port }, reason) => this.#tellClosed(port, reason),
				moved: (_from, to) => this.#move(to),
			},
		});
		this.#inner = inner!;
	}

	static async start(options: NodeOptions): Promise<OurNode> {
		const node = new OurNode(options);
		node.port = await node.#inner.port();
		return node;
	}

	get events(): readonly PeerEvent[] {
		return this.#queue.events;
	}

	/** With whom it spoke last. */
	get association(): Association | undefined {
		return this.#datagrams.association({ host, port: this.#lastPort });
	}

	next(kind: PeerEvent["event"], timeoutMs?: number): Promise<PeerEvent> {
		return this.#queue.next(kind, timeoutMs);
	}

	/** Begins a session with whoever is there. */
	connect(port: number): void {
		this.#lastPort = port;
		this.#datagrams.connect({ host, port });
		this.#settle();
	}

	send(bytes: Uint8Array): void {
		this.#datagrams.write(bytes, { host, port: this.#lastPort });
		this.#settle();
	}

	close(): void {
		this.#datagrams.disconnect({ host, port: this.#lastPort });
		this.#settle();
	}

	resume(): void {
		throw new Error("a node does not resume by order");
	}

	renew(): void {
		this.close();
		this.connect(this.#lastPort);
	}

	log(): string {
		return JSON.stringify(this.events);
	}

	async stop(): Promise<void> {
		clearTimeout(this.#timer);
		this.#datagrams.close();
		clearTimeout(this.#timer);
	}

	#read(): void {
		const from: Address = { host: "", port: 0 };
		for (let size = this.#datagrams.read(this.#buffer, from); size >= 0; ) {
			this.#lastPort = from.port;
			const bytes = this.#buffer.slice(0, size);
			this.#queue.add({ event: "received", hex: toHex(bytes) });
			const answer = this.#answer(bytes);
			if (answer !== undefined) this.#datagrams.write(answer, from);
			size = this.#datagrams.read(this.#buffer, from);
		}
		this.#settle();
	}

	#tellEstablished(port: number, session: Established): void {
		this.#lastPort = port;
		this.established = session;
		this.#established.add(port);
		const { psk } = session.peer;
		this.#queue.add({
			event: "established",
			resumed: session.isResumed,
			ems: session.extendedMasterSecret,
			suite: suiteById(session.suite)!.name,
			peer: psk === undefined ? "" : new TextDecoder().decode(psk),
		});
	}

	#tellClosed(port: number, reason: CloseReason): void {
		this.reason = reason;
		const why = `${reason.code}${reason.alert === undefined ? "" : ` alert ${reason.alert}`}`;
		this.#queue.add({ event: this.#established.delete(port) ? "closed" : "failed", why });
	}

	#move({ port }: Address): void {
		this.#established.delete(this.#lastPort);
		this.#established.add(port);
		this.#lastPort = port;
		this.moves.push(port);
	}

	#settle(): void {
		clearTimeout(this.#timer);
		const { deadlineMs } = this.#datagrams;
		if (deadlineMs === Number.POSITIVE_INFINITY) return;
		const waitMs = Math.min(Math.max(deadlineMs - now(), 0), timerMaxMs);
		this.#timer = setTimeout(() => {
			this.#datagrams.poll(now());
			this.#settle();
		}, waitMs);
	}
}

const now = () => Math.floor(performance.now());
