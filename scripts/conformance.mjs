// npm run conformance [-- --json] [--leshan] [--qemu] [FILTER…]   runs the conformance tests and shows a row for each case of
// the catalogue. --leshan also runs the interop suites, and --qemu the same tests with an emulated Cortex-M4 as the boards'
// machine, a quarter to half of an hour; who ends that goes on after the last file that was through and had no failure, on the
// same commit. What they say is kept in build/conformance for the next table without them. FILTER is part of an id or a title:
// `npm run conformance -- "ETS 2" composite`. --readme prints the lines of the README's table and runs nothing.
// Exit status: 0, 1 when a row has failed, 2 for a FILTER that fits none.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { build, root } from "./build.mjs";

const folder = join(root, "test/conformance");
const kept = join(root, "build/conformance");

/** The servers of the table, and how the names of their tests begin. */
const servers = [
	{ key: "ours", title: "Ours", test: (name) => !/^xs › (leshan|fiumara|embedded)/i.test(name) },
	{ key: "leshan", title: "Leshan", test: (name) => /^xs › leshan/i.test(name) },
	{ key: "fiumaralabs", title: "1.2 server", test: (name) => /^xs › fiumara/i.test(name) },
];

/** Ours again, on the chip (hosts/cortex-m/tools/guest.ts), and what runs with its own Ethernet and both servers. */
const chip = {
	key: "chip",
	title: "Cortex-M4",
	test: (name) => servers[0].test(name) || name.startsWith("cortex-m › "),
	environment: { DORMOUSE_MACHINE: "cortex-m" },
	file: join(root, "build/js/test/interop/cortex-m-conformance.test.js"),
};
const columns = [...servers, chip];

const groups = [
	{ title: "OMA's test cases (ETS)", has: (id) => id.startsWith("ETS ") },
	{ title: "Anjay's suites", has: (id) => id.startsWith("A-") },
	{ title: "Leshan's suites", has: (id) => id.startsWith("L-") },
];

/** @returns the rows of the catalogue: { id, title, state: "due" | "later", driver, note? } */
export const catalog = () => JSON.parse(readFileSync(join(folder, "catalog.json"), "utf8"));

/** @returns the ids in a test's name or source: "ETS 203 222", "A-72", "L-13" */
export function idsIn(text) {
	const ids = new Set();
	for (const [, numbers] of text.matchAll(/\bETS((?: \d+)+)\b/g)) {
		for (const number of numbers.trim().split(" ")) ids.add(`ETS ${number}`);
	}
	for (const [id] of text.matchAll(/(?<![\w-])[AL]-\d+\b/g)) ids.add(id);
	return ids;
}

/** @returns ids that a test of ours names, by the sources */
export function testedIds() {
	const files = readdirSync(folder).filter((name) => name.endsWith(".test.ts") && name !== "catalog.test.ts");
	return idsIn(files.map((name) => readFileSync(join(folder, name), "utf8")).join("\n"));
}

/** The README's table, without results: those are npm run conformance's. */
export function readmeLines() {
	const tested = testedIds();
	const rows = catalog();
	const lineOf = (title, some) => {
		const due = some.filter(({ state }) => state === "due");
		const done = due.filter(({ id }) => tested.has(id));
		return `| ${title} | ${due.length} | ${done.length} | ${due.length - done.length} | ${some.length - due.length} |`;
	};
	const lines = groups.map(({ title, has }) =>
		lineOf(
			title,
			rows.filter(({ id }) => has(id)),
		),
	);
	return [
		"| Conformance | Cases | tested | missing | later: other transports, OSCORE, EST |",
		"|---|---|---|---|---|",
		...lines,
		lineOf("all", rows),
	];
}

/** Runs test files and gathers how their leaves ended. @returns [{ name, passed }] */
function run(files, isSerial, environment = {}) {
	const { stdout } = spawnSync(
		process.execPath,
		[
			"--test",
			"--disable-warning=ExperimentalWarning",
			`--test-reporter=${join(root, "scripts/conformance-reporter.mjs")}`,
			"--test-reporter-destination=stdout",
			...(isSerial ? ["--test-concurrency=1"] : []),
			...files,
		],
		{
			cwd: root,
			stdio: ["ignore", "pipe", "inherit"],
			maxBuffer: 1 << 26,
			encoding: "utf8",
			env: { ...process.env, ...environment },
		},
	);
	const lines = stdout.split("\n").filter((line) => line.startsWith("{"));
	return lines.map((line) => JSON.parse(line));
}

/** @returns { id: { passed, failed, names of what failed } } for one server */
function byId(leaves, { test }) {
	const results = {};
	for (const { name, outcome, why } of leaves) {
		if (!test(name) || outcome === "skipped") continue;
		for (const id of idsIn(name)) {
			const result = (results[id] ??= { passed: 0, failed: [] });
			if (outcome === "passed") result.passed++;
			else result.failed.push(why === undefined ? name : `${name}: ${why}`);
		}
	}
	return results;
}

function commit() {
	const git = (...words) => spawnSync("git", words, { cwd: root, encoding: "utf8" }).stdout.trim();
	const isChanged = git("status", "--porcelain", "--", "modules", "src", "hosts", "test").length > 0;
	return `${git("rev-parse", "--short", "HEAD")}${isChanged ? "+" : ""}`;
}

const fileOf = ({ key }) => join(kept, `${key}.json`);

/** Interop results stay as they were measured, with the commit, until they are measured again. */
function recall(server) {
	if (!existsSync(fileOf(server))) return { commit: undefined, results: {} };
	return JSON.parse(readFileSync(fileOf(server), "utf8"));
}

