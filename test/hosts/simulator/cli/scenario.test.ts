import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { runScenario, type scenarioNames } from "../../../../hosts/simulator/cli/scenario.ts";
import type { WorldEvent } from "../../../../hosts/simulator/world.ts";
import { keptOutput } from "./dormouse.ts";

const timeout = 120_000;

async function tell(scenario: (typeof scenarioNames)[number], board: "esp32" | "nrf9160", seed = 1) {
	const output = keptOutput();
	const status = await runScenario({ scenario, board, seed, json: true }, output);
	const events = output.stdout
		.trim()
		.split("\n")
		.map((line) => JSON.parse(line) as WorldEvent);
	const said = (name: string) => events.filter(({ event }) => event === name);
	return { status, output, events, said };
}

test("[MaU-002] scenario firmware-update: another version runs, and tells another temperature", {
	timeout,
}, async () => {
	const { status, said, output } = await tell("firmware-update", "nrf9160");
	equal(status, 0, output.stderr);
	deepEqual(
		said("booted").map(({ version }) => version),
		["0.1.0", "0.2.0"],
	);
	equal(said("firmware.confirmed").length, 1);
	match(String(said("scenario").at(-2)?.text), /0\.2\.0 runs in slot b.*2\d\d\.\d K/);
});

test("[MaU-002] scenario firmware-revert: three crashes, and the old version says so", { timeout }, async () => {
	const { status, said, output } = await tell("firmware-revert", "esp32");
	equal(status, 0, output.stderr);
	deepEqual(
		said("booted").map(({ version }) => version),
		["0.1.0", "0.2.0", "0.2.0", "0.2.0", "0.1.0"],
	);
});

test("[MaU-002] scenario power-cut: three cuts, at most one block twice, and the update is there", {
	timeout,
}, async () => {
	const one = await tell("power-cut", "esp32");
	equal(one.status, 0, one.output.stderr);
	equal(one.said("powerCut").length, 3);
	ok(one.said("firmware.resumed").length === 1);
	const again = await tell("power-cut", "esp32");
	deepEqual(again.events, one.events, "virtual time: the same run");
});
