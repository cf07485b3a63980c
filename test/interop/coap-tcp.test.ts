/** CoAP over real loopback TCP (RFC 8323) against libcoap and aiocoap, in both roles. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { readUtf8, toHex, utf8 } from "../../modules/bytes.ts";
import type { Request } from "../../modules/coap/peer.ts";
import { Child } from "./child.ts";
import { aiocoapFront, aiocoapPython, libcoapProgram, PeerMissing } from "./coap-artifacts.ts";
import { freePorts } from "./free-ports.ts";
import { type Handler, TcpEndpoint, TcpService } from "./tcp-endpoint.ts";

const timeout = { timeout: 30_000 };
const bert = { messageBytes: 8448, blockSizeBytes: 8192 };
const bigBody = (size: number) => new Uint8Array(size).map((_, index) => index * 31);
const hex = (bytes: ArrayLike<number>) => toHex(Uint8Array.from(bytes));

interface TestContext {
	skip(message?: string): void;
}

/** What a peer needs to be run, or undefined after the test was skipped with the reason. */
function found<T>(context: TestContext, find: () => T): T | undefined {
	try {
		return find();
	} catch (error) {
		if (!(error instanceof PeerMissing)) throw error;
		process.stdout.write(`skipped: ${error.message}\n`);
		context.skip(error.message);
		return undefined;
	}
}

async function until(what: string, condition: () => boolean): Promise<void> {
	for (let tries = 0; !condition(); tries++) {
		if (tries > 500) throw new Error(`in vain: ${what}`);
		await sleep(20);
	}
}

/** Our resources: /hello, /big (20000 bytes), /store (PUT and GET), /slow, /tick (observable). */
function resources(): { handler: Handler; stored(): Uint8Array; observers: number; stop(): void } {
	let stored = new Uint8Array(0);
	const ticking = new Map<string, NodeJS.Timeout>();
	const mine = { handler, stored: () => stored, observers: 0, stop };
	function stop(): void {
		for (const timer of ticking.values()) clearInterval(timer);
	}
	function handler(request: Request, endpoint: TcpEndpoint, nowMs: number): void {
		const name = request.path[0] ?? "";
		const { peer } = endpoint;
		if (name === "hello") peer.respond(request, { code: 0x45, payload: new Uint8Array([104, 105]) }, nowMs);
		else if (name === "big") peer.respond(request, { code: 0x45, payload: bigBody(20_000) }, nowMs);
		else if (name === "store" && request.code === 3) {
			stored = request.payload.slice();
			peer.respond(request, { code: 0x44 }, nowMs);
		} else if (name === "store") peer.respond(request, { code: 0x45, payload: stored }, nowMs);
		else if (name === "tick") {
			const key = hex(request.token);
			let count = 0;
			clearInterval(ticking.get(key));
			const payload = () => utf8(String(count));
			const goesOn = request.observe === 0;
			peer.respond(request, { code: 0x45, payload: payload(), ...(goesOn ? { observe: 0 } : undefined) }, nowMs);
			mine.observers = endpoint.peer.figures.observers;
			if (!goesOn) return;
			const tick = () => {
				count += 1;
				endpoint.with((to, now) =>
					to.notify(request.token, { code: 0x45, payload: payload(), observe: count }, "confirmable", now),
				);
			};
			ticking.set(key, setInterval(tick, 100));
		} else peer.respond(request, { code: 0x84 }, nowMs);
	}
	return mine;
}

