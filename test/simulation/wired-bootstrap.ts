import type { ScriptedServer, ScriptedSession } from "./recovery-scenario.ts";

/** What a Bootstrap-Server on the wire does with one Bootstrap-Request. Times in milliseconds. */
export type WireSession =
	| { readonly kind: "refused"; readonly afterMs: number }
	| { readonly kind: "silent" }
	/** It answers, and is never heard of again. */
	| { readonly kind: "forgotten"; readonly afterMs: number }
	/** It answers, and writes everything in one moment, later. */
	| { readonly kind: "finished"; readonly afterMs: number; readonly writesAfterMs: number };

const requestWaitMs = 62_000;
const exchangeLifetimeMs = 247_000;

/** The same for the oracle: a session in the time of its events. */
export function asSessions(wire: readonly WireSession[]): ScriptedSession[] {
	return wire.map((session) => {
		const failed = { opensAfterMs: undefined, isApplied: false, retryMs: undefined };
		if (session.kind === "refused") return { ...failed, afterMs: session.afterMs };
		if (session.kind === "silent") return { ...failed, afterMs: requestWaitMs };
		const open = { opensAfterMs: session.afterMs, retryMs: undefined };
		if (session.kind === "forgotten") return { ...open, isApplied: false, afterMs: exchangeLifetimeMs };
		return { ...open, isApplied: true, afterMs: session.writesAfterMs };
	});
}

/** Everything else is finished at once. */
const finishedAtOnce: WireSession = { kind: "finished", afterMs: 1, writesAfterMs: 1000 };

const utf8 = (text: string) => new TextEncoder().encode(text);

/** A request of the Bootstrap-Server: path, and SenML JSON to write there; none deletes; POST /bs finishes. */
interface Wish {
	readonly path: string;
	readonly records?: readonly object[];
}

export interface Wire {
	at(afterMs: number, run: () => void): void;
	send(bytes: Uint8Array): void;
	/** The URI of a server's account from now on, and whether it had one. */
	place(index: number): { readonly uri: string; readonly isNew: boolean };
}

/** A Bootstrap-Server on the wire, out of a script. */
export class WiredBootstrapServer {
	readonly #sessions: readonly WireSession[];
	readonly #servers: readonly ScriptedServer[];
	readonly #wire: Wire;
	/** Whether the client has its answer, and is not through. Of a forgotten session nobody says when it is over. */
	isOpen = false;
	#count = 0;
	#seen = "";
	#messageId = 0x4000;
	#queue: Wish[] = [];

	constructor(sessions: readonly WireSession[], servers: readonly ScriptedServer[], wire: Wire) {
		this.#sessions = sessions;
		this.#servers = servers;
		this.#wire = wire;
	}

	/** @param bytes a datagram of the client */
	hear(bytes: Uint8Array): void {
		const type = (bytes[0]! >> 4) & 3;
		if (type === 2) this.#next();
		if (type !== 0 || bytes[1] !== 2) return;
		const head = bytes.slice(0, 4 + (bytes[0]! & 15));
		if (head.join() === this.#seen) return;
		this.#seen = head.join();
		const session = this.#sessions[this.#count++] ?? finishedAtOnce;
		this.#queue = [];
		if (session.kind === "silent") return;
		head[0] = 0x60 | (head[0]! & 15);
		head[1] = session.kind === "refused" ? 0xa0 : 0x44;
		this.#wire.at(session.afterMs, () => {
			this.#wire.send(head);
			this.isOpen = session.kind === "finished";
			if (session.kind !== "finished") return;
			this.#wire.at(session.writesAfterMs, () => {
				this.#queue = this.#wishes();
				this.#next();
			});
		});
	}

	#next(): void {
		const wish = this.#queue.shift();
		if (wish === undefined) {
			this.isOpen = false;
			return;
		}
		const { path, records } = wish;
		const code = path === "/bs" ? 2 : records === undefined ? 4 : 3;
		const id = this.#messageId++ & 0xffff;
		const bytes = [0x41, code, id >> 8, id & 0xff, 0x77];
		path
			.split("/")
			.slice(1)
			.forEach((segment, index) => void bytes.push((index === 0 ? 0xb0 : 0) | segment.length, ...utf8(segment)));
		if (records !== undefined) bytes.push(0x11, 110, 0xff, ...utf8(JSON.stringify(records)));
		this.#wire.send(Uint8Array.from(bytes));
	}

	#wishes(): Wish[] {
		const wishes = this.#servers.flatMap((script, index): Wish[] => {
			if (script.onBootstrap === "removed") return [{ path: `/0/${index}` }, { path: `/1/${index}` }];
			const { uri, isNew } = this.#wire.place(index);
			if (!isNew && script.onBootstrap === "unchanged") return [];
			return [
				{ path: `/0/${index}`, records: recordsOf(`/0/${index}/`, { 0: uri, 1: false, 2: 3, 10: index + 1 }) },
				{ path: `/1/${index}`, records: recordsOf(`/1/${index}/`, serverValues(script, index)) },
			];
		});
		return [...wishes, { path: "/bs" }];
	}
}

function serverValues(script: ScriptedServer, index: number): Record<number, number | boolean | string | undefined> {
	return {
		0: index + 1,
		1: script.lifetimeS,
		5: script.disableTimeoutS,
		6: false,
		7: "U",
		13: script.priorityOrder,
		14: script.initialDelayS,
		15: script.failureBlock,
		16: script.bootstrapOnFailure,
		17: script.retryCount,
		18: script.retryTimerS,
		19: script.sequenceDelayTimerS,
		20: script.sequenceRetryCount,
	};
}

function recordsOf(base: string, values: Readonly<Record<number, number | boolean | string | undefined>>): object[] {
	return Object.entries(values).flatMap(([resource, value]) => {
		const n = base + resource;
		if (value === undefined) return [];
		return typeof value === "string"
			? { n, vs: value }
			: typeof value === "boolean"
				? { n, vb: value }
				: { n, v: value };
	});
}
