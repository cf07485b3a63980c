import { readUtf8, toHex } from "../../../modules/bytes.ts";
import { Code } from "../../../modules/coap/code.ts";
import { security } from "../../../modules/objects/security-0.ts";
import { server } from "../../../modules/objects/server-1.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import { furnished } from "./furniture.ts";

/** Two servers, each with an account, and a Security Instance that no Server Instance goes with. */
function twoServers() {
	const { world } = furnished({
		names: { "server.example": "192.0.2.1", "other.example": "192.0.2.2" },
		secondHost: "192.0.2.2",
		furnish(client) {
			client.add(security({ id: 1, serverUri: "coap://other.example", shortServerId: 2 }));
			client.add(server({ id: 1, shortServerId: 2, lifetimeS: 600 }, client));
			client.add(security({ id: 2, serverUri: "coap://nobody.example", shortServerId: 3 }));
		},
	});
	const states = () => world.client.sessions.map(({ shortServerId, state }) => `${shortServerId} ${state}`);
	return { world, states };
}

test("[CORE-REG-3] registers with every server that has an account, each with its own lifetime", () => {
	const { world, states } = twoServers();
	world.start();
	deepEqual(states(), ["1 registered", "2 registered"]);
	equal(world.secondRequests[0]!.query[1], "lt=600");
	world.run(507_000);
	equal(world.requests.length, 3, "updated at 207 and 414");
	equal(world.secondRequests.length, 2, "updated at 507");
	world.stop();
	deepEqual(states(), ["1 ended", "2 ended"]);
	deepEqual([world.requests.at(-1)!.code, world.secondRequests.at(-1)!.code], [Code.delete, Code.delete]);
});

test("[CORE-REG-3] one dead server does not disturb the other; attributes and observations are each one's own", () => {
	const { world, states } = twoServers();
	world.isCut = true;
	world.start();
	deepEqual(states(), ["1 registering", "2 registered"]);
	world.second.request({ code: Code.put, path: ["3303", "0", "5700"], query: ["pmax=60"] }, world.nowMs);
	world.second.request({ code: Code.get, path: ["3303", "0", "5700"], observe: 0 }, world.nowMs);
	world.run(100_000);
	deepEqual(states(), ["1 waiting", "2 registered"]);
	deepEqual(
		world.logged("notified").map(({ server }) => server),
		[2],
	);
	world.isCut = false;
	world.run(100_000);
	deepEqual(states(), ["1 registered", "2 registered"]);
	deepEqual(
		world.client.sessions.map(({ observationCount }) => observationCount),
		[0, 1],
	);
	const discovered = world.ask({ code: Code.get, path: ["3303", "0", "5700"], accept: 40 });
	equal(readUtf8(discovered.payload), "</3303/0/5700>");
});

test("[CORE-REG-1] an Update trigger and Disable reach the server they belong to alone", () => {
	const { world, states } = twoServers();
	world.start();
	world.second.request({ code: Code.post, path: ["1", "1", "8"] }, world.nowMs);
	world.settle();
	equal(world.secondRequests.length, 2);
	equal(world.requests.length, 1);
	world.second.request({ code: Code.post, path: ["1", "1", "4"] }, world.nowMs);
	world.settle();
	deepEqual(states(), ["1 registered", "2 waiting"]);
});

test("[CORE-REG-3] more accounts than the limit are left out, and said so", () => {
	const { world } = furnished({
		limits: { servers: 1 },
		furnish(client) {
			client.add(security({ id: 1, serverUri: "coap://other.example", shortServerId: 2 }));
			client.add(server({ id: 1, shortServerId: 2, lifetimeS: 600 }, client));
		},
	});
	world.start();
	equal(world.client.sessions.length, 1);
	deepEqual(world.logged("registrationFailed")[0], { event: "registrationFailed", server: 2, reason: "limit" });
});

test("datagrams of strangers are counted and dropped; requests before the registration are ignored", () => {
	const { world } = furnished();
	const ping = new Uint8Array([0x40, 0, 0, 1]);
	world.isCut = true;
	world.start();
	world.client.receive({ host: "192.0.2.66", port: 5683 }, ping, 0, 4, world.nowMs);
	equal(world.client.strangers, 1);
	world.client.receive({ host: "192.0.2.1", port: 5684 }, ping, 0, 4, world.nowMs);
	equal(world.client.strangers, 2);
	const read = new Uint8Array([0x40, 1, 0, 2, 0xb1, 0x33]);
	const before = world.wire.length;
	world.client.receive(world.serverAddress, read, 0, 6, world.nowMs);
	world.settle();
	equal(world.wire.length, before, `answered ${toHex(world.wire.at(-1)!.bytes)}`);
	equal(world.logged("request").length, 0);
});

test("bytes that are no CoAP are refused, logged by their code, and change nothing", () => {
	const { world } = furnished();
	world.start();
	world.client.receive(world.serverAddress, new Uint8Array([0x4f, 1, 2, 3]), 0, 4, world.nowMs);
	world.settle();
	ok(String(world.logged("refusedBytes")[0]!.code).startsWith("coap."));
	equal(world.client.sessions[0]!.state, "registered");
});

test("a flood of refused bytes writes one record in ten seconds, with their number", () => {
	const { world } = furnished();
	world.start();
	const bad = new Uint8Array([0x4f, 1, 2, 3]);
	const flood = (count: number) => {
		for (let index = 0; index < count; index++) world.client.receive(world.serverAddress, bad, 0, 4, world.nowMs);
		world.settle();
	};
	flood(500);
	equal(world.logged("refusedBytes").length, 1);
	equal(world.logged("refusedBytes")[0]!.count, 1);
	world.run(9_999);
	flood(1);
	equal(world.logged("refusedBytes").length, 1);
	world.run(1);
	flood(1);
	equal(world.logged("refusedBytes").length, 2);
	equal(world.logged("refusedBytes")[1]!.count, 501);
});
