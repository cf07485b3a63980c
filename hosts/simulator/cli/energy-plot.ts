import type { Cause } from "../energy/account.ts";
import { causeNames, stateNames } from "../energy/habits.ts";
import type { Timeline } from "../energy/timeline.ts";
import { chargeText, currentText, type EnergyReport } from "./energy-report.ts";
import { durationText } from "./report.ts";

/** One for each cause that a run may have; the same in every plot. */
const colours: { readonly [cause in Cause]: string } = {
	sleep: "#9aa5b1",
	idle: "#d9822b",
	awake: "#f2b134",
	compute: "#5c6bc0",
	join: "#c62828",
	notify: "#2e7d32",
	update: "#00838f",
	register: "#6a1b9a",
	deregister: "#ad1457",
	bootstrap: "#4e342e",
	handshake: "#e64a19",
	send: "#7cb342",
	serve: "#0277bd",
	firmware: "#795548",
	acknowledge: "#80cbc4",
	settings: "#827717",
	other: "#455a64",
};

const stateColours = [
	"#2e7d32",
	"#c62828",
	"#f2b134",
	"#5c6bc0",
	"#00838f",
	"#9aa5b1",
	"#6a1b9a",
	"#795548",
	"#d9822b",
];

const width = 960;
const left = 70;
const right = 230;
const top = 50;
const chartHeight = 300;
const barTop = top + chartHeight + 80;
const height = barTop + 90;
const chartWidth = width - left - right;

interface Drawn {
	readonly title: string;
	readonly report: EnergyReport;
	readonly timeline: Timeline;
	readonly ranMs: number;
}

/** The mean current over time, stacked by cause, and below it all of the charge by state; an SVG file's text. */
export function energyPlot({ title, report, timeline, ranMs }: Drawn): string {
	const layers = report.causes.map(({ cause }) => cause).filter((cause) => timeline.charges.has(cause));
	const totals = currents(timeline, layers, ranMs);
	const peak = Math.max(...totals, 1e-6);
	const scale = niceCeiling(limitOf(totals));
	const note = peak > scale * 1.001 ? `cut at ${currentText(scale)}: the highest mean is ${currentText(peak)}` : "";
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
			'font-family="sans-serif" font-size="12">',
		`<title>${escaped(title)}</title>`,
		`<rect width="${width}" height="${height}" fill="white"/>`,
		text(left, 22, title, 'font-size="15" font-weight="bold"'),
		text(left, 40, `mean of each ${durationText(timeline.binMs)}${note === "" ? "" : `; ${note}`}`, 'fill="#555"'),
		...areas({ timeline, layers, scale, ranMs }),
		...axes(scale, ranMs),
		...legend(report),
		...stateBar(report),
		"</svg>",
		"",
	].join("\n");
}

/** Microamperes in each bin, all causes together. */
function currents(timeline: Timeline, layers: readonly Cause[], ranMs: number): number[] {
	return Array.from({ length: binsIn(timeline, ranMs) }, (_, bin) => {
		let total = 0;
		for (const cause of layers) total += currentOf(timeline, cause, bin, ranMs);
		return total;
	});
}

function currentOf({ charges, binMs }: Timeline, cause: Cause, bin: number, ranMs: number): number {
	const lengthMs = Math.max(1, Math.min(binMs, ranMs - bin * binMs));
	return ((charges.get(cause)?.[bin] ?? 0) * 1_000_000) / lengthMs;
}

/** What happened at the very end has no time to be drawn in. */
const binsIn = ({ bins, binMs }: Timeline, ranMs: number) => Math.max(1, Math.min(bins, Math.ceil(ranMs / binMs)));

/** Where most bins fit: a first registration is not to flatten a year. */
function limitOf(totals: readonly number[]): number {
	const sorted = [...totals].sort((one, other) => one - other);
	const most = sorted[Math.floor((sorted.length - 1) * 0.98)] ?? 1;
	return Math.max(most * 1.15, 1e-6);
}

/** 1, 2 or 5 times a power of ten. */
function niceCeiling(value: number): number {
	const power = 10 ** Math.floor(Math.log10(value));
	return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value * 0.999) ?? value;
}

