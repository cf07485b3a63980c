/** hosts/tls' C against TLS of others, over loopback, with the compiler's sanitizers. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { after, test } from "node:test";
import tls from "node:tls";
import { TlsClient, whatIsMissing } from "./tls-client.ts";

const missing = whatIsMissing();
const skip = missing ?? false;
const client = missing === undefined ? new TlsClient() : undefined;
const server = client?.identity("server");
const device = client?.identity("device");
after(() => client?.close());

const pskHex = "000102030405060708090a0b0c0d0e0f";
const psk = { identity: "dev", psk: pskHex };
const weak = ":@SECLEVEL=0"; // OpenSSL counts the 8-byte tag of CCM_8 as 64 bits

/** What a server saw, and where it is. */
interface Seen {
	port: number;
	sni: string | undefined;
	peer: string | undefined;
	errors: string[];
}

async function listening(server: Server): Promise<number> {
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return (server.address() as AddressInfo).port;
}

/** A server of Node's (OpenSSL) that sends back what it hears, while `run` goes on. */
async function echoing(options: tls.TlsOptions, run: (seen: Seen) => Promise<void>): Promise<void> {
	const seen: Seen = { port: 0, sni: undefined, peer: undefined, errors: [] };
	const echo = tls.createServer(options, (socket) => {
		seen.sni = (socket as tls.TLSSocket & { servername?: string | false }).servername || undefined;
		seen.peer = socket.getPeerCertificate()?.subject?.CN as string | undefined;
		socket.on("error", () => {});
		socket.pipe(socket);
	});
	echo.on("tlsClientError", (error) => seen.errors.push(error.message));
	seen.port = await listening(echo);
	try {
		await run(seen);
	} finally {
		echo.close();
	}
}

const byPsk = (suite: string): tls.TlsOptions => ({
	ciphers: `${suite}${weak}`,
	maxVersion: "TLSv1.2",
	pskCallback: (_socket, identity) => (identity === "dev" ? Uint8Array.from(Buffer.from(pskHex, "hex")) : null),
});

const byCertificate = (more: tls.TlsOptions = {}): tls.TlsOptions => ({
	key: server!.key,
	cert: server!.certificate,
	maxVersion: "TLSv1.2",
	ciphers: `ECDHE-ECDSA-AES128-CCM8:ECDHE-ECDSA-AES128-GCM-SHA256${weak}`,
	...more,
});

for (const [suite, name] of [
	["c0a8", "PSK-AES128-CCM8"],
	["00a8", "PSK-AES128-GCM-SHA256"],
	["00ae", "PSK-AES128-CBC-SHA256"],
] as const) {
	test(`TLS 1.2 with a pre-shared key, ${name}: 200,000 bytes there and back`, { skip }, () =>
		echoing(byPsk(name), async ({ port }) => {
			const said = await client!.run(port, { ...psk, suite, send: 200_000 });
			assert.deepEqual(said, [`ready 0303 ${suite} -`, "heard 200000 same", "end nothing"]);
		}),
	);
}

test("a pre-shared key that PSA keeps and nobody reads, where the library takes one", { skip }, () =>
	echoing(byPsk("PSK-AES128-CCM8"), async ({ port }) => {
		const said = await client!.run(port, { ...psk, hidden: 1, send: 1000 });
		if (said[0] !== "open refused") assert.deepEqual(said, ["ready 0303 c0a8 -", "heard 1000 same", "end nothing"]);
	}),
);

test("RFC 8323 §9.1: every byte on its own, both ways, and ALPN says coap", { skip }, () =>
	echoing({ ...byPsk("PSK-AES128-CCM8"), ALPNProtocols: ["h2", "coap"] }, async ({ port }) => {
		const said = await client!.run(port, { ...psk, protocol: "coap", piece: 1, send: 3000 });
		assert.deepEqual(said, ["ready 0303 c0a8 coap", "heard 3000 same", "end nothing"]);
	}),
);

