import { type Flash, HostFailure } from "../../modules/host.ts";
import {
	erasePartition,
	isEncrypted,
	partitionBytes,
	readPartition,
	sectorBytes,
	writePartition,
} from "./esp32-flash.ts";

/** What is written at once where flash encryption covers a partition. */
const encryptedBytes = 16;

/** A data partition of flash, with the rules of NOR flash made errors instead of surprises. */
export class PartitionFlash implements Flash {
	readonly sizeBytes: number;
	readonly sectorBytes: number;
	readonly writeBytes: number;
	readonly erasedByte = 0xff;
	private readonly label: string;

	private constructor(label: string, sizeBytes: number) {
		this.label = label;
		this.sizeBytes = sizeBytes;
		this.sectorBytes = sectorBytes(label);
		this.writeBytes = isEncrypted(label) ? encryptedBytes : 1;
	}

	/** @returns undefined when the partition table has none of that name */
	static open(label: string): PartitionFlash | undefined {
		const sizeBytes = partitionBytes(label);
		return sizeBytes > 0 ? new PartitionFlash(label, sizeBytes) : undefined;
	}

	read(offset: number, into: Uint8Array): void {
		this.within(offset, into.length);
		this.attempt("read", () => readPartition(this.label, offset, into));
	}

	write(offset: number, bytes: Uint8Array): void {
		const { writeBytes, label } = this;
		this.within(offset, bytes.length);
		if (offset % writeBytes !== 0 || bytes.length % writeBytes !== 0) throw new HostFailure(`${label}: misaligned`);
		this.attempt("write", () => {
			const before = new Uint8Array(bytes.length);
			readPartition(label, offset, before);
			for (let index = 0; index < bytes.length; index++) {
				// encrypted flash does not read as erased, and a second write to it would make rubbish
				const mayBecome = writeBytes > 1 || (before[index]! & bytes[index]!) === bytes[index];
				if (!mayBecome) throw new HostFailure(`${label}: not erased`);
			}
			writePartition(label, offset, bytes);
		});
	}

	erase(offset: number, size: number): void {
		const { sectorBytes: unit, label } = this;
		this.within(offset, size);
		if (offset % unit !== 0 || size % unit !== 0) throw new HostFailure(`${label}: not whole sectors`);
		if (size > 0) this.attempt("erase", () => erasePartition(label, offset, size));
	}

	private within(offset: number, size: number): void {
		if (offset < 0 || offset + size > this.sizeBytes) throw new HostFailure(`${this.label}: outside of the partition`);
	}

	private attempt(what: string, act: () => void): void {
		try {
			act();
		} catch (cause) {
			throw cause instanceof HostFailure ? cause : new HostFailure(`${this.label}: ${what}`, { cause });
		}
	}
}
