import { toHex } from "../../../modules/bytes.ts";
import { Child } from "../child.ts";
import { freePorts } from "../free-ports.ts";
import { programOf, type StackName } from "./artifacts.ts";
import { type Credentials, credentials, identity, type Party, psk, serverName } from "./credentials.ts";
import { EventQueue, type PeerEvent, type Talker } from "./talker.ts";

export type Auth = "psk" | "rpk" | "x509";
export type SuiteName = "PSK_CCM8" | "PSK_GCM" | "PSK_CBC" | "ECDHE_CCM8" | "ECDHE_GCM" | "ECDHE_CBC";

export interface PeerOptions {
	readonly auth: Auth;
	readonly suite: SuiteName;
	/** What a client connects to. A server takes a free one where this is absent. */
	readonly port?: number;
	readonly identity?: string;
	readonly psk?: Uint8Array;
	/** Whose key and certificate it has: its role's by default; null for none. */
	readonly party?: Party | null;
	/** A server asks for the client's certificate; a client checks the server's. True by default where there are any. */
	readonly verifies?: boolean;
	/** The server name that a client asks for and checks; undefined for none. */
	readonly name?: string | undefined;
	/** The CID that others put on records to it ("a1b2c3"), "empty" for one it does not need. Scandium and pion only. */
	readonly cid?: string;
	/** The largest datagram; the library's own choice where absent. */
	readonly mtu?: number;
	readonly tickets?: boolean;
	/** Max_fragment_length (OpenSSL, mbedTLS) or record_size_limit (GnuTLS). */
	readonly fragmentBytes?: number;
	/** Scandium's server only: takes what is sent and does not echo it. */
	readonly isMute?: boolean;
	/** Scandium's server only: it is to begin handshakes itself. */
	readonly initiates?: boolean;
}

const readyTimeoutMs = 20_000;
function wordsOf(
	role: "server" | "client",
	port: number,
	options: PeerOptions,
	keys: Credentials | undefined,
): string[] {
	const words = [`role=${role}`, `port=${port}`, `auth=${options.auth}`, `suite=${options.suite}`];
	if (options.auth === "psk") {
		words.push(`identity=${options.identity ?? identity}`, `psk=${toHex(options.psk ?? psk)}`);
	} else {
		const party = options.party === undefined ? keys![role] : options.party;
		if (party !== null) words.push(`cert=${party.certFile}`, `key=${party.keyFile}`, `pub=${party.publicFile}`);
		words.push(`ca=${keys!.authorityFile}`, `verify=${options.verifies === false ? 0 : 1}`);
		const name = "name" in options ? options.name : serverName;
		if (role === "client" && options.auth === "x509" && name !== undefined) words.push(`name=${name}`);
	}
	if (options.cid !== undefined) words.push(`cid=${options.cid}`);
	if (options.mtu !== undefined) words.push(`mtu=${options.mtu}`);
	if (options.fragmentBytes !== undefined) words.push(`fragment=${options.fragmentBytes}`);
	if (options.tickets === true) words.push("tickets=1");
	if (options.isMute === true) words.push("mute=1");
	if (options.initiates === true) words.push("initiates=1");
	return words;
}

/** A DTLS endpoint that we did not write, as a process. A server echoes what it receives. */
export class ForeignPeer implements Talker {
	readonly stack: StackName;
	/** As "OpenSSL 3.0.19". */
	readonly version: string;
	readonly role: "server" | "client";
	/** The server's. */
	readonly port: number;
	readonly #child: Child;
	readonly #queue: EventQueue;
	#isReady = false;

	private constructor(stack: StackName, role: "server" | "client", port: number, words: readonly string[]) {
		const program = programOf(stack);
		this.stack = stack;
		this.role = role;
		this.port = port;
		this.version = program.version;
		this.#queue = new EventQueue(`${this.version} ${role}`, () => this.#child.log());
		this.#child = new Child({ command: program.command, arguments: [...program.words, ...words] });
		this.#child.watch((line) => this.#take(line));
		this.#child.ended
			.catch(() => undefined)
			.finally(() => {
				this.#queue.isOver = true;
				this.#queue.wake();
			});
	}

	/** @throws PeerMissing where the stack is not to be had */
	static async start(stack: StackName, role: "server" | "client", options: PeerOptions): Promise<ForeignPeer> {
		const keys = options.auth === "psk" ? undefined : credentials();
		const port = options.port ?? (await freePorts(1))[0]!;
		const words = wordsOf(role, port, options, keys);
		const peer = new ForeignPeer(
			stack,
			role,
			port,
			stack === "scandium" || stack === "pion" ? words : withoutOwn(words),
		);
		await peer.#queue.until("is ready", readyTimeoutMs, () => peer.#isReady);
		return peer;
	}

	get events(): readonly PeerEvent[] {
		return this.#queue.events;
	}

	next(kind: PeerEvent["event"], timeoutMs?: number): Promise<PeerEvent> {
		return this.#queue.next(kind, timeoutMs);
	}

	send(bytes: Uint8Array): void {
		this.#child.write(`send ${toHex(bytes)}`);
	}

	/** Closes the session, with close_notify. */
	close(): void {
		this.#child.write("close");
	}

	/** A client: a new session that resumes the last. */
	resume(): void {
		this.#child.write("again");
	}

	/** A client: a new session from nothing. */
	renew(): void {
		this.#child.write("fresh");
	}

	/** Scandium's server: begins a handshake with whoever listens there. */
	connect(port: number): void {
		this.#child.write(`connect ${port}`);
	}

	log(): string {
		return this.#child.log();
	}

	async stop(): Promise<void> {
		await this.#child.stop("SIGKILL");
	}

	#take(line: string): void {
		if (!line.startsWith("{")) return;
		const told = JSON.parse(line) as PeerEvent;
		if (told.event === undefined) this.#isReady = true;
		else this.#queue.add(told);
		this.#queue.wake();
	}
}

/** The C programs refuse words they do not know: only Scandium and pion have these. */
const withoutOwn = (words: readonly string[]) => words.filter((word) => !/^(cid|mute|initiates)=/.test(word));
