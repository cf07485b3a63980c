import { test } from "node:test";
import { Chance } from "../../hosts/simulator/chance.ts";
import type { Attributes } from "../../hosts/simulator/server/attributes.ts";
import type { FormatName } from "../../hosts/simulator/server/formats/codec.ts";
import type { Sample } from "../../hosts/simulator/server/formats/records.ts";
import type { Answer, RawRequest } from "../../hosts/simulator/server/operations.ts";
import { OperationFailure } from "../../hosts/simulator/server/refusal.ts";
import { Lwm2mServer } from "../../hosts/simulator/server/server.ts";
import { Code, codeText } from "../../modules/coap/code.ts";
import type { Response } from "../../modules/coap/peer.ts";
import {
	instanceNode,
	models,
	nodeAt,
	numbersOf,
	type Plain,
	plainOf,
	type Resources,
	type Several,
	type Values,
	valuesOf,
} from "./plain.ts";
import { Stage, type StageWish } from "./stage.ts";

/** What a client answered, as tests compare it. */
export interface Told {
	/** "2.05"; the name of the failure where there was no answer that could be understood. */
	readonly code: string;
	readonly values: Values;
	/** "path=value@time", where values came with a time. */
	readonly samples: readonly string[];
	/** Discover's links as they are spelt: "</3/0/7>;dim=2". */
	readonly links: readonly string[];
	readonly location: string | undefined;
	readonly message: string | undefined;
}

/** A notification, a composite one, or a Send. */
export interface News {
	readonly atMs: number;
	readonly kind: "notification" | "composite" | "sent";
	/** Of the observation; "" for a Send. */
	readonly path: string;
	readonly values: Values;
	readonly samples: readonly string[];
}

/** A message of the device, as it was on the wire. */
export interface Message {
	readonly atMs: number;
	readonly incoming: boolean;
	readonly type: "CON" | "NON" | "ACK" | "RST";
	readonly code: string;
	/** Content-Format (12). */
	readonly format: number | undefined;
	/** Whether it has an Observe option (6). */
	readonly isObserve: boolean;
	readonly query: readonly string[];
	readonly path: string;
	readonly payload: Uint8Array;
}

const optionNumbers = { observe: 6, uriPath: 11, contentFormat: 12, uriQuery: 15 };

const sampleText = ({ path, value, timeS }: Sample) => `/${path.join("/")}=${plainOf(value)}@${timeS}`;

/** One embedded server with the conformance device registered to it; others beside it where a test wants them. */
export class Served {
	readonly stage: Stage;
	readonly server: Lwm2mServer;
	readonly news: News[] = [];
	readonly messages: Message[] = [];
	/** Observations that ended with an error, or brought what can not be understood. */
	readonly failures: string[] = [];

	constructor(stage: Stage, name: string) {
		this.stage = stage;
		const chance = new Chance(stage.world.seed).branch(name);
		this.server = new Lwm2mServer({
			time: stage.world.time,
			network: stage.network,
			host: stage.network.newAddress(),
			models,
			dice: chance,
			entropy: chance.branch("entropy"),
			hasCalendar: false,
		});
		this.#listen();
	}

	get uri(): string {
		return `coap://${this.server.host}:${this.server.port}`;
	}

	get isRegistered(): boolean {
		return this.server.client(this.stage.endpoint) !== undefined;
	}

	read(path: string, format?: FormatName): Promise<Told> {
		return this.#told(path, () => this.server.operations.read(this.#name, path, { format }));
	}

	write(path: string, value: Plain | Several | Resources, format: FormatName = "SENML_CBOR"): Promise<Told> {
		const node = nodeAt(path, value);
		return this.#told(path, () => this.server.operations.write(this.#name, path, node, { format }));
	}

	update(path: string, value: Several | Resources, format: FormatName = "SENML_CBOR"): Promise<Told> {
		const node = nodeAt(path, value);
		const tuning = { format, mode: "update" } as const;
		return this.#told(path, () => this.server.operations.write(this.#name, path, node, tuning));
	}

