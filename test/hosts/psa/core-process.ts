import { execFileSync, spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
	type Aead,
	type Crypto,
	type CryptoP256,
	type HashRun,
	HostFailure,
	type KeyHandle,
} from "../../../modules/host.ts";

const root = fileURLToPath(new URL("../../../../..", import.meta.url));
const sources = ["hosts/psa/crypto-core.c", "hosts/psa/crypto-cipher.c", "test/hosts/psa/driver.c"];
/** Another mbedTLS than this computer's: the folder of its sources, built there by its own make. */
const { DORMOUSE_MBEDTLS: ownBuild } = process.env;
const place = ownBuild === undefined ? [] : ["-isystem", join(ownBuild, "include"), "-L", join(ownBuild, "library")];
const nothing = new Uint8Array(0);

/** @returns why the core can not be tried on this computer, or undefined */
export function whatIsMissing(): string | undefined {
	try {
		execFileSync("gcc", [...place, "-fsyntax-only", "-x", "c", "-"], {
			input: "#include <psa/crypto.h>\n",
			stdio: "pipe",
		});
		return undefined;
	} catch (error) {
		const isThere = (error as NodeJS.ErrnoException).code !== "ENOENT";
		return isThere ? "no <psa/crypto.h>: install mbedTLS's headers (Debian: libmbedtls-dev)" : "no gcc";
	}
}

/**
 * The C core as a program of its own, with the Crypto port in front. Synchronous, as the port is: requests and answers
 * go through two named pipes.
 */
export class CoreProcess implements Crypto {
	readonly implementation = "psa";
	readonly p256: CryptoP256;
	readonly #folder = mkdtempSync(join(tmpdir(), "dormouse-psa-"));
	readonly #to: number;
	readonly #from: number;

