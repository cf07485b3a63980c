import { randomInt } from "node:crypto";
import { codeText, isSuccess } from "../../../modules/coap/code.ts";
import { HostFailure } from "../../../modules/host.ts";
import type { EnablerVersion } from "../../../modules/lwm2m/facts.ts";
import type { Board } from "../board/board.ts";
import { totalBytes } from "../board/ledger.ts";
import { type LoadedDevice, loadDevice } from "../board/loader.ts";
import { type BoardName, presets } from "../board/presets.ts";
import type { Machine } from "../engine/machine.ts";
import { leavesOf, type Node } from "../server/node.ts";
import type { Answer } from "../server/operations.ts";
import { pathText } from "../server/path.ts";
import { type HttpInterface, httpPort, startHttp } from "../server/rest/http.ts";
import { coapPort, coapsPort, type Lwm2mServer } from "../server/server.ts";
import { World, type WorldEvent } from "../world.ts";
import { temperaturePath } from "./care.ts";
import { type CredentialOptions, checkCredentials, hasCredentials, introduce, secureServer } from "./credentials.ts";
import { Interrupt, unlessAsked, within } from "./interrupt.ts";
import type { ExitStatus } from "./main.ts";
import type { Output } from "./output.ts";
import { buildProgress } from "./progress.ts";
import { durationText, grouped, kilobytes } from "./report.ts";

export interface StartOptions extends CredentialOptions {
	readonly lwm2m?: EnablerVersion;
	readonly board: BoardName;
	readonly seed?: number;
}

const endpoint = "dormouse";
/** Long enough for three attempts of the board to reach a server on the same machine. */
const patienceMs = 15_000;
const farewellMs = 3000;

/** Thrown where the tour waits when there is nothing to wait for any more. */
class TourEnds extends Error {}

/** `dormouse start`, also `npm start`: the guided tour, in real time, on this machine alone. */
export async function run(options: StartOptions, output: Output): Promise<ExitStatus> {
	checkCredentials(options);
	const interrupt = new Interrupt();
	try {
		output.out(output.bold("Dormouse") + ": an LwM2M client for devices that sleep, here on a simulated board.");
		output.out("This tour shows what it says to its server. Ctrl-C ends it.\n");
		const device = await unlessAsked(interrupt, loadDevice({ onProgress: buildProgress(output) }));
		if (device === undefined) return 0;
		const tour = new Tour(options, device, output, interrupt);
		try {
			return await tour.run();
		} finally {
			await tour.close();
		}
	} finally {
		interrupt.close();
	}
}

class Tour {
	readonly #output: Output;
	readonly #interrupt: Interrupt;
	readonly #options: StartOptions;
	readonly #device: LoadedDevice;
	readonly #world: World<Machine>;
	readonly #heard: { name: string; hear: (event: WorldEvent) => void }[] = [];
	readonly #ended: Promise<void>;
	#end: () => void = () => {};
	#http: HttpInterface | undefined;
	#stepNumber = 0;

