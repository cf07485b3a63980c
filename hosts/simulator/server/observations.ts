import { Code, codeText, isSuccess } from "../../../modules/coap/code.ts";
import type { RequestOptions, Response } from "../../../modules/coap/peer.ts";
import type { Timekeeper } from "../time.ts";
import type { Events } from "./events.ts";
import { readPayload } from "./formats/codec.ts";
import { CodecFailure } from "./formats/codec-failure.ts";
import { type Path, pathText } from "./path.ts";
import type { Correspondent, PeerTable } from "./peer-table.ts";
import type { Registration } from "./registration.ts";

interface Observation {
	readonly path: Path;
	readonly requestId: number;
	readonly correspondent: Correspondent;
	/** The Accept option it began with: an active cancel asks for the same. */
	readonly accept: { readonly accept?: number };
}

export interface Beginning {
	readonly registration: Registration;
	readonly path: Path;
	readonly requestId: number;
	readonly correspondent: Correspondent;
	readonly options: RequestOptions;
}

export interface ObservationsOptions {
	readonly time: Timekeeper;
	readonly events: Events;
	/** How many one client may have. */
	readonly limit: number;
	peers(): PeerTable;
	current(registrationId: string): Registration | undefined;
}

/** What is observed at which client; one observation per path, and all of a client's end with its registration. */
export class Observations {
	readonly #options: ObservationsOptions;
	/** Registration id → path → observation. */
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

	of(registration: Registration, path: Path): Observation | undefined {
		return this.#table.get(registration.id)?.get(pathText(path));
	}

	/**
	 * The first response of an Observe came: with an Observe option and a value the observation stands (RFC 7641
	 * §3.1).
	 */
	begin({ registration, path, requestId, correspondent, options }: Beginning, response: Response): void {
		if (response.observe === undefined || !isSuccess(response.code)) return;
		this.forget(registration, path);
		const accept = options.accept === undefined ? {} : { accept: options.accept };
		const observed = this.#table.get(registration.id) ?? new Map<string, Observation>();
		observed.set(pathText(path), { path, requestId, correspondent, accept });
		this.#table.set(registration.id, observed);
		correspondent.exchanges.set(requestId, {
			registrationId: registration.id,
			responded: (response) => this.#notified(registration.id, path, requestId, response),
			failed: (failure) => this.#ended(registration.id, path, `the observation failed: ${failure}`, undefined),
		});
	}

	/** Forgets one observation; the client's next notification is answered with a Reset (RFC 7641 §3.6). */
	forget(registration: Registration, path: Path): void {
		const observation = this.release(registration, path);
		if (observation === undefined) return;
		const { correspondent, requestId } = observation;
		correspondent.peer.cancel(requestId);
		this.#options.peers().settle(correspondent, this.#options.time.nowMs());
	}

	/** Strikes one observation that the peer has let go of already. */
	release(registration: Registration, path: Path): Observation | undefined {
		const observed = this.#table.get(registration.id);
		const observation = observed?.get(pathText(path));
		if (observed === undefined || observation === undefined) return undefined;
		observed.delete(pathText(path));
		if (observed.size === 0) this.#table.delete(registration.id);
		observation.correspondent.exchanges.delete(observation.requestId);
		return observation;
	}

	/** Ends all of a registration that ends. */
	forgetAll(registration: Registration): void {
		for (const { path } of [...(this.#table.get(registration.id)?.values() ?? [])]) this.forget(registration, path);
	}

	#notified(registrationId: string, path: Path, requestId: number, response: Response): void {
		const registration = this.#options.current(registrationId);
		if (registration === undefined || this.of(registration, path)?.requestId !== requestId) return;
		if (response.code !== Code.content) {
			this.#ended(registrationId, path, `the client ended it with ${codeText(response.code)}`, response.code);
			return;
		}
		const { models, rootPath } = registration;
		try {
			const node = readPayload(response.contentFormat, response.payload, { path, models, rootPath });
			this.#options.events.emit("notification", { registration, path, node });
		} catch (error) {
			if (!(error instanceof CodecFailure)) throw error;
			this.#options.events.emit("observationFailed", {
				registration,
				path,
				why: error.message,
				code: undefined,
			});
		}
	}

	/** The client ended it with an error (RFC 7641 §3.2), or it can not go on. */
	#ended(registrationId: string, path: Path, why: string, code: number | undefined): void {
		const registration = this.#options.current(registrationId);
		if (registration === undefined) return;
		this.forget(registration, path);
		this.#options.events.emit("observationFailed", { registration, path, why, code });
	}
}
