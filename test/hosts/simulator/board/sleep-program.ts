/**
 * A device program for tests of sleep on XS: says what it finds at each boot, keeps a counter in retained RAM, and
 * sleeps deep for a minute.
 */
import { SimulatedHost } from "../../../../hosts/simulator/device/host.ts";
import type { Natives } from "../../../../hosts/simulator/device/natives.ts";

declare const board: Natives;

const host = new SimulatedHost(board);
const { power, clock, log } = host;
const { resetCause, clockWentOn, wakeReason } = power;
const counter = new Uint8Array(2);
power.retained!.read(power.retained!.sizeBytes - 2, counter);
log.write({ event: "boot", resetCause, clockWentOn, wakeReason, now: clock.nowMs(), counter: counter.join(" ") });
if (counter[1] !== 77) counter.set([0, 77]);
counter[0]!++;
power.retained!.write(power.retained!.sizeBytes - 2, counter);
try {
	power.sleep(Number.POSITIVE_INFINITY, "deep");
} catch (error) {
	log.write({ event: "refused", why: String(error) });
}
power.sleep(clock.nowMs() + 60_000, "deep");
