import type { ResponseOptions } from "../../modules/coap/peer.ts";
import { type Link, writeLinks } from "../../modules/formats/core-link.ts";
import { type Asked, CoapEndpoint, type EndpointOptions } from "./coap-endpoint.ts";
import { text } from "./wire-message.ts";

/** A body that shows a missing or doubled block at once. */
export const large = text(
	Array.from(
		{ length: 32 },
		(_, line) => `${String(line).padStart(4, "0")} ${"abcdefghijklmnopqrstuvwxyz".repeat(2)}\n`,
	).join(""),
);
/** How often the observed resources change. */
const changeMs = 400;
const code = { created: 0x41, deleted: 0x42, valid: 0x43, changed: 0x44, content: 0x45 } as const;
const refused = { notFound: 0x84, notAllowed: 0x85, notAcceptable: 0x86, precondition: 0x8c } as const;

const links: readonly Link[] = [
	...["test", "seg1/seg2/seg3", "query", "separate", "multi-format", "validate"].map((path) => link(path)),
	link("link1", ["rt", "Type1 Type2"], ["if", "If1"]),
	link("link2", ["rt", "Type2 Type3"], ["if", "If2"]),
	link("link3", ["rt", "Type1 Type3"], ["if", "foo"]),
	link("large", ["sz", String(large.length)]),
	link("path", ["ct", "40"]),
	link("obs", ["obs", undefined]),
];

function link(path: string, ...attributes: [string, string | undefined][]): Link {
	return { target: `/${path}`, attributes };
}

interface Observed {
	readonly name: string;
	readonly type: "confirmable" | "nonConfirmable";
	readonly observers: Map<string, { readonly token: Uint8Array; readonly port: number }>;
	text: string;
	count: number;
	format: number;
}

/** The resources of the ETSI CoAP plugtests on our own Peer. */
export class PlugtestServer {
	readonly endpoint: CoapEndpoint;
	/** Observers that a Reset or silence ended. */
	readonly gone: string[] = [];
	readonly received = new Map<string, Uint8Array>();
	readonly #observed: readonly Observed[];
	readonly #timer: NodeJS.Timeout;
	#sequence = 2;
	#version = 1;
	#content = text("hello");
	#isCreated = false;

	static async open(options: EndpointOptions = {}): Promise<PlugtestServer> {
		const holder: { server?: PlugtestServer } = {};
		const endpoint = await CoapEndpoint.open({
			understood: [1, 5],
			...options,
			serve: (asked) => holder.server!.#serve(asked),
			gone: (...words) => holder.server!.#lost(...words),
		});
		holder.server = new PlugtestServer(endpoint);
		return holder.server;
	}

