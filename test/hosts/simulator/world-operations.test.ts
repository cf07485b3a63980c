import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { loadDevice } from "../../../hosts/simulator/board/loader.ts";
import { presets } from "../../../hosts/simulator/board/presets.ts";
import type { Answer } from "../../../hosts/simulator/server/operations.ts";
import { World } from "../../../hosts/simulator/world.ts";
import { fromHex, toHex, utf8 } from "../../../modules/bytes.ts";
import { codeText } from "../../../modules/coap/code.ts";

/** One board on XS that registers over DTLS as 1.2, and every operation that a server has. */
const device = await loadDevice();
const endpoint = "board";
const key = "000102030405060708090a0b0c0d0e0f";

test("[CORE-DM-1] every operation over DTLS leaves a tenth of the stack free", async () => {
	const world = World.virtual({ seed: 3, device });
	await world.startServer({ securePort: 5684 });
	const server = world.server!;
	server.security.add({ endpoint, mode: "psk", identity: endpoint, key: fromHex(key)! });
	const security = { mode: "psk", publicKeyOrIdentity: toHex(utf8(endpoint)), secretKey: key } as const;
	const factory = { endpointName: endpoint, enabler: "1.2", serverUri: world.secureUri!, security } as const;
	const board = world.addBoard({ preset: presets.esp32, factory });
	board.powerOn();
	await world.run(5000);
	const { operations } = server;
	const lifetime = { kind: "singleResource", id: 1, type: "integer", value: 500n } as const;
	const offset = { kind: "singleResource", id: 14, type: "string", value: "+02:00" } as const;
	const steps: readonly [string, () => Promise<Answer>][] = [
		["read", () => operations.read(endpoint, "/3")],
		["read composite", () => operations.readComposite(endpoint, ["/3/0/11/0", "/1", "/3303/0/5700"])],
		["read composite on the root", () => operations.readComposite(endpoint, ["/"])],
		["discover", () => operations.discover(endpoint, "/3", { depth: 3 })],
		["write", () => operations.write(endpoint, "/1/0/1", lifetime, { mode: "replace" })],
		["write composite", () => operations.writeComposite(endpoint, { "/1/0/1": lifetime, "/3/0/14": offset })],
		["write attributes", () => operations.writeAttributes(endpoint, "/3303/0/5700", { pmin: 1 })],
		["observe", () => operations.observe(endpoint, "/3303")],
		["observe composite", () => operations.observeComposite(endpoint, ["/3303/0/5700", "/3"])],
		["execute", () => operations.execute(endpoint, "/3303/0/5605")],
	];
	for (const [name, step] of steps) {
		const answered = step();
		await world.run(world.time.nowMs() + 3000);
		const { code } = await answered;
		ok(codeText(code).startsWith("2."), `${name}: ${codeText(code)}`);
		const { stackBytes } = board.ledger.highWater;
		ok(stackBytes <= presets.esp32.memory.stackSlots * 16 * 0.9, `${name}: ${stackBytes} bytes`);
	}
	equal(board.state, "running");
	world.close();
});
