import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventKinds } from "../../simulator/device/natives.ts";
import { DeviceFailure, failureReasons } from "../../simulator/engine/failure.ts";
import { type Figures, noRom, readFigures } from "../../simulator/engine/figures.ts";
import type { MachineMemory } from "../../simulator/engine/memory.ts";
import type { BoardPorts, DeviceEvent } from "../../simulator/engine/ports.ts";
import { EngineFailure } from "../../simulator/engine/sources.ts";
import type { ChipFirmware } from "./firmware.ts";
import { GuestFailed, type GuestHandler, guestCalls, guestHandlers } from "./guest-calls.ts";

/** Hard work in TypeScript takes its time on the chip, and the computer may be busy. */
const turnMs = 60_000;
const startMs = 120_000;

/** The figures of a machine that has not run: zeros, and the end that is looked for. */
const beforeAll = () => new Float64Array(32).fill(-1, 21, 22);

export interface GuestFigures extends Figures {
	readonly cStackBytes: number;
}

/** Emulators at once: a board that reboots leaves its old one behind. */
const mostGuests = 3;
const running: GuestMachine[] = [];

/**
 * The machine of a simulated board on an emulated Cortex-M4: XS and the image run there, the board's ports are called
 * here. Synchronous, as the machine of the simulator's engine: this process waits while the chip works.
 */
export class GuestMachine {
	readonly #handlers: Readonly<Record<string, GuestHandler>>;
	readonly #folder: string;
	readonly #process: ChildProcess;
	readonly #answers: number;
	#asked: number;
	#figures: GuestFigures = { ...readFigures(beforeAll().buffer as ArrayBuffer, 0, noRom), cStackBytes: 0 };
	#text = "";
	/** The size of the first message, which was read already. */
	#first: number | undefined;

