import { fileURLToPath } from "node:url";
import { utf8 } from "../../../modules/bytes.ts";
import { Code, codeText, isSuccess } from "../../../modules/coap/code.ts";
import { Peer, type RequestOptions, type Response } from "../../../modules/coap/peer.ts";
import { HOST_LIMITS } from "../../../modules/coap/tuning.ts";
import { presets } from "../board/presets.ts";
import { Chance } from "../chance.ts";
import { compileCached } from "../engine/bytecode-cache.ts";
import type { Engine } from "../engine/engine.ts";
import { Firmware, type Machine } from "../engine/machine.ts";
import type { BoardPorts } from "../engine/ports.ts";
import { bundle, closure } from "../image/bundle.ts";
import type { Addition } from "./bench-lwm2m-device.ts";

/** What one request costs the client: the turn that takes it and answers, with reading and writing the socket. */
export interface RequestWork {
	readonly name: string;
	readonly computrons: number;
	/** Of the answer. */
	readonly payloadBytes: number;
}

/** Heap after a collection that something took, an average of eight. */
export interface HeapWork {
	readonly name: string;
	readonly slots: number;
	readonly chunkBytes: number;
	/** Both together. */
	readonly bytes: number;
}

const root = fileURLToPath(new URL("../../..", import.meta.url)).replace(/[/\\]$/, "");
const [text, senmlJson, senmlCbor, tlv, lwm2mCbor, coreLink] = [0, 110, 112, 11542, 11544, 40];
/** How many are added for an average. */
const several = 8;

/** What a turn asks of the program. */
const ask = { make: 1, readable: 2, poll: 3, nothing: 4, change: 5, add: 6, send: 7 } as const;
const module = "hosts/simulator/cli/bench-lwm2m-device";

/** The entry: in RAM. Everything else is in ROM, as on a device. */
const program = `
import { MeasuredDevice } from "./hosts/simulator/cli/bench-lwm2m-device.js";
const entropy = { fill: (bytes) => board.fillEntropy(bytes) };
const dice = { below: () => 0 };
const into = new Uint8Array(1280), from = { host: "", port: 0 }, socket = board.udpOpen(0);
let device;
const drain = () => {
	for (let bytes = device.takeDatagram(); bytes; bytes = device.takeDatagram()) {
		board.udpWrite(socket, bytes, "192.0.2.1", 5683);
	}
};
board.listen((kind, nowMs, count, text) => {
	switch (kind) {
		case ${ask.make}: device = new MeasuredDevice(dice, entropy); break;
		case ${ask.readable}: device.receive(into, 0, board.udpRead(socket, into, from), nowMs); break;
		case ${ask.poll}: device.poll(nowMs); break;
		case ${ask.nothing}: return;
		case ${ask.change}: device.change(nowMs); break;
		case ${ask.send}: device.send(nowMs); break;
		case ${ask.add}: device.add(text, count); break;
	}
	drain();
});
`;

const path = (spelt: string) => spelt.split("/").slice(1);
const get = (spelt: string, accept?: number): RequestOptions => ({
	code: Code.get,
	path: path(spelt),
	...(accept === undefined ? {} : { accept }),
});
const put = (spelt: string, contentFormat: number, payload: string): RequestOptions => ({
	code: Code.put,
	path: path(spelt),
	contentFormat,
	payload: utf8(payload),
});
const records = (names: readonly string[]) => utf8(`[${names.map((name) => `{"n":"${name}"}`).join(",")}]`);
/** A request for several paths, to be answered in SenML CBOR. */
const composite = (names: readonly string[]): RequestOptions => ({
	code: Code.fetch,
	contentFormat: senmlJson,
	accept: senmlCbor,
	payload: records(names),
});

