/** The board of dtls-nonce.ts with a session over Protection and Reservation, and its peer. */
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
const peerCid = Uint8Array.of(0xc1, 0xc2);
const suites = [0xc0a8, 0x00a8];
const actionsPerLife = 20;

/** How a sweep differs from others: where states are kept, and what is broken on purpose. */
export interface Setup {
	/** Makes the homes of one board; `ram` is lost with the power. */
	homes(fate: Fate): { readonly home: StateHome; readonly ram: RetainedRam | undefined };
	readonly tuning?: ReservationTuning;
	/** Bends what is given to the home to save, or drops it: undefined. */
	bend?(state: Uint8Array, life: Life): Uint8Array | undefined;
}

/** The far end: its numbers never repeat, and everything it ever sent is in the hands of an attacker. */
class Peer {
	readonly recorded: Uint8Array[] = [];
	private readonly writer: Protection;
	private sequence = 0;

	constructor(state: SessionState, findings: Findings) {
		const { keyBlock, encryptThenMac, suite } = state;
		const crypto = new TappedCrypto(findings);
		const entropy = { fill: () => {} };
		this.writer = protectionOf("server", {
			crypto,
			entropy,
			suite: suiteById(suite)!,
			encryptThenMac,
			keyBlock,
			epoch: 1,
		});
	}

	/** The next record, some of which get lost on the way. */
	seal(skip: number): Uint8Array {
		this.sequence += skip;
		const bytes = new Uint8Array(64);
		const end = this.writer.seal(23, Uint8Array.of(1, 2, 3), 0, 3, this.sequence++, none, bytes, 0);
		this.recorded.push(bytes.slice(0, end));
		return bytes.slice(0, end);
	}
}

/** From one start of the board to its end. */
export class Life {
	/** How often a home was asked to save in this life. */
	saves = 0;
	readonly next: () => number;
	private readonly board: Board;
	private readonly peer: Peer;
	private readonly crypto: TappedCrypto;
	private readonly reader: Protection;
	private readonly writer: Protection;
	private readonly window: ReplayWindow;
	private readonly reservation: Reservation;
	private readonly view = new RecordView();

	constructor(board: Board, state: Uint8Array, peer: Peer) {
		const session = decodeState(state) as SessionState;
		this.board = board;
		this.peer = peer;
		this.crypto = new TappedCrypto(board.findings);
		const { crypto } = this;
		const { keyBlock, encryptThenMac, suite } = session;
		const entropy = { fill: () => {} };
		const keys = { crypto, entropy, suite: suiteById(suite)!, encryptThenMac, keyBlock, epoch: 1 };
		this.reader = protectionOf("server", keys);
		this.writer = protectionOf("client", keys);
		this.window = session.received;
		const tuning = board.setup.tuning ?? DEFAULT_RESERVATION;
		this.reservation = new Reservation(state, this.window, (bytes) => this.save(bytes), tuning);
		this.next = () => this.reservation.next;
	}

	private save(state: Uint8Array): void {
		const { bend } = this.board.setup;
		const bytes = bend === undefined ? state : bend(state, this);
		this.saves++;
		if (bytes !== undefined) this.board.home.save(bytes);
	}

	act(): void {
		const { fate } = this.board;
		fate.place("between two actions");
		const action = fate.below(10);
		if (action < 5) this.send();
		else if (action < 8) this.receive(this.peer.seal(fate.below(4) === 0 ? fate.below(4) : 0));
		else if (this.peer.recorded.length > 0) this.receive(this.peer.recorded[fate.below(this.peer.recorded.length)]!);
	}

	send(): void {
		const { fate, findings } = this.board;
		const sequence = this.reservation.take();
		const datagram = new Uint8Array(64);
		this.writer.seal(23, Uint8Array.of(4, 5), 0, 2, sequence, peerCid, datagram, 0);
		fate.place("between sealing and sending");
		// the explicit part of the nonce, as a listener on the wire sees it
		if (!this.crypto.last.endsWith(hex(datagram.subarray(15, 23)))) throw new Error("another nonce on the wire");
		if (findings.sent.has(this.crypto.last)) findings.repeats++;
		findings.sent.add(this.crypto.last);
		fate.place("after sending");
	}

	receive(record: Uint8Array): void {
		const { view, window } = this;
		const { fate, findings } = this.board;
		const bytes = record.slice();
		if (readRecord(bytes, 0, bytes.length, 0, view) !== undefined) throw new Error("no record");
		if (!window.isFresh(view.sequence) || !this.reader.open(bytes, view)) return;
		this.reservation.cover(view.sequence);
		window.accept(view.sequence);
		fate.place("between saving and believing");
		const name = hex(record);
		if (findings.believed.has(name)) findings.replays++;
		findings.believed.add(name);
		fate.place("after believing");
	}

	sleep(): void {
		this.board.home.save(this.reservation.export());
		this.board.fate.place("after the state was saved for sleep");
	}

	release(): void {
		this.reservation.release();
		this.reader.release();
		this.writer.release();
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
		const state = found ?? this.handshake();
		findings.lives[found === undefined ? "handshake" : "restored"]++;
		if (found !== undefined) {
			if (this.loaded.has(hex(found))) findings.lives.restoredBefore++;
			this.loaded.add(hex(found));
		}
		const session = decodeState(state) as SessionState;
		const name = hex(session.keyBlock);
		let peer = this.peers.get(name);
		if (peer === undefined) this.peers.set(name, (peer = new Peer(session, findings)));
		const life = new Life(this, state, peer);
		fate.place("after the state was restored");
		return life;
	}

	private handshake(): Uint8Array {
		const { below } = this.fate;
		return encodeState({
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
	}
}
