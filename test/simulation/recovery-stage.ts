/** The real client in virtual time, in a world that does what a scenario says, and what it decided there. */
import { formatsSince11 } from "../../modules/formats/payload.ts";
import type { Address, LogRecord } from "../../modules/host.ts";
import { makeBootstrap } from "../../modules/lwm2m/bootstrap.ts";
import { Client } from "../../modules/lwm2m/client.ts";
import type { Instance } from "../../modules/lwm2m/instance.ts";
import { SECURITY } from "../../modules/objects/facts/security-0-v1-1.ts";
import { SERVER } from "../../modules/objects/facts/server-1-v1-1.ts";
import { security, securityObject } from "../../modules/objects/security-0.ts";
import { type RecoveryOptions, server, serverObject } from "../../modules/objects/server-1.ts";
import { seeded } from "../harness.ts";
import {
	acceptedAtOnce,
	type Decision,
	type LiveResource,
	type Outcome,
	type Scenario,
	type ScriptedServer,
} from "./recovery-scenario.ts";
import { ScriptedBootstrapClient } from "./scripted-bootstrap.ts";
import { WiredBootstrapServer, type WireSession } from "./wired-bootstrap.ts";

/** When the client starts: times that count from 0 by mistake show. */
const startMs = 1_000_000;
const bootstrapAddress: Address = { host: "192.0.2.99", port: 5683 };
const code = { post: 2, delete: 4, created: 0x41, deleted: 0x42, changed: 0x44 };

/** How the Resources are called in the tables of facts. */
const resourceNames: { readonly [R in LiveResource]: string } = {
	initialDelayS: "initialRegistrationDelayTimer",
	failureBlock: "registrationFailureBlock",
	bootstrapOnFailure: "bootstrapOnRegistrationFailure",
	retryCount: "communicationRetryCount",
	retryTimerS: "communicationRetryTimer",
	sequenceDelayTimerS: "communicationSequenceDelayTimer",
	sequenceRetryCount: "communicationSequenceRetryCount",
	disableTimeoutS: "disableTimeout",
};

interface Due {
	readonly atMs: number;
	readonly run: () => void;
}

/** A server, as far as it is needed: it answers Register, Update and De-register from its script. */
interface Peer {
	readonly script: ScriptedServer;
	readonly address: Address;
	attempts: number;
	updates: number;
	/** Message ID and token of the request that it has seen last: the same again is a copy. */
	seen: string;
	/** Which of its registrations Disable is meant for. */
	registration: number;
	accounts: readonly Instance[];
}

/** A request as it is on the wire. */
interface Incoming {
	readonly code: number;
	readonly messageId: number;
	readonly token: Uint8Array;
	readonly segments: number;
}

/** Reads a datagram of the client: the fixed header, the token, and how many Uri-Path Options there are. */
function read(bytes: Uint8Array): Incoming {
	const tokenSize = bytes[0]! & 15;
	let at = 4 + tokenSize;
	let option = 0;
	let segments = 0;
	while (at < bytes.length && bytes[at] !== 0xff) {
		const head = bytes[at++]!;
		let delta = head >> 4;
		let size = head & 15;
		if (delta === 13) delta = 13 + bytes[at++]!;
		if (size === 13) size = 13 + bytes[at++]!;
		option += delta;
		at += size;
		if (option === 11) segments++;
	}
	return { code: bytes[1]!, messageId: (bytes[2]! << 8) | bytes[3]!, token: bytes.slice(4, 4 + tokenSize), segments };
}

/** A piggybacked response; 2.01 with the location /rd/5. */
function response({ messageId, token }: Incoming, responseCode: number): Uint8Array {
	const location = responseCode === code.created ? [0x82, 0x72, 0x64, 0x01, 0x35] : [];
	return Uint8Array.from([0x60 | token.length, responseCode, messageId >> 8, messageId & 0xff, ...token, ...location]);
}

function recoveryOf(script: ScriptedServer): RecoveryOptions {
	const options: Record<string, number | boolean> = {};
	for (const [name, value] of Object.entries(script)) {
		if (name === "priorityOrder" || (name !== "disableTimeoutS" && name in resourceNames)) {
			if (value !== undefined) options[name] = value;
		}
	}
	return options;
}

class Stage {
	readonly #scenario: Scenario;
	readonly #client: Client;
	readonly #peers: Peer[];
	readonly #decisions: Decision[] = [];
	readonly #records: LogRecord[] = [];
	readonly #bootstrap: ScriptedBootstrapClient | undefined;
	readonly #wired: WiredBootstrapServer | undefined;
	readonly #to: Address = { host: "", port: 0 };
	/** Which servers have an account that came with a bootstrap, or were there from the start. */
	readonly #placed = new Set<number>();
	#due: Due[] = [];
	#nowMs = startMs;

