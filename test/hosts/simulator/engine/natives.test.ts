import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { BoardPorts } from "../../../../hosts/simulator/engine/ports.ts";
import { console, firmware, small } from "./harness.ts";

/** Runs `program` at boot on a board with `given`. @returns what it printed */
function run(program: string, given: Partial<BoardPorts> = {}): readonly string[] {
	const ports = console(given);
	firmware({ main: program }).machine(small, ports).boot();
	return ports.printed;
}

describe("globalThis.board", () => {
	test("tells time and sets it; a clock that nobody set is undefined", () => {
		let wall: number | undefined;
		const clock = {
			nowMs: () => 4_000_000_000_123,
			wallTimeS: () => wall,
			setWallTimeS: (seconds: number) => {
				wall = seconds;
			},
		};
		const program =
			"board.print([board.nowMs(), board.wallTimeS(), board.setWallTimeS(1767225600), board.wallTimeS()].join());";
		assert.deepEqual(run(program, clock), ["4000000000123,,,1767225600"]);
	});

	test("asks for an alarm, and for none", () => {
		const alarms: (number | undefined)[] = [];
		run("board.setAlarm(12345678901); board.setAlarm(undefined); board.setAlarm();", {
			setAlarm: (at) => alarms.push(at),
		});
		assert.deepEqual(alarms, [12345678901, undefined, undefined]);
	});

	test("reads datagrams into bytes of the program's, and drops one that does not fit", () => {
		const waiting = [
			{ bytes: new Uint8Array(5).fill(9), host: "10.0.0.1", port: 1 },
			{ bytes: Uint8Array.of(1, 2, 3), host: "2001:db8::7", port: 56830 },
		];
		const program = `
			const socket = board.udpOpen(5683);
			const into = new Uint8Array(4), from = { host: "", port: 0 };
			board.print([socket, board.udpRead(socket, into, from), into.join(), from.host, from.port].join(" "));
			board.print(String(board.udpRead(socket, into, from)));
		`;
		assert.deepEqual(run(program, { udpOpen: (port) => port + 1, udpRead: () => waiting.shift() }), [
			"5684 3 1,2,3,0 2001:db8::7 56830",
			"-1",
		]);
	});

	test("sends views on buffers, closes and resolves", () => {
		const calls: unknown[] = [];
		const program = `
			const bytes = Uint8Array.of(1, 2, 3, 4, 5);
			const first = board.udpWrite(3, bytes.subarray(1, 4), "::1", 5683);
			board.print(String(first) + board.udpWrite(4, bytes.buffer, "h", 1));
			board.udpClose(3);
			board.resolve("örtlich.example");
		`;
		const given: Partial<BoardPorts> = {
			udpWrite: (socket, bytes, host, port) => calls.push([socket, [...bytes], host, port]) === 1,
			udpClose: (socket) => void calls.push(["close", socket]),
			resolve: (name) => void calls.push(["resolve", name]),
		};
		assert.deepEqual(run(program, given), ["truefalse"]);
		assert.deepEqual(calls, [
			[3, [2, 3, 4], "::1", 5683],
			[4, [1, 2, 3, 4, 5], "h", 1],
			["close", 3],
			["resolve", "örtlich.example"],
		]);
	});

	test("hands flash through, and its errors as texts", () => {
		const flash = new Uint8Array(64).fill(0xff);
		const given: Partial<BoardPorts> = {
			flashSizeBytes: 64,
			flashSectorBytes: 16,
			flashWriteBytes: 4,
			flashRead: (offset, into) => void into.set(flash.subarray(offset, offset + into.length)),
			flashWrite: (offset, bytes) => (offset % 4 === 0 ? void flash.set(bytes, offset) : "x".repeat(500)),
			flashErase: (offset, size) => void flash.fill(0xff, offset, offset + size),
			factorySizeBytes: 32,
			smartCardSizeBytes: () => -1,
		};
		const program = `
			const into = new Uint8Array(4);
			board.print([0, 1, 2, 3, 4].map((which) => board.flashGeometry(which)).join());
			board.print([board.flashWrite(4, Uint8Array.of(1, 2, 3, 4)), board.flashRead(4, into), into.join()].join("|"));
			board.print(String(board.flashWrite(5, into).length));
			board.print([board.flashErase(0, 16), board.flashRead(4, into), into.join()].join("|"));
		`;
		assert.deepEqual(run(program, given), ["64,16,4,32,-1", "||1,2,3,4", "159", "||255,255,255,255"]);
	});

	test("gives dice, entropy, temperature and the boot record", () => {
		const given: Partial<BoardPorts> = {
			dice: (bound) => bound - 1,
			fillEntropy: (bytes) => bytes.fill(0xab),
			temperature: () => -12.5,
			bootRecordJson: JSON.stringify({ platform: "ünïcode ☃ 𝄞" }),
		};
		const program = `
			const bytes = new Uint8Array(3);
			board.fillEntropy(bytes);
			const { platform } = JSON.parse(board.bootRecord());
			board.print([board.dice(6), bytes.join(), board.temperature(), platform].join(" "));
		`;
		assert.deepEqual(run(program, given), ["5 171,171,171 -12.5 ünïcode ☃ 𝄞"]);
	});

	test("refuses what is not bytes, and a boot record that is too long, as exceptions of the program", () => {
		const attempt = (call: string) => `try { ${call}; board.print("no"); } catch (error) { board.print(error.name); }`;
		assert.deepEqual(run(attempt("board.fillEntropy({})"), { fillEntropy: () => {} }), ["TypeError"]);
		assert.deepEqual(run(attempt("board.fillEntropy(new Uint16Array(2))"), { fillEntropy: () => {} }), ["TypeError"]);
		assert.deepEqual(run(attempt("board.bootRecord()"), { bootRecordJson: "x".repeat(3000) }), ["RangeError"]);
		assert.deepEqual(run(attempt("board.print = 1")), ["TypeError"]);
	});

	test("has one listener, who can be replaced, also while garbage is collected", () => {
		const ports = console();
		const machine = firmware({
			main: `
				board.listen(() => board.print("first"));
				board.listen((kind) => {
					board.print("second " + kind);
					board.listen(() => board.print("third"));
				});
			`,
		}).machine(small, ports);
		machine.boot();
		for (let i = 0; i < 3; i++) {
			machine.collect();
			machine.dispatch({ kind: "readable", socket: 1, count: 1 });
		}
		assert.deepEqual(ports.printed, ["second 2", "third", "third"]);
	});
});
