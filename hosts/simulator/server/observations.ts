import { Code, codeText, isSuccess } from "../../../modules/coap/code.ts";
import type { RequestOptions, Response } from "../../../modules/coap/peer.ts";
import type { Timekeeper } from "../time.ts";
import type { Events } from "./events.ts";
import { readComposite, readContent } from "./formats/codec.ts";
import { CodecFailure } from "./formats/codec-failure.ts";
import { type Path, pathText } from "./path.ts";
import type { Correspondent, PeerTable } from "./peer-table.ts";
import type { Registration } from "./registration.ts";
import type { ReturnedObservation } from "./store/kept-observation.ts";

/** What an observation is of: one path, or those of an Observe-Composite in its order. */
export interface Observed {
	readonly paths: readonly Path[];
	readonly isComposite: boolean;
}

interface Observation extends Observed {
	readonly requestId: number;
	readonly correspondent: Correspondent;
	/** What it began with: an active cancel repeats it. */
	readonly request: RequestOptions;
}

export interface Beginning extends Observed {
	readonly registration: Registration;
	readonly requestId: number;
	readonly correspondent: Correspondent;
	readonly options: RequestOptions;
	/** The request's. */
	readonly token: Uint8Array;
}

export interface ObservationsOptions {
	readonly time: Timekeeper;
	readonly events: Events;
	/** How many one client may have. */
	readonly limit: number;
	peers(): PeerTable;
	current(registrationId: string): Registration | undefined;
	/** An observation stands from now on; undefined: it stands no more. */
	changed(key: string, observation: ReturnedObservation | undefined): void;
}

/** The largest body of a request that goes in one message: in blocks each has a token of its own. */
const oneMessageBytes = 1024;
/** How old a notification is made to be for every later one to be newer (RFC 7641 §3.4). */
const outdatedMs = 129_000;

/** What is observed at which client; one observation of the same, and all of a client's end with its registration. */
export class Observations {
	readonly #options: ObservationsOptions;
	/** Registration id → what is observed → observation. */
	readonly #table = new Map<string, Map<string, Observation>>();

	constructor(options: ObservationsOptions) {
		this.#options = options;
	}

	count(registration: Registration): number {
		return this.#table.get(registration.id)?.size ?? 0;
	}

	isFull(registration: Registration): boolean {
		return this.count(registration) >= this.#options.limit;
	}

	of(registration: Registration, observed: Observed): Observation | undefined {
		return this.#table.get(registration.id)?.get(keyOf(observed));
	}

	/**
	 * The first response of an Observe came: with an Observe option and a value the observation stands (RFC 7641
	 * §3.1).
	 */
	begin(beginning: Beginning, response: Response): void {
		if (response.observe === undefined || !isSuccess(response.code)) return;
		const { registration, token, options } = beginning;
		const observation = this.#enter(beginning);
		if ((options.payload?.length ?? 0) > oneMessageBytes) return;
		const { paths, isComposite, request } = observation;
		const kept = { registrationId: registration.id, paths, isComposite, token, request };
		this.#options.changed(`${registration.id} ${keyOf(observation)}`, kept);
	}

	/**
	 * Takes up an observation of an earlier life: the peer is shown the exchange that it began with; nothing goes out.
	 */
	restore(registration: Registration, kept: ReturnedObservation, correspondent: Correspondent): void {
		const { peer, tokens } = correspondent;
		const { token, request, paths, isComposite } = kept;
		const thenMs = this.#options.time.nowMs() - outdatedMs;
		const root = registration.rootPath.split("/").filter((level) => level !== "");
		tokens.forced = token;
		const requestId = peer.request({ ...request, path: [...root, ...(request.path ?? [])] }, thenMs);
		const sent = peer.takeDatagram();
		if (sent === undefined) return; // no room: it is lost, and the client's notification is answered with a Reset
		const head = [0x60 | token.length, Code.content, sent[2]!, sent[3]!];
		const response = Uint8Array.of(...head, ...token, 0x60); // an Observe option of length 0
		peer.receive(response, 0, response.length, thenMs);
		this.#enter({ registration, paths, isComposite, requestId, correspondent, options: request, token });
	}

