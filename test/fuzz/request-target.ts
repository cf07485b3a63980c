/*
 * The request path under fuzz: a client with two servers, requests of every method, path, format and payload, in
 * sequences. Invariants, after each of them:
 * - nothing is thrown; a Confirmable request of a served server has an answer, with a code that the operation may have;
 * - a refused request leaves all as it was: values, histories, Instances, attributes of every server, observations, and
 *   no hook has acted; a Read leaves the values as they were, too;
 * - content decodes with the embedded server's codecs, and says what the registry has;
 * - Instances, Resource Instances, attributes and observations keep to their limits.
 */
import { path } from "../../modules/lwm2m/path.ts";
import { encodeReports } from "../../modules/lwm2m/reporting-state.ts";
import { Choices } from "./choices.ts";
import { textsOf, uintOf, type WireMessage } from "./coap-wire.ts";
import { bent } from "./drawn-payload.ts";
import { type DrawnRequest, drawnPath, drawnRequest, method } from "./drawn-request.ts";
import { type FuzzedOptions, type FuzzedServer, FuzzedWorld, limits } from "./fuzzed-world.ts";
import { checkCode, checkContent } from "./legal-answers.ts";

const steps = 16;
const leapsMs = [1, 1_000, 6_000, 61_000, 300_000, 90_000_000];
/** Another composition of the client each. */
const compositions: readonly FuzzedOptions[] = [
	{ enabler: "1.2", isControlled: false },
	{ enabler: "1.1", isControlled: false },
	{ enabler: "1.2", isControlled: true },
	{ enabler: "1.0", isControlled: false },
	{ enabler: "1.1", isControlled: true },
];
const attribute = /;(?:pmin|pmax|gt|lt|st|epmin|epmax|edge|con|hqmax)=/;

/** What a server or the application could tell apart. */
interface Snapshot {
	readonly values: string;
	/** Absent where a request is not watched for them: to discover all takes a hundred times as long as to read all. */
	readonly attributes: string | undefined;
	readonly observations: string;
}

class Script {
	readonly world: FuzzedWorld;
	readonly #choices: Choices;
	#before: Snapshot | undefined;

