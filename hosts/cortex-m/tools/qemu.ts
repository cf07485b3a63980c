import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { BootRules } from "../../../modules/firmware/boot-decision.ts";
import type { Factory } from "../../../modules/host.ts";
import { presets } from "../../simulator/board/presets.ts";
import { EngineFailure } from "../../simulator/engine/sources.ts";
import type { Image } from "../../simulator/image/image.ts";
import type { ChipFirmware } from "./firmware.ts";

/** The computer, as the emulated network sees it. */
export const computerAddress = "10.0.2.2";

/** One line that the device says: an event of its log, or of the board. */
export interface DeviceEvent {
	readonly event: string;
	readonly [field: string]: unknown;
}

/** What it has taken so far. */
export interface QemuFigures {
	/** Of the chip's time, since reset. */
	readonly ms: number;
	/** Of the program's boot and its turns since, modulo 2^32; with `isCounted` alone. */
	readonly instructions: number;
	readonly slotBytes: number;
	readonly chunkBytes: number;
	readonly stackBytes: number;
	readonly cHeapBytes: number;
	readonly cStackBytes: number;
	readonly collections: number;
	/** Writes and erases since power on: what cutAt counts. */
	readonly flashOperations: number;
}

export interface QemuOptions {
	readonly firmware: ChipFirmware;
	/** Where `flash` and `boot.json` are, from one life to the next; both are made when they are not there. */
	readonly folder: string;
	readonly factory: Factory;
	/** Absent: what the flash holds already. */
	readonly image?: Image;
	/** The power goes within that write or erase of the flash, counted from power on; see powerCutStatus. */
	readonly cutAt?: number;
	/** How often, and how long, an image on trial may run; as usualRules of the simulated board when left out. */
	readonly rules?: BootRules;
	/** How long one turn may take; a minute when left out. */
	readonly watchdogMs?: number;
	/** Whether each instruction takes a nanosecond of the chip's time, so that they can be counted. */
	readonly isCounted?: boolean;
	onEvent(event: DeviceEvent): void;
	/** Lines that are no event. */
	onText?(line: string): void;
}

/** What is typed at the device: xs/device.c has the same numbers. */
const keys = { shutDown: "\u0003", reset: "\u0004", here: "\u0005", figures: "\u0006", pin: "\u0007" } as const;

/** How it ends when its power was cut: chip/nor-flash.h. */
export const powerCutStatus = 9;

/** It ends by itself when it has not heard of us for 20 s: nobody is left to end it. */
const hereEveryMs = 3000;

/** The reference device on QEMU's MPS2+ board, in a process of its own. */
export class QemuDevice {
	/** Resolves with the exit status: 0 when it went off by itself; powerCutStatus; -1 when it was killed. */
	readonly ended: Promise<number>;
	readonly #process: ChildProcess;
	readonly #heard: ((event: DeviceEvent) => void)[] = [];

