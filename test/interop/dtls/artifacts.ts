import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PeerMissing } from "../coap-artifacts.ts";
import { frontClassPath } from "../java-front.ts";
import { built, root } from "./credentials.ts";

const sources = join(root, "test/interop/dtls/peers");
/** Go may have to get pion first. */
const goTimeoutMs = 300_000;
const ccTimeoutMs = 60_000;

export type StackName = "openssl" | "gnutls" | "mbedtls" | "wolfssl" | "scandium" | "pion";
export const stackNames: readonly StackName[] = ["openssl", "gnutls", "mbedtls", "wolfssl", "scandium", "pion"];

const libraries: Readonly<Record<string, { readonly flags: readonly string[]; readonly debian: string }>> = {
	openssl: { flags: ["-lssl", "-lcrypto"], debian: "libssl-dev" },
	gnutls: { flags: ["-lgnutls"], debian: "libgnutls28-dev" },
	mbedtls: { flags: ["-lmbedtls", "-lmbedx509", "-lmbedcrypto"], debian: "libmbedtls-dev" },
	wolfssl: { flags: ["-lwolfssl"], debian: "libwolfssl-dev" },
};

/** A command and the words that come before a peer's own. */
export interface Program {
	readonly command: string;
	readonly words: readonly string[];
	/** As "OpenSSL 3.0.19". */
	readonly version: string;
}

function contentHash(files: readonly string[]): string {
	const hash = createHash("sha256");
	for (const file of files) hash.update(readFileSync(file, "utf8"));
	return hash.digest("hex").slice(0, 16);
}

function compiled(name: string): Program {
	const { flags, debian } = libraries[name]!;
	const files = ["peer.h", "peer.c", `${name}.c`].map((file) => join(sources, file));
	const program = join(built, `${name}-${contentHash(files)}`);
	if (!existsSync(program)) {
		mkdirSync(built, { recursive: true });
		const words = ["-O1", "-o", program, ...files.slice(1), ...flags];
		const { error, stderr, status } = spawnSync("cc", words, { encoding: "utf8", timeout: ccTimeoutMs });
		if (error !== undefined || status !== 0) {
			throw new PeerMissing(`cc can not build ${name}.c. Debian: apt-get install gcc ${debian}\n${error ?? stderr}`);
		}
	}
	const told = spawnSync(program, ["version"], { encoding: "utf8", timeout: ccTimeoutMs });
	return { command: program, words: [], version: told.stdout.trim() };
}

function pion(): Program {
	const folder = join(sources, "pion");
	const files = readdirSync(folder).map((file) => join(folder, file));
	const program = join(built, `pion-${contentHash(files.sort())}`);
	if (!existsSync(program)) {
		mkdirSync(built, { recursive: true });
		const words = ["build", "-o", program, "."];
		const result = spawnSync("go", words, { cwd: folder, encoding: "utf8", timeout: goTimeoutMs });
		if (result.error !== undefined || result.status !== 0) {
			throw new PeerMissing(`Go 1.24 or newer can not build pion's peer: ${result.error ?? result.stderr}`);
		}
	}
	const version = /pion\/dtls\/v3 v([\d.]+)/.exec(readFileSync(join(folder, "go.mod"), "utf8"))?.[1];
	return { command: program, words: [], version: `pion/dtls ${version}` };
}

function scandium(): Program {
	let path: string;
	try {
		path = frontClassPath(join(sources, "scandium"), join(built, "scandium"));
	} catch (error) {
		throw new PeerMissing((error as Error).message);
	}
	const quick = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto"];
	const log = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn";
	const words = [...quick, log, "-cp", path, "dormouse.scandium.ScandiumPeer"];
	const version = /scandium<\/artifactId>\s*<version>([\d.]+)/.exec(
		readFileSync(join(sources, "scandium/pom.xml"), "utf8"),
	);
	return { command: "java", words, version: `Scandium ${version?.[1]}` };
}

const made = new Map<StackName, Program | PeerMissing>();

/** The program of a stack; built on the first call. @throws PeerMissing with what to install */
export function programOf(name: StackName): Program {
	let program = made.get(name);
	if (program === undefined) {
		try {
			program = name === "scandium" ? scandium() : name === "pion" ? pion() : compiled(name);
		} catch (error) {
			if (!(error instanceof PeerMissing)) throw error;
			program = error;
		}
		made.set(name, program);
	}
	if (program instanceof PeerMissing) throw program;
	return program;
}
