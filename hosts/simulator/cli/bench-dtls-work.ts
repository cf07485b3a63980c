import { fileURLToPath } from "node:url";
import { accelerator } from "../board/accelerator.ts";
import { presets } from "../board/presets.ts";
import { Chance } from "../chance.ts";
import { compileCached } from "../engine/bytecode-cache.ts";
import type { Engine } from "../engine/engine.ts";
import { Firmware, type Machine } from "../engine/machine.ts";
import type { BoardPorts } from "../engine/ports.ts";
import { bundle, closure } from "../image/bundle.ts";
import { cidBytes } from "./bench-dtls-air.ts";
import { MeasuredServer, type Scenario } from "./bench-dtls-server.ts";

/** Heap of a client's association beyond what there was before it, after a collection; slots of 16 bytes. */
export interface Heap {
	readonly slots: number;
	readonly chunkBytes: number;
	/** Both together. */
	readonly bytes: number;
}

/** What a client costs on XS, on the esp32 preset. Deterministic. */
export interface ClientWork {
	readonly name: string;
	readonly crypto: "accelerator" | "portable";
	/** Of the whole handshake, from connect() on, with reading and writing the socket. */
	readonly handshake: number;
	/** Of one record with 64 bytes: sent; received and told. */
	readonly send: number;
	readonly receive: number;
	/** A datagram that is dropped: a forged record, which has to be opened to be known for one. */
	readonly forged: number;
	/** Made, and not connected. */
	readonly idle: Heap;
	/** The most that lived between two datagrams of the handshake. */
	readonly shaking: Heap;
	readonly established: Heap;
	/** The most heap in use at all until then, garbage that was not collected yet included. */
	readonly highWaterBytes: number;
	/** The deepest the stack was, in slots of 16 bytes. */
	readonly stackSlots: number;
	/** Of exportState(). */
	readonly stateBytes: number;
}

type Key = "accelerator" | "portable";

const recordBytes = 64;
const rounds = 16;
const root = fileURLToPath(new URL("../../..", import.meta.url)).replace(/[/\\]$/, "");
const cid = { serverCidBytes: cidBytes, clientCidBytes: 0, isExportable: true };

const clients: readonly (readonly [string, Scenario])[] = [
	["PSK, CCM_8, CID", { proof: "psk", suite: 0xc0a8, ...cid }],
	["PSK, GCM, CID", { proof: "psk", suite: 0x00a8, ...cid }],
	["PSK, CBC, CID", { proof: "psk", suite: 0x00ae, ...cid }],
	["ECDHE, raw keys, CCM_8, CID", { proof: "rpk", suite: 0xc0ae, ...cid }],
	["ECDHE, certificates, CCM_8, CID", { proof: "x509", suite: 0xc0ae, ...cid }],
];

/** What a turn asks of the program. */
const ask = { make: 1, readable: 2, prepare: 3, connect: 4, send: 5, nothing: 6, exported: 7, close: 8 } as const;

const modules = [
	"hosts/simulator/cli/bench-dtls-client",
	"hosts/simulator/device/crypto",
	"modules/crypto/portable",
	"modules/crypto/p256",
];

/** The entry: in RAM. Everything else is in ROM, as on a device. */
const program = `
import { MeasuredClient } from "./hosts/simulator/cli/bench-dtls-client.js";
import { BoardCrypto } from "./hosts/simulator/device/crypto.js";
import { PortableCrypto } from "./modules/crypto/portable.js";
import { portableP256 } from "./modules/crypto/p256.js";
const entropy = { fill: (bytes) => board.fillEntropy(bytes) };
const into = new Uint8Array(1280), from = { host: "", port: 0 }, socket = board.udpOpen(0);
let client;
const drain = () => {
	for (let bytes = client.takeDatagram(); bytes; bytes = client.takeDatagram()) {
		board.udpWrite(socket, bytes, "192.0.2.2", 5684);
	}
};
const make = (isPortable, text) => {
	const crypto = isPortable ? new PortableCrypto({ entropy, p256: portableP256 }) : new BoardCrypto(board);
	client = new MeasuredClient(crypto, entropy, JSON.parse(text), ${recordBytes});
};
board.listen((kind, first, second, text) => {
	switch (kind) {
		case ${ask.make}: make(first === 1, text); return;
		case ${ask.readable}: client.receive(into, 0, board.udpRead(socket, into, from)); break;
		case ${ask.prepare}: client.prepare(false); return;
		case ${ask.connect}: client.connect(); break;
		case ${ask.send}: client.send(first); break;
		case ${ask.nothing}: return;
		case ${ask.exported}: board.log(String(client.exportedBytes())); return;
		case ${ask.close}: client.close(); break;
	}
	drain();
});
`;

