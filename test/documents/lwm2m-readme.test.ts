/** What modules/lwm2m/README.md shows is what runs. */
import { deepEqual, ok } from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { BOOTSTRAP, type BootstrapEvent, type BootstrapStateName } from "../../modules/lwm2m/bootstrap-state.ts";
import { type LinkEvent, type LinkStanding, linkTable } from "../../modules/lwm2m/link-watch.ts";
import { type RegistrationEvent, type RegistrationState, registrationTable } from "../../modules/lwm2m/registration.ts";
import { bindingRules } from "../../modules/lwm2m/transport-binding.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const readme = readFileSync(join(root, "modules/lwm2m/README.md"), "utf8");

test("[CORE-REG-1] the registration table of the README is the one that runs", () => {
	const states = Object.keys(registrationTable) as RegistrationState[];
	const events = Object.keys(registrationTable.idle) as RegistrationEvent[];
	const row = (cells: readonly string[]) => cells.join("|");
	const expected = events.map((event) => {
		const cells = states.map((state) => {
			const cell = registrationTable[state][event];
			if (cell === "ignore") return "·";
			return cell === "impossible" ? "✗" : `${cell[0]} → ${cell[1]}`;
		});
		return row([`**${event}**`, ...cells]);
	});
	// Cells without the blanks that align them.
	const rows = readme
		.split("\n")
		.filter((line) => line.startsWith("|"))
		.map((line) => line.split("|").slice(1, -1))
		.map((cells) => row(cells.map((cell) => cell.trim())));
	ok(rows.includes(row(["", ...states])), "the heading with all states");
	deepEqual(
		rows.filter((line) => line.startsWith("**")),
		expected,
	);
});

test("the bootstrap table of the README is the one that runs", () => {
	const states = Object.keys(BOOTSTRAP) as BootstrapStateName[];
	const expected = (Object.keys(BOOTSTRAP.idle) as BootstrapEvent[]).map((event) => {
		const cells = states.map((state) => {
			const cell = BOOTSTRAP[state][event];
			if (cell === "ignore") return "·";
			return cell === "impossible" ? "✗" : `${cell[0]} → ${cell[1]}`;
		});
		return [event, ...cells].join("|");
	});
	const lines = readme.split("\n").map((line) =>
		line
			.split("|")
			.slice(1, -1)
			.map((cell) => cell.trim())
			.join("|"),
	);
	const at = lines.indexOf(["", ...states].join("|"));
	ok(at > 0, "the heading with all states");
	deepEqual(lines.slice(at + 2, at + 2 + expected.length), expected);
});

test("the table of the network in the README is the one that runs", () => {
	const standings = Object.keys(linkTable) as LinkStanding[];
	for (const event of Object.keys(linkTable.online) as LinkEvent[]) {
		const line = readme.split("\n").find((each) => each.startsWith(`| link ${event} `)) ?? "";
		const cells = line.split("|").map((cell) => cell.trim());
		deepEqual(
			cells.slice(2, -1),
			standings.map((standing) => linkTable[standing][event]),
			event,
		);
	}
});

test("[TRAN-BIND-001..009] the rules for a transport in the README are the ones that run, in their order", () => {
	const lines = readme.split("\n");
	const at = lines.findIndex((line) => line.startsWith("| rule "));
	const rows = lines
		.slice(at + 2, at + 2 + bindingRules.length)
		.map((line) => line.split("|").map((cell) => cell.trim()));
	deepEqual(
		rows.map((cells) => [cells[1], cells[3]]),
		bindingRules.map(([why, isListed]) => [why, isListed]),
	);
});

test("every file of the module is in the README's map, and in the manifest's preload", () => {
	for (const folder of ["modules/lwm2m", "modules/objects", "modules/objects/facts"]) {
		const place = join(root, folder.replace("/facts", ""));
		const names = folder === "modules/lwm2m" ? ["manifest.json"] : ["manifest.json", "manifest_all.json"];
		const manifest = names.map((name) => readFileSync(join(place, name), "utf8")).join("\n");
		for (const name of readdirSync(join(root, folder)).filter((file) => file.endsWith(".ts"))) {
			ok(manifest.includes(`"${folder}/${name.replace(".ts", "")}"`), `${folder}/${name} in the manifest`);
			if (folder === "modules/lwm2m") ok(readme.includes(name), `${name} in the README`);
		}
	}
});
