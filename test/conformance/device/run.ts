/**
 * The conformance device in real time, against a server of one's own:
 *   node build/js/test/conformance/device/run.js --server coap://127.0.0.1:5683 --endpoint NAME [--lifetime S]
 *     [--enabler 1.0|1.1|1.2] [--plan JSON] [--seed N] [--json]
 * One JSON line an event on stdout, as `dormouse sim --json`; Ctrl-C de-registers. --plan is a PlanWish of plan.ts.
 */
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { loadDevice } from "../../../hosts/simulator/board/loader.ts";
import { presets } from "../../../hosts/simulator/board/presets.ts";
import { Interrupt, within } from "../../../hosts/simulator/cli/interrupt.ts";
import type { Machine } from "../../../hosts/simulator/engine/machine.ts";
import { World } from "../../../hosts/simulator/world.ts";
import { conformanceEntry } from "./entry.ts";

const { values } = parseArgs({
	options: {
		server: { type: "string" },
		endpoint: { type: "string", default: "conformance" },
		lifetime: { type: "string", default: "300" },
		enabler: { type: "string", default: "1.1" },
		plan: { type: "string", default: "{}" },
		seed: { type: "string" },
		json: { type: "boolean", default: true },
	},
});
const { server: serverUri, endpoint: endpointName, lifetime, enabler, plan, seed } = values;
if (serverUri === undefined) throw new Error("--server says which server: coap://127.0.0.1:5683");

/** How long the board may take to say good-bye. */
const farewellMs = 3000;

const interrupt = new Interrupt();
const device = await loadDevice({ entry: conformanceEntry });
let end: () => void = () => {};
const ended = new Promise<void>((resolve) => {
	end = resolve;
});
const world = World.real<Machine>({
	seed: seed === undefined ? randomInt(2 ** 32) : Number(seed),
	device,
	onEvent(event) {
		process.stdout.write(`${JSON.stringify(event)}\n`);
		if (event.event === "off" || event.event === "deviceFailed") end();
	},
	onPrint: (text) => void process.stderr.write(`device: ${text}\n`),
});
const serialNumber = JSON.stringify({ enabler, ...JSON.parse(plan as string) });
const factory = { endpointName: endpointName as string, serverUri, lifetimeS: Number(lifetime), serialNumber };
const board = world.addBoard({ preset: presets.esp32, factory });
board.powerOn();
await Promise.race([interrupt.asked, ended]);
if (board.state === "running") {
	board.shutDown();
	await within(farewellMs, ended);
}
process.exitCode = board.state === "failed" ? 1 : 0;
world.close();
interrupt.close();