	create(path: string, resources: Resources, id?: number, format: FormatName = "TLV"): Promise<Told> {
		const node = instanceNode(numbersOf(path)[0]!, resources, id);
		return this.#told(path, () => this.server.operations.create(this.#name, path, node, { format }));
	}

	delete(path: string): Promise<Told> {
		return this.#told(path, () => this.server.operations.delete(this.#name, path));
	}

	execute(path: string, args = ""): Promise<Told> {
		return this.#told(path, () => this.server.operations.execute(this.#name, path, args));
	}

	discover(path: string, depth?: number): Promise<Told> {
		const tuning = depth === undefined ? {} : { depth };
		return this.#told(path, () => this.server.operations.discover(this.#name, path, tuning));
	}

	attributes(path: string, attributes: Attributes): Promise<Told> {
		return this.#told(path, () => this.server.operations.writeAttributes(this.#name, path, attributes));
	}

	observe(path: string, format?: FormatName, attributes: Attributes = {}): Promise<Told> {
		return this.#told(path, () => this.server.operations.observe(this.#name, path, { format, attributes }));
	}

	cancel(path: string, how: "passive" | "active" = "active"): Promise<Told> {
		return this.#told(path, () => this.server.operations.cancel(this.#name, path, how));
	}

	readComposite(paths: readonly string[], format?: FormatName, pathFormat?: FormatName): Promise<Told> {
		return this.#told("/", () => this.server.operations.readComposite(this.#name, paths, { format, pathFormat }));
	}

	writeComposite(writes: { [path: string]: Plain | Several | null }, format?: FormatName): Promise<Told> {
		const nodes = Object.entries(writes).map(
			([path, value]) => [path, value === null ? null : nodeAt(path, value)] as const,
		);
		const what = Object.fromEntries(nodes);
		return this.#told("/", () => this.server.operations.writeComposite(this.#name, what, { format }));
	}

	observeComposite(paths: readonly string[], format?: FormatName, attributes: Attributes = {}): Promise<Told> {
		const tuning = { format, attributes };
		return this.#told("/", () => this.server.operations.observeComposite(this.#name, paths, tuning));
	}

	cancelComposite(paths: readonly string[], how: "passive" | "active" = "active"): Promise<Told> {
		return this.#told("/", () => this.server.operations.cancelComposite(this.#name, paths, how));
	}

	/** A request as it is written here, right or wrong. */
	request(
		code: keyof typeof Code & ("get" | "post" | "put" | "delete" | "fetch" | "patch" | "ipatch"),
		path: string,
		more: Partial<RawRequest> = {},
	): Promise<Response> {
		const request = { ...more, code: Code[code], path };
		return this.stage.settled(this.server.operations.request(this.#name, request));
	}

	/** The code alone. */
	async code(...of: Parameters<Served["request"]>): Promise<string> {
		return codeText((await this.request(...of)).code);
	}

	/** News that came since a moment. */
	since(atMs: number): News[] {
		return this.news.filter((one) => one.atMs >= atMs);
	}

	/** Messages of the device with a code, after a moment. */
	sent(code: string, sinceMs = 0): Message[] {
		return this.messages.filter((one) => one.incoming && one.code === code && one.atMs > sinceMs);
	}

	get #name(): string {
		return this.stage.endpoint;
	}

	async #told(path: string, ask: () => Promise<Answer | undefined>): Promise<Told> {
		const nothing = { values: {}, samples: [], links: [], location: undefined, message: undefined };
		try {
			const answer = await this.stage.settled(ask());
			if (answer === undefined) return { ...nothing, code: "none" };
			const { code, content, nodes, samples = [], links = [], location, message } = answer;
			const composite = [...(nodes ?? [])].map(([at, node]) => (node ? valuesOf(node, numbersOf(at)) : {}));
			return {
				code: codeText(code),
				values: content === undefined ? Object.assign({}, ...composite) : valuesOf(content, numbersOf(path)),
				samples: samples.map(sampleText),
				links: links.map(({ target, attributes }) =>
					[
						`<${target}>`,
						...[...attributes].map(([name, value]) => (value === undefined ? name : `${name}=${value}`)),
					].join(";"),
				),
				location,
				message,
			};
		} catch (error) {
			if (!(error instanceof OperationFailure)) throw error;
			return { ...nothing, code: error.reason, message: error.message };
		}
	}

