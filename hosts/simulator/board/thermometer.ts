import { mixed } from "../chance.ts";

const hourMs = 3_600_000;
const minuteMs = 60_000;

/**
 * The temperature around a simulated board, in degrees Celsius with one decimal: 21 °C with a slow wander of ±3 °C
 * from hour to hour and ±0.4 °C from one ten minutes to the next. A function of seed and time alone, so that reading
 * it twice, or not at all, changes nothing.
 */
export function temperatureAt(seed: number, nowMs: number): number {
	const slow = noiseAt(seed, nowMs, hourMs) * 300;
	const quick = noiseAt(seed ^ 0x5bd1e995, nowMs, 10 * minuteMs) * 40;
	const hundredths = 2100 + Math.round((slow + quick) / 1000);
	return Math.round(hundredths / 10) / 10;
}

/**
 * -1000 … 1000: a value drawn for each multiple of `periodMs`, and straight lines between them. Integers, so that all
 * machines agree.
 */
function noiseAt(seed: number, nowMs: number, periodMs: number): number {
	const index = Math.floor(nowMs / periodMs);
	const from = drawn(seed, index);
	const to = drawn(seed, index + 1);
	return from + Math.floor(((to - from) * (nowMs - index * periodMs)) / periodMs);
}

function drawn(seed: number, index: number): number {
	return (mixed(seed ^ Math.imul(index + 1, 0x9e3779b9)) % 2001) - 1000;
}
