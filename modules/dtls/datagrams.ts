import { assert, toHex, utf8 } from "../bytes.ts";
import { type Address, type Datagrams, type DatagramsOptions, HostFailure } from "../host.ts";
import type { Association } from "./association.ts";
import { ContentType } from "./content-type.ts";
import type { CookieJar } from "./cookie.ts";
import { challenge, type OpeningHello, readOpeningHello } from "./hello-gate.ts";
import { RecordView, readRecord, recordHeaderBytes } from "./record.ts";
import { type EndpointListener, RemoteEndpoint } from "./remote-endpoint.ts";
import type { CloseReason, DtlsSettings, Established } from "./settings.ts";

/** Plaintext datagrams that wait for read(); the oldest goes first. */
const inboxMax = 32;
/** The largest datagram that is read: what one Ethernet frame carries is less. */
const datagramMaxBytes = 2048;
/** The host of an endpoint that has a session and no address. */
const nowhere = "";
/** How often a new Connection ID is drawn when one is in use already. */
const drawsMax = 16;

/** What there is to know of remote endpoints beside their plaintext. Addresses are copies. */
export interface DtlsEvents {
	established?(at: Address, session: Established, nowMs: number): void;
	/** There is no association with it any more, or none has come about. */
	closed?(at: Address, reason: CloseReason, nowMs: number): void;
	/** An authentic record came from elsewhere (RFC 9146 §6): its address from now on; of host "" where it has none. */
	moved?(from: Address, to: Address, nowMs: number): void;
	/** Saves the state of an endpoint's session: see session-state.ts. */
	reserve?(at: Address, state: Uint8Array): void;
}

export interface DtlsDatagramsOptions {
	/** Opens what the records travel through. */
	open(options: DatagramsOptions): Datagrams;
	/** The loop's time; asked for when something is read or written. */
	nowMs(): number;
	/** Server: how to answer. Absent: nobody may begin a handshake with us. */
	readonly server?: DtlsSettings;
	/** Client: how to begin with this endpoint; undefined: not at all. Absent: never. */
	readonly client?: (to: Address) => DtlsSettings | undefined;
	/** Server: required beside `server`. */
	readonly cookies?: CookieJar;
	/**
	 * How long the Connection IDs are that peers put on records to us (RFC 9146), drawn anew for each association; 0:
	 * they put none, we put theirs. Absent: what the settings say.
	 */
	readonly connectionIdBytes?: number;
	/** How many remote endpoints there are at most. */
	readonly endpointsMax?: number;
	/** Where there is no room, an endpoint that was silent for so long makes some; 24 hours if absent. */
	readonly idleMs?: number;
	readonly events?: DtlsEvents;
	/** Local port of the inner datagrams. */
	readonly port?: number;
	onReadable(count: number): void;
}

interface Plaintext {
	readonly bytes: Uint8Array;
	/** Its address is that at the time of read(), for the record may have moved it. */
	readonly from: RemoteEndpoint;
}

/**
 * A Datagrams whose datagrams travel as DTLS records: many remote endpoints, each with an association, over one inner
 * Datagrams. write() to somebody new begins a handshake; who comes to us proves first to hear us (RFC 6347 §4.2.1), and
 * only then has a place in memory.
 */
export class DtlsDatagrams implements Datagrams, EndpointListener {
	readonly reserve: ((endpoint: RemoteEndpoint, state: Uint8Array) => void) | undefined;
	private readonly options: DtlsDatagramsOptions;
	private readonly inner: Datagrams;
	private readonly view = new RecordView();
	private readonly buffer = new Uint8Array(datagramMaxBytes);
	private readonly from: Address = { host: "", port: 0 };
	private readonly byAddress = new Map<string, RemoteEndpoint>();
	private readonly byConnectionId = new Map<string, RemoteEndpoint>();
	private inbox: Plaintext[] = [];
	/** Counts the sessions that lost their address: the port by which each goes until it has another. */
	private displaced = 0;
	private isClosed = false;

	constructor(options: DtlsDatagramsOptions) {
		assert(options.server === undefined || options.cookies !== undefined, "dtls: a server needs cookies");
		this.options = options;
		const reserve = options.events?.reserve;
		this.reserve =
			reserve === undefined ? undefined : ({ address }, state) => reserve.call(options.events, address, state);
		const { port } = options;
		const onReadable = (count: number) => this.drain(count);
		this.inner = options.open(port === undefined ? { onReadable } : { port, onReadable });
	}

