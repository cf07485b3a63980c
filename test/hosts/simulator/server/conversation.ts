import type { Network } from "../../../../hosts/simulator/network/network.ts";
import { endpoint, type Step } from "./leshan-scenario.ts";
import { type Heard, type Reply, ScriptedClient } from "./scripted-client.ts";

/**
 * What came of one step, made comparable: identifiers, times and addresses that differ from run to run are
 * replaced by words.
 */
export interface Outcome {
	readonly name: string;
	/** HTTP status, media type and body: parsed JSON, else text. */
	readonly status?: number;
	readonly type?: string | null;
	readonly body?: unknown;
	/** CoAP code of the server's answer to a request of the client's. */
	readonly code?: string;
	/** What the server asked the client meanwhile. */
	readonly heard?: unknown;
	/** Events of all clients' stream since the step before; COAPLOG is among them while somebody watches the client. */
	readonly events: readonly { readonly event: string; readonly data: unknown }[];
}

export interface Scene {
	readonly network: Network;
	readonly server: { readonly host: string; readonly port: number };
	readonly httpUrl: string;
	/** Lets the events of a step arrive. @param arrived how many have */
	settle(step: Step, arrived: () => number): Promise<void>;
}

/** Plays the steps one after the other. */
export async function play(steps: readonly Step[], scene: Scene): Promise<Outcome[]> {
	const client = new ScriptedClient(scene.network, scene.server);
	await client.socket.bound;
	const everyone = await EventReader.open(`${scene.httpUrl}/api/event`);
	let own: EventReader | undefined;
	const state = { location: "", observed: undefined as Heard | undefined };
	const outcomes: Outcome[] = [];
	for (const step of steps) {
		const heardBefore = client.heard.length;
		const result = step.do === "watch" ? {} : await perform(step, client, scene, state);
		if (step.do === "watch") own = await EventReader.open(`${scene.httpUrl}/api/event?ep=${endpoint}`);
		await scene.settle(step, () => everyone.size);
		const heard = client.heard.slice(heardBefore);
		state.observed = heard.find(({ observe }) => observe === 0) ?? state.observed;
		outcomes.push({
			name: step.name,
			...result,
			...(heard.length === 0 ? {} : { heard: heard.map(({ token: _, ...request }) => request) }),
			events: everyone.take().map(({ event, data }) => ({ event, data: comparable(data) })),
		});
	}
	everyone.close();
	own?.close();
	client.socket.close();
	return outcomes;
}

async function perform(
	step: Exclude<Step, { do: "watch" }>,
	client: ScriptedClient,
	scene: Scene,
	state: { location: string; observed: Heard | undefined },
): Promise<Partial<Outcome>> {
	const payload = (links: string | undefined) =>
		links === undefined ? {} : { payload: new TextEncoder().encode(links) };
	switch (step.do) {
		case "register": {
			const path = ["rd"];
			const answer = await client.request({
				code: 2,
				path,
				query: step.query,
				contentFormat: 40,
				...payload(step.links),
			});
			const location = answer.options.filter(({ number }) => number === 8).at(-1)?.value;
			if (location !== undefined) state.location = new TextDecoder().decode(location);
			return { code: codeText(answer.code) };
		}
		case "update": {
			const format = step.links === undefined ? {} : { contentFormat: 40 };
			const path = ["rd", state.location];
			const answer = await client.request({ code: 2, path, query: step.query, ...format, ...payload(step.links) });
			return { code: codeText(answer.code) };
		}
		case "deregister":
			return { code: codeText((await client.request({ code: 4, path: ["rd", state.location] })).code) };
		case "notify": {
			const before = client.answers.length;
			client.notify(state.observed!, step.message);
			await until(() => client.answers.length > before);
			const answer = client.answers[before];
			return { code: answer === undefined ? "nothing" : answer.type };
		}
		case "request":
			return { code: codeText((await client.request(step.message)).code) };
		case "http":
			return call(step, client, scene);
	}
}

/** Waits until `isSo`, up to a second. */
export async function until(isSo: () => boolean, patienceMs = 1000): Promise<void> {
	for (let waitedMs = 0; waitedMs < patienceMs && !isSo(); waitedMs++) {
		await new Promise((resolve) => setTimeout(resolve, 1));
	}
}

async function call(
	step: Extract<Step, { do: "http" }>,
	client: ScriptedClient,
	{ httpUrl }: Scene,
): Promise<Partial<Outcome>> {
	client.reply = () => step.reply ?? ("silence" as Reply);
	const { method, type, body } = step;
	const text = typeof body === "string" ? body : JSON.stringify(body);
	const response = await fetch(httpUrl + step.url.replace("{ep}", endpoint), {
		method,
		...(type === undefined ? {} : { headers: { "content-type": type } }),
		...(body === undefined ? {} : { body: text }),
	});
	const answer = await response.text();
	const mediaType = response.headers.get("content-type")?.split(";")[0] ?? null;
	const isJson = mediaType === "application/json";
	return { status: response.status, type: mediaType, body: isJson ? comparable(JSON.parse(answer)) : answer };
}

function codeText(code: number): string {
	return `${code >> 5}.${String(code & 0x1f).padStart(2, "0")}`;
}

const changing: Readonly<Record<string, string>> = {
	registrationId: "(id)",
	registrationDate: "(time)",
	lastUpdate: "(time)",
	address: "(address)",
	timestamp: "(time)",
	mId: "(message id)",
	token: "(token)",
};

/** The same value with what changes from run to run replaced. */
function comparable(value: unknown): unknown {
	if (typeof value === "string") return value.replace(/("rd", )"[^"]+"/, '$1"(id)"');
	if (Array.isArray(value)) return value.map(comparable);
	if (typeof value !== "object" || value === null) return value;
	const replaced = (key: string, field: unknown) => {
		return key in changing && field !== "" && field !== null ? changing[key] : comparable(field);
	};
	return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, replaced(key, field)]));
}

/** Reads Server-Sent Events with nothing but fetch. */
class EventReader {
	readonly #events: { event: string; data: unknown }[] = [];
	readonly #controller: AbortController;

	static async open(url: string): Promise<EventReader> {
		const controller = new AbortController();
		const response = await fetch(url, { headers: { accept: "text/event-stream" }, signal: controller.signal });
		if (response.body === null || response.status !== 200) throw new Error(`${url}: HTTP ${response.status}`);
		const reader = new EventReader(controller);
		void reader.#read(response.body).catch(() => {}); // the abort at the end
		return reader;
	}

	private constructor(controller: AbortController) {
		this.#controller = controller;
	}

	get size(): number {
		return this.#events.length;
	}

	/** The events since the last call. */
	take(): { event: string; data: unknown }[] {
		return this.#events.splice(0);
	}

	close(): void {
		this.#controller.abort();
	}

	async #read(body: AsyncIterable<Uint8Array> | NonNullable<Response["body"]>): Promise<void> {
		const decoder = new TextDecoder();
		let text = "";
		for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
			text = (text + decoder.decode(chunk, { stream: true })).replaceAll("\r\n", "\n");
			const blocks = text.split("\n\n");
			text = blocks.pop()!;
			for (const block of blocks) this.#take(block);
		}
	}

	#take(block: string): void {
		const field = (name: string) =>
			block
				.split("\n")
				.filter((line) => line.startsWith(`${name}:`))
				.map((line) => line.slice(name.length + 1).replace(/^ /, ""))
				.join("\n");
		if (field("data") !== "") this.#events.push({ event: field("event"), data: JSON.parse(field("data")) });
	}
}
