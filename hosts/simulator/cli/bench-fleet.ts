import { loadavg } from "node:os";
import { type LoadedDevice, loadDevice } from "../board/loader.ts";
import { Fleet } from "../fleet/fleet.ts";
import { runYear, type YearDepth } from "../fleet/year.ts";
import { type Throughput, throughputOf } from "./fleet.ts";
import type { ExitStatus } from "./main.ts";
import type { Output } from "./output.ts";
import { buildProgress } from "./progress.ts";
import { grouped } from "./report.ts";

interface Year {
	readonly depth: YearDepth;
	readonly days: number;
	readonly tookMs: number;
	/** Of this process: less than `tookMs` where the machine is busy. */
	readonly processorMs: number;
	readonly boots: number;
	readonly turns: number;
	readonly computrons: number;
	readonly notifications: number;
	readonly violations: number;
	readonly hash: string;
}

interface Fleets extends Throughput {
	readonly boards: number;
	readonly days: number;
	readonly processorMs: number;
	readonly boots: number;
	readonly turns: number;
	readonly datagrams: number;
	readonly violations: number;
	readonly hash: string;
}

const dayMs = 86_400_000;
const yearDays = 365;
/** Over DTLS, nine of ten asleep between reports. */
const fleetWish = { count: 1000, forMs: 7 * dayMs, securePercent: 100, sleepingPercent: 90 };

/** `dormouse bench --fleet`: virtual years, and a thousand boards for a week. Minutes. */
export async function run({ json }: { readonly json?: boolean }, output: Output): Promise<ExitStatus> {
	const device = await loadDevice({ onProgress: buildProgress(output) });
	const load = () => Math.round(loadavg()[0]! * 10) / 10;
	const before = load();
	const years: Year[] = [];
	for (const depth of ["light", "deep"] as const) {
		output.err(`A year in ${depth} sleep …`);
		years.push(await year(device, depth));
	}
	output.err(`${grouped(fleetWish.count)} boards for ${fleetWish.forMs / dayMs} days …`);
	const bench = { years, fleet: await fleet(device), loadAverage: [before, load()] };
	if (json) output.out(JSON.stringify(bench));
	else for (const line of lines(bench.years, bench.fleet, bench.loadAverage)) output.out(line);
	const violations = [...bench.years, bench.fleet].reduce((sum, { violations }) => sum + violations, 0);
	return violations === 0 ? 0 : 1;
}

async function timed<T>(work: () => Promise<T>): Promise<{ result: T; tookMs: number; processorMs: number }> {
	const began = performance.now();
	const usage = process.cpuUsage();
	const result = await work();
	const { user, system } = process.cpuUsage(usage);
	return { result, tookMs: performance.now() - began, processorMs: (user + system) / 1000 };
}

async function year(device: LoadedDevice, depth: YearDepth): Promise<Year> {
	const run = () => runYear({ seed: 1, device, depth, forMs: yearDays * dayMs, isSecure: true });
	const { result, ...took } = await timed(run);
	const { boots, turns, computrons, hash, violationCount, server } = result;
	const done = { boots, turns, computrons: Math.round(computrons), notifications: server.notifications };
	return { depth, days: yearDays, ...took, ...done, violations: violationCount, hash };
}

async function fleet(device: LoadedDevice): Promise<Fleets> {
	const all = new Fleet({ ...fleetWish, seed: 1, device });
	const { result, tookMs, processorMs } = await timed(() => all.run());
	all.close();
	const { boots, turns, hash, violationCount: violations, network } = result;
	const { count: boards, forMs } = fleetWish;
	const done = { boots, turns, datagrams: network.sent ?? 0, violations, hash };
	return { boards, days: forMs / dayMs, processorMs, ...done, ...throughputOf(result, tookMs) };
}

function lines(years: readonly Year[], fleet: Fleets, loadAverage: readonly number[]): string[] {
	const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
	const verdict = (violations: number) => (violations === 0 ? "nothing violated" : `${grouped(violations)} VIOLATIONS`);
	const mebibytes = grouped(fleet.peakResidentBytes / 1_048_576);
	return [
		"One queue-mode board over DTLS that measures and reports every hour",
		...years.map(
			({ depth, days, tookMs, processorMs, boots, turns, computrons, violations }) =>
				`  ${days} days of ${depth} sleep`.padEnd(30) +
				`${seconds(tookMs)} (${seconds(processorMs)} of processor), ${grouped(boots)} boots, ${grouped(turns)} turns, ` +
				`${grouped(computrons / 1e6)} million computrons, ${verdict(violations)}`,
		),
		`${grouped(fleet.boards)} boards over DTLS for ${fleet.days} days, one server, one process`,
		`  took                        ${seconds(fleet.tookMs)} (${seconds(fleet.processorMs)} of processor), ${verdict(fleet.violations)}`,
		`  work                        ${grouped(fleet.boots)} boots, ${grouped(fleet.turns)} turns, ${grouped(fleet.datagrams)} datagrams`,
		`  a second                    ${grouped(fleet.virtualSPerS)} virtual seconds, ${grouped(fleet.boardDaysPerS)} board days, ` +
			`${grouped(fleet.datagramsPerS)} datagrams, ${grouped(fleet.bootsPerS)} boots`,
		`  resident at most            ${mebibytes} MB`,
		`Load average of this machine ${loadAverage.join(" before, ")} after`,
	];
}
