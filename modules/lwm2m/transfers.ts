import type { Fault } from "../bytes.ts";
import type { RequestListener, RequestOptions } from "../coap/operation.ts";
import type { Failure, Peer, Response } from "../coap/peer.ts";
import { type Line, type LineState, type Lines, NO_PROTOCOL } from "../firmware/line.ts";
import { OwnLine, type OwnLineOptions } from "../firmware/own-line.ts";
import { type PackageUri, protocolOf } from "../firmware/package-uri.ts";
import { frozen } from "../frozen.ts";
import type { Address, Clock, Datagrams, DatagramsOptions, Host, Log, Power, Resolver, SleepDepth } from "../host.ts";
import type { SleepLimit } from "../sleep/sleeper.ts";
import type { Client } from "./client.ts";
import type { SessionGuest } from "./client-options.ts";
import type { Instance } from "./instance.ts";
import type { Keeper, LoopHost } from "./loop.ts";
import type { SecureTransport } from "./secure.ts";
import { readServerUri } from "./server-uri.ts";
import type { Session } from "./session.ts";

/** Resources of the Security Object (LwM2M Core 1.1 Appendix E.1). */
const resource = frozen({ serverUri: 0, bootstrapServer: 1, securityMode: 2, shortServerId: 10 });
const noSec = 3;

/** CoAP, CoAPS (Object 5, Resource 8). */
const plainProtocols: readonly number[] = frozen([0]);
const allProtocols: readonly number[] = frozen([0, 1]);

const noLines: readonly OwnLine[] = frozen([]);

/** Who is to be driven at the end of each turn: an Updater. */
export interface Driven {
	started(nowMs: number): void;
	poll(nowMs: number): void;
	readonly deadlineMs: number;
}

export interface TransfersOptions {
	/** Over which the client's loop runs, too. */
	readonly host: Host;
	/** Secures lines of their own to coaps://; absent: only a server's own session is secured. */
	readonly secure?: SecureTransport;
	/** The account whose keys a line of its own to coaps:// takes; the first that has keys when left out. */
	readonly account?: (uri: PackageUri) => Instance | undefined;
	/** For lines of their own, such as `extension: () => new QBlock()`. */
	readonly line?: OwnLineOptions;
}

/**
 * Downloads beside the client, on its one socket, alarm and loop: through the session of a server where the package is
 * there, else through a line of their own. Give `guest: transfers` to the client, `transfers.host` and `transfers` to
 * the Loop:
 *
 *     const transfers = new Transfers({ host });
 *     const client = new Client({ …, guest: transfers });
 *     new Loop(transfers.host, client, transfers.drive(client, [updater])).start();
 */
export class Transfers implements Lines, SessionGuest, Keeper, SleepLimit, LoopHost, Datagrams {
	readonly protocols: readonly number[];
	private readonly options: TransfersOptions;
	private lines = noLines;
	private readonly shared: SessionLine[] = [];
	private driven: readonly Driven[] | undefined;
	private client: Client | undefined;
	private datagrams: Datagrams | undefined;
	private wake: ((count: number) => void) | undefined;
	private cancelAlarm: (() => void) | undefined;

	constructor(options: TransfersOptions) {
		this.options = options;
		this.protocols = options.secure === undefined ? plainProtocols : allProtocols;
	}

	/** The host with our datagrams taken out of what comes in. */
	get host(): LoopHost {
		return this;
	}

	drive(client: Client, driven: readonly Driven[]): this {
		this.client = client;
		this.driven = driven;
		return this;
	}

	/** Whether a server has us. */
	get isRegistered(): boolean {
		return this.client?.sessions.some(({ isUpToDate }) => isUpToDate) === true;
	}

	open(uri: PackageUri, listener: RequestListener): Line | Fault {
		const { scheme } = uri;
		const protocol = protocolOf(scheme);
		if (!this.protocols.includes(protocol)) return NO_PROTOCOL;
		const session = this.sessionAt(uri);
		if (session !== undefined) {
			const line = new SessionLine(session, listener, this.shared);
			this.shared.push(line);
			return line;
		}
		return this.openOwn(uri, listener);
	}

	/** Has a turn come: for lines, and for what is said to an updater outside of turns, such as accept(). */
	nudge(): void {
		this.wake?.(0);
	}

	// SessionGuest

	responded(peer: Peer, requestId: number, response: Response, nowMs: number): void {
		this.shared.slice().forEach((line) => {
			line.responded(peer, requestId, response, nowMs);
		});
	}

	failed(peer: Peer, requestId: number, reason: Failure, nowMs: number): void {
		this.shared.slice().forEach((line) => {
			line.failed(peer, requestId, reason, nowMs);
		});
	}

	/** Nothing below idle while a line of its own is open: nobody else says that it hears. */
	get deepest(): SleepDepth {
		return this.lines.length > 0 ? "idle" : "off";
	}

	// Keeper

	started(nowMs: number): void {
		this.driven?.forEach((one) => {
			one.started(nowMs);
		});
	}

