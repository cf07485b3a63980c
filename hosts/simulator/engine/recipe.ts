import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { dependencyFolder, type XsSources } from "./sources.ts";

/** One C file to compile. */
export interface Step {
	/** "xsRun.c" */
	readonly source: string;
	readonly object: string;
	readonly flags: readonly string[];
	/** Of the file, every header it may see, flags and compiler. */
	readonly hash: string;
}

/** Everything a build of the engine depends on, and the name of its products. */
export interface Recipe {
	/** Short hash over sources, shim, flags and compiler: the products carry it in their names. */
	readonly key: string;
	/** Short hash over the sources of XS alone. */
	readonly xs: string;
	readonly files: Readonly<Record<string, string>>;
	readonly steps: readonly Step[];
	/** Objects of each product, in link order. */
	readonly products: { readonly device: readonly string[]; readonly compiler: readonly string[] };
}

/** Not needed: snapshots are copies of memory here, and neither SES nor FFI is used; xsum.c is included by xsMath.c. */
const leftOut = ["xsSnapshot.c", "xsLockdown.c", "xsffi.c", "xsum.c"];

const parser = ["xsCode.c", "xsLexical.c", "xsScope.c", "xsScript.c", "xsSourceMap.c", "xsSyntaxical.c", "xsTree.c"];

const compilerOnly = ["compile.c"];

const flags = [
	"--target=wasm32-wasip1",
	// -O2 and -O3 copy the interpreter's dispatch into every operation: slower in V8, and larger.
	"-Os",
	"-Isrc",
	"-DINCLUDE_XSPLATFORM",
	'-DXSPLATFORM="platform.h"',
	"-DmxRun=1",
	"-DmxNoConsole=1",
	// Without it a stack overflow overwrites memory in silence; XS sets it only for debug builds.
	"-DmxBoundsCheck=1",
	"-DmxMetering=1",
	// setjmp by wasm exceptions.
	"-mllvm",
	"-wasm-enable-sjlj",
	// Without it clang takes conversions that XS relies on as undefined: 0x80000000 reads as 0x7fffffff, and SHA-256
	// gives a wrong digest.
	"-fno-strict-float-cast-overflow",
	"-fwrapv",
	"-fno-strict-aliasing",
	"-fno-common",
	"-w",
];

const linkFlags = [
	"--target=wasm32-wasip1",
	"-mexec-model=reactor",
	"-lsetjmp",
	// The C stack lies below all else, so that its end is known (fxCStackLimit in shim/port.c).
	"-Wl,--stack-first",
	"-Wl,-z,stack-size=65536",
	"-Wl,--export=__stack_pointer",
	"-Wl,--gc-sections",
	"-Wl,--strip-all",
];

/** Arguments for clang to compile one file. */
export function compileArguments(step: Step): string[] {
	return ["clang", ...flags, ...step.flags, "-c", `src/${step.source}`, "-o", step.object];
}

/** Arguments for clang to link `objects` to out.wasm. */
export function linkArguments(objects: readonly string[]): string[] {
	return ["clang", ...objects, "-o", "out.wasm", ...linkFlags];
}

/** @returns the version of the clang package, or undefined when it is not installed */
export function clangVersion(): string | undefined {
	const folder = dependencyFolder("@yowasp/clang");
	return folder === undefined ? undefined : JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).version;
}

/** Lays down what is built from `xs` and `shim`. Pure: the same inputs give the same key. */
export function recipe(xs: XsSources, shim: ReadonlyMap<string, string>, clang: string): Recipe {
	const isIncluded = (name: string) => name.endsWith(".h") || leftOut.includes(name);
	const headers = (files: ReadonlyMap<string, string>) => [...files].filter(([name]) => isIncluded(name));
	const platform: [string, string][] = [["platform.h", shim.get("platform.h") ?? ""]];
	const seen = { xs: [...headers(xs.files), ...platform], shim: [...headers(xs.files), ...headers(shim)] };
	const step = (source: string): Step => {
		const own = parser.includes(source) || compilerOnly.includes(source) ? ["-DmxParse=1"] : [];
		const text = shim.get(source) ?? xs.files.get(source) ?? "";
		const hash = createHash("sha256").update(
			JSON.stringify([clang, flags, own, source, text, shim.has(source) ? seen.shim : seen.xs]),
		);
		return { source, object: source.replace(/\.c$/, ".o"), flags: own, hash: hash.digest("hex").slice(0, 32) };
	};
	const sources = [...xs.files.keys(), ...shim.keys()].filter((name) => name.endsWith(".c") && !leftOut.includes(name));
	const steps = sources.sort().map(step);
	const objects = (wanted: (source: string) => boolean) =>
		steps.filter(({ source }) => wanted(source)).map(({ object }) => object);
	const deviceOnly = ["crypto.c", "machine.c", "mods.c", "natives.c", "power.c", "rom.c", "sha256.c"];
	const hash = createHash("sha256").update(JSON.stringify([clang, flags, linkFlags, steps]));
	const xsHash = createHash("sha256").update(JSON.stringify([...xs.files]));
	return {
		xs: xsHash.digest("hex").slice(0, 16),
		key: hash.digest("hex").slice(0, 16),
		files: Object.fromEntries([...xs.files, ...shim]),
		steps,
		products: {
			device: objects((source) => !parser.includes(source) && !compilerOnly.includes(source)),
			compiler: objects((source) => !deviceOnly.includes(source)),
		},
	};
}
