import { Codes } from "./bytecode/codes.ts";
import { tightened } from "./bytecode/tightening.ts";

/** A source module does not compile; `message` begins with "name:line: ". */
export class CompileFailure extends Error {
	override name = "CompileFailure";
}

/** Bytecode of one module with symbol numbers of its own. */
export interface CompiledModule {
	/** Full name, as other modules' specifiers resolve to it: "modules/coap/peer". */
	readonly name: string;
	readonly code: Uint8Array;
	/** symbols[n - 1] is what the code calls n. */
	readonly symbols: readonly string[];
}

/** Modules that share one table of symbols: what a machine runs. */
export interface Program {
	readonly symbols: readonly string[];
	readonly modules: readonly { readonly name: string; readonly code: Uint8Array }[];
}

interface Exports {
	readonly memory: WebAssembly.Memory;
	_initialize(): void;
	xsVersion(): number;
	allocate(size: number): number;
	release(at: number): void;
	compile(name: number, text: number, size: number): number;
	renumber(code: number, size: number, ids: number): void;
	codeName(number: number): number;
	codeSize(number: number): number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** XS's own compiler: JavaScript in, bytecode out that is executed where it lies. */
export class Compiler {
	readonly #module: WebAssembly.Module;
	#exports: Exports | undefined;
	#codes: Codes | undefined;

	constructor(module: WebAssembly.Module) {
		this.#module = module;
	}

	/** "13.3.0": the XS that this is, and whose bytecode it makes. */
	get xsVersion(): string {
		const version = this.#with([], (exports) => exports.xsVersion());
		return [version >> 16, (version >> 8) & 0xff, version & 0xff].join(".");
	}

	/** Its XS's operations. */
	get codes(): Codes {
		this.#codes ??= this.#with([], (exports) => {
			const names: string[] = [];
			const sizes: number[] = [];
			for (let number = 0, at = exports.codeName(0); at !== 0; at = exports.codeName(++number)) {
				const bytes = new Uint8Array(exports.memory.buffer, at);
				names.push(decoder.decode(bytes.subarray(0, bytes.indexOf(0))));
				sizes.push(exports.codeSize(number));
			}
			return new Codes(names, sizes);
		});
		return this.#codes;
	}

	/** @throws CompileFailure with the first error */
	compile(name: string, source: string): CompiledModule {
		return { name, ...tightened(this.compileOnly(name, source), this.codes) };
	}

	/** As XS alone does it. @throws CompileFailure with the first error */
	compileOnly(name: string, source: string): CompiledModule {
		const text = encoder.encode(source);
		return this.#with([encoder.encode(`${name}\0`), text], (exports, [nameAt, textAt]) => {
			const at = exports.compile(nameAt!, textAt!, text.length);
			const { buffer } = exports.memory;
			const [codeSize, code, symbolsSize, symbols] = new Uint32Array(buffer, at, 4);
			const error = new Uint8Array(buffer, at + 16, 512);
			if (error[0] !== 0) throw new CompileFailure(decoder.decode(error.subarray(0, error.indexOf(0))));
			return {
				name,
				code: new Uint8Array(buffer, code!, codeSize!).slice(),
				symbols: readSymbols(new Uint8Array(buffer, symbols!, symbolsSize!)),
			};
		});
	}

	/** Gives all modules one table of symbols, in order of first appearance. */
	link(modules: readonly CompiledModule[]): Program {
		const numbers = new Map<string, number>();
		const linked = modules.map((module) => {
			const ids = new Uint16Array(module.symbols.length + 1);
			module.symbols.forEach((symbol, index) => {
				const number = numbers.get(symbol) ?? numbers.size + 1;
				if (number > 0x7fff) throw new CompileFailure("more than 32767 symbols");
				numbers.set(symbol, number);
				ids[index + 1] = number;
			});
			return { name: module.name, code: this.#renumber(module.code, ids) };
		});
		return { symbols: [...numbers.keys()], modules: linked };
	}

	#renumber(code: Uint8Array, ids: Uint16Array): Uint8Array {
		return this.#with([code, new Uint8Array(ids.buffer)], (exports, [codeAt, idsAt]) => {
			exports.renumber(codeAt!, code.length, idsAt!);
			return new Uint8Array(exports.memory.buffer, codeAt!, code.length).slice();
		});
	}

	/** Lends blocks of the compiler's memory; after any failure the next call begins with a new instance. */
	#with<T>(blocks: readonly Uint8Array[], use: (exports: Exports, at: readonly number[]) => T): T {
		const exports = (this.#exports ??= this.#instantiate());
		try {
			const at = blocks.map((block) => {
				const place = exports.allocate(block.length);
				new Uint8Array(exports.memory.buffer, place, block.length).set(block);
				return place;
			});
			const result = use(exports, at);
			for (const place of at) exports.release(place);
			return result;
		} catch (error) {
			this.#exports = undefined;
			throw error;
		}
	}

	#instantiate(): Exports {
		const silent = () => 0;
		const failed = (reason: number) => {
			throw new CompileFailure(`the compiler ended with reason ${reason}`);
		};
		const board = { failed, explain: silent, print: silent, meter: () => 1, wallTimeMs: silent, dice: silent };
		const wasi = { fd_close: silent, fd_seek: silent, fd_write: silent };
		const instance = new WebAssembly.Instance(this.#module, { board, wasi_snapshot_preview1: wasi });
		const exports = instance.exports as unknown as Exports;
		exports._initialize();
		return exports;
	}
}

/** XS's table: a 16-bit count, which includes number 0 for "none", then strings that end with 0. */
function readSymbols(bytes: Uint8Array): string[] {
	const symbols: string[] = [];
	let at = 2;
	while (at < bytes.length) {
		const end = bytes.indexOf(0, at);
		symbols.push(decoder.decode(bytes.subarray(at, end)));
		at = end + 1;
	}
	return symbols;
}
