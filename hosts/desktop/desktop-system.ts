/**
 * What the desktop host asks of the system itself; desktop-system.c has the other half, with one of system-lin.c,
 * system-mac.c and system-win.c.
 * Each body is exactly one native call, because XS then binds it to the C function without a closure.
 */

/** "lin", "mac" or "win": what mcconfig was told. */
export function platformName(this: void): string {
	return native("xs_dormouse_platform").call(this);
}

/** Milliseconds since this start, or countFrom(); never goes back, and counts while the computer sleeps. */
export function monotonicMs(this: void): number {
	return native("xs_dormouse_monotonic_ms").call(this);
}

/** Seconds since 1970-01-01T00:00:00Z, by the computer's clock. */
export function computerTimeS(this: void): number {
	return native("xs_dormouse_wall_time_s").call(this);
}

/**
 * Fills `bytes` from the operating system's generator (getrandom, getentropy, BCryptGenRandom).
 * @throws Error with the system's message; the bytes are then unspecified
 */
export function fillFromSystem(this: void, bytes: Uint8Array): void {
	native("xs_dormouse_entropy").call(this, bytes);
}

/** A variable of the environment in which the simulator runs; undefined when it is not set. */
export function environmentVariable(this: void, name: string): string | undefined {
	return native("xs_dormouse_environment").call(this, name);
}

/** Why the device runs: what the start before this one left, undefined after a first start. Answers once. */
export function takeResetCause(this: void): string | undefined {
	return native("xs_dormouse_reset_cause").call(this);
}

/** Starts the simulator's process again once the current turn is over, or has its boot loader do so. */
export function restartProcess(this: void): void {
	native("xs_dormouse_restart").call(this);
}

/** How a process that a boot loader started ends: system-lin.c and scripts/desktop-simulator.mjs have the same. */
export const statusOff = 0;
export const statusDeepSleep = 67;

/** Ends the simulator's process once the current turn is over. @param status 0: it is off */
export function endProcess(this: void, status: number): void {
	native("xs_dormouse_exit").call(this, status);
}

/** Has monotonicMs() count from then. @param poweredAtMs milliseconds since the computer's own start */
export function countFrom(this: void, poweredAtMs: number): void {
	native("xs_dormouse_count_from").call(this, poweredAtMs);
}

/** Ends the process when a turn takes longer. Only where somebody starts it again. @param seconds whole, at least 2 */
export function startWatchdog(this: void, seconds: number): void {
	native("xs_dormouse_watchdog").call(this, seconds);
}

/** Restarts at once as after a crash; at the third crash in a row ends with status 1. Does not return. */
export function crashProcess(this: void): void {
	native("xs_dormouse_crash").call(this);
}

/**
 * Our own address towards a host, as things are now; nothing is sent.
 * @param host an address literal
 * @returns undefined: there is no way to it; "": nobody knows
 */
export function addressTowards(this: void, host: string): string | undefined {
	return native("xs_dormouse_way").call(this, host);
}

/**
 * Calls `told` once, in a turn of its own, when the process is asked to end (SIGTERM, SIGINT; on Windows Ctrl-C, or the
 * end of stdin where a boot loader started it); twice ends it.
 */
export class Termination extends Native("xs_dormouse_termination_destructor") {
	constructor(told: () => void) {
		super();
		native("xs_dormouse_termination").call(this, told);
	}
}
