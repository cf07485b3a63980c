import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Child } from "./child.ts";
import {
	aiocoapFront,
	aiocoapPython,
	aiocoapVersion,
	californiumClassPath,
	californiumVersion,
	libcoapProgram,
	libcoapVersion,
} from "./coap-artifacts.ts";
import { freePorts } from "./free-ports.ts";
import { hex, text, type WireOption } from "./wire-message.ts";

export type PeerName = "libcoap" | "aiocoap" | "californium";
export const peerNames: readonly PeerName[] = ["libcoap", "aiocoap", "californium"];

const readyTimeoutMs = 60_000;
const answerTimeoutMs = 25_000;

/** A CoAP server that we did not write. */
export interface ForeignServer {
	readonly name: PeerName;
	readonly version: string;
	readonly port: number;
	log(): string;
	stop(): Promise<void>;
}

/** What a foreign client is told to ask of `port`. */
export interface Order {
	readonly method?: "GET" | "POST" | "PUT" | "DELETE";
	readonly type?: "CON" | "NON";
	readonly port: number;
	/** With the query: "query?a=1". */
	readonly path: string;
	readonly payload?: Uint8Array;
	readonly options?: readonly WireOption[];
	/** How long the whole may take, in seconds. */
	readonly patienceS?: number;
}

export interface ForeignResponse {
	readonly code: string;
	readonly payload: Uint8Array;
	readonly options: readonly WireOption[];
}

export interface ForeignObservation {
	readonly first: ForeignResponse;
	readonly notifications: readonly ForeignResponse[];
	cancel(how: "rst" | "get"): Promise<void>;
}

/** A CoAP client that we did not write. */
export interface ForeignClient {
	readonly name: PeerName;
	readonly version: string;
	ask(order: Order): Promise<ForeignResponse>;
	/** @param seconds how long at most; only libcoap wants to know beforehand */
	observe(order: Order, seconds: number): Promise<ForeignObservation>;
	/** Ends it like a power failure. */
	kill(): Promise<void>;
	stop(): Promise<void>;
}

/** Resolves with the port of a front's first line. */
function ready(child: Child, name: string): Promise<number> {
	return new Promise((resolve, reject) => {
		const giveUp = (why: string) => {
			child.stop("SIGKILL").catch(() => undefined);
			reject(new Error(`${name} ${why}:\n${child.log()}`));
		};
		const timer = setTimeout(() => giveUp(`is not ready within ${readyTimeoutMs} ms`), readyTimeoutMs);
		child.ended.then(({ status }) => giveUp(`ended with status ${status}`), reject).finally(() => clearTimeout(timer));
		child.watch((line) => {
			if (!line.startsWith('{"port"')) return;
			clearTimeout(timer);
			resolve((JSON.parse(line) as { port: number }).port);
		});
	});
}

/** @throws PeerMissing where the peer is not to be had */
export async function startForeignServer(name: PeerName, more: readonly string[] = []): Promise<ForeignServer> {
	const [free] = (await freePorts(1)) as [number];
	if (name === "libcoap") {
		const words = ["-A", "127.0.0.1", "-p", String(free), "-d", "100", ...more];
		const child = new Child({ command: libcoapProgram("server"), arguments: words });
		await new Promise((resolve) => setTimeout(resolve, 300)); // it says nothing when it is ready
		return { name, version: libcoapVersion(), port: free, log: () => child.log(), stop: () => ended(child) };
	}
	const child = front(name, "server", free);
	const port = await ready(child, name);
	const version = name === "aiocoap" ? aiocoapVersion : californiumVersion;
	return { name, version, port, log: () => child.log(), stop: () => ended(child) };
}

async function ended(child: Child): Promise<void> {
	await child.stop();
}

function front(name: "aiocoap" | "californium", role: "server" | "client", port = 0): Child {
	if (name === "aiocoap") {
		return new Child({ command: aiocoapPython(), arguments: [aiocoapFront, role, String(port)] });
	}
	const main = `dormouse.californium.Plugtest${role === "server" ? "Server" : "Client"}`;
	return new Child({ command: "java", arguments: ["-cp", californiumClassPath(), main, String(port)] });
}

/** @throws PeerMissing where the peer is not to be had */
export async function startForeignClient(name: PeerName): Promise<ForeignClient> {
	if (name === "libcoap") return new LibcoapClient();
	const child = new LineClient(name);
	await child.ready;
	return child;
}

interface Line {
	readonly id: number;
	readonly code?: string;
	readonly payload?: string;
	readonly options?: readonly (readonly [number, string])[];
	readonly notification?: Line;
	readonly failed?: string;
}

