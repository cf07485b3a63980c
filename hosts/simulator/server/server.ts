import { Code } from "../../../modules/coap/code.ts";
import type { Request, ResponseOptions } from "../../../modules/coap/peer.ts";
import type { Dice, Entropy } from "../../../modules/host.ts";
import { NodeCrypto } from "../board/accelerator.ts";
import { type EventName, Events, type ServerEvents } from "./events.ts";
import { defaultLimits, type ServerLimits } from "./limits.ts";
import { Models } from "./models/models.ts";
import { Observations } from "./observations.ts";
import { Operations } from "./operations.ts";
import { type Correspondent, PeerTable } from "./peer-table.ts";
import { Profiles } from "./profiles.ts";
import { badRequest, Refusal } from "./refusal.ts";
import {
	allEnablers,
	type EnablerVersion,
	type Registration,
	readRegister,
	readUpdate,
	updated,
} from "./registration.ts";
import { defaultAwakeMs, Registry } from "./registry.ts";
import { SecurityStore } from "./security-store.ts";
import { readSend } from "./send.ts";
import type { ServerIdentity } from "./server-identity.ts";
import { type Listening, ServerPorts } from "./server-ports.ts";
import { identityKeeper, keepProfiles, keepSecurity } from "./store/keeping.ts";
import { KeptClients } from "./store/kept-clients.ts";
import { systemDice, systemEntropy } from "./system-chance.ts";
import { readWire } from "./wire.ts";

export interface ServerOptions extends Listening {
	/** A virtual world gives its own; the default is the system's. */
	readonly dice?: Dice;
	readonly entropy?: Entropy;
	readonly limits?: Partial<ServerLimits>;
	/** Facts about Objects; loaded from facts.json by default. */
	readonly models?: Models;
	/** Versions of LwM2M that it speaks, all by default; a Register with another one is answered 4.12. */
	readonly enablers?: readonly EnablerVersion[];
	/** How long a queue-mode client is taken to listen after it was heard; 93 s by default, as Leshan's demo. */
	readonly awakeMs?: number;
}

/** The default CoAP port (RFC 7252 §6.1). */
export const coapPort = 5683;
/** The default port of CoAP over DTLS (RFC 7252 §6.2). */
export const coapsPort = 5684;

/**
 * An LwM2M Server (1.0, 1.1, 1.2) over UDP: registrations, operations, events. In the time and on the network that
 * it is given.
 */
export class Lwm2mServer {
	readonly limits: ServerLimits;
	/** Read, Write, Execute and so on. */
	readonly operations: Operations;
	/** Who may register, and how each proves who it is. */
	readonly security: SecurityStore;
	/** Object lists by Profile ID (Core 1.2 §6.2.1). */
	readonly profiles: Profiles;
	readonly #options: ServerOptions;
	readonly #models: Models;
	readonly #events = new Events();
	readonly #peers: PeerTable;
	readonly #registry: Registry;
	readonly #observations: Observations;
	/** How many watch each endpoint's CoAP messages. */
	readonly #watched = new Map<string, number>();
	readonly #ports: ServerPorts;
	readonly #kept: KeptClients;

