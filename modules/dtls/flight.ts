import { ContentType } from "./content-type.ts";
import { writeFragment } from "./fragment.ts";
import { handshakeHeaderSize } from "./handshake-type.ts";
import { recordHeaderBytes, recordPlaintextMaxBytes } from "./record.ts";
import type { RecordLayer } from "./record-layer.ts";

/** A message is cut for the rest of a datagram only where so much of it gets in. */
const worthwhileBytes = 32;

interface Item {
	readonly epoch: number;
	/** One of HandshakeType; -1: ChangeCipherSpec, which is no handshake message. */
	readonly type: number;
	readonly sequence: number;
	readonly body: Uint8Array;
}

export interface FlightLimits {
	readonly datagramBytes: number;
	/** The most plaintext of one record to the peer. */
	readonly plaintextBytes: number;
	readonly shareRecords: boolean;
}

/** The messages that one side says before the other speaks (RFC 6347 §4.2.4), kept as long as they may be repeated. */
export class Flight {
	private items: Item[] = [];

	get isEmpty(): boolean {
		return this.items.length === 0;
	}

	add(epoch: number, type: number, sequence: number, body: Uint8Array): void {
		this.items.push({ epoch, type, sequence, body });
	}

	addChangeCipherSpec(): void {
		this.items.push({ epoch: 0, type: -1, sequence: 0, body: Uint8Array.of(1) });
	}

	/** Puts the flight into as few datagrams as possible, in new records (RFC 6347 §4.2.4: no number is used again). */
	pack(layer: RecordLayer, limits: FlightLimits, emit: (datagram: Uint8Array) => void): void {
		const packing = new Packing(layer, limits, emit);
		for (let index = 0; index < this.items.length; index++) {
			const { epoch, type, sequence, body } = this.items[index]!;
			if (type < 0) packing.changeCipherSpec(body);
			else packing.message(epoch, type, sequence, body);
		}
		packing.flush();
	}
}

/** One datagram, and the record at its end, while they fill. */
class Packing {
	private readonly layer: RecordLayer;
	private readonly limits: FlightLimits;
	private readonly emit: (datagram: Uint8Array) => void;
	private readonly datagram: Uint8Array;
	private used = 0;
	/** Of the record that is open. */
	private epoch = 0;
	private fragments: Uint8Array[] = [];
	private plainSize = 0;

	constructor(layer: RecordLayer, limits: FlightLimits, emit: (datagram: Uint8Array) => void) {
		this.layer = layer;
		this.limits = limits;
		this.emit = emit;
		this.datagram = new Uint8Array(limits.datagramBytes);
	}

	message(epoch: number, type: number, sequence: number, body: Uint8Array): void {
		if (this.plainSize > 0 && (epoch !== this.epoch || !this.limits.shareRecords)) this.endRecord();
		this.epoch = epoch;
		if (body.length > this.room() && this.plainSize > 0) this.endRecord();
		let at = 0;
		do {
			const end = at + this.pieceBytes(body.length - at);
			const fragment = writeFragment(type, sequence, body, at, end);
			this.fragments.push(fragment);
			this.plainSize += fragment.length;
			// A record with a part of a message has nothing else in it: mbedTLS and Scandium do not read on behind one.
			if (fragment.length < body.length + handshakeHeaderSize) this.endRecord();
			at = end;
		} while (at < body.length);
	}

	changeCipherSpec(body: Uint8Array): void {
		this.endRecord();
		if (this.datagram.length - this.used < recordHeaderBytes + body.length) this.flush();
		this.used = this.layer.seal(0, ContentType.changeCipherSpec, body, 0, body.length, this.datagram, this.used);
	}

	flush(): void {
		this.endRecord();
		if (this.used > 0) this.emit(this.datagram.slice(0, this.used));
		this.used = 0;
	}

	/** How much of the `rest` of a message goes next, after making room for it. */
	private pieceBytes(rest: number): number {
		const enough = Math.min(rest, worthwhileBytes);
		if (this.room() < enough && this.plainSize > 0) this.endRecord();
		if (this.room() < enough && this.used > 0) this.flush();
		return Math.min(rest, this.room());
	}

	/** How much of a message gets into the open record, beside its header. */
	private room(): number {
		const inDatagram = this.datagram.length - this.used - this.layer.overheadMax(this.epoch);
		const inRecord = Math.min(inDatagram, this.limits.plaintextBytes, recordPlaintextMaxBytes);
		return inRecord - this.plainSize - handshakeHeaderSize;
	}

	private endRecord(): void {
		if (this.plainSize === 0) return;
		const plain = new Uint8Array(this.plainSize);
		let to = 0;
		for (let index = 0; index < this.fragments.length; index++) {
			plain.set(this.fragments[index]!, to);
			to += this.fragments[index]!.length;
		}
		this.used = this.layer.seal(this.epoch, ContentType.handshake, plain, 0, to, this.datagram, this.used);
		this.fragments = [];
		this.plainSize = 0;
	}
}
