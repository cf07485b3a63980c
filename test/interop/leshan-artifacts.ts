import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { frontClassPath, maven } from "./java-front.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const source = join(root, "test/interop/leshan");
const built = join(root, "build/interop/leshan");

export const leshanVersion = "2.0.0-M18";
/** Further object models, for what Leshan's libraries do not bring: the registry's, and the conformance tests' own. */
const modelFolders = [join(source, "models"), join(root, "test/conformance/objects")];

/** Puts them together, since Leshan takes one folder. */
export function copyModels(to: string): void {
	mkdirSync(to, { recursive: true });
	for (const folder of modelFolders) cpSync(folder, to, { recursive: true });
}

/** @throws Error that says what to install */
export function requireJava(): void {
	const { stdout, stderr, error } = spawnSync("javac", ["-version"], { encoding: "utf8" });
	const major = Number(/javac (\d+)/.exec(`${stdout}${stderr}`)?.[1]);
	if (error === undefined && major >= 17) return;
	const found = error === undefined ? `JDK ${major}` : "no javac on the PATH";
	throw new Error(`Leshan needs JDK 17 or later, found ${found}. Debian: apt-get install openjdk-17-jdk-headless`);
}

/**
 * leshan-demo-server with all it needs, from Maven Central.
 * @returns its path, or undefined where Maven Central has none: the demos of a milestone are not always published there
 */
export function demoJar(): string | undefined {
	const jar = join(built, `leshan-demo-server-${leshanVersion}-jar-with-dependencies.jar`);
	if (existsSync(jar)) return jar;
	const artifact = `org.eclipse.leshan:leshan-demo-server:${leshanVersion}:jar:jar-with-dependencies`;
	if (!maven(["dependency:get", "-Dtransitive=false", `-Dartifact=${artifact}`]).ok) return undefined;
	return maven(["dependency:copy", `-Dartifact=${artifact}`, `-DoutputDirectory=${built}`]).ok ? jar : undefined;
}

/**
 * Leshan's server libraries and the compiled Front.java, as a class path. @throws Error with Maven's or javac's words
 */
export function leshanClassPath(): string {
	return frontClassPath(source, built);
}
