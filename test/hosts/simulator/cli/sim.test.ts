import { deepEqual, equal, match, ok } from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { FlashChip } from "../../../../hosts/simulator/board/flash.ts";
import { loadDevice } from "../../../../hosts/simulator/board/loader.ts";
import { presets } from "../../../../hosts/simulator/board/presets.ts";
import { Interrupt } from "../../../../hosts/simulator/cli/interrupt.ts";
import { simulate } from "../../../../hosts/simulator/cli/sim.ts";
import { fromHex, toHex } from "../../../../modules/bytes.ts";
import { Dormouse, dormouse, eventsOf, keptOutput } from "./dormouse.ts";

const timeout = 120_000;
const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === "::1"));

test("an hour in virtual time: events line by line, and a report", { timeout }, async () => {
	const args = ["sim", "--for", "1h", "--json", "--seed", "4711", "--board", "nrf9160", "--endpoint", "hour"];
	const { status, stdout, stderr } = await dormouse(...args);
	equal(status, 0, stderr);
	match(stderr, /--seed 4711/);
	const events = eventsOf(stdout);
	const times = events.map(({ t }) => Number(t));
	ok(times.every((t, index) => Number.isInteger(t) && (index === 0 || t >= times[index - 1]!)));
	const names = events.map(({ event }) => event);
	deepEqual(names.slice(0, 3), ["booted", "registering", "registered"]);
	deepEqual(
		events[0],
		{ t: 0, event: "booted", platform: "nrf9160", version: events[0]!.version, resetCause: "powerOn" },
		"names of fields are public",
	);
	ok(names.includes("updated") && names.includes("observing") && names.includes("notified"));

	const report = events.at(-1) as Record<string, never>;
	equal(report.event, "report");
	deepEqual(
		[report.t, report.ranMs, report.seed, report.board, report.time],
		[3_600_000, 3_600_000, 4711, "nrf9160", "virtual"],
	);
	const {
		sent,
		received,
		heap,
		image,
		events: counts,
	} = report as unknown as {
		sent: { datagrams: number; bytes: Record<string, number>; messages: Record<string, number> };
		received: { bytes: Record<string, number> };
		heap: Record<string, number>;
		image: { sha256: string; bytes: number };
		events: Record<string, number>;
	};
	equal(sent.bytes.total, sent.bytes.coapHeader! + sent.bytes.coapPayload! + sent.bytes.udpIp!);
	equal(sent.bytes.udpIp, sent.datagrams * 28);
	equal(
		Object.values(sent.messages).reduce((sum, count) => sum + count, 0),
		sent.datagrams,
	);
	ok(received.bytes.total! > 500);
	ok(heap.ramBytes! > 20_000 && heap.ramBytes! < heap.limitBytes!);
	ok(Number(report.computrons) > 1e6 && Number(report.awakeMs) > 500);
	match(image.sha256, /^[0-9a-f]{64}$/);
	equal(counts.updated, names.filter((name) => name === "updated").length);

	const again = await dormouse(...args);
	equal(again.stdout, stdout, "the same seed, the same lines");
});

const psk = ["--psk-identity", "me", "--psk-key", "000102030405060708090a0b0c0d0e0f"];