	constructor(bytes: Uint8Array) {
		this.#choices = new Choices(bytes);
		this.world = new FuzzedWorld(this.#choices.of(compositions));
		for (const server of this.world.servers) {
			if (!this.world.isServing(server)) throw new Error(`server ${server.index} is not registered with`);
		}
	}

	play(): void {
		while (!this.#choices.isOver) {
			this.#step();
			for (const server of this.world.servers) this.#readNotifications(server);
			this.#checkLimits();
		}
		this.world.pass(400_000);
		this.#checkLimits();
	}

	#step(): void {
		const { world } = this;
		const step = this.#choices.below(steps);
		if (step < 12) {
			this.#request();
			return;
		}
		this.#before = undefined;
		if (step === 12) world.pass(this.#choices.of(leapsMs));
		else if (step === 13) this.#change();
		else if (step === 14) {
			this.#choices.of(world.servers).manner = this.#choices.of(["acknowledges", "resets", "silent"] as const);
		} else if (this.#choices.isRare(3)) this.#restart();
		else world.state.sensor = this.#choices.of(["works", "refuses", "fails"] as const);
	}

	/** The device restarts with what it kept of attributes and observations, or with what flash made of that. */
	#restart(): void {
		const { world } = this;
		world.state.sensor = "works";
		const kept = encodeReports(world.client.exportReporting(world.state.nowMs));
		// A server that is not registered with does not tell what it had.
		const isTold = world.servers.every((server) => world.isServing(server));
		if (!isTold || this.#choices.isRare(2)) {
			world.restart(bent(this.#choices.isRare(4) ? this.#choices.bytes(40) : kept, this.#choices));
			return;
		}
		const before = world.attributes();
		world.restart(kept);
		const after = world.attributes();
		// What is made anew has what it had; what servers created or wrote is another matter.
		const remained = attached(before).filter((link) => after.includes(link.split(";")[0]!.slice(2)));
		same("attributes", remained.join("\n"), attached(after).join("\n"));
	}

	/** The application tells what nobody asked for. */
	#send(): void {
		const paths = Array.from({ length: 1 + this.#choices.below(3) }, () => pathOf(drawnPath(this.#choices)));
		const format = this.#choices.of([112, 110, 11544, 112]);
		const options = { format, isDeferred: this.#choices.below(2) === 1, withHistory: this.#choices.below(2) === 1 };
		this.world.client.send(this.#choices.of([1, 2, "all", 9] as const), paths, options);
	}

	/** Something changes at the device. */
	#change(): void {
		const { registry } = this.world.client;
		const [first] = registry.object(33000)!.instances;
		const kind = this.#choices.below(8);
		if (kind >= 6) this.#send();
		else if (kind === 0) this.world.state.shadow = this.#choices.below(200);
		else if (first === undefined) return;
		else if (kind === 1) first.hold("level", this.#choices.below(100) / 2);
		else if (kind === 2) first.hold("counters", new Map([[this.#choices.below(4), this.#choices.below(256)]]));
		else if (kind === 3) first.hold("flag", this.#choices.below(2) === 1);
		else if (kind === 4) this.world.client.update(1 + this.#choices.below(2));
		else if (registry.object(33000)!.instances.length > 1) this.world.client.remove(first);
		this.world.settle();
	}

	#snapshot(isWatched: boolean): Snapshot {
		const { world } = this;
		const attributes = isWatched ? world.attributes() : undefined;
		return { values: world.values(), attributes, observations: world.observations() };
	}

	#request(): void {
		const { world } = this;
		const server = this.#choices.of(world.servers);
		const request = drawnRequest(this.#choices);
		const tokens = [...server.observed.keys()];
		const isAgain = tokens.length > 0 && request.observe !== undefined && !this.#choices.isRare(3);
		const old = isAgain ? this.#choices.of(tokens) : undefined;
		const token = old === undefined ? world.freshToken() : Uint8Array.from(Buffer.from(old, "hex"));
		const type = this.#choices.isRare(6) ? 1 : 0;
		const isWatched = request.query.length > 0 || request.code === method.delete || this.#choices.isRare(4);
		const known = this.#before;
		const before =
			known === undefined || (isWatched && known.attributes === undefined) ? this.#snapshot(isWatched) : known;
		const isServed = world.isServing(server);
		const answer = world.ask(server, request, { type, token });
		if (answer === undefined) {
			if (isServed && type === 0) throw new Error(`no answer to ${spoken(request)}`);
			this.#before = undefined;
			return;
		}
		try {
			this.#judge(request, answer, isWatched ? before : { ...before, attributes: undefined }, old !== undefined);
		} catch (error) {
			throw new Error(`${spoken(request)} → ${answer.code >> 5}.${answer.code & 31}: ${String(error)}`, {
				cause: error,
			});
		}
		const key = Buffer.from(token).toString("hex");
		if (request.observe === 0 && uintOf(answer, 6) !== undefined) server.observed.set(key, request);
		else if (request.observe !== undefined) server.observed.delete(key);
	}

	#judge(request: DrawnRequest, answer: WireMessage, before: Snapshot, isOldToken: boolean): void {
		const { client } = this.world;
		checkCode(request, answer.code);
		const after = this.#snapshot(before.attributes !== undefined);
		this.#before = after;
		const asks = request.code === method.get || request.code === method.fetch;
		if (answer.code >= 0x80 || answer.code === 0x5f || asks) {
			same("values", before.values, after.values);
			if (before.attributes !== undefined) same("attributes", before.attributes, after.attributes ?? "");
		}
		// An Observe that is refused ends what was observed under its token: the token is another request's now.
		if (answer.code >= 0x80 && !isOldToken) same("observations", before.observations, after.observations);
		if (asks) checkContent(request.code === method.fetch ? [] : request.path, answer, client.registry);
		if (answer.code === 0x41) {
			const location = textsOf(answer, 8);
			const [objectId, instanceId] = location.map(Number);
			// Several at once have no one location.
			if (location.length === 2 && client.registry.instance(objectId!, instanceId!) === undefined) {
				throw new Error(`there is no /${location.join("/")}`);
			}
		}
		if (answer.code === 0x42 && request.path.length === 2) {
			const [objectId, instanceId] = request.path.map(Number);
			if (client.registry.instance(objectId!, instanceId!) !== undefined) throw new Error("deleted, and still there");
		}
	}

	#readNotifications(server: FuzzedServer): void {
		for (const { token, message } of server.notifications.splice(0)) {
			const request = server.observed.get(token);
			if (request === undefined) continue;
			// An error is the last one (RFC 7641 §3.2).
			if (message.code >= 0x80) server.observed.delete(token);
		}
	}

	#checkLimits(): void {
		const { client } = this.world;
		let instances = 0;
		let most = 0;
		for (const object of client.registry.objects) {
			instances += object.instances.length;
			for (const instance of object.instances) {
				for (const name in object.facts.resources) {
					if (name === "broken" || object.facts.resources[name]!.type === undefined) continue;
					const held = instance.read(name);
					if (held instanceof Map) most = Math.max(most, held.size);
				}
			}
		}
		holdTo("Object Instances", instances, limits.instances);
		holdTo("Resource Instances", most, limits.resourceInstances);
		const links = attached(this.#before?.attributes ?? "");
		for (const { observationCount, shortServerId } of client.sessions) {
			holdTo("observations", observationCount, limits.observations);
			const count = links.filter((link) => link.startsWith(`${shortServerId} `)).length;
			holdTo("paths with attributes", count, limits.attributes);
		}
		if (client.sessions.length > 2) throw new Error(`${client.sessions.length} sessions`);
	}
}

/** How full the device is counts as an edge, so that what fills it further is kept. @throws Error over the limit */
function holdTo(what: string, count: number, limit: number): void {
	if (count > limit) throw new Error(`${count} ${what}`);
	const { __hit: hit } = globalThis as { readonly __hit?: (block: number) => void };
	hit?.(0); // from here on the edge is told by the next block alone
	hit?.(0x5000 + what.length * 64 + count);
}

/** The links with attributes, "1 </3/0/9>;pmin=1"; what a Discover is about shows what is in force, and stays out. */
function attached(discovered: string): string[] {
	const found: string[] = [];
	for (const line of discovered.split("\n")) {
		for (const link of line.slice(2).split(",").slice(1)) {
			if (attribute.test(link)) found.push(`${line[0]} ${link.replace(/;dim=\d+/, "")}`);
		}
	}
	return found;
}

const pathOf = (ids: readonly number[]) => path(ids[0] ?? -1, ids[1] ?? -1, ids[2] ?? -1, ids[3] ?? -1);

function same(what: string, before: string, after: string): void {
	if (before === after) return;
	const [old, now] = [before.split("\n"), after.split("\n")];
	const at = old.findIndex((line, index) => line !== now[index]);
	throw new Error(`${what} changed: ${old[at]} became ${now[Math.max(at, 0)]}`);
}

function spoken({ code, path, query, contentFormat, accept, observe, payload }: DrawnRequest): string {
	const name = Object.entries(method).find(([, each]) => each === code)?.[0] ?? code;
	const asks = `/${path.join("/")}${query.length > 0 ? `?${query.join("&")}` : ""}`;
	const hex = Buffer.from(payload).toString("hex");
	return `${name} ${asks} cf=${contentFormat} accept=${accept} observe=${observe} ${hex}`;
}

/** Plays the bytes as a sequence of requests, and of things that happen in between. */
export function request(bytes: Uint8Array): void {
	new Script(bytes).play();
}