function keep(server, results) {
	mkdirSync(kept, { recursive: true });
	const what = { commit: commit(), results };
	writeFileSync(fileOf(server), `${JSON.stringify(what, undefined, "\t")}\n`);
	return what;
}

const parts = join(kept, "chip-parts");

/** One file after the other, each kept when it is through: whoever ends this takes it up there again. */
function runOnChip(files) {
	const now = commit();
	mkdirSync(parts, { recursive: true });
	const leaves = files.flatMap((file) => {
		const path = join(parts, `${basename(file, ".test.js")}.json`);
		const part = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
		if (part?.commit === now && !now.endsWith("+")) return part.leaves;
		const began = performance.now();
		const fresh = run([file], true, chip.environment);
		const failed = fresh.filter(({ outcome }) => outcome === "failed");
		const took = Math.round((performance.now() - began) / 1000);
		process.stderr.write(`${basename(file)}: ${fresh.length} tests, ${failed.length} failed, ${took} s\n`);
		if (fresh.length > 0 && failed.length === 0) writeFileSync(path, JSON.stringify({ commit: now, leaves: fresh }));
		return fresh;
	});
	// A whole run that was good is not to be mistaken for the beginning of the next one.
	if (leaves.every(({ outcome }) => outcome !== "failed")) rmSync(parts, { recursive: true });
	return leaves;
}

function measure(isLeshan, isChip) {
	const own = readdirSync(folder).filter((name) => name.endsWith(".test.ts"));
	const compiled = own.map((name) => join(root, "build/js/test/conformance", name.replace(/\.ts$/, ".js")));
	const measured = { ours: keep(servers[0], byId(run(compiled, false), servers[0])) };
	measured.chip = isChip ? keep(chip, byId(runOnChip([...compiled, chip.file]), chip)) : recall(chip);
	let leaves = [];
	if (isLeshan) {
		const interop = readdirSync(join(root, "test/interop")).filter((name) =>
			/^(leshan|fiumara|conformance).*\.test\.ts$/.test(name),
		);
		leaves = run(
			interop.map((name) => join(root, "build/js/test/interop", name.replace(/\.ts$/, ".js"))),
			true,
		);
	}
	for (const server of servers.slice(1)) {
		const results = byId(leaves, server);
		measured[server.key] = Object.keys(results).length > 0 ? keep(server, results) : recall(server);
	}
	return measured;
}

function stateOf(result) {
	if (result === undefined) return undefined;
	return result.failed.length > 0 ? "failed" : result.passed > 0 ? "passed" : undefined;
}

function rowOf(row, measured) {
	const ours = stateOf(measured.ours.results[row.id]) ?? (row.state === "later" ? "later" : "missing");
	const of = (key) => stateOf(measured[key].results[row.id]) ?? "";
	return { ...row, ours, leshan: of("leshan"), fiumaralabs: of("fiumaralabs"), chip: of("chip") };
}

function totals(rows) {
	const count = (key) => {
		const counts = {};
		for (const row of rows) if (row[key] !== "") counts[row[key]] = (counts[row[key]] ?? 0) + 1;
		return counts;
	};
	return Object.fromEntries(columns.map(({ key }) => [key, count(key)]));
}

function table(rows) {
	const head = ["id", "title", ...columns.map(({ title }) => title), "note"];
	const cells = rows.map((row) => [row.id, row.title, ...columns.map(({ key }) => row[key]), row.note ?? ""]);
	const widths = head.map((_, column) => Math.max(...[head, ...cells].map((line) => line[column].length)));
	const text = (line) =>
		line
			.map((cell, column) => cell.padEnd(widths[column]))
			.join("  ")
			.trimEnd();
	return [head, ...cells].map(text);
}

async function main(words) {
	if (words.includes("--readme")) {
		process.stdout.write(`${readmeLines().join("\n")}\n`);
		return 0;
	}
	const filters = words.filter((word) => !word.startsWith("--"));
	const fits = ({ id, title }) => filters.some((part) => `${id} ${title}`.toLowerCase().includes(part.toLowerCase()));
	const wanted = catalog().filter((row) => filters.length === 0 || fits(row));
	if (wanted.length === 0) {
		process.stderr.write(`No case's id or title holds ${filters.join(" or ")}.\n`);
		return 2;
	}
	await build();
	const measured = measure(words.includes("--leshan"), words.includes("--qemu"));
	const rows = wanted.map((row) => rowOf(row, measured));
	const commits = Object.fromEntries(columns.map(({ key }) => [key, measured[key].commit]));
	const failures = rows.flatMap(({ id }) => columns.flatMap(({ key }) => measured[key].results[id]?.failed ?? []));
	if (words.includes("--json")) {
		process.stdout.write(`${JSON.stringify({ commits, totals: totals(rows), rows }, undefined, "\t")}\n`);
	} else {
		process.stdout.write(`${table(rows).join("\n")}\n\n`);
		for (const failure of new Set(failures)) process.stdout.write(`FAILED ${failure}\n`);
		for (const { key, title } of columns) {
			const counts = Object.entries(totals(rows)[key]).map(([state, count]) => `${count} ${state}`);
			process.stdout.write(`${title}${commits[key] ? ` at ${commits[key]}` : ""}: ${counts.join(", ") || "not run"}\n`);
		}
	}
	return failures.length > 0 ? 1 : 0;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) process.exitCode = await main(process.argv.slice(2));
