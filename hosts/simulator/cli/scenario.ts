import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fromHex } from "../../../modules/bytes.ts";
import { codeText, isSuccess } from "../../../modules/coap/code.ts";
import type { EnablerVersion } from "../../../modules/lwm2m/facts.ts";
import type { Board } from "../board/board.ts";
import { type LoadedDevice, loadDevice } from "../board/loader.ts";
import { type BoardName, presets } from "../board/presets.ts";
import { Chance } from "../chance.ts";
import type { Machine } from "../engine/machine.ts";
import { buildImage, type ImageOptions, javaScriptRoot } from "../image/builder.ts";
import type { Image } from "../image/image.ts";
import type { Answer } from "../server/operations.ts";
import { World, type WorldEvent } from "../world.ts";
import { careForBoards, temperaturePath } from "./care.ts";
import { eventLine } from "./event-line.ts";
import type { ExitStatus } from "./main.ts";
import type { Output } from "./output.ts";
import { PackageServer } from "./package-server.ts";
import { buildProgress } from "./progress.ts";
import { durationText, grouped } from "./report.ts";

export const scenarioNames = ["firmware-update", "firmware-revert", "power-cut"] as const;
export type ScenarioName = (typeof scenarioNames)[number];

export interface ScenarioOptions {
	readonly scenario: ScenarioName;
	readonly board: BoardName;
	readonly endpoint?: string;
	readonly lwm2m?: EnablerVersion;
	readonly seed?: number;
	readonly json?: boolean;
}

/** What did not come about; its message says what. */
class Disappointed extends Error {}

const newVersion = "0.2.0";
const thermometerFile = "src/thermometer.js";

/** The next version tells its temperature in kelvin: nobody can take it for the old one. */
export function kelvinThermometer(): Record<string, string> {
	return changed(thermometerFile, [
		['sensorUnits: "Cel"', 'sensorUnits: "K"'],
		["celsius() + correction", "celsius() + correction + 273.15"],
	]);
}

/** … and this one crashes at boot, before anybody hears of it. */
export function brokenThermometer(): Record<string, string> {
	return changed(thermometerFile, [["const first = tenths();", 'throw new Error("this version is broken");']]);
}

function changed(file: string, edits: readonly (readonly [string, string])[]): Record<string, string> {
	let source = readFileSync(join(javaScriptRoot, file), "utf8");
	for (const [from, to] of edits) {
		if (!source.includes(from)) throw new Error(`${file} has no \`${from}\` that could be changed`);
		source = source.replace(from, to);
	}
	return { [file]: source };
}

/** `dormouse sim --scenario …`: one story in virtual time. Status 0 when it came about as told, else 1. */
export async function runScenario(options: ScenarioOptions, output: Output): Promise<ExitStatus> {
	const device = await loadDevice({ onProgress: buildProgress(output) });
	const replacements = options.scenario === "firmware-revert" ? brokenThermometer() : kelvinThermometer();
	const image = await buildImage({ engine: device.engine, version: newVersion, replacements } satisfies ImageOptions);
	const scenario = new Scenario(options, device, image, output);
	try {
		return await scenario.run();
	} finally {
		scenario.close();
	}
}

const pauseMs = 20_000;
/** Nothing here takes longer. */
const longestMs = 24 * 3_600_000;

class Scenario {
	readonly #options: ScenarioOptions;
	readonly #output: Output;
	readonly #device: LoadedDevice;
	readonly #image: Image;
	readonly #world: World<Machine>;
	readonly #endpoint: string;
	readonly #waiting: { readonly is: (event: WorldEvent) => boolean; readonly heard: (event: WorldEvent) => void }[] =
		[];
	#packages: PackageServer | undefined;

	constructor(options: ScenarioOptions, device: LoadedDevice, image: Image, output: Output) {
		this.#options = options;
		this.#device = device;
		this.#image = image;
		this.#output = output;
		this.#endpoint = options.endpoint ?? "dormouse";
		const onEvent = (event: WorldEvent) => this.#hear(event);
		this.#world = World.virtual({ seed: options.seed ?? 1, device, onEvent });
	}

	close(): void {
		this.#packages?.close();
		this.#world.close();
	}