	/** @param isCounted each instruction takes a nanosecond, so that they can be counted and every run is the same */
	constructor(
		{ firmware, isCounted }: { readonly firmware: ChipFirmware; readonly isCounted: boolean },
		image: Uint8Array,
		memory: MachineMemory,
		ports: BoardPorts,
	) {
		this.#handlers = guestHandlers(ports, memory, turnMs);
		this.#folder = mkdtempSync(join(tmpdir(), "dormouse-guest-"));
		writeFileSync(join(this.#folder, "image"), image);
		execFileSync("mkfifo", [join(this.#folder, "asked"), join(this.#folder, "answered")]);
		// Both ends, so that neither open waits for QEMU's.
		this.#asked = openSync(join(this.#folder, "asked"), constants.O_RDWR | constants.O_NONBLOCK);
		this.#answers = openSync(join(this.#folder, "answered"), constants.O_RDWR);
		this.#process = spawn(
			"qemu-system-arm",
			[
				...["-M", "mps2-an386", "-display", "none", "-monitor", "none", "-serial", "none"],
				...["-semihosting-config", "enable=on,target=native", "-kernel", firmware.path],
				...(isCounted ? ["-icount", "shift=0,sleep=off"] : []),
			],
			{ cwd: this.#folder, stdio: "ignore" },
		);
		this.#process.on("error", () => {});
		this.#process.unref(); // whoever forgets it ends all the same, and it ends with its pipes
		running.push(this);
		while (running.length > mostGuests) running[0]!.end();
	}

	boot(): void {
		this.#awaitStart();
		this.#serve();
	}

	dispatch(event: DeviceEvent): void {
		const kind = eventKinds[event.kind];
		let numbers = [0, 0];
		this.#text = "";
		if (event.kind === "readable") numbers = [event.socket, event.count];
		else if (event.kind === "link") numbers = [event.isUp ? 1 : 0, event.address];
		else if (event.kind === "unreachable") {
			numbers = [event.socket, event.port];
			this.#text = event.host;
		} else if (event.kind === "resolved") {
			numbers = [event.hosts.length, 0];
			this.#text = [event.name, ...event.hosts].join("\n");
		}
		this.#answer(kind, new Uint8Array(new Float64Array(numbers).buffer));
		this.#serve();
	}

	/** Computrons are machine instructions, with `isCounted`. */
	figures(): GuestFigures {
		return this.#figures;
	}

	/** Ends the emulator; the machine never runs again. */
	end(): void {
		const index = running.indexOf(this);
		if (index < 0) return;
		running.splice(index, 1);
		this.#process.kill("SIGKILL");
		closeSync(this.#asked);
		closeSync(this.#answers);
		rmSync(this.#folder, { recursive: true, force: true });
	}

	/** Until QEMU is there: from then on the end of its pipe is the end of it. */
	#awaitStart(): void {
		const endMs = performance.now() + startMs;
		const first = new Uint8Array(4);
		for (;;) {
			try {
				if (readSync(this.#asked, first, 0, 4, null) === 4) break;
			} catch (error) {
				if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
			}
			if (performance.now() > endMs) throw new EngineFailure("the emulated chip does not start");
			Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
		}
		const blocking = openSync(join(this.#folder, "asked"), constants.O_RDONLY);
		closeSync(this.#asked);
		this.#asked = blocking;
		this.#first = sizeIn(first);
	}

	/** Answers until the chip waits for an event. @throws DeviceFailure, or what a port threw: then it is dead */
	#serve(): void {
		try {
			while (!this.#serveOne());
		} catch (error) {
			this.end();
			if (!(error instanceof GuestFailed)) throw error;
			const { reason, explanation } = error;
			throw new DeviceFailure(failureReasons[reason] ?? "engineTrap", explanation, this.#figures);
		}
	}

	/** @returns whether the chip waits for an event */
	#serveOne(): boolean {
		const size = this.#first ?? sizeIn(this.#read(4));
		this.#first = undefined;
		const message = this.#read(size);
		const view = new DataView(message.buffer);
		const name = guestCalls[message[0]!] ?? "";
		const capacity = view.getUint32(4, true);
		const numbers: number[] = [];
		const parts: Uint8Array[] = [];
		let at = 8;
		for (let index = 0; index < message[1]!; index++, at += 8) numbers.push(view.getFloat64(at, true));
		while (at < size) {
			const length = view.getUint32(at, true);
			parts.push(message.slice(at + 4, at + 4 + length));
			at += 4 + length;
		}
		if (name === "next") {
			const { buffer } = parts[0]!;
			const numbers = new Float64Array(buffer);
			const chip = { computrons: numbers[30]!, cStackBytes: numbers[31]! };
			this.#figures = { ...readFigures(buffer as ArrayBuffer, 0, noRom), ...chip };
			return true;
		}
		if (name === "text") this.#answer(0, new TextEncoder().encode(this.#text).subarray(0, capacity));
		else {
			const handler = this.#handlers[name];
			if (handler === undefined) throw new Error(`the chip asked for ${name}, which this board has not`);
			const { result, bytes } = handler({ numbers, parts, capacity });
			this.#answer(result, bytes);
		}
		return false;
	}

	#read(size: number): Uint8Array {
		const bytes = new Uint8Array(size);
		for (let at = 0; at < size; ) {
			const count = readSync(this.#asked, bytes, at, size - at, null);
			if (count === 0) throw new GuestFailed(-1, "the emulator ended");
			at += count;
		}
		return bytes;
	}

	#answer(result: number, bytes: Uint8Array): void {
		const message = new Uint8Array(12 + bytes.length);
		const view = new DataView(message.buffer);
		view.setFloat64(0, result, true);
		view.setUint32(8, bytes.length, true);
		message.set(bytes, 12);
		for (let at = 0; at < message.length; ) at += writeSync(this.#answers, message, at);
	}
}

const sizeIn = (bytes: Uint8Array) => new DataView(bytes.buffer).getUint32(0, true);

/** Ends all emulators of this process. */
export function endGuests(): void {
	for (const guest of [...running]) guest.end();
}
