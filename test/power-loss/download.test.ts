/**
 * Power loss with the whole update machine: a server that names a package until it is there, and updates until the
 * device runs it; power cut at every flash operation from the first block to the confirmation, and again after that.
 * Invariants: the device always boots a whole image and registers; the package is fetched on, not anew (at most one
 * block twice for each cut while it downloads, and a sector where cuts follow each other); in the end the new version
 * runs, and says so.
 */
import { deepEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "../harness.ts";
import { package2, Scene, type SceneOptions } from "../modules/firmware/scene.ts";
import { type NorFlash, PowerCut } from "../modules/settings/nor-flash.ts";

const isExhaustive = process.env.DORMOUSE_POWER_LOSS === "all";
const uri = "coap://files.example/fw";
const sizeBytes = 4096;

const chips: Readonly<Record<string, SceneOptions>> = {
	"512-byte sectors, words": { slotSectors: 8, slotSectorBytes: 512, writeBytes: 4 },
	"4 KiB sectors, bytes": { slotSectors: 1, slotSectorBytes: 4096, writeBytes: 1 },
	"2 KiB sectors, 8 bytes": { slotSectors: 2, slotSectorBytes: 2048, writeBytes: 8 },
	"4 KiB sectors, 32 bytes": { slotSectors: 2, slotSectorBytes: 4096, writeBytes: 32 },
};

interface Rail {
	operations: number;
	cutAt: number;
}

function feed(scene: Scene, chance: (bound: number) => number): Rail {
	const rail = { operations: 0, cutAt: -1 };
	const { state, a, b } = scene.board;
	for (const chip of [state, a, b, scene.flash] as NorFlash[]) {
		chip.chance = chance;
		const set = (value: number) => void (rail.operations = value);
		Object.defineProperties(chip, {
			operations: { get: () => rail.operations, set },
			cutAt: { get: () => rail.cutAt },
		});
	}
	return rail;
}

/**
 * What the server does until the device runs the new version.
 * @param cuts when power goes, by operation since the last
 */
function update(scene: Scene, rail: Rail, cuts: readonly number[], where: string): number {
	const waiting = [...cuts];
	let done = 0;
	const arm = () => {
		const next = waiting.shift();
		rail.cutAt = next === undefined ? -1 : rail.operations + next;
	};
	arm();
	let isDark = false;
	for (let round = 0; round < 60; round++) {
		try {
			if (isDark) scene.cut();
			isDark = false;
			const state = scene.text("/5/0/3");
			if (scene.text("/3/0/3") === "2.0.0" && scene.text("/5/0/5") === "1" && state === "0") return done;
			if (state === "0") scene.pull(uri);
			else if (state === "2") scene.execute("/5/0/2");
			scene.run(5000);
		} catch (error) {
			if (!(error instanceof PowerCut)) throw new Error(`${where}: ${String(error)}`, { cause: error });
			done++;
			isDark = true;
			arm();
		}
	}
	throw new Error(`${where}: no new version: ${scene.now}, ${JSON.stringify(scene.records.slice(-8))}`);
}

/**
 * A cut costs a block. A further one may fall into the sector that the download goes on in: its beginning is put back
 * after the erase, and what a cut takes of it there is fetched again.
 */
function check(scene: Scene, cuts: number, where: string): void {
	deepEqual(scene.board.b.bytes.subarray(0, sizeBytes), package2(sizeBytes), `${where}: the new image`);
	const slots = scene.board.boot("powerOn");
	ok(slots.start === "b" && slots.bootReason.kind === "normal", `${where}: ${slots.start} ${slots.bootReason.kind}`);
	const again = scene.asked.length - new Set(scene.asked).size;
	const most = cuts + Math.max(0, cuts - 1) * Math.ceil(scene.board.b.sectorBytes / 1024);
	ok(again <= most, `${where}: ${again} blocks came twice`);
}

for (const [name, options] of Object.entries(chips)) {
	test(`[FWU-1][MaU-002] a download, power cut at every operation, ${name}: the update is made`, (context) => {
		const make = (seed: number) => {
			const scene = new Scene(options);
			scene.shelve("fw", package2(sizeBytes));
			return { scene, rail: feed(scene, seeded(seed)) };
		};
		const whole = make(1);
		update(whole.scene, whole.rail, [], `${name}, no cut`);
		check(whole.scene, 0, `${name}, no cut`);
		const { operations } = whole.rail;
		const counts = { first: 0, again: 0 };
		for (let cutAt = 0; cutAt < operations; cutAt++) {
			const { scene, rail } = make(cutAt + 3);
			const where = `${name}, cut at ${cutAt} of ${operations}`;
			counts.first += update(scene, rail, [cutAt], where);
			check(scene, 1, where);
			for (let second = cutAt % 7; second < 24; second += isExhaustive ? 1 : 17) {
				const twice = make(cutAt * 31 + second);
				const there = `${where}, and ${second} later`;
				const done = update(twice.scene, twice.rail, [cutAt, second], there);
				counts.again += done - 1;
				check(twice.scene, done, there);
			}
		}
		context.diagnostic(`${name}: ${counts.first} cuts of ${operations} operations, ${counts.again} again`);
		ok(counts.first === operations && counts.again > 0, "the sweep proved nothing");
	});
}