const responseOf = ({ code, payload = "", options = [] }: Line): ForeignResponse => ({
	code: code!,
	payload: Uint8Array.from(Buffer.from(payload, "hex")),
	options: options.map(([number, value]) => [number, Uint8Array.from(Buffer.from(value, "hex"))]),
});

/** aiocoap or Californium behind their fronts, which take one order a line. */
class LineClient implements ForeignClient {
	readonly name: "aiocoap" | "californium";
	readonly ready: Promise<number>;
	readonly #child: LineChild;
	#lastId = 0;
	readonly #waiting = new Map<number, (line: Line) => void>();
	readonly #notifications = new Map<number, ForeignResponse[]>();

	constructor(name: "aiocoap" | "californium") {
		this.name = name;
		this.#child = new LineChild(name, (line) => this.#take(line));
		this.ready = this.#child.ready;
	}

	get version(): string {
		return this.name === "aiocoap" ? aiocoapVersion : californiumVersion;
	}

	async ask(order: Order): Promise<ForeignResponse> {
		return responseOf(await this.#say(order, false).answer);
	}

	async observe(order: Order): Promise<ForeignObservation> {
		const { id, answer } = this.#say(order, true);
		const notifications: ForeignResponse[] = [];
		this.#notifications.set(id, notifications);
		const first = responseOf(await answer);
		return { first, notifications, cancel: (how) => this.#cancel(id, how) };
	}

	async kill(): Promise<void> {
		await this.#child.stop("SIGKILL");
	}

	async stop(): Promise<void> {
		await this.#child.stop("SIGTERM");
	}

	async #cancel(other: number, how: "rst" | "get"): Promise<void> {
		const id = ++this.#lastId;
		const answer = this.#answer(id);
		const order = this.name === "aiocoap" ? JSON.stringify({ id, cancel: other }) : `${id} cancel ${other} ${how}`;
		this.#child.write(order);
		await answer;
	}

	#say(order: Order, observe: boolean): { readonly id: number; readonly answer: Promise<Line> } {
		const id = ++this.#lastId;
		const { method = "GET", type = "CON", port, path, payload = new Uint8Array(0), options = [] } = order;
		const uri = `coap://127.0.0.1:${port}/${path}`;
		const pairs = options.map(([number, value]) => [number, hex(value)] as const);
		const answer = this.#answer(id, order.patienceS);
		if (this.name === "aiocoap") {
			this.#child.write(JSON.stringify({ id, method, type, uri, payload: hex(payload), observe, options: pairs }));
		} else {
			const settings = pairs.map(([number, value]) => `${number}=${value}`).join(",");
			const words = [id, method, type, uri, hex(payload) || "-", observe ? "observe" : "-", settings || "-"];
			this.#child.write(words.join(" "));
		}
		return { id, answer };
	}

	#answer(id: number, patienceS = answerTimeoutMs / 1000): Promise<Line> {
		return new Promise((resolve, reject) => {
			const giveUp = () => reject(new Error(`${this.name} does not answer order ${id}:\n${this.#child.log()}`));
			const timer = setTimeout(giveUp, patienceS * 1000);
			this.#waiting.set(id, (line) => {
				clearTimeout(timer);
				if (line.failed !== undefined) reject(new Error(`${this.name}: ${line.failed}`));
				else resolve(line);
			});
		});
	}

	#take(line: Line): void {
		if (line.notification !== undefined) {
			this.#notifications.get(line.id)?.push(responseOf(line.notification));
			return;
		}
		this.#waiting.get(line.id)?.(line);
		this.#waiting.delete(line.id);
	}
}

/** A front that is written to. */
class LineChild {
	readonly ready: Promise<number>;
	readonly #process: ReturnType<typeof spawn>;
	#rest = "";
	#log = "";
	readonly #ended: Promise<void>;

	constructor(name: "aiocoap" | "californium", take: (line: Line) => void) {
		const words = name === "aiocoap" ? [aiocoapFront, "client"] : ["-cp", californiumClassPath(), clientMain];
		this.#process = spawn(name === "aiocoap" ? aiocoapPython() : "java", words, { stdio: ["pipe", "pipe", "pipe"] });
		this.#ended = new Promise((resolve) => this.#process.once("close", () => resolve()));
		process.once("exit", () => this.#process.kill("SIGKILL"));
		this.#process.stdin!.on("error", () => undefined);
		this.#process.stderr!.on("data", (bytes: Buffer) => (this.#log = (this.#log + bytes).slice(-8000)));
		this.ready = new Promise((resolve, reject) => {
			const timer = setTimeout(() => reject(new Error(`${name} is not ready:\n${this.#log}`)), readyTimeoutMs);
			this.#process.stdout!.setEncoding("utf8").on("data", (piece: string) => {
				const lines = (this.#rest + piece).split("\n");
				this.#rest = lines.pop()!;
				for (const line of lines.filter((one) => one.startsWith("{"))) {
					clearTimeout(timer);
					if (line.startsWith('{"port"')) resolve(0);
					else take(JSON.parse(line) as Line);
				}
			});
		});
	}

