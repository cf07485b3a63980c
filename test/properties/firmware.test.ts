/**
 * Drawn lives of a device that updates itself. Invariants:
 * - State and Update Result are always a pair of the figure (LwM2M Core 1.2 Appendix E.6), whatever servers write and
 *   execute, whatever fails, whenever power goes;
 * - what a server is told to be refused changed nothing;
 * - "updated" (Result 1) is told by the new image alone, "failed" out of Updating by the old one;
 * - the device always boots, and an update that is left alone with a good server and a good package comes to its end.
 */
import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { fakeImage } from "../modules/firmware/fake-slots.ts";
import { package2, Scene } from "../modules/firmware/scene.ts";
import { fc } from "../seed.ts";

const pairs: { readonly [state: string]: readonly number[] } = {
	"0": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
	"1": [0],
	"2": [0, 8, 11],
	"3": [0],
};

const acts: { readonly [name: string]: (it: Scene) => string | undefined } = {
	push: (it) => it.push(package2()),
	pushBroken: (it) => {
		const bytes = package2();
		bytes[2222]! ^= 4;
		return it.push(bytes);
	},
	pushStrange: (it) => it.push(new Uint8Array(3000).fill(3)),
	pushForged: (it) => it.push(fakeImage({ version: 2, sizeBytes: 2048, isForged: true })),
	pushLarge: (it) => it.push(package2(20_000)),
	null: (it) => it.push(new Uint8Array(1)),
	pull: (it) => it.pull("coap://files.example/fw"),
	pullHere: (it) => it.pull("coap://server.example/fw"),
	pullNothing: (it) => it.pull("coap://files.example/none"),
	pullStrange: (it) => it.pull("http://files.example/fw"),
	pullBad: (it) => it.pull("::"),
	empty: (it) => it.pull(""),
	update: (it) => it.execute("/5/0/2"),
	cancel: (it) => it.execute("/5/0/10"),
	cutFiles: (it) => {
		it.isFilesCut = !it.isFilesCut;
		return undefined;
	},
	unwelcome: (it) => {
		it.welcomes = !it.welcomes;
		return undefined;
	},
	power: (it) => {
		it.cut();
		return undefined;
	},
	crash: (it) => {
		it.boot("crash");
		return undefined;
	},
	rot: (it) => {
		const slot = it.board.boot().running === "a" ? it.board.b : it.board.a;
		slot.bytes[1500]! ^= 1;
		return undefined;
	},
	moment: (it) => {
		it.run(1);
		return undefined;
	},
	minute: (it) => {
		it.run(61_000);
		return undefined;
	},
	hours: (it) => {
		it.run(7_200_000);
		return undefined;
	},
};

function stateOf(it: Scene): string {
	const instance = it.client.registry.instance(5, 0)!;
	return `${instance.at(3)}/${instance.at(5)}`;
}

test("[FWU-5] drawn writes, executes, failures and power cuts never leave the figure", () => {
	const names = Object.keys(acts);
	fc.assert(
		fc.property(
			fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 14 }),
			fc.constantFrom("go", "ask", "busy"),
			(life, answer) => {
				let gate = answer as "go" | "ask" | "busy";
				const it = new Scene({ gate: () => gate });
				it.shelve("fw", package2());
				for (const name of life) {
					if (name === "rot" && stateOf(it).startsWith("3")) continue; // the trial's own slot: another test's
					const before = stateOf(it);
					const records = it.logged("firmware.state").length;
					const code = acts[name]!(it);
					// what happens by itself meanwhile is in the log
					if (code === "4.05" && it.logged("firmware.state").length === records) equal(stateOf(it), before, name);
					const [now, result] = stateOf(it).split("/");
					ok(pairs[now!]!.includes(Number(result)), `${life.join()} at ${name}: ${now}/${result}`);
				}
				it.welcomes = true;
				it.isFilesCut = false;
				gate = "go";
				it.run(7_200_000);
				const settled = it.now;
				ok(/^[02]\//.test(settled), `${life.join()}: rests in ${settled}`);
				it.pull("");
				it.run(100);
				equal(it.now, "0/0", life.join());
				it.pull("coap://files.example/fw");
				it.run(60_000);
				equal(it.now, "2/0", life.join());
				it.execute("/5/0/2");
				it.run(120_000);
				equal(it.now, "0/1", life.join());
			},
		),
		{ numRuns: 150 },
	);
});
