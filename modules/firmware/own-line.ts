import { Code } from "../coap/code.ts";
import type { PeerExtension } from "../coap/extension.ts";
import type { Failure, RequestListener } from "../coap/operation.ts";
import { Peer, type PeerListener, type Request, type RequestOptions, type Response } from "../coap/peer.ts";
import type { Limits, Tuning } from "../coap/tuning.ts";
import type { Address, Host, Resolver } from "../host.ts";
import type { Line, LineState } from "./line.ts";
import type { PackageUri } from "./package-uri.ts";

/** Takes requests in the peer's place: QBlock. */
export interface RequestExtension extends PeerExtension {
	request(options: RequestOptions, nowMs: number): number;
}

export interface OwnLineOptions {
	readonly extension?: () => RequestExtension;
	readonly tuning?: Partial<Tuning>;
	readonly limits?: Partial<Limits>;
}

/** DTLS towards one server, or something that behaves as it does. */
export interface LineChannel {
	/** Whether send() goes through. */
	readonly isSecured: boolean;
	/** Begins a handshake, unless one is under way or the session stands. */
	connect(nowMs: number): void;
	/** @param bytes one datagram of the server's; nothing here keeps a reference to it */
	receive(bytes: Uint8Array, at: number, end: number, nowMs: number): void;
	/** Protects one message; takeDatagram() has it. While nothing is secured it is lost, as on a bad link. */
	send(bytes: Uint8Array, nowMs: number): void;
	poll(nowMs: number): void;
	/** When poll() has something to do; Infinity for never. */
	readonly deadlineMs: number;
	/** @returns the next datagram for the server; its bytes are not to be changed */
	takeDatagram(): Uint8Array | undefined;
	/** Says good-bye, where there is somebody to say it to, and forgets the keys. Its listener hears nothing of that. */
	close(nowMs: number): void;
}

/**
 * A line to a server that is none of the client's, with a peer of its own, and where it is secured a session of its
 * own. Without I/O: receive, poll, deadlineMs, takeDatagram; resolve() asks for the address.
 */
export class OwnLine implements Line, PeerListener {
	state: LineState = "opening";
	/** host is "" until the name is resolved. */
	readonly address: Address;
	private readonly uri: PackageUri;
	private readonly listener: RequestListener;
	private readonly peer: Peer;
	private readonly extension: RequestExtension | undefined;
	private channel: LineChannel | undefined;
	private isAsked = false;
	private isLeaving = false;
	private nowMs = 0;

	constructor(
		{ dice, entropy }: Pick<Host, "dice" | "entropy">,
		uri: PackageUri,
		listener: RequestListener,
		options: OwnLineOptions = {},
	) {
		this.uri = uri;
		this.listener = listener;
		this.extension = options.extension?.();
		this.address = { host: "", port: uri.port };
		this.peer = new Peer({
			dice,
			entropy,
			listener: this,
			limits: { requests: 2, incoming: 1, remembered: 4, bodies: 1, ...options.limits },
			...(options.tuning === undefined ? {} : { tuning: options.tuning }),
			...(this.extension === undefined ? {} : { extension: this.extension }),
		});
	}

	/** All goes through this from now on. */
	secureBy(channel: LineChannel): void {
		this.channel = channel;
	}

	/** Whether it is over, its last words said. */
	get isClosed(): boolean {
		return this.isLeaving;
	}

	get deadlineMs(): number {
		return Math.min(this.peer.deadlineMs, this.channel?.deadlineMs ?? Infinity);
	}

	request(options: RequestOptions, nowMs: number): number {
		return (this.extension ?? this.peer).request(options, nowMs);
	}

	cancel(requestId: number): void {
		this.peer.cancel(requestId);
	}

	close(): void {
		this.state = "dead";
		this.isLeaving = true;
		this.channel?.close(this.nowMs);
	}

	/** Asks for the address, once. @param turns is nudged when there is something to do */
	resolve(resolver: Resolver, turns: { nudge(): void }): void {
		if (this.isAsked) return;
		this.isAsked = true;
		resolver.resolve(this.uri.host, ([host]) => {
			this.address.host = host ?? "";
			if (host === undefined) this.state = "dead";
			else if (this.channel === undefined && this.state === "opening") this.state = "open";
			turns.nudge();
		});
	}

	receive(bytes: Uint8Array, at: number, end: number, nowMs: number): void {
		this.nowMs = nowMs;
		if (this.channel === undefined) this.peer.receive(bytes, at, end, nowMs);
		else this.channel.receive(bytes, at, end, nowMs);
	}

	poll(nowMs: number): void {
		this.nowMs = nowMs;
		this.channel?.poll(nowMs);
		this.peer.poll(nowMs);
		if (this.state === "opening" && this.address.host !== "") this.channel?.connect(nowMs);
	}

	takeDatagram(): Uint8Array | undefined {
		if (this.address.host === "") return undefined;
		const { channel } = this;
		if (channel === undefined) return this.peer.takeDatagram();
		for (;;) {
			const record = channel.takeDatagram();
			if (record !== undefined || !channel.isSecured) return record;
			const message = this.peer.takeDatagram();
			if (message === undefined) return undefined;
			channel.send(message, this.nowMs);
		}
	}

	// What a secure channel tells.

	handshaking(): void {}

	secured(): void {
		if (this.state === "opening") this.state = "open";
	}

	decrypted(bytes: Uint8Array, at: number, end: number, nowMs: number): void {
		this.peer.receive(bytes, at, end, nowMs);
	}

	unsecured(): void {
		this.state = "dead";
	}

	// PeerListener

	responded(requestId: number, response: Response, nowMs: number): void {
		this.listener.responded(requestId, response, nowMs);
	}

	failed(requestId: number, reason: Failure, nowMs: number): void {
		this.listener.failed(requestId, reason, nowMs);
	}

	/** A server of packages has nothing to ask us. */
	requested(request: Request, nowMs: number): void {
		this.peer.respond(request, { code: Code.notFound }, nowMs);
	}

	observerGone(): void {}
}