	constructor(scenario: Scenario, wire: readonly WireSession[] | undefined) {
		this.#scenario = scenario;
		this.#peers = scenario.servers.map((script, index) => ({
			script,
			address: { host: `192.0.2.${index + 1}`, port: 5683 },
			attempts: 0,
			updates: 0,
			seen: "",
			registration: 0,
			accounts: [],
		}));
		const dice = { below: () => 0 };
		const chance = seeded(1); // tokens that do not come again, to tell a new request from a copy
		const entropy = {
			fill: (bytes: Uint8Array) => {
				for (let index = 0; index < bytes.length; index++) bytes[index] = chance(256);
			},
		};
		const { bootstrap } = scenario;
		this.#wired = wire && this.wired(wire);
		this.#bootstrap =
			wire === undefined && bootstrap !== undefined
				? new ScriptedBootstrapClient(
						bootstrap,
						(why) => this.decide(-1, why),
						() => this.configure(),
					)
				: undefined;
		this.#client = new Client({
			endpointName: "ep",
			dice,
			entropy,
			formats: formatsSince11,
			limits: { servers: 8 },
			log: (record) => this.log(record),
			...(this.#bootstrap === undefined ? {} : { bootstrap: this.#bootstrap.make }),
			...(this.#wired === undefined ? {} : { bootstrap: makeBootstrap }),
		});
		if (this.#wired !== undefined) this.addBootstrapServer(bootstrap?.holdOffMs ?? 0);
		if (!scenario.isProvisioned) return;
		for (const [index, peer] of this.#peers.entries()) this.provision(peer, index, "server");
	}

	private log(record: LogRecord): void {
		this.#records.push(record);
		if (record.event !== "bootstrapWanted") return;
		this.decide(-1, record.why === "noAccounts" ? "bootstrapNoAccounts" : "bootstrapRegistrationFailed");
	}

	/** A Bootstrap-Server on the wire, in place of the scripted bootstrap client. */
	private wired(sessions: readonly WireSession[]): WiredBootstrapServer {
		return new WiredBootstrapServer(sessions, this.#scenario.servers, {
			at: (afterMs, run) => this.at(this.#nowMs + afterMs, run),
			send: (bytes) => {
				this.at(this.#nowMs, () => this.#client.receive(bootstrapAddress, bytes, 0, bytes.length, this.#nowMs));
			},
			place: (index) => {
				const isNew = !this.#placed.has(index);
				this.#placed.add(index);
				return { uri: `coap://wired-${this.#nowMs}-${index}.example`, isNew };
			},
		});
	}

	private addBootstrapServer(holdOffMs: number): void {
		const accounts = securityObject(SECURITY);
		this.#client.addObject(SECURITY, accounts);
		this.#client.addObject(SERVER, serverObject(this.#client, SERVER));
		const account = accounts.provide!(99);
		account.hold("serverUri", `coap://${bootstrapAddress.host}`);
		account.hold("bootstrapServer", true);
		account.hold("securityMode", 3);
		account.hold("clientHoldOffTime", Math.round(holdOffMs / 1000));
		this.#client.add(account);
	}

	/** Lets everything happen up to the horizon. */
	run(): readonly Decision[] {
		for (const { atMs, server, resource, value } of this.#scenario.writes) {
			this.at(startMs + atMs, () => this.write(server, resource, value));
		}
		this.#client.start(this.#nowMs);
		this.settle();
		const endMs = startMs + this.#scenario.horizonMs;
		for (;;) {
			const nextMs = Math.min(this.#client.deadlineMs, this.#due[0]?.atMs ?? Infinity);
			if (nextMs > endMs) return this.#decisions;
			if (nextMs > this.#nowMs) this.#nowMs = nextMs;
			const due = this.#due[0];
			if (due !== undefined && due.atMs <= this.#nowMs) {
				this.#due.shift();
				due.run();
			}
			this.settle();
		}
	}

	/** What the client said of itself, for a person who looks for a difference. */
	get records(): readonly LogRecord[] {
		return this.#records;
	}

	private decide(index: number, what: Decision["what"]): void {
		this.#decisions.push({ atMs: this.#nowMs - startMs, server: index, what });
	}

	private provision(peer: Peer, index: number, name: string): void {
		const { script } = peer;
		const shortServerId = index + 1;
		const { lifetimeS, disableTimeoutS } = script;
		this.#placed.add(index);
		peer.accounts = [
			security({ id: index, serverUri: `coap://${name}${index}.example`, shortServerId }),
			server({ id: index, shortServerId, lifetimeS, disableTimeoutS, recovery: recoveryOf(script) }, this.#client),
		];
		for (const instance of peer.accounts) this.#client.add(instance);
	}

	/** What a bootstrap writes. */
	private configure(): void {
		for (const [index, peer] of this.#peers.entries()) {
			const { onBootstrap } = peer.script;
			const isNew = peer.accounts.length === 0;
			if (!isNew && onBootstrap !== "unchanged") for (const instance of peer.accounts) this.#client.remove(instance);
			if (onBootstrap === "removed") peer.accounts = [];
			else if (isNew || onBootstrap === "moved") this.provision(peer, index, `moved-${this.#nowMs}-`);
		}
	}

	private write(index: number, resource: LiveResource, value: number | boolean): void {
		const instance = this.#peers[index]!.accounts[1] as
			| (Instance & { set(name: string, value: unknown): void })
			| undefined;
		instance?.set(resourceNames[resource], value);
	}

	private at(atMs: number, run: () => void): void {
		const index = this.#due.findIndex((due) => due.atMs > atMs);
		this.#due.splice(index < 0 ? this.#due.length : index, 0, { atMs, run });
	}

	/** Polls and carries until nothing more happens at this time. */
	private settle(): void {
		for (let isMoving = true, rounds = 0; isMoving; rounds++) {
			if (rounds > 1000) throw new Error(`never quiet at ${this.#nowMs - startMs} ms`);
			this.#client.poll(this.#nowMs);
			isMoving = this.resolve();
			for (
				let sent = this.#client.takeDatagram(this.#to);
				sent !== undefined;
				sent = this.#client.takeDatagram(this.#to)
			) {
				isMoving = true;
				this.hear(sent);
			}
			isMoving ||= this.#client.deadlineMs <= this.#nowMs;
		}
	}

	private resolve(): boolean {
		const name = this.#client.takeName();
		if (name === undefined) return false;
		if (name === bootstrapAddress.host) {
			this.#client.resolved(name, [name], this.#nowMs);
			return true;
		}
		const index = Number(/(\d+)\.example$/.exec(name)![1]);
		const peer = this.#peers[index]!;
		const outcome = peer.script.attempts[peer.attempts];
		if (outcome?.kind !== "nameless") this.#client.resolved(name, [peer.address.host], this.#nowMs);
		else {
			const attempt = ++peer.attempts;
			this.decide(index, "lookUp");
			// Where it was looked up again meanwhile, the answer to that is the one.
			this.at(this.#nowMs + outcome.afterMs, () => {
				if (attempt === peer.attempts) this.#client.resolved(name, [], this.#nowMs);
			});
		}
		return true;
	}

	/** A server gets a datagram. */
	private hear(bytes: Uint8Array): void {
		if (this.#to.host === bootstrapAddress.host) {
			this.#wired?.hear(bytes);
			return;
		}
		const index = this.#peers.findIndex(({ address }) => address.host === this.#to.host);
		const peer = this.#peers[index]!;
		const request = read(bytes);
		const key = `${request.messageId} ${request.token.join()}`;
		if (request.code === 0 || request.code >= 0x20 || key === peer.seen) return;
		peer.seen = key;
		if (request.code === code.delete) {
			this.decide(index, "deregister");
			if (peer.script.saysGoodbye) this.answer(peer, request, { kind: "accepted", afterMs: 0 }, code.deleted);
		} else if (request.segments === 1) {
			this.decide(index, "register");
			this.answer(peer, request, peer.script.attempts[peer.attempts++] ?? acceptedAtOnce, code.created);
		} else {
			this.decide(index, "update");
			this.answer(peer, request, peer.script.updates[peer.updates++] ?? acceptedAtOnce, code.changed);
		}
	}

	private answer(peer: Peer, request: Incoming, outcome: Outcome, good: number): void {
		if (outcome.kind === "silent" || outcome.kind === "nameless") return;
		const bytes = response(request, outcome.kind === "accepted" ? good : outcome.code);
		this.at(this.#nowMs + outcome.afterMs, () => {
			const before = this.registered(peer);
			this.#client.receive(peer.address, bytes, 0, bytes.length, this.#nowMs);
			if (good !== code.created || before || !this.registered(peer)) return;
			const registration = ++peer.registration;
			if (outcome.kind !== "accepted" || outcome.disableAfterMs === undefined) return;
			this.at(this.#nowMs + outcome.disableAfterMs, () => this.disable(peer, registration));
		});
	}

	private disable(peer: Peer, registration: number): void {
		if (registration !== peer.registration || !this.registered(peer) || this.isBootstrapping) return;
		this.#client.disable(this.#peers.indexOf(peer) + 1);
	}

	/** Whether a session of the bootstrap is open. */
	private get isBootstrapping(): boolean {
		return this.#bootstrap?.isOpen === true || this.#wired?.isOpen === true;
	}

	private registered(peer: Peer): boolean {
		const shortServerId = this.#peers.indexOf(peer) + 1;
		return this.#client.sessions.some(
			(session) => session.shortServerId === shortServerId && session.state === "registered",
		);
	}
}

/**
 * What the real client does in this scenario, and what it logs.
 * @param wire with it, the client has its own bootstrap client, and a Bootstrap-Server on the wire does this
 */
export function observe(
	scenario: Scenario,
	wire?: readonly WireSession[],
): { readonly decisions: readonly Decision[]; readonly records: readonly LogRecord[] } {
	const stage = new Stage(scenario, wire);
	return { decisions: stage.run(), records: stage.records };
}
