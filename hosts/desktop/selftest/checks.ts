import flashStorage from "embedded:storage/flash";
import storage from "embedded:storage/key-value";
import update from "embedded:update";
import type { Address, Crypto, Host } from "../../../modules/host.ts";
import { PsaCrypto } from "../../psa/psa-crypto.ts";
import { type Check, check, type Done, expect, expectThrows, Skipped, sameBytes } from "../../selftest/check.ts";
import { openAnywhere } from "../../selftest/network-checks.ts";

const loopback = "127.0.0.1";
const domainName = "selftest";

/** The keys of a domain; iterated by hand, because the SDK's declarations promise no more than an iterator. */
function keysOf(domain: Iterable<string>): string[] {
	return [...domain].sort();
}

/** What this host promises beside the ports: the SDK's modules that it supplies, and how its own parts refuse. */
export function desktopChecks(): readonly Check[] {
	return [
		...partitionChecks(),
		...keyValueChecks(),
		check("embedded:update: an image in order, and one that is none", updates),
		{ name: "UDP: over IPv6, from port to port", run: crossesIpv6 },
		check("UDP: a port twice and what is too large are HostFailures", refuses),
		check("PSA: tables and stretches have ends", ({ crypto }) => {
			if (crypto === undefined)
				throw new Skipped("this image was built without PSA: the device computes in JavaScript");
			endsOfPsa(crypto);
		}),
	];
}

function crossesIpv6(host: Host, done: Done): void {
	const into = new Uint8Array(2048);
	const from: Address = { host: "", port: 0 };
	const server = openAnywhere(host, (socket) => {
		const size = socket.read(into, from);
		if (size < 0) return;
		socket.close();
		client.socket.close();
		const isIt = size === 1500 && from.host === "::1" && from.port === client.port;
		done(isIt ? undefined : `read ${size} bytes from ${from.host}:${from.port}`);
	});
	const client = openAnywhere(host, () => {});
	client.socket.write(new Uint8Array(1500), { host: "::1", port: server.port });
}

function refuses(host: Host): void {
	const { socket, port } = openAnywhere(host, () => {});
	const bytes = new Uint8Array(4);
	expectThrows("HostFailure", () => host.openDatagrams({ port, onReadable: () => {} }), "a port twice");
	expectThrows("HostFailure", () => socket.write(bytes, { host: "localhost", port: 5683 }), "a name");
	expectThrows("HostFailure", () => socket.write(new Uint8Array(70_000), { host: loopback, port }), "70000 bytes");
	socket.write(bytes, { host: loopback, port: 9 }); // nobody there: that is loss, not an error
	socket.close();
}

function updates(): void {
	const partition = flashStorage.open({ path: "factory" });
	expectThrows("RangeError", () => update.open({ partition, byteLength: partition.status().size + 1 }), "too large");
	const image = update.open({ partition, byteLength: 4096 });
	image.write(Uint8Array.of(0xf9, 1, 2));
	image.write(Uint8Array.of(3));
	expect(sameBytes(new Uint8Array(partition.read(5, 0)), Uint8Array.of(0xf9, 1, 2, 3, 0xff)), "written");
	expectThrows("RangeError", () => image.write(new Uint8Array(4096)), "over its end");
	image.complete();
	expectThrows("Error", () => image.complete(), "complete twice");
	image.close();
	const none = update.open({ partition, byteLength: 4096, mode: "w" });
	none.write(Uint8Array.of(7), 0);
	expectThrows("Error", () => none.complete(), "no image");
	none.close();
	expectThrows("SyntaxError", () => none.write(Uint8Array.of(7), 0), "closed");
	partition.eraseBlock(0);
	partition.close();
}

function endsOfPsa(crypto: Crypto): void {
	const hash = new Uint8Array(32);
	const released = crypto.importSecret(hash);
	crypto.release(released);
	expectThrows("RangeError", () => crypto.release(released), "a key released twice");
	expectThrows("RangeError", () => crypto.hmac(released, hash, 0, 32), "a released key");
	const keys: number[] = [];
	for (let count = 0; count < 64; count++) keys.push(crypto.importSecret(new Uint8Array(16)));
	expectThrows("HostFailure", () => crypto.importSecret(new Uint8Array(16)), "the 65th key");
	for (const key of keys) crypto.release(key);
	for (let count = 0; count < 20_000; count++) crypto.sha256().update(new Uint8Array(1), 0, 1);
	const key = crypto.importAesKey(new Uint8Array(16));
	const nonce = new Uint8Array(12);
	const bytes = new Uint8Array(20);
	for (const [at, end] of [
		[-1, 4],
		[4, 3],
		[0, 21],
	] as const) {
		const seal = () => crypto.seal("ccm8", key, nonce, bytes, bytes, at, end, bytes, 0);
		expectThrows("RangeError", seal, `${at}, ${end}`);
	}
	expectThrows("RangeError", () => crypto.sha256().update(bytes, 0, 21), "hash");
	crypto.release(key);
	if (!(crypto instanceof PsaCrypto)) return;
	const psa = crypto;
	expectThrows("HostFailure", () => psa.usePsk(0x1234), "a pre-shared key that PSA does not have");
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
