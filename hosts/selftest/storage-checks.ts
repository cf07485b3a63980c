import type { Flash, Host } from "../../modules/host.ts";
import { type Check, check, expect, expectThrows, Skipped, sameBytes } from "./check.ts";

const mark = 0xa5;

export function storageChecks(): readonly Check[] {
	return [
		check("flash: a partition of sectors", (host) => {
			const { sizeBytes, sectorBytes, writeBytes } = flashOf(host);
			expect(sizeBytes >= 2 * sectorBytes && sizeBytes % sectorBytes === 0, `${sizeBytes} / ${sectorBytes}`);
			expect(writeBytes > 0 && sectorBytes % writeBytes === 0, `${sectorBytes} / ${writeBytes}`);
		}),
		check("flash: erases sectors, and them alone", (host) => erases(flashOf(host))),
		check("flash: what is written is read back, and again", (host) => writes(flashOf(host))),
		check("flash: misalignment and what lies outside are HostFailures", (host) => refuses(flashOf(host))),
		check("flash: a record behind a torn one is found (what a power cut leaves)", (host) => survives(flashOf(host))),
		check("key-value: values come back, change and go", keepsValues),
		check("smart card: its bootstrap file can be read, twice the same", readsCard),
		check("factory partition: can be read", ({ factoryFlash }) => {
			if (factoryFlash === undefined) throw new Skipped("the host has none");
			factoryFlash.read(0, new Uint8Array(16));
			expectThrows(
				"HostFailure",
				() => factoryFlash.read(factoryFlash.sizeBytes - 4, new Uint8Array(8)),
				"over its end",
			);
		}),
	];
}

function flashOf({ flash }: Host): Flash {
	if (flash === undefined) throw new Skipped("the host has no raw flash for settings");
	return flash;
}

function isAll(bytes: Uint8Array, value: number): boolean {
	for (const byte of bytes) if (byte !== value) return false;
	return true;
}

function erases(flash: Flash): void {
	const { sectorBytes, writeBytes, erasedByte } = flash;
	flash.erase(0, 2 * sectorBytes);
	const sector = new Uint8Array(sectorBytes);
	for (const offset of [0, sectorBytes]) {
		flash.read(offset, sector);
		expect(isAll(sector, erasedByte), `the sector at ${offset} is not erased`);
	}
	const unit = new Uint8Array(writeBytes).fill(mark);
	flash.write(sectorBytes - writeBytes, unit);
	flash.write(sectorBytes, unit);
	flash.erase(0, sectorBytes);
	flash.read(0, sector);
	expect(isAll(sector, erasedByte), "sector 0 is not erased");
	const read = new Uint8Array(writeBytes);
	flash.read(sectorBytes, read);
	expect(sameBytes(read, unit), "erasing sector 0 changed sector 1");
}

function writes(flash: Flash): void {
	const { sectorBytes, writeBytes } = flash;
	flash.erase(0, sectorBytes);
	const bytes = new Uint8Array(Math.min(sectorBytes, Math.ceil(256 / writeBytes) * writeBytes));
	for (let index = 0; index < bytes.length; index++) bytes[index] = (index * 7 + 1) & 0xff;
	flash.write(writeBytes, bytes.subarray(0, bytes.length - writeBytes));
	const read = new Uint8Array(bytes.length - writeBytes);
	for (let reading = 0; reading < 2; reading++) {
		flash.read(writeBytes, read);
		expect(sameBytes(read, bytes.subarray(0, read.length)), `reading ${reading + 1} gives other bytes`);
	}
	const odd = new Uint8Array(5);
	flash.read(writeBytes + 1, odd);
	expect(sameBytes(odd, bytes.subarray(1, 6)), "reading from an odd offset");
	const refuse = () => flash.write(writeBytes, new Uint8Array(writeBytes).fill(0xff));
	if (flash.erasedByte === 0xff) expectThrows("HostFailure", refuse, "setting bits again without an erase");
}

function refuses(flash: Flash): void {
	const { sizeBytes, sectorBytes, writeBytes } = flash;
	const unit = new Uint8Array(writeBytes);
	if (writeBytes > 1) {
		expectThrows("HostFailure", () => flash.write(1, unit), "write at offset 1");
		expectThrows("HostFailure", () => flash.write(0, new Uint8Array(writeBytes + 1)), "write of a part");
	}
	expectThrows("HostFailure", () => flash.write(sizeBytes, unit), "write behind the end");
	expectThrows("HostFailure", () => flash.read(sizeBytes - 1, new Uint8Array(4)), "read over the end");
	expectThrows("HostFailure", () => flash.erase(1, sectorBytes), "erase at offset 1");
	expectThrows("HostFailure", () => flash.erase(0, sectorBytes - 1), "erase of a part");
	expectThrows("HostFailure", () => flash.erase(sizeBytes, sectorBytes), "erase behind the end");
}

/**
 * Half a record, as a power cut leaves it: the store writes the next one behind it, and the first half stays as it is.
 * A real cut needs a hand at the plug: README.md says how.
 */
function survives(flash: Flash): void {
	const { sectorBytes, writeBytes, erasedByte } = flash;
	const units = 8;
	flash.erase(0, sectorBytes);
	const half = new Uint8Array(units * writeBytes).fill(mark);
	flash.write(0, half);
	const whole = new Uint8Array(2 * units * writeBytes).fill(0x5a);
	flash.write(2 * units * writeBytes, whole);
	const all = new Uint8Array(4 * units * writeBytes);
	flash.read(0, all);
	expect(sameBytes(all.subarray(0, half.length), half), "the first half changed");
	expect(isAll(all.subarray(half.length, 2 * half.length), erasedByte), "what was never written is not erased");
	expect(sameBytes(all.subarray(2 * half.length), whole), "the second record is not whole");
	flash.erase(0, sectorBytes);
}

function readsCard({ smartCard }: Host): void {
	if (smartCard === undefined) throw new Skipped("the board has no reader");
	const file = smartCard.read();
	if (file === undefined) throw new Skipped("there is no card, or no bootstrap file on it");
	const again = smartCard.read() ?? new Uint8Array(0);
	expect(sameBytes(file, again), `${file.length} bytes, then ${again.length} others`);
}

function keepsValues({ keyValue }: Host): void {
	if (keyValue === undefined) throw new Skipped("the host has no store of its own");
	const name = "selftest1";
	keyValue.remove(name);
	expect(keyValue.get(name) === undefined, "a name that is not there has a value");
	const value = Uint8Array.of(0, 1, 0xff, 3);
	keyValue.set(name, value);
	expect(sameBytes(keyValue.get(name) ?? new Uint8Array(0), value), "another value came back");
	expect(keyValue.names().includes(name), "names() does not list it");
	const longest = new Uint8Array(Math.min(keyValue.valueMaxBytes, 2048)).fill(mark);
	keyValue.set(name, longest);
	expect(sameBytes(keyValue.get(name) ?? new Uint8Array(0), longest), `a value of ${longest.length} bytes`);
	keyValue.set(name, new Uint8Array(0));
	expect(keyValue.get(name)?.length === 0, "an empty value");
	keyValue.remove(name);
	expect(keyValue.get(name) === undefined && !keyValue.names().includes(name), "removed, and still there");
}
