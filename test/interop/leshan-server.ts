import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Child } from "./child.ts";
import { freePorts } from "./free-ports.ts";
import { copyModels, demoJar, leshanClassPath, leshanVersion, requireJava } from "./leshan-artifacts.ts";
import { RestClient } from "./rest-client.ts";
import { answering, type ServerUnderTest } from "./server-under-test.ts";
import { writeServerKeys } from "./test-keys.ts";

const readyTimeoutMs = 60_000;
/** As our own server has it. */
const connectionIdBytes = "6";
/** How long Leshan takes a client in queue mode to be awake: the demo's 93 s are too long for a test. */
const awakeMs = "6000";

interface Ports {
	readonly coap: number;
	readonly coaps: number;
	readonly http: number;
}

/**
 * Starts Leshan on free loopback ports, in an empty folder of its own. In this order of preference:
 * 1. the whole leshan-demo-server that the environment's LESHAN_DEMO_JAR names;
 * 2. the one of Maven Central, where it has one;
 * 3. Leshan's server libraries of Maven Central, with leshan/Front.java before them.
 * @throws Error that says what to install when Java or Maven is missing, or with the log of a server that does not
 * come up
 */
export async function startLeshan(): Promise<ServerUnderTest> {
	requireJava();
	const jar = process.env.LESHAN_DEMO_JAR ?? demoJar();
	const folder = mkdtempSync(join(tmpdir(), "dormouse-leshan-"));
	copyModels(modelsIn(folder));
	const server = jar === undefined ? await startFront(folder) : await startDemo(jar, folder);
	try {
		await answering(server, readyTimeoutMs);
		return server;
	} catch (error) {
		await server.stop();
		throw error;
	}
}

const modelsIn = (folder: string) => join(folder, "models");

async function startFront(folder: string): Promise<ServerUnderTest> {
	writeServerKeys(folder);
	const ports = ["0", "0", "0"];
	const words = [
		"-cp",
		leshanClassPath(),
		"dormouse.leshan.Front",
		...ports,
		modelsIn(folder),
		folder,
		connectionIdBytes,
		awakeMs,
	];
	const child = new Child({ command: "java", arguments: words, folder });
	const bound = await new Promise<Ports>((resolve, reject) => {
		const giveUp = (why: string) => {
			child.stop("SIGKILL").catch(() => undefined);
			reject(new Error(`Leshan ${why}:\n${child.log()}`));
		};
		const timer = setTimeout(() => giveUp(`does not say its ports within ${readyTimeoutMs} ms`), readyTimeoutMs);
		child.ended.then(({ status }) => giveUp(`ended with status ${status}`), reject).finally(() => clearTimeout(timer));
		child.watch((line) => {
			if (!line.startsWith("{")) return;
			clearTimeout(timer);
			resolve(JSON.parse(line) as Ports);
		});
	});
	return handle(`Leshan ${leshanVersion} (libraries)`, child, bound, folder);
}

async function startDemo(jar: string, folder: string): Promise<ServerUnderTest> {
	const [coap, http, ...others] = (await freePorts(6)) as [number, number, ...number[]];
	const listen = { "-lp": coap, "-wp": http, "-slp": others[0], "-jp": others[1], "-tp": others[2], "-tsp": others[3] };
	// -tsh is left out: with it the TLS endpoint takes the port of -tp.
	const hosts = ["-lh", "-slh", "-jh", "-th", "-wh"].flatMap((flag) => [flag, "127.0.0.1"]);
	const words = [
		"-jar",
		jar,
		...hosts,
		...Object.entries(listen).flat().map(String),
		"-m",
		modelsIn(folder),
		"-cid",
		connectionIdBytes,
	];
	const child = new Child({ command: "java", arguments: words, folder });
	return handle(`Leshan ${leshanVersion} (demo server)`, child, { coap, coaps: others[0]!, http }, folder);
}

function handle(name: string, child: Child, ports: Ports, folder: string): ServerUnderTest {
	return {
		name,
		coapUri: `coap://127.0.0.1:${ports.coap}`,
		coapsUri: `coaps://127.0.0.1:${ports.coaps}`,
		rest: new RestClient(`http://127.0.0.1:${ports.http}/api`),
		keyFolder: folder,
		log: () => child.log(),
		stop: async () => {
			await child.stop();
			rmSync(folder, { recursive: true, force: true });
		},
	};
}
