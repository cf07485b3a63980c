import { Board, type BoardMachine, type BoardOptions } from "../../../../hosts/simulator/board/board.ts";
import { FlashChip } from "../../../../hosts/simulator/board/flash.ts";
import { presets } from "../../../../hosts/simulator/board/presets.ts";
import { Chance } from "../../../../hosts/simulator/chance.ts";
import type { BoardPorts, DeviceEvent } from "../../../../hosts/simulator/engine/ports.ts";
import { VirtualNetwork } from "../../../../hosts/simulator/network/virtual-network.ts";
import { VirtualTime } from "../../../../hosts/simulator/time.ts";
import type { LogRecord } from "../../../../modules/host.ts";

/** A machine whose program is a function of the test; the real one is in the engine. */
export class Scripted implements BoardMachine {
	#computrons = 0;
	readonly #ports: BoardPorts;
	readonly #run: (ports: BoardPorts, event: DeviceEvent | "boot") => void;

	constructor(ports: BoardPorts, run: (ports: BoardPorts, event: DeviceEvent | "boot") => void) {
		this.#ports = ports;
		this.#run = run;
	}

	boot(): void {
		this.#computrons += 5000;
		this.#run(this.#ports, "boot");
	}

	dispatch(event: DeviceEvent): void {
		this.#computrons += 1000;
		this.#run(this.#ports, event);
	}

	figures() {
		const none = { peak: 0, limit: 0 };
		const ramBytes = { peak: this.#computrons / 10, limit: 1e6 };
		return {
			ramBytes,
			slots: none,
			slotBytes: 16,
			chunks: none,
			stack: none,
			keys: { used: 3 },
			computrons: this.#computrons,
		};
	}
}

/** One board on the bench. */
export function bench(
	run: (ports: BoardPorts, event: DeviceEvent | "boot") => void,
	options: Partial<BoardOptions<Scripted>> = {},
) {
	const time = new VirtualTime();
	const network = new VirtualNetwork({ time, chance: new Chance(1) });
	const heard: (LogRecord & { t: number })[] = [];
	const entropy = new Chance(2);
	const board = new Board<Scripted>({
		name: "board",
		preset: presets.nrf52840,
		time,
		network,
		address: "10.0.0.2",
		flash: new FlashChip(presets.nrf52840.flash),
		chance: new Chance(3),
		fillEntropy: (bytes) => entropy.fill(bytes),
		factory: { endpointName: "scripted" },
		makeMachine: (_slot, _preset, ports) => new Scripted(ports, run),
		onEvent: (record) => heard.push({ t: time.nowMs(), ...record }),
		...options,
	});
	return { time, network, board, heard };
}
