import { Code, codeText, isSuccess } from "../../../../modules/coap/code.ts";
import type { RequestOptions, Response } from "../../../../modules/coap/peer.ts";
import type { Timekeeper } from "../../time.ts";
import { type FormatName, formats, readPayload, writePayload } from "../formats/codec.ts";
import { CodecFailure } from "../formats/codec-failure.ts";
import { type Link, readLinks } from "../formats/link.ts";
import type { ClientModels } from "../models/models.ts";
import type { Node } from "../node.ts";
import { pathText } from "../path.ts";
import type { Correspondent, PeerTable } from "../peer-table.ts";
import type { BootstrapEvents, FailureCause, SessionEventName } from "./bootstrap-events.ts";
import type { BootstrapConfiguration } from "./configuration.ts";
import { configuredSteps } from "./configured-nodes.ts";
import { type Discovered, findAccounts, readDiscovered } from "./inspection.ts";
import { nodeText } from "./node-text.ts";
import type { Step } from "./step.ts";

export interface SessionOptions {
	readonly id: string;
	readonly endpoint: string;
	readonly correspondent: Correspondent;
	readonly configuration: BootstrapConfiguration;
	/** What Writes are written in. */
	readonly format: FormatName;
	readonly time: Timekeeper;
	readonly peers: PeerTable;
	readonly models: ClientModels;
	tell(name: SessionEventName, message: string): void;
	answered(event: Omit<BootstrapEvents["answered"], "endpoint">): void;
	inspected(event: Omit<BootstrapEvents["inspected"], "endpoint">): void;
	/** @param cause undefined: it succeeded */
	ended(cause: FailureCause | undefined): void;
}

/** How long one request may take: above MAX_TRANSMIT_WAIT (RFC 7252 §4.8.2), as Leshan has it. */
const requestTimeoutMs = 120_000;

/**
 * One bootstrap session: requests to a client, one after the other, the Finish last (Core 1.2 §6.1.7). An error to a
 * request does not end it, unless it is told so; silence, a Reset and an error to the Finish do.
 */
export class BootstrapSession {
	readonly #options: SessionOptions;
	/** What is still to be sent. */
	#steps: Step[];
	#discovered: Discovered | undefined;
	#stopWaiting: () => void = () => {};
	#requestId = 0;
	#isOver = false;

	constructor(options: SessionOptions) {
		this.#options = options;
		const { configuration } = options;
		this.#steps = [...(configuration.steps ?? [...beginning(configuration), { do: "configured" }, { do: "finish" }])];
	}

	get endpoint(): string {
		return this.#options.endpoint;
	}

	start(): void {
		this.#options.correspondent.registrationIds.add(this.#options.id);
		this.#next();
	}

	/** Another session takes its place. */
	cancel(): void {
		this.#end("CANCELLED");
	}