/** Every client with each cryptography, in a machine of its own whose modules are in ROM. */
export async function clientWork(engine: Engine): Promise<ClientWork[]> {
	const firmware = await firmwareOf(engine);
	const work: ClientWork[] = [];
	for (const crypto of ["accelerator", "portable"] as const) {
		for (const [name, scenario] of clients) {
			const ram = new Bench(firmware, scenario, crypto).ram();
			work.push({ name, crypto, ...new Bench(firmware, scenario, crypto).computrons(), ...ram });
		}
	}
	return work;
}

async function firmwareOf(engine: Engine): Promise<Firmware> {
	const bundled = await bundle({ entries: modules.map((name) => `${root}/${name}.js`), root, shake: false });
	const needed = [...new Set(modules.flatMap((name) => closure(bundled, name)))];
	const compiled = needed.map(({ name, source }) => compileCached(engine, name, source));
	const link = engine.compiler.link([...compiled, engine.compiler.compile("run", program)]);
	return new Firmware(engine, link, { entry: "run", preload: needed.map(({ name }) => name) });
}

/** One machine with a client, and the server that it meets. */
class Bench {
	readonly #machine: Machine;
	readonly #server: MeasuredServer;
	readonly #heard: string[] = [];
	/** To the client. */
	readonly #waiting: Uint8Array[] = [];
	/** From it. */
	#sent: Uint8Array[] = [];

	constructor(firmware: Firmware, scenario: Scenario, crypto: Key) {
		this.#server = new MeasuredServer(scenario);
		const chance = new Chance(2);
		const ports = {
			log: (text: string) => this.#heard.push(text),
			wallTimeS: () => undefined,
			fillEntropy: (bytes: Uint8Array) => chance.fill(bytes),
			accelerator,
			udpOpen: () => 1,
			udpRead: () => ({ bytes: this.#waiting.shift()!, host: "192.0.2.2", port: 5684 }),
			udpWrite: (_socket: number, bytes: Uint8Array) => this.#sent.push(bytes.slice()) > 0,
		} as unknown as BoardPorts;
		const { memory } = presets.esp32;
		// Every P-256 operation of the portable kind is longer than a watchdog's patience with a turn.
		this.#machine = firmware.machine({ ...memory, turnComputrons: 1_000_000_000 }, ports);
		this.#machine.boot();
		this.#turn(ask.make, crypto === "portable" ? 1 : 0, JSON.stringify(this.#server.client));
	}

	computrons() {
		const nothing = this.#turn(ask.nothing);
		this.#turn(ask.prepare);
		const handshake = this.#shakeHands(nothing, () => undefined);
		const average = (round: () => number) => {
			let sum = 0;
			for (let count = 0; count < rounds; count++) sum += round() - nothing;
			this.#sent = [];
			return Math.round(sum / rounds);
		};
		const forge = () => {
			const bytes = this.#server.say(recordBytes);
			bytes[bytes.length - 1]! ^= 1;
			return this.#hear(bytes);
		};
		return {
			handshake,
			send: average(() => this.#turn(ask.send, recordBytes)),
			receive: average(() => this.#hear(this.#server.say(recordBytes))),
			forged: average(forge),
		};
	}

	ram() {
		const before = this.#heap();
		const most = { slots: 0, chunkBytes: 0, bytes: 0 };
		const above = () => {
			const { slots, chunkBytes } = this.#heap();
			return heapOf(slots - before.slots, chunkBytes - before.chunkBytes);
		};
		this.#turn(ask.prepare);
		const idle = above();
		this.#shakeHands(0, () => {
			const now = above();
			if (now.bytes > most.bytes) Object.assign(most, now);
		});
		const established = above();
		this.#turn(ask.exported);
		const { slots, chunks, stack, slotBytes } = this.#machine.figures();
		const highWaterBytes = slots.peak * slotBytes + chunks.peak - before.bytes;
		const stateBytes = Number(this.#heard.pop());
		return { idle, shaking: most, established, highWaterBytes, stackSlots: stack.peak, stateBytes };
	}

	/** @returns its computrons; `see` is called after every turn */
	#shakeHands(nothing: number, see: () => void): number {
		this.#server.expect();
		let sum = this.#turn(ask.connect) - nothing;
		for (let sent = this.#sent.shift(); sent !== undefined; sent = this.#sent.shift()) {
			see();
			for (const answer of this.#server.hear(sent)) sum += this.#hear(answer) - nothing;
		}
		if (!this.#server.isEstablished) throw new Error("the handshake on XS came to nothing");
		return sum;
	}

	#hear(bytes: Uint8Array): number {
		this.#waiting.push(bytes);
		return this.#turn(ask.readable);
	}

	/** @returns the computrons of a turn */
	#turn(kind: number, first = 0, text?: string): number {
		const before = this.#machine.figures().computrons;
		this.#machine.vm.turn(kind, first, 0, text);
		return this.#machine.figures().computrons - before;
	}

	#heap(): Heap {
		this.#machine.collect();
		const { slots, chunks } = this.#machine.figures();
		return heapOf(slots.used, chunks.used);
	}
}

function heapOf(slots: number, chunkBytes: number): Heap {
	return { slots, chunkBytes, bytes: slots * 16 + chunkBytes };
}
