/**
 * Power loss during an update: download, verify, snapshot, mark, trial, migration, confirm, revert, restore.
 * `DORMOUSE_POWER_LOSS=all` cuts everywhere, and everywhere again in the recovery.
 * Invariants: the board always boots; what is started is whole; settings are those of the version that runs; in the
 * end the good update is there, and of a bad one nothing is left but the memory of it.
 */
import { ok } from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "../harness.ts";
import { chips } from "./geometries.ts";
import { type Fate, UpdatedDevice } from "./update.ts";

const isExhaustive = process.env.DORMOUSE_POWER_LOSS === "all";
const fates: readonly Fate[] = ["good", "refuses", "crashes", "hangs", "rots"];

for (const [name, { geometry }] of Object.entries(chips)) {
	const isLarge = geometry.sectorBytes > 8192;
	test(`[MaU-002][MaU-003] an update, power cut at every operation, ${name}: old or new, and again`, (context) => {
		const counts = { operations: 0, first: 0, recovery: 0, old: 0, new: 0 };
		for (const fate of fates) {
			const whole = new UpdatedDevice(geometry, fate, `${name}, ${fate}, no cut`);
			whole.live();
			whole.isSettled();
			const { operations } = whole.rail;
			counts.operations += operations;
			for (let cutAt = 0; cutAt < operations; cutAt += isLarge && !isExhaustive ? 4 : 1) {
				const where = `${name}, ${fate}, cut at ${cutAt} of ${operations}`;
				const device = new UpdatedDevice(geometry, fate, where);
				device.draw(seeded(cutAt * 7919 + 1));
				device.rail.cutAt = cutAt;
				ok(device.live(), `${where}: nothing was cut`);
				counts.first++;
				const stride = isExhaustive ? (isLarge ? 5 : 1) : isLarge ? 41 : 9;
				recover(device, counts, cutAt % stride, stride);
			}
		}
		const { operations, first, recovery, old } = counts;
		const recovered = `${old} old, ${counts.new} new at the next boot`;
		context.diagnostic(
			`${name}: ${first} cuts of ${operations} operations (${recovered}), ${recovery} in the recovery`,
		);
		ok(old > 0 && counts.new > 0 && recovery > 0, "the sweep proved nothing");
	});
}

/** Goes on after a cut: to the end, and with another cut at every operation of that. */
function recover(
	device: UpdatedDevice,
	counts: { recovery: number; old: number; new: number },
	from: number,
	stride: number,
): void {
	const { board, fate, where } = device;
	const { sectorBytes, writeBytes, erasedByte } = board.state;
	const geometry = { sectors: board.state.sizeBytes / sectorBytes, sectorBytes, writeBytes, erasedByte };
	const again = (which: string) => new UpdatedDevice(geometry, fate, `${where}${which}`, device);
	const whole = again(", recovered");
	whole.live();
	whole.isSettled();
	counts[whole.started[0] === 2 ? "new" : "old"]++;
	for (let cutAt = from; cutAt < whole.rail.operations; cutAt += stride) {
		const second = again(`, recovery cut at ${cutAt}`);
		second.draw(seeded(cutAt * 104729 + where.length));
		second.rail.cutAt = cutAt;
		ok(second.live(), `${second.where}: nothing was cut`);
		counts.recovery++;
		second.rail.cutAt = -1;
		second.live();
		second.isSettled();
	}
}
