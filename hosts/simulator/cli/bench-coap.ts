import { fileURLToPath } from "node:url";
import { Peer, type PeerListener } from "../../../modules/coap/peer.ts";
import { QBlock } from "../../../modules/coap/q-block.ts";
import { QBlockServer } from "../../../modules/coap/q-block-server.ts";
import type { BodySink, BodySource } from "../../../modules/coap/stream.ts";
import { HOST_LIMITS } from "../../../modules/coap/tuning.ts";
import { Chance } from "../chance.ts";
import { compileCached } from "../engine/bytecode-cache.ts";
import { type Engine, loadEngine } from "../engine/engine.ts";
import { Firmware } from "../engine/machine.ts";
import type { MachineMemory } from "../engine/memory.ts";
import type { BoardPorts } from "../engine/ports.ts";
import { bundle, closure } from "../image/bundle.ts";
import type { ExitStatus } from "./main.ts";
import type { Output } from "./output.ts";
import { buildProgress } from "./progress.ts";
import { grouped } from "./report.ts";

/** What one message or exchange costs on XS. Deterministic: the same on every machine. */
interface MessageCost {
	readonly computrons: number;
	readonly slots: number;
	readonly chunkBytes: number;
	/** Of the message, or of both of an exchange. */
	readonly bytes: number;
}

/** A download over a simulated link, in virtual time. Deterministic. */
interface LinkCost {
	readonly rttMs: number;
	readonly lossPercent: number;
	readonly kind: "blocks" | "qBlock";
	/** Undefined when the download failed, with why. */
	readonly tookMs: number | undefined;
	readonly failure: string | undefined;
	/** How often the download was given up (RFC 7252 §4.8.2) and went on where it was. */
	readonly resumed: number;
	readonly datagrams: number;
	readonly bytes: number;
}

const rounds = 200;
const bodyBytes = 1 << 20;
/** A link that takes more than this is none. */
const resumedMax = 1000;
const root = fileURLToPath(new URL("../../..", import.meta.url)).replace(/[/\\]$/, "");

/** Ample, so that nothing is collected while it is counted. */
const memory: MachineMemory = {
	arenaBytes: 32 * 1024 * 1024,
	stackSlots: 8192,
	heapSlots: 400_000,
	moreHeapSlots: 4096,
	chunkBytes: 4 * 1024 * 1024,
	moreChunkBytes: 64 * 1024,
	keys: 2048,
	moreKeys: 1024,
	cHeapBytes: 1024 * 1024,
	turnComputrons: 10_000_000_000,
};

/** The work, by name: each is a function of the round. A peer runs 64 rounds first, so that its tables are full. */
const program = `
import { MessageView, MessageWriter } from "./modules/coap/message.js";
import { Peer } from "./modules/coap/peer.js";
const hex = (text) => {
	const out = new Uint8Array(text.length / 2);
	for (let at = 0; at < out.length; at++) out[at] = Number("0x" + text.slice(at * 2, at * 2 + 2));
	return out;
};
const update = hex("4202000112345272640131");
const register = hex("4402000111223344b27264"
	+ "c0113f6c6f6c776d326d3d312e310a65703d646f726d6f7573650d026c743d333030623d55ff"
	+ "3c2f3e3b72743d226f6d612e6c776d326d223b63743d2236302031313020313132203131353432203131353434222c3c2f312f303e2c"
	+ "3c2f333e3b7665723d312e312c3c2f332f303e2c3c2f333330332f303e");
const get = hex("4401000111223344b13301300135");
const ack = hex("60000001"), ping = hex("40000001"), answer = hex("624400010000");
const view = new MessageView(), writer = new MessageWriter(new Uint8Array(1280));
const token = hex("11223344"), question = { code: 2, path: ["rd", "1"] };
const reply = { code: 0x45, contentFormat: 0, payload: hex("323130") };
let tick = 1, size = 0, now = 0, sent = update, mid = 0;
const entropy = {
	fill(bytes) {
		for (let at = 0; at < bytes.length; at++) bytes[at] = (tick = (tick * 75 + 74) % 65537) & 255;
	},
};
const listener = {
	requested(request, nowMs) { peer.respond(request, reply, nowMs); },
	responded() {}, failed() {}, observerGone() {},
};
const peer = new Peer({ dice: { below: () => 0 }, entropy, listener });
const drain = () => {
	for (let bytes = peer.takeDatagram(); bytes; bytes = peer.takeDatagram()) {
		size += bytes.length;
		sent = bytes;
	}
};
const hear = (bytes) => {
	size += bytes.length;
	peer.receive(bytes, 0, bytes.length, now);
	drain();
};
const numbered = (bytes) => {
	mid = (mid + 1) & 0xffff;
	bytes[2] = mid >> 8;
	bytes[3] = mid & 255;
	return bytes;
};
const works = {
	"nothing": () => {},
	"parse an Update": () => { view.read(update, 0, update.length); size += update.length; },
	"parse a Register": () => { view.read(register, 0, register.length); size += register.length; },
	"emit an Update": () => { size += writer.start(0, 2, 1, token, 0, 2).strings(11, question.path).finish().length; },
	"peer: their GET, our answer": () => hear(numbered(get)),
	"peer: the same GET again": () => hear(get),
	"peer: their ping, our Reset": () => hear(numbered(ping)),
	"peer: our POST, their answer": () => {
		peer.request(question, now);
		drain();
		for (let at = 2; at < 6; at++) answer[at] = sent[at]; // Message ID and token
		hear(answer);
		peer.poll(now);
	},
	"peer: a stray Acknowledgement": () => hear(numbered(ack)),
};
board.listen((count, index) => {
	const work = works[Object.keys(works)[index]];
	size = 0;
	for (let round = 0; round < count; round++) {
		now += 20_000;
		work();
	}
	board.log(String(size));
});
board.log(JSON.stringify(Object.keys(works)));
`;

