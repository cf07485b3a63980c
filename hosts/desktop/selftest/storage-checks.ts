import flashStorage from "embedded:storage/flash";
import storage from "embedded:storage/key-value";
import { type Check, check, expect, expectThrows, sameBytes } from "./check.ts";

export const domainName = "selftest";

/** The keys of a domain; iterated by hand, because the SDK's declarations promise no more than an iterator. */
export function keysOf(domain: Iterable<string>): string[] {
	return [...domain].sort();
}

export function storageChecks(): readonly Check[] {
	return [...norChecks(), ...partitionChecks(), ...keyValueChecks()];
}

/** What modules/host.ts promises of Flash. */
function norChecks(): readonly Check[] {
	return [
		check("flash: NOR rules", ({ flash }) => {
			expect(flash !== undefined, "no flash");
			const { sizeBytes, sectorBytes, writeBytes } = flash;
			expect(sizeBytes >= 2 * sectorBytes && sizeBytes % sectorBytes === 0, `${sizeBytes} / ${sectorBytes}`);
			flash.erase(0, sizeBytes);
			const sector = new Uint8Array(sectorBytes);
			flash.read(sizeBytes - sectorBytes, sector);
			expect(
				sector.every((byte) => byte === flash.erasedByte),
				"not erased",
			);
			const word = new Uint8Array(writeBytes).fill(0xa5);
			flash.write(sectorBytes - writeBytes, word);
			flash.write(sectorBytes, word);
			flash.write(sectorBytes, new Uint8Array(writeBytes).fill(0xa1)); // only clears bits: allowed
			flash.erase(0, sectorBytes);
			flash.read(0, sector);
			expect(
				sector.every((byte) => byte === 0xff),
				"sector 0 not erased",
			);
			const read = new Uint8Array(writeBytes);
			flash.read(sectorBytes, read);
			expect(sameBytes(read, new Uint8Array(writeBytes).fill(0xa1)), `reads ${read.join()}`);
			expectThrows("HostFailure", () => flash.write(sectorBytes, word), "setting a cleared bit");
			flash.read(sectorBytes, read);
			expect(read[0] === 0xa1, "a refused write changed the flash");
		}),
		check("flash: misalignment and the end are HostFailures", ({ flash }) => {
			expect(flash !== undefined, "no flash");
			const { sizeBytes, sectorBytes, writeBytes } = flash;
			const word = new Uint8Array(writeBytes);
			expectThrows("HostFailure", () => flash.write(1, word), "offset 1");
			expectThrows("HostFailure", () => flash.write(0, new Uint8Array(writeBytes + 1)), "size 5");
			expectThrows("HostFailure", () => flash.write(sizeBytes, word), "behind the end");
			expectThrows("HostFailure", () => flash.read(sizeBytes - 1, word), "reading over the end");
			expectThrows("HostFailure", () => flash.erase(1, sectorBytes), "erase at 1");
			expectThrows("HostFailure", () => flash.erase(0, sectorBytes - 1), "erase of a part");
			expectThrows("HostFailure", () => flash.erase(sizeBytes, sectorBytes), "erase behind the end");
		}),
	];
}

/** `embedded:storage/flash` by itself. */
function partitionChecks(): readonly Check[] {
	return [
		check("embedded:storage/flash: partitions, modes, closing", () => {
			expect([...flashStorage].includes("settings"), "settings is not listed");
			expectThrows("Error", () => flashStorage.open({ path: "nowhere" }), "no such partition");
			const flash = flashStorage.open({ path: "settings", mode: "r" });
			expectThrows("Error", () => flash.write(new Uint8Array(4), 0), "write in mode r");
			expectThrows("Error", () => flash.eraseBlock(0), "erase in mode r");
			expect(flash.read(8, 0).byteLength === 8, "read");
			flash.close();
			flash.close();
			expectThrows("SyntaxError", () => flash.read(8, 0), "read after close");
		}),
		check("embedded:storage/flash: writing clears bits and never sets one", () => {
			const flash = flashStorage.open({ path: "settings" });
			flash.eraseBlock(0, 2);
			flash.write(Uint8Array.of(0xf0, 0x0f), 0);
			flash.write(Uint8Array.of(0x3c, 0xff), 0);
			const bytes = new Uint8Array(3);
			expect(flash.read(bytes, 0) === 3, "read");
			expect(sameBytes(bytes, Uint8Array.of(0x30, 0x0f, 0xff)), `reads ${bytes.join()}`);
			flash.eraseBlock(0);
			expect(new Uint8Array(flash.read(1, 0))[0] === 0xff, "not erased");
			flash.close();
		}),
	];
}

/** `embedded:storage/key-value`. */
function keyValueChecks(): readonly Check[] {
	return [
		check("embedded:storage/key-value: values of every format come back", () => {
			const domain = storage.open({ path: domainName });
			for (const key of keysOf(domain)) domain.delete(key);
			expect(keysOf(domain).length === 0, "not emptied");
			domain.write("bytes", Uint8Array.of(9, 1, 2, 3).subarray(1));
			expect(sameBytes(new Uint8Array(domain.read("bytes") as ArrayBuffer), Uint8Array.of(1, 2, 3)), "bytes");
			domain.format = "string";
			domain.write("text/ü=.", "Haselmaus 🐭\n");
			expect(domain.read("text/ü=.") === "Haselmaus 🐭\n", "text");
			expectThrows("TypeError", () => domain.read("bytes"), "bytes read as text");
			domain.format = "int16";
			domain.write("number", -129);
			expect(domain.read("number") === -129, "int16");
			domain.format = "uint8";
			expect(domain.read("number") === 127, "int16 read as uint8");
			domain.format = "uint64";
			domain.write("wide", 2n ** 64n - 1n);
			expect(domain.read("wide") === 2n ** 64n - 1n, "uint64");
			expect(domain.read("absent") === undefined, "an absent key");
			expect(keysOf(domain).join() === "bytes,number,text/ü=.,wide", keysOf(domain).join());
			for (const key of keysOf(domain)) domain.delete(key);
			expect(keysOf(domain).length === 0, "not deleted");
			domain.close();
			expectThrows("SyntaxError", () => domain.read("bytes"), "read after close");
		}),
		check("embedded:storage/key-value: what it can not do is an error", () => {
			expectThrows("Error", () => storage.open({ path: domainName, mode: "w" as "r" }), "mode w");
			const domain = storage.open({ path: domainName, mode: "r" });
			expectThrows("Error", () => domain.write("key", new Uint8Array(1)), "write in mode r");
			expectThrows("Error", () => domain.delete("key"), "delete in mode r");
			expectThrows("RangeError", () => (domain.format = "float" as "string"), "a format of no kind");
			domain.close();
			const writable = storage.open({ path: domainName });
			expectThrows("TypeError", () => writable.write("k".repeat(64), new Uint8Array(1)), "a key of 64 bytes");
			writable.write("../../out", new Uint8Array(1)); // stays inside of the folder, under its own name
			expect(keysOf(writable).join() === "../../out", keysOf(writable).join());
			writable.delete("../../out");
			writable.close();
		}),
	];
}
