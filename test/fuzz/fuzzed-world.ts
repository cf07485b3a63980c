/* A client with two servers that are nobody's code: what they send is put together here, byte by byte. */
import { formats10 } from "../../modules/formats/formats-1-0.ts";
import { formatsSince11 } from "../../modules/formats/payload.ts";
import { AccessControl } from "../../modules/lwm2m/access-control.ts";
import { Client } from "../../modules/lwm2m/client.ts";
import { compositeOperations } from "../../modules/lwm2m/composite.ts";
import type { EnablerVersion } from "../../modules/lwm2m/facts.ts";
import type { ClientLimits } from "../../modules/lwm2m/limits.ts";
import { RequestRefused } from "../../modules/lwm2m/refusal.ts";
import { decodeReports } from "../../modules/lwm2m/reporting-state.ts";
import { makeSends } from "../../modules/lwm2m/send.ts";
import { accessControl } from "../../modules/objects/access-control-2.ts";
import { seeded } from "../harness.ts";
import { none, readMessage, texts, textsOf, uint, uintOf, type WireMessage, writeMessage } from "./coap-wire.ts";
import type { DrawnRequest } from "./drawn-request.ts";
import { type DeviceState, furnish, furnishRights } from "./fuzzed-device.ts";

export const limits = {
	observations: 4,
	attributes: 2,
	instances: 20,
	writeEntries: 24,
	resourceInstances: 4,
	notificationsPerTurn: 3,
} satisfies Partial<ClientLimits>;

/** Rounds of datagrams back and forth before somebody is said never to stop. */
const roundsMax = 400;
/** Turns that one stretch of time may take, and those in a row at the same moment. */
const turnsMax = 500;
const stuckMax = 50;
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/** One of the servers: where it is, and what it waits for. */
export interface FuzzedServer {
	readonly index: number;
	readonly host: string;
	/** Answers to requests by token. */
	readonly answers: Map<string, WireMessage>;
	/** What was observed under a token. */
	readonly observed: Map<string, DrawnRequest>;
	readonly notifications: { readonly token: string; readonly message: WireMessage }[];
	/** What a notification is answered with from here on. */
	manner: "acknowledges" | "resets" | "silent";
	messageId: number;
}

/** What the client is composed of. */
export interface FuzzedOptions {
	readonly enabler: EnablerVersion;
	/** Whether servers have different rights. */
	readonly isControlled: boolean;
}

/** What a request of ours asks beside its content. */
export interface Sending {
	readonly type?: 0 | 1;
	readonly token?: Uint8Array;
}

export class FuzzedWorld {
	client: Client;
	readonly state: DeviceState = { effects: [], shadow: 1, sensor: "works", nowMs: 1000 };
	readonly servers: readonly FuzzedServer[];
	/** Requests of the client's, "POST /dp", in order. */
	readonly asked: string[] = [];
	readonly #options: FuzzedOptions;
	#tokens = 0;

	constructor(options: FuzzedOptions) {
		this.#options = options;
		this.servers = [1, 2].map((index) => ({
			index,
			host: `192.0.2.${index}`,
			answers: new Map(),
			observed: new Map(),
			notifications: [],
			manner: "acknowledges",
			messageId: 1000,
		}));
		this.client = this.#make();
		this.client.start(this.state.nowMs);
		this.settle();
	}

	/** The device starts anew, with what reporting kept: `kept` may be anything. */
	restart(kept: Uint8Array): void {
		const before = kept.slice();
		this.client = this.#make();
		this.client.start(this.state.nowMs);
		const reports = decodeReports(kept, this.client.limits);
		if (!("code" in reports)) this.client.importReporting(reports, this.state.nowMs);
		else if (!Object.isFrozen(reports)) throw new Error("no frozen Fault");
		if (before.some((byte, at) => byte !== kept[at])) throw new Error("what was kept was written to");
		kept.fill(0xee);
		this.settle();
	}