describe("our client over TCP › libcoap's server", () => {
	let server: Child | undefined;
	let port = 0;
	before(async () => {
		try {
			const program = libcoapProgram("server");
			port = (await freePorts(1))[0]!;
			server = new Child({ command: program, arguments: ["-A", "127.0.0.1", "-p", String(port), "-d", "20"] });
			await sleep(500);
		} catch (error) {
			if (!(error instanceof PeerMissing)) throw error;
		}
	});
	after(() => server?.stop("SIGKILL"));

	const withClient =
		(run: (client: TcpEndpoint) => Promise<void>, limits = {}) =>
		async (context: TestContext) => {
			if (found(context, () => libcoapProgram("server")) === undefined) return;
			const client = new TcpEndpoint(undefined, limits).connect(port);
			try {
				await run(client);
			} catch (error) {
				throw new Error(`${(error as Error).stack}\nended: ${JSON.stringify(client.ending)}\n${server?.log()}`);
			} finally {
				client.close();
			}
		};

	it(
		"GET of a resource, of the index, and of nothing",
		timeout,
		withClient(async (client) => {
			const index = await client.ask({ code: 1, path: [] });
			equal(index.code, 0x45);
			ok(readUtf8(index.payload)?.includes("libcoap"));
			const core = await client.ask({ code: 1, path: [".well-known", "core"] });
			equal(core.contentFormat, 40);
			equal((await client.ask({ code: 1, path: ["none"] })).code, 0x84);
		}),
	);

	it(
		"requests under way at the same time",
		timeout,
		withClient(async (client) => {
			const codes = await Promise.all(
				[0, 1, 2, 3].map((n) => client.ask({ code: 1, path: n % 2 === 0 ? ["async"] : [] })),
			);
			deepEqual(
				codes.map(({ code }) => code),
				[0x45, 0x45, 0x45, 0x45],
			);
		}),
	);

	for (const [name, limits] of [
		["blocks of 1024", {}],
		["BERT", bert],
	] as const) {
		it(
			`PUT and GET of 15000 bytes, ${name}`,
			timeout,
			withClient(async (client) => {
				const body = bigBody(15_000);
				const made = await client.ask({ code: 3, path: ["example_data"], payload: body, contentFormat: 42 });
				ok(made.code === 0x41 || made.code === 0x44, `${made.code}`);
				const back = await client.ask({ code: 1, path: ["example_data"] });
				equal(hex(back.payload), hex(body));
			}, limits),
		);
	}

	it(
		"an observation, and its end by cancel()",
		timeout,
		withClient(async (client) => {
			const first = await client.ask({ code: 1, path: ["time"], observe: 0 });
			equal(first.code, 0x45);
			ok(first.observe !== undefined);
			await until("notifications", () => client.notifications.length >= 2);
			client.with((peer) => peer.cancel(1));
			await until("the last answer", () => client.peer.figures.requests === 0);
			const seen = client.notifications.length;
			await sleep(2500);
			equal(client.notifications.length, seen);
		}),
	);

	it(
		"Ping, with and without Custody, and a Release",
		timeout,
		withClient(async (client) => {
			await client.ask({ code: 1, path: [] });
			client.with((peer, now) => peer.ping(now));
			await until("a Pong", () => client.pongs.length === 1);
			client.with((peer, now) => peer.ping(now, { custody: true }));
			await until("a Pong", () => client.pongs.length === 2);
			client.with((peer) => peer.keepAlive());
			equal((await client.ask({ code: 1, path: [] })).code, 0x45);
			client.with((peer, now) => peer.leave(now));
			await until("the end", () => client.ending !== undefined);
			equal(client.ending?.why, "left");
		}),
	);
});

describe("libcoap's client over TCP › our server", () => {
	const ask =
		(words: readonly string[], service: { port: number }, path: string) =>
		async (context: TestContext): Promise<{ out: Buffer; log: string } | undefined> => {
			const program = found(context, () => libcoapProgram("client"));
			if (program === undefined) return undefined;
			const folder = mkdtempSync(join(tmpdir(), "coap-tcp-"));
			try {
				const out = join(folder, "out");
				writeFileSync(join(folder, "body"), bigBody(15_000));
				const child = new Child({
					command: program,
					arguments: [
						"-v",
						"7",
						"-B",
						"10",
						"-o",
						out,
						...words.map((word) => word.replace("BODY", join(folder, "body"))),
						`coap+tcp://127.0.0.1:${service.port}/${path}`,
					],
				});
				await child.ended;
				let content = Buffer.alloc(0);
				try {
					content = readFileSync(out);
				} catch {}
				return { out: content, log: child.log() };
			} finally {
				rmSync(folder, { recursive: true, force: true });
			}
		};

	for (const [name, limits] of [
		["blocks of 1024", {}],
		["BERT", bert],
	] as const) {
		it(`GET, blocks of a large body, PUT of one, ${name}`, timeout, async (context) => {
			const mine = resources();
			const service = await TcpService.open(mine.handler, limits);
			try {
				const hello = await ask(["-m", "get"], service, "hello")(context);
				if (hello === undefined) return;
				equal(hello.out.toString(), "hi", hello.log);
				const large = await ask(["-m", "get"], service, "big")(context);
				equal(hex(large!.out), hex(bigBody(20_000)), large!.log);
				const put = await ask(["-m", "put", "-f", "BODY"], service, "store")(context);
				equal(hex(mine.stored()), hex(bigBody(15_000)), put!.log);
			} finally {
				service.close();
				mine.stop();
			}
		});
	}

	it("an observation, and its end", timeout, async (context) => {
		const mine = resources();
		const service = await TcpService.open(mine.handler);
		try {
			const seen = await ask(["-m", "get", "-s", "2"], service, "tick")(context);
			if (seen === undefined) return;
			ok(seen.out.toString().startsWith("0123456"), `${seen.out.toString()}\n${seen.log}`);
			equal(service.endpoints[0]!.peer.figures.observers, 0);
		} finally {
			service.close();
			mine.stop();
		}
	});
});