	constructor(options: StartOptions, device: LoadedDevice, output: Output, interrupt: Interrupt) {
		this.#options = options;
		this.#device = device;
		this.#output = output;
		this.#interrupt = interrupt;
		this.#ended = new Promise((resolve) => {
			this.#end = resolve;
		});
		const seed = options.seed ?? randomInt(0x100000000);
		this.#world = World.real({ seed, device, onEvent: (event) => this.#hear(event) });
	}

	async run(): Promise<ExitStatus> {
		const { engine } = this.#device;
		const image = this.#device.imageFor(presets[this.#options.board]);
		this.#step("Engine", `XS ${engine.xsVersion}, the JavaScript engine of the Moddable SDK, as WebAssembly`);
		const size = `${image.modules.length} modules, ${grouped(image.bytes.length)} bytes`;
		this.#step("Image", `version ${image.version}: ${size}, SHA-256 ${image.hash.slice(0, 16)}…`);
		const serverUri = await this.#startServer();
		const preset = presets[this.#options.board];
		const security = introduce(endpoint, this.#options, this.#world.server!);
		const uri = security === undefined ? serverUri : this.#world.secureUri!;
		const keys = security === undefined ? {} : { security };
		const { lwm2m } = this.#options;
		const version = lwm2m === undefined ? {} : { enabler: lwm2m };
		const factory = { endpointName: endpoint, serverUri: uri, ...version, ...keys };
		const board = this.#world.addBoard({ preset, factory });
		try {
			await this.#boot(board);
			await this.#converse(this.#world.server!);
			this.#invite(serverUri);
			await Promise.race([this.#interrupt.asked, this.#ended]);
		} catch (error) {
			if (!(error instanceof TourEnds)) throw error;
			if (error.message !== "") this.#output.err(error.message);
		}
		if (board.state === "failed") return 1;
		await this.#leave(board);
		return 0;
	}

	async close(): Promise<void> {
		this.#world.close();
		if (this.#http !== undefined) await within(2000, this.#http.stop());
	}

	/** On the usual ports where they are free. */
	async #startServer(): Promise<string> {
		const world = this.#world;
		const usual = { port: coapPort, ...secureServer(this.#options, coapsPort) };
		const free = { port: 0, ...secureServer(this.#options, 0) };
		const uri = await orElse(world.startServer(usual), () => world.startServer(free));
		const server = world.server!;
		this.#http = await orElse(startHttp({ server, port: httpPort }), () => startHttp({ server, port: 0 }));
		this.#step("Server", `an LwM2M server of our own listens on ${uri}`);
		this.#more(`its page and REST API: ${this.#http.url}`);
		return uri;
	}

	async #boot(board: Board<Machine>): Promise<void> {
		const { title, memory } = board.preset;
		const secured = this.#event("secured");
		const registered = this.#event("registered");
		this.#step("Boot", `${title}: the image runs out of its flash, in ${kilobytes(memory.arenaBytes)} of RAM`);
		board.powerOn();
		const { location, lifetimeS } = await this.#wait(registered, "The board did not get to its server.");
		if (hasCredentials(this.#options)) {
			const { suite, cid } = await this.#wait(secured);
			this.#step("Handshake", `the board and the server prove who they are: ${suite}`);
			if (cid !== undefined) this.#more(`from now on the board calls its session ${cid}, whatever its address`);
		}
		const objects = [...this.#world.server!.client(endpoint)!.versions.keys()].join(", ");
		this.#step(
			"Registration",
			`the board says who it is: "${endpoint}", with the objects ${objects}, for ${lifetimeS} s`,
		);
		this.#more(`the server agrees, and calls it ${location}`);
	}

	async #converse(server: Lwm2mServer): Promise<void> {
		const { operations } = server;
		const read = await this.#wait(operations.read(endpoint, "/3/0"));
		this.#step("Read", `the server reads /3/0, the Device object: ${answerText(read)}`);
		for (const [id, name] of [
			[0, "manufacturer"],
			[1, "model"],
			[3, "firmware"],
		] as const) {
			this.#more(`/3/0/${id}  ${name} ${JSON.stringify(valueAt(read.content, `/3/0/${id}`))}`);
		}
		await this.#wait(operations.writeAttributes(endpoint, temperaturePath, { pmin: 1, pmax: 5 }));
		const observed = await this.#wait(operations.observe(endpoint, temperaturePath));
		const now = valueAt(observed.content, temperaturePath);
		this.#step("Observation", `the server wants to be told of ${temperaturePath}, the temperature: now ${now} °C`);
		for (let count = 0; count < 2; count++) {
			const { node } = await this.#wait(notificationOf(server, temperaturePath));
			this.#more(`the board tells it, unasked: ${valueAt(node, temperaturePath)} °C`);
		}
		const updated = this.#event("updated");
		const lifetime = { kind: "singleResource", id: 1, type: "integer", value: 60n } as const;
		const written = await this.#wait(operations.write(endpoint, "/1/0/1", lifetime));
		this.#step("Write", `the server writes 60 to /1/0/1, the lifetime of the registration: ${answerText(written)}`);
		await this.#wait(updated, "The board did not update its registration.");
		const { lifetimeS } = server.client(endpoint)!;
		this.#step("Update", `so the board updates its registration: it lasts ${lifetimeS} s now`);
		const executed = await this.#wait(operations.execute(endpoint, "/3303/0/5605"));
		this.#step("Execute", `the server executes /3303/0/5605, "reset minimum and maximum": ${answerText(executed)}`);
		await this.#wait(operations.writeAttributes(endpoint, temperaturePath, { pmin: 5, pmax: 60 }));
	}

	/** Says what to try next, and from now on shows what happens in one line each. */
	#invite(serverUri: string): void {
		const { bold } = this.#output;
		const { url } = this.#http!;
		const row = (what: string, how: string) => this.#output.out(`  ${what.padEnd(22)}${how}`);
		this.#output.out(`\n${bold("That was the tour.")} The board goes on, and the server is yours:`);
		row("look at it", url);
		row("read the temperature", `curl ${url}/api/clients/${endpoint}${temperaturePath}`);
		row("a second board", `npx dormouse sim --server ${serverUri} --endpoint second --board nrf52840`);
		row("your own server", "npx dormouse sim --server coap://host:5683");
		row("a day in seconds", "npx dormouse sim --for 24h");
		row("everything else", "npx dormouse sim --help");
		this.#output.out("Ctrl-C: the board says good-bye to its server and is switched off.\n");
		const server = this.#world.server!;
		const say = (who: string, what: string) => {
			if (!this.#interrupt.isAsked) this.#output.out(`  ${who}: ${what}`); // the end is told as a step of its own
		};
		server.on("registered", ({ registration }) => say(registration.endpoint, "registered"));
		server.on("updated", ({ registration }) => say(registration.endpoint, "updated its registration"));
		server.on("deregistered", ({ registration, reason }) => say(registration.endpoint, `de-registered (${reason})`));
		server.on("notification", ({ registration, path, node }) => {
			const values = leavesOf(node, path).map(({ value }) => String(value));
			say(registration.endpoint, `tells ${pathText(path)}: ${values.join(", ")}`);
		});
	}

	async #leave(board: Board<Machine>): Promise<void> {
		if (board.state === "running") {
			const deregistered = this.#event("deregistered");
			board.shutDown();
			const isHeard = await within(farewellMs, Promise.race([deregistered, this.#ended]));
			await within(farewellMs, this.#ended);
			const how = isHeard
				? "the server knows that it is gone"
				: "the server did not answer; it will find out by itself";
			this.#step("De-registration", `the board says good-bye: ${how}`);
		}
		const { sent, received, highWater } = board.ledger;
		const { memory } = board.preset;
		this.#output.out(
			`\nIn ${durationText(this.#world.time.nowMs())}: ` +
				`${grouped(totalBytes(sent))} bytes sent, ${grouped(totalBytes(received))} received, with UDP and IP; ` +
				`at most ${kilobytes(highWater.ramBytes)} of ${kilobytes(memory.arenaBytes + memory.cHeapBytes)} RAM in use; ` +
				`processor awake for ${durationText(board.awakeMs)}.`,
		);
	}

	#step(name: string, text: string): void {
		this.#stepNumber++;
		this.#output.out(`${String(this.#stepNumber).padStart(2)}  ${this.#output.bold(name.padEnd(16))}${text}`);
	}

	#more(text: string): void {
		this.#output.out(`${" ".repeat(20)}${text}`);
	}

	#hear(event: WorldEvent): void {
		for (const waiting of this.#heard.filter(({ name }) => name === event.event)) waiting.hear(event);
		if (event.event === "deviceFailed") {
			this.#output.err(`The device failed: ${event.explanation ?? event.reason}`);
			this.#output.err(JSON.stringify(event));
		}
		if (event.event === "deviceFailed" || event.event === "off") this.#end();
	}

	/** The next event of this name from the board. */
	#event(name: string): Promise<WorldEvent> {
		return new Promise((resolve) => this.#heard.push({ name, hear: resolve }));
	}

	/** @throws TourEnds when the user asks for the end, the board ends, or nothing comes in time */
	async #wait<T>(awaited: Promise<T>, complaint = "The board did not answer in time."): Promise<T> {
		awaited.catch(() => {}); // it may fail when nobody waits any more
		const ends = Promise.race([this.#interrupt.asked, this.#ended]).then(() => {
			throw new TourEnds();
		});
		let timer: NodeJS.Timeout | undefined;
		const late = new Promise<never>((_, reject) => {
			timer = setTimeout(() => reject(new TourEnds(complaint)), patienceMs);
		});
		try {
			return await Promise.race([awaited, ends, late]);
		} finally {
			clearTimeout(timer);
		}
	}
}

/** The first, or what `other` gives when the first one's place is taken. */
async function orElse<T>(first: Promise<T>, other: () => Promise<T>): Promise<T> {
	try {
		return await first;
	} catch (error) {
		if (error instanceof HostFailure || /can not listen/.test((error as Error).message)) return other();
		throw error;
	}
}

function answerText({ code, message }: Answer): string {
	const names: Readonly<Record<number, string>> = { 68: "Changed", 69: "Content" };
	return isSuccess(code) ? `${codeText(code)} ${names[code] ?? ""}`.trimEnd() : `${codeText(code)} ${message ?? ""}`;
}

function valueAt(node: Node | undefined, path: string): string {
	const numbers = path.split("/").slice(1).map(Number);
	const base = node?.kind === "instance" ? numbers.slice(0, 2) : numbers;
	const leaf = node === undefined ? undefined : leavesOf(node, base).find((one) => pathText(one.path) === path);
	return leaf === undefined ? "nothing" : String(leaf.value);
}

function notificationOf(server: Lwm2mServer, path: string): Promise<{ node: Node }> {
	return new Promise((resolve) => {
		const stop = server.on("notification", (event) => {
			if (pathText(event.path) !== path) return;
			stop();
			resolve(event);
		});
	});
}
