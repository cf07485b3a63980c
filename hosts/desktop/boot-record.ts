import type { BootReason, SlotName } from "../../modules/host.ts";
import { environmentVariable } from "./desktop-system.ts";

/** What the boot loader (launcher/) tells the program that it starts. */
export interface BootRecord {
	readonly cause: string;
	/** What ended a deep sleep. */
	readonly wake?: string;
	/** When the power came, in milliseconds since the computer's own start: where the clock counts from. */
	readonly poweredAtMs: number;
	/** How long a turn may take. */
	readonly watchdogS: number;
	readonly running: SlotName;
	readonly bootReason: BootReason;
	/** The point of the key whose images are started, 65 bytes in hexadecimal digits. */
	readonly trusted: string;
}

/** @returns undefined where nobody boots us: the image was started by hand, in the SDK's simulator */
export function readBootRecord(): BootRecord | undefined {
	const text = environmentVariable("DORMOUSE_BOOT");
	return text === undefined ? undefined : (JSON.parse(text) as BootRecord);
}
