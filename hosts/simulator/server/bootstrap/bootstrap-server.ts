import { Code } from "../../../../modules/coap/code.ts";
import type { Request, ResponseOptions } from "../../../../modules/coap/peer.ts";
import type { Dice, Entropy } from "../../../../modules/host.ts";
import { NodeCrypto } from "../../board/accelerator.ts";
import type { Timekeeper } from "../../time.ts";
import { Emitter } from "../events.ts";
import { formats, writePayload } from "../formats/codec.ts";
import { defaultLimits, type ServerLimits } from "../limits.ts";
import { type ClientModels, Models } from "../models/models.ts";
import { type Correspondent, PeerTable, type RemoteAddress } from "../peer-table.ts";
import { badRequest, Refusal } from "../refusal.ts";
import { SecurityStore } from "../security-store.ts";
import type { ServerIdentity } from "../server-identity.ts";
import { type Listening, ServerPorts } from "../server-ports.ts";
import { identityKeeper, keepConfigurations, keepSecurity } from "../store/keeping.ts";
import { systemDice, systemEntropy } from "../system-chance.ts";
import type { BootstrapEvents, FailureCause, SessionEventName } from "./bootstrap-events.ts";
import { packFormat, readBootstrapRequest } from "./bootstrap-request.ts";
import type { BootstrapConfiguration, BootstrapSettings } from "./configuration.ts";
import { ConfigurationStore } from "./configuration-store.ts";
import { packNode } from "./configured-nodes.ts";
import { BootstrapSession } from "./session.ts";

export interface BootstrapServerOptions extends Listening {
	/** A virtual world gives its own; the default is the system's. */
	readonly dice?: Dice;
	readonly entropy?: Entropy;
	readonly limits?: Partial<ServerLimits>;
	/** Facts about Objects; loaded from facts.json by default. */
	readonly models?: Models;
}

/** Where a Bootstrap-Server listens when it is told nothing: beside an LwM2M Server with its default ports. */
export const bootstrapPort = 5783;

/** The Objects that a bootstrap reads and writes, in the versions of LwM2M 1.2, which have all of the earlier ones. */
const objectVersions = new Map(
	Object.entries({ 0: "1.2", 1: "1.2", 2: "1.1", 21: "2.0" }).map(([id, v]) => [Number(id), v]),
);

/**
 * An LwM2M Bootstrap-Server (1.0, 1.1, 1.2) over UDP, in the clear and over DTLS: who asks it is configured as the
 * store of configurations says, request by request or with a Bootstrap-Pack (Core 1.2 §6.1).
 */
export class BootstrapServer {
	readonly limits: ServerLimits;
	/** Who may ask, and how each proves who it is. */
	readonly security: SecurityStore;
	readonly configurations: ConfigurationStore;
	readonly #options: BootstrapServerOptions;
	readonly #time: Timekeeper;
	readonly #events = new Emitter<BootstrapEvents>();
	readonly #peers: PeerTable;
	readonly #ports: ServerPorts;
	readonly #models: ClientModels;
	/** By endpoint client name: one at a time for each. */
	readonly #sessions = new Map<string, BootstrapSession>();
	/** Where each endpoint asked from last, in that order: whom begin() can reach. */
	readonly #known = new Map<string, Readonly<RemoteAddress>>();
	#sessionCount = 0;