	#next(): void {
		const step = this.#steps.shift();
		if (step === undefined) this.#end(undefined);
		else if (step.do === "configured") this.#planConfigured();
		else if (step.do === "wait") {
			const { time } = this.#options;
			this.#stopWaiting = time.at(time.nowMs() + step.ms, () => this.#next());
		} else this.#send(step);
	}

	/** What follows from the configuration, now that it is known what the client has. */
	#planConfigured(): void {
		const { configuration } = this.#options;
		const needsOwn = configuration.autoIdForSecurityObject;
		const own = needsOwn ? this.#discovered?.bootstrapInstance : undefined;
		// As Leshan: without knowing which Instance is its own it writes nothing and finishes.
		if (!needsOwn || own !== undefined) this.#steps.unshift(...configuredSteps(configuration, own));
		this.#next();
	}

	#send(step: Exclude<Step, { do: "configured" | "wait" }>): void {
		const { correspondent, time, peers, id, tell } = this.#options;
		let request: RequestOptions;
		try {
			request = this.#requestOf(step);
		} catch (error) {
			if (!(error instanceof CodecFailure)) throw error;
			tell("request failure", `Request was not send because of failure : \n${error.message}`);
			this.#end("INTERNAL_SERVER_ERROR");
			return;
		}
		tell(...this.#words(step));
		const nowMs = time.nowMs();
		this.#requestId = correspondent.peer.request(request, nowMs);
		this.#stopWaiting = time.at(nowMs + requestTimeoutMs, () => this.#failed(step, "Request timeout"));
		correspondent.exchanges.set(this.#requestId, {
			registrationId: id,
			responded: (response) => this.#responded(step, response),
			failed: (reason) => this.#failed(step, reason),
		});
		peers.settle(correspondent, nowMs);
	}

	#requestOf(step: Exclude<Step, { do: "configured" | "wait" }>): RequestOptions {
		const { format, models } = this.#options;
		if (step.do === "finish") return { code: Code.post, path: ["bs"] };
		const path = step.path.map(String);
		switch (step.do) {
			case "delete":
				return { code: Code.delete, path };
			case "discover":
				return { code: Code.get, path, accept: formats.LINK };
			case "read":
				return { code: Code.get, path, accept: formats[step.format ?? format] };
			case "writeRaw": {
				const { payload, contentFormat } = step;
				return { code: Code.put, path, payload, ...(contentFormat === undefined ? {} : { contentFormat }) };
			}
			case "write": {
				const contentFormat = formats[step.format ?? format];
				const payload = writePayload(contentFormat, step.node, { path: step.path, models, rootPath: "/" });
				return { code: Code.put, path, contentFormat, payload };
			}
		}
	}

	/** As leshan-bsserver-demo words it. */
	#words(step: Exclude<Step, { do: "configured" | "wait" }>): [SessionEventName, string] {
		const { format } = this.#options;
		if (step.do === "finish") return ["send request", "Send request: BootstrapFinishRequest"];
		const path = pathText(step.path);
		switch (step.do) {
			case "delete":
				return ["send delete", `Send DELETE request on ${path}`];
			case "discover":
				return ["send discover", `Send DISCOVER request on ${path}`];
			case "read":
				return ["send request", `Send request: BootstrapReadRequest on ${path}`];
			case "writeRaw":
				return ["send write", `Send WRITE request on ${path} using ${step.contentFormat ?? "no format"}`];
			case "write": {
				const name = step.format ?? format;
				const head = `Send WRITE request on ${path} using ${name}(${formats[name]})`;
				return ["send write", `${head}\n${nodeText(step.node, step.path)}`];
			}
		}
	}

	#responded(step: Step, response: Response): void {
		this.#settleExchange();
		const { tell, answered, configuration } = this.#options;
		const { code } = response;
		const text = new TextDecoder().decode(response.payload);
		if (!isSuccess(code)) {
			tell("receive error response", `Receive ${codeText(code)}${text === "" ? "" : `\n${text}`}`);
			answered({ step, code });
			if (step.do === "finish") this.#end("FINISH_FAILED");
			else if (configuration.onError === "stop") this.#end("REQUEST_FAILED");
			else this.#next();
			return;
		}
		tell("receive success response", `Receive ${codeText(code)}`);
		answered({ step, code, ...this.#contentOf(step, response) });
		if (step.do === "finish") this.#end(undefined);
		else this.#next();
	}

	#contentOf(step: Step, { payload, contentFormat }: Response): { links?: Link[]; node?: Node } {
		try {
			if (step.do === "discover") return { links: this.#learn(readDiscover(payload)) };
			if (step.do !== "read") return {};
			const node = readPayload(contentFormat, payload, {
				path: step.path,
				models: this.#options.models,
				rootPath: "/",
			});
			if (pathText(step.path) === "/1") this.#inspect(node);
			return { node };
		} catch (error) {
			if (!(error instanceof CodecFailure)) throw error;
			this.#options.tell("request failure", error.message);
			return {};
		}
	}

	#learn(links: Link[]): Link[] {
		this.#discovered = readDiscovered(links);
		return links;
	}

	#inspect(serverObject: Node): void {
		const { configuration, inspected, tell } = this.#options;
		if (!configuration.inspect || this.#discovered === undefined) return;
		const accounts = findAccounts(configuration, this.#discovered, serverObject);
		tell("inspected", accounts.map(({ shortServerId, state }) => `Account ${shortServerId}: ${state}`).join("\n"));
		inspected({ accounts });
	}

	#failed(step: Step, reason: string): void {
		this.#settleExchange();
		if (this.#isOver) return;
		this.#options.tell("request failure", `Request was not send because of failure : \n${reason}`);
		this.#end(step.do === "finish" ? "FINISH_FAILED" : "REQUEST_FAILED");
	}

	#settleExchange(): void {
		this.#stopWaiting();
		this.#options.correspondent.exchanges.delete(this.#requestId);
	}

	#end(cause: FailureCause | undefined): void {
		if (this.#isOver) return;
		this.#isOver = true;
		const { correspondent, peers, id, time, ended } = this.#options;
		this.#settleExchange();
		correspondent.peer.cancel(this.#requestId);
		correspondent.registrationIds.delete(id);
		peers.settle(correspondent, time.nowMs());
		ended(cause);
	}
}

/** What has to be known before anything is written. */
function beginning({ inspect, autoIdForSecurityObject }: BootstrapConfiguration): Step[] {
	if (inspect) {
		const read = (objectId: number): Step => ({ do: "read", path: [objectId] });
		return [{ do: "discover", path: [] }, read(2), read(1)];
	}
	return autoIdForSecurityObject ? [{ do: "discover", path: [] }] : [];
}

/**
 * The answer to a Bootstrap-Discover. In LwM2M 1.0 it begins with a parameter that belongs to no link, which a server
 * may accept (Core 1.2 §6.1.7.3).
 */
function readDiscover(payload: Uint8Array): Link[] {
	const text = Buffer.from(payload).toString("latin1");
	const head = /^lwm2m="?\d+\.\d+"?,/.exec(text)?.[0] ?? "";
	return readLinks(payload.subarray(head.length));
}
