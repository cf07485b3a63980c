import { randomInt } from "node:crypto";
import type { Factory } from "../../../modules/host.ts";
import type { EnablerVersion } from "../../../modules/lwm2m/facts.ts";
import type { Board } from "../board/board.ts";
import { FlashChip } from "../board/flash.ts";
import { FlashFileRefused, openFlashFile } from "../board/flash-file.ts";
import { loadDevice } from "../board/loader.ts";
import { type BoardName, presets } from "../board/presets.ts";
import { SlotRefused } from "../board/slots.ts";
import type { Machine } from "../engine/machine.ts";
import { coapsPort } from "../server/server.ts";
import { type Device, World, type WorldEvent } from "../world.ts";
import { serversOf, WrongUsage } from "./arguments.ts";
import { careForBoards } from "./care.ts";
import {
	type CredentialOptions,
	checkCredentials,
	hasCredentials,
	introduce,
	readCredentials,
	secureServer,
	suggestion,
} from "./credentials.ts";
import { eventLine } from "./event-line.ts";
import { Interrupt, unlessAsked, within } from "./interrupt.ts";
import type { ExitStatus } from "./main.ts";
import type { Output } from "./output.ts";
import { buildProgress } from "./progress.ts";
import { boardReport, durationText, type Report, reportLines } from "./report.ts";
import { runScenario, type ScenarioName } from "./scenario.ts";

export interface SimOptions extends CredentialOptions {
	/** One or several; the board registers with each. */
	readonly server?: string | readonly string[];
	readonly lwm2m?: EnablerVersion;
	readonly endpoint?: string;
	readonly lifetime?: number;
	readonly board: BoardName;
	readonly seed?: number;
	readonly flash?: string;
	readonly realTime?: boolean;
	/** Milliseconds of virtual time. */
	readonly for?: number;
	readonly json?: boolean;
	readonly scenario?: ScenarioName;
}

/**
 * How long a board may take to say good-bye: one lost datagram's worth (RFC 7252 §4.8.2: ACK_TIMEOUT ×
 * ACK_RANDOM_FACTOR)
 */
const farewellMs = 3000;

/** After so long without an answer, people are told. */
const hintMs = 5000;

/** `dormouse sim`: one board, until its time is over or Ctrl-C. @throws WrongUsage */
export async function run(options: SimOptions, output: Output): Promise<ExitStatus> {
	const { scenario } = options;
	if (scenario !== undefined) return runScenario({ ...options, scenario }, output);
	if (options.server !== undefined && options.for !== undefined) {
		throw new WrongUsage(
			"--server speaks to a real server in real time, which --for can not hurry: " +
				"leave out --for, or leave out --server to use the embedded one",
		);
	}
	checkSecurity(options);
	const flash = openFlash(options);
	const interrupt = new Interrupt();
	try {
		const device = await unlessAsked(interrupt, loadDevice({ onProgress: buildProgress(output) }));
		if (device === undefined) {
			output.err("Stopped before there was a board.");
			return 0;
		}
		return await simulate(options, { flash, device, output, interrupt });
	} finally {
		interrupt.close();
		flash.close();
	}
}

/** Keys and scheme belong together; files are read when there is a server to read them for. @throws WrongUsage */
function checkSecurity(options: SimOptions): void {
	const servers = serversOf(options.server);
	const secure = servers.find(isSecure);
	if (secure !== undefined && !hasCredentials(options))
		throw new WrongUsage(`${secure} wants keys: give ${suggestion}`);
	if (new Set(servers).size < servers.length) throw new WrongUsage("--server names the same server twice");
	if (servers.length === 0) checkCredentials(options);
	else readCredentials(options);
	if (servers.length === 0 || secure !== undefined || !hasCredentials(options)) return;
	throw new WrongUsage(`keys are for DTLS, and ${servers.join(" and ")} is without: write it as coaps://host:port`);
}

const isSecure = (uri: string) => uri.startsWith("coaps:");

