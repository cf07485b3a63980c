/** The board of dtls-nonce.ts, and a session of it over Protection and Reservation alone. */
import { protectionOf } from "../../modules/dtls/key-block.ts";
import type { Protection } from "../../modules/dtls/protection.ts";
import { RecordView, readRecord } from "../../modules/dtls/record.ts";
import { ReplayWindow } from "../../modules/dtls/replay.ts";
import { DEFAULT_RESERVATION, Reservation, type ReservationTuning } from "../../modules/dtls/reservation.ts";
import { decodeState, encodeState, type SessionState } from "../../modules/dtls/session-state.ts";
import type { StateHome } from "../../modules/dtls/state-homes.ts";
import { suiteById } from "../../modules/dtls/suite.ts";
import { HostFailure } from "../../modules/host.ts";
import { Fate, type Findings, hex, type RetainedRam, Stop, TappedCrypto } from "./dtls-nonce.ts";

const none = new Uint8Array(0);
export const peerCid = Uint8Array.of(0xc1, 0xc2);
export const suites = [0xc0a8, 0x00a8];
const actionsPerLife = 20;

/** How a sweep differs from others: where states are kept, and what is broken on purpose. */
export interface Setup {
	/** Makes the homes of one board; `ram` is lost with the power. */
	homes(fate: Fate): { readonly home: StateHome; readonly ram: RetainedRam | undefined };
	readonly tuning?: ReservationTuning;
	/** Absent: over Protection and Reservation. */
	readonly sessions?: Sessions;
	/** Bends what is given to the home to save, or drops it: undefined. */
	bend?(state: Uint8Array, life: Life): Uint8Array | undefined;
}

/** The code under test, as a board sees it. */
export interface Sessions {
	/** A new session, with a peer of its own that life.meet() is told of. */
	fresh(life: Life): Session;
	restore(life: Life, state: Uint8Array): Session;
}

export interface Session {
	/** The next sequence number. */
	next(): number;
	/** A datagram with one record of application data; undefined: refused for now. */
	send(): Uint8Array | undefined;
	/** Calls life.believe() for a record that is taken. */
	receive(datagram: Uint8Array): void;
	export(): Uint8Array;
	release(): void;
}

/** The far end: its numbers never repeat, and everything it ever sent is in the hands of an attacker. */
export class Peer {
	readonly recorded: Uint8Array[] = [];
	private readonly seal: () => Uint8Array;

	constructor(seal: () => Uint8Array) {
		this.seal = seal;
	}

	/** The next datagram, behind `lost` others that do not arrive. */
	next(lost: number): Uint8Array {
		for (let count = 0; count < lost; count++) this.seal();
		const datagram = this.seal();
		this.recorded.push(datagram);
		return datagram;
	}
}

/** From one start of the board to its end. */
export class Life {
	/** How often a home was asked to save in this life. */
	saves = 0;
	readonly crypto: TappedCrypto;
	readonly board: Board;
	private readonly session: Session;
	private peer: Peer | undefined;
	private heard = "";

	constructor(board: Board, state: Uint8Array | undefined, sessions: Sessions) {
		this.board = board;
		this.crypto = new TappedCrypto(board.findings);
		if (state !== undefined) this.peer = board.peerOf(state);
		this.session = state === undefined ? sessions.fresh(this) : sessions.restore(this, state);
	}

	/** Whom a new session is with. @param state one of its states */
	meet(state: Uint8Array, peer: Peer): void {
		this.peer = peer;
		this.board.meet(state, peer);
	}

	next(): number {
		return this.session.next();
	}

	save(state: Uint8Array): void {
		const { bend } = this.board.setup;
		const bytes = bend === undefined ? state : bend(state, this);
		this.saves++;
		if (bytes !== undefined) this.board.home.save(bytes);
	}

	act(): void {
		const { fate } = this.board;
		fate.place("between two actions");
		const action = fate.below(10);
		const peer = this.peer!;
		if (action < 5) this.send();
		else if (action < 8) this.receive(peer.next(fate.below(4) === 0 ? fate.below(4) : 0));
		else if (peer.recorded.length > 0) this.receive(peer.recorded[fate.below(peer.recorded.length)]!);
	}

	private send(): void {
		const { fate, findings } = this.board;
		const datagram = this.session.send();
		if (datagram === undefined) return;
		fate.place("between sealing and sending");
		// the explicit part of the nonce, as a listener on the wire sees it
		if (!this.crypto.last.endsWith(hex(datagram.subarray(15, 23)))) throw new Error("another nonce on the wire");
		if (findings.sent.has(this.crypto.last)) findings.repeats++;
		findings.sent.add(this.crypto.last);
		fate.place("after sending");
	}

	private receive(datagram: Uint8Array): void {
		this.heard = hex(datagram);
		this.session.receive(datagram.slice());
		this.board.fate.place("after believing");
	}

	/** The session took what it was given last. */
	believe(): void {
		const { fate, findings } = this.board;
		fate.place("between saving and believing");
		if (findings.believed.has(this.heard)) findings.replays++;
		findings.believed.add(this.heard);
	}

	sleep(): void {
		this.board.home.save(this.session.export());
		this.board.fate.place("after the state was saved for sleep");
	}

