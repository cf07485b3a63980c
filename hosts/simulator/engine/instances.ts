import type { MachineMemory } from "./memory.ts";
import type { BoardPorts } from "./ports.ts";
import { type ChangedRam, RamLayout, type Stretch } from "./ram.ts";
import { type Snapshot, Vm, type VmIdentity } from "./vm.ts";

/** How many instances are kept for one kind of machine: each takes some megabytes, and most machines sleep. */
const instancesMax = 32;

/** A machine between two turns that has no instance: what it has in RAM, and what it is beside that. */
export interface ParkedMachine {
	readonly identity: VmIdentity;
	/** Absent: as when it was new. */
	readonly ram: ChangedRam | undefined;
}

/** Who an instance is lent to. */
export interface Tenant {
	/** It has to make room for another machine. */
	park(parked: ParkedMachine): void;
}

/**
 * Instances for machines with one firmware and one kind of memory, lent to them from turn to turn: a machine that
 * sleeps is its RAM alone, a board that boots is a copy of RAM as it was before the first turn. A machine can not
 * tell; its memory is the same, byte by byte, as if it had an instance of its own.
 */
export class Instances {
	readonly #engine: WebAssembly.Module;
	/** A machine before its first turn. */
	readonly #created: Snapshot;
	readonly #layout: RamLayout;
	/** Its RAM. */
	readonly #fresh: Uint8Array;
	readonly #idle: Vm[] = [];
	/** In order of last use: the first one is not in use for longest. */
	readonly #lent = new Map<Tenant, Vm>();
	#last: Tenant | undefined;

	/**
	 * @param prepared ROM, and no machine yet
	 * @param constant what no machine changes
	 * @throws RangeError, DeviceFailure as Vm.createDevice()
	 */
	constructor(engine: WebAssembly.Module, prepared: Snapshot, constant: readonly Stretch[], memory: MachineMemory) {
		const vm = new Vm(engine, unplugged, prepared);
		vm.createDevice(memory);
		this.#engine = engine;
		this.#created = vm.snapshot();
		this.#layout = new RamLayout(vm.memory.length, constant);
		this.#fresh = this.#layout.copy(vm.memory);
		this.#idle.push(vm);
	}

	/** A machine before its first turn. */
	begin(ports: BoardPorts): ParkedMachine {
		const { turnComputrons } = this.#created;
		return { identity: { ports, turnComputrons, explanation: "", dead: undefined }, ram: undefined };
	}

	/** The instance that is `tenant` now. @param parked what it is, when it is none */
	enter(tenant: Tenant, parked: ParkedMachine | undefined): Vm {
		const lent = this.#lent.get(tenant);
		if (lent !== undefined) {
			if (this.#last !== tenant) this.#touch(tenant, lent);
			return lent;
		}
		if (parked === undefined) throw new Error("a machine that was released is used again");
		const { identity, ram } = parked;
		const vm = this.#take();
		vm.become(identity);
		this.#layout.restore(vm.memory, this.#fresh);
		if (ram !== undefined) this.#layout.change(vm.memory, ram);
		this.#touch(tenant, vm);
		return vm;
	}

	/** The machine will not be used again. */
	release(tenant: Tenant): void {
		const lent = this.#lent.get(tenant);
		if (lent === undefined) return;
		this.#lent.delete(tenant);
		this.#last = undefined;
		if (!lent.isRunning && this.#fits(lent)) this.#idle.push(lent);
	}

	#touch(tenant: Tenant, vm: Vm): void {
		this.#lent.delete(tenant);
		this.#lent.set(tenant, vm);
		this.#last = tenant;
	}

	#take(): Vm {
		const idle = this.#idle.pop();
		if (idle !== undefined) return idle;
		if (this.#lent.size >= instancesMax) {
			for (const [tenant, vm] of this.#lent) {
				if (vm.isRunning || !this.#fits(vm)) continue;
				this.#lent.delete(tenant);
				tenant.park({ identity: vm.identity, ram: this.#layout.changed(vm.memory, this.#fresh) });
				return vm;
			}
		}
		return new Vm(this.#engine, unplugged, this.#created);
	}

	/** Memory never shrinks: an instance that has grown for one machine would look different to another. */
	#fits(vm: Vm): boolean {
		return vm.memory.length === this.#layout.memoryBytes;
	}
}

/** Of an instance that is no machine. */
const unplugged: BoardPorts = new Proxy({} as BoardPorts, {
	get(_, port) {
		throw new Error(`an instance of no machine used board.${String(port)}`);
	},
});
