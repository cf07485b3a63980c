import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { loadDevice } from "../../../hosts/simulator/board/loader.ts";
import { type BoardPreset, presets } from "../../../hosts/simulator/board/presets.ts";
import { careForBoards } from "../../../hosts/simulator/cli/care.ts";
import type { Machine } from "../../../hosts/simulator/engine/machine.ts";
import { VirtualNetwork } from "../../../hosts/simulator/network/virtual-network.ts";
import { type Device, World, type WorldEvent } from "../../../hosts/simulator/world.ts";
import { fromHex, toHex, utf8 } from "../../../modules/bytes.ts";
import type { Factory } from "../../../modules/host.ts";
import { nodeDevice } from "./node-machine.ts";

/** What outlives deep sleep, resets and power cuts: on simulated boards, with the embedded server, over DTLS. */
const device = await loadDevice();
const endpoint = "board";
const key = "000102030405060708090a0b0c0d0e0f";
const dayS = 86_400;
const serverPort = 5684;

interface Options {
	readonly preset?: BoardPreset;
	readonly factory?: Partial<Factory>;
	readonly rtc?: "running" | "unset";
}

/** A board in queue mode that registers over DTLS, and whose thermometer is observed. */
async function start(
	used: Device<Machine> | typeof nodeDevice,
	{ preset = presets.esp32, factory, rtc }: Options = {},
) {
	const heard: WorldEvent[] = [];
	const world = World.virtual({ seed: 5, device: used as Device<Machine>, onEvent: (event) => heard.push(event) });
	await world.startServer({ securePort: serverPort });
	const server = world.server!;
	careForBoards(server, () => {});
	server.security.add({ endpoint, mode: "psk", identity: endpoint, key: fromHex(key)! });
	const security = { mode: "psk", publicKeyOrIdentity: toHex(utf8(endpoint)), secretKey: key } as const;
	const board = world.addBoard({
		preset,
		afterFailure: "reset",
		...(rtc === undefined ? {} : { rtc }),
		factory: {
			endpointName: endpoint,
			serverUri: world.secureUri!,
			security,
			lifetimeS: dayS,
			sleep: { queueMode: true, awake: 5000, sampleEveryS: 600, deepFromMs: 10_000 },
			...factory,
		},
	});
	const sent: number[] = [];
	const { network } = world;
	if (network instanceof VirtualNetwork) {
		network.tap = (bytes, from) => {
			if (from.port !== serverPort) sent.push(bytes.length);
		};
	}
	board.powerOn();
	await world.run(60_000);
	const named = (name: string) => heard.filter(({ event }) => event === name);
	equal(named("observing").length, 1);
	equal(board.depth, "deep");
	const [registered] = server.clients();
	sent.length = 0;
	heard.length = 0;
	/** What went out since: nothing but notifications, and the server knows of nothing else. */
	const onlyNotified = () => {
		deepEqual(
			heard.filter(({ event }) => ["handshaking", "registering", "registrationFailed", "hostFailure"].includes(event)),
			[],
		);
		deepEqual(sent.length, named("notified").length);
		equal(server.clients()[0]!.id, registered!.id);
		return named("notified").length;
	};
	const run = (forMs: number) => world.run(world.time.nowMs() + forMs);
	return { world, server, board, heard, sent, named, onlyNotified, run };
}

const hourMs = 3_600_000;

for (const [name, used] of [
	["Node", nodeDevice],
	["XS", device],
] as const) {
	for (const preset of [presets.esp32, presets.nrf52840]) {
		const on = `${name}, ${preset.name}`;
		test(`${on}: after deep sleep each notification is one datagram, and nothing else is sent`, async () => {
			const it = await start(used, { preset });
			await it.run(6 * hourMs);
			ok(it.named("booted").length >= 30);
			ok(it.onlyNotified() >= 6);
			it.world.close();
		});

		test(`${on}: after a reset the same holds, where the clock goes on`, async () => {
			const it = await start(used, { preset, rtc: "running" });
			for (const cause of ["watchdog", "crash"] as const) {
				it.board.reset(cause);
				await it.run(1000);
				deepEqual(it.named("restored"), [
					{ ...it.named("restored")[0]!, event: "restored", registration: "kept", session: true },
				]);
				equal(it.onlyNotified(), 1);
				await it.run(hourMs);
				it.onlyNotified();
				it.heard.length = it.sent.length = 0;
			}
			it.world.close();
		});

		test(`${on}: after a power cut, too; without a clock an Update asks first`, async () => {
			for (const rtc of ["running", "unset"] as const) {
				const it = await start(used, { preset, rtc });
				it.board.cutPower();
				it.board.powerOn();
				await it.run(1000);
				const [restored] = it.named("restored");
				deepEqual([restored!.registration, restored!.session], [rtc === "running" ? "kept" : "doubtful", true]);
				if (rtc === "running") equal(it.onlyNotified(), 1);
				else {
					await it.run(61_000); // nobody knows how long ago the last one was: pmin counts from the boot
					deepEqual([it.named("updated").length, it.named("notified").length], [1, 1]);
					ok(it.sent.length <= 4, "flash runs ahead: of the answers to the Update two may be refused as heard before");
					equal(it.named("handshaking").length + it.named("registering").length, 0);
				}
				await it.run(hourMs);
				equal(it.named("handshaking").length + it.named("registering").length, 0);
				it.world.close();
			}
		});
	}
}
