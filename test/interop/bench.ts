import { Device, type ImageName } from "./device.ts";
import type { EventStream, ServerEvent } from "./event-stream.ts";
import type { Registration, RemoteDevice } from "./rest-client.ts";
import type { ServerUnderTest } from "./server-under-test.ts";
import { certifiedEndpoint, introduce, type Mode } from "./test-keys.ts";

/** Longer than any run of the suite: what a case does not ask for shall not happen in the middle of it. */
const lifetimeS = 900;
const lastingRequestsMax = 11;

/** A device together with how its server sees it. */
export interface Registered {
	readonly device: Device;
	readonly remote: RemoteDevice;
}

/** A running server, an open stream of its events, and a registered device; more devices on request. */
export class Bench implements Registered {
	readonly server: ServerUnderTest;
	/** Events of all clients since the bench was set up. */
	readonly events: EventStream;
	readonly lifetimeS = lifetimeS;
	/** How all its devices prove who they are. */
	readonly mode: Mode;
	/** What all its devices run. */
	readonly image: ImageName;
	readonly #more: Device[] = [];
	#number = 1000;
	#device: Device;
	#remote: RemoteDevice;

	static async open(
		start: () => Promise<ServerUnderTest>,
		{ mode = "none", image = "reference" }: { readonly mode?: Mode; readonly image?: ImageName } = {},
	): Promise<Bench> {
		const server = await start();
		try {
			const events = await server.rest.events();
			const endpoint = certifiedEndpoint;
			const flags = await introduce(endpoint, mode, server);
			const device = await Device.register({ serverUri: uriOf(server, mode), endpoint, lifetimeS, flags, image });
			return new Bench(server, events, device, { mode, image });
		} catch (error) {
			await server.stop();
			throw error;
		}
	}

	private constructor(
		server: ServerUnderTest,
		events: EventStream,
		device: Device,
		{ mode, image }: { readonly mode: Mode; readonly image: ImageName },
	) {
		this.mode = mode;
		this.image = image;
		this.server = server;
		this.events = events;
		this.#device = device;
		this.#remote = server.rest.of(device.endpoint);
	}

	get device(): Device {
		return this.#device;
	}

	get remote(): RemoteDevice {
		return this.#remote;
	}

	/**
	 * Before each case. A device remembers 24 requests of a server that may not be executed twice (POST, iPATCH) for
	 * 247 s (RFC 7252 §4.8.2), and answers further ones with 5.03: when half of that is spent, the next case gets a new
	 * device.
	 */
	async refresh(): Promise<void> {
		if (this.#remote.lastingRequests <= lastingRequestsMax) return;
		const { device } = await this.start(`dormouse-${this.freshNumber()}`, lifetimeS);
		this.#more.push(this.#device);
		await this.#device.interrupt();
		this.#device = device;
		this.#remote = this.server.rest.of(device.endpoint);
	}

	/** One more device, for a case that ends or disturbs it. It is killed after the suite if it still runs. */
	async start(
		endpoint: string,
		seconds: number,
		{ image = this.image, more = [] }: { readonly image?: ImageName; readonly more?: readonly string[] } = {},
	): Promise<Registered> {
		const flags = [...(await introduce(endpoint, this.mode, this.server)), ...more];
		const device = await Device.register({ serverUri: this.uri, endpoint, lifetimeS: seconds, flags, image });
		this.#more.push(device);
		return { device, remote: this.server.rest.of(endpoint) };
	}

	/** Where the server listens for such devices. */
	get uri(): string {
		return uriOf(this.server, this.mode);
	}

	/** A device that is not waited for: it may not come to register. It is killed after the suite if it still runs. */
	attempt(endpoint: string, flags: readonly string[]): Device {
		const device = new Device({ serverUri: this.uri, endpoint, lifetimeS, flags, image: this.image });
		this.#more.push(device);
		return device;
	}

	/** A number that this suite has not used before, as the REST API writes integers. */
	freshNumber(): string {
		return String(++this.#number);
	}

	/** The next event of that kind about that client, at `from` (default: any so far) or later. */
	event(kind: string, endpoint: string, options: { readonly from?: number; readonly timeoutMs?: number } = {}) {
		const wants = ({ event, data }: ServerEvent) => event === kind && endpointOf(data) === endpoint;
		return this.events.wait(`${kind} of ${endpoint}`, wants, options);
	}

	/** Such events so far. */
	eventsOf(kind: string, endpoint: string, from = 0): ServerEvent[] {
		return this.events.events.slice(from).filter(({ event, data }) => event === kind && endpointOf(data) === endpoint);
	}

	log(): string {
		return `— device —\n${this.device.log()}\n— ${this.server.name} —\n${this.server.log()}`;
	}

	async close(): Promise<void> {
		await Promise.all([this.device, ...this.#more].map((device) => device.kill()));
		this.events.close();
		await this.server.stop();
	}
}

function uriOf(server: ServerUnderTest, mode: Mode): string {
	return mode === "none" ? server.coapUri : server.coapsUri;
}

function endpointOf(data: unknown): string | undefined {
	const { ep, endpoint, registration } = data as {
		ep?: string;
		endpoint?: string;
		registration?: Registration;
	};
	return ep ?? endpoint ?? registration?.endpoint;
}

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
