import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Device } from "./device.ts";
import type { EventStream } from "./event-stream.ts";
import { LeshanBootstrapServer, type SharedKey } from "./leshan-bootstrap-server.ts";
import { startLeshan } from "./leshan-server.ts";
import type { Registration } from "./rest-client.ts";
import type { ServerUnderTest } from "./server-under-test.ts";

/** The first start on a machine builds the engine out of its sources. */
const registerTimeoutMs = 120_000;

export const freshKey = (identity: string): SharedKey => ({ identity, key: randomBytes(16).toString("hex") });

/** Leshan's Bootstrap-Server and its server, and devices that know nothing but the former. */
export class BootstrapBench {
	readonly bootstrap: LeshanBootstrapServer;
	readonly server: ServerUnderTest;
	readonly events: EventStream;
	readonly #folder = mkdtempSync(join(tmpdir(), "dormouse-flash-"));
	readonly #devices: Device[] = [];

	static async open(): Promise<BootstrapBench> {
		const [bootstrap, server] = await Promise.all([LeshanBootstrapServer.start(), startLeshan()]);
		return new BootstrapBench(bootstrap, server, await server.rest.events());
	}

	private constructor(bootstrap: LeshanBootstrapServer, server: ServerUnderTest, events: EventStream) {
		this.bootstrap = bootstrap;
		this.server = server;
		this.events = events;
	}

	/**
	 * A device whose only account is the Bootstrap-Server's. It keeps its flash: one started again under the same name
	 * is the same board.
	 * @param keys flags of `introduce`; with them it is asked over DTLS
	 * @param more flags
	 */
	device(endpoint: string, keys: readonly string[] = [], more: readonly string[] = []): Device {
		const uri = keys.length > 0 ? this.bootstrap.coapsUri : this.bootstrap.coapUri;
		const flags = ["--bootstrap", uri, ...keys, "--flash", join(this.#folder, endpoint), ...more];
		return this.#started(new Device({ endpoint, flags }));
	}

	/** A device with an account of the server, too. */
	deviceOfBoth(endpoint: string): Device {
		const flags = ["--bootstrap", this.bootstrap.coapUri, "--flash", join(this.#folder, endpoint)];
		return this.#started(new Device({ endpoint, flags, serverUri: this.server.coapUri, lifetimeS: 300 }));
	}

	/** Waits until Leshan says that it has registered, `from` that event on. */
	async registration(endpoint: string, from = 0): Promise<Registration> {
		const wants = ({ event, data }: { event: string; data: unknown }) =>
			event === "REGISTRATION" && (data as Registration).endpoint === endpoint;
		const what = `REGISTRATION of ${endpoint}`;
		const { data } = await this.events.wait(what, wants, { from, timeoutMs: registerTimeoutMs });
		return data as Registration;
	}

	log(): string {
		const devices = this.#devices.slice(-1).map((device) => `— ${device.endpoint} —\n${device.log()}`);
		const lines = this.bootstrap.lines.map((line) => JSON.stringify(line)).join("\n");
		return [...devices, `— ${this.bootstrap.name} —`, lines].join("\n");
	}

	async close(): Promise<void> {
		await Promise.all(this.#devices.map((device) => device.kill()));
		this.events.close();
		await Promise.all([this.bootstrap.stop(), this.server.stop()]);
		rmSync(this.#folder, { recursive: true, force: true });
	}

	#started(device: Device): Device {
		this.#devices.push(device);
		return device;
	}
}
