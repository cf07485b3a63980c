import { Code } from "../../../modules/coap/code.ts";
import type { BootstrapClient, BootstrapPort, MakeBootstrap } from "../../../modules/lwm2m/bootstrap-port.ts";
import type { Client } from "../../../modules/lwm2m/client.ts";
import { security } from "../../../modules/objects/security-0.ts";
import { type RecoveryOptions, type ServerOptions, server } from "../../../modules/objects/server-1.ts";
import { type FurnishedOptions, furnished } from "./furniture.ts";
import { type Answering, type World, welcoming } from "./world.ts";

/** A bootstrap client that a test plays by hand: it notes what it is asked for, and does nothing by itself. */
export class PlayedBootstrap implements BootstrapClient {
	isPossible = true;
	isWanted = false;
	isOpen = false;
	isAtRest = true;
	readonly deadlineMs = Infinity;
	/** "registrationFailed", "trigger 0", "cancel" … with their times. */
	readonly asked: string[] = [];
	#port: BootstrapPort | undefined;

	readonly make: MakeBootstrap = (_, port) => {
		this.#port = port;
		return this;
	};

	begin(why: string, argument: string, nowMs: number): void {
		if (this.isWanted) return;
		this.isWanted = true;
		this.asked.push(`${nowMs / 1000} ${why}${argument === "" ? "" : ` ${argument}`}`);
	}

	cancel(nowMs: number): void {
		if (this.isWanted) this.asked.push(`${nowMs / 1000} cancel`);
		this.isWanted = false;
		this.isOpen = false;
	}

	/** The Bootstrap-Server answers. */
	open(world: World): void {
		this.isOpen = true;
		this.#port!.begun(world.nowMs);
		world.settle();
	}

	/** It is done: `write` says with what. */
	finish(world: World, write: () => void = () => {}): void {
		this.isOpen = false;
		this.isWanted = false;
		write();
		this.#port!.applied(world.nowMs);
		world.settle();
	}

	fail(world: World): void {
		this.isOpen = false;
		this.#port!.failed("played", world.nowMs);
		world.settle();
	}

	poll(): void {}

	receive(): boolean {
		return false;
	}

	takeDatagram(): undefined {
		return undefined;
	}

	takeName(): undefined {
		return undefined;
	}

	resolved(): void {}

	accountsChanged(): void {}
}

export interface Account extends Partial<ServerOptions> {
	readonly uri?: string;
	readonly recovery?: RecoveryOptions;
}

/** Adds a Security and a Server Instance. */
export function addAccount(client: Client, id: number, { uri = "coap://second.example", ...options }: Account = {}) {
	const shortServerId = id + 1;
	const instances = [
		security({ id, serverUri: uri, shortServerId }),
		server({ id, lifetimeS: 100_000, ...options, shortServerId }, client),
	] as const;
	for (const instance of instances) client.add(instance);
	return instances;
}

/** Refuses every Register with this code. */
export const refusing =
	(code: number = Code.internalServerError): Answering =>
	(request, world) =>
		request.path.length === 1 ? { code } : welcoming(request, world);

/**
 * A device with a first server that a test may cut off or script, and a second one at "second.example" that welcomes
 * everybody.
 */
export function recovering(first: RecoveryOptions, second: Account | undefined, options: FurnishedOptions = {}) {
	const bootstrap = new PlayedBootstrap();
	let instances: ReturnType<typeof addAccount> | undefined;
	const { world } = furnished({
		names: { "server.example": "192.0.2.1", "second.example": "192.0.2.2" },
		secondHost: "192.0.2.2",
		isQuiet: true,
		bootstrap: bootstrap.make,
		...options,
		account: { lifetimeS: 100_000, recovery: first, ...options.account },
		furnish(client) {
			if (second !== undefined) instances = addAccount(client, 1, second);
		},
	});
	return { world, bootstrap, second: instances };
}

/** Each server's state, and what it waits for. */
export function states(world: World): string[] {
	return world.client.sessions.map(({ shortServerId, state, attempts }) => {
		return `${shortServerId} ${state === "waiting" ? attempts.wait : state}`;
	});
}