const front = aiocoapFront.replace("aiocoap_front.py", "aiocoap_tcp.py");

describe("our client over TCP › aiocoap's server", () => {
	let server: Child | undefined;
	let port = 0;
	before(async () => {
		let python: string;
		try {
			python = aiocoapPython();
		} catch (error) {
			if (error instanceof PeerMissing) return;
			throw error;
		}
		server = new Child({ command: python, arguments: [front, "server"] });
		server.watch((line) => {
			if (line.startsWith('{"port"')) port = (JSON.parse(line) as { port: number }).port;
		});
		await until("aiocoap's server", () => port > 0);
	}, timeout);
	after(() => server?.stop("SIGKILL"));

	for (const [name, limits] of [
		["blocks of 1024", {}],
		["BERT", bert],
	] as const) {
		it(`GET, PUT, large bodies, an observation and a Release, ${name}`, timeout, async (context) => {
			if (found(context, aiocoapPython) === undefined) return;
			const client = new TcpEndpoint(undefined, limits).connect(port);
			try {
				equal(readUtf8((await client.ask({ code: 1, path: ["hello"] })).payload), "hello");
				equal((await client.ask({ code: 1, path: ["none"] })).code, 0x84);
				equal(hex((await client.ask({ code: 1, path: ["big"] })).payload), hex(bigBody(5000)));
				equal((await client.ask({ code: 3, path: ["store"], payload: bigBody(9000) })).code, 0x44);
				equal(hex((await client.ask({ code: 1, path: ["store"] })).payload), hex(bigBody(9000)));
				equal((await client.ask({ code: 1, path: ["tick"], observe: 0 })).code, 0x45);
				await until("notifications", () => client.notifications.length >= 3);
				client.with((peer) => peer.cancel(6));
				await until("the last answer", () => client.peer.figures.requests === 0);
				client.with((peer, now) => peer.ping(now));
				await until("a Pong", () => client.pongs.length === 1);
				client.with((peer, now) => peer.leave(now));
				await until("the end", () => client.ending !== undefined);
				equal(client.ending?.why, "left");
			} catch (error) {
				throw new Error(`${(error as Error).stack}\nended: ${JSON.stringify(client.ending)}\n${server?.log()}`);
			} finally {
				client.close();
			}
		});
	}

	it("an Abort of ours is understood, and one of theirs", timeout, async (context) => {
		if (found(context, aiocoapPython) === undefined) return;
		const client = new TcpEndpoint().connect(port);
		await client.ask({ code: 1, path: ["hello"] });
		client.with((peer, now) => peer.receive(new Uint8Array([0x10, 1, 0xff]), 0, 3, now)); // nonsense
		await until("the end", () => client.ending !== undefined);
		equal(client.ending?.why, "refused");
		await until("their word of it", () => server!.log().includes("Received Abort"));
		client.close();
	});
});

describe("aiocoap's client over TCP › our server", () => {
	for (const [name, limits] of [
		["blocks of 1024", {}],
		["BERT", bert],
	] as const) {
		it(`GET, PUT, large bodies and an observation, ${name}`, timeout, async (context) => {
			const python = found(context, aiocoapPython);
			if (python === undefined) return;
			const mine = resources();
			const service = await TcpService.open(mine.handler, limits);
			const run = async (...words: string[]) => {
				const lines: { code: string; payload: string }[] = [];
				const child = new Child({ command: python, arguments: [front, ...words] });
				child.watch((line) => {
					if (line.startsWith('{"code"')) lines.push(JSON.parse(line));
				});
				const giveUp = setTimeout(() => child.stop("SIGKILL").catch(() => undefined), 20_000);
				const { status } = await child.ended;
				clearTimeout(giveUp);
				equal(status, 0, child.log());
				return lines;
			};
			const uri = `coap+tcp://127.0.0.1:${service.port}`;
			try {
				deepEqual(await run("client", "GET", `${uri}/hello`), [{ code: "2.05", payload: hex(utf8("hi")) }]);
				deepEqual((await run("client", "GET", `${uri}/none`))[0]?.code, "4.04");
				deepEqual((await run("client", "GET", `${uri}/big`))[0]?.payload, hex(bigBody(20_000)));
				deepEqual((await run("client", "PUT", `${uri}/store`, hex(bigBody(9000))))[0]?.code, "2.04");
				equal(hex(mine.stored()), hex(bigBody(9000)));
				const seen = await run("observe", `${uri}/tick`, "4");
				deepEqual(
					seen.map(({ payload }) => Buffer.from(payload, "hex").toString()),
					["0", "1", "2", "3"],
				);
			} finally {
				service.close();
				mine.stop();
			}
		});
	}
});
