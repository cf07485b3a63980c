import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { loadDevice } from "../../../hosts/simulator/board/loader.ts";
import { presets } from "../../../hosts/simulator/board/presets.ts";
import type { Machine } from "../../../hosts/simulator/engine/machine.ts";
import type { Answer } from "../../../hosts/simulator/server/operations.ts";
import type { Lwm2mServer } from "../../../hosts/simulator/server/server.ts";
import { type Device, World } from "../../../hosts/simulator/world.ts";
import { codeText } from "../../../modules/coap/code.ts";
import type { Factory } from "../../../modules/host.ts";
import { nodeDevice } from "./node-machine.ts";

/** One board on XS with two servers in one virtual world. */
const device = await loadDevice();
const endpoint = "two";

async function twoServers(used: Device<Machine> | typeof nodeDevice, enabler: NonNullable<Factory["enabler"]>) {
	const world = World.virtual({ seed: 5, device: used as Device<Machine> });
	const uris = [await world.startServer(), await world.startServer()];
	const servers = uris.map((uri, index) => ({ uri, shortServerId: index + 1 }));
	const board = world.addBoard({ preset: presets.esp32, factory: { endpointName: endpoint, enabler, servers } });
	board.powerOn();
	await world.run(5000);
	/** What the server gets within two seconds. */
	const ask = async (index: number, what: (server: Lwm2mServer) => Promise<Answer>) => {
		const answer = what(world.servers[index]!);
		await world.run(world.time.nowMs() + 2000);
		return answer;
	};
	return { world, board, ask };
}

test("[950] [951] [CORE-OBJ-1] two servers in one world, each with what it may see, in each version", async () => {
	for (const [name, used] of [
		["xs", device],
		["node", nodeDevice],
	] as const) {
		for (const enabler of ["1.0", "1.1", "1.2"] as const) {
			const { world, board, ask } = await twoServers(used, enabler);
			const label = `${name} ${enabler}`;
			deepEqual(
				world.servers.map((server) => server.client(endpoint)?.lwm2mVersion),
				[enabler, enabler],
				label,
			);
			const codes: string[] = [];
			for (const path of ["/1/0/1", "/1/1/1", "/3/0/0", "/2/0/3", "/0/0/0"]) {
				for (const index of [0, 1]) {
					const { code } = await ask(index, ({ operations }) => operations.read(endpoint, path));
					codes.push(`${path} ${codeText(code)}`);
				}
			}
			deepEqual(
				codes,
				[
					["/1/0/1 2.05", "/1/0/1 4.01"],
					["/1/1/1 4.01", "/1/1/1 2.05"],
					["/3/0/0 2.05", "/3/0/0 2.05"],
					["/2/0/3 2.05", "/2/0/3 2.05"],
					["/0/0/0 4.01", "/0/0/0 4.01"],
				].flat(),
				label,
			);
			const write = (index: number, path: string) =>
				ask(index, ({ operations }) => operations.execute(endpoint, path)).then(({ code }) => codeText(code));
			equal(await write(1, "/3303/0/5605"), "4.01", label);
			equal(await write(0, "/3303/0/5605"), "2.04", label);
			equal(board.state, "running");
		}
	}
});

test("[CORE-OBJ-1] access control leaves the stack its reserve", async () => {
	const { world, board, ask } = await twoServers(device, "1.2");
	const { operations } = world.servers[0]!;
	await ask(0, () => operations.read(endpoint, "/3"));
	await ask(1, () => operations.observe(endpoint, "/1"));
	await ask(0, () => operations.writeAttributes(endpoint, "/3/0", { pmin: 1 }));
	const owner = { kind: "singleResource", id: 3, type: "integer", value: 1n } as const;
	const writing = { format: "SENML_CBOR", mode: "update" } as const;
	const written = await ask(0, () =>
		operations.write(endpoint, "/2/0", { kind: "instance", id: 0, resources: [owner] }, writing),
	);
	equal(codeText(written.code), "2.04");
	const read = await ask(1, () => world.servers[1]!.operations.readComposite(endpoint, ["/1", "/3/0", "/3303"]));
	equal(codeText(read.code), "2.05");
	const { stackBytes } = board.ledger.highWater;
	ok(stackBytes < presets.esp32.memory.stackSlots * 16 * 0.9, `${stackBytes} bytes of stack`);
	equal(board.state, "running");
});
