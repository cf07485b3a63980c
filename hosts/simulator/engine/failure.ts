import { describeFigures, type Figures } from "./figures.ts";

/** How a device can end. Numbered as XS numbers its exits; XS 17 tells its two stacks apart, and we do not. */
export const failureReasons = [
	"debugger",
	"outOfMemory",
	"stackOverflow",
	"fatalCheck",
	"deadStrip",
	"unhandledException",
	"outOfKeys",
	"tooMuchComputation",
	"unhandledRejection",
	"stackOverflow",
] as const;

/** XS's reasons, and a trap of the engine itself: a bug in XS or in the shim, never a program's fault. */
export type FailureReason = (typeof failureReasons)[number] | "engineTrap";

const words: Record<FailureReason, string> = {
	debugger: "stopped at a debugger statement",
	outOfMemory: "out of memory",
	stackOverflow: "stack overflow",
	fatalCheck: "XS found its heap damaged",
	deadStrip: "called a built-in that was stripped",
	unhandledException: "unhandled exception",
	outOfKeys: "no room for more names",
	tooMuchComputation: "one turn took too long (watchdog)",
	unhandledRejection: "unhandled rejection of a promise",
	engineTrap: "the engine trapped",
};

/** The device failed and will not run again until it is reset. Node and all other devices are unaffected. */
export class DeviceFailure extends Error {
	override name = "DeviceFailure";
	readonly reason: FailureReason;
	/** The exception with its stack, where there was one. */
	readonly explanation: string;
	/** What it used when it failed; undefined when it failed before it had a VM. */
	readonly figures: Figures | undefined;

	constructor(reason: FailureReason, explanation: string, figures: Figures | undefined, options?: ErrorOptions) {
		const what = explanation === "" ? words[reason] : `${words[reason]}: ${explanation}`;
		super(figures === undefined ? what : `${what} (${describeFigures(figures)})`, options);
		this.reason = reason;
		this.explanation = explanation;
		this.figures = figures;
	}
}
