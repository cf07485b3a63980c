import { Chance } from "../../../../hosts/simulator/chance.ts";
import { VirtualNetwork } from "../../../../hosts/simulator/network/virtual-network.ts";
import type { BootstrapEvents } from "../../../../hosts/simulator/server/bootstrap/bootstrap-events.ts";
import { BootstrapServer } from "../../../../hosts/simulator/server/bootstrap/bootstrap-server.ts";
import type { BootstrapSettings } from "../../../../hosts/simulator/server/bootstrap/configuration.ts";
import type { Listening } from "../../../../hosts/simulator/server/server-ports.ts";
import { VirtualTime } from "../../../../hosts/simulator/time.ts";
import { type Heard, type Reply, ScriptedClient } from "./scripted-client.ts";

export const bootstrapAddress = { host: "10.8.8.8", port: 5783 };
const post = 2;

/** One LwM2M Server account in the clear. */
export const account: BootstrapSettings = {
	bare: true,
	security: { 1: { uri: "coap://10.9.9.9", bootstrapServer: false, securityMode: "NO_SEC", serverId: 101 } },
	servers: { 0: { shortId: 101, lifetime: 300, binding: "U" } },
};

/** A Bootstrap-Server in virtual time, and one scripted client that agrees to everything. */
export class BootstrapStage {
	readonly time = new VirtualTime();
	readonly network: VirtualNetwork;
	readonly server: BootstrapServer;
	readonly client: ScriptedClient;
	readonly events: { [Name in keyof BootstrapEvents]: BootstrapEvents[Name][] };

	static async open(settings?: BootstrapSettings, secure: Partial<Listening> = {}): Promise<BootstrapStage> {
		const stage = new BootstrapStage(secure);
		if (settings !== undefined) stage.server.configure("dormouse", settings);
		await stage.server.start();
		return stage;
	}

	private constructor(secure: Partial<Listening>) {
		const chance = new Chance(1);
		this.network = new VirtualNetwork({ time: this.time, chance: chance.branch("network") });
		const own = chance.branch("server");
		const { time, network } = this;
		this.server = new BootstrapServer({ network, time, dice: own, entropy: own, ...bootstrapAddress, ...secure });
		this.client = new ScriptedClient(network, bootstrapAddress);
		this.client.reply = agree;
		this.events = { session: [], answered: [], inspected: [], finished: [], failed: [], handshakeFailed: [] };
		for (const name of Object.keys(this.events) as (keyof BootstrapEvents)[]) {
			this.server.on(name, (event) => (this.events[name] as unknown[]).push(event));
		}
	}

	/** Sends a Bootstrap-Request, and lets time pass. @returns the code of the answer, "4.00" */
	async request(query: readonly string[] = ["ep=dormouse"], ms = 60_000): Promise<string> {
		const before = this.client.answers.length;
		void this.client.request({ code: post, path: ["bs"], query });
		await this.pass(ms);
		return codeText(this.client.answers[before]!.code);
	}

	/** Lets so much time pass. */
	pass(ms: number): Promise<void> {
		return this.time.runSettling(this.time.nowMs() + ms);
	}

	/** What the client was asked, in order: "PUT /0/1 11542". */
	get asked(): string[] {
		return this.client.heard.map(requestText);
	}

	get names(): string[] {
		return this.events.session.map(({ name }) => name);
	}
}

const methods = ["", "GET", "POST", "PUT", "DELETE"];

function requestText({ method, path, contentFormat, accept }: Heard): string {
	return [methods[method], path, contentFormat ?? "", accept === undefined ? "" : `accept ${accept}`].join(" ").trim();
}

/** The success that each request of a bootstrap asks for. */
export function agree({ method }: Heard): Reply {
	return { code: method === 1 ? 0x45 : method === 4 ? 0x42 : 0x44 };
}

export function codeText(code: number): string {
	return `${code >> 5}.${String(code & 0x1f).padStart(2, "0")}`;
}