	#listen(): void {
		const { server, stage } = this;
		const note = (kind: News["kind"], path: string, values: Values, samples: readonly Sample[] = []) => {
			this.news.push({ atMs: stage.nowMs, kind, path, values, samples: samples.map(sampleText) });
		};
		server.on("notification", ({ path, node, samples }) => {
			note("notification", `/${path.join("/")}`, valuesOf(node, path), samples);
		});
		const together = (nodes: ReadonlyMap<string, Parameters<typeof valuesOf>[0] | undefined>): Values =>
			Object.assign({}, ...[...nodes].map(([at, node]) => (node ? valuesOf(node, numbersOf(at)) : {})));
		server.on("compositeNotification", ({ paths, nodes, samples }) => {
			note("composite", paths.map((path) => `/${path.join("/")}`).join(" "), together(nodes), samples);
		});
		server.on("sent", ({ nodes, samples }) => note("sent", "", together(nodes), samples));
		server.on("observationFailed", ({ path, why }) => this.failures.push(`/${path.join("/")}: ${why}`));
		server.watch(stage.endpoint);
		server.on("coap", ({ incoming, message: { type, code, options, payload } }) => {
			const all = (wanted: number) => options.filter(({ number }) => number === wanted).map(({ value }) => value);
			const text = (value: Uint8Array) => new TextDecoder().decode(value);
			const [format] = all(optionNumbers.contentFormat);
			this.messages.push({
				atMs: stage.nowMs,
				incoming,
				type,
				code: codeText(code),
				format: format?.reduce((number, byte) => number * 256 + byte, 0),
				isObserve: all(optionNumbers.observe).length > 0,
				query: all(optionNumbers.uriQuery).map(text),
				path: all(optionNumbers.uriPath)
					.map((part) => `/${text(part)}`)
					.join(""),
				payload,
			});
		});
	}
}

/** A stage with one server, or two, and a board that is registered with all of them. */
async function open(wish: StageWish & { readonly servers?: 1 | 2 }): Promise<Served[]> {
	const { servers: count = 1, ...rest } = wish;
	const stage = new Stage(wish.seed ?? 1);
	const all = [new Served(stage, "server")];
	if (count === 2) all.push(new Served(stage, "second"));
	for (const { server } of all) await server.start();
	const second = all[1] === undefined ? {} : { secondServerUri: all[1].uri };
	stage.powerOn(all[0]!.uri, { ...rest, ...second });
	await stage.until("registration", () => all.every(({ isRegistered }) => isRegistered));
	return all;
}

async function run(wish: StageWish & { readonly servers?: 1 | 2 }, body: (all: Served[]) => Promise<void>) {
	const all = await open(wish);
	const { stage } = all[0]!;
	try {
		await body(all);
		stage.close();
	} catch (error) {
		stage.world.close();
		const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
		throw new Error(`${words}\n— device —\n${stage.log()}`, { cause: error });
	} finally {
		for (const { server } of all) server.stop();
	}
}

/** A test with the conformance image on XS, registered with one embedded server. */
export function served(name: string, wish: StageWish, body: (it: Served) => Promise<void>): void {
	test(`xs › ${name}`, () => run(wish, ([it]) => body(it!)));
}

/** The same with two servers: Short Server IDs 1 and 2. */
export function servedByTwo(name: string, wish: StageWish, body: (one: Served, two: Served) => Promise<void>): void {
	test(`xs › ${name}`, () => run({ ...wish, servers: 2 }, ([one, two]) => body(one!, two!)));
}
