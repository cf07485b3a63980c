import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { loadDevice } from "../../../hosts/simulator/board/loader.ts";
import { presets } from "../../../hosts/simulator/board/presets.ts";
import type { Machine } from "../../../hosts/simulator/engine/machine.ts";
import type { VirtualNetwork } from "../../../hosts/simulator/network/virtual-network.ts";
import { type Device, World, type WorldEvent } from "../../../hosts/simulator/world.ts";
import { nodeDevice } from "./node-machine.ts";

/** Boards that look for their server by a name, on XS and on Node. */
const machines = [
	["xs", await loadDevice()],
	["node", nodeDevice as unknown as Device<Machine>],
] as const;

const dead = "10.9.9.9";
const alive = "10.0.7.1";

function worldOf(device: Device<Machine>) {
	const events: WorldEvent[] = [];
	const world = World.virtual({ seed: 3, device, onEvent: (event) => void events.push(event) });
	const names = world.network as VirtualNetwork;
	const board = world.addBoard({
		preset: presets.esp32,
		factory: { endpointName: "seeker", serverUri: "coap://server.example", lifetimeS: 300, enabler: "1.2" },
	});
	const happened = (event: string) => events.filter((each) => each.event === event);
	return { world, names, board, events, happened };
}

test("[CORE-REG-1] a dead address and a good one: silence takes a while, the network's word a moment", async () => {
	for (const [name, device] of machines) {
		for (const tellsUnreachable of [false, true]) {
			const { world, names, board, happened } = worldOf(device);
			await world.startServer({ host: alive });
			names.name("server.example", dead, alive);
			names.conditions.tellsUnreachable = tellsUnreachable;
			board.powerOn();
			await world.run(100_000);
			const label = `${name} ${tellsUnreachable ? "ICMP" : "silence"}`;
			ok(world.server!.client("seeker") !== undefined, label);
			equal(happened("registrationFailed").length, 0, label);
			deepEqual(
				happened("nextAddress").map(({ host }) => host),
				[alive],
				label,
			);
			const atMs = happened("registered")[0]!.t;
			ok(tellsUnreachable ? atMs < 1000 : atMs > 45_000 && atMs < 94_000, `${label} at ${atMs} ms`);
		}
	}
});

test("[VER-COMP-001..004] a board of 1.2 and servers of 1.1 and 1.0: registered at once, and read", async () => {
	for (const [name, device] of machines) {
		for (const enabler of ["1.1", "1.0"] as const) {
			const { world, names, board, happened } = worldOf(device);
			await world.startServer({ host: alive, enablers: [enabler] });
			names.name("server.example", alive);
			board.powerOn();
			await world.run(3000);
			equal(world.server!.client("seeker")?.lwm2mVersion, enabler, name);
			equal(happened("registrationFailed").length, 0);
			const read = world.server!.operations.read("seeker", "/3/0");
			await world.run(5000);
			equal((await read).code, 0x45, `${name} ${enabler}`);
		}
	}
});
