/** The boot loader's C (hosts/cortex-m/boot), compiled for this computer: what the chip's compiler gets, as wasm. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { trustOf } from "../../../hosts/cortex-m/tools/firmware.ts";
import { runClang } from "../../../hosts/simulator/engine/clang.ts";
import { packageRoot } from "../../../hosts/simulator/engine/sources.ts";
import type { SigningKey } from "../../../hosts/simulator/image/signature.ts";

const text = (path: string) => readFileSync(join(packageRoot, path), "utf8");

export interface BootExports {
	readonly memory: { readonly buffer: ArrayBuffer };
	cells(): number;
	given(): number;
	fail(operation: number, isCut: number): void;
	reset(cause: number, ranMs: number, bootsMax: number, trialMs: number): void;
	action(): number;
	condition(): number;
	start(): number;
	reason(which: number): number;
	why(): number;
	stateOf(slot: number): number;
	verdictOf(slot: number): number;
	verify(): number;
	mark(what: number, why: number): number;
	erase(offset: number, size: number): number;
	write(offset: number, size: number): number;
	check(offset: number, room: number, isMod: number): number;
	ed25519(size: number): number;
	p256(): number;
}

/** Of shim.h, what sha256.c wants of it: the rest is XS. */
function shimHeader(): string {
	const [, part = ""] =
		/\/\* --- sha256\.c --- \*\/\n([\s\S]*?)\/\* ---/.exec(text("hosts/simulator/engine/shim/shim.h")) ?? [];
	if (!part.includes("shim_endHash")) throw new Error("shim.h has no part of sha256.c any more");
	return `#include <stdint.h>\n#include <string.h>\n${part}`;
}

/** @param xs the version that images have to be for */
export async function compileBoot(trusted: readonly SigningKey[], xs: readonly number[]): Promise<WebAssembly.Module> {
	const files: Record<string, string> = {
		"shim.h": shimHeader(),
		"nor-flash.h": text("hosts/cortex-m/chip/nor-flash.h"),
		"sha256.c": text("hosts/simulator/engine/shim/sha256.c"),
		"trust.c": text("hosts/cortex-m/xs/trust.c"),
		"boot-chip.c": text("test/hosts/cortex-m/boot-chip.c"),
	};
	for (const name of readdirSync(join(packageRoot, "hosts/cortex-m/boot"))) {
		files[name] = text(`hosts/cortex-m/boot/${name}`);
	}
	const versions = ["MAJOR", "MINOR", "PATCH"].map((name, index) => `-DXS_${name}_VERSION=${xs[index]}`);
	const sources = Object.keys(files).filter((name) => name.endsWith(".c"));
	const words = [
		"clang",
		...["--target=wasm32-wasip1", "-mexec-model=reactor", "-O1", "-Wall", "-Wextra", "-Werror", "-Isrc"],
		...versions,
		...trustOf("/trust.c", trusted),
		...sources.map((name) => `src/${name}`),
		...["-o", "boot.wasm"],
	];
	const hash = createHash("sha256")
		.update(JSON.stringify([words, files]))
		.digest("hex")
		.slice(0, 16);
	const kept = join(packageRoot, "build/cortex-m", `boot-${hash}.wasm`);
	if (!existsSync(kept)) {
		const bytes = await runClang(words, { src: files }, "boot.wasm");
		mkdirSync(join(packageRoot, "build/cortex-m"), { recursive: true });
		writeFileSync(kept, bytes);
	}
	return new WebAssembly.Module(new Uint8Array(readFileSync(kept)));
}

/** One chip: flash, and the boot loader since its last reset. */
export class BootChip {
	readonly #exports: BootExports;

	/** @param cells what lies in flash; blank when left out */
	constructor(module: WebAssembly.Module, cells?: Uint8Array) {
		const instance = new WebAssembly.Instance(module, {});
		this.#exports = instance.exports as unknown as BootExports;
		this.cells.set(cells ?? new Uint8Array(this.cells.length).fill(0xff));
	}

	get c(): BootExports {
		return this.#exports;
	}

	get cells(): Uint8Array {
		return new Uint8Array(this.c.memory.buffer, this.c.cells(), 8 * 4096);
	}

	/** A text in C. */
	text(at: number): string {
		const bytes = new Uint8Array(this.c.memory.buffer, at);
		return Buffer.from(bytes.subarray(0, bytes.indexOf(0))).toString();
	}

	/** Gives it bytes, for the call that follows. */
	give(bytes: Uint8Array, offset = 0): void {
		new Uint8Array(this.c.memory.buffer, this.c.given() + offset, bytes.length).set(bytes);
	}
}