test("an hour over DTLS in virtual time: one handshake, told apart in the report; no key in any line", {
	timeout,
}, async () => {
	const args = ["sim", "--for", "1h", "--json", "--seed", "4711", "--endpoint", "hour", ...psk];
	const { status, stdout, stderr } = await dormouse(...args);
	equal(status, 0, stderr);
	match(stderr, /with coaps:\/\/10\.0\.0\.1:5684/);
	const events = eventsOf(stdout);
	deepEqual(
		events.slice(0, 5).map(({ event }) => event),
		["booted", "registering", "handshaking", "secured", "registered"],
	);
	const { sent, events: counts } = events.at(-1) as unknown as {
		sent: { bytes: Record<string, number> };
		events: Record<string, number>;
	};
	equal(counts.handshaking, 1);
	ok(sent.bytes.dtlsHandshake! > 200 && sent.bytes.dtlsHandshake! < 400, `${sent.bytes.dtlsHandshake}`);
	ok(sent.bytes.dtlsRecords! > 500 && sent.bytes.coapHeader === 0);
	ok(!(stdout + stderr).includes(psk[3]!), "the key is told");
	equal((await dormouse(...args)).stdout, stdout, "the same seed, the same lines");
	const people = await dormouse("sim", "--for", "10m", ...psk);
	match(people.stdout, /DTLS handshake, bytes +\d+ +\d+\n +DTLS records, bytes/);
	ok(!(people.stdout + people.stderr).includes(psk[3]!));
});

test("without --json people get a line for each event and a table", { timeout }, async () => {
	const { status, stdout } = await dormouse("sim", "--for", "10m", "--seed", "1", "--lifetime", "90");
	equal(status, 0);
	match(stdout, /^00:00:00\.000 {2}booted +platform=esp32/);
	match(stdout, /registered .*lifetimeS=90/);
	match(stdout, /Report: 10 min of virtual time on esp32, seed 1\n/);
	match(stdout, /RAM high-water +\d+(\.\d)? KB of 144 KB/);
	ok(!stdout.includes("\u001b"), "no colours where there is no terminal");
});

test("a flash file is made, kept and recognised; for another board it is refused", { timeout }, async () => {
	const folder = mkdtempSync(join(tmpdir(), "dormouse-sim-"));
	try {
		const { settings } = presets.nrf52840.map;
		const file = join(folder, "board.flash");
		const first = await dormouse("sim", "--for", "1m", "--flash", file, "--board", "nrf52840");
		equal(first.status, 0, first.stderr);
		match(first.stderr, /the image was written to slot A/);
		equal(statSync(file).size, 2048 * 1024 + 512 * 4);
		const program = () => readFileSync(file).subarray(0, settings.offset).toString("hex");
		const before = program();
		const second = await dormouse("sim", "--for", "1m", "--flash", file, "--board", "nrf52840");
		equal(second.status, 0, second.stderr);
		match(second.stderr, /holds this image already/);
		ok(program() === before, "nothing but the settings is another");
		const other = await dormouse("sim", "--for", "1m", "--flash", file, "--board", "esp32");
		equal(other.status, 2);
		match(other.stderr, /choose the board the file was made for, or another file/);
	} finally {
		rmSync(folder, { recursive: true });
	}
});

test("over DTLS and real UDP: registers with the server command; Ctrl-C de-registers", { timeout }, async () => {
	const server = new Dormouse(["server", "--port", "0", "--http", "0", "--host", "127.0.0.1"]);
	const [, port] = await server.says(/over DTLS on UDP port (\d+)/, "stderr");
	const [, url] = await server.says(/people at (http:\S+)/, "stderr");
	const info = { endpoint: "real", tls: { mode: "psk", details: { identity: psk[1], key: psk[3] } } };
	const headers = { "content-type": "application/json" };
	await fetch(`${url}/api/security/clients/`, { method: "PUT", body: JSON.stringify(info), headers });
	const sim = new Dormouse(["sim", "--server", `coaps://localhost:${port}`, "--endpoint", "real", "--json", ...psk]);
	await sim.says(/"registered"/);
	sim.process.kill("SIGINT");
	const { status, stdout, stderr } = await sim.ended;
	equal(status, 0, stderr);
	deepEqual(
		eventsOf(stdout).map(({ event }) => event),
		["booted", "registering", "handshaking", "secured", "registered", "deregistered", "off", "report"],
	);
	await server.says(/deregistered +endpoint=real reason=asked/);
	server.process.kill("SIGINT");
	ok(!(await server.ended).stdout.includes(psk[3]!));
});