	#make(): Client {
		const { enabler, isControlled } = this.#options;
		const random = seeded(5);
		const client = new Client({
			endpointName: "fuzzed",
			dice: { below: random },
			entropy: {
				fill(bytes) {
					for (let at = 0; at < bytes.length; at++) bytes[at] = random(256);
				},
			},
			log: () => {},
			wallTimeS: () => (isControlled ? 1_790_000_000 + Math.floor(this.state.nowMs / 1000) : undefined),
			enabler,
			formats: enabler === "1.0" ? formats10 : formatsSince11,
			...(enabler === "1.0" ? {} : { composite: compositeOperations, sends: makeSends }),
			...(isControlled ? { accessControl: new AccessControl(accessControl) } : {}),
			limits,
			coapLimits: { remembered: 96, outbox: 64, replyBytes: 16_384 },
		});
		furnish(client, this.state);
		if (isControlled) furnishRights(client);
		return client;
	}

	isServing(server: FuzzedServer): boolean {
		const session = this.client.sessions.find(({ shortServerId }) => shortServerId === server.index);
		return session?.state === "registered" || session?.state === "updating";
	}

	freshToken(): Uint8Array {
		this.#tokens++;
		return Uint8Array.of(0x70, this.#tokens >> 8, this.#tokens & 255);
	}

	/** Sends a request and takes what comes back. @returns undefined where nobody answered */
	ask(server: FuzzedServer, request: Partial<DrawnRequest>, sending: Sending = {}): WireMessage | undefined {
		const { token = this.freshToken(), type = 0 } = sending;
		const { code = 1, path = [], query = [], contentFormat, accept, observe, payload = none, others = [] } = request;
		server.messageId = (server.messageId + 1) & 0xffff;
		const bytes = writeMessage({
			type,
			code,
			messageId: server.messageId,
			token,
			options: [
				...uint(6, observe),
				...texts(11, path),
				...uint(12, contentFormat),
				...texts(15, query),
				...uint(17, accept),
				...others,
			],
			payload,
		});
		this.deliver(server, bytes);
		const key = hexOf(token);
		const answer = server.answers.get(key);
		server.answers.delete(key);
		return answer;
	}

	/** What Discover tells, block by block; the code where it is refused. */
	discovered(server: FuzzedServer, path: readonly string[], query: readonly string[]): string {
		const parts: Uint8Array[] = [];
		for (let number = 0; number < 32; number++) {
			const others = number === 0 ? [] : uint(23, number * 16 + 6);
			const answer = this.ask(server, { code: 1, path, query, accept: 40, others }, { type: 1 });
			if (answer === undefined) return "silence";
			if (answer.code !== 0x45) return `code ${answer.code}`;
			parts.push(answer.payload);
			if (((uintOf(answer, 23) ?? 0) & 8) === 0) break;
		}
		return Buffer.concat(parts).toString();
	}

	deliver(server: FuzzedServer, bytes: Uint8Array): void {
		this.client.receive({ host: server.host, port: 5683 }, bytes, 0, bytes.length, this.state.nowMs);
		bytes.fill(0xee); // the buffer is the caller's again
		this.settle();
	}

	/** Lets time pass, from one deadline to the next. */
	pass(ms: number): void {
		const untilMs = this.state.nowMs + ms;
		let stuck = 0;
		for (let turn = 0; this.client.deadlineMs <= untilMs; turn++) {
			// A pmax of a second makes a day long: what comes after so many turns is as what came before.
			if (turn > turnsMax) return;
			stuck = this.client.deadlineMs <= this.state.nowMs ? stuck + 1 : 0;
			if (stuck > stuckMax) throw new Error(`the deadline does not move at ${this.state.nowMs} ms`);
			this.state.nowMs = Math.max(this.state.nowMs, this.client.deadlineMs);
			this.settle();
		}
		this.state.nowMs = untilMs;
		this.settle();
	}

	/** Carries datagrams until there are none. */
	settle(): void {
		const { client, state } = this;
		const to = { host: "", port: 0 };
		for (let round = 0; round < roundsMax; round++) {
			client.poll(state.nowMs);
			const name = client.takeName();
			if (name !== undefined) client.resolved(name, [name], state.nowMs);
			const bytes = client.takeDatagram(to);
			if (bytes === undefined && name === undefined) return;
			const server = this.servers.find(({ host }) => host === to.host);
			if (bytes !== undefined && server !== undefined) this.#hear(server, readMessage(bytes));
		}
		throw new Error("they never stop talking");
	}

	#hear(server: FuzzedServer, message: WireMessage): void {
		const { type, code, token } = message;
		if (code > 0 && code < 0x20) this.#serve(server, message);
		if (code < 0x20) return;
		const key = hexOf(token);
		const isNotification = server.observed.has(key) && uintOf(message, 6) !== undefined && type !== 2;
		if (isNotification || server.answers.has(key)) server.notifications.push({ token: key, message });
		else server.answers.set(key, message);
		if (isNotification && server.manner === "silent") return;
		const resets = isNotification && server.manner === "resets";
		if (resets) server.observed.delete(key);
		if (type === 0 || resets) this.#send(server, { ...message, type: resets ? 3 : 2, code: 0, token: none });
	}

	/** The registration interface, and whatever else a client asks: it is welcome. */
	#serve(server: FuzzedServer, message: WireMessage): void {
		const { code, type } = message;
		const path = textsOf(message, 11);
		const block1 = uintOf(message, 27);
		this.asked.push(`${code} /${path.join("/")}`);
		const isMore = block1 !== undefined && (block1 & 8) !== 0;
		const isRegister = code === 2 && path.length === 1 && path[0] === "rd";
		const reply = isMore ? 0x5f : code === 4 ? 0x42 : isRegister ? 0x41 : 0x44;
		const options = [...uint(27, block1), ...(isRegister && !isMore ? texts(8, ["rd", "5"]) : [])];
		this.#send(server, { ...message, type: type === 0 ? 2 : 1, code: reply, options });
	}

	#send(server: FuzzedServer, message: Omit<WireMessage, "payload">): void {
		const options = message.code === 0 ? [] : message.options;
		const bytes = writeMessage({ ...message, options, payload: none });
		this.client.receive({ host: server.host, port: 5683 }, bytes, 0, bytes.length, this.state.nowMs);
	}

	/** Every value and everything else that a server or the application could tell apart, but for attributes. */
	values(): string {
		const lines: string[] = [...this.state.effects, `shadow ${this.state.shadow}`];
		const { registry } = this.client;
		for (const { facts, instances } of registry.objects) {
			for (const instance of instances) {
				lines.push(`/${facts.id}/${instance.id}`);
				for (const name in facts.resources) {
					if (facts.resources[name]!.type !== undefined) lines.push(`${name}=${spelt(() => instance.read(name))}`);
					const history = instance.historyOf(name);
					for (let at = 0; history !== undefined && at < history.size; at++) lines.push(`${history.valueAt(at)}`);
				}
			}
		}
		lines.push(`${registry.listVersion}`);
		return lines.join("\n");
	}

	/** How many each server observes. */
	observations(): string {
		return this.client.sessions.map(({ observationCount }) => observationCount).join(" ");
	}

	/** The attributes that each server has attached, as it discovers them, Resource Instances too. */
	attributes(): string {
		const isDeep = this.#options.enabler === "1.2";
		const lines: string[] = [];
		for (const server of this.servers) {
			if (!this.isServing(server)) continue;
			for (const { facts, instances } of this.client.registry.objects) {
				if (facts.id === 0) continue;
				const query = isDeep ? ["depth=3"] : [];
				lines.push(`${server.index} ${this.discovered(server, [`${facts.id}`], query)}`);
				if (isDeep) continue;
				for (const { id } of instances) {
					for (const { id: resourceId, multiple } of Object.values(facts.resources)) {
						if (!multiple || resourceId === 300) continue; // some are enough
						lines.push(`${server.index} ${this.discovered(server, [facts.id, id, resourceId].map(String), [])}`);
					}
				}
			}
		}
		return lines.join("\n");
	}
}

function spelt(read: () => unknown): string {
	try {
		const held = read();
		if (held instanceof Map) return [...held].map(([id, value]) => `${id}:${spelt(() => value)}`).join(" ");
		if (held instanceof Uint8Array) return `0x${hexOf(held)}`;
		if (typeof held === "object") return JSON.stringify(held);
		return `${typeof held} ${Object.is(held, -0) ? "-0" : String(held)}`;
	} catch (error) {
		if (error instanceof RequestRefused) return "refused";
		if (error instanceof Error && error.name === "HostFailure") return "failed";
		throw error;
	}
}