	constructor(options: ServerOptions) {
		this.#options = options;
		this.limits = { ...defaultLimits, ...options.limits };
		this.#models = options.models ?? Models.load();
		const { time, dice = systemDice, entropy = systemEntropy } = options;
		const crypto = new NodeCrypto({ fillEntropy: (bytes) => entropy.fill(bytes) });
		this.security = new SecurityStore(crypto, this.limits.credentials, (info) => this.#ports.revoke(info));
		this.profiles = new Profiles(this.limits.profiles);
		this.#ports = this.#makePorts(crypto, entropy);
		this.#registry = new Registry({
			time,
			entropy,
			expired: (registration) => this.#end(registration, "expired"),
			awakeMs: options.awakeMs ?? defaultAwakeMs,
			asleep: (registration) => this.#events.emit("sleeping", { registration }),
			awake: (registration) => this.#awoken(registration),
			changed: (registration) => this.#kept.changed(registration),
			removed: (registration) => this.#kept.removed(registration),
		});
		this.#observations = new Observations({
			time,
			events: this.#events,
			limit: this.limits.observations,
			peers: () => this.#peers,
			current: (id) => this.#registry.byId(id),
			changed: (key, observation) => this.#kept.observed(key, observation),
		});
		this.#peers = new PeerTable({
			time,
			dice,
			entropy,
			limits: this.limits,
			send: (bytes, to) => this.#ports.send(bytes, to),
			requested: (correspondent, request, nowMs) => this.#requested(correspondent, request, nowMs),
			heard: ({ registrationIds }) => {
				for (const id of [...registrationIds]) this.#registry.heard(id);
			},
			traced: (correspondent, bytes, incoming) => this.#traced(correspondent, bytes, incoming),
			addressOfLocation: (id) => this.#registry.byId(id)?.address,
			mayMove: (id, proven) => {
				const registration = this.#registry.byId(id);
				return registration !== undefined && this.security.isAuthorized(registration.endpoint, proven);
			},
		});
		this.#kept = new KeptClients({
			store: options.store,
			time,
			limits: this.limits,
			models: this.#models,
			registry: this.#registry,
			peers: this.#peers,
			observations: this.#observations,
		});
		if (options.store !== undefined) {
			keepSecurity(this.security, options.store, "security");
			keepProfiles(this.profiles, options.store);
		}
		this.operations = new Operations({
			time,
			limits: this.limits,
			peers: this.#peers,
			observations: this.#observations,
			registered: (endpoint) => this.#registry.byEndpoint(endpoint),
			isAwake: (registration) => this.isAwake(registration),
			unanswered: ({ id }) => this.#registry.unheard(id),
		});
	}

	#makePorts(crypto: NodeCrypto, entropy: Entropy): ServerPorts {
		const { store } = this.#options;
		return new ServerPorts({
			listening: this.#options,
			title: "LwM2M server",
			port: this.#options.port ?? coapPort,
			crypto,
			entropy,
			store: this.security,
			keeper: store === undefined ? undefined : identityKeeper(store, "identity"),
			sessions: this.limits.sessions,
			received: (bytes, from, proven) => this.#peers.receive(bytes, from, proven),
			failed: (address, reason) => this.#events.emit("handshakeFailed", { address, reason }),
			expected: (address) => {
				const [id] = this.#peers.at(address)?.registrationIds ?? [];
				const registration = id === undefined ? undefined : this.#registry.byId(id);
				return registration === undefined ? undefined : this.security.byEndpoint(registration.endpoint);
			},
			moved: (from, to) => {
				for (const id of this.#peers.relocate(from, to)) this.#registry.relocate(id, to);
			},
		});
	}

	/**
	 * Takes up what the store has, and binds the ports.
	 * @throws HostFailure with a message for people, naming the port, when one is taken
	 */
	start(): Promise<void> {
		for (const registration of this.#kept.restore()) {
			this.#events.emit("deregistered", { registration, reason: "expired" });
		}
		return this.#ports.open();
	}

	/** Closes the ports and forgets everything but what the store has; no client is told. */
	stop(): void {
		this.#kept.stop();
		for (const registration of [...this.#registry.all()]) {
			this.#drop(registration);
			this.operations.drop(registration.endpoint);
		}
		this.#registry.clear();
		this.#peers.clear();
		this.#ports.close();
	}

	/** Datagrams that the network refused to send: no route, too large. Like a loss for the protocol. */
	get unsent(): number {
		return this.#ports.unsent;
	}

	/** How much it holds. */
	get figures(): { readonly clients: number; readonly addresses: number } {
		return { clients: this.#registry.size, addresses: this.#peers.size };
	}

	/** The UDP port, once started. */
	get port(): number {
		return this.#ports.port;
	}

	/** The UDP port of CoAP over DTLS, once started; undefined without one. */
	get securePort(): number | undefined {
		return this.#ports.securePort;
	}

	/** What it shows of itself in DTLS; undefined without a secure port. */
	get identity(): ServerIdentity | undefined {
		return this.#ports.identity;
	}

	/** The address it was told to listen on, if any. */
	get host(): string | undefined {
		return this.#options.host;
	}

	/** Versions of LwM2M that it speaks. */
	get enablers(): readonly EnablerVersion[] {
		return this.#options.enablers ?? allEnablers;
	}

	get models(): Models {
		return this.#models;
	}

	/** @returns a function that ends it */
	on<Name extends EventName>(name: Name, listener: (event: ServerEvents[Name]) => void): () => void {
		return this.#events.on(name, listener);
	}

	/** All registered clients, in order of registering. */
	clients(): Registration[] {
		return [...this.#registry.all()];
	}

	client(endpoint: string): Registration | undefined {
		return this.#registry.byEndpoint(endpoint);
	}

	/** Whether a queue-mode client may be taken to listen. */
	isAwake(registration: Registration): boolean {
		return !registration.queueMode || this.#registry.isAwake(registration);
	}

	/** How many requests are held for a client that sleeps. */
	held(registration: Registration): number {
		return this.operations.held(registration.endpoint);
	}

	/** Asks for `coap` events with every message of `endpoint`. @returns a function that ends it */
	watch(endpoint: string): () => void {
		this.#watched.set(endpoint, (this.#watched.get(endpoint) ?? 0) + 1);
		let isWatching = true;
		return () => {
			if (!isWatching) return;
			isWatching = false;
			const left = (this.#watched.get(endpoint) ?? 1) - 1;
			if (left === 0) this.#watched.delete(endpoint);
			else this.#watched.set(endpoint, left);
		};
	}

	#traced(correspondent: Correspondent, bytes: Uint8Array, incoming: boolean): void {
		for (const id of correspondent.registrationIds) {
			const endpoint = this.#registry.byId(id)?.endpoint;
			if (endpoint === undefined || !this.#watched.has(endpoint)) continue;
			const message = readWire(bytes.slice());
			if (message === undefined) continue;
			this.#events.emit("coap", { endpoint, incoming, wallTimeMs: this.#options.time.wallTimeMs(), message });
		}
	}

	#requested(correspondent: Correspondent, request: Request, nowMs: number): void {
		const { peer } = correspondent;
		try {
			this.#serve(correspondent, request, nowMs);
		} catch (error) {
			if (!(error instanceof Refusal)) throw error;
			peer.respond(request, { code: error.code, payload: new TextEncoder().encode(error.message) }, nowMs);
		}
	}

	/** The Register interface: POST /rd, POST and DELETE /rd/{location} (Core 1.1 §6.2); and Send. @throws Refusal */
	#serve(correspondent: Correspondent, request: Request, nowMs: number): void {
		const [root, location, ...more] = request.path;
		if (root === "bs") throw new Refusal(Code.notImplemented, "this is no Bootstrap-Server");
		// Send came with 1.1 (Core 1.1 §6.4.6).
		if (root === "dp" && location === undefined && this.enablers.some((version) => version !== "1.0")) {
			this.#sent(correspondent, request, nowMs);
			return;
		}
		if (root !== "rd" || more.length > 0) throw new Refusal(Code.notFound, "this server has /rd and /dp only");
		if (location === undefined) {
			if (request.code !== Code.post) throw new Refusal(Code.methodNotAllowed, "Register is a POST");
			this.#register(correspondent, request, nowMs);
			return;
		}
		const registration = this.#registry.byId(location);
		if (registration === undefined) throw new Refusal(Code.notFound, "no such registration");
		// As Leshan answers it.
		if (!this.security.isAuthorized(registration.endpoint, correspondent.proven)) badRequest("forbidden");
		if (request.code === Code.post) this.#update(correspondent, registration, request, nowMs);
		else if (request.code === Code.delete) {
			this.#answer(correspondent, request, { code: Code.deleted }, nowMs);
			this.#registry.remove(registration);
			this.#end(registration, "asked");
		} else throw new Refusal(Code.methodNotAllowed, "an Update is a POST, a De-register a DELETE");
	}

	#context(correspondent: Correspondent) {
		const { limits, profiles, enablers } = this;
		const { address, proven } = correspondent;
		const provenEndpoint = proven === undefined ? undefined : this.security.endpointOf(proven);
		const wallTimeMs = this.#options.time.wallTimeMs();
		return { limits, profiles, enablers, models: this.#models, address, wallTimeMs, provenEndpoint };
	}

	#register(correspondent: Correspondent, request: Request, nowMs: number): void {
		const registration = readRegister(request, this.#registry.newId(), this.#context(correspondent));
		if (!this.security.isAuthorized(registration.endpoint, correspondent.proven)) {
			throw new Refusal(Code.forbidden, "these are not the credentials of this endpoint");
		}
		const earlier = this.#registry.byEndpoint(registration.endpoint);
		if (earlier === undefined && this.#registry.size >= this.limits.clients) {
			throw new Refusal(Code.serviceUnavailable, "this server has no room for more clients");
		}
		if (earlier !== undefined) this.#registry.remove(earlier);
		this.#registry.add(registration);
		correspondent.registrationIds.add(registration.id);
		this.#answer(correspondent, request, { code: Code.created, locationPath: ["rd", registration.id] }, nowMs);
		// Told in the order of leshan-demo-server: the old one goes, then the new one comes.
		if (earlier !== undefined) this.#end(earlier, "replaced");
		if (registration.queueMode) this.#events.emit("awake", { registration });
		this.#events.emit("registered", { registration });
		this.operations.wake(registration.endpoint); // what was held for its earlier registration
	}

	#sent(correspondent: Correspondent, request: Request, nowMs: number): void {
		const registration = this.#registry.byId([...correspondent.registrationIds].at(-1) ?? "");
		const mayBe = registration === undefined || this.security.isAuthorized(registration.endpoint, correspondent.proven);
		if (!mayBe) badRequest("forbidden");
		const content = readSend(request, registration, this.#options.time.wallTimeMs() / 1000);
		this.#answer(correspondent, request, { code: Code.changed }, nowMs);
		this.#events.emit("sent", { registration: registration!, ...content });
	}

	/** Answers, and sends it before anybody is told of what was asked. */
	#answer(correspondent: Correspondent, request: Request, response: ResponseOptions, nowMs: number): void {
		correspondent.peer.respond(request, response, nowMs);
		this.#peers.settle(correspondent, nowMs);
	}

	#update(correspondent: Correspondent, current: Registration, request: Request, nowMs: number): void {
		const context = this.#context(correspondent);
		const update = readUpdate(request, current, context);
		const registration = updated(current, update, context);
		const wasAwake = this.isAwake(current);
		const earlier = this.#peers.at(current.address);
		if (earlier !== undefined && earlier !== correspondent) {
			// The exchanges with the old address can not follow to one that is already spoken with: they end.
			this.#observations.forgetAll(current);
			earlier.registrationIds.delete(current.id);
			this.#peers.settle(earlier, nowMs);
		}
		correspondent.registrationIds.add(registration.id);
		this.#registry.replace(registration);
		this.#answer(correspondent, request, { code: Code.changed }, nowMs);
		this.#events.emit("updated", { registration, update });
		if (wasAwake)
			this.operations.wake(registration.endpoint); // it may have left queue mode
		else this.#awoken(registration);
	}

	#awoken(registration: Registration): void {
		this.#events.emit("awake", { registration });
		this.operations.wake(registration.endpoint);
	}

	/** After a registration left the registry: ends what was under way with it, and tells. */
	#end(registration: Registration, reason: ServerEvents["deregistered"]["reason"]): void {
		this.#drop(registration);
		if (reason !== "replaced") this.operations.drop(registration.endpoint);
		this.#events.emit("deregistered", { registration, reason });
	}

	#drop(registration: Registration): void {
		this.#observations.forgetAll(registration);
		const correspondent = this.#peers.at(registration.address);
		if (correspondent === undefined) return;
		correspondent.registrationIds.delete(registration.id);
		for (const [requestId, exchange] of [...correspondent.exchanges]) {
			if (exchange.registrationId !== registration.id) continue;
			correspondent.exchanges.delete(requestId);
			correspondent.peer.cancel(requestId);
			exchange.failed("cancelled");
		}
		this.#peers.settle(correspondent, this.#options.time.nowMs());
	}
}