const hosts = hasIpv6 ? ["127.0.0.1", "localhost", "[::1]"] : ["127.0.0.1", "localhost"];
for (const host of hosts) {
	test(`over real UDP to ${host}: registers; Ctrl-C de-registers and ends with a report`, { timeout }, async () => {
		const listenOn = host === "[::1]" ? "::1" : "127.0.0.1";
		const server = new Dormouse(["server", "--port", "0", "--http", "0", "--host", listenOn]);
		const [, port] = await server.says(/on UDP port (\d+)/, "stderr");
		const sim = new Dormouse(["sim", "--server", `coap://${host}:${port}`, "--endpoint", "real", "--json"]);
		await sim.says(/"registered"/);
		await server.says(/registered +endpoint=real/);
		sim.process.kill("SIGINT");
		const { status, stdout, stderr } = await sim.ended;
		equal(status, 0, stderr);
		deepEqual(
			eventsOf(stdout).map(({ event }) => event),
			["booted", "registering", "registered", "deregistered", "off", "report"],
		);
		await server.says(/deregistered +endpoint=real reason=asked/);
		server.process.kill("SIGINT");
		equal((await server.ended).status, 0);
	});
}

/** A UDP socket of this machine with a behaviour. */
async function udp(hear: (socket: Socket, bytes: Uint8Array, port: number) => void) {
	const socket = createSocket("udp4");
	socket.on("message", (bytes, { port }) => hear(socket, Uint8Array.from(bytes), port));
	await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
	return socket;
}

test("a silent server: it is said after a few seconds, and Ctrl-C ends it soon", { timeout }, async () => {
	let heard = 0;
	const silent = await udp(() => heard++);
	const sim = new Dormouse(["sim", "--server", `coap://127.0.0.1:${silent.address().port}`, "--json"]);
	await sim.says(/No answer from coap:\/\/127\.0\.0\.1:\d+ so far/, "stderr");
	const startMs = performance.now();
	sim.process.kill("SIGINT");
	const { status, stdout } = await sim.ended;
	equal(status, 0);
	ok(performance.now() - startMs < 8000);
	const names = eventsOf(stdout).map(({ event }) => event);
	ok(names.includes("registering") && !names.includes("registered"));
	equal(names.at(-1), "report");
	ok(heard >= 2, "it sent again");
	silent.close();
});

test("a server that answers garbage: the board survives all of it and keeps on trying", { timeout }, async () => {
	let round = 0;
	const garbage = await udp((socket, bytes, port) => {
		const answer = (hex: string) => socket.send(fromHex(hex)!, port, "127.0.0.1");
		if (((bytes[0]! >> 4) & 3) !== 0) return; // the board's Resets go unanswered, else this would never end
		const id = toHex(bytes, 2, 4);
		const token = toHex(bytes, 4, 4 + (bytes[0]! & 15));
		answer(""); // nothing at all
		answer("ff ff ff ff");
		answer("HTTP/1.1 400 Bad Request".replace(/./g, (character) => character.charCodeAt(0).toString(16)));
		answer(`6f 41 ${id} 00`); // a token of 15 bytes
		answer(`60 45 ${id} ff`); // a payload marker and no payload
		answer(`4${token.length / 2} 45 0001 ${token} f0 00`); // a reserved option delta
		answer("00".repeat(1400));
		if (round++ > 0) answer(`6${token.length / 2} 84 ${id} ${token}`); // and then a plain 4.04
	});
	const sim = new Dormouse(["sim", "--server", `coap://127.0.0.1:${garbage.address().port}`, "--json"]);
	const [line] = await sim.says(/.*"registrationFailed".*/);
	const failed = JSON.parse(line) as Record<string, unknown>;
	ok(Number(failed.retryInMs) > 0, line);
	match(String(failed.reason), /./);
	sim.process.kill("SIGTERM");
	const { status, stdout, stderr } = await sim.ended;
	equal(status, 0, stderr);
	const events = eventsOf(stdout);
	ok(events.some(({ event }) => event === "refusedBytes"));
	ok(!events.some(({ event }) => event === "deviceFailed"));
	garbage.close();
});