/** One of each. What is observed is on another path than what is written, so that a Write alone is measured. */
const requests: readonly (readonly [name: string, request: RequestOptions])[] = [
	["Read of a resource: text", get("/33010/0/0", text)],
	["Read of a resource: TLV", get("/33010/0/0", tlv)],
	["Read of a resource: SenML CBOR", get("/33010/0/0", senmlCbor)],
	["Read of a resource: LwM2M CBOR", get("/33010/0/0", lwm2mCbor)],
	["Read of the Device object: TLV", get("/3/0", tlv)],
	["Read of the Device object: LwM2M CBOR", get("/3/0", lwm2mCbor)],
	["Read of the Device object: SenML CBOR", get("/3/0", senmlCbor)],
	["Read of the Device object: SenML JSON", get("/3/0", senmlJson)],
	["Write of a resource: text", put("/33010/0/1", text, "12")],
	[
		"Write of 3 resources: SenML JSON, partial",
		{
			...put("/33010/0", senmlJson, '[{"bn":"/33010/0/","n":"0","v":4},{"n":"1","v":5},{"n":"4","vs":"efgh"}]'),
			code: Code.post,
		},
	],
	["Write-Attributes", { code: Code.put, path: path("/33010/0/0"), query: ["pmin=1", "pmax=60"] }],
	["Discover of an instance of 4 values", get("/33010/0", coreLink)],
	["Discover of the Device object", get("/3", coreLink)],
	["Create, SenML JSON", { ...put("/33010", senmlJson, '[{"n":"/33010/40/0","v":5}]'), code: Code.post }],
	["Delete", { code: Code.delete, path: path("/33010/40") }],
	["Read-Composite of 3 values: SenML JSON to CBOR", composite(["/33010/0/0", "/3/0/0", "/1/0/1"])],
	[
		"Write-Composite of 2 values: SenML JSON",
		{ code: Code.ipatch, contentFormat: senmlJson, payload: utf8('[{"n":"/33010/0/0","v":8},{"n":"/1/0/2","v":3}]') },
	],
];

/** Bytes of the same Device object with the 20 Resources of Anjay's demo, beside what Anjay's own answer has. */
export const anjayDeviceBytes: Readonly<Record<string, number>> = { TLV: 131, "LwM2M CBOR": 137, "SenML CBOR": 256 };

export class Lwm2mWork {
	readonly #machine: Machine;
	readonly #server: Peer;
	readonly #responses = new Map<number, Response>();
	readonly #waiting: Uint8Array[] = [];
	#sent: Uint8Array[] = [];
	#nowMs = 1000;

	private constructor(firmware: Firmware) {
		const chance = new Chance(2);
		const ports = {
			log: () => undefined,
			wallTimeS: () => undefined,
			fillEntropy: (bytes: Uint8Array) => chance.fill(bytes),
			udpOpen: () => 1,
			udpRead: () => ({ bytes: this.#waiting.shift()!, host: "192.0.2.1", port: 5683 }),
			udpWrite: (_socket: number, bytes: Uint8Array) => this.#sent.push(bytes.slice()) > 0,
		} as unknown as BoardPorts;
		this.#machine = firmware.machine({ ...presets.esp32.memory, turnComputrons: 1_000_000_000 }, ports);
		this.#machine.boot();
		this.#server = new Peer({
			dice: { below: () => 7 },
			entropy: chance.branch("tokens"),
			limits: HOST_LIMITS,
			listener: {
				requested: (request, nowMs) =>
					void this.#server.respond(request, { code: Code.created, locationPath: ["rd", "5"] }, nowMs),
				responded: (id, response) => this.#responses.set(id, response),
				failed: (_, reason) => {
					throw new Error(`what was measured ${reason}`);
				},
				observerGone() {},
			},
		});
		this.#turn(ask.make);
		this.#settle();
	}

