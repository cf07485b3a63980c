import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CompiledModule } from "./compiler.ts";
import { packageRoot } from "./sources.ts";
import type { Engine } from "./xs.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const folder = join(packageRoot, "build/bytecode");
/** Who makes bytecode smaller, beside the engine that made it. */
const maker = hashOf(fileURLToPath(new URL("./bytecode/", import.meta.url)));

function hashOf(sources: string): string {
	const hash = createHash("sha256");
	for (const name of readdirSync(sources).sort()) hash.update(readFileSync(join(sources, name), "utf8"));
	return hash.digest("hex");
}

/** Compiles, or takes what the same compiler made of the same text before. @throws CompileFailure */
export function compileCached(engine: Engine, name: string, source: string): CompiledModule {
	const hash = createHash("sha256").update(`${engine.key}\0${maker}\0${name}\0${source}`).digest("hex").slice(0, 32);
	const path = join(folder, hash);
	try {
		return { name, ...readEntry(new Uint8Array(readFileSync(path))) };
	} catch {
		const module = engine.compiler.compile(name, source);
		const symbols = encoder.encode(module.symbols.join("\0"));
		const entry = new Uint8Array(4 + symbols.length + module.code.length);
		new DataView(entry.buffer).setUint32(0, symbols.length, true);
		entry.set(symbols, 4);
		entry.set(module.code, 4 + symbols.length);
		mkdirSync(folder, { recursive: true });
		const draft = `${path}.${process.pid}`;
		writeFileSync(draft, entry);
		renameSync(draft, path);
		return module;
	}
}

function readEntry(entry: Uint8Array): { code: Uint8Array; symbols: string[] } {
	const size = new DataView(entry.buffer).getUint32(0, true);
	const symbols = size === 0 ? [] : decoder.decode(entry.subarray(4, 4 + size)).split("\0");
	return { symbols, code: entry.slice(4 + size) };
}
