import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { frontClassPath } from "./java-front.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const built = join(root, "build/interop");
const timeoutMs = 300_000;

export const aiocoapVersion = "0.4.17";
export const cbor2Version = "6.1.4";
export const californiumVersion = "3.14.0";
export const aiocoapFront = join(root, "test/interop/coap-peers/aiocoap_front.py");

/** Something a peer needs is not there: its tests are skipped with these words, which say what to install. */
export class PeerMissing extends Error {
	override get name() {
		return "PeerMissing";
	}
}

function run(command: string, words: readonly string[]): { readonly ok: boolean; readonly output: string } {
	const { status, stdout, stderr, error } = spawnSync(command, words, { encoding: "utf8", timeout: timeoutMs });
	return { ok: error === undefined && status === 0, output: error?.message ?? `${stdout}${stderr}` };
}

/** libcoap's example programs: Debian names them after their TLS library. @throws PeerMissing */
export function libcoapProgram(which: "client" | "server"): string {
	const name = `coap-${which}-notls`;
	// without arguments the client tells its usage, and the server would run
	const found = run("sh", ["-c", `command -v ${name}`]);
	if (!found.ok) throw new PeerMissing(`no ${name} on the PATH. Debian: apt-get install libcoap3-bin`);
	return name;
}

/** As "4.3.1". */
export function libcoapVersion(): string {
	const { output } = run(libcoapProgram("client"), []);
	return /v(\d+\.\d+\.\d+)/.exec(output)?.[1] ?? "?";
}

/** A Python with aiocoap in an environment of its own, made on the first call. @throws PeerMissing */
export function aiocoapPython(): string {
	const folder = join(built, `aiocoap-${aiocoapVersion}`);
	const python = join(folder, "bin/python3");
	if (run(python, ["-c", "import aiocoap"]).ok) return python;
	const made = run("python3", ["-m", "venv", folder]);
	if (!made.ok) throw new PeerMissing(`no Python with venv. Debian: apt-get install python3-venv\n${made.output}`);
	const installed = run(python, ["-m", "pip", "install", "-q", `aiocoap==${aiocoapVersion}`]);
	if (!installed.ok) throw new PeerMissing(`pip can not get aiocoap ${aiocoapVersion}:\n${installed.output}`);
	return python;
}

/** A Python with cbor2, which decodes CBOR with code that nobody here wrote. @throws PeerMissing */
export function cborPython(): string {
	const folder = join(built, `cbor2-${cbor2Version}`);
	const python = join(folder, "bin/python3");
	if (run(python, ["-c", "import cbor2"]).ok) return python;
	const made = run("python3", ["-m", "venv", folder]);
	if (!made.ok) throw new PeerMissing(`no Python with venv. Debian: apt-get install python3-venv\n${made.output}`);
	const installed = run(python, ["-m", "pip", "install", "-q", `cbor2==${cbor2Version}`]);
	if (!installed.ok) throw new PeerMissing(`pip can not get cbor2 ${cbor2Version}:\n${installed.output}`);
	return python;
}

/**
 * Californium's core from Maven Central (which has no plugtest server or client) and our fronts, as a class path.
 * @throws PeerMissing when there is no JDK, no Maven or no way to Maven Central
 */
export function californiumClassPath(): string {
	try {
		return frontClassPath(join(root, "test/interop/coap-peers/californium"), join(built, "californium"));
	} catch (error) {
		throw new PeerMissing((error as Error).message);
	}
}
