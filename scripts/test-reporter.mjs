// node:test reporter: one line per failure with its cause, and the counts of leaf cases by engine.
// Ends with the plain line `N passed, N failed, N skipped`, true for all engines together.
import { relative } from "node:path";

const engineOf = (name) => (name.startsWith("xs › ") ? "XS" : "Node");

export default async function* report(source) {
	const counts = { passed: 0, failed: 0, skipped: 0 };
	const engines = {};
	const failures = [];
	const skips = [];
	const slow = [];
	for await (const { type, data } of source) {
		if (type === "test:stderr") yield data.message;
		if (type !== "test:pass" && type !== "test:fail") continue;
		const error = data.details?.error;
		// A suite, a parent of subtests and a file are not cases; a file that dies outside its cases is.
		const isParent = data.details?.type === "suite" || error?.failureType === "subtestsFailed" || hasSubtests(data);
		if (isParent) continue;
		const engine = (engines[engineOf(data.name)] ??= { passed: 0, failed: 0, skipped: 0 });
		const skipped = data.skip !== undefined || data.todo !== undefined;
		const outcome = skipped ? "skipped" : type === "test:pass" ? "passed" : "failed";
		counts[outcome]++;
		engine[outcome]++;
		if (outcome === "skipped") skips.push(`${data.name}: ${data.skip || data.todo}`);
		if (outcome === "failed") failures.push({ name: data.name, file: data.file, error });
		if (outcome === "failed") yield `FAILED ${data.name}\n`;
		if (data.details?.duration_ms > 3000) slow.push([Math.round(data.details.duration_ms), data.name]);
	}
	for (const { name, file, error } of failures) {
		const cause = error?.cause ?? error;
		yield `\nFAILED ${name}\n  in ${file ? relative(process.cwd(), file) : "?"}\n`;
		yield `  ${String(cause?.stack ?? cause?.message ?? cause).replaceAll("\n", "\n  ")}\n`;
	}
	for (const [ms, name] of slow.sort((a, b) => b[0] - a[0]).slice(0, 10)) yield `slow: ${ms} ms ${name}\n`;
	for (const skip of skips) yield `skipped: ${skip}\n`;
	for (const [engine, { passed, failed, skipped }] of Object.entries(engines)) {
		yield `on ${engine}: ${passed} passed ${failed} failed ${skipped} skipped\n`;
	}
	yield `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`;
}

/** Parents report after their children, one level up: remember which places had children. */
const parents = new Map();
function hasSubtests(data) {
	const key = data.file ?? "";
	let level = parents.get(key);
	if (level === undefined) parents.set(key, (level = []));
	const had = level[data.nesting + 1] === true;
	level.length = Math.min(level.length, data.nesting + 1);
	level[data.nesting] = true;
	return had;
}