	async run(): Promise<ExitStatus> {
		let status: ExitStatus | undefined;
		const board = await this.#prepare();
		const story = this.#tell(board)
			.then(() => {
				status = 0;
				this.#say("It came about as told.");
			})
			.catch((error: Error) => {
				status = 1;
				this.#output.err(error instanceof Disappointed ? `Not as told: ${error.message}` : String(error.stack));
			});
		await this.#world.run(longestMs, { isOver: () => status !== undefined });
		if (status === undefined) this.#output.err("Not as told: nothing happens any more.");
		else await story;
		return status ?? 1;
	}

	async #prepare(): Promise<Board<Machine>> {
		const { board: name, lwm2m } = this.#options;
		const { image } = this.#device;
		const uri = await this.#world.startServer();
		careForBoards(this.#world.server!, () => {}); // boards that lose power do not answer: no news in a story of it
		const enabler = lwm2m === undefined ? {} : { enabler: lwm2m };
		const factory = { endpointName: this.#endpoint, serverUri: uri, ...enabler };
		const board = this.#world.addBoard({ preset: presets[name], factory });
		this.#say(`${presets[name].title} with version ${image.version}, ${grouped(image.bytes.length)} bytes, in slot a`);
		return board;
	}

	async #tell(board: Board<Machine>): Promise<void> {
		const { scenario } = this.#options;
		const registered = this.#until("registered", 60_000);
		board.powerOn();
		await registered;
		await this.#expect("/3/0/3", this.#device.image.version);
		await this.#expect("/3303/0/5701", "Cel");
		await this.#expect("/5/0/3", 0);
		this.#say(`It says ${await this.#read(temperaturePath)} Cel.`);
		if (scenario === "firmware-update") await this.#update();
		else if (scenario === "firmware-revert") await this.#revert();
		else await this.#cutPower(board);
	}

