import type { DtlsLimits } from "./settings.ts";

/** Protected records, and application data, that came before the end of the handshake; the oldest goes first. */
export class EarlyRecords {
	private readonly countMax: number;
	private readonly bytesMax: number;
	private records: Uint8Array[] = [];
	private data: Uint8Array[] = [];
	private size = 0;

	constructor({ earlyRecords, earlyBytes }: DtlsLimits) {
		this.countMax = earlyRecords;
		this.bytesMax = earlyBytes;
	}

	/** Keeps a record, as it came. */
	keepRecord(bytes: Uint8Array, at: number, end: number): void {
		if (this.makeRoom(end - at)) this.records.push(bytes.slice(at, end));
	}

	/** Keeps plaintext. */
	keepData(bytes: Uint8Array, at: number, end: number): void {
		if (this.makeRoom(end - at)) this.data.push(bytes.slice(at, end));
	}

	takeRecord(): Uint8Array | undefined {
		return this.shift(this.records);
	}

	takeData(): Uint8Array | undefined {
		return this.shift(this.data);
	}

	private shift(list: Uint8Array[]): Uint8Array | undefined {
		const first = list.shift();
		if (first !== undefined) this.size -= first.length;
		return first;
	}

	/** Takes `size` bytes of the room. @returns false for what can never fit */
	private makeRoom(size: number): boolean {
		if (size > this.bytesMax || this.countMax === 0) return false;
		while (this.records.length + this.data.length >= this.countMax || this.size + size > this.bytesMax) {
			if (this.shift(this.records) === undefined) this.shift(this.data);
		}
		this.size += size;
		return true;
	}
}
