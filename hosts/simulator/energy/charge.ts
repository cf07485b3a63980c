/** What a charge was drawn for. */
export type Cause =
	| "register"
	| "update"
	| "deregister"
	| "bootstrap"
	| "handshake"
	| "notify"
	| "send"
	| "serve"
	| "firmware"
	| "acknowledge"
	| "other"
	/** Boots, and computing that no datagram came of. */
	| "compute"
	/** Joining the network, and getting back into it behind a sleep or a reset. */
	| "join"
	/** What is kept in flash. */
	| "settings"
	/** Waiting for the server with the radio on, before a sleep. */
	| "awake"
	| "sleep"
	/** Waiting with the radio on, and no sleep came of it. */
	| "idle";

/** How the board is between its turns (Power port). */
export type Depth = "idle" | "light" | "deep" | "off";

/** Millicoulombs (mA × s), by what drew them: the states of processor, flash and radio. */
export interface Charge {
	/** On the air. */
	send: number;
	receive: number;
	/** Getting through to the network: joining, a random access, a connection of the radio. */
	access: number;
	/** Staying up behind a datagram: RRC inactivity, fast polls. */
	tail: number;
	/** Attached with nothing to say: beacons, polls, paging. */
	listen: number;
	/** The processor at work. */
	work: number;
	/** From reset to the first bytecode. */
	boot: number;
	/** Writing and erasing flash. */
	flash: number;
	/** The processor between turns. */
	rest: number;
}

export type ChargeState = keyof Charge;

export const chargeStates: readonly ChargeState[] = Object.freeze([
	"send",
	"receive",
	"access",
	"tail",
	"listen",
	"work",
	"boot",
	"flash",
	"rest",
]);

/** The charge of one cause, and the datagrams that it was drawn for. */
export interface CauseAccount {
	readonly charge: Charge;
	datagrams: number;
	bytes: number;
	/** How often: turns that had this cause, boots, joins. */
	times: number;
}

/** Nothing was drawn. */
export function noCharge(): Charge {
	return { send: 0, receive: 0, access: 0, tail: 0, listen: 0, work: 0, boot: 0, flash: 0, rest: 0 };
}

/** All states together, millicoulombs. */
export function sum(charge: Charge): number {
	let total = 0;
	for (const state of chargeStates) total += charge[state];
	return total;
}