test("a server that dies: Ctrl-C waits a moment for its answer, says that none came, and ends", {
	timeout,
}, async () => {
	const server = new Dormouse(["server", "--port", "0", "--http", "0", "--host", "127.0.0.1"]);
	const [, port] = await server.says(/on UDP port (\d+)/, "stderr");
	const sim = new Dormouse(["sim", "--server", `coap://127.0.0.1:${port}`, "--json"]);
	await sim.says(/"registered"/);
	server.process.kill("SIGKILL");
	await server.ended;
	const startMs = performance.now();
	sim.process.kill("SIGINT");
	const { status, stdout, stderr } = await sim.ended;
	equal(status, 0, stderr);
	ok(performance.now() - startMs < 10_000);
	match(stderr, /The server did not answer in time/);
	equal(eventsOf(stdout).at(-1)!.event, "report");
});

test("in real time with the embedded server: it is read and observed, and told good-bye", { timeout }, async () => {
	const sim = new Dormouse(["sim", "--real-time", "--json", "--lifetime", "100", "--seed", "5"]);
	await sim.says(/"observing"/);
	sim.process.kill("SIGINT");
	const { status, stdout, stderr } = await sim.ended;
	equal(status, 0, stderr);
	const events = eventsOf(stdout);
	equal(events.find(({ event }) => event === "registered")!.lifetimeS, 100);
	deepEqual(
		events.slice(-3).map(({ event }) => event),
		["deregistered", "off", "report"],
	);
	equal(events.at(-1)!.time, "real");
});

test("a name that nobody knows is said at once", { timeout }, async () => {
	const sim = new Dormouse(["sim", "--server", "coap://no-such-name.invalid", "--json"]);
	const [line] = await sim.says(/.*"registrationFailed".*/);
	match(line, /"reason":"\w+".*"retryInMs":\d+/);
	sim.process.kill("SIGINT");
	equal((await sim.ended).status, 0);
});

test("Ctrl-C in virtual time ends the run where it is, with its report", { timeout }, async () => {
	const sim = new Dormouse(["sim", "--for", "100y", "--json"]);
	await sim.says(/"updated"/);
	sim.process.kill("SIGINT");
	const { status, stdout } = await sim.ended;
	equal(status, 0);
	const events = eventsOf(stdout);
	equal(events.at(-1)!.event, "report");
	ok(events.some(({ event }) => event === "deregistered"));
});

test("a reader that leaves ends the run quietly", { timeout }, async () => {
	const sim = new Dormouse(["sim", "--for", "100y", "--json"]);
	await sim.says(/"registered"/);
	sim.process.stdout!.destroy();
	const { status, stderr } = await sim.ended;
	equal(status, 0);
	ok(!/error/i.test(stderr), stderr);
});

test("a device that runs out of memory ends with status 1 and figures", { timeout }, async () => {
	const device = await loadDevice();
	const output = keptOutput();
	const interrupt = new Interrupt();
	const starved: typeof device = {
		...device,
		makeMachine: (slot, preset, ports) => {
			const memory = { ...preset.memory, arenaBytes: 24 * 1024, heapSlots: 256, chunkBytes: 2048 };
			return device.makeMachine(slot, { ...preset, memory }, ports);
		},
	};
	const flash = new FlashChip(presets.esp32.flash);
	const options = { board: "esp32", for: 60_000, json: true, seed: 1 } as const;
	const status = await simulate(options, { flash, device: starved, output, interrupt });
	interrupt.close();
	equal(status, 1);
	match(output.stderr, /The device failed.*outOfMemory \(.*slotsUsed \d+, slotsLimit \d+/);
	const events = eventsOf(output.stdout);
	deepEqual(
		events.slice(-2).map(({ event }) => event),
		["deviceFailed", "report"],
	);
	equal(events.at(-2)!.reason, "outOfMemory");
});