/**
 * `dormouse bench --coap`: what CoAP costs on XS by message, and how fast bodies come over links that delay and lose.
 */
export async function run({ json }: { readonly json?: boolean }, output: Output): Promise<ExitStatus> {
	const engine = await loadEngine(buildProgress(output));
	const messages = await messageCosts(engine);
	const links = linkCosts();
	if (json) output.out(JSON.stringify({ messages, links }));
	else for (const line of lines(messages, links)) output.out(line);
	return 0;
}

/** Runs the program in a machine whose modules/coap are in ROM, as on a device. */
export async function messageCosts(engine: Engine): Promise<Record<string, MessageCost>> {
	const entries = ["message", "peer"].map((name) => `${root}/modules/coap/${name}.js`);
	const modules = await bundle({ entries, root, shake: false });
	const needed = [...new Set(["message", "peer"].flatMap((name) => closure(modules, `modules/coap/${name}`)))];
	const compiled = needed.map(({ name, source }) => compileCached(engine, name, source));
	const main = engine.compiler.compile("run", program);
	const link = engine.compiler.link([...compiled, main]);
	const firmware = new Firmware(engine, link, { entry: "run", preload: needed.map(({ name }) => name) });
	const heard: string[] = [];
	const ports = { log: (text: string) => heard.push(text), wallTimeS: () => undefined } as unknown as BoardPorts;
	const machine = firmware.machine(memory, ports);
	machine.boot();
	const names = JSON.parse(heard.pop()!) as string[];
	const measure = (index: number) => {
		machine.vm.turn(64, index); // until tables are as full as they get
		machine.collect();
		const before = machine.figures();
		machine.vm.turn(rounds, index);
		const after = machine.figures();
		if (after.collections !== before.collections) throw new Error("the heap is too small to count in");
		return {
			computrons: after.computrons - before.computrons,
			slots: after.slots.used - before.slots.used,
			chunkBytes: after.chunks.used - before.chunks.used,
			bytes: Number(heard.pop()),
		};
	};
	const nothing = measure(0);
	const costs: Record<string, MessageCost> = {};
	for (const [index, name] of names.entries()) {
		if (index === 0) continue;
		const { computrons, slots, chunkBytes, bytes } = measure(index);
		costs[name] = {
			computrons: Math.round((computrons - nothing.computrons) / rounds),
			slots: Math.round((slots - nothing.slots) / rounds),
			chunkBytes: Math.round((chunkBytes - nothing.chunkBytes) / rounds),
			bytes: bytes / rounds,
		};
	}
	return costs;
}

/** 1 MiB from one peer to another, each way of going by blocks over each link. */
export function linkCosts(): LinkCost[] {
	const costs: LinkCost[] = [];
	for (const rttMs of [50, 500]) {
		for (const lossPercent of [0, 5, 20]) {
			for (const kind of ["blocks", "qBlock"] as const) costs.push(download({ rttMs, lossPercent, kind }));
		}
	}
	return costs;
}

interface Flight {
	readonly bytes: Uint8Array;
	readonly to: Peer;
	readonly atMs: number;
}

/** Every byte of the body depends on its place. */
const source: BodySource = {
	sizeBytes: bodyBytes,
	eTag: Uint8Array.of(1),
	read(offset, into, at, end) {
		const count = Math.min(end - at, bodyBytes - offset);
		for (let index = 0; index < count; index++) into[at + index] = (offset + index) * 31;
		return count;
	},
};

