import { type Cause, type CauseAccount, type Charge, sum } from "./account.ts";

/** One thing that a board does again and again, and what it costs. */
export interface Habit {
	readonly cause: Cause;
	readonly part: keyof Charge;
	readonly millicoulombs: number;
	/** Of all. */
	readonly share: number;
	/** What it is, and what would make it less. */
	readonly text: string;
}

const what: { readonly [cause in Cause]: string } = {
	register: "registering",
	update: "updating registrations",
	deregister: "de-registering",
	bootstrap: "bootstrapping",
	handshake: "handshakes",
	notify: "notifications",
	send: "Send",
	serve: "answering requests",
	download: "downloads",
	acknowledge: "acknowledgements",
	other: "other datagrams",
	compute: "booting and computing",
	attach: "joining the network",
	sleep: "sleep",
	idle: "waiting without sleep",
};

/** What to do about a part of a charge, whatever caused it. */
const advice: { readonly [part in keyof Charge]: string } = {
	air: "fewer bytes: a compact format, connection IDs instead of handshakes",
	wake: "send together what is due within minutes of each other",
	tail: "ask the network for an early release, or send in one go",
	work: "sample less often, let the chip's cryptography work",
	rest: "sleep deeper, or longer",
};

const causeAdvice: { readonly [cause in Cause]?: string } = {
	handshake: "keep the session over sleep",
	register: "keep the registration over sleep and resets",
	update: "a longer lifetime",
	attach: "stay attached, or wake less often",
	idle: "let it sleep between turns",
};

/** The parts of the account that cost most, dearest first. */
export function habits(causes: ReadonlyMap<Cause, CauseAccount>, most = 5): Habit[] {
	let total = 0;
	for (const { charge } of causes.values()) total += sum(charge);
	const all: Habit[] = [];
	for (const [cause, { charge }] of causes) {
		for (const part of Object.keys(charge) as (keyof Charge)[]) {
			const millicoulombs = charge[part];
			if (millicoulombs <= 0) continue;
			const way = part === "rest" ? "" : ` (${partNames[part]})`;
			const text = `${what[cause]}${way}: ${causeAdvice[cause] ?? advice[part]}`;
			all.push({ cause, part, millicoulombs, share: millicoulombs / total, text });
		}
	}
	return all.sort((one, other) => other.millicoulombs - one.millicoulombs).slice(0, most);
}

const partNames: { readonly [part in keyof Charge]: string } = {
	air: "bytes on the air",
	wake: "getting through to the network",
	tail: "staying up behind it",
	work: "the processor",
	rest: "between turns",
};
