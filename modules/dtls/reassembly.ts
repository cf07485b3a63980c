import type { Fault } from "../bytes.ts";
import { frozen } from "../frozen.ts";
import { FragmentView, MESSAGE_TOO_LARGE } from "./fragment.ts";

export interface ReassemblyLimits {
	/** A message that says it is longer is refused. */
	readonly messageBytes: number;
	/** How many messages, the next one among them, may be under way at once. Those further ahead are dropped. */
	readonly messages: number;
	/** How many bytes are kept of all of them together. */
	readonly bufferedBytes: number;
}

/** For a device: a chain of certificates of 4 KB, or the whole flight of a server where each message is small. */
export const DEFAULT_REASSEMBLY: ReassemblyLimits = frozen({ messageBytes: 4096, messages: 8, bufferedBytes: 8192 });

/** How many messages that contradict each other are kept under one sequence number. */
const rivalsMax = 3;
/** How many separate pieces of one message are kept; a fragment that makes one more is dropped. */
const piecesMax = 16;

/** One handshake message, complete. */
export interface HandshakeMessage {
	/** One of HandshakeType, or a number that we do not know. */
	readonly type: number;
	/** message_seq. */
	readonly sequence: number;
	/** The epoch of the records it came in: 0 means that anybody may have written it. */
	readonly epoch: number;
	/** Without the header; the receiver's to keep. */
	readonly body: Uint8Array;
}

interface Piece {
	readonly at: number;
	readonly bytes: Uint8Array;
}

/** What has come of one message; those of other types or lengths under the same number are rivals. */
class Candidate {
	readonly sequence: number;
	readonly epoch: number;
	readonly type: number;
	readonly total: number;
	/** In order, and never touching each other. */
	pieces: Piece[] = [];

	constructor(view: FragmentView, epoch: number) {
		this.sequence = view.sequence;
		this.epoch = epoch;
		this.type = view.type;
		this.total = view.total;
	}

	get isComplete(): boolean {
		return this.pieces.length === 1 && this.pieces[0]!.bytes.length === this.total;
	}

	get size(): number {
		let size = 0;
		for (let index = 0; index < this.pieces.length; index++) size += this.pieces[index]!.bytes.length;
		return size;
	}

	/** Takes bytes[from .. to) as what stands at `at` of the message. Where something stands already, that remains. */
	add(bytes: Uint8Array, from: number, to: number, at: number): void {
		const { pieces } = this;
		const end = at + to - from;
		let first = 0;
		while (first < pieces.length && endOf(pieces[first]!) < at) first++;
		let behind = first;
		while (behind < pieces.length && pieces[behind]!.at <= end) behind++;
		if (behind === first) {
			if (pieces.length < piecesMax) pieces.splice(first, 0, { at, bytes: bytes.slice(from, to) });
			return;
		}
		const start = Math.min(at, pieces[first]!.at);
		const joined = new Uint8Array(Math.max(end, endOf(pieces[behind - 1]!)) - start);
		joined.set(bytes.subarray(from, to), at - start);
		for (let index = first; index < behind; index++) joined.set(pieces[index]!.bytes, pieces[index]!.at - start);
		pieces.splice(first, behind - first, { at: start, bytes: joined });
	}
}

function endOf({ at, bytes }: Piece): number {
	return at + bytes.length;
}

/**
 * Puts the fragments of handshake messages together, and the messages in order (RFC 6347 §4.2.2, §4.2.3). What it keeps
 * is bounded by bytes that came, never by lengths that were claimed.
 *
 * In epoch 0 anybody can forge a fragment. So messages of one number that differ in type, length or epoch grow side by
 * side, and the first that is complete comes out of take(); a message that can not be the one is given back with
 * refuse(), and its number waits for another. Of too many rivals the one with the fewest bytes goes; where there is no
 * room for all, what was touched longest ago goes, of the message furthest ahead. Bytes forged into a message of the
 * right type and length can not be told from genuine ones: drop(), at the timer, lets the retransmission start from
 * nothing.
 */
export class Reassembly {
	/** Sequence number of the message that comes next. */
	next = 0;
	/** The number of a message that receive() saw though it had been taken before: it came again. -1: there was none. */
	repeated = -1;
	readonly #limits: ReassemblyLimits;
	readonly #view = new FragmentView();
	/** What was touched last stands last. */
	#candidates: Candidate[] = [];

	constructor(limits: Partial<ReassemblyLimits> = {}) {
		this.#limits = { ...DEFAULT_REASSEMBLY, ...limits };
	}

	/** Whether the last receive() saw a message that had been taken before: the other side lost our flight. */
	get isRepeat(): boolean {
		return this.repeated >= 0;
	}

	/** How many messages are incomplete or early, rivals among them. */
	get bufferedMessages(): number {
		return this.#candidates.length;
	}

