import { NodeCrypto } from "../../../hosts/simulator/board/accelerator.ts";
import type { BoardMachine, MakeMachine } from "../../../hosts/simulator/board/board.ts";
import { cardAt, depthNumbers, factoryAt } from "../../../hosts/simulator/device/natives.ts";
import type { BoardPorts, DeviceEvent } from "../../../hosts/simulator/engine/ports.ts";
import { fromHex } from "../../../modules/bytes.ts";
import {
	type Address,
	type Datagrams,
	type DatagramsOptions,
	type Flash,
	type Host,
	HostFailure,
	type NetworkLink,
	type Power,
	type ResetCause,
	type SmartCard,
} from "../../../modules/host.ts";
import main from "../../../src/main.ts";

/**
 * A board's machine whose engine is Node itself: the same application on the same ports, without XS. For tests of
 * boards and worlds, and to compare one engine with the other.
 */
export class NodeMachine implements BoardMachine {
	readonly #ports: BoardPorts;
	readonly #readable = new Map<number, DatagramsOptions>();
	readonly #resolving = new Map<string, ((hosts: readonly string[]) => void)[]>();
	#ring: () => void = () => {};
	#shutDown: () => void = () => {};
	#cardChanged: () => void = () => {};
	#link = { isUp: true, address: 1 };
	#linkChanged: () => void = () => {};
	#steps = 0;

	constructor(ports: BoardPorts) {
		this.#ports = ports;
	}

	boot(): void {
		this.#steps++;
		main(this.#host());
	}

	dispatch(event: DeviceEvent): void {
		this.#steps++;
		if (event.kind === "alarm") this.#ring();
		else if (event.kind === "readable") this.#readable.get(event.socket)?.onReadable(event.count);
		else if (event.kind === "unreachable") this.#readable.get(event.socket)?.onUnreachable?.(event);
		else if (event.kind === "shutDown") this.#shutDown();
		else if (event.kind === "smartCard") this.#cardChanged();
		else if (event.kind === "pin") this.#ring();
		else if (event.kind === "link") {
			this.#link = event;
			this.#linkChanged();
		} else {
			const waiting = this.#resolving.get(event.name) ?? [];
			this.#resolving.delete(event.name);
			for (const onResolved of waiting) onResolved(event.hosts);
		}
	}

	figures() {
		const none = { peak: 0, limit: 0 };
		return {
			ramBytes: none,
			slots: none,
			slotBytes: 16,
			chunks: none,
			stack: none,
			keys: { used: 0 },
			computrons: this.#steps,
		};
	}

	#host(): Host {
		const ports = this.#ports;
		const { platform, resetCause, clockWentOn, deepPaysMs, factory, hasCardReader, deviceKey, link } = JSON.parse(
			ports.bootRecordJson,
		);
		this.#link = link;
		const crypto =
			ports.accelerator === undefined
				? undefined
				: new NodeCrypto({ fillEntropy: (bytes) => ports.fillEntropy(bytes), keysMax: 64 });
		return {
			clock: {
				nowMs: () => ports.nowMs(),
				wallTimeS: () => ports.wallTimeS(),
				setWallTimeS: (seconds) => ports.setWallTimeS(seconds),
				setAlarm: (atMs, ring) => {
					this.#ring = ring;
					ports.setAlarm(atMs);
				},
			},
			dice: { below: (bound) => ports.dice(bound) },
			entropy: { fill: (bytes) => ports.fillEntropy(bytes) },
			...(crypto === undefined ? {} : { crypto, deviceKey: crypto.importAesKey(fromHex(deviceKey)!) }),
			flash: partition(ports, ports.flashSizeBytes, 0),
			...(ports.factorySizeBytes === 0 ? {} : { factoryFlash: partition(ports, ports.factorySizeBytes, factoryAt) }),
			...(hasCardReader ? { smartCard: this.#card() } : {}),
			openDatagrams: (options) => {
				const socket = ports.udpOpen(options.port ?? 0);
				if (socket < 0) throw new HostFailure("no socket");
				this.#readable.set(socket, options);
				return this.#datagrams(socket);
			},
			resolver: {
				resolve: (name, onResolved) => {
					const waiting = this.#resolving.get(name) ?? [];
					this.#resolving.set(name, [...waiting, onResolved]);
					if (waiting.length === 0) ports.resolve(name);
				},
			},
			link: this.#linkPort(),
			power: this.#power(resetCause, clockWentOn, deepPaysMs),
			log: { write: (record) => ports.log(JSON.stringify(record)) },
			factory,
			platform,
			temperature: () => ports.temperature(),
		};
	}

	#power(resetCause: ResetCause, clockWentOn: boolean, deepPaysMs: number): Power {
		const ports = this.#ports;
		return {
			resetCause,
			clockWentOn,
			deepPaysMs,
			get wakeReason() {
				return ([undefined, "alarm", "pin", "radio"] as const)[ports.wakeReason()];
			},
			retained: {
				sizeBytes: ports.retainedSizeBytes,
				read: (offset, into) => refuse(ports.retainedRead(offset, into)),
				write: (offset, bytes) => refuse(ports.retainedWrite(offset, bytes)),
			},
			depths: ["light", "deep", "off"],
			sleep: (untilMs, depth) => refuse(ports.sleep(untilMs, depthNumbers[depth])),
			restart: () => ports.restart(),
			onShutdown: (shutDown) => {
				this.#shutDown = shutDown;
			},
			off: () => ports.off(),
		};
	}

	/** It does not know when its radio rests: the board tells it nothing meanwhile. */
	#linkPort(): NetworkLink {
		const machine = this;
		return {
			get state() {
				return machine.#link.isUp ? "up" : "down";
			},
			get address() {
				return machine.#link.address;
			},
			onChanged: (listener) => {
				this.#linkChanged = () => listener.wake();
			},
		};
	}