	/** When to call poll(); Infinity: when something comes. */
	get deadlineMs(): number {
		let dueMs = Number.POSITIVE_INFINITY;
		this.byAddress.forEach((endpoint) => {
			dueMs = Math.min(dueMs, endpoint.deadlineMs);
		});
		return dueMs;
	}

	/** How many remote endpoints there are. */
	get endpointCount(): number {
		return this.byAddress.size;
	}

	/** Lets time pass. */
	poll(nowMs: number): void {
		const due: RemoteEndpoint[] = [];
		this.byAddress.forEach((endpoint) => {
			if (endpoint.deadlineMs <= nowMs) due.push(endpoint);
		});
		for (let index = 0; index < due.length; index++) {
			const { association } = due[index]!;
			due[index]!.poll(nowMs);
			this.flush(due[index]!, association);
		}
	}

	read(into: Uint8Array, from: Address): number {
		for (let first = this.inbox.shift(); first !== undefined; first = this.inbox.shift()) {
			if (first.bytes.length > into.length) continue;
			into.set(first.bytes);
			from.host = first.from.address.host;
			from.port = first.from.address.port;
			return first.bytes.length;
		}
		return -1;
	}

	/** Protects and sends; to somebody new, or while there is a handshake, a few are held, and more are lost. */
	write(bytes: Uint8Array, to: Address): void {
		const nowMs = this.options.nowMs();
		const endpoint = this.byAddress.get(keyOf(to)) ?? this.connect(to);
		if (endpoint === undefined) return;
		endpoint.send(bytes, nowMs);
		this.flush(endpoint);
	}

	/** Client: begins a handshake, unless there is an association. @returns undefined: there may be none, or no room */
	connect(to: Address): RemoteEndpoint | undefined {
		const known = this.byAddress.get(keyOf(to));
		if (known !== undefined) return known;
		const settings = this.options.client?.({ host: to.host, port: to.port });
		const nowMs = this.options.nowMs();
		if (settings === undefined || this.isClosed || !this.makeRoom(nowMs)) return undefined;
		const endpoint = this.add(to, nowMs);
		const own = this.withConnectionId(settings, endpoint);
		const association = endpoint.begin("client", own);
		association.connect(nowMs);
		this.flush(endpoint, association);
		return endpoint;
	}

	/**
	 * Takes up a session where its state left off; events.reserve is needed.
	 * @returns false when the state can not be taken, or there is no room
	 */
	restore(to: Address, settings: DtlsSettings, state: Uint8Array, role: "client" | "server"): boolean {
		const nowMs = this.options.nowMs();
		if (this.byAddress.has(keyOf(to)) || !this.makeRoom(nowMs)) return false;
		const endpoint = this.add(to, nowMs);
		if (!endpoint.restore(role, settings, state)) {
			this.byAddress.delete(keyOf(to));
			return false;
		}
		const connectionId = endpoint.association!.records.ownCid;
		if (connectionId.length > 0) this.byConnectionId.set(toHex(connectionId), endpoint);
		return true;
	}

	/** The association with this endpoint, to look at; undefined: none. */
	association(at: Address): Association | undefined {
		return this.byAddress.get(keyOf(at))?.association;
	}

	/** Ends the association with this endpoint. */
	disconnect(at: Address): void {
		const endpoint = this.byAddress.get(keyOf(at));
		if (endpoint !== undefined) this.end(endpoint);
	}

	/** Ends all of them, and the inner Datagrams. */
	close(): void {
		const all: RemoteEndpoint[] = [];
		this.byAddress.forEach((endpoint) => {
			all.push(endpoint);
		});
		for (let index = 0; index < all.length; index++) this.end(all[index]!);
		this.isClosed = true;
		this.inbox = [];
		this.inner.close();
	}

	/** EndpointListener: for the endpoints alone. */
	established(endpoint: RemoteEndpoint, session: Established, nowMs: number): void {
		const { connectionId } = session;
		if (connectionId.length > 0) this.byConnectionId.set(toHex(connectionId), endpoint);
		this.options.events?.established?.(copyOf(endpoint.address), session, nowMs);
	}

