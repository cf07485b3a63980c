/** The port over a board's accelerator, on XS: every vector, and what a board's life does to keys. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { accelerator } from "../../../../hosts/simulator/board/accelerator.ts";
import { Chance } from "../../../../hosts/simulator/chance.ts";
import { compileCached } from "../../../../hosts/simulator/engine/bytecode-cache.ts";
import { loadEngine } from "../../../../hosts/simulator/engine/engine.ts";
import { Firmware, type Machine } from "../../../../hosts/simulator/engine/machine.ts";
import type { BoardPorts } from "../../../../hosts/simulator/engine/ports.ts";
import { bundle, closure } from "../../../../hosts/simulator/image/bundle.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url)).replace(/[/\\]$/, "");
const engine = await loadEngine();
const memory = {
	arenaBytes: 8 * 1024 * 1024,
	stackSlots: 4096,
	heapSlots: 16384,
	moreHeapSlots: 4096,
	chunkBytes: 512 * 1024,
	moreChunkBytes: 64 * 1024,
	keys: 2048,
	moreKeys: 1024,
	cHeapBytes: 1024 * 1024,
	turnComputrons: 4_000_000_000,
};

/** What each test's machine runs: `text` is called with the port, and with the number of the event from 1 on. */
async function programOf(text: string, more: readonly string[] = []): Promise<Firmware> {
	const names = ["hosts/simulator/device/crypto", "modules/bytes", ...more];
	const modules = await bundle({ entries: names.map((name) => `${root}/${name}.js`), root, shake: false });
	const needed = new Set(names.flatMap((name) => closure(modules, name)));
	const cases = 'import { cryptoCases } from "./test/modules/crypto/conformance.js";';
	const entry = `
		import { BoardCrypto } from "./hosts/simulator/device/crypto.js";
		import { toHex } from "./modules/bytes.js";
		${more.length > 0 ? cases : ""}
		const crypto = new BoardCrypto(board);
		const { p256 } = crypto;
		const turn = (${text});
		let count = 0;
		board.listen((kind, first) => turn(first, count++));
	`;
	const compiled = modules
		.filter((module) => needed.has(module))
		.map(({ name, source }) => compileCached(engine, name, source));
	const preload = compiled.map(({ name }) => name).filter((name) => !name.startsWith("test/"));
	return new Firmware(engine, engine.compiler.link([...compiled, engine.compiler.compile("run", entry)]), {
		entry: "run",
		preload,
	});
}

interface Board {
	readonly machine: Machine;
	readonly printed: string[];
	/** One turn. @returns what it printed */
	turn(number?: number): string;
}

function boardOf(firmware: Firmware, seed = 1): Board {
	const printed: string[] = [];
	const chance = new Chance(seed);
	const ports: Partial<BoardPorts> = {
		accelerator,
		print: (text) => printed.push(text),
		fillEntropy: (bytes) => chance.fill(bytes),
		wallTimeS: () => undefined,
		nowMs: () => 0,
	};
	const machine = firmware.machine(memory, ports as BoardPorts);
	machine.boot();
	const turn = (number = 0) => {
		printed.length = 0;
		machine.vm.turn(1, number);
		return printed.join(" ");
	};
	return { machine, printed, turn };
}

const conformance = await programOf(
	`(index) => {
		const cases = cryptoCases(crypto);
		if (index < 0) return board.print(JSON.stringify(cases.map(({ name }) => name)));
		try {
			cases[index].run();
			board.print("done");
		} catch (error) {
			board.print(error.message);
		}
	}`,
	["test/modules/crypto/conformance"],
);
const all = boardOf(conformance);
const names: string[] = JSON.parse(all.turn(-1));
for (const [index, name] of names.entries()) {
	test(`accelerator on XS: ${name}`, () => assert.equal(all.turn(index), "done"));
}
test("accelerator on XS: the vectors of P-256 are among them", () => assert.ok(names.length >= 15));