	private constructor(endpoint: CoapEndpoint) {
		this.endpoint = endpoint;
		const row = (name: string, type: Observed["type"], content: string): Observed => {
			return { name, type, observers: new Map(), text: content, count: 0, format: 0 };
		};
		const body = new TextDecoder().decode(large);
		this.#observed = [
			row("obs", "confirmable", "obs "),
			row("obs-non", "nonConfirmable", "non "),
			row("obs-large", "confirmable", body),
		];
		this.#timer = setInterval(() => {
			for (const one of this.#observed) {
				one.count += 1;
				this.#tell(one);
			}
		}, changeMs);
	}

	get port(): number {
		return this.endpoint.port;
	}

	/** How many observers the resource has. */
	observers(name: string): number {
		return this.#observed.find((one) => one.name === name)!.observers.size;
	}

	/** As a restart would, that nobody was told of. */
	forgetObservers(): void {
		for (const { observers } of this.#observed) {
			for (const { token, port } of observers.values()) this.endpoint.peer(port).forgetObserver(token);
			observers.clear();
		}
	}

	close(): void {
		clearInterval(this.#timer);
		this.endpoint.close();
	}

	#lost(token: Uint8Array, port: number, reason: string): void {
		this.gone.push(reason);
		for (const { observers } of this.#observed) observers.delete(`${port} ${token}`);
	}

	#tell(one: Observed, what?: ResponseOptions): void {
		this.#sequence += 1;
		for (const [key, { token, port }] of one.observers) {
			const response = what ?? { ...this.#state(one), observe: this.#sequence };
			this.endpoint.peer(port).notify(token, response, one.type, this.endpoint.nowMs);
			if (what !== undefined) one.observers.delete(key);
		}
		this.endpoint.flush();
	}

	#state(one: Observed): ResponseOptions {
		return { code: code.content, contentFormat: one.format, maxAgeS: 2, payload: text(one.text + one.count) };
	}

	#serve(asked: Asked): void {
		const { request } = asked;
		const path = request.path.join("/");
		if (request.payload.length > 0) this.received.set(path, request.payload);
		if (path === "separate") {
			setTimeout(() => asked.respond({ code: code.content, contentFormat: 0, payload: text("later") }), 1000);
			return;
		}
		const observed = this.#observed.find(({ name }) => name === path);
		if (observed !== undefined) this.#observe(asked, observed);
		else asked.respond(this.#answer(asked, path));
	}

	#observe({ request, port, respond }: Asked, one: Observed): void {
		if (request.code === 4) {
			respond({ code: code.deleted });
			this.#tell(one, { code: refused.notFound });
		} else if (request.code === 3) {
			respond({ code: code.changed });
			const format = request.contentFormat ?? one.format;
			if (format === one.format) {
				one.text = new TextDecoder().decode(request.payload);
				this.#tell(one);
			} else {
				one.format = format;
				this.#tell(one, { code: refused.notAcceptable });
			}
		} else {
			const key = `${port} ${request.token}`;
			if (request.observe === 0) one.observers.set(key, { token: request.token, port });
			else if (request.observe === 1) one.observers.delete(key);
			respond({ ...this.#state(one), ...(request.observe === 0 ? { observe: this.#sequence } : {}) });
		}
	}

	#answer({ request }: Asked, path: string): ResponseOptions {
		const content = (payload: Uint8Array, contentFormat = 0) => ({ code: code.content, contentFormat, payload });
		const isGet = request.code === 1;
		switch (path) {
			case "test":
				if (isGet) return content(text("hello"));
				if (request.code === 4) return { code: code.deleted };
				if (request.code === 3) return { code: code.changed };
				return { code: code.created, locationPath: ["location1", "location2", "location3"] };
			case "seg1/seg2/seg3":
				return content(text("segments"));
			case "query":
				return content(text(request.query.join("&")));
			case "multi-format":
				return request.accept === 41 ? content(text("<a/>"), 41) : content(text("a"));
			case "location-query":
				return {
					code: code.created,
					options: [
						{ number: 20, value: text("first=1") },
						{ number: 20, value: text("second=2") },
					],
				};
			case "validate":
				return this.#validate(request, isGet);
			case "create1":
				return this.#create(request.option(5) !== undefined, request.code === 4);
			case "large":
				return content(large);
			case "big":
				return content(big);
			case "large-update":
				return isGet ? content(this.received.get(path) ?? large) : { code: code.changed };
			case "large-create":
				return { code: code.created, locationPath: ["large-create", "1"] };
			case "large-create/1":
				return content(this.received.get("large-create") ?? large);
			case "large-post":
				return { ...content(text(new TextDecoder().decode(request.payload).toUpperCase())), code: code.changed };
			case ".well-known/core":
				return content(writeLinks(links.filter((one) => matches(one, request.query[0]))), 40);
			case "path":
				return content(writeLinks([link("path/sub1"), link("path/sub2")]), 40);
			case "path/sub1":
				return content(text("sub1"));
			default:
				return isGet && links.some(({ target }) => target === `/${path}`)
					? content(text(path))
					: { code: refused.notFound };
		}
	}

	#validate(request: Asked["request"], isGet: boolean): ResponseOptions {
		const tag = Uint8Array.of(0xa0, this.#version);
		const options = [{ number: 4, value: tag }];
		if (isGet) {
			if (request.option(4)?.join() === tag.join()) return { code: code.valid, options };
			return { code: code.content, contentFormat: 0, payload: this.#content, options };
		}
		const wanted = request.option(1);
		if (wanted !== undefined && wanted.join() !== tag.join()) return { code: refused.precondition };
		this.#version += 1;
		this.#content = Uint8Array.from(request.payload);
		return { code: code.changed };
	}

	#create(onlyNew: boolean, isDelete: boolean): ResponseOptions {
		const refuse = onlyNew && this.#isCreated;
		this.#isCreated = !isDelete;
		if (isDelete) return { code: code.deleted };
		return { code: refuse ? refused.precondition : code.created };
	}
}

/** What the throughput runs fetch. */
export const big = Uint8Array.from({ length: 1 << 20 }, (_, at) => at * 31);

/** Whether a link is what "rt=Type1" or "href=/link*" asks for (RFC 6690 §4.1). */
function matches({ target, attributes }: Link, query: string | undefined): boolean {
	if (query === undefined) return true;
	const [name, wanted = ""] = query.split("=") as [string, string?];
	const all = name === "href" ? [target] : attributes.flatMap(([key, value = ""]) => (key === name ? [value] : []));
	// rt and if hold several values, separated by spaces
	const values = name === "rt" || name === "if" ? all.flatMap((value) => value.split(" ")) : all;
	return values.some((value) => (wanted.endsWith("*") ? value.startsWith(wanted.slice(0, -1)) : value === wanted));
}