	constructor(options: QemuOptions) {
		const { firmware, folder, factory, image, onEvent, onText } = options;
		program(folder, image);
		writeFileSync(join(folder, "boot.json"), JSON.stringify(factory));
		this.#process = spawn("qemu-system-arm", words(firmware, options), {
			cwd: folder,
			stdio: ["pipe", "pipe", "pipe"],
		});
		const here = setInterval(() => this.type(keys.here), hereEveryMs);
		let complaint = "";
		this.#process.stdin?.on("error", () => {}); // it has just ended
		this.#process.stderr?.on("data", (text) => {
			complaint = `${complaint}${text}`.slice(-2000);
		});
		createInterface({ input: this.#process.stdout! }).on("line", (line) => {
			const event = eventIn(line);
			if (event === undefined) onText?.(line);
			else {
				onEvent(event);
				for (const hear of [...this.#heard]) hear(event);
			}
		});
		this.ended = new Promise((resolve, reject) => {
			this.#process.once("error", (cause) => reject(new EngineFailure(`QEMU: ${cause.message}`, { cause })));
			this.#process.once("close", (status) => {
				clearInterval(here);
				if (complaint !== "") onText?.(complaint.trim());
				resolve(status ?? -1);
			});
		});
	}

	/** The device de-registers and goes off. */
	shutDown(): void {
		this.type(keys.shutDown);
	}

	/** As its reset pin does: RAM's programs are lost, flash stays. */
	reset(): void {
		this.type(keys.reset);
	}

	/** Pulls the pin that ends a sleep. */
	pullPin(): void {
		this.type(keys.pin);
	}

	/** The power goes. */
	kill(): void {
		this.#process.kill("SIGKILL");
	}

	async figures(): Promise<QemuFigures> {
		const said = this.next("figures");
		this.type(keys.figures);
		return (await said) as unknown as QemuFigures;
	}

	private type(key: string): void {
		if (this.#process.stdin?.writable === true) this.#process.stdin.write(key);
	}

	/** The next event of this name. @throws EngineFailure when the device ends before */
	next(name: string): Promise<DeviceEvent> {
		return new Promise((resolve, reject) => {
			const hear = (event: DeviceEvent) => {
				if (event.event !== name) return;
				this.#heard.splice(this.#heard.indexOf(hear), 1);
				resolve(event);
			};
			this.#heard.push(hear);
			this.ended.then((status) => reject(new EngineFailure(`the device ended (${status}) before "${name}"`)), reject);
		});
	}
}

/**
 * Puts the image into slot A, as a programmer does, and makes the boot loader forget what was; unless one of the slots
 * holds it already. The rest of the flash stays as it is.
 */
function program(folder: string, image: Image | undefined): void {
	const file = join(folder, "flash");
	const { flash, map } = presets.esp32; // xs/life.h has the same partitions
	if (image === undefined && existsSync(file)) return;
	const bytes = existsSync(file) ? readFileSync(file) : Buffer.alloc(flash.sizeBytes, 0xff);
	if (image !== undefined) {
		const { offset, sizeBytes } = map.slotA;
		if (image.bytes.length > sizeBytes) {
			throw new EngineFailure(`the image has ${image.bytes.length} bytes, the slot ${sizeBytes}`);
		}
		const holds = (at: number) => bytes.subarray(at, at + image.bytes.length).equals(image.bytes);
		if (holds(offset) || holds(map.slotB.offset)) return;
		bytes.fill(0xff, offset, offset + sizeBytes).set(image.bytes, offset);
		bytes.fill(0xff, map.boot.offset, map.boot.offset + map.boot.sizeBytes);
	}
	writeFileSync(file, new Uint8Array(bytes));
}

function words({ path }: ChipFirmware, { isCounted = false, cutAt, rules, watchdogMs }: QemuOptions): string[] {
	const wishes = { cut: cutAt, boots: rules?.bootsMax, trial: rules?.trialMs, watchdog: watchdogMs };
	const arguments_ = Object.entries(wishes).flatMap(([name, value]) =>
		value === undefined ? [] : [`,arg=${name}=${value}`],
	);
	return [
		...["-M", "mps2-an386", "-display", "none", "-monitor", "none", "-serial", "stdio"],
		...["-nic", "user,model=lan9118"],
		...["-semihosting-config", `enable=on,target=native,arg=device${arguments_.join("")}`, "-kernel", path],
		...(isCounted ? ["-icount", "shift=0"] : []),
	];
}

function eventIn(line: string): DeviceEvent | undefined {
	if (!line.startsWith("{")) return undefined;
	try {
		const event: unknown = JSON.parse(line);
		return typeof (event as DeviceEvent).event === "string" ? (event as DeviceEvent) : undefined;
	} catch {
		return undefined;
	}
}

/** The same server, for the device: what is this computer to us has another address in the emulator. */
export function asSeenByTheDevice(uri: string): string {
	return uri.replace(/\/\/(localhost|127\.0\.0\.1|\[::1\])(?=[:/]|$)/, `//${computerAddress}`);
}
