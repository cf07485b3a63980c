import type { Client } from "../../../modules/lwm2m/client.ts";
import type { Account } from "../../../modules/lwm2m/registration-port.ts";
import { device } from "../../../modules/objects/device-3.ts";
import { type SecurityOptions, security } from "../../../modules/objects/security-0.ts";
import { type ServerFacts, type ServerOptions, server } from "../../../modules/objects/server-1.ts";
import { thermometer } from "../../../src/thermometer.ts";
import { World, type WorldOptions } from "./world.ts";

/** What the tests' device is made of; the sensor and the clock are theirs to set. */
export interface Furniture {
	celsius: number;
	wallTimeS: number | undefined;
	restarts: number;
}

export interface FurnishedOptions extends Partial<WorldOptions> {
	readonly account?: Partial<ServerOptions>;
	/** The Server Object's table; 1.1's when left out. */
	readonly serverFacts?: ServerFacts;
	/** The Device Object's; 1.1's when left out. */
	readonly deviceFacts?: Parameters<typeof device>[2];
	readonly uri?: string;
	readonly credentials?: SecurityOptions["credentials"];
	/** No thermometer: nothing happens by itself, so that days pass in a moment. */
	readonly isQuiet?: boolean;
}

/** A device with one account, Device and a thermometer, before it starts. */
export function furnished(options: FurnishedOptions = {}): { readonly world: World; readonly furniture: Furniture } {
	const furniture: Furniture = { celsius: 20, wallTimeS: undefined, restarts: 0 };
	const world = new World({
		...options,
		furnish(client, world) {
			furnish(client, furniture, options);
			options.furnish?.(client, world);
		},
	});
	return { world, furniture };
}

function furnish(client: Client, furniture: Furniture, options: FurnishedOptions): void {
	const { account, uri, credentials, isQuiet } = options;
	const serverUri = uri ?? "coap://server.example";
	const shortServerId = account?.shortServerId ?? 1;
	client.add(security({ serverUri, shortServerId, ...(credentials === undefined ? {} : { credentials }) }));
	client.add(server({ shortServerId: 1, lifetimeS: 300, ...account }, client, options.serverFacts));
	client.add(
		device(
			{ manufacturer: "Maker", modelNumber: "Model", firmwareVersion: "1.0" },
			{
				clock: {
					nowMs: () => 0,
					wallTimeS: () => furniture.wallTimeS,
					setWallTimeS: (seconds) => {
						furniture.wallTimeS = seconds;
					},
					setAlarm() {},
				},
				power: {
					resetCause: "powerOn",
					restart: () => {
						furniture.restarts++;
					},
					onShutdown() {},
					off() {},
				},
				log: { write() {} },
				after: (delayMs, run) => client.after(delayMs, run),
			},
			options.deviceFacts,
		),
	);
	if (isQuiet !== true) client.add(thermometer(() => furniture.celsius));
}

/** An account that nobody drives, for parts that read it. */
export function account(
	options: Partial<ServerOptions> = {},
): Account & { readonly server: ReturnType<typeof server> } {
	const shortServerId = options.shortServerId ?? 1;
	const registrations = { update() {}, disable() {}, requestBootstrap: () => false };
	return {
		shortServerId,
		security: security({ serverUri: "coap://server.example", shortServerId }),
		server: server({ lifetimeS: 300, ...options, shortServerId }, registrations),
	};
}
