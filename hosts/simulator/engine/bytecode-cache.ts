import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CompiledModule } from "./compiler.ts";
import type { Engine } from "./engine.ts";
import { packageRoot } from "./sources.ts";

const folder = join(packageRoot, "build/bytecode");

/** Compiles, or takes what the same compiler made of the same text before. @throws CompileFailure */
export function compileCached(engine: Engine, name: string, source: string): CompiledModule {
	const hash = createHash("sha256").update(`${engine.key}\0${name}\0${source}`).digest("hex").slice(0, 32);
	const path = join(folder, hash);
	try {
		return { name, ...readEntry(readFileSync(path)) };
	} catch {
		const module = engine.compiler.compile(name, source);
		const symbols = Buffer.from(module.symbols.join("\0"));
		const size = Buffer.alloc(4);
		size.writeUInt32LE(symbols.length);
		mkdirSync(folder, { recursive: true });
		const draft = `${path}.${process.pid}`;
		writeFileSync(draft, Buffer.concat([size, symbols, module.code]));
		renameSync(draft, path);
		return module;
	}
}

function readEntry(entry: Buffer): { code: Uint8Array; symbols: string[] } {
	const size = entry.readUInt32LE(0);
	const symbols = size === 0 ? [] : entry.toString("utf8", 4, 4 + size).split("\0");
	return { symbols, code: new Uint8Array(entry.subarray(4 + size)) };
}