function areas(it: { timeline: Timeline; layers: readonly Cause[]; scale: number; ranMs: number }): string[] {
	const { timeline, layers, scale, ranMs } = it;
	const count = binsIn(timeline, ranMs);
	const floor = new Float64Array(count);
	const x = (bin: number) => left + (Math.min(bin * timeline.binMs, ranMs) / ranMs) * chartWidth;
	const y = (current: number) => top + chartHeight - (Math.min(current, scale) / scale) * chartHeight;
	return layers.map((cause) => {
		const upper: string[] = [];
		const lower: string[] = [];
		for (let bin = 0; bin < count; bin++) {
			const from = floor[bin]!;
			const to = from + currentOf(timeline, cause, bin, ranMs);
			floor[bin] = to;
			upper.push(`${fixed(x(bin))},${fixed(y(to))} ${fixed(x(bin + 1))},${fixed(y(to))}`);
			lower.unshift(`${fixed(x(bin + 1))},${fixed(y(from))} ${fixed(x(bin))},${fixed(y(from))}`);
		}
		const name = `<title>${escaped(causeNames[cause])}</title>`;
		return `<polygon points="${[...upper, ...lower].join(" ")}" fill="${colours[cause]}">${name}</polygon>`;
	});
}

function axes(scale: number, ranMs: number): string[] {
	const bottom = top + chartHeight;
	const lines = [
		`<path d="M${left},${top} V${bottom} H${left + chartWidth}" fill="none" stroke="#333"/>`,
		text(left + chartWidth / 2, bottom + 42, "time", 'text-anchor="middle"'),
	];
	for (let tick = 0; tick <= 5; tick++) {
		const y = bottom - (tick / 5) * chartHeight;
		lines.push(`<path d="M${left - 4},${fixed(y)} h4" stroke="#333"/>`);
		if (tick > 0) lines.push(`<path d="M${left},${fixed(y)} h${chartWidth}" stroke="#0002"/>`);
		const label = tick === 0 ? "0" : currentText((scale * tick) / 5);
		lines.push(text(left - 8, y + 4, label, 'text-anchor="end"'));
	}
	const stepMs = roundStepMs(ranMs, 8);
	for (let at = 0; at <= ranMs; at += stepMs) {
		const x = left + (at / ranMs) * chartWidth;
		lines.push(`<path d="M${fixed(x)},${bottom} v4" stroke="#333"/>`);
		lines.push(text(x, bottom + 20, at === 0 ? "0" : durationText(at), 'text-anchor="middle"'));
	}
	return lines;
}

const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];
const days = [2, 7, 14, 30, 60, 90, 180, 365, 730, 1825, 3650].map((count) => count * 86_400);

/** So long, in round numbers, that at most `most` fit. */
function roundStepMs(ranMs: number, most: number): number {
	const found = [...steps, ...days].find((step) => ranMs / (step * 1000) <= most);
	return found === undefined ? ranMs / most : found * 1000;
}

/** How long each mean is of a run of known length. */
export function binMsFor(ranMs: number): number {
	return roundStepMs(ranMs, 120);
}

function legend({ causes }: EnergyReport): string[] {
	const x = left + chartWidth + 20;
	return causes.flatMap(({ cause, share }, index) => {
		const y = top + 6 + index * 20;
		return [
			`<rect x="${x}" y="${y - 9}" width="12" height="12" fill="${colours[cause]}"/>`,
			text(x + 18, y + 1, `${causeNames[cause]} ${(share * 100).toFixed(1)} %`),
		];
	});
}

function stateBar({ states, millicoulombs }: EnergyReport): string[] {
	const lines = [text(left, barTop - 10, `${chargeText(millicoulombs)} in all, by state`, 'font-weight="bold"')];
	let x = left;
	states.forEach(({ state, share }, index) => {
		const size = share * chartWidth;
		const colour = stateColours[index % stateColours.length];
		const name = `${stateNames[state]} ${(share * 100).toFixed(1)} %`;
		lines.push(
			`<rect x="${fixed(x)}" y="${barTop}" width="${fixed(size)}" height="18" fill="${colour}">` +
				`<title>${escaped(name)}</title></rect>`,
		);
		const column = left + (index % 4) * 200;
		const y = barTop + 38 + Math.floor(index / 4) * 18;
		lines.push(`<rect x="${column}" y="${y - 9}" width="10" height="10" fill="${colour}"/>`);
		lines.push(text(column + 16, y, name));
		x += size;
	});
	return lines;
}

function text(x: number, y: number, content: string, attributes = ""): string {
	return `<text x="${fixed(x)}" y="${fixed(y)}"${attributes === "" ? "" : ` ${attributes}`}>${escaped(content)}</text>`;
}

const fixed = (value: number) => String(Math.round(value * 10) / 10);

const escaped = (content: string) => content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
