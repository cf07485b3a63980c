import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const source = join(root, "test/interop/leshan");
const built = join(root, "build/interop/leshan");
const mavenTimeoutMs = 600_000;

export const leshanVersion = "2.0.0-M18";
/** Further object models, for what Leshan's libraries do not bring. */
export const modelFolder = join(source, "models");

/** @throws Error that says what to install */
export function requireJava(): void {
	const { stdout, stderr, error } = spawnSync("javac", ["-version"], { encoding: "utf8" });
	const major = Number(/javac (\d+)/.exec(`${stdout}${stderr}`)?.[1]);
	if (error === undefined && major >= 17) return;
	const found = error === undefined ? `JDK ${major}` : "no javac on the PATH";
	throw new Error(`Leshan needs JDK 17 or later, found ${found}. Debian: apt-get install openjdk-17-jdk-headless`);
}

function maven(words: readonly string[]): { readonly ok: boolean; readonly output: string } {
	const result = spawnSync("mvn", ["-q", "-B", ...words], { encoding: "utf8", timeout: mavenTimeoutMs });
	if (result.error !== undefined) {
		throw new Error(`mvn, which fetches Leshan, does not run (${result.error.message}). Debian: apt-get install maven`);
	}
	return { ok: result.status === 0, output: `${result.stdout}${result.stderr}` };
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
 * Leshan's server libraries and the compiled Front.java, as a class path. Kept until a source or the list of
 * libraries changes.
 * @throws Error with Maven's or javac's words
 */
export function frontClassPath(): string {
	const files = readdirSync(source).filter((name) => /\.(java|xml)$/.test(name));
	const hash = createHash("sha256");
	for (const name of files.sort()) hash.update(name).update(readFileSync(join(source, name), "utf8"));
	const kept = join(built, `${hash.digest("hex").slice(0, 16)}.classpath`);
	if (existsSync(kept)) {
		const path = readFileSync(kept, "utf8");
		if (path.split(delimiter).every((entry) => existsSync(entry))) return path;
	}
	const classes = join(built, "classes");
	rmSync(classes, { recursive: true, force: true });
	mkdirSync(classes, { recursive: true });
	const list = join(built, "libraries.classpath");
	const asked = maven(["-f", join(source, "pom.xml"), "dependency:build-classpath", `-Dmdep.outputFile=${list}`]);
	if (!asked.ok) throw new Error(`Maven can not get Leshan's libraries:\n${asked.output}`);
	const libraries = readFileSync(list, "utf8").trim();
	const sources = files.filter((name) => name.endsWith(".java")).map((name) => join(source, name));
	const compiled = spawnSync("javac", ["-encoding", "UTF-8", "-d", classes, "-cp", libraries, ...sources], {
		encoding: "utf8",
	});
	if (compiled.status !== 0) throw new Error(`Front.java does not compile:\n${compiled.stderr}`);
	const path = [classes, libraries].join(delimiter);
	writeFileSync(kept, path);
	return path;
}
