import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SimulatedHost } from "../../../../hosts/simulator/device/host.ts";
import { eventKinds, type Natives } from "../../../../hosts/simulator/device/natives.ts";
import { type Address, HostFailure } from "../../../../modules/host.ts";

type Handler = Parameters<Natives["listen"]>[0];

/** A board whose natives do what `given` says and note their calls; `tell` is the board's voice. */
function board(given: Partial<Natives> = {}) {
	const calls: unknown[][] = [];
	let handler: Handler = () => assert.fail("nobody listens");
	const natives = new Proxy({} as Natives, {
		get:
			(_, name: keyof Natives) =>
			(...values: unknown[]) => {
				if (name === "listen") handler = values[0] as Handler;
				else if (name === "bootRecord")
					return JSON.stringify({ platform: "p", resetCause: "watchdog", factory: { lifetimeS: 60 } });
				else calls.push([name, ...values]);
				const native = given[name] as ((...values: unknown[]) => unknown) | undefined;
				return native?.(...values);
			},
	});
	const host = new SimulatedHost(natives);
	calls.length = 0;
	const tell = (kind: number, first = 0, second = 0, text?: string) => handler(kind, first, second, text);
	return { host, calls, tell };
}

describe("the simulated board's host", () => {
	test("knows its boot: platform, reset cause, factory, geometry", () => {
		const { host } = board({ flashGeometry: (which) => [65536, 4096, 4][which]! });
		assert.equal(host.platform, "p");
		assert.equal(host.power.resetCause, "watchdog");
		assert.deepEqual(host.factory, { lifetimeS: 60 });
		const { sizeBytes, sectorBytes, writeBytes, erasedByte } = host.flash;
		assert.deepEqual([sizeBytes, sectorBytes, writeBytes, erasedByte], [65536, 4096, 4, 0xff]);
	});

	test("rings the last alarm once", () => {
		const { host, calls, tell } = board();
		const rung: string[] = [];
		host.clock.setAlarm(10, () => rung.push("old"));
		host.clock.setAlarm(20, () => rung.push("new"));
		tell(eventKinds.alarm);
		tell(eventKinds.alarm);
		assert.deepEqual(rung, ["new"]);
		host.clock.setAlarm(30, () => rung.push("dropped"));
		host.clock.setAlarm(undefined, () => {});
		tell(eventKinds.alarm);
		assert.deepEqual(rung, ["new"]);
		assert.deepEqual(calls.at(-1), ["setAlarm", undefined]);
	});

	test("an alarm may ask for the next one", () => {
		const { host, tell } = board();
		let rung = 0;
		const ring = () => {
			rung++;
			host.clock.setAlarm(rung * 10, ring);
		};
		host.clock.setAlarm(0, ring);
		for (let i = 0; i < 3; i++) tell(eventKinds.alarm);
		assert.equal(rung, 3);
	});

	test("brings datagrams to their socket, and sends", () => {
		const { host, calls, tell } = board({
			udpOpen: (port) => port - 1000,
			udpRead: (_, into, from) => {
				into[0] = 7;
				from.host = "::1";
				from.port = 9;
				return 1;
			},
			udpWrite: () => true,
		});
		const heard: string[] = [];
		const first = host.openDatagrams({ port: 1001, onReadable: (count) => heard.push(`first ${count}`) });
		const second = host.openDatagrams({ port: 1002, onReadable: (count) => heard.push(`second ${count}`) });
		tell(eventKinds.readable, 2, 5);
		tell(eventKinds.readable, 1, 1);
		tell(eventKinds.readable, 3, 1);
		assert.deepEqual(heard, ["second 5", "first 1"]);
		const from: Address = { host: "", port: 0 };
		const into = new Uint8Array(4);
		assert.equal(first.read(into, from), 1);
		assert.deepEqual({ ...from, byte: into[0] }, { host: "::1", port: 9, byte: 7 });
		const bytes = Uint8Array.of(1);
		second.write(bytes, { host: "h", port: 5 });
		assert.deepEqual(calls.at(-1), ["udpWrite", 2, bytes, "h", 5]);
		second.close();
		second.close();
		assert.equal(calls.filter(([name]) => name === "udpClose").length, 1);
		tell(eventKinds.readable, 2, 1);
		assert.equal(heard.length, 2);
		assert.equal(second.read(into, from), -1);
		assert.throws(() => second.write(bytes, from), HostFailure);
	});

	test("a socket that can not be, and a datagram that can not go, are HostFailures", () => {
		const { host } = board({ udpOpen: () => -1 });
		assert.throws(() => host.openDatagrams({ port: 5683, onReadable: () => {} }), {
			name: "HostFailure",
			message: /5683/,
		});
		const refusing = board({ udpOpen: () => 1, udpWrite: () => false }).host;
		const socket = refusing.openDatagrams({ onReadable: () => {} });
		assert.throws(() => socket.write(new Uint8Array(9), { host: "h", port: 1 }), HostFailure);
	});

	test("answers every question once, in any order, and refuses too many", () => {
		const { host, tell } = board();
		const answers: string[] = [];
		const ask = (name: string) => host.resolver.resolve(name, (found) => answers.push(`${name} ${found.join()}`));
		ask("a");
		ask("b");
		ask("a");
		tell(eventKinds.resolved, 0, 0, "b");
		tell(eventKinds.resolved, 2, 0, "a\n10.0.0.1\n::1");
		tell(eventKinds.resolved, 1, 0, "a\n10.0.0.2");
		tell(eventKinds.resolved, 1, 0, "a\n10.0.0.3");
		tell(eventKinds.resolved, 1, 0, "stranger\n10.0.0.1");
		assert.deepEqual(answers, ["b ", "a 10.0.0.1,::1", "a 10.0.0.2"]);
		for (let i = 0; i < 8; i++) ask(`n${i}`);
		assert.throws(() => ask("n8"), HostFailure);
	});

	test("makes the flash's errors HostFailures", () => {
		const { host } = board({ flashWrite: () => "misaligned", flashRead: () => "broken", flashErase: () => undefined });
		assert.throws(() => host.flash.write(1, new Uint8Array(1)), { name: "HostFailure", message: "misaligned" });
		assert.throws(() => host.flash.read(0, new Uint8Array(1)), HostFailure);
		host.flash.erase(0, 4096);
	});

	test("passes the word that power will go, once; with nobody to hear it, the board goes off", () => {
		const { host, calls, tell } = board();
		let heard = 0;
		host.power.onShutdown(() => heard++);
		tell(eventKinds.shutDown);
		assert.equal(heard, 1);
		assert.deepEqual(calls, []);
		tell(eventKinds.shutDown);
		assert.deepEqual(calls, [["off"]]);
	});

	test("writes records as JSON", () => {
		const { host, calls } = board();
		host.log.write(Object.freeze({ event: "x", n: 1, gone: undefined }));
		assert.deepEqual(calls, [["log", '{"event":"x","n":1}']]);
	});
});
