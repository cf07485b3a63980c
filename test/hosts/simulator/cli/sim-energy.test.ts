import { equal, match, ok } from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { EnergyReport } from "../../../../hosts/simulator/cli/energy-report.ts";
import { dormouse, eventsOf } from "./dormouse.ts";

const timeout = 120_000;
const folder = mkdtempSync(join(tmpdir(), "dormouse-energy-"));
process.on("exit", () => rmSync(folder, { recursive: true }));

const hours = ["sim", "--for", "3h", "--lifetime", "86400", "--notify-every", "15m", "--sample-every", "15m"];

async function energyOf(...more: string[]): Promise<EnergyReport> {
	const { status, stdout, stderr } = await dormouse(...hours, "--seed", "7", "--json", ...more);
	equal(status, 0, stderr);
	return (eventsOf(stdout).at(-1) as unknown as { energy: EnergyReport }).energy;
}

test("a run ends with its charge: by cause, by state, in a cell, and what to change", { timeout }, async () => {
	const board = ["--board", "nrf9160", "--queue-mode", "--awake", "5s"];
	const energy = await energyOf(...board, "--cell", "er14505");
	const { causes, states, millicoulombs, cell, habits, meanMicroamperes } = energy;
	const total = (parts: readonly { readonly millicoulombs: number }[]) =>
		parts.reduce((all, part) => all + part.millicoulombs, 0);
	for (const parts of [causes, states]) ok(Math.abs(total(parts) - millicoulombs) < 1e-6 * millicoulombs);
	const named = causes.map(({ cause }) => cause);
	for (const cause of ["notify", "sleep", "register", "join", "compute"] as const) ok(named.includes(cause), cause);
	ok(!named.includes("idle") && !named.includes("other"), named.join());
	ok(Math.abs(meanMicroamperes - millicoulombs / 10.8) < 1e-6 * meanMicroamperes);
	ok(causes.find(({ cause }) => cause === "notify")!.datagrams >= 11);
	equal(cell.name, "er14505");
	ok(cell.years! > 0.5 && cell.years! < 10, String(cell.years));
	equal(habits.length, 5);
	for (const { text, yearsWithout } of habits) {
		match(text, /% goes to .*: .*\.$/);
		ok(yearsWithout! >= cell.years!);
	}
});

test("queue mode and sleep are what makes a Wi-Fi board last; a shorter window helps more", { timeout }, async () => {
	const awake = await energyOf();
	const queued = await energyOf("--queue-mode");
	const short = await energyOf("--queue-mode", "--awake", "3s");
	equal(awake.habits[0]!.cause, "idle");
	equal(queued.habits[0]!.cause, "awake");
	ok(awake.meanMicroamperes > 5 * queued.meanMicroamperes);
	ok(queued.meanMicroamperes > 5 * short.meanMicroamperes);
});

test("a plot has axes, a legend, and an area for each cause; people read the same in lines", { timeout }, async () => {
	const file = join(folder, "plot.svg");
	const { status, stdout, stderr } = await dormouse(...hours, "--queue-mode", "--plot", file, "--seed", "7");
	equal(status, 0, stderr);
	match(stderr, /plot\.svg: the current over time/);
	for (const said of [/Charge +drawn +of all/, /awake window +[\d.]+ C/, /life +.* on two AA, lithium, 3,500 mAh/]) {
		match(stdout, said);
	}
	match(stdout, /The dearest habits\n {4}1\. [\d.]+ % goes to awake window.*Without it: /);
	const svg = readFileSync(file, "utf8");
	ok(svg.startsWith("<svg ") && svg.endsWith("</svg>\n"));
	for (const said of [/ESP32 .*: 3 h, seed 7/, /mean of each 2 min/, />time</, /mA</, />3 h</, />awake window \d+/]) {
		match(svg, said);
	}
	ok((svg.match(/<polygon /g) ?? []).length >= 5);
	equal((svg.match(/<text /g) ?? []).length, (svg.match(/<\/text>/g) ?? []).length);
	ok(!/NaN|Infinity|undefined/.test(svg));
});