export interface Surroundings {
	readonly flash: FlashChip;
	readonly device: Device<Machine>;
	readonly output: Output;
	readonly interrupt: Interrupt;
}

/** Runs one board on what is given, to its end. */
export function simulate(options: SimOptions, surroundings: Surroundings): Promise<ExitStatus> {
	return new Simulation(options, surroundings).run(surroundings.interrupt);
}

function openFlash({ flash, board }: SimOptions): FlashChip {
	const { flash: geometry } = presets[board];
	if (flash === undefined) return new FlashChip(geometry);
	try {
		return openFlashFile(flash, geometry);
	} catch (error) {
		if (error instanceof FlashFileRefused) throw new WrongUsage(`--flash: ${error.message}`, { cause: error });
		throw error;
	}
}

/** Whom the board registers with. */
type Accounts = Pick<Factory, "serverUri" | "security" | "servers">;

class Simulation {
	readonly #options: SimOptions;
	readonly #output: Output;
	readonly #device: Device<Machine>;
	readonly #flash: FlashChip;
	readonly #world: World<Machine>;
	readonly #counts = new Map<string, number>();
	readonly #ended: Promise<void>;
	#end: () => void = () => {};
	#hasEnded = false;

	constructor(options: SimOptions, { flash, device, output }: Surroundings) {
		this.#options = options;
		this.#output = output;
		this.#device = device;
		this.#flash = flash;
		this.#ended = new Promise((resolve) => {
			this.#end = resolve;
		});
		const worldOptions = {
			seed: options.seed ?? randomInt(0x100000000),
			device,
			onEvent: (event: WorldEvent) => this.#hear(event),
			onPrint: (text: string) => output.err(`device: ${text.trimEnd()}`),
		};
		this.#world = options.for === undefined ? World.real(worldOptions) : World.virtual(worldOptions);
	}

	async run(interrupt: Interrupt): Promise<ExitStatus> {
		try {
			const board = await this.#prepare();
			board.powerOn();
			if (this.#options.for === undefined) await this.#runReal(board, interrupt);
			else await this.#runVirtual(board, interrupt, this.#options.for);
			this.#report(board);
			return board.state === "failed" ? 1 : 0;
		} finally {
			this.#world.close();
		}
	}

	async #prepare(): Promise<Board<Machine>> {
		const { board: name, server, endpoint, lifetime, lwm2m, flash: file } = this.#options;
		const { seed } = this.#world;
		const err = (text: string) => this.#output.err(text);
		const endpointName = endpoint ?? `dormouse-${seed}`;
		const accounts = server === undefined ? await this.#ownServer(endpointName) : this.#accounts();
		const factory = {
			endpointName,
			...accounts,
			...(lifetime === undefined ? {} : { lifetimeS: lifetime }),
			...(lwm2m === undefined ? {} : { enabler: lwm2m }),
		};
		const servers = accounts.servers?.map(({ uri }) => uri).join(" and ") ?? accounts.serverUri;
		const preset = presets[name];
		const lasting =
			this.#options.for === undefined ? "until Ctrl-C" : `for ${durationText(this.#options.for)} of virtual time`;
		err(`${preset.title} as "${endpointName}" with ${servers}, ${lasting}; --seed ${seed}`);
		try {
			const board = this.#world.addBoard({ preset, factory, flash: this.#flash });
			if (file !== undefined)
				err(`${file}: ${board.isNewlyProgrammed ? "the image was written to slot A" : "holds this image already"}`);
			return board;
		} catch (error) {
			if (error instanceof SlotRefused) throw new WrongUsage(`${name}: ${error.message}`, { cause: error });
			throw error;
		}
	}

	/** The servers of the command line; several get the Short Server IDs 1, 2, …; the keys are for those with DTLS. */
	#accounts(): Accounts {
		const { server, lifetime: lifetimeS } = this.#options;
		const uris = serversOf(server);
		const security = readCredentials(this.#options);
		const keysFor = (uri: string) => (security === undefined || !isSecure(uri) ? {} : { security });
		if (uris.length === 1) return { serverUri: uris[0]!, ...keysFor(uris[0]!) };
		const lifetime = lifetimeS === undefined ? {} : { lifetimeS };
		return { servers: uris.map((uri, index) => ({ uri, shortServerId: index + 1, ...lifetime, ...keysFor(uri) })) };
	}

	/** The embedded server, which knows the board's keys where it is given some. */
	async #ownServer(endpointName: string): Promise<Accounts> {
		const isVirtual = this.#options.for !== undefined;
		const at = { ...(isVirtual ? {} : { port: 0 }), ...secureServer(this.#options, isVirtual ? coapsPort : 0) };
		const plainUri = await this.#world.startServer(at);
		const server = this.#world.server!;
		careForBoards(server, (text) => this.#output.err(text));
		const security = introduce(endpointName, this.#options, server);
		return security === undefined ? { serverUri: plainUri } : { serverUri: this.#world.secureUri!, security };
	}

	async #runVirtual(board: Board<Machine>, interrupt: Interrupt, durationMs: number): Promise<void> {
		const breathe = () => this.#output.drained();
		await this.#world.run(durationMs, { breathe, isOver: () => this.#hasEnded || interrupt.isAsked });
		if (!interrupt.isAsked || this.#hasEnded) return;
		board.shutDown();
		await this.#world.run(this.#world.time.nowMs() + farewellMs, { isOver: () => this.#hasEnded });
	}

	async #runReal(board: Board<Machine>, interrupt: Interrupt): Promise<void> {
		const hint = setTimeout(() => this.#hint(), hintMs);
		await Promise.race([interrupt.asked, this.#ended]);
		clearTimeout(hint);
		if (this.#hasEnded) return;
		this.#output.err("De-registering; Ctrl-C again ends at once.");
		board.shutDown();
		if (await within(farewellMs, this.#ended)) return;
		this.#output.err("The server did not answer in time: the board is switched off without its good-bye.");
	}

	/**
	 * The protocol gives a silent server a minute and a half before a try has failed: long, for a person who mistyped
	 * an address.
	 */
	#hint(): void {
		if (this.#counts.has("registered") || this.#counts.has("registrationFailed")) return;
		const keys = hasCredentials(this.#options) ? ", or none that fits the keys" : "";
		const servers = serversOf(this.#options.server).join(" or ") || "the server";
		this.#output.err(`No answer from ${servers} so far${keys}; the board goes on trying. Ctrl-C ends it.`);
	}

	#hear(event: WorldEvent): void {
		this.#counts.set(event.event, (this.#counts.get(event.event) ?? 0) + 1);
		this.#output.out(this.#options.json ? JSON.stringify(event) : eventLine(event, this.#output));
		if (event.event === "off" || (event.event === "deviceFailed" && event.restarts !== true)) {
			this.#hasEnded = true;
			this.#end();
		}
		if (event.event === "deviceFailed") this.#output.err(`The device failed: ${failureText(event)}`);
	}

	#report(board: Board<Machine>): void {
		const { image } = this.#device;
		const report: Report = {
			event: "report",
			seed: this.#world.seed,
			ranMs: this.#world.time.nowMs(),
			time: this.#options.for === undefined ? "real" : "virtual",
			image: { version: image.version, sha256: image.hash, bytes: image.bytes.length },
			...boardReport(board),
			events: Object.fromEntries(this.#counts),
		};
		if (this.#options.json) this.#output.out(JSON.stringify({ t: report.ranMs, ...report }));
		else for (const line of reportLines(report, this.#output.bold)) this.#output.out(line);
	}
}

function failureText({ t, event, reason, explanation, ...figures }: WorldEvent): string {
	const listed = Object.entries(figures).map(([name, value]) => `${name} ${value}`);
	const why = explanation === undefined ? reason : `${reason}: ${explanation}`;
	return `${event} after ${durationText(t)}: ${why}${listed.length === 0 ? "" : ` (${listed.join(", ")})`}`;
}