	/** @param flags more of the compiler's */
	constructor(flags: readonly string[] = []) {
		const program = join(this.#folder, "driver");
		const warnings = ["-std=c99", "-D_POSIX_C_SOURCE=200809L", "-O1", "-g", "-Wall", "-Wextra", "-Wshadow", "-Werror"];
		const files = sources.map((path) => join(root, path));
		execFileSync("gcc", [
			...warnings,
			`-I${join(root, "hosts/psa")}`,
			...place,
			...flags,
			...files,
			"-o",
			program,
			"-lmbedcrypto",
		]);
		const [to, from] = ["to", "from"].map((name) => join(this.#folder, name));
		execFileSync("mkfifo", [to!, from!]);
		spawn("sh", ["-c", 'exec "$0" <"$1" >"$2"', program, to!, from!], {
			stdio: ["ignore", "ignore", "inherit"],
		}).unref();
		this.#to = openSync(to!, "w");
		this.#from = openSync(from!, "r");
		this.p256 = this.#makeP256();
	}

	/** Ends the program. */
	close(): void {
		closeSync(this.#to);
		closeSync(this.#from);
		rmSync(this.#folder, { recursive: true, force: true });
	}

	importSecret(bytes: Uint8Array): KeyHandle {
		return taken(this.call("s", bytes).number);
	}

	importAesKey(bytes: Uint8Array): KeyHandle {
		return taken(this.call("a", bytes).number);
	}

	/** A key that PSA holds and nobody reads. */
	provisionPsk(bytes: Uint8Array): KeyHandle {
		return taken(this.call("u", this.call("k", bytes).number).number);
	}

	release(key: KeyHandle): void {
		done(this.call("r", key).number);
	}

	sha256(): HashRun {
		const run = this.call("1").number;
		if (run < 0) throw new HostFailure("no room for another hash");
		return {
			update: (bytes, at, end) => done(this.call("2", run, bytes.subarray(at, end)).number),
			digest: () => this.call("3", run).bytes,
		};
	}

	/** The port's runs end with the garbage collector; here all of them end at once. */
	endHashes(): void {
		for (let run = this.call("1").number; run >= 0; run--) this.call("4", run);
	}

	hmac(secret: KeyHandle, bytes: Uint8Array, at: number, end: number): Uint8Array {
		return this.#bytes("h", secret, bytes.subarray(at, end));
	}

	prf(secret: KeyHandle, labelAndSeed: Uint8Array, into: Uint8Array): void {
		into.set(this.#bytes("f", secret, labelAndSeed, into.length));
	}

	masterSecret(secret: KeyHandle, premaster: "secret" | "psk", labelAndSeed: Uint8Array): KeyHandle {
		return taken(this.call(premaster === "psk" ? "M" : "m", secret, labelAndSeed).number);
	}

	exportSecret(secret: KeyHandle): Uint8Array | undefined {
		const { number, bytes } = this.call("e", secret);
		return number < 0 ? undefined : bytes;
	}

	seal(
		aead: Aead,
		key: KeyHandle,
		nonce: Uint8Array,
		aad: Uint8Array,
		bytes: Uint8Array,
		at: number,
		end: number,
		into: Uint8Array,
		intoAt: number,
	): number {
		const sealed = this.call(aead === "gcm" ? "G" : "c", key, nonce, aad, bytes.subarray(at, end));
		if (sealed.number < 0) throw new Error(`seal: ${sealed.number}`);
		into.set(sealed.bytes, intoAt);
		return sealed.number;
	}

	open(
		aead: Aead,
		key: KeyHandle,
		nonce: Uint8Array,
		aad: Uint8Array,
		bytes: Uint8Array,
		at: number,
		end: number,
		into: Uint8Array,
		intoAt: number,
	): number {
		const opened = this.call(aead === "gcm" ? "H" : "C", key, nonce, aad, bytes.subarray(at, end));
		if (opened.number < -1) throw new Error(`open: ${opened.number}`);
		into.set(opened.bytes, intoAt);
		return opened.number;
	}

	cbc(
		direction: "encrypt" | "decrypt",
		key: KeyHandle,
		iv: Uint8Array,
		bytes: Uint8Array,
		at: number,
		end: number,
	): void {
		bytes.set(this.#bytes(direction === "decrypt" ? "B" : "b", key, iv, bytes.subarray(at, end)), at);
	}

	/** One request, as driver.c reads it. */
	call(operation: string, ...given: readonly (number | Uint8Array)[]): { number: number; bytes: Uint8Array } {
		const parts = [Buffer.from(operation, "latin1")];
		for (let index = 0; index < 5; index++) {
			const field = given[index] ?? nothing;
			const bytes = typeof field === "number" ? word(field) : Buffer.from(field);
			parts.push(word(bytes.length), bytes);
		}
		const request = Buffer.from(parts.map((part) => part.toString("hex")).join(""), "hex");
		for (let at = 0; at < request.length; ) at += writeSync(this.#to, request.toString("latin1", at), null, "latin1");
		const head = this.#read(8);
		return { number: head.readInt32LE(0), bytes: new Uint8Array(this.#read(head.readUInt32LE(4))) };
	}

	#bytes(operation: string, ...given: readonly (number | Uint8Array)[]): Uint8Array {
		const { number, bytes } = this.call(operation, ...given);
		done(number);
		return bytes;
	}

	#read(size: number): Buffer {
		const bytes = new Uint8Array(size);
		for (let at = 0; at < size; ) {
			const count = readSync(this.#from, bytes, at, size - at, null);
			if (count === 0) throw new Error("the C core ended");
			at += count;
		}
		return Buffer.from(bytes);
	}

	#makeP256(): CryptoP256 {
		return {
			generate: () => taken(this.call("g").number),
			importPrivateKey: (scalar) => {
				const { number } = this.call("p", scalar);
				return number === -1 ? undefined : taken(number);
			},
			publicPoint: (key) => this.#bytes("P", key),
			agree: (key, point) => {
				const { number } = this.call("A", key, point);
				return number === -1 ? undefined : taken(number);
			},
			sign: (key, hash) => this.#bytes("S", key, hash),
			verify: (point, hash, signature) => this.call("V", point, hash, signature).number === 1,
		};
	}
}

function taken(number: number): KeyHandle {
	if (number === 0) throw new HostFailure("no room for another key");
	if (number < 0) throw new Error(`no handle: ${number}`);
	return number;
}

function done(number: number): void {
	if (number < 0) throw new Error(`the core answers ${number}`);
}

function word(value: number): Buffer {
	const bytes = Buffer.alloc(4);
	bytes.writeInt32LE(value);
	return bytes;
}
