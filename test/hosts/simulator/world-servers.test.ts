import { deepEqual, equal, notEqual } from "node:assert/strict";
import { test } from "node:test";
import { presets } from "../../../hosts/simulator/board/presets.ts";
import { World } from "../../../hosts/simulator/world.ts";
import type { NodeMachine } from "./node-machine.ts";
import { nodeDevice } from "./node-machine.ts";

test("[CORE-SRV-1] [CORE-REG-3] two servers in one virtual world, each with an address of its own", async () => {
	const world = World.virtual<NodeMachine>({ seed: 7, device: nodeDevice });
	const first = await world.startServer({ securePort: 5684 });
	const second = await world.startServer({ host: "10.77.0.2", port: 6000 });
	notEqual(first, second);
	equal(second, "coap://10.77.0.2:6000");
	equal(world.server, world.servers[0]);
	deepEqual(
		world.servers.map((server) => world.secureUriOf(server)),
		[world.secureUri, undefined],
	);
	for (const [index, serverUri] of [first, second].entries()) {
		world.addBoard({ preset: presets.esp32c3, factory: { endpointName: `board-${index}`, serverUri } }).powerOn();
	}
	await world.run(60_000);
	deepEqual(
		world.servers.map((server) => server.clients().map(({ endpoint }) => endpoint)),
		[["board-0"], ["board-1"]],
	);
	world.close();
	deepEqual(
		world.servers.map((server) => server.figures.clients),
		[0, 0],
	);
});

test("[CORE-SRV-1] a second server leaves the first one's history as it was", async () => {
	const locations = async (count: number) => {
		const world = World.virtual<NodeMachine>({ seed: 7, device: nodeDevice });
		const serverUri = await world.startServer({ host: "10.77.0.1" });
		if (count > 1) await world.startServer({ host: "10.77.0.2" });
		world.addBoard({ preset: presets.esp32c3, factory: { endpointName: "board", serverUri } }).powerOn();
		await world.run(60_000);
		const ids = world.server!.clients().map(({ id }) => id);
		world.close();
		return ids;
	};
	deepEqual(await locations(2), await locations(1));
});