	/** How many bytes of incomplete or early messages are kept. */
	get bufferedBytes(): number {
		let size = 0;
		for (let index = 0; index < this.#candidates.length; index++) size += this.#candidates[index]!.size;
		return size;
	}

	/**
	 * Takes the body of one record of type handshake: fragments, one behind the other. The bytes are copied.
	 * @returns undefined, or the Fault of the first bad one; those in front of it count. Never throws
	 */
	receive(bytes: Uint8Array, at: number, end: number, epoch = 0): Fault | undefined {
		const view = this.#view;
		this.repeated = -1;
		let from = at;
		while (from < end) {
			const broken = view.read(bytes, from, end);
			if (broken !== undefined) return broken;
			from = view.end;
			if (view.sequence < this.next) this.repeated = view.sequence;
			else if (view.sequence < this.next + this.#limits.messages) {
				if (view.total > this.#limits.messageBytes) return MESSAGE_TOO_LARGE;
				this.keep(bytes, view, epoch);
			}
		}
		return undefined;
	}

	/**
	 * The next message, in order, or undefined while it is not complete. Of rivals the one under protection comes first,
	 * then the one that came last.
	 */
	take(): HandshakeMessage | undefined {
		let best: Candidate | undefined;
		const candidates: Candidate[] = [];
		for (let index = 0; index < this.#candidates.length; index++) {
			const candidate = this.#candidates[index]!;
			if (candidate.sequence < this.next) continue;
			candidates.push(candidate);
			if (candidate.sequence > this.next || !candidate.isComplete) continue;
			if (best === undefined || candidate.epoch >= best.epoch) best = candidate;
		}
		this.#candidates = candidates;
		if (best === undefined) return undefined;
		this.remove(best);
		this.next += 1;
		return { type: best.type, sequence: best.sequence, epoch: best.epoch, body: best.pieces[0]!.bytes };
	}

	/** The message that take() gave last is none of this handshake: its number waits for another. */
	refuse(): void {
		this.next -= 1;
	}

	/** Forgets all that came of one message, so that its retransmission starts from nothing. */
	drop(sequence: number): void {
		this.#candidates = this.#candidates.filter((candidate) => candidate.sequence !== sequence);
	}

	/** Forgets everything. @param next the message that comes next */
	reset(next = 0): void {
		this.next = next;
		this.repeated = -1;
		this.#candidates = [];
	}

	private keep(bytes: Uint8Array, view: FragmentView, epoch: number): void {
		const size = view.end - view.at;
		if (size === 0 && view.total > 0) return;
		let candidate = this.find(view, epoch);
		if (size === view.total) {
			// a message in one piece counts as it is: nothing that came before can spoil it
			if (candidate !== undefined) this.remove(candidate);
			candidate = undefined;
		} else if (candidate?.isComplete) return;
		if (candidate !== undefined) this.remove(candidate);
		else candidate = new Candidate(view, epoch);
		const hasRoom = this.makeRoom(candidate, size);
		if (hasRoom) candidate.add(bytes, view.at, view.end, view.offset);
		if (candidate.pieces.length > 0) this.#candidates.push(candidate);
	}

	private find({ sequence, type, total }: FragmentView, epoch: number): Candidate | undefined {
		for (let index = 0; index < this.#candidates.length; index++) {
			const candidate = this.#candidates[index]!;
			const isSame = candidate.sequence === sequence && candidate.type === type && candidate.total === total;
			if (isSame && candidate.epoch === epoch) return candidate;
		}
		return undefined;
	}

	/** Makes room for `size` more bytes of `candidate`, which is not in the list. @returns false when there is none */
	private makeRoom(candidate: Candidate, size: number): boolean {
		const { bufferedBytes, messages } = this.#limits;
		const needed = candidate.size + size;
		this.limitRivals(candidate);
		while (this.#candidates.length >= messages + rivalsMax || this.bufferedBytes + needed > bufferedBytes) {
			const victim = this.furthest();
			if (victim === undefined || victim.sequence < candidate.sequence) return false;
			this.remove(victim);
		}
		return true;
	}

	/** Takes the rival away that has the least, where `candidate` is one too many: short forgeries do not crowd out. */
	private limitRivals({ sequence }: Candidate): void {
		let count = 0;
		let least: Candidate | undefined;
		for (let index = 0; index < this.#candidates.length; index++) {
			const other = this.#candidates[index]!;
			if (other.sequence !== sequence) continue;
			count += 1;
			if (least === undefined || other.size < least.size) least = other;
		}
		if (count >= rivalsMax) this.remove(least!);
	}

	/** Of the message furthest ahead what was touched longest ago. */
	private furthest(): Candidate | undefined {
		let found = this.#candidates[0];
		for (let index = 1; index < this.#candidates.length; index++) {
			if (this.#candidates[index]!.sequence > found!.sequence) found = this.#candidates[index];
		}
		return found;
	}

	private remove(candidate: Candidate): void {
		const index = this.#candidates.indexOf(candidate);
		if (index >= 0) this.#candidates.splice(index, 1);
	}
}
