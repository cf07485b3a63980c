import { randomInt } from "node:crypto";
import { loadDevice } from "../board/loader.ts";
import { Fleet, type FleetReport } from "../fleet/fleet.ts";
import type { HerdReport } from "../fleet/herd.ts";
import type { Violation } from "../fleet/watches.ts";
import { Interrupt, unlessAsked } from "./interrupt.ts";
import type { ExitStatus } from "./main.ts";
import type { Output } from "./output.ts";
import { buildProgress } from "./progress.ts";
import { durationText, grouped } from "./report.ts";

export interface FleetCommandOptions {
	readonly count: number;
	/** Milliseconds of virtual time. */
	readonly for: number;
	readonly seed?: number;
	/** Percent. */
	readonly dtls: number;
	readonly sleeping: number;
	readonly json?: boolean;
}

/** How fast it went, on this machine and at this moment. */
export interface Throughput {
	readonly tookMs: number;
	readonly virtualSPerS: number;
	readonly boardDaysPerS: number;
	readonly datagramsPerS: number;
	readonly bootsPerS: number;
	readonly peakResidentBytes: number;
}

/** Violations that are told as they come; the report counts them all. */
const toldMax = 10;
const progressMs = 500;

/** `dormouse fleet`. */
export async function run(options: FleetCommandOptions, output: Output): Promise<ExitStatus> {
	const interrupt = new Interrupt();
	try {
		const device = await unlessAsked(interrupt, loadDevice({ onProgress: buildProgress(output) }));
		if (device === undefined) {
			output.err("Stopped before there was a fleet.");
			return 0;
		}
		const { count, for: forMs, seed = randomInt(0x100000000), dtls, sleeping, json } = options;
		const shares = `--dtls ${dtls} --sleeping ${sleeping}`;
		const replay = `dormouse fleet --count ${count} --for ${forMs}ms ${shares} --seed ${seed}`;
		output.err(`${grouped(count)} boards for ${durationText(forMs)} of virtual time; ${replay}`);
		let told = 0;
		const onViolation = (violation: Violation) => {
			if (told++ < toldMax) output.err(violationLine(violation));
		};
		const wish = { count, forMs, securePercent: dtls, sleepingPercent: sleeping };
		const fleet = new Fleet({ ...wish, seed, device, onViolation });
		const beganMs = performance.now();
		const breathe = progressOf(fleet, forMs, output);
		const report = await fleet.run({ breathe, isOver: () => interrupt.isAsked });
		const throughput = throughputOf(report, performance.now() - beganMs);
		fleet.close();
		if (json) output.out(JSON.stringify({ event: "fleet", replay, ...report, throughput }));
		else for (const line of fleetLines(report, throughput, output.bold)) output.out(line);
		if (interrupt.isAsked) output.err(`Ended early, after ${durationText(report.ranMs)} of virtual time.`);
		if (report.violationCount === 0) return 0;
		output.err(`What must hold was violated ${grouped(report.violationCount)} times. Replay it with: ${replay}`);
		return 1;
	} finally {
		interrupt.close();
	}
}

/** @returns what a world is to call now and then: it lets signals in, and shows how far it is */
function progressOf(fleet: Fleet, forMs: number, output: Output): () => Promise<void> {
	const beganMs = performance.now();
	let shownMs = beganMs;
	let quarters = 0;
	return async () => {
		const nowMs = performance.now();
		if (nowMs - shownMs < progressMs) return;
		shownMs = nowMs;
		const part = fleet.nowMs / forMs;
		const isNewQuarter = Math.floor(part * 4) > quarters;
		if (isNewQuarter) quarters++;
		const left = part > 0.01 ? `, ${durationText(((nowMs - beganMs) * (1 - part)) / part)} left` : "";
		const done = `${durationText(fleet.nowMs)} of ${durationText(forMs)}`;
		const text = `  ${done}, ${grouped(fleet.datagrams)} datagrams${left}`;
		output.progress(text, isNewQuarter ? "milestone" : "passing");
		await output.drained();
	};
}

export function throughputOf(report: FleetReport, tookMs: number): Throughput {
	const perS = (value: number) => Math.round((value * 1000) / tookMs);
	return {
		tookMs: Math.round(tookMs),
		virtualSPerS: perS(report.ranMs / 1000),
		boardDaysPerS: perS((report.ranMs * report.boards) / 86_400_000),
		datagramsPerS: perS(report.network.sent ?? 0),
		bootsPerS: perS(report.boots),
		peakResidentBytes: process.resourceUsage().maxRSS * 1024,
	};
}

function violationLine({ invariant, atMs, endpoint, what }: Violation): string {
	return `VIOLATED ${invariant} after ${durationText(atMs)}: ${endpoint ?? "the server"}: ${what}`;
}

/** For people. */
export function fleetLines(report: FleetReport, throughput: Throughput, bold: (text: string) => string): string[] {
	const { server, network, herds, disturbances, events, boots, turns, violations } = report;
	const isOnce = !violations.some(({ invariant }) => invariant === "nonce");
	const latest = Number.isFinite(report.latestNotificationMs)
		? `${report.latestNotificationMs} ms behind pmax`
		: "none";
	const verdict = report.violationCount === 0 ? "nothing violated" : `${grouped(report.violationCount)} violations`;
	const ran = durationText(report.ranMs);
	return [
		bold(`Fleet: ${grouped(report.boards)} boards, ${ran} of virtual time, seed ${report.seed}, ${verdict}`),
		`  the server      ${listed(server)}`,
		`  the network     ${listed(network)}`,
		`  disturbed by    ${listed(disturbances) || "nothing but the network's losses"}`,
		`  the boards      ${listed({ boots, turns })}, ${grouped(report.ramPeakBytes)} bytes of RAM at most`,
		`  nonces          ${grouped(report.noncesChecked)}, ${isOnce ? "each once" : "NOT each once"}`,
		`  notifications   ${grouped(events.notified ?? 0)}, the latest ${latest}`,
		...herds.flatMap(herdLines),
		`  hash            ${report.hash}`,
		...machineLines(throughput),
	];
}

function listed(counts: Readonly<Record<string, number>>): string {
	return Object.entries(counts)
		.map(([name, count]) => `${name} ${grouped(count)}`)
		.join(", ");
}

function herdLines({ after, boards, windowS, ...peak }: HerdReport): string[] {
	const { peakPer10S, evenPer10S, bound, peakDatagramsPerS } = peak;
	return [
		`  after ${after}: ${grouped(boards)} boards came, nine of ten within ${durationText(windowS * 1000)};`,
		`                  at most ${peakPer10S} in ten seconds (evenly ${evenPer10S}, bound ${bound}), ` +
			`${peakDatagramsPerS} datagrams in a second`,
	];
}

function machineLines({ tookMs, peakResidentBytes, ...perS }: Throughput): string[] {
	const { virtualSPerS, boardDaysPerS, datagramsPerS, bootsPerS } = perS;
	return [
		`  this machine    took ${durationText(tookMs)}, ${grouped(peakResidentBytes / 1_048_576)} MB resident at most`,
		`  a second of it  ${grouped(virtualSPerS)} virtual seconds, ${grouped(boardDaysPerS)} board days, ` +
			`${grouped(datagramsPerS)} datagrams, ${grouped(bootsPerS)} boots`,
	];
}
