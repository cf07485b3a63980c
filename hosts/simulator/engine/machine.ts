import { createHash } from "node:crypto";
import { eventKinds } from "../device/natives.ts";
import type { Program } from "./compiler.ts";
import { DeviceFailure } from "./failure.ts";
import type { Figures, RomFigures } from "./figures.ts";
import { Instances, type ParkedMachine, type Tenant } from "./instances.ts";
import type { MachineMemory } from "./memory.ts";
import type { BoardPorts, DeviceEvent } from "./ports.ts";
import type { Stretch } from "./ram.ts";
import { type Snapshot, Vm } from "./vm.ts";
import type { Engine } from "./xs.ts";

/** How events are numbered on their way to the device: hosts/simulator/device/natives.ts has the same table. */

export interface FirmwareOptions {
	/** The module that boot() runs, in RAM, as mcconfig does with main. */
	readonly entry: string;
	/** Which other modules are executed in ROM beforehand; absent: all but the entry. */
	readonly preload?: readonly string[];
}

/**
 * A program made ready once: built-ins and its modules executed and burnt to ROM, bytecode in flash. Every machine
 * begins as a copy of that memory.
 */
export class Firmware {
	readonly rom: RomFigures;
	/**
	 * What modules in ROM have that is not constant: "state: not const", "table: not frozen". Each costs RAM in every
	 * machine and is shared by accident; the SDK's linker warns of the same.
	 */
	readonly changeable: readonly string[];
	readonly #engine: Engine;
	readonly #entry: string;
	readonly #prepared: Snapshot;
	readonly #constant: readonly Stretch[];
	/** By kind of memory. */
	readonly #instances = new Map<string, Instances>();

	/** @throws DeviceFailure when a module does not load; its explanation names the exception */
	constructor(engine: Engine, program: Program, options: FirmwareOptions) {
		const vm = new Vm(engine.device, noPorts);
		vm.createRoot();
		const symbols = new TextEncoder().encode(program.symbols.map((symbol) => `${symbol}\0`).join(""));
		vm.useSymbols(vm.place(symbols), program.symbols.length);
		const preload = options.preload ?? program.modules.map(({ name }) => name).filter((name) => name !== options.entry);
		const preloaded = new Set(preload);
		const constant: Stretch[] = [];
		let imageBytes = symbols.length;
		for (const { name, code } of program.modules) {
			const at = vm.place(code);
			vm.addModule(name, at, code.length);
			if (preloaded.has(name)) constant.push({ at, size: code.length });
			imageBytes += code.length;
		}
		for (const name of preload) vm.preload(name);
		this.rom = vm.burn(imageBytes);
		this.changeable = [...new Set(vm.changeable())].sort();
		constant.push(vm.romBlock());
		this.#engine = engine;
		this.#entry = options.entry;
		this.#prepared = vm.snapshot();
		this.#constant = constant;
	}

	/**
	 * Firmware out of an image.
	 * @throws DeviceFailure also when its bytecode is another XS's
	 */
	static of(engine: Engine, image: Program & { readonly entry: string; readonly xsVersion: string }): Firmware {
		if (image.xsVersion !== engine.xsVersion) {
			const why = `bytecode of XS ${image.xsVersion}, and this engine is XS ${engine.xsVersion}`;
			throw new DeviceFailure("fatalCheck", why, undefined);
		}
		return new Firmware(engine, image, { entry: image.entry });
	}

	/**
	 * A machine as it is after reset: nothing has run on it.
	 * @throws RangeError, DeviceFailure when it is too small for a VM
	 */
	machine(memory: MachineMemory, ports: BoardPorts): Machine {
		const kind = JSON.stringify(memory);
		let instances = this.#instances.get(kind);
		if (instances === undefined) {
			instances = new Instances(this.#engine.device, this.#prepared, this.#constant, memory);
			this.#instances.set(kind, instances);
		}
		return new Machine(this.#engine, instances, ports, this.#entry);
	}

	/** The engine below a machine that was made from the beginning, in an instance of its own: to compare with. */
	vmFromTheBeginning(memory: MachineMemory, ports: BoardPorts): Vm {
		const vm = new Vm(this.#engine.device, ports, this.#prepared);
		vm.createDevice(memory);
		return vm;
	}
}

/** One device's VM. Synchronous: every call runs the device until it has nothing more to do. */
export class Machine implements Tenant {
	readonly #engine: Engine;
	readonly #instances: Instances;
	readonly #ports: BoardPorts;
	readonly #entry: string;
	/** Of its own, since restore(). */
	#own: Vm | undefined;
	#parked: ParkedMachine | undefined;

	constructor(engine: Engine, instances: Instances, ports: BoardPorts, entry: string) {
		this.#engine = engine;
		this.#instances = instances;
		this.#ports = ports;
		this.#entry = entry;
		this.#parked = instances.begin(ports);
	}

	/** The engine below, for tests and measurements: good until another machine has its turn. */
	get vm(): Vm {
		if (this.#own !== undefined) return this.#own;
		const vm = this.#instances.enter(this, this.#parked);
		this.#parked = undefined;
		return vm;
	}

	park(parked: ParkedMachine): void {
		this.#parked = parked;
	}

	/** Gives its memory back: it must not be used again. */
	release(): void {
		this.#instances.release(this);
		this.#own = undefined;
		this.#parked = undefined;
	}

	/**
	 * Runs the entry module. @throws DeviceFailure, or whatever a port threw: the machine is then dead until
	 * restore()
	 */
	boot(): void {
		this.vm.boot(this.#entry);
	}

	/** One turn of the device's loop. @throws as boot() */
	dispatch(event: DeviceEvent): void {
		const kind = eventKinds[event.kind];
		const { vm } = this;
		if (event.kind === "readable") vm.turn(kind, event.socket, event.count);
		else if (event.kind === "unreachable") vm.turn(kind, event.socket, event.port, event.host);
		else if (event.kind === "resolved") vm.turn(kind, event.hosts.length, 0, [event.name, ...event.hosts].join("\n"));
		else if (event.kind === "link") vm.turn(kind, event.isUp ? 1 : 0, event.address);
		else vm.turn(kind);
	}

	/** Collects garbage now, so that figures() tells what is alive. */
	collect(): void {
		this.vm.collect();
	}

	figures(): Figures {
		return this.vm.figures()!;
	}

	/** All of the device's memory, between two turns. */
	snapshot(): Snapshot {
		return this.vm.snapshot();
	}

	/** Goes on from where `snapshot` was taken, with this machine's ports. A dead machine lives again. */
	restore(snapshot: Snapshot): void {
		this.release();
		this.#own = new Vm(this.#engine.device, this.#ports, snapshot);
	}

	/** SHA-256 of everything in ROM: must be the same for the life of a machine. */
	romHash(): string {
		const hash = createHash("sha256");
		for (const bytes of this.vm.romBytes()) hash.update(bytes);
		return hash.digest("hex");
	}
}

/**
 * While ROM is prepared there is no board: a module that asks for one at import does work that belongs in a
 * function.
 */
const noPorts: BoardPorts = new Proxy({} as BoardPorts, {
	get(_, port) {
		if (port === "wallTimeS") return () => undefined;
		if (port === "print") return () => {};
		throw new Error(`a preloaded module used board.${String(port)} at import`);
	},
});