	/** Push, update, trial, confirm. */
	async #update(): Promise<void> {
		await this.#push();
		await this.#swap();
		await this.#isNew();
	}

	async #isNew(): Promise<void> {
		const image = this.#image;
		await this.#expect("/3/0/3", image.version);
		await this.#expect("/3303/0/5701", "K");
		await this.#expect("/5/0/5", 1);
		await this.#expect("/5/0/3", 0);
		this.#say(
			`Version ${image.version} runs in slot b, and was confirmed: it says ${await this.#read(temperaturePath)} K.`,
		);
	}

	async #revert(): Promise<void> {
		await this.#push();
		await this.#swap("a");
		await this.#expect("/3/0/3", this.#device.image.version);
		await this.#expect("/3303/0/5701", "Cel");
		await this.#expect("/5/0/5", 8);
		this.#say(
			`Version ${this.#image.version} did not prove its worth; ` +
				`version ${this.#device.image.version} is back, and says so.`,
		);
	}

	/** Pull, with a power cut in the download, one in the boot loader, one in the trial. */
	async #cutPower(board: Board<Machine>): Promise<void> {
		const etag = fromHex(this.#image.hash.slice(0, 16))!;
		const chance = new Chance(this.#world.seed).branch("packages");
		const { network, time } = this.#world;
		const entropy = chance.branch("entropy");
		const at = { network, time, dice: chance, entropy, host: "10.9.9.9" };
		this.#packages = new PackageServer({ ...at, file: this.#image.bytes, etag });
		const { uri } = this.#packages;
		this.#say(`The server names a package to pull: ${uri}`);
		const cut = this.#until("powerCut", 3_600_000);
		board.flash.cutAt({ operation: 150, bytes: 9 });
		this.#agree(`Write ${uri} to /5/0/1`, await this.#write("/5/0/1", "string", uri));
		await cut;
		const before = this.#packages.blocks;
		this.#say(`The power goes in the middle of a flash write, after ${before} blocks.`);
		const downloaded = this.#until("firmware.state", 3_600_000, ({ state }) => state === "downloaded");
		board.powerOn();
		await downloaded;
		const least = Math.ceil(this.#image.bytes.length / 1024);
		const twice = this.#packages.blocks - least;
		this.#say(`Power is back: the download goes on where it was; ${twice} of ${least} blocks came twice.`);
		if (twice > 1) throw new Disappointed(`${twice} blocks were fetched twice, and one is the most`);
		await this.#pause();
		const swapCut = this.#until("powerCut", 60_000);
		const updating = this.#until("firmware.state", 60_000, ({ state }) => state === "updating");
		this.#agree("Execute /5/0/2", await this.#world.server!.operations.execute(this.#endpoint, "/5/0/2"));
		await updating;
		board.flash.cutAt({ operation: 0, bytes: 5 });
		await swapCut;
		this.#say("The power goes again, while the boot loader notes the trial.");
		const trial = this.#until("bootDecision", 120_000, ({ slot }) => slot === "b");
		board.powerOn();
		await trial;
		await this.#pause(10);
		board.cutPower();
		this.#say("And once more, 10 ms into the trial.");
		const confirmed = this.#until("firmware.confirmed", 600_000);
		board.powerOn();
		await confirmed;
		await this.#pause();
		await this.#isNew();
	}

	/** Long enough for a board to be registered, and cared for, again. */
	#pause(forMs = pauseMs): Promise<void> {
		const { time } = this.#world;
		return new Promise((resolve) => void time.at(time.nowMs() + forMs, resolve));
	}

	/** The whole package in one Write, by blocks. */
	async #push(): Promise<void> {
		const { bytes } = this.#image;
		const fromMs = this.#world.time.nowMs();
		const downloaded = this.#until("firmware.state", 3_600_000, ({ state }) => state === "downloaded");
		this.#agree(`Write ${grouped(bytes.length)} bytes to /5/0/0`, await this.#write("/5/0/0", "opaque", bytes));
		await downloaded;
		const tookMs = this.#world.time.nowMs() - fromMs;
		this.#say(`${grouped(bytes.length)} bytes pushed and checked in ${durationText(tookMs)} of virtual time.`);
		await this.#expect("/5/0/3", 2);
	}

	/** Update, until a version has registered again. @param slot which slot runs then */
	async #swap(slot: "a" | "b" = "b"): Promise<void> {
		const tried = this.#until("bootDecision", 120_000, ({ action }) => action === "try");
		const over = this.#until(
			slot === "b" ? "firmware.confirmed" : "bootDecision",
			900_000,
			(event) => slot === "b" || event.action === "revert",
		);
		this.#agree("Execute /5/0/2", await this.#world.server!.operations.execute(this.#endpoint, "/5/0/2"));
		await tried;
		const fromMs = this.#world.time.nowMs();
		this.#say("The boot loader starts the new image on trial.");
		await over;
		await this.#pause();
		this.#say(`Decided ${durationText(Math.max(1, this.#world.time.nowMs() - fromMs - pauseMs))} later.`);
	}

	#write(path: string, type: "opaque" | "string", value: Uint8Array | string): Promise<Answer> {
		const node = { kind: "singleResource", id: Number(path.split("/").at(-1)), type, value } as const;
		const format = type === "opaque" ? "OPAQUE" : "TEXT";
		return this.#world.server!.operations.write(this.#endpoint, path, node, { format, timeoutS: 3600 });
	}

	async #read(path: string): Promise<unknown> {
		const answer = await this.#world.server!.operations.read(this.#endpoint, path);
		this.#agree(`Read ${path}`, answer);
		return answer.content?.kind === "singleResource" ? answer.content.value : undefined;
	}

	async #expect(path: string, value: string | number): Promise<void> {
		const found = await this.#read(path);
		if (String(found) !== String(value)) throw new Disappointed(`${path} is ${String(found)}, not ${value}`);
	}

	#agree(what: string, { code, message = "" }: Answer): void {
		if (!isSuccess(code)) throw new Disappointed(`${what}: ${codeText(code)} ${message}`.trimEnd());
	}

	/** The next event of that name that `is`. Begins to listen now. */
	#until(name: string, limitMs: number, is: (event: WorldEvent) => boolean = () => true): Promise<WorldEvent> {
		return new Promise((resolve, reject) => {
			const { time } = this.#world;
			const late = () => reject(new Disappointed(`no "${name}" within ${durationText(limitMs)}`));
			const clear = time.at(time.nowMs() + limitMs, late);
			this.#waiting.push({
				is: (event) => event.event === name && is(event),
				heard: (event) => {
					clear();
					resolve(event);
				},
			});
		});
	}

	#hear(event: WorldEvent): void {
		this.#output.out(this.#options.json ? JSON.stringify(event) : eventLine(event, this.#output));
		for (const one of this.#waiting.filter(({ is }) => is(event))) {
			this.#waiting.splice(this.#waiting.indexOf(one), 1);
			one.heard(event);
		}
	}

	#say(text: string): void {
		if (this.#options.json) this.#output.out(JSON.stringify({ t: this.#world.time.nowMs(), event: "scenario", text }));
		else this.#output.out(this.#output.bold(`— ${text}`));
	}
}
