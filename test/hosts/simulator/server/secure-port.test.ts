import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { NodeCrypto } from "../../../../hosts/simulator/board/accelerator.ts";
import { Chance } from "../../../../hosts/simulator/chance.ts";
import type { NetworkSocket } from "../../../../hosts/simulator/network/network.ts";
import { fromHex, utf8 } from "../../../../modules/bytes.ts";
import { Code } from "../../../../modules/coap/code.ts";
import { Peer, type RequestOptions, type Response } from "../../../../modules/coap/peer.ts";
import { DtlsDatagrams } from "../../../../modules/dtls/datagrams.ts";
import type { CloseReason } from "../../../../modules/dtls/settings.ts";
import type { Address, Datagrams, DatagramsOptions } from "../../../../modules/host.ts";
import { Stage, type StageOptions, serverAddress } from "./stage.ts";

const key = fromHex("000102030405060708090a0b0c0d0e0f")!;
const securePort = 5684;
const links = utf8("</1/0>,</3/0>");

/** A client over DTLS, whose address may change under it as behind a NAT. */
class SecureClient {
	readonly responses: Response[] = [];
	readonly closed: CloseReason[] = [];
	/** Paths that the server asked for. */
	readonly asked: string[] = [];
	readonly crypto = new NodeCrypto();
	readonly #stage: Stage;
	readonly #host: string;
	readonly #peer: Peer;
	readonly #dtls: DtlsDatagrams;
	readonly #to: Address = { host: serverAddress.host, port: securePort };
	#socket: NetworkSocket | undefined;
	#options: DatagramsOptions | undefined;

	constructor(stage: Stage, identity: string, seed = 3) {
		const chance = new Chance(seed);
		this.#stage = stage;
		this.#host = stage.network.newAddress();
		const psk = { identity: utf8(identity), key: this.crypto.importSecret(key) };
		const settings = { crypto: this.crypto, entropy: chance, suites: [0xc0a8], psk, connectionId: new Uint8Array(0) };
		this.#dtls = new DtlsDatagrams({
			open: (options) => this.#open(options),
			nowMs: () => stage.time.nowMs(),
			client: () => settings,
			events: { closed: (_, reason) => this.closed.push(reason) },
			onReadable: () => this.#read(),
		});
		this.#peer = new Peer({
			dice: chance,
			entropy: chance,
			listener: {
				requested: (request, nowMs) => {
					this.asked.push(request.path.join("/"));
					this.#peer.respond(request, { code: Code.content, payload: utf8("Maker"), contentFormat: 0 }, nowMs);
				},
				responded: (_, response) => void this.responses.push(response),
				failed() {},
				observerGone() {},
			},
		});
	}

	/** The same client, from another port. */
	rebind(): void {
		const before = this.#socket!;
		this.#socket = this.#stage.network.open({ ...this.#options!, host: this.#host });
		before.close();
	}

	/** Sends a request, and lets a second pass. @returns the code of the answer */
	async ask(options: RequestOptions): Promise<number | undefined> {
		const before = this.responses.length;
		this.#peer.request(options, this.#stage.time.nowMs());
		this.#send();
		await this.#stage.pass(1000);
		return this.responses[before]?.code;
	}

	register(endpoint: string): Promise<number | undefined> {
		const query = [`ep=${endpoint}`, "lwm2m=1.1", "lt=300"];
		return this.ask({ code: Code.post, path: ["rd"], query, contentFormat: 40, payload: links });
	}

	/** Something authentic, that means nothing. */
	async breathe(): Promise<void> {
		this.#dtls.write(fromHex("40000001")!, this.#to);
		await this.#stage.pass(1000);
	}

	#open(options: DatagramsOptions): Datagrams {
		this.#options = options;
		this.#socket = this.#stage.network.open({ ...options, host: this.#host });
		return {
			read: (into, from) => this.#socket!.read(into, from),
			write: (bytes, to) => this.#socket!.write(bytes, to),
			close: () => this.#socket!.close(),
		};
	}

	#read(): void {
		const buffer = new Uint8Array(2048);
		const from: Address = { host: "", port: 0 };
		for (let size = this.#dtls.read(buffer, from); size >= 0; size = this.#dtls.read(buffer, from)) {
			this.#peer.receive(buffer, 0, size, this.#stage.time.nowMs());
		}
		this.#send();
	}

	#send(): void {
		for (let out = this.#peer.takeDatagram(); out !== undefined; out = this.#peer.takeDatagram()) {
			this.#dtls.write(out, this.#to);
		}
	}
}

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
