/**
 * What a firmware update costs a board: `node build/js/hosts/simulator/cli/bench-firmware.js` prints throughput and the
 * high water of RAM of downloads over DTLS on a virtual link, and how long a swap takes. Deterministic but for the
 * image's size.
 */

import { Code } from "../../../modules/coap/code.ts";
import { Peer } from "../../../modules/coap/peer.ts";
import { QBlock } from "../../../modules/coap/q-block.ts";
import { QBlockServer } from "../../../modules/coap/q-block-server.ts";
import { HOST_LIMITS } from "../../../modules/coap/tuning.ts";
import type { Address } from "../../../modules/host.ts";
import { loadDevice } from "../board/loader.ts";
import { presets } from "../board/presets.ts";
import { Chance } from "../chance.ts";
import type { Machine } from "../engine/machine.ts";
import { buildImage } from "../image/builder.ts";
import type { VirtualNetwork } from "../network/virtual-network.ts";
import { Alarm } from "../server/alarm.ts";
import { coapsPort } from "../server/server.ts";
import { World } from "../world.ts";
import { infoOf } from "./credentials.ts";
import { endpoint, preSharedKey } from "./measure.ts";

interface Figures {
	readonly seconds: number;
	readonly bytesPerS: number;
	readonly aliveBytes: number;
	readonly peakBytes: number;
	readonly stackPeak: number;
	readonly swapS: number;
}

const device = await loadDevice();
const { bytes: newer } = await buildImage({ version: "9.0.0" });

/** Hands out the package by CoAP, by Q-Block to who asks so. */
function shelf(world: World<Machine>): string {
	const network = world.network as VirtualNetwork;
	const host = network.newAddress();
	const board: Address = { host: "", port: 0 };
	const chance = new Chance(1).branch("shelf");
	const { time } = world;
	const into = new Uint8Array(1500);
	const peer = new Peer({
		dice: chance,
		entropy: chance.branch("entropy"),
		limits: HOST_LIMITS,
		extension: new QBlock({}, new QBlockServer()),
		listener: {
			requested: (request, nowMs) => {
				const source = {
					sizeBytes: newer.length,
					eTag: Uint8Array.of(1),
					read(offset: number, to: Uint8Array, at: number, end: number) {
						const part = newer.subarray(offset, Math.min(newer.length, offset + end - at));
						to.set(part, at);
						return part.length;
					},
				};
				peer.respond(request, { code: Code.content, source }, nowMs);
			},
			responded() {},
			failed() {},
			observerGone() {},
		},
	});
	const turn = () => {
		peer.poll(time.nowMs());
		for (let sent = peer.takeDatagram(); sent !== undefined; sent = peer.takeDatagram()) socket.write(sent, board);
		alarm.set(peer.deadlineMs);
	};
	const alarm = new Alarm(time, turn);
	const socket = network.open({
		host,
		port: 5683,
		onReadable() {
			for (let size = socket.read(into, board); size >= 0; size = socket.read(into, board)) {
				peer.receive(into, 0, size, time.nowMs());
			}
			turn();
		},
	});
	return `coap://${host}:5683/fw`;
}

async function measure(way: "push" | "pull", latencyMs: number): Promise<Figures> {
	const states: { readonly state: unknown; readonly atMs: number }[] = [];
	let bootedMs = 0;
	let registrations = 0;
	let registeredMs = 0;
	const world: World<Machine> = World.virtual<Machine>(
		{
			seed: 1,
			device,
			onEvent: ({ event, state }) => {
				const atMs = world.time.nowMs();
				if (event === "firmware.state") states.push({ state, atMs });
				if (event === "booted") bootedMs = atMs;
				if (event !== "registered") return;
				registrations++;
				registeredMs = atMs;
			},
		},
		{ latencyMs, jitterMs: 0 },
	);
	await world.startServer({ securePort: coapsPort });
	world.server!.security.add(infoOf(endpoint, preSharedKey));
	const factory = { endpointName: endpoint, serverUri: world.secureUri!, security: preSharedKey };
	const board = world.addBoard({ preset: presets.esp32, factory });
	board.powerOn();
	const until = async (isOver: () => boolean) => {
		await world.run(world.time.nowMs() + 3_600_000, { isOver });
		if (!isOver()) throw new Error(`${way}: did not come to its end`);
	};
	await until(() => registrations === 1);
	const { operations } = world.server!;
	const beganMs = world.time.nowMs();
	const uri = shelf(world);
	const request =
		way === "push"
			? { code: Code.put, path: "/5/0/0", contentFormat: 42, payload: newer }
			: { code: Code.put, path: "/5/0/1", contentFormat: 0, payload: new TextEncoder().encode(uri) };
	operations.request(endpoint, request, { timeoutS: 3600 }).catch(() => {});
	let aliveBytes = 0;
	for (let part = 1; part <= 5 && states.at(-1)?.state !== "downloaded"; part++) {
		await world.run(world.time.nowMs() + latencyMs * 100, { isOver: () => states.at(-1)?.state === "downloaded" });
		board.machine!.collect();
		aliveBytes = Math.max(aliveBytes, board.machine!.figures().ramBytes.used);
	}
	await until(() => states.at(-1)?.state === "downloaded");
	const seconds = (states.at(-1)!.atMs - beganMs) / 1000;
	const { ramBytes, stack } = board.machine!.figures();
	operations.execute(endpoint, "/5/0/2").catch(() => {});
	await until(() => states.at(-1)?.state === "updating");
	const leftMs = world.time.nowMs();
	await until(() => registrations === 2 && bootedMs > leftMs);
	const swapS = (registeredMs - bootedMs) / 1000;
	world.close();
	return {
		seconds,
		bytesPerS: newer.length / seconds,
		aliveBytes,
		peakBytes: ramBytes.peak,
		stackPeak: stack.peak,
		swapS,
	};
}

console.log(`A package of ${newer.length} bytes on esp32, registered over DTLS with a pre-shared key.`);
console.log("| way, RTT | s | KB/s | RAM alive | RAM peak, garbage too | stack peak, slots | reset to Register, s |");
for (const [way, latencyMs] of [
	["push", 25],
	["push", 250],
	["pull", 25],
	["pull", 250],
] as const) {
	const { seconds, bytesPerS, aliveBytes, peakBytes, stackPeak, swapS } = await measure(way, latencyMs);
	const cells = [seconds.toFixed(1), (bytesPerS / 1000).toFixed(1), aliveBytes, peakBytes, stackPeak, swapS.toFixed(2)];
	console.log(`| ${way}, ${2 * latencyMs} ms | ${cells.join(" | ")} |`);
}
