import { closeSync, fstatSync, openSync, readSync, statSync, unlinkSync, writeSync } from "node:fs";
import { HostFailure } from "../../../modules/host.ts";
import { erasedByte, FlashChip, type FlashGeometry, type FlashKeeper } from "./flash.ts";

/** The flash file can not be used; the message says why and what to do. */
export class FlashFileRefused extends Error {
	override get name() {
		return "FlashFileRefused";
	}
}

/**
 * A flash chip whose content lives in a file: the bytes of the chip as they are, from its first to its last, then the
 * wear table, one little-endian 32-bit count of erases for each sector. A file without the wear table (read out of a
 * real chip) is taken as unworn. Every change is in the file when the operation returns, so that killing the
 * simulator is a power cut.
 * @throws FlashFileRefused when the file is not one for this chip, or can not be read, written or made
 */
export function openFlashFile(path: string, geometry: FlashGeometry): FlashChip {
	const kind = statSync(path, { throwIfNoEntry: false });
	if (kind !== undefined && !kind.isFile()) throw new FlashFileRefused(`${path} is not a file`);
	let file: number;
	try {
		file = openSync(path, kind === undefined ? "wx+" : "r+");
	} catch (error) {
		throw new FlashFileRefused(`${path} can not be ${kind === undefined ? "made" : "written"}: ${reason(error)}`);
	}
	try {
		return chipOf(path, file, geometry);
	} catch (error) {
		closeSync(file);
		if (kind === undefined) unlinkSync(path); // what could not be filled would only be refused the next time
		throw error instanceof FlashFileRefused ? error : new FlashFileRefused(`${path}: ${reason(error)}`);
	}
}

function chipOf(path: string, file: number, geometry: FlashGeometry): FlashChip {
	const { sizeBytes, sectorBytes } = geometry;
	const sectors = sizeBytes / sectorBytes;
	const wearBytes = sectors * 4;
	const presentBytes = fstatSync(file).size;
	const isNew = presentBytes === 0;
	if (!isNew && presentBytes !== sizeBytes && presentBytes !== sizeBytes + wearBytes) {
		throw new FlashFileRefused(
			`${path} has ${presentBytes} bytes, this board's flash has ${sizeBytes} ` +
				`(and ${wearBytes} of wear table behind them): ` +
				"choose the board the file was made for, or another file",
		);
	}
	if (isNew) writeWhole(file, new Uint8Array(sizeBytes).fill(erasedByte), 0);
	if (presentBytes !== sizeBytes + wearBytes) writeWhole(file, new Uint8Array(wearBytes), sizeBytes);
	const chip = new FlashChip(geometry, new FileKeeper(path, file, sizeBytes));
	const content = new Uint8Array(sizeBytes + wearBytes);
	readSync(file, content, 0, content.length, 0);
	const erases = new Uint32Array(sectors);
	const table = new DataView(content.buffer, sizeBytes);
	for (let sector = 0; sector < sectors; sector++) erases[sector] = table.getUint32(sector * 4, true);
	chip.restore(content.subarray(0, sizeBytes), erases);
	return chip;
}

/** A full disk may take a part and say nothing until the next call. */
function writeWhole(file: number, bytes: Uint8Array, offset: number): void {
	for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, bytes.length - done, offset + done);
}

class FileKeeper implements FlashKeeper {
	readonly #path: string;
	readonly #wearOffset: number;
	readonly #count = new DataView(new ArrayBuffer(4));
	#file: number | undefined;

	constructor(path: string, file: number, wearOffset: number) {
		this.#path = path;
		this.#file = file;
		this.#wearOffset = wearOffset;
	}

	changed(offset: number, bytes: Uint8Array): void {
		if (this.#file === undefined) return;
		try {
			writeWhole(this.#file, bytes, offset);
		} catch (error) {
			throw new HostFailure(`the flash file ${this.#path} can not be written: ${reason(error)}`, { cause: error });
		}
	}

	worn(sector: number, erases: number): void {
		this.#count.setUint32(0, erases, true);
		this.changed(this.#wearOffset + sector * 4, new Uint8Array(this.#count.buffer));
	}

	close(): void {
		if (this.#file !== undefined) closeSync(this.#file);
		this.#file = undefined;
	}
}

/** The system's reason in words, without its code and path: "no space left on device". */
function reason(error: unknown): string {
	const text = error instanceof Error ? error.message : String(error);
	return /^[A-Z0-9_]+: ([^,]+),/.exec(text)?.[1] ?? text;
}
