/** 1 MiB streamed into a device whose whole heap is a small part of it: by plain blocks and by Q-Block, with losses. */
import { equal, ok } from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { compileCached } from "../../hosts/simulator/engine/bytecode-cache.ts";
import { loadEngine } from "../../hosts/simulator/engine/engine.ts";
import { Firmware, type Machine } from "../../hosts/simulator/engine/machine.ts";
import type { MachineMemory } from "../../hosts/simulator/engine/memory.ts";
import type { BoardPorts } from "../../hosts/simulator/engine/ports.ts";
import { bundle, closure } from "../../hosts/simulator/image/bundle.ts";
import { Peer } from "../../modules/coap/peer.ts";
import { QBlock } from "../../modules/coap/q-block.ts";
import { QBlockServer } from "../../modules/coap/q-block-server.ts";
import { seeded } from "../harness.ts";
import { byteAt, Maker } from "../modules/coap/stream-parts.ts";

const sizeBytes = 1024 * 1024;
const program = "test/properties/coap-download";
const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/[/\\]$/, "");
const engine = await loadEngine();
const modules = closure(await bundle({ entries: [join(root, `${program}.js`)], root, shake: true }), program);

function firmware(kind: string): Firmware {
	const entry = `import { download } from "./${program}.js"; download(board, "${kind}");`;
	const compiled = modules.map(({ name, source }) => compileCached(engine, name, source));
	const all = [...compiled, engine.compiler.compile("main", entry)];
	return new Firmware(engine, engine.compiler.link(all), { entry: "main" });
}

const memoryOf = (arenaBytes: number): MachineMemory => ({
	arenaBytes,
	stackSlots: 384,
	heapSlots: 256,
	moreHeapSlots: 64,
	chunkBytes: 4096,
	moreChunkBytes: 1024,
	keys: 32,
	moreKeys: 16,
	cHeapBytes: 16 * 1024,
	turnComputrons: 50_000_000,
});

/** The device on XS, the server on Node, and a network between them that loses. */
class World {
	readonly printed: string[] = [];
	readonly machine: Machine;
	/** Bytes alive after a collection, whenever another 128 KiB were sent. */
	readonly alive: number[] = [];
	nowMs = 0;
	sent = 0;
	#alarmMs: number | undefined;
	#toDevice: Uint8Array[] = [];
	#flights: { atMs: number; bytes: Uint8Array; toDevice: boolean }[] = [];
	readonly #server: Peer;
	readonly #lossPercent: number;
	readonly #random = seeded(7);

	constructor(kind: string, arenaBytes: number, lossPercent: number) {
		this.#lossPercent = lossPercent;
		const fill = (bytes: Uint8Array) => {
			for (let at = 0; at < bytes.length; at++) bytes[at] = this.#random(256);
		};
		const source = new Maker(1, sizeBytes, { sizeBytes, eTag: new Uint8Array([1]) });
		const server: Peer = new Peer({
			dice: { below: this.#random },
			entropy: { fill },
			extension: new QBlock({}, new QBlockServer()),
			listener: {
				requested: (request, nowMs) => server.respond(request, { code: 0x45, source }, nowMs),
				responded() {},
				failed() {},
				observerGone() {},
			},
		});
		this.#server = server;
		const ports: Partial<BoardPorts> = {
			nowMs: () => this.nowMs,
			setAlarm: (atMs) => {
				this.#alarmMs = atMs;
			},
			dice: (bound) => this.#random(bound),
			fillEntropy: fill,
			print: (text) => this.printed.push(text),
			udpOpen: () => 1,
			udpRead: () => {
				const bytes = this.#toDevice.shift();
				return bytes === undefined ? undefined : { bytes, host: "192.0.2.1", port: 5683 };
			},
			udpWrite: (_socket, bytes) => {
				this.#send(bytes.slice(), false);
				return true;
			},
		};
		this.machine = firmware(kind).machine(memoryOf(arenaBytes), ports as BoardPorts);
	}

	run(): void {
		this.machine.boot();
		while (this.printed.length === 0) {
			for (let bytes = this.#server.takeDatagram(); bytes; bytes = this.#server.takeDatagram()) this.#send(bytes, true);
			const dueMs = Math.min(
				this.#server.deadlineMs,
				this.#alarmMs ?? Infinity,
				...this.#flights.map(({ atMs }) => atMs),
			);
			ok(dueMs < Infinity, "nothing is due");
			this.nowMs = Math.max(this.nowMs, dueMs);
			const landing = this.#flights.filter(({ atMs }) => atMs <= this.nowMs);
			this.#flights = this.#flights.filter(({ atMs }) => atMs > this.nowMs);
			for (const { bytes, toDevice } of landing) {
				if (toDevice) {
					this.#toDevice.push(bytes);
					this.machine.dispatch({ kind: "readable", socket: 1, count: 1 });
				} else this.#server.receive(bytes, 0, bytes.length, this.nowMs);
			}
			if (this.#server.deadlineMs <= this.nowMs) this.#server.poll(this.nowMs);
			if (this.#alarmMs !== undefined && this.#alarmMs <= this.nowMs) {
				this.#alarmMs = undefined;
				this.machine.dispatch({ kind: "alarm" });
			}
			if (this.sent >= (this.alive.length + 1) * 128 * 1024) {
				this.machine.collect();
				const { slots, slotBytes, chunks } = this.machine.figures();
				this.alive.push(slots.used * slotBytes + chunks.used);
			}
		}
	}

	#send(bytes: Uint8Array, toDevice: boolean): void {
		if (toDevice) this.sent += bytes.length;
		if (this.#random(100) >= this.#lossPercent) this.#flights.push({ atMs: this.nowMs + 25, bytes, toDevice });
	}
}

let sum = 0x811c9dc5;
for (let at = 0; at < sizeBytes; at++) sum = Math.imul(sum ^ byteAt(1, at), 0x01000193);

for (const [kind, arenaKib, lossPercent] of [
	["plain", 32, 0],
	["plain", 32, 2],
	["qBlock", 48, 0],
	["qBlock", 48, 5],
] as const) {
	test(`1 MiB by ${kind} with ${lossPercent} % of loss, in a heap of ${arenaKib} KiB that stays flat`, () => {
		const world = new World(kind, arenaKib * 1024, lossPercent);
		world.run();
		equal(world.printed.join(), `done 69 ${sizeBytes} ${sum >>> 0}`);
		const { computrons, ramBytes } = world.machine.figures();
		const least = Math.min(...world.alive);
		const most = Math.max(...world.alive);
		if (process.env.COAP_FIGURES !== undefined) {
			const perBlock = Math.round(computrons / (sizeBytes / 1024));
			const what = `# ${kind} ${lossPercent} %: ${world.nowMs} ms, alive ${world.alive}`;
			process.stdout.write(`${what}, peak ${ramBytes.peak}, ${perBlock} computrons a block\n`);
		}
		ok(world.alive.length >= 8);
		// by Q-Block up to a set of blocks waits for the ones before it
		const mayWait = kind === "qBlock" && lossPercent > 0 ? 10 * 1100 : 512;
		ok(most - least <= mayWait, `alive between ${least} and ${most} bytes`);
	});
}