	/** EndpointListener: for the endpoints alone. */
	received(endpoint: RemoteEndpoint, bytes: Uint8Array, at: number, end: number): void {
		if (this.inbox.length >= inboxMax) this.inbox.shift();
		this.inbox.push({ bytes: bytes.slice(at, end), from: endpoint });
	}

	/** EndpointListener: for the endpoints alone. */
	ended(endpoint: RemoteEndpoint, reason: CloseReason, nowMs: number): void {
		if (endpoint.candidate === undefined) this.byAddress.delete(keyOf(endpoint.address));
		else {
			endpoint.association = endpoint.candidate;
			endpoint.candidate = undefined;
		}
		this.options.events?.closed?.(copyOf(endpoint.address), reason, nowMs);
	}

	/** EndpointListener: for the endpoints alone. */
	forgot(endpoint: RemoteEndpoint, connectionId: Uint8Array): void {
		const key = toHex(connectionId);
		if (this.byConnectionId.get(key) === endpoint) this.byConnectionId.delete(key);
	}

	private drain(count: number): void {
		const nowMs = this.options.nowMs();
		const before = this.inbox.length;
		for (let index = 0; index < count && !this.isClosed; index++) {
			const size = this.inner.read(this.buffer, this.from);
			if (size < 0) break;
			this.datagram(size, nowMs);
		}
		const waiting = this.inbox.length;
		if (waiting > 0 && (waiting > before || before === 0)) this.options.onReadable(waiting);
	}

	/** One datagram, in this.buffer, from this.from. */
	private datagram(size: number, nowMs: number): void {
		const { buffer, from, options } = this;
		const endpoint = this.endpointOf(size);
		if (endpoint !== undefined) {
			const { association } = endpoint;
			if (this.isBeginning(endpoint, size, nowMs)) return;
			const isNewest = endpoint.receive(buffer, 0, size, nowMs);
			if (isNewest && (endpoint.address.host !== from.host || endpoint.address.port !== from.port)) {
				this.move(endpoint, nowMs);
			}
			this.flush(endpoint, association);
			return;
		}
		const opening = options.server === undefined ? undefined : this.openingOf(size);
		if (opening === undefined || !this.isHeard(opening, nowMs) || !this.makeRoom(nowMs)) return;
		this.accept(this.add(from, nowMs), opening, size, nowMs);
	}

	/** Whose records these are: by the Connection ID of the first, or by the address. */
	private endpointOf(size: number): RemoteEndpoint | undefined {
		const { buffer } = this;
		const cidSize = this.cidSize;
		const at = recordHeaderBytes - 2;
		if (buffer[0] === ContentType.tls12Cid && cidSize > 0 && size > at + cidSize) {
			const found = this.byConnectionId.get(toHex(buffer, at, at + cidSize));
			if (found !== undefined) return found;
		}
		return this.byAddress.get(keyOf(this.from));
	}

	/** Is this a client that begins anew beside an association that stands (RFC 6347 §4.2.8)? */
	private isBeginning(endpoint: RemoteEndpoint, size: number, nowMs: number): boolean {
		if (this.options.server === undefined || !endpoint.isEstablished || endpoint.candidate !== undefined) return false;
		const opening = this.openingOf(size);
		if (opening === undefined || endpoint.association!.isOpenedBy(opening)) return false;
		if (this.isHeard(opening, nowMs)) this.accept(endpoint, opening, size, nowMs);
		return true;
	}

	private openingOf(size: number): OpeningHello | undefined {
		const { buffer, view } = this;
		return readRecord(buffer, 0, size, this.cidSize, view) === undefined ? readOpeningHello(buffer, view) : undefined;
	}

	/** Does the client hear us? If that is not known, asks it, and keeps nothing. */
	private isHeard(opening: OpeningHello, nowMs: number): boolean {
		const answer = challenge(this.options.cookies!, utf8(keyOf(this.from)), opening, nowMs);
		if (answer !== undefined) this.post(answer, this.from);
		return answer === undefined;
	}

	private accept(endpoint: RemoteEndpoint, opening: OpeningHello, size: number, nowMs: number): void {
		const { cookies, server } = this.options;
		const own = this.withConnectionId(server!, endpoint);
		const peerAddress = utf8(keyOf(endpoint.address));
		const association = endpoint.begin("server", { ...own, cookies: cookies!, peerAddress });
		association.accept(opening, nowMs);
		association.receive(this.buffer, 0, size, nowMs);
		this.flush(endpoint, association);
	}

