import { randomInt } from "node:crypto";
import { loadDevice } from "../board/loader.ts";
import { Fleet, type FleetReport } from "../fleet/fleet.ts";
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
		const replay = `dormouse fleet --count ${count} --for ${forMs}ms --dtls ${dtls} --sleeping ${sleeping} --seed ${seed}`;
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
		const text = `  ${durationText(fleet.nowMs)} of ${durationText(forMs)}, ${grouped(fleet.datagrams)} datagrams${left}`;
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
	const { server, network, herds, disturbances, events } = report;
	const listed = (counts: Readonly<Record<string, number>>) =>
		Object.entries(counts).map(([name, count]) => `${name} ${grouped(count)}`);
	const latest = Number.isFinite(report.latestNotificationMs)
		? `${report.latestNotificationMs} ms behind pmax`
		: "none";
	return [
		bold(
			`Fleet: ${grouped(report.boards)} boards, ${durationText(report.ranMs)} of virtual time, seed ${report.seed}, ` +
				(report.violationCount === 0 ? "nothing violated" : `${grouped(report.violationCount)} violations`),
		),
		`  the server      ${listed(server).join(", ")}`,
		`  the network     ${listed(network).join(", ")}`,
		`  disturbed by    ${listed(disturbances).join(", ")}`,
		`  the boards      ${grouped(report.boots)} boots, ${grouped(report.turns)} turns, ${grouped(report.ramPeakBytes)} bytes of RAM at most`,
		`  nonces          ${grouped(report.noncesChecked)}, each once`.replace(
			"each once",
			report.violations.some(({ invariant }) => invariant === "nonce") ? "NOT each once" : "each once",
		),
		`  notifications   ${grouped(events.notified ?? 0)}, the latest ${latest}`,
		...herds.map(
			({ after, boards, windowS, peakPer10S, evenPer10S, bound, peakDatagramsPerS }) =>
				`  after ${after}: ${grouped(boards)} boards came, nine of ten within ${durationText(windowS * 1000)}, at most ` +
				`${peakPer10S} in ten seconds (evenly ${evenPer10S}, bound ${bound}), ${peakDatagramsPerS} datagrams in a second`,
		),
		`  hash            ${report.hash}`,
		`  this machine    ${durationText(throughput.tookMs)}: ${grouped(throughput.virtualSPerS)} virtual seconds a second, ` +
			`${grouped(throughput.boardDaysPerS)} board days a second, ${grouped(throughput.datagramsPerS)} datagrams a second, ` +
			`${grouped(throughput.bootsPerS)} boots a second, ${grouped(throughput.peakResidentBytes / 1048576)} MB resident at most`,
	];
}