/** Takes a body, and counts the bytes that are right. */
class Checker implements BodySink {
	right = 0;
	begin(offset: number): undefined {
		this.right = offset;
	}
	write(offset: number, bytes: Uint8Array, at: number, end: number): undefined {
		if (offset !== this.right) return;
		for (let index = at; index < end; index++)
			if (bytes[index] === (((offset + index - at) * 31) & 255)) this.right += 1;
	}
}

function download(link: Pick<LinkCost, "rttMs" | "lossPercent" | "kind">): LinkCost {
	const chance = new Chance(7);
	const sink = new Checker();
	let end: string | undefined;
	let resumed = 0;
	const asks: PeerListener = {
		requested: () => undefined,
		responded: (_id, { code }) => (end = code === 0x45 ? "done" : `answer ${code}`),
		failed: (_id, reason, nowMs) => {
			if (reason !== "timedOut" || ++resumed > resumedMax) end = reason;
			else begin(nowMs);
		},
		observerGone: () => undefined,
	};
	const qBlock = new QBlock();
	const limits = { ...HOST_LIMITS, bodies: 2 };
	const parts = { dice: chance, entropy: chance.branch("entropy"), limits };
	const us: Peer = new Peer({ ...parts, listener: asks, extension: qBlock });
	const them: Peer = new Peer({
		...parts,
		listener: { ...asks, requested: (request, nowMs) => them.respond(request, { code: 0x45, source }, nowMs) },
		extension: new QBlock({}, new QBlockServer()),
	});
	const asker = link.kind === "qBlock" ? qBlock : us;
	const begin = (atMs: number) => {
		const resume = { offset: sink.right - (sink.right % 1024), eTag: source.eTag! };
		asker.request({ code: 1, path: ["big"], sink, ...(resume.offset > 0 ? { resume } : {}) }, atMs);
	};
	begin(0);
	let nowMs = 0;
	let datagrams = 0;
	let bytes = 0;
	let flights: Flight[] = [];
	while (end === undefined) {
		for (const [from, to] of [
			[us, them],
			[them, us],
		] as const) {
			for (let sent = from.takeDatagram(); sent !== undefined; sent = from.takeDatagram()) {
				datagrams += 1;
				bytes += sent.length;
				if (chance.below(100) >= link.lossPercent)
					flights.push({ bytes: sent.slice(), to, atMs: nowMs + link.rttMs / 2 });
			}
		}
		nowMs = Math.max(nowMs, Math.min(us.deadlineMs, them.deadlineMs, ...flights.map(({ atMs }) => atMs)));
		if (nowMs > 86_400_000) break;
		for (const peer of [us, them]) if (peer.deadlineMs <= nowMs) peer.poll(nowMs);
		const landing = flights.filter(({ atMs }) => atMs <= nowMs);
		flights = flights.filter(({ atMs }) => atMs > nowMs);
		for (const flight of landing) flight.to.receive(flight.bytes, 0, flight.bytes.length, nowMs);
	}
	const isWhole = end === "done" && sink.right === bodyBytes;
	const failure = isWhole ? undefined : end === "done" ? `${sink.right} bytes are right` : (end ?? "not in a day");
	return { ...link, tookMs: isWhole ? nowMs : undefined, failure, resumed, datagrams, bytes };
}

function lines(messages: Readonly<Record<string, MessageCost>>, links: readonly LinkCost[]): string[] {
	const row = (cells: readonly (string | number)[]) =>
		`  ${String(cells[0]).padEnd(34)}${cells
			.slice(1)
			.map((cell) => String(cell).padStart(13))
			.join("")}`;
	return [
		"CoAP on XS, by message: computrons, and the heap it takes until the next collection",
		row(["", "bytes", "computrons", "slots", "chunk bytes"]),
		...Object.entries(messages).map(([name, { bytes, computrons, slots, chunkBytes }]) =>
			row([name, bytes, grouped(computrons), slots, chunkBytes]),
		),
		"",
		`A download of ${grouped(bodyBytes)} bytes by blocks of 1024, in virtual time`,
		row(["link", "seconds", "kB/s", "datagrams", "bytes sent", "resumed"]),
		...links.map(({ rttMs, lossPercent, kind, tookMs, failure, resumed, datagrams, bytes }) => {
			const name = `${rttMs} ms, ${lossPercent} % lost, ${kind}`;
			if (tookMs === undefined) return row([name, failure ?? "", "", grouped(datagrams), grouped(bytes), resumed]);
			return row([
				name,
				(tookMs / 1000).toFixed(1),
				(bodyBytes / tookMs).toFixed(1),
				grouped(datagrams),
				grouped(bytes),
				resumed,
			]);
		}),
	];
}