	/** Everything, on esp32. Deterministic: the same on every machine. */
	static async measure(engine: Engine): Promise<{ requests: RequestWork[]; heap: HeapWork[] }> {
		const bundled = await bundle({ entries: [`${root}/${module}.js`], root, shake: false });
		const needed = closure(bundled, module);
		const compiled = needed.map(({ name, source }) => compileCached(engine, name, source));
		const link = engine.compiler.link([...compiled, engine.compiler.compile("run", program)]);
		const firmware = new Firmware(engine, link, { entry: "run", preload: needed.map(({ name }) => name) });
		return { requests: new Lwm2mWork(firmware).requests(), heap: Lwm2mWork.#heapWork(() => new Lwm2mWork(firmware)) };
	}

	/** One of each, in a client that was not asked before. */
	requests(): RequestWork[] {
		const work = requests.map(([name, request]) => {
			const { computrons, response } = this.#ask(request);
			if (!isSuccess(response.code)) throw new Error(`${name} is answered with ${codeText(response.code)}`);
			return { name, computrons, payloadBytes: response.payload.length };
		});
		const told = (name: string, kind: number) => {
			this.#nowMs += 10_000; // pmin is 3 s since the Write-Composite
			const computrons = this.#turn(kind) - this.#turn(ask.nothing);
			const [datagram, more] = this.#sent;
			if (datagram === undefined || more !== undefined) throw new Error(`${name}: not one datagram`);
			work.push({ name, computrons, payloadBytes: datagram.length - datagram.indexOf(0xff) - 1 });
			this.#settle();
		};
		const observe = (name: string, request: RequestOptions) => {
			const { computrons, response } = this.#ask({ ...request, observe: 0 });
			if (response.observe === undefined) throw new Error(`${name}: nothing is observed`);
			work.push({ name, computrons, payloadBytes: response.payload.length });
		};
		observe("Observe of a resource: text", get("/33010/0/6", text));
		told("Notify of a resource: text", ask.change);
		this.#ask({ ...get("/33010/0/6", text), observe: 1 });
		observe("Observe-Composite of 3 values: SenML CBOR", composite(["/33010/0/6", "/3/0/0", "/1/0/1"]));
		told("Notify of 3 values: SenML CBOR", ask.change);
		told("Send of 3 values: SenML CBOR", ask.send);
		return work;
	}

	static #heapWork(make: () => Lwm2mWork): HeapWork[] {
		const instance = (what: Addition) => make().#taken(1, (it) => void it.#turn(ask.add, several, what));
		const observed = (request: (index: number) => RequestOptions) =>
			make().#taken(several, (it, index) => {
				const { response } = it.#ask({ ...request(index), observe: 0 });
				if (response.observe === undefined) throw new Error("what was to be observed is not");
			});
		const resource = (index: number) => get(`/3/0/${[0, 1, 2, 3, 9, 10, 14, 15][index]}`, text);
		const one = instance("one");
		const four = instance("four");
		const third = { slots: (four.slots - one.slots) / 3, chunkBytes: (four.chunkBytes - one.chunkBytes) / 3 };
		return [
			row("Object Instance without values", instance("empty")),
			row("… with a number", one),
			row("… each further number", third),
			row("… with a text of 6 bytes", instance("text")),
			row("… with a multiple resource of 4 numbers", instance("several")),
			row("observation of a resource", observed(resource)),
			row(
				"… with attributes in the request",
				observed((index) => ({ ...resource(index), query: ["pmin=1", "pmax=60"] })),
			),
			row(
				"observation of 3 paths together",
				observed((index) => composite(["/33010/0/0", `/3/0/${[0, 1, 2, 3, 9, 10, 14, 15][index]}`, "/1/0/1"])),
			),
			row(
				"attributes attached to a path",
				make().#taken(several, (it, index) => void it.#ask({ ...resource(index), code: Code.put, query: ["pmin=1"] })),
			),
		];
	}

	/** What `times` calls leave on the heap, for each of the several things they add. */
	#taken(times: number, add: (it: Lwm2mWork, index: number) => void): { slots: number; chunkBytes: number } {
		this.#ask(get("/33010/0/0", text)); // tables that grow with the first request
		const before = this.#heap();
		for (let index = 0; index < times; index++) add(this, index);
		this.#settle();
		// replies that are kept for duplicates are gone by then, and no Update is due
		this.#nowMs += 300_000;
		this.#turn(ask.poll);
		this.#settle();
		const after = this.#heap();
		return {
			slots: (after.slots - before.slots) / several,
			chunkBytes: (after.chunkBytes - before.chunkBytes) / several,
		};
	}

	#heap(): { slots: number; chunkBytes: number } {
		this.#machine.collect();
		const { slots, chunks } = this.#machine.figures();
		return { slots: slots.used, chunkBytes: chunks.used };
	}

	#ask(request: RequestOptions): { readonly computrons: number; readonly response: Response } {
		const id = this.#server.request(request, this.#nowMs);
		const datagram = this.#server.takeDatagram();
		if (datagram === undefined) throw new Error("the server has a message under way");
		const computrons = this.#hear(datagram) - this.#turn(ask.nothing);
		this.#settle();
		const response = this.#responses.get(id);
		if (response === undefined) throw new Error(`no answer to ${request.path?.join("/")}`);
		this.#nowMs += 10;
		return { computrons, response };
	}

	/** Carries datagrams until there are none. */
	#settle(): void {
		for (let round = 0; round < 100; round++) {
			for (const bytes of this.#sent.splice(0)) this.#server.receive(bytes, 0, bytes.length, this.#nowMs);
			this.#server.poll(this.#nowMs);
			const datagram = this.#server.takeDatagram();
			if (datagram !== undefined) this.#hear(datagram);
			else if (this.#sent.length === 0) return;
		}
		throw new Error("they never stop talking");
	}

	#hear(bytes: Uint8Array): number {
		this.#waiting.push(bytes.slice());
		return this.#turn(ask.readable);
	}

	/** @returns the computrons of a turn */
	#turn(kind: number, count = 0, what?: string): number {
		const before = this.#machine.figures().computrons;
		this.#machine.vm.turn(kind, this.#nowMs, count, what);
		return this.#machine.figures().computrons - before;
	}
}

function row(name: string, { slots, chunkBytes }: { slots: number; chunkBytes: number }): HeapWork {
	const tenth = (number: number) => Math.round(number * 10) / 10;
	return { name, slots: tenth(slots), chunkBytes: tenth(chunkBytes), bytes: Math.round(slots * 16 + chunkBytes) };
}
