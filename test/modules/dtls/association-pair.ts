import { Association } from "../../../modules/dtls/association.ts";
import type { AssociationListener, CloseReason, DtlsSettings, Established } from "../../../modules/dtls/settings.ts";

/** What an association told its listener. */
export class Ear implements AssociationListener {
	session: Established | undefined;
	reason: CloseReason | undefined;
	readonly heard: Uint8Array[] = [];
	reserve?: (state: Uint8Array) => void;

	established(session: Established): void {
		this.session = session;
	}

	received(bytes: Uint8Array, at: number, end: number): void {
		this.heard.push(bytes.slice(at, end));
	}

	closed(reason: CloseReason): void {
		this.reason = reason;
	}
}

/** A datagram under way. */
export interface Flown {
	readonly from: "client" | "server";
	readonly bytes: Uint8Array;
}

/** A client and a server, and a link between them that a test may meddle with. */
export class Pair {
	readonly clientEar = new Ear();
	readonly serverEar = new Ear();
	readonly client: Association;
	readonly server: Association;
	/** All that went over the link. */
	readonly flown: Flown[] = [];
	nowMs = 1000;
	/** What becomes of a datagram: as it is, another, several, or none. */
	meddle: (flown: Flown) => readonly Uint8Array[] = ({ bytes }) => [bytes];

	constructor(client: DtlsSettings, server: DtlsSettings) {
		this.client = new Association("client", client, this.clientEar);
		this.server = new Association("server", server, this.serverEar);
	}

	get isEstablished(): boolean {
		return this.client.state === "established" && this.server.state === "established";
	}

	connect(): this {
		this.client.connect(this.nowMs);
		return this.settle();
	}

	/** Carries datagrams until there are no more. */
	settle(): this {
		for (let turn = 0; turn < 1000; turn++) {
			const up = this.client.takeDatagram();
			const down = this.server.takeDatagram();
			if (up === undefined && down === undefined) return this;
			if (up !== undefined) this.carry({ from: "client", bytes: up });
			if (down !== undefined) this.carry({ from: "server", bytes: down });
		}
		throw new Error("they talk for ever");
	}

	/** Lets the next timer run out, and settles. @returns false when there is none */
	wait(): boolean {
		const dueMs = Math.min(this.client.deadlineMs, this.server.deadlineMs);
		if (dueMs === Number.POSITIVE_INFINITY) return false;
		this.nowMs = Math.max(this.nowMs, dueMs);
		this.client.poll(this.nowMs);
		this.server.poll(this.nowMs);
		this.settle();
		return true;
	}

	/** Settles, and waits, until nothing waits any more. */
	finish(): this {
		for (let turn = 0; turn < 200 && this.wait(); turn++);
		return this;
	}

	private carry(flown: Flown): void {
		this.flown.push(flown);
		const to = flown.from === "client" ? this.server : this.client;
		for (const bytes of this.meddle(flown)) {
			const copy = bytes.slice();
			to.receive(copy, 0, copy.length, this.nowMs);
			copy.fill(0xee);
		}
	}
}