	#enter({ registration, paths, isComposite, requestId, correspondent, options }: Beginning): Observation {
		const observation = { paths, isComposite, requestId, correspondent, request: options };
		this.forget(registration, observation);
		const observed = this.#table.get(registration.id) ?? new Map<string, Observation>();
		observed.set(keyOf(observation), observation);
		this.#table.set(registration.id, observed);
		correspondent.exchanges.set(requestId, {
			registrationId: registration.id,
			responded: (response) => this.#notified(registration.id, observation, response),
			failed: (failure) => {
				this.#ended(registration.id, observation, `the observation failed: ${failure}`, undefined);
			},
		});
		return observation;
	}

	/** Forgets one observation; the client's next notification is answered with a Reset (RFC 7641 §3.6). */
	forget(registration: Registration, observed: Observed): void {
		const observation = this.release(registration, observed);
		if (observation === undefined) return;
		const { correspondent, requestId } = observation;
		correspondent.peer.cancel(requestId);
		this.#options.peers().settle(correspondent, this.#options.time.nowMs());
	}

	/** Strikes one observation that the peer has let go of already. */
	release(registration: Registration, what: Observed): Observation | undefined {
		const observed = this.#table.get(registration.id);
		const observation = observed?.get(keyOf(what));
		if (observed === undefined || observation === undefined) return undefined;
		observed.delete(keyOf(what));
		if (observed.size === 0) this.#table.delete(registration.id);
		observation.correspondent.exchanges.delete(observation.requestId);
		this.#options.changed(`${registration.id} ${keyOf(what)}`, undefined);
		return observation;
	}

	/** Ends all of a registration that ends. */
	forgetAll(registration: Registration): void {
		for (const observation of [...(this.#table.get(registration.id)?.values() ?? [])]) {
			this.forget(registration, observation);
		}
	}

	#notified(registrationId: string, observation: Observation, response: Response): void {
		const registration = this.#options.current(registrationId);
		if (registration === undefined || this.of(registration, observation) !== observation) return;
		if (response.code !== Code.content) {
			const why = `the client ended it with ${codeText(response.code)}`;
			this.#ended(registrationId, observation, why, response.code);
			return;
		}
		try {
			this.#told(registration, observation, response);
		} catch (error) {
			if (!(error instanceof CodecFailure)) throw error;
			this.#failed(registration, observation, error.message, undefined);
		}
	}

	/** @throws CodecFailure */
	#told(registration: Registration, { paths, isComposite }: Observed, { contentFormat, payload }: Response): void {
		const { events, time } = this.#options;
		const { models, rootPath } = registration;
		const context = { models, rootPath, nowS: time.wallTimeMs() / 1000 };
		if (isComposite) {
			const content = readComposite(contentFormat, payload, paths, context);
			events.emit("compositeNotification", { registration, paths, ...content });
		} else {
			const path = paths[0]!;
			const content = readContent(contentFormat, payload, { ...context, path });
			events.emit("notification", { registration, path, ...content });
		}
	}

	/** The client ended it with an error (RFC 7641 §3.2), or it can not go on. */
	#ended(registrationId: string, observation: Observation, why: string, code: number | undefined): void {
		const registration = this.#options.current(registrationId);
		if (registration === undefined) return;
		this.forget(registration, observation);
		this.#failed(registration, observation, why, code);
	}

	#failed(registration: Registration, { paths, isComposite }: Observed, why: string, code: number | undefined): void {
		const path = isComposite ? [] : paths[0]!;
		this.#options.events.emit("observationFailed", { registration, path, paths, isComposite, why, code });
	}
}

/** An Observe of one path and an Observe-Composite of it are two things. */
function keyOf({ paths, isComposite }: Observed): string {
	return (isComposite ? "composite " : "") + paths.map(pathText).join(",");
}