for (const suite of ["c0ae", "c02b"]) {
	test(
		`TLS 1.2 with a certificate that is pinned, ${suite}: the name is said, the client shows its own`,
		{ skip },
		() =>
			echoing(byCertificate({ requestCert: true, rejectUnauthorized: true, ca: device!.certificate }), async (seen) => {
				const own = { chain: device!.certificateFile, key: device!.keyFile };
				const settings = { pin: server!.certificateFile, name: "server.example", suite, send: 50_000, ...own };
				const said = await client!.run(seen.port, settings);
				assert.deepEqual(said, ["asked 1", `ready 0303 ${suite} -`, "heard 50000 same", "end nothing"]);
				assert.deepEqual([seen.sni, seen.peer], ["server.example", "device"]);
			}),
	);
}

test("TLS 1.3, where the library has it; else 1.2 is what both speak", { skip }, () =>
	echoing(byCertificate({ maxVersion: "TLSv1.3", ALPNProtocols: ["coap"] }), async ({ port }) => {
		const settings = { pin: server!.certificateFile, send: 100_000, protocol: "coap" };
		const said = await client!.run(port, settings);
		assert.match(said[1]!, /^ready 030[34] [0-9a-f]{4} coap$/);
		assert.deepEqual(said.slice(2), ["heard 100000 same", "end nothing"]);
	}),
);

test("who is not the right one: another certificate, another key, a name that nobody knows, no suite", {
	skip,
}, async () => {
	await echoing(byCertificate(), async (seen) => {
		const said = await client!.run(seen.port, { pin: device!.certificateFile, send: 10 });
		assert.deepEqual(said, ["asked 1", "end untrusted"]);
		await new Promise((resolve) => setTimeout(resolve, 50));
		assert.match(seen.errors.join(), /bad certificate/, "and it is told so");
		assert.deepEqual(await client!.run(seen.port, { ...psk }), ["end alerted"]);
	});
	await echoing(byPsk("PSK-AES128-CCM8"), async ({ port }) => {
		assert.deepEqual(await client!.run(port, { ...psk, psk: "ff" }), ["end alerted"]);
		assert.deepEqual(await client!.run(port, { ...psk, identity: "ved" }), ["end alerted"]);
		assert.deepEqual(await client!.run(port, { pin: server!.certificateFile }), ["end alerted"]);
	});
	await echoing(
		byCertificate({ requestCert: true, rejectUnauthorized: true, ca: device!.certificate }),
		async (seen) => {
			const said = await client!.run(seen.port, { pin: server!.certificateFile, send: 10 });
			assert.equal(said.at(-1), "end alerted", "a server that wants to see one");
		},
	);
});

test("versions before 1.2 are not spoken", { skip }, () =>
	echoing(
		byCertificate({ minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: `ECDHE-ECDSA-AES128-SHA${weak}` }),
		async ({ port }) => {
			const said = await client!.run(port, { pin: server!.certificateFile });
			assert.match(said.join(), /^end (alerted|broken)$/);
		},
	),
);

test("settings that are none", { skip }, async () => {
	const refused = ["open refused"];
	const own = { chain: device!.certificateFile, key: device!.keyFile };
	assert.deepEqual(await client!.run(1, { identity: "dev" }), refused, "no key");
	assert.deepEqual(await client!.run(1, { ...own, key: device!.certificateFile }), refused, "no private key");
	assert.deepEqual(await client!.run(1, { ...own, chain: device!.keyFile }), refused, "no certificate");
	assert.deepEqual(await client!.run(1, { ...psk, protocol: "x".repeat(32) }), refused, "a protocol's name too long");
	assert.deepEqual(await client!.run(1, { ...psk, name: "x".repeat(300) }), refused, "a name too long");
});

