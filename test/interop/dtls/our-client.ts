import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { toHex } from "../../../modules/bytes.ts";
import { Association } from "../../../modules/dtls/association.ts";
import type { ResumableSession } from "../../../modules/dtls/session.ts";
import type { CloseReason, DtlsSettings, Established } from "../../../modules/dtls/settings.ts";
import { suiteById } from "../../../modules/dtls/suite.ts";
import { clientSettings, type OurOptions } from "./our-settings.ts";
import { EventQueue, type PeerEvent, type Talker } from "./talker.ts";

const host = "127.0.0.1";
/** Not setTimeout's own limit, but enough for any timer of a handshake. */
const timerMaxMs = 120_000;

/** Our client: one association on a UDP socket of the loopback interface, with the face of a ForeignPeer. */
export class OurClient implements Talker {
	readonly stack = "ours";
	readonly version = "modules/dtls";
	port = 0;
	/** What the last handshake came to. */
	established: Established | undefined;
	/** How the last session ended. */
	reason: CloseReason | undefined;
	readonly #queue: EventQueue;
	readonly #settings: DtlsSettings;
	readonly #socket: Socket;
	#association: Association | undefined;
	readonly #remotePort: number;
	#session: ResumableSession | undefined;
	#timer: NodeJS.Timeout | undefined;
	#isStopped = false;

	private constructor(settings: DtlsSettings, remotePort: number) {
		this.#settings = settings;
		this.#remotePort = remotePort;
		this.#queue = new EventQueue(`${this.version} client`, () => JSON.stringify(this.#queue.events));
		this.#socket = createSocket("udp4");
		this.#socket.on("message", (bytes, from) => this.#receive(bytes, from));
		this.#socket.on("error", () => undefined); // what the network says of a datagram counts as loss
	}

	/** Connects at once. */
	static async start(options: OurOptions): Promise<OurClient> {
		const settings = clientSettings(options);
		const peer = new OurClient(settings, options.port!);
		await new Promise<void>((resolve) => peer.#socket.bind(0, host, resolve));
		peer.port = peer.#socket.address().port;
		peer.#connect(settings);
		return peer;
	}

	get events(): readonly PeerEvent[] {
		return this.#queue.events;
	}

	get association(): Association | undefined {
		return this.#association;
	}

	next(kind: PeerEvent["event"], timeoutMs?: number): Promise<PeerEvent> {
		return this.#queue.next(kind, timeoutMs);
	}

	send(bytes: Uint8Array): void {
		this.#association?.send(bytes, 0, bytes.length, now());
		this.#settle();
	}

	close(): void {
		this.#association?.close(now());
		this.#settle();
	}

	resume(): void {
		this.close();
		this.#connect({ ...this.#settings, ...(this.#session === undefined ? {} : { resume: this.#session }) });
	}

	renew(): void {
		this.close();
		this.#connect(this.#settings);
	}

	log(): string {
		return JSON.stringify(this.events);
	}

	async stop(): Promise<void> {
		this.#isStopped = true;
		clearTimeout(this.#timer);
		this.#socket.close();
	}

	#connect(settings: DtlsSettings): void {
		this.#association = this.#newAssociation(settings);
		this.#association.connect(now());
		this.#settle();
	}

	#newAssociation(settings: DtlsSettings): Association {
		const association = new Association("client", settings, {
			established: (session) => this.#tellEstablished(session),
			received: (bytes, at, end) => this.#queue.add({ event: "received", hex: toHex(bytes.slice(at, end)) }),
			closed: (reason) => {
				this.reason = reason;
				const why = `${reason.code}${reason.alert === undefined ? "" : ` alert ${reason.alert}`}`;
				this.#queue.add({ event: this.established === undefined ? "failed" : "closed", why });
				this.established = undefined;
			},
		});
		this.established = undefined;
		return association;
	}

	#tellEstablished(session: Established): void {
		this.established = session;
		this.#session = session.session;
		const { psk } = session.peer;
		this.#queue.add({
			event: "established",
			resumed: session.isResumed,
			ems: session.extendedMasterSecret,
			suite: suiteById(session.suite)!.name,
			peer: psk === undefined ? "" : new TextDecoder().decode(psk),
		});
	}

	#receive(bytes: Buffer, { port }: RemoteInfo): void {
		if (this.#isStopped) return;
		const datagram = Uint8Array.from(bytes);
		if (port !== this.#remotePort) return;
		this.#association?.receive(datagram, 0, datagram.length, now());
		this.#settle();
	}

	/** Sends what waits, and sets the timer anew. */
	#settle(): void {
		clearTimeout(this.#timer);
		const association = this.#association;
		if (association === undefined || this.#isStopped) return;
		for (let bytes = association.takeDatagram(); bytes !== undefined; bytes = association.takeDatagram()) {
			this.#socket.send(bytes, this.#remotePort, host);
		}
		const { deadlineMs } = association;
		if (deadlineMs === undefined) return;
		const waitMs = Math.min(Math.max(deadlineMs - now(), 0), timerMaxMs);
		this.#timer = setTimeout(() => {
			association.poll(now());
			this.#settle();
		}, waitMs);
	}
}

const now = () => Math.floor(performance.now());
