/**
 * A device program for power-cut tests: keeps a counter in two sectors of flash, written in turn, and adds one to it at
 * every boot. Its entry is a module of its own, as every image's.
 */
import { SimulatedHost } from "../../../../hosts/simulator/device/host.ts";
import type { Natives } from "../../../../hosts/simulator/device/natives.ts";

declare const board: Natives;

const host = new SimulatedHost(board);
const { flash, log, clock } = host;
const entry = new Uint8Array(8);

/** A sector holds the counter, then the counter inverted, written last: torn writes do not look like that. */
function counterIn(sector: number): number {
	flash.read(sector * flash.sectorBytes, entry);
	const view = new DataView(entry.buffer);
	const counter = view.getUint32(0, true);
	return view.getUint32(4, true) === ~counter >>> 0 ? counter : 0;
}

const counters = [counterIn(0), counterIn(1)] as const;
const newest = counters[0] > counters[1] ? 0 : 1;
const counter = counters[newest] + 1;
log.write({ event: "found", counter: counters[newest] });
const view = new DataView(entry.buffer);
const older = (1 - newest) * flash.sectorBytes;
flash.erase(older, flash.sectorBytes);
view.setUint32(0, counter, true);
view.setUint32(4, ~counter >>> 0, true);
flash.write(older, entry.slice(0, 4));
flash.write(older + 4, entry.slice(4));
log.write({ event: "stored", counter });
clock.setAlarm(undefined, () => {});