	release(): void {
		this.session.release();
	}
}

/** One board over all its lives. */
export class Board {
	readonly setup: Setup;
	readonly fate: Fate;
	readonly findings: Findings;
	readonly home: StateHome;
	private readonly ram: RetainedRam | undefined;
	private readonly peers = new Map<string, Peer>();
	private readonly loaded = new Set<string>();

	constructor(setup: Setup, seed: number, findings: Findings) {
		this.setup = setup;
		this.findings = findings;
		this.fate = new Fate(seed, findings);
		const { home, ram } = setup.homes(this.fate);
		this.home = home;
		this.ram = ram;
	}

	/** Lives once: from a state that was found or a new handshake, up to sleep or a stop. */
	live(): void {
		let life: Life | undefined;
		try {
			life = this.wake();
			for (let action = this.fate.below(actionsPerLife); action > 0; action--) {
				try {
					life.act();
				} catch (error) {
					if (!(error instanceof HostFailure)) throw error;
				}
			}
			if (this.fate.below(2) === 0) life.sleep();
		} catch (error) {
			if (error instanceof Stop && error.kind === "power") this.ram?.lose();
			else if (!(error instanceof Stop) && !(error instanceof HostFailure)) throw error;
		}
		life?.release();
	}

	private wake(): Life {
		const { findings, fate } = this;
		fate.place("before the state is loaded");
		const found = this.home.load();
		findings.lives[found === undefined ? "handshake" : "restored"]++;
		if (found !== undefined) {
			if (this.loaded.has(hex(found))) findings.lives.restoredBefore++;
			this.loaded.add(hex(found));
		}
		const life = new Life(this, found, this.setup.sessions ?? protections);
		fate.place("after the state was restored");
		return life;
	}

	/** Whom the session of this state is with. */
	peerOf(state: Uint8Array): Peer {
		const peer = this.peers.get(nameOf(state));
		if (peer === undefined) throw new Error("a session with nobody");
		return peer;
	}

	meet(state: Uint8Array, peer: Peer): void {
		this.peers.set(nameOf(state), peer);
	}
}

function nameOf(state: Uint8Array): string {
	return hex((decodeState(state) as SessionState).keyBlock);
}

const entropy = { fill: () => {} }; // AEADs take none

/** Sessions over Protection and Reservation, as little around them as goes. */
const protections: Sessions = {
	fresh(life) {
		const { below } = life.board.fate;
		const state = encodeState({
			role: "client",
			suite: suites[below(2)]!,
			encryptThenMac: false,
			extendedMasterSecret: true,
			keyBlock: new Uint8Array(40).map(() => below(256)),
			ownCid: none,
			peerCid,
			peer: none,
			sequence: 1, // Finished took 0
			received: new ReplayWindow(),
			sealedBytes: 16384,
			openedBytes: 16384,
			resumption: none,
		});
		const { keyBlock, suite } = decodeState(state) as SessionState;
		const keys = { entropy, suite: suiteById(suite)!, encryptThenMac: false, keyBlock, epoch: 1 };
		const writer = protectionOf("server", { ...keys, crypto: new TappedCrypto(life.board.findings) });
		let sequence = 1;
		const seal = () => {
			const bytes = new Uint8Array(64);
			return bytes.slice(0, writer.seal(23, Uint8Array.of(1, 2, 3), 0, 3, sequence++, none, bytes, 0));
		};
		life.meet(state, new Peer(seal));
		return new ProtectedSession(life, state);
	},
	restore: (life, state) => new ProtectedSession(life, state),
};

class ProtectedSession implements Session {
	private readonly life: Life;
	private readonly reader: Protection;
	private readonly writer: Protection;
	private readonly window: ReplayWindow;
	private readonly reservation: Reservation;
	private readonly view = new RecordView();

	constructor(life: Life, state: Uint8Array) {
		const { encryptThenMac, keyBlock, received, suite } = decodeState(state) as SessionState;
		const keys = { crypto: life.crypto, entropy, suite: suiteById(suite)!, encryptThenMac, keyBlock, epoch: 1 };
		this.life = life;
		this.reader = protectionOf("server", keys);
		this.writer = protectionOf("client", keys);
		this.window = received;
		const tuning = life.board.setup.tuning ?? DEFAULT_RESERVATION;
		this.reservation = new Reservation(state.slice(), received, (bytes) => life.save(bytes), tuning);
	}

	next(): number {
		return this.reservation.next;
	}

	send(): Uint8Array {
		const sequence = this.reservation.take();
		const datagram = new Uint8Array(64);
		return datagram.slice(0, this.writer.seal(23, Uint8Array.of(4, 5), 0, 2, sequence, peerCid, datagram, 0));
	}

	receive(datagram: Uint8Array): void {
		const { view } = this;
		if (readRecord(datagram, 0, datagram.length, 0, view) !== undefined) throw new Error("no record");
		if (!this.window.isFresh(view.sequence) || !this.reader.open(datagram, view)) return;
		this.reservation.cover(view.sequence);
		this.window.accept(view.sequence);
		this.life.believe();
	}

	export(): Uint8Array {
		return this.reservation.export();
	}

	release(): void {
		this.reservation.release();
		this.reader.release();
		this.writer.release();
	}
}
