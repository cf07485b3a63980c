import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { patched, patchedFiles, UnknownXs } from "./patch.ts";

/** The engine can not be built or does not work; `message` says what to do. */
export class EngineFailure extends Error {
	override name = "EngineFailure";
}

/** Where this package lies, whether it runs from build/js or from an installed copy. */
export const packageRoot = findPackageRoot(dirname(fileURLToPath(import.meta.url)));

function findPackageRoot(folder: string): string {
	const manifest = join(folder, "package.json");
	if (existsSync(manifest) && JSON.parse(readFileSync(manifest, "utf8")).name === "dormouse-lwm2m") return folder;
	const above = dirname(folder);
	if (above === folder) throw new EngineFailure("package.json of dormouse-lwm2m not found above " + import.meta.url);
	return findPackageRoot(above);
}

/** The C files of an XS, as clang will see them: flat, patched. */
export interface XsSources {
	readonly files: ReadonlyMap<string, string>;
}

/**
 * Finds the folder with XS's `sources`, `includes` and `platforms`: the option, DORMOUSE_XS ($MODDABLE/xs will do),
 * or the npm package
 * @agoric/xsnap, which carries XS 13.3.
 * @returns undefined when there is none: an installed copy of this package comes with a built engine and needs no
 * sources
 * @throws EngineFailure when the folder was named and holds no XS
 */
export function findXsFolder(named?: string): string | undefined {
	const asked = named ?? (process.env.DORMOUSE_XS || undefined);
	if (asked !== undefined) {
		if (existsSync(join(asked, "sources/xsRun.c"))) return asked;
		throw new EngineFailure(`no XS sources in ${asked}: it must hold sources/, includes/ and platforms/`);
	}
	const xsnap = dependencyFolder("@agoric/xsnap");
	if (xsnap === undefined) return undefined;
	const folder = join(xsnap, "moddable/xs");
	return existsSync(join(folder, "sources/xsRun.c")) ? folder : undefined;
}

/**
 * @returns where npm put the package `name`, or undefined. (Node's own resolution refuses packages that do not
 * export their manifest.)
 */
export function dependencyFolder(name: string, above = packageRoot): string | undefined {
	const folder = join(above, "node_modules", name);
	if (existsSync(join(folder, "package.json"))) return folder;
	const next = dirname(above);
	return next === above ? undefined : dependencyFolder(name, next);
}

/** Reads and patches the XS in `folder`. @throws EngineFailure when this XS is not one the patch knows */
export function readXsSources(folder: string): XsSources {
	const files = new Map<string, string>();
	for (const room of ["sources", "includes", "platforms"]) {
		for (const name of readdirSync(join(folder, room)).sort()) {
			// The platforms' own C files are hosts for desktops.
			const isWanted = name.endsWith(".h") || (room === "sources" && name.endsWith(".c"));
			if (isWanted) files.set(name, readFileSync(join(folder, room, name), "utf8"));
		}
	}
	for (const name of patchedFiles) {
		const text = files.get(name);
		if (text === undefined) throw new EngineFailure(`no ${name} among the XS sources in ${folder}`);
		try {
			files.set(name, patched(name, text));
		} catch (error) {
			if (error instanceof UnknownXs) throw new EngineFailure(`${folder}: ${error.message}`, { cause: error });
			throw error;
		}
	}
	return { files };
}

/** The shim's C files of this package. */
export function readShim(): Map<string, string> {
	const folder = join(packageRoot, "hosts/simulator/engine/shim");
	const names = readdirSync(folder).filter((name) => /\.[ch]$/.test(name));
	return new Map(names.sort().map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}
