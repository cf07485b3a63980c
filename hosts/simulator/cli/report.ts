import type { Board } from "../board/board.ts";
import { type HighWater, type MessagesByType, type Traffic, totalBytes } from "../board/ledger.ts";

/** What a run came to; the last line of --json, and the table for people. The names are public. */
export interface Report {
	readonly event: "report";
	readonly board: string;
	readonly seed: number;
	readonly ranMs: number;
	/** "virtual" or "real". */
	readonly time: string;
	readonly image: { readonly version: string; readonly sha256: string; readonly bytes: number };
	readonly sent: WayReport;
	readonly received: WayReport;
	/** The most RAM in use at once, over all boots; each mark by itself. `limitBytes`: all that the machine has. */
	readonly heap: HighWater & { readonly limitBytes: number };
	readonly boots: number;
	/** Times the processor woke up. */
	readonly turns: number;
	readonly computrons: number;
	readonly awakeMs: number;
	readonly flash: {
		readonly writes: number;
		readonly bytesWritten: number;
		readonly erases: number;
		readonly mostErasesOfASector: number;
	};
	/** How often each event happened, by name. */
	readonly events: Readonly<Record<string, number>>;
}

interface WayReport {
	readonly datagrams: number;
	readonly bytes: {
		readonly coapHeader: number;
		readonly coapPayload: number;
		readonly dtlsHandshake: number;
		readonly dtlsRecords: number;
		readonly udpIp: number;
		readonly total: number;
	};
	readonly messages: Readonly<MessagesByType>;
}

export function wayReport(traffic: Traffic): WayReport {
	const { datagrams, bytes, messages } = traffic;
	return { datagrams, bytes: { ...bytes, total: totalBytes(traffic) }, messages: { ...messages } };
}

/** The parts of a report that the board knows. */
export function boardReport(board: Pick<Board, "preset" | "ledger" | "awakeMs" | "flash">) {
	const { preset, ledger, awakeMs, flash } = board;
	return {
		board: preset.name,
		sent: wayReport(ledger.sent),
		received: wayReport(ledger.received),
		boots: ledger.boots,
		turns: ledger.turns,
		computrons: Math.round(ledger.computrons),
		awakeMs,
		flash: flash.figures(),
		heap: { ...ledger.highWater, limitBytes: preset.memory.arenaBytes + preset.memory.cHeapBytes },
	};
}

/** "1,234,567" */
export const grouped = (value: number) => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");

/** "31.2 KB" for 31,949 bytes; KB are 1024. */
export const kilobytes = (bytes: number) => `${(bytes / 1024).toFixed(1).replace(/\.0$/, "")} KB`;

/** "24 h", "90 s", "1 d 2 h 3 min": the largest units that are not zero. */
export function durationText(ms: number): string {
	if (ms < 1000) return `${ms} ms`;
	const units: readonly (readonly [string, number])[] = [
		["d", 86_400_000],
		["h", 3_600_000],
		["min", 60_000],
		["s", 1000],
	];
	let left = Math.round(ms / 1000) * 1000;
	const parts: string[] = [];
	for (const [unit, unitMs] of units) {
		const count = Math.floor(left / unitMs);
		left -= count * unitMs;
		if (count > 0) parts.push(`${count} ${unit}`);
	}
	return parts.join(" ");
}

/** The report as lines for people. */
export function reportLines(report: Report, bold: (text: string) => string): string[] {
	const { sent, received, heap, flash, image } = report;
	const row = (name: string, one: number, other: number) =>
		`    ${name.padEnd(24)}${grouped(one).padStart(12)}${grouped(other).padStart(12)}`;
	const awakePercent = report.ranMs === 0 ? 0 : (report.awakeMs / report.ranMs) * 100;
	const { slotBytes, chunkBytes, stackBytes } = heap;
	const parts = `slots ${kilobytes(slotBytes)}, chunks ${kilobytes(chunkBytes)}, stack ${kilobytes(stackBytes)}`;
	const boots = report.boots === 1 ? "1 boot" : `${report.boots} boots`;
	const hash = image.sha256.slice(0, 16);
	const events = Object.entries(report.events).map(([name, count]) => `${name} ${grouped(count)}`);
	return [
		"",
		bold(`Report: ${durationText(report.ranMs)} of ${report.time} time on ${report.board}, seed ${report.seed}`),
		`  ${"On the air".padEnd(26)}${"sent".padStart(12)}${"received".padStart(12)}`,
		row("CoAP header, bytes", sent.bytes.coapHeader, received.bytes.coapHeader),
		row("CoAP payload, bytes", sent.bytes.coapPayload, received.bytes.coapPayload),
		...(sent.bytes.dtlsHandshake + received.bytes.dtlsHandshake > 0
			? [
					row("DTLS handshake, bytes", sent.bytes.dtlsHandshake, received.bytes.dtlsHandshake),
					row("DTLS records, bytes", sent.bytes.dtlsRecords, received.bytes.dtlsRecords),
				]
			: []),
		row("UDP and IP, bytes", sent.bytes.udpIp, received.bytes.udpIp),
		row("together, bytes", sent.bytes.total, received.bytes.total),
		row("datagrams", sent.datagrams, received.datagrams),
		row("Confirmable", sent.messages.confirmable, received.messages.confirmable),
		row("Non-confirmable", sent.messages.nonConfirmable, received.messages.nonConfirmable),
		row("Acknowledgement", sent.messages.acknowledgement, received.messages.acknowledgement),
		row("Reset", sent.messages.reset, received.messages.reset),
		...(sent.messages.other + received.messages.other > 0
			? [row("no CoAP message", sent.messages.other, received.messages.other)]
			: []),
		"  The device",
		`    RAM high-water          ${kilobytes(heap.ramBytes)} of ${kilobytes(heap.limitBytes)}: ${parts}`,
		`    work                    ${grouped(report.computrons)} computrons in ${grouped(report.turns)} turns, ${boots}`,
		`    processor awake         ${durationText(report.awakeMs)}, ${awakePercent.toPrecision(2)} % of the time`,
		`    flash                   ${grouped(flash.bytesWritten)} bytes written, ${grouped(flash.erases)} sectors erased`,
		`    image                   ${image.version}, ${grouped(image.bytes)} bytes, SHA-256 ${hash}…`,
		"  Events",
		`    ${events.length === 0 ? "none" : events.join(", ")}`,
	];
}
