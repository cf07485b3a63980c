import { type Cause, type CauseAccount, type Charge, type ChargeState, chargeStates, sum } from "./account.ts";

/** One thing that a board does again and again, and what it costs. */
export interface Habit {
	readonly cause: Cause;
	/** In one state, or in several about which the same can be done; the dearest first. */
	readonly states: readonly ChargeState[];
	readonly millicoulombs: number;
	/** Of all. */
	readonly share: number;
	/** What it is, and what would make it less: one sentence. */
	readonly text: string;
}

export const causeNames: { readonly [cause in Cause]: string } = Object.freeze({
	register: "registering",
	update: "updating registrations",
	deregister: "de-registering",
	bootstrap: "bootstrapping",
	handshake: "DTLS handshakes",
	notify: "notifications",
	send: "Send",
	serve: "answering requests",
	firmware: "firmware and software",
	acknowledge: "acknowledgements",
	other: "other datagrams",
	compute: "booting and computing",
	join: "joining the network",
	settings: "settings in flash",
	awake: "awake window",
	sleep: "sleep",
	idle: "waiting without sleep",
});

export const stateNames: { readonly [state in ChargeState]: string } = Object.freeze({
	send: "sending",
	receive: "receiving",
	access: "getting through",
	tail: "radio tail",
	listen: "listening, paging",
	work: "processor at work",
	boot: "booting",
	flash: "flash",
	rest: "processor at rest",
});

/** What to do about a state, whatever caused it. */
const advice: { readonly [state in ChargeState]: string } = {
	send: "fewer bytes: a compact format (SenML CBOR, LwM2M CBOR), connection IDs instead of handshakes",
	receive: "have the server ask for less at once",
	access: "send together what is due within minutes of each other, and less often",
	tail: "send in one go, and ask the network for an early release",
	listen: "a longer paging or polling interval, or power saving mode",
	work: "sample less often, and let the chip's cryptography work",
	boot: "wake less often, or sleep light where the next wake-up is near",
	flash: "keep what changes often in retained RAM",
	rest: "sleep deeper, or longer",
};

/** What to do about a cause, in the states where it is the cause that can be helped. */
const causeAdvice: { readonly [cause in Cause]?: Partial<Record<ChargeState, string>> & { readonly all?: string } } = {
	handshake: { all: "keep the session over sleep and resets (connection IDs)" },
	register: { all: "keep the registration over sleep and resets" },
	update: { access: "a longer lifetime, or let notifications confirm that the server is there" },
	notify: { access: "a larger pmin or pmax, or a change threshold (st) that lets small changes pass" },
	serve: { access: "observe instead of reading again and again" },
	join: { all: "stay in the network over sleep, or wake less often" },
	awake: { all: "a shorter awake window: ask what the server needs, or measure it" },
	idle: { all: "queue mode, so that the board sleeps between its turns" },
	sleep: { rest: "a deeper sleep, or a board with a lower floor: this is what is left when nothing happens" },
	compute: { boot: "wake less often, or sleep light where the next wake-up is near" },
};

/** What the board does again and again that costs most, dearest first. */
export function habits(causes: ReadonlyMap<Cause, CauseAccount>, most = 5): Habit[] {
	let total = 0;
	for (const { charge } of causes.values()) total += sum(charge);
	const found: Omit<Habit, "share" | "text">[] = [];
	for (const [cause, { charge }] of causes) found.push(...habitsOf(cause, charge));
	return found
		.sort((one, other) => other.millicoulombs - one.millicoulombs)
		.slice(0, most)
		.map((habit) => {
			const share = habit.millicoulombs / total;
			return { ...habit, share, text: sentence(habit, share, causes.get(habit.cause)!) };
		});
}

/** The states of one cause, those together about which the same can be done. */
function habitsOf(cause: Cause, charge: Charge): Omit<Habit, "share" | "text">[] {
	const byHelp = new Map<string, { cause: Cause; states: ChargeState[]; millicoulombs: number }>();
	const drawn = chargeStates.filter((state) => charge[state] > 0).sort((one, other) => charge[other] - charge[one]);
	for (const state of drawn) {
		const help = helpFor(cause, state);
		const habit = byHelp.get(help) ?? { cause, states: [], millicoulombs: 0 };
		habit.states.push(state);
		habit.millicoulombs += charge[state];
		byHelp.set(help, habit);
	}
	return [...byHelp.values()];
}

function helpFor(cause: Cause, state: ChargeState): string {
	return causeAdvice[cause]?.[state] ?? causeAdvice[cause]?.all ?? advice[state];
}

function sentence(
	{ cause, states }: Pick<Habit, "cause" | "states">,
	share: number,
	{ datagrams, times }: CauseAccount,
): string {
	const percent = share < 0.001 ? "less than 0.1" : (share * 100).toFixed(1);
	const named = states.map((state) => stateNames[state]).join(", ");
	const often = countText(cause, states[0]!, datagrams, times);
	return `${percent} % goes to ${causeNames[cause]} (${named}${often}): ${helpFor(cause, states[0]!)}.`;
}

function countText(cause: Cause, state: ChargeState, datagrams: number, times: number): string {
	if (state === "rest" || state === "listen" || state === "flash") return "";
	if (datagrams > 0) return `; ${datagrams} datagram${datagrams === 1 ? "" : "s"}`;
	return cause === "join" || state === "work" ? `; ${times} time${times === 1 ? "" : "s"}` : "";
}
