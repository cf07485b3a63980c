import type { WorldEvent } from "../world.ts";
import type { Output } from "./output.ts";

/** One event as a line for people: when, what, and its fields. */
export function eventLine({ t, event, ...fields }: WorldEvent, { bold, dim }: Pick<Output, "bold" | "dim">): string {
	const listed = Object.entries(fields)
		.filter(([, value]) => value !== undefined)
		.map(
			([name, value]) => `${name}=${typeof value === "string" && /[\s"]/.test(value) ? JSON.stringify(value) : value}`,
		);
	return `${dim(clock(t))}  ${bold(event.padEnd(18))} ${listed.join(" ")}`.trimEnd();
}

/** "1d 02:03:04.567", counted from the world's beginning. */
function clock(ms: number): string {
	const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
	const days = Math.floor(ms / 86_400_000);
	const hours = `${two((ms / 3_600_000) % 24)}:${two((ms / 60_000) % 60)}`;
	const time = `${hours}:${two((ms / 1000) % 60)}.${String(ms % 1000).padStart(3, "0")}`;
	return days === 0 ? time : `${days}d ${time}`;
}