	#card(): SmartCard {
		return {
			read: () => {
				const size = this.#ports.smartCardSizeBytes();
				if (size < 0) return undefined;
				const bytes = new Uint8Array(size);
				refuse(this.#ports.flashRead(cardAt, bytes));
				return bytes;
			},
			onChanged: (changed) => {
				this.#cardChanged = changed;
			},
		};
	}

	#datagrams(socket: number): Datagrams {
		const ports = this.#ports;
		return {
			read(into: Uint8Array, from: Address) {
				const next = ports.udpRead(socket);
				if (next === undefined || next.bytes.length > into.length) return -1;
				into.set(next.bytes);
				from.host = next.host;
				from.port = next.port;
				return next.bytes.length;
			},
			write(bytes, to) {
				if (!ports.udpWrite(socket, bytes, to.host, to.port)) throw new HostFailure("the network refused a datagram");
			},
			close: () => ports.udpClose(socket),
		};
	}
}

function partition(ports: BoardPorts, sizeBytes: number, base: number): Flash {
	return {
		sizeBytes,
		sectorBytes: ports.flashSectorBytes,
		writeBytes: ports.flashWriteBytes,
		erasedByte: 0xff,
		read: (offset, into) => refuse(ports.flashRead(base + offset, into)),
		write: (offset, bytes) => refuse(ports.flashWrite(base + offset, bytes)),
		erase: (offset, size) => refuse(ports.flashErase(base + offset, size)),
	};
}

function refuse(error: string | undefined): void {
	if (error !== undefined) throw new HostFailure(error);
}

/** Takes any image: what runs is the application of this tree. */
export const nodeDevice = {
	image: { bytes: Uint8Array.of(0x4e, 0x6f, 0x64, 0x65), version: "0.1.0", hash: "none" },
	makeMachine: ((_slot, _preset, ports) => new NodeMachine(ports)) satisfies MakeMachine<NodeMachine>,
};