	/** RFC 9146 §6: the record was authentic and the newest, so the peer is where it came from. */
	private move(endpoint: RemoteEndpoint, nowMs: number): void {
		const to = copyOf(this.from);
		const other = this.byAddress.get(keyOf(to));
		if (other !== undefined && !this.giveWay(other, nowMs)) return;
		this.relocate(endpoint, to, nowMs);
	}

	/**
	 * Somebody else's record came from this address: a network gave the port away, or a sender lies, for nothing protects
	 * addresses. A session with a Connection ID has another address with its next record, until then none. One without
	 * can only be told by its address, and keeps it.
	 * @returns false when it stays
	 */
	private giveWay(endpoint: RemoteEndpoint, nowMs: number): boolean {
		if (!endpoint.isEstablished) this.end(endpoint);
		else if (endpoint.association!.records.ownCid.length === 0) return false;
		else {
			this.displaced = (this.displaced + 1) >>> 0;
			this.relocate(endpoint, { host: nowhere, port: this.displaced }, nowMs);
		}
		return true;
	}

	private relocate(endpoint: RemoteEndpoint, to: Address, nowMs: number): void {
		const from = endpoint.address;
		this.byAddress.delete(keyOf(from));
		endpoint.address = to;
		this.byAddress.set(keyOf(to), endpoint);
		this.options.events?.moved?.(copyOf(from), copyOf(to), nowMs);
	}

	private get cidSize(): number {
		const { connectionIdBytes, server } = this.options;
		return connectionIdBytes ?? server?.connectionId?.length ?? 0;
	}

	private withConnectionId(settings: DtlsSettings, endpoint: RemoteEndpoint): DtlsSettings {
		const { connectionIdBytes } = this.options;
		if (connectionIdBytes === undefined) return settings;
		const connectionId = new Uint8Array(connectionIdBytes);
		for (let draw = 0; draw < drawsMax && connectionIdBytes > 0; draw++) {
			settings.entropy.fill(connectionId);
			if (!this.byConnectionId.has(toHex(connectionId))) break;
		}
		// From here on, so that a record that overtakes the end of the handshake finds its way.
		if (connectionIdBytes > 0) this.byConnectionId.set(toHex(connectionId), endpoint);
		return { ...settings, connectionId };
	}

	private add(address: Address, nowMs: number): RemoteEndpoint {
		const endpoint = new RemoteEndpoint(copyOf(address), this, this.view, nowMs);
		this.byAddress.set(keyOf(address), endpoint);
		return endpoint;
	}

	/** Makes room for one more endpoint: a handshake that began first goes, or who was silent for too long. */
	private makeRoom(nowMs: number): boolean {
		const { endpointsMax = 16, idleMs = 86_400_000 } = this.options;
		if (this.byAddress.size < endpointsMax) return true;
		let victim: RemoteEndpoint | undefined;
		this.byAddress.forEach((endpoint) => {
			const isOlder = victim === undefined || endpoint.heardMs < victim.heardMs;
			if (!endpoint.isEstablished && (isOlder || victim!.isEstablished)) victim = endpoint;
			else if (isOlder && victim?.isEstablished !== false && nowMs - endpoint.heardMs >= idleMs) victim = endpoint;
		});
		if (victim === undefined) return false;
		this.end(victim);
		return true;
	}

	private end(endpoint: RemoteEndpoint): void {
		const { association } = endpoint;
		endpoint.close(this.options.nowMs());
		this.flush(endpoint, association);
		this.byAddress.delete(keyOf(endpoint.address));
	}

	/** @param last an association that may have ended just now, and still has something to say */
	private flush(endpoint: RemoteEndpoint, last?: Association): void {
		endpoint.flush((datagram, to) => this.post(datagram, to), last);
	}

	private post(datagram: Uint8Array, to: Address): void {
		if (to.host === nowhere) return; // as good as lost
		try {
			this.inner.write(datagram, to);
		} catch (error) {
			// No route, ICMP: as good as lost, and lost is nothing new here.
			if (!(error instanceof HostFailure)) throw error;
		}
	}
}

function keyOf({ host, port }: Address): string {
	return `${host} ${port}`;
}

function copyOf({ host, port }: Address): Address {
	return { host, port };
}