	write(line: string): void {
		this.#process.stdin!.write(`${line}\n`);
	}

	log(): string {
		return this.#log;
	}

	async stop(signal: NodeJS.Signals): Promise<void> {
		this.#process.kill(signal);
		await this.#ended;
	}
}

const clientMain = "dormouse.californium.PlugtestClient";

/** coap-client: one process for each request. It tells of a message what `-v 7` prints. */
export class LibcoapClient implements ForeignClient {
	readonly name = "libcoap";
	readonly version = libcoapVersion();
	readonly #program = libcoapProgram("client");
	readonly #folder = mkdtempSync(join(tmpdir(), "dormouse-coap-"));
	readonly #children = new Set<Child>();
	#runs = 0;

	async ask(order: Order): Promise<ForeignResponse> {
		const { child, out } = this.run(order, []);
		await child.ended;
		const code = received(child.log()).at(-1);
		if (code === undefined) throw new Error(`coap-client got no answer:\n${child.log()}`);
		return { code, payload: read(out), options: [] };
	}

	async observe(order: Order, seconds: number): Promise<ForeignObservation> {
		const { child } = this.run(order, ["-s", String(seconds)]);
		const deadlineMs = performance.now() + answerTimeoutMs;
		while (received(child.log()).length === 0) {
			if (performance.now() > deadlineMs) throw new Error(`coap-client got no answer:\n${child.log()}`);
			await new Promise((resolve) => setTimeout(resolve, 20));
		}
		const nothing = new Uint8Array(0);
		const all = () => received(child.log()).map((code) => ({ code, payload: nothing, options: [] }));
		return {
			first: all()[0]!,
			get notifications() {
				return all().slice(1);
			},
			cancel: async () => {
				// it ends the observation by itself when its time is over
				await child.ended;
			},
		};
	}

	/** Runs coap-client once. @param words further arguments @returns its output's file with it */
	run(order: Order, words: readonly string[]): { readonly child: Child; readonly out: string } {
		const { method = "GET", type = "CON", port, path, payload, options = [], patienceS = 20 } = order;
		const out = join(this.#folder, `out-${++this.#runs}`);
		const all = ["-v", "7", "-B", String(patienceS), "-m", method.toLowerCase(), "-o", out, ...words];
		if (type === "NON") all.push("-N");
		if (payload !== undefined) {
			const file = join(this.#folder, `in-${this.#runs}`);
			writeFileSync(file, payload);
			all.push("-f", file);
		}
		for (const [number, value] of options) {
			// what it gives to an option of its own it also acts on
			if (number === 12) all.push("-t", String(value[0] ?? 0));
			else if (number === 17) all.push("-A", String(value[0] ?? 0));
			else if (number === 23) all.push("-b", String(16 << (value[0]! & 7)));
			else all.push("-O", `${number},${value.length === 0 ? "" : "0x"}${hex(value)}`);
		}
		const child = new Child({
			command: this.#program,
			arguments: [...all, `coap://127.0.0.1:${port}/${path}`],
			folder: this.#folder,
		});
		this.#children.add(child);
		child.ended.finally(() => this.#children.delete(child));
		return { child, out };
	}

	async kill(): Promise<void> {
		for (const child of this.#children) await child.stop("SIGKILL");
	}

	async stop(): Promise<void> {
		await this.kill();
		rmSync(this.#folder, { recursive: true, force: true });
	}
}

/** The response codes that `-v 7` told of, without 2.31 and the blocks before a body's last. */
function received(log: string): string[] {
	const lines = log.split("\n").filter((line) => /v:1 t:(ACK|CON|NON) c:[245]\.\d\d/.test(line));
	const last = lines.filter((line) => !/c:2\.31/.test(line) && !/Q?-?Block2:\d+\/M/.test(line));
	return last.map((line) => /c:(\d\.\d\d)/.exec(line)![1]!);
}

function read(file: string): Uint8Array {
	try {
		return Uint8Array.from(readFileSync(file));
	} catch {
		return text("");
	}
}