/** Listens for one connection after the other, and does `each` with them. */
async function listeningWith(each: (socket: Socket) => void, run: (port: number) => Promise<void>): Promise<void> {
	const raw = createServer((socket) => {
		socket.on("error", () => {});
		each(socket);
	});
	const port = await listening(raw);
	try {
		await run(port);
	} finally {
		raw.close();
	}
}

test("what is no TLS, and records that can not be", { skip }, async () => {
	const rows: readonly (readonly [string, readonly number[], RegExp])[] = [
		["an HTTP server", [...Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")], /end broken/],
		["a record of 18,689 bytes", [22, 3, 3, 0x49, 0x01, ...Array(1000).fill(0)], /end broken/],
		["the longest one that there is", [22, 3, 3, 0xff, 0xff, 1, 2, 3], /end broken/],
		["an empty record", [22, 3, 3, 0, 0], /end (broken|truncated)/],
		["application data before its time", [23, 3, 3, 0, 3, 1, 2, 3], /end broken/],
		["a fatal alert", [21, 3, 3, 0, 2, 2, 40], /end alerted/],
		["close_notify in the midst of it", [21, 3, 3, 0, 2, 1, 0], /end (closed|broken)/],
		["half a record", [22, 3, 3, 0, 80, 2, 0, 0], /end truncated/],
		["nothing", [], /end truncated/],
		["a handshake message of 16 MB", [22, 3, 3, 0, 8, 2, 0xff, 0xff, 0xff, 3, 3, 0, 0], /end (broken|truncated)/],
	];
	for (const [what, bytes, expected] of rows) {
		await listeningWith(
			(socket) => socket.end(Uint8Array.from(bytes)),
			async (port) => assert.match((await client!.run(port, { ...psk })).join(), expected, what),
		);
	}
});

/** Between the client and a server: changes or cuts what the server says. */
async function between(port: number, change: (bytes: Uint8Array, at: number) => Uint8Array | undefined) {
	return (inner: Socket) => {
		const outer = connect(port, "127.0.0.1");
		let at = 0;
		inner.pipe(outer);
		outer.on("data", (bytes: Uint8Array<ArrayBuffer>) => {
			const changed = change(Uint8Array.from(bytes), at);
			at += bytes.length;
			if (changed === undefined) {
				inner.destroy();
				outer.destroy();
			} else inner.write(changed);
		});
		outer.on("close", () => inner.end());
		outer.on("error", () => inner.destroy());
		inner.on("close", () => outer.destroy());
	};
}

test("one bit of the server's changed, anywhere: it never counts", { skip }, () =>
	echoing(byCertificate(), async ({ port }) => {
		let ready = 0;
		for (let at = 0; at < 900; at += 29) {
			const flip = (bytes: Uint8Array, from: number) => {
				if (at >= from && at < from + bytes.length) bytes[at - from]! ^= 1 << (at % 8);
				return bytes;
			};
			await listeningWith(await between(port, flip), async (inner) => {
				const said = await client!.run(inner, { pin: server!.certificateFile, send: 500, patience: 1000 });
				if (said.some((line) => line.startsWith("ready"))) ready++;
				assert.ok(!said.join().includes("other"), `bit at ${at}: ${said.join()}`);
				const isFine = said.includes("end nothing") && said.includes("heard 500 same");
				// a hint that nobody reads may change; a longer record is waited for
				if (!isFine) assert.match(said.at(-1)!, /^end (broken|alerted|untrusted|truncated|silence)$/, `bit at ${at}`);
			});
		}
		assert.ok(ready < 12, `${ready} of 31: those behind the handshake`);
	}),
);

test("the stream ends without close_notify: truncated; with it: closed", { skip }, async () => {
	await echoing(byPsk("PSK-AES128-CCM8"), async ({ port }) => {
		const cut = (limit: number) => (bytes: Uint8Array, at: number) => (at + bytes.length > limit ? undefined : bytes);
		for (const limit of [0, 60, 200, 2000]) {
			await listeningWith(await between(port, cut(limit)), async (inner) => {
				assert.equal((await client!.run(inner, { ...psk, send: 50_000 })).at(-1), "end truncated", `cut at ${limit}`);
			});
		}
	});
	const polite = tls.createServer(byPsk("PSK-AES128-CCM8"), (socket) => socket.end("bye"));
	const port = await listening(polite);
	assert.deepEqual((await client!.run(port, { ...psk })).slice(1), ["heard 3 other", "end closed"]);
	polite.close();
});

const programs: ChildProcess[] = [];
after(() => {
	for (const program of programs) program.kill();
});

/** Starts a server of somebody else's, and waits until it listens. */
async function foreign(program: string, options: readonly string[], port: number): Promise<ChildProcess> {
	const child = spawn(program, options, { stdio: ["pipe", "ignore", "ignore"] });
	programs.push(child);
	for (let tries = 0; tries < 100; tries++) {
		const isThere = await new Promise<boolean>((resolve) => {
			const socket = connect(port, "127.0.0.1", () => resolve(true));
			socket.on("error", () => resolve(false));
			socket.on("connect", () => socket.destroy());
		});
		if (isThere) return child;
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
	throw new Error(`${program} does not listen`);
}

async function freePort(): Promise<number> {
	const probe = createServer();
	const port = await listening(probe);
	await new Promise((resolve) => probe.close(resolve));
	return port;
}

const hasGnuTls = spawnSync("gnutls-serv", ["--version"]).status === 0;
const gnuTls = missing ?? (hasGnuTls ? false : "no gnutls-serv");

test("GnuTLS: a pre-shared key with CCM_8, and a certificate with ECDSA", { skip: gnuTls }, async () => {
	const keys = join(client!.folder, "keys.psk");
	writeFileSync(keys, `dev:${pskHex}\n`);
	const common = "+AEAD:+COMP-NULL:+SIGN-ALL:+GROUP-SECP256R1";
	const port = await freePort();
	const priority = `NONE:+VERS-TLS1.2:+PSK:+AES-128-CCM-8:${common}`;
	await foreign("gnutls-serv", ["--echo", "-p", `${port}`, "--pskpasswd", keys, "--priority", priority], port);
	const said = await client!.run(port, { ...psk, send: 640 });
	assert.deepEqual(said, ["ready 0303 c0a8 -", "heard 640 same", "end nothing"]);
	const other = await freePort();
	const [certificate, key] = ["pem", "key.pem"].map((end) => join(client!.folder, `server.${end}`));
	const options = ["--x509certfile", certificate!, "--x509keyfile", key!, "--disable-client-cert"];
	const ecdsa = `NONE:+VERS-TLS1.2:+ECDHE-ECDSA:+AES-128-CCM-8:+AES-128-GCM:+CTYPE-X509:${common}`;
	await foreign("gnutls-serv", ["--echo", "-p", `${other}`, ...options, "--priority", ecdsa], other);
	const shown = await client!.run(other, { pin: server!.certificateFile, send: 640 });
	assert.match(shown[1]!, /^ready 0303 c0(ae|2b) -$/);
	assert.deepEqual(shown.slice(2), ["heard 640 same", "end nothing"]);
});

test("OpenSSL s_server wants to renegotiate: nobody does", { skip }, async () => {
	const port = await freePort();
	const options = ["-accept", `${port}`, "-nocert", "-psk_identity", "dev", "-psk", pskHex, "-tls1_2", "-quiet"];
	const running = await foreign("openssl", ["s_server", ...options, "-cipher", `PSK-AES128-CCM8${weak}`], port);
	const saying = client!.run(port, { ...psk, patience: 3000 });
	await new Promise((resolve) => setTimeout(resolve, 1000));
	running.stdin!.write("r\n");
	const said = await saying;
	assert.equal(said[0], "ready 0303 c0a8 -");
	assert.match(said.at(-1)!, /^end (closed|alerted|broken|truncated|silence)$/);
	assert.equal(said.filter((line) => line.startsWith("ready")).length, 1);
});
