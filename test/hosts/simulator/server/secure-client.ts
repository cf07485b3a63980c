import { NodeCrypto } from "../../../../hosts/simulator/board/accelerator.ts";
import { Chance } from "../../../../hosts/simulator/chance.ts";
import type { NetworkSocket } from "../../../../hosts/simulator/network/network.ts";
import type { VirtualNetwork } from "../../../../hosts/simulator/network/virtual-network.ts";
import type { VirtualTime } from "../../../../hosts/simulator/time.ts";
import { fromHex, utf8 } from "../../../../modules/bytes.ts";
import { Code } from "../../../../modules/coap/code.ts";
import {
	Peer,
	type Request,
	type RequestOptions,
	type Response,
	type ResponseOptions,
} from "../../../../modules/coap/peer.ts";
import { DtlsDatagrams } from "../../../../modules/dtls/datagrams.ts";
import type { CloseReason, DtlsSettings } from "../../../../modules/dtls/settings.ts";
import type { Address, Datagrams, DatagramsOptions } from "../../../../modules/host.ts";
import { serverAddress } from "./stage.ts";

export const key = fromHex("000102030405060708090a0b0c0d0e0f")!;
const links = utf8("</1/0>,</3/0>");

/** What a client lives in. */
export interface Surroundings {
	readonly time: VirtualTime;
	readonly network: VirtualNetwork;
	pass(ms: number): Promise<void>;
}

/** What of the settings makes a client who it is; a name stands for a PSK identity with `key`. */
export type Credentials = string | ((crypto: NodeCrypto) => Pick<DtlsSettings, "suites"> & Partial<DtlsSettings>);

/** A client over DTLS, whose address may change under it as behind a NAT. */
export class SecureClient {
	readonly responses: Response[] = [];
	readonly closed: CloseReason[] = [];
	/** Paths that the server asked for. */
	readonly asked: string[] = [];
	readonly crypto = new NodeCrypto();
	/** What a request of the server's is answered. */
	answer: (request: Request) => ResponseOptions = () => ({
		code: Code.content,
		payload: utf8("Maker"),
		contentFormat: 0,
	});
	readonly #stage: Surroundings;
	readonly #host: string;
	readonly #peer: Peer;
	readonly #dtls: DtlsDatagrams;
	readonly #to: Address;
	#socket: NetworkSocket | undefined;
	#options: DatagramsOptions | undefined;

	constructor(stage: Surroundings, credentials: Credentials, seed = 3, to = { host: serverAddress.host, port: 5684 }) {
		this.#to = to;
		const chance = new Chance(seed);
		this.#stage = stage;
		this.#host = stage.network.newAddress();
		const own = typeof credentials === "string" ? pskOf(credentials) : credentials;
		const { crypto } = this;
		const settings = { crypto, entropy: chance, connectionId: new Uint8Array(0), ...own(crypto) };
		this.#dtls = new DtlsDatagrams({
			open: (options) => this.#open(options),
			nowMs: () => stage.time.nowMs(),
			client: () => settings,
			events: { closed: (_, reason) => this.closed.push(reason) },
			onReadable: () => this.#read(),
		});
		this.#peer = new Peer({
			dice: chance,
			entropy: chance,
			listener: {
				requested: (request, nowMs) => {
					this.asked.push(request.path.join("/"));
					this.#peer.respond(request, this.answer(request), nowMs);
				},
				responded: (_, response) => void this.responses.push(response),
				failed() {},
				observerGone() {},
			},
		});
	}

	/** The same client, from another port. */
	rebind(): void {
		const before = this.#socket!;
		this.#socket = this.#stage.network.open({ ...this.#options!, host: this.#host });
		before.close();
	}

	/** Sends a request, and lets a second pass. @returns the code of the answer */
	async ask(options: RequestOptions): Promise<number | undefined> {
		const before = this.responses.length;
		this.#peer.request(options, this.#stage.time.nowMs());
		this.#send();
		await this.#stage.pass(1000);
		return this.responses[before]?.code;
	}

	register(endpoint: string): Promise<number | undefined> {
		const query = [`ep=${endpoint}`, "lwm2m=1.1", "lt=300"];
		return this.ask({ code: Code.post, path: ["rd"], query, contentFormat: 40, payload: links });
	}

	/** Something authentic, that means nothing. */
	async breathe(): Promise<void> {
		this.#dtls.write(fromHex("40000001")!, this.#to);
		await this.#stage.pass(1000);
	}

	#open(options: DatagramsOptions): Datagrams {
		this.#options = options;
		this.#socket = this.#stage.network.open({ ...options, host: this.#host });
		return {
			read: (into, from) => this.#socket!.read(into, from),
			write: (bytes, to) => this.#socket!.write(bytes, to),
			close: () => this.#socket!.close(),
		};
	}

	#read(): void {
		const buffer = new Uint8Array(2048);
		const from: Address = { host: "", port: 0 };
		for (let size = this.#dtls.read(buffer, from); size >= 0; size = this.#dtls.read(buffer, from)) {
			this.#peer.receive(buffer, 0, size, this.#stage.time.nowMs());
		}
		this.#send();
	}

	#send(): void {
		for (let out = this.#peer.takeDatagram(); out !== undefined; out = this.#peer.takeDatagram()) {
			this.#dtls.write(out, this.#to);
		}
	}
}

function pskOf(identity: string): Exclude<Credentials, string> {
	return (crypto) => ({ suites: [0xc0a8], psk: { identity: utf8(identity), key: crypto.importSecret(key) } });
}