/** The first turn makes keys; each turn says what is made with them. */
const life = await programOf(`
	(() => {
		let keys;
		return (what) => {
			keys ??= { own: p256.generate(), psk: crypto.importSecret(new Uint8Array(16).fill(5)), hash: crypto.sha256() };
			if (what === 7) {
				board.print(String(keys.psk));
				return;
			}
			keys.hash.update(new Uint8Array(70).fill(what), 0, 70);
			const hash = keys.hash.digest();
			const all = [p256.publicPoint(keys.own), p256.sign(keys.own, hash), crypto.hmac(keys.psk, hash, 0, 32)];
			board.print(all.map((bytes) => toHex(bytes)).join());
		};
	})()
`);

test("two boards with one seed have the same keys, signatures and memory; with another seed they have not", () => {
	const [one, two, other] = [boardOf(life, 1), boardOf(life, 1), boardOf(life, 2)];
	for (let turn = 0; turn < 3; turn++) {
		const said = one.turn(turn);
		assert.equal(two.turn(turn), said);
		assert.notEqual(other.turn(turn), said);
	}
	assert.ok(Buffer.from(one.machine.vm.memory).equals(two.machine.vm.memory), "memory");
});

test("a snapshot holds the keys and the running hash", () => {
	const board = boardOf(life);
	board.turn(0);
	const asleep = board.machine.snapshot();
	const said = [board.turn(1), board.turn(2)];
	const other = boardOf(life, 99);
	other.machine.restore(asleep);
	assert.deepEqual([other.turn(1), other.turn(2)], said);
});

test("64 keys at once; the next one is a HostFailure, and a released one leaves room", async () => {
	const firmware = await programOf(`() => {
		const keys = [];
		try {
			for (;;) keys.push(crypto.importSecret(new Uint8Array(4)));
		} catch (error) {
			board.print([keys.length, error.name].join());
		}
		const ways = [
			() => p256.generate(),
			() => crypto.importAesKey(new Uint8Array(16)),
			() => crypto.masterSecret(keys[0], "psk", new Uint8Array(3)),
			() => p256.importPrivateKey(new Uint8Array(32).fill(1)),
		];
		for (const make of ways) {
			try {
				make();
				board.print("made");
			} catch (error) {
				board.print(error.name);
			}
		}
		crypto.release(keys[5]);
		board.print(String(crypto.importSecret(new Uint8Array(4)) === keys[5]));
	}`);
	assert.equal(boardOf(firmware).turn(), `64,HostFailure${" HostFailure".repeat(4)} false`);
});

test("a reset forgets the keys; released and foreign handles throw", async () => {
	const firmware = await programOf(`(what) => {
		const attempt = (use) => {
			try {
				use();
				board.print("done");
			} catch (error) {
				board.print(error.name);
			}
		};
		const key = what === 0 ? crypto.importSecret(new Uint8Array(1)) : what;
		board.print(String(key));
		attempt(() => crypto.hmac(key, new Uint8Array(1), 0, 1));
		attempt(() => p256.publicPoint(key));
		attempt(() => crypto.hmac(key, new Uint8Array(1), 1, 2));
		attempt(() => crypto.hmac(key, new Uint8Array(1), -1, 1));
		attempt(() => crypto.release(key));
		attempt(() => crypto.release(key));
		attempt(() => crypto.exportSecret(key));
		attempt(() => crypto.importAesKey(new Uint8Array(15)));
		attempt(() => crypto.importSecret(new Uint8Array(65)));
	}`);
	const bad = "RangeError";
	const first = boardOf(firmware).turn(0).split(" ");
	assert.deepEqual(first.slice(1), ["done", bad, bad, bad, "done", bad, bad, "HostFailure", "HostFailure"]);
	const afterReset = boardOf(firmware).turn(Number(first[0])).split(" ");
	assert.deepEqual(afterReset.slice(1, 7), [bad, bad, bad, bad, bad, bad]);
});

test("the accelerator's work counts as the board's", async () => {
	const firmware = await programOf(`(what) => {
		if (what === 0) return;
		const key = p256.generate();
		if (what === 2) p256.sign(key, new Uint8Array(32));
	}`);
	const board = boardOf(firmware);
	const costOf = (what: number) => {
		const before = board.machine.figures().computrons;
		board.turn(what);
		return board.machine.figures().computrons - before;
	};
	assert.ok(costOf(0) < 1000);
	const generated = costOf(1);
	assert.ok(generated < 1000, `generate() does not compute the point: ${generated}`);
	assert.ok(costOf(2) > 90_000);
});
