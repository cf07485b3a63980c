import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

const mavenTimeoutMs = 600_000;

/** Runs Maven without questions. @throws Error that says what to install when there is none */
export function maven(words: readonly string[]): { readonly ok: boolean; readonly output: string } {
	const result = spawnSync("mvn", ["-q", "-B", ...words], { encoding: "utf8", timeout: mavenTimeoutMs });
	if (result.error !== undefined) {
		throw new Error(`mvn does not run (${result.error.message}). Debian: apt-get install maven`);
	}
	return { ok: result.status === 0, output: `${result.stdout}${result.stderr}` };
}

/**
 * A Java program of ours with the libraries that its pom.xml names, as a class path. Kept until a source or the list of
 * libraries changes.
 * @param source folder with pom.xml and the .java files
 * @param home where the classes and the class path are kept
 * @throws Error with Maven's or javac's words
 */
export function frontClassPath(source: string, home: string): string {
	const files = readdirSync(source).filter((name) => /\.(java|xml)$/.test(name));
	const hash = createHash("sha256");
	for (const name of files.sort()) hash.update(name).update(readFileSync(join(source, name), "utf8"));
	const version = hash.digest("hex").slice(0, 16);
	const kept = join(home, `${version}.classpath`);
	if (existsSync(kept)) {
		const path = readFileSync(kept, "utf8");
		if (path.split(delimiter).every((entry) => existsSync(entry))) return path;
	}
	const classes = join(home, `classes-${version}`); // not one folder for all: `kept` may name an older version again
	mkdirSync(classes, { recursive: true });
	const list = join(home, "libraries.classpath");
	const asked = maven(["-f", join(source, "pom.xml"), "dependency:build-classpath", `-Dmdep.outputFile=${list}`]);
	if (!asked.ok) throw new Error(`Maven can not get what ${source}/pom.xml names:\n${asked.output}`);
	const libraries = readFileSync(list, "utf8").trim();
	const sources = files.filter((name) => name.endsWith(".java")).map((name) => join(source, name));
	const compiled = spawnSync("javac", ["-encoding", "UTF-8", "-d", classes, "-cp", libraries, ...sources], {
		encoding: "utf8",
	});
	if (compiled.error !== undefined)
		throw new Error("no javac on the PATH. Debian: apt-get install default-jdk-headless");
	if (compiled.status !== 0) throw new Error(`javac does not compile ${source}:\n${compiled.stderr}`);
	const path = [classes, libraries].join(delimiter);
	writeFileSync(kept, path);
	return path;
}