	constructor(options: BootstrapServerOptions) {
		this.#options = options;
		this.#time = options.time;
		this.limits = { ...defaultLimits, ...options.limits };
		this.#models = (options.models ?? Models.load()).forClient(objectVersions);
		const { time, dice = systemDice, entropy = systemEntropy } = options;
		const crypto = new NodeCrypto({ fillEntropy: (bytes) => entropy.fill(bytes) });
		this.security = new SecurityStore(crypto, this.limits.credentials, (info) => this.#ports.revoke(info));
		this.configurations = new ConfigurationStore(this.limits.configurations);
		this.#ports = this.#makePorts(crypto, entropy);
		if (options.store !== undefined) {
			keepSecurity(this.security, options.store, "bootstrapSecurity");
			keepConfigurations(this.configurations, options.store);
		}
		this.#peers = new PeerTable({
			time,
			dice,
			entropy,
			limits: this.limits,
			send: (bytes, to) => this.#ports.send(bytes, to),
			requested: (correspondent, request, nowMs) => this.#requested(correspondent, request, nowMs),
			heard: () => {},
			traced: () => {},
			addressOfLocation: () => undefined,
			mayMove: () => false,
		});
	}

	#makePorts(crypto: NodeCrypto, entropy: Entropy): ServerPorts {
		const { store } = this.#options;
		return new ServerPorts({
			listening: this.#options,
			title: "LwM2M Bootstrap-Server",
			port: this.#options.port ?? bootstrapPort,
			crypto,
			entropy,
			store: this.security,
			keeper: store === undefined ? undefined : identityKeeper(store, "bootstrapIdentity"),
			sessions: this.limits.sessions,
			received: (bytes, from, proven) => this.#peers.receive(bytes, from, proven),
			failed: (address, reason) => this.#events.emit("handshakeFailed", { address, reason }),
			expected: (address) => {
				const endpoint = this.#endpointAt(address);
				return endpoint === undefined ? undefined : this.security.byEndpoint(endpoint);
			},
			moved: (from, to) => {
				const endpoint = this.#endpointAt(from);
				this.#peers.relocate(from, to);
				if (endpoint !== undefined) this.#known.set(endpoint, { ...to });
			},
		});
	}

	/** Binds the ports. @throws HostFailure with a message for people, naming the port, when one is taken */
	start(): Promise<void> {
		return this.#ports.open();
	}

	/** Closes the ports; no client is told. */
	stop(): void {
		for (const session of [...this.#sessions.values()]) session.cancel();
		this.#peers.clear();
		this.#ports.close();
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

	/** @returns a function that ends it */
	on<Name extends keyof BootstrapEvents>(name: Name, listener: (event: BootstrapEvents[Name]) => void): () => void {
		return this.#events.on(name, listener);
	}

	/** Says how a client is to be configured from now on. @throws ConfigurationRefused */
	configure(endpoint: string, settings: BootstrapSettings): void {
		this.configurations.set(endpoint, settings);
	}

	/**
	 * Begins a session without being asked, as LwM2M 1.0 has it (Core 1.0 §5.2.5.4), with a client that has been heard.
	 * In later versions an LwM2M Server executes /1/x/9 instead.
	 * @returns false where the client is not known, or has no configuration
	 */
	begin(endpoint: string): boolean {
		const known = this.#known.get(endpoint);
		const configuration = this.configurations.of(endpoint);
		const correspondent = known === undefined ? undefined : this.#peers.reach(known);
		if (correspondent === undefined || configuration === undefined) return false;
		this.#begin(endpoint, correspondent, configuration, configuration.contentFormat ?? "TLV").start();
		return true;
	}

	#endpointAt({ host, port }: Readonly<RemoteAddress>): string | undefined {
		for (const [endpoint, known] of this.#known) {
			if (known.secure === true && known.host === host && known.port === port) return endpoint;
		}
		return undefined;
	}

	#requested(correspondent: Correspondent, request: Request, nowMs: number): void {
		try {
			this.#serve(correspondent, request, nowMs);
		} catch (error) {
			if (!(error instanceof Refusal)) throw error;
			const payload = new TextEncoder().encode(error.message);
			this.#answer(correspondent, request, { code: error.code, payload }, nowMs);
		}
	}

	/** POST /bs and GET /bspack. @throws Refusal */
	#serve(correspondent: Correspondent, request: Request, nowMs: number): void {
		const [root, ...more] = request.path;
		const isKnown = more.length === 0 && (root === "bs" || root === "bspack");
		if (!isKnown) throw new Refusal(Code.notFound, "this server has /bs and /bspack only");
		const method = root === "bs" ? Code.post : Code.get;
		if (request.code !== method) throw new Refusal(Code.methodNotAllowed, "POST /bs, GET /bspack");
		if (root === "bs") this.#bootstrapRequested(correspondent, request, nowMs);
		else this.#packRequested(correspondent, request, nowMs);
	}

	#bootstrapRequested(correspondent: Correspondent, request: Request, nowMs: number): void {
		const parameters = readBootstrapRequest(request, this.limits.endpointBytes);
		const endpoint = this.#endpointOf(parameters.endpoint, correspondent);
		const { format, additional } = parameters;
		const preferred = format === undefined ? "" : `\nPreferred Content Format:  ${format}(${formats[format]})`;
		const others = [...additional].map(([name, value]) => `${name}=${value}`).join(", ");
		const attributes = others === "" ? "" : `\nAdditional attributes: {${others}}`;
		const configuration = this.#admit(correspondent, endpoint, preferred + attributes);
		const session = this.#begin(endpoint, correspondent, configuration, configuration.contentFormat ?? format ?? "TLV");
		this.#answer(correspondent, request, { code: Code.changed }, nowMs);
		session.start();
	}

	#packRequested(correspondent: Correspondent, request: Request, nowMs: number): void {
		const { endpoint: named, account } = readBootstrapRequest(request, this.limits.endpointBytes);
		const endpoint = this.#endpointOf(named, correspondent);
		const configuration = this.#admit(correspondent, endpoint, " (Bootstrap-Pack)");
		const { pack, steps, autoIdForSecurityObject } = configuration;
		if (pack === "notImplemented") throw new Refusal(Code.notImplemented, "Bootstrap-Pack-Request is not implemented");
		// Core 1.2 §6.1.7.7: what a pack can not say, or is not to be said in one.
		if (pack === "notAllowed" || steps !== undefined || (autoIdForSecurityObject && account === undefined)) {
			throw new Refusal(Code.methodNotAllowed, "this client is to use Bootstrap-Request");
		}
		const format = packFormat(request.accept);
		const node = packNode(configuration, autoIdForSecurityObject ? account : undefined);
		const context = { path: [], models: this.#models, rootPath: "/" };
		const payload = writePayload(formats[format], node, context);
		this.#answer(correspondent, request, { code: Code.content, contentFormat: formats[format], payload }, nowMs);
		this.#tell(
			endpoint,
			"send pack",
			`Send Bootstrap-Pack of ${payload.length} bytes in ${format}(${formats[format]})`,
		);
		this.#tell(endpoint, "finished", "Bootstrap session finished with success");
		this.#events.emit("finished", { endpoint, how: "pack" });
	}

	/** @throws Refusal 4.00 where nobody can say who it is */
	#endpointOf(named: string | undefined, { proven }: Correspondent): string {
		const endpoint = named ?? (proven === undefined ? undefined : this.security.endpointOf(proven));
		return endpoint ?? badRequest("the endpoint client name (ep) is missing, and nothing else says it");
	}

	/** Holds a client to its credentials, and looks its configuration up. @throws Refusal 4.00 */
	#admit(correspondent: Correspondent, endpoint: string, details: string): BootstrapConfiguration {
		const { address, proven } = correspondent;
		const from = `/${address.host}:${address.port}`;
		this.#tell(endpoint, "new session", `Bootstrap Request from ${from}${details}`);
		if (!this.security.isAuthorized(endpoint, proven)) {
			this.#tell(endpoint, "unauthorized", `${from} is not allowed to connect.\n(probably bad credentials)`);
			this.#events.emit("failed", { endpoint, cause: "UNAUTHORIZED" });
			badRequest("Unauthorized");
		}
		this.#tell(endpoint, "authorized", `${from} is allowed to connect.`);
		this.#sessions.get(endpoint)?.cancel();
		const configuration = this.configurations.of(endpoint);
		if (configuration === undefined) {
			this.#tell(endpoint, "no config", "No config to apply to this client.");
			this.#fail(endpoint, "NO_BOOTSTRAP_CONFIG");
			return badRequest("no bootstrap config");
		}
		this.#known.delete(endpoint);
		if (this.#known.size >= this.limits.clients) this.#known.delete(this.#known.keys().next().value!);
		this.#known.set(endpoint, { ...address });
		return configuration;
	}

	#begin(
		endpoint: string,
		correspondent: Correspondent,
		configuration: BootstrapConfiguration,
		format: BootstrapConfiguration["contentFormat"] & string,
	): BootstrapSession {
		this.#sessions.get(endpoint)?.cancel();
		const session = new BootstrapSession({
			id: `session ${++this.#sessionCount}`,
			endpoint,
			correspondent,
			configuration,
			format,
			time: this.#time,
			peers: this.#peers,
			models: this.#models,
			tell: (name, message) => this.#tell(endpoint, name, message),
			answered: (event) => this.#events.emit("answered", { endpoint, ...event }),
			inspected: (event) => this.#events.emit("inspected", { endpoint, ...event }),
			ended: (cause) => {
				if (this.#sessions.get(endpoint) === session) this.#sessions.delete(endpoint);
				if (cause === undefined) this.#finished(endpoint);
				else this.#fail(endpoint, cause);
			},
		});
		this.#sessions.set(endpoint, session);
		return session;
	}

	#finished(endpoint: string): void {
		this.#tell(endpoint, "finished", "Bootstrap session finished with success");
		this.#events.emit("finished", { endpoint, how: "finish" });
	}

	#fail(endpoint: string, cause: FailureCause): void {
		this.#tell(endpoint, "failed", `Bootstrap session failed : ${cause}`);
		this.#events.emit("failed", { endpoint, cause });
	}

	#tell(endpoint: string, name: SessionEventName, message: string): void {
		this.#events.emit("session", { name, endpoint, message, wallTimeMs: this.#time.wallTimeMs() });
	}

	#answer(correspondent: Correspondent, request: Request, response: ResponseOptions, nowMs: number): void {
		correspondent.peer.respond(request, response, nowMs);
		this.#peers.settle(correspondent, nowMs);
	}
}