	turnEnded(nowMs: number): void {
		let deadlineMs = Infinity;
		for (let index = 0; index < this.lines.length; index++) this.lines[index]!.poll(nowMs);
		this.driven?.forEach((one) => {
			one.poll(nowMs);
			deadlineMs = Math.min(deadlineMs, one.deadlineMs);
		});
		for (let index = 0; index < this.lines.length; index++) {
			const line = this.lines[index]!;
			line.poll(nowMs);
			line.resolve(this.options.host.resolver, this);
			for (let bytes = line.takeDatagram(); bytes !== undefined; bytes = line.takeDatagram()) {
				this.datagrams?.write(bytes, line.address);
			}
			deadlineMs = Math.min(deadlineMs, line.deadlineMs);
		}
		if (this.lines.some(({ isClosed }) => isClosed)) this.lines = this.lines.filter(({ isClosed }) => !isClosed);
		this.cancelAlarm?.();
		this.cancelAlarm = undefined;
		if (deadlineMs < Infinity) this.cancelAlarm = this.client?.after(Math.max(1, deadlineMs - nowMs), nothing);
	}

	/** The session that a URI is about: the same scheme, host and port as the account's. */
	private sessionAt({ scheme, host, port }: PackageUri): Session | undefined {
		for (const security of this.client?.registry.object(0)?.instances ?? []) {
			const uri = readServerUri(String(security.at(resource.serverUri) ?? ""));
			if (
				"code" in uri ||
				uri.scheme !== scheme ||
				uri.port !== port ||
				security.at(resource.bootstrapServer) === true
			) {
				continue;
			}
			const id = security.at(resource.shortServerId);
			const session = this.client?.sessions.find(({ shortServerId }) => shortServerId === id);
			if (session !== undefined && (uri.host === host || session.address.host === host)) return session;
		}
		return undefined;
	}

	private openOwn(uri: PackageUri, listener: RequestListener): Line | Fault {
		const { host, secure, account, line: options } = this.options;
		const line = new OwnLine(host, uri, listener, options);
		if (uri.scheme === "coaps") {
			const security = account === undefined ? this.firstWithKeys : account(uri);
			if (security === undefined || secure === undefined) return NO_PROTOCOL;
			const channel = secure.open(security, line);
			if ("code" in channel) return channel;
			line.secureBy(channel);
		}
		this.lines = [...this.lines, line];
		return line;
	}

	private get firstWithKeys(): Instance | undefined {
		const instances = this.client?.registry.object(0)?.instances ?? [];
		return instances.find((security) => (security.at(resource.securityMode) ?? noSec) !== noSec);
	}

	// LoopHost: the host above, but for its datagrams.

	get clock(): Clock {
		return this.options.host.clock;
	}

	get power(): Power {
		return this.options.host.power;
	}

	get resolver(): Resolver {
		return this.options.host.resolver;
	}

	get log(): Log {
		return this.options.host.log;
	}

	openDatagrams(opening: DatagramsOptions): Datagrams {
		this.wake = opening.onReadable;
		this.datagrams = this.options.host.openDatagrams(opening);
		return this;
	}

	// Datagrams of the host above: what is ours is taken out. Three closures would take 36 slots.

	read(into: Uint8Array, from: Address): number {
		for (;;) {
			const size = this.datagrams!.read(into, from);
			const line = size < 0 ? undefined : this.lineTo(from);
			if (line === undefined) return size;
			line.receive(into, 0, size, this.options.host.clock.nowMs());
		}
	}

	write(bytes: Uint8Array, to: Address): void {
		this.datagrams!.write(bytes, to);
	}

	close(): void {
		this.datagrams?.close();
	}

	private lineTo({ host, port }: Address): OwnLine | undefined {
		return this.lines.find(({ address }) => address.host === host && address.port === port);
	}
}

function nothing(): void {}

/** A download through the session of a server: between its other messages, over the same DTLS session. */
class SessionLine implements Line {
	private readonly session: Session;
	private readonly listener: RequestListener;
	private readonly all: SessionLine[];
	private requestId = 0;

	constructor(session: Session, listener: RequestListener, all: SessionLine[]) {
		this.session = session;
		this.listener = listener;
		this.all = all;
	}

	get state(): LineState {
		return this.session.isReporting ? "open" : "opening";
	}

	request(options: RequestOptions, nowMs: number): number {
		this.requestId = this.session.peer.request(options, nowMs);
		return this.requestId;
	}

	cancel(requestId: number): void {
		this.session.peer.cancel(requestId);
	}

	close(): void {
		this.requestId = 0;
		const at = this.all.indexOf(this);
		if (at >= 0) this.all.splice(at, 1);
	}

	responded(peer: Peer, requestId: number, response: Response, nowMs: number): void {
		if (this.isMine(peer, requestId)) this.listener.responded(requestId, response, nowMs);
	}

	failed(peer: Peer, requestId: number, reason: Failure, nowMs: number): void {
		if (this.isMine(peer, requestId)) this.listener.failed(requestId, reason, nowMs);
	}

	private isMine(peer: Peer, requestId: number): boolean {
		return peer === this.session.peer && requestId === this.requestId;
	}
}
