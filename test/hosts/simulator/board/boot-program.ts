import { SimulatedHost } from "../../../../hosts/simulator/device/host.ts";
import type { Natives } from "../../../../hosts/simulator/device/natives.ts";
import { product } from "../../../../src/product.ts";
import { greeting, live } from "./boot-behaviour.ts";

const host = new SimulatedHost((globalThis as unknown as { board: Natives }).board);
const { slots, log, power, clock } = host;
const reason = slots?.bootReason ?? { kind: "none" };
log.write({
	event: "hello",
	greeting,
	version: product.firmwareVersion,
	running: slots?.running,
	kind: reason.kind,
	why: "why" in reason ? reason.why : undefined,
	cause: power.resetCause,
	other: slots?.state(slots.running === "a" ? "b" : "a"),
});
clock.setAlarm(clock.nowMs() + 100, () => live(host));
