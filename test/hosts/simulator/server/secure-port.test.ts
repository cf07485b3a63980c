import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { Chance } from "../../../../hosts/simulator/chance.ts";
import { Code } from "../../../../modules/coap/code.ts";
import { key, SecureClient } from "./secure-client.ts";
import { Stage, type StageOptions, serverAddress } from "./stage.ts";

const securePort = 5684;

async function stage(options: StageOptions = {}): Promise<Stage> {
	const it = await Stage.open({ securePort, ...options });
	for (const endpoint of ["a", "b"]) it.server.security.add({ endpoint, mode: "psk", identity: endpoint, key });
	return it;
}

test("[CORE-SEC] RFC 9146: a client whose address changes stays registered, and is reached where it is", async () => {
	const it = await stage();
	const client = new SecureClient(it, "a");
	equal(await client.register("a"), Code.created);
	const { address } = it.server.client("a")!;
	equal(address.secure, true);
	client.rebind();
	await client.breathe();
	const moved = it.server.client("a")!.address;
	ok(moved.port !== address.port && moved.host === address.host);
	const answer = await it.outcome(it.server.operations.read("a", "/3/0/0", { format: "TEXT" }));
	equal(answer.code, Code.content);
	deepEqual(client.asked, ["3/0/0"]);
	deepEqual(client.closed, []);
	deepEqual(it.names(), ["registered"], "without an Update");
});

test("[CORE-SEC] Update and De-register through another's session are 4.00, through its own 2.04, 2.02", async () => {
	const it = await stage();
	const one = new SecureClient(it, "a");
	const other = new SecureClient(it, "b", 4);
	await one.register("a");
	const path = ["rd", it.server.client("a")!.id];
	equal(await other.ask({ code: Code.post, path }), Code.badRequest);
	equal(await other.ask({ code: Code.delete, path }), Code.badRequest);
	equal(await other.register("a"), Code.forbidden);
	equal(await one.ask({ code: Code.post, path }), Code.changed);
	equal(await one.ask({ code: Code.delete, path }), Code.deleted);
});

test("[CORE-SEC] a client in the clear can not touch a registration that was made over DTLS", async () => {
	const it = await stage();
	await new SecureClient(it, "a").register("a");
	const { id, address } = it.server.client("a")!;
	const plain = it.client();
	const answer = await it.outcome(plain.request({ code: Code.post, path: ["rd", id] }));
	equal(answer.code, Code.badRequest);
	deepEqual(it.server.client("a")!.address, address);
	const answered = await it.outcome(it.server.operations.read("a", "/3/0/0", { format: "TEXT" }));
	equal(answered.code, Code.content, "its exchanges are still its own");
});

test("[CORE-SEC] the server says good-bye to all sessions when it stops, and gives all keys back", async () => {
	const it = await stage();
	const client = new SecureClient(it, "a");
	await client.register("a");
	it.server.stop();
	await it.pass(1000);
	deepEqual(client.closed, [{ code: "dtls.closeNotify" }]);
	equal(it.server.securePort, undefined);
	equal(await client.register("a"), undefined, "nobody listens");
});

test("[CORE-SEC] noise and strangers on the secure port leave nothing behind", async () => {
	const it = await stage();
	const socket = it.network.open({ onReadable() {} });
	const to = { host: serverAddress.host, port: securePort };
	const chance = new Chance(9);
	for (let count = 0; count < 200; count++) {
		const bytes = new Uint8Array(1 + chance.below(200));
		chance.fill(bytes);
		if (count % 2 === 0) bytes[0] = 20 + chance.below(6);
		socket.write(bytes, to);
	}
	await it.pass(5000);
	deepEqual(it.server.figures, { clients: 0, addresses: 0 });
	equal(await new SecureClient(it, "a").register("a"), Code.created);
});

test("[CORE-SEC] a client that does not prove who it is is told of, when its handshake is over", async () => {
	const it = await stage();
	const failed: string[] = [];
	it.server.on("handshakeFailed", ({ reason }) => failed.push(reason));
	const client = new SecureClient(it, "nobody");
	equal(await client.register("a"), undefined);
	await it.pass(400_000);
	equal(failed.length, 1);
	ok(failed[0]!.startsWith("dtls."), failed[0]);
	equal(it.server.client("a"), undefined);
});
