import { frozen } from "../../modules/frozen.ts";
import type { Host } from "../../modules/host.ts";
import { crc32 } from "../../modules/settings/crc32.ts";

/** What the self-test knows over its resets. Lies in the last sector of the flash, else in the key-value store. */
export interface Memory {
	/** Which stage the reset belongs to; -1: the checks, before any. */
	stage: number;
	passed: number;
	failed: number;
	skipped: number;
	/** A port that was open before the reset. */
	port: number;
	/** The two clocks before the reset; NaN: nobody had set it. */
	nowMs: number;
	wallTimeS: number;
	/** The first bytes of entropy in the boot before the reset. */
	readonly sample: Uint8Array;
}

const magic = 0x444d5354; // "DMST"
const recordBytes = 64;
const name = "selftest0";
export const sampleBytes = 16;
const at = frozen({
	stage: 4,
	passed: 6,
	failed: 8,
	skipped: 10,
	port: 12,
	nowMs: 16,
	wallTimeS: 24,
	sample: 32,
	crc: recordBytes - 4,
});

/** Where it is kept; undefined where a host has nothing that survives a reset. */
export interface Keeper {
	read(): Uint8Array | undefined;
	write(bytes: Uint8Array): void;
	forget(): void;
}

export function openKeeper({ flash, keyValue }: Host): Keeper | undefined {
	if (flash !== undefined) {
		const { sizeBytes, sectorBytes, writeBytes } = flash;
		const offset = sizeBytes - sectorBytes;
		const padded = Math.ceil(recordBytes / writeBytes) * writeBytes;
		return {
			read() {
				const bytes = new Uint8Array(recordBytes);
				flash.read(offset, bytes);
				return bytes;
			},
			write(bytes) {
				const unit = new Uint8Array(padded).fill(flash.erasedByte);
				unit.set(bytes);
				flash.erase(offset, sectorBytes);
				flash.write(offset, unit);
			},
			forget: () => flash.erase(offset, sectorBytes),
		};
	}
	if (keyValue === undefined) return undefined;
	return {
		read: () => keyValue.get(name),
		write: (bytes) => keyValue.set(name, bytes),
		forget: () => keyValue.remove(name),
	};
}

export function newMemory(): Memory {
	const sample = new Uint8Array(sampleBytes);
	return { stage: -1, passed: 0, failed: 0, skipped: 0, port: 0, nowMs: 0, wallTimeS: 0, sample };
}

export function encode(memory: Memory): Uint8Array {
	const bytes = new Uint8Array(recordBytes);
	const view = new DataView(bytes.buffer);
	view.setUint32(0, magic);
	view.setInt16(at.stage, memory.stage);
	view.setUint16(at.passed, memory.passed);
	view.setUint16(at.failed, memory.failed);
	view.setUint16(at.skipped, memory.skipped);
	view.setUint16(at.port, memory.port);
	view.setFloat64(at.nowMs, memory.nowMs);
	view.setFloat64(at.wallTimeS, memory.wallTimeS);
	bytes.set(memory.sample, at.sample);
	view.setInt32(at.crc, crc32(bytes, 0, at.crc, 0));
	return bytes;
}

/** @returns undefined for what is not one: then the self-test begins anew */
export function decode(bytes: Uint8Array | undefined): Memory | undefined {
	if (bytes === undefined || bytes.length !== recordBytes) return undefined;
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	if (view.getUint32(0) !== magic || view.getInt32(at.crc) !== crc32(bytes, 0, at.crc, 0)) return undefined;
	return {
		stage: view.getInt16(at.stage),
		passed: view.getUint16(at.passed),
		failed: view.getUint16(at.failed),
		skipped: view.getUint16(at.skipped),
		port: view.getUint16(at.port),
		nowMs: view.getFloat64(at.nowMs),
		wallTimeS: view.getFloat64(at.wallTimeS),
		sample: bytes.slice(at.sample, at.sample + sampleBytes),
	};
}
