import { frozen } from "../frozen.ts";
import type { Argument } from "../lwm2m/execute-arguments.ts";
import type { ObjectFacts } from "../lwm2m/facts.ts";
import { ObjectInstance } from "../lwm2m/instance.ts";
import { FIRMWARE_UPDATE } from "./facts/firmware-update-5-v1-1.ts";
import type { FIRMWARE_UPDATE as FIRMWARE_UPDATE_1_2 } from "./facts/firmware-update-5-v1-2.ts";

/** State (Resource 3; LwM2M Core 1.2 Appendix E.6). */
export const FirmwareState = frozen({ idle: 0, downloading: 1, downloaded: 2, updating: 3 });

/** Update Delivery Method (Resource 9). */
export const DeliveryMethod = frozen({ pull: 0, push: 1, both: 2 });

/**
 * What the behaviour hears of; it answers with `enter`, now or later.
 */
export interface FirmwarePort {
	/** May throw RequestRefused before anything of the Write is done. @param given the package, or its URI */
	readonly check?: (it: FirmwareUpdate, given: Uint8Array | string) => void;
	/** A package is written, whole; empty resets (Resource 0). The bytes are the port's. */
	pushed(it: FirmwareUpdate, bytes: Uint8Array): void;
	/** A URI is written; empty resets (Resource 1). */
	pulled(it: FirmwareUpdate, uri: string): void;
	/** Update (Resource 2). */
	update(it: FirmwareUpdate, args: readonly Argument[]): void;
	/** Cancel (Resource 10, since 1.1); it is absent without. */
	readonly cancel?: (it: FirmwareUpdate) => void;
}

export interface FirmwareUpdateOptions {
	readonly pkgName?: string | undefined;
	readonly pkgVersion?: string | undefined;
	/** Protocols to pull over: 0 CoAP, 1 CoAPS, 2 HTTP, 3 HTTPS, 4 CoAP over TCP, 5 over TLS (Resource 8). */
	readonly protocols?: readonly number[] | undefined;
	/** Of `DeliveryMethod`; both when left out. */
	readonly deliveryMethod?: number;
}

const hooks = frozen({
	check: {
		package: (bytes: Uint8Array, it: FirmwareUpdate) => it.port.check?.(it, bytes),
		packageUri: (uri: string, it: FirmwareUpdate) => it.port.check?.(it, uri),
	},
	written: {
		package(bytes: Uint8Array, it: FirmwareUpdate) {
			it.clear("package"); // it is the port's by now: no second copy stays here
			it.port.pushed(it, bytes);
		},
		packageUri: (uri: string, it: FirmwareUpdate) => it.port.pulled(it, uri),
	},
});

const commands = frozen({
	update: (it: FirmwareUpdate, args: readonly Argument[]) => it.port.update(it, args),
});

const commandsWithCancel = frozen({ ...commands, cancel: (it: FirmwareUpdate) => it.port.cancel?.(it) });

/** Any version of the table. */
type FirmwareFacts = ObjectFacts & { readonly id: 5 };

/** The shape of Firmware Update: its Resources, and a port for the behaviour. */
export class FirmwareUpdate extends ObjectInstance<typeof FIRMWARE_UPDATE_1_2, FirmwareUpdate> {
	readonly port: FirmwarePort;

	constructor(options: FirmwareUpdateOptions, port: FirmwarePort, facts: FirmwareFacts) {
		const values = {
			package: undefined,
			packageUri: "",
			state: FirmwareState.idle,
			updateResult: 0,
			pkgName: options.pkgName,
			pkgVersion: options.pkgVersion,
			firmwareUpdateProtocolSupport: options.protocols,
			firmwareUpdateDeliveryMethod: options.deliveryMethod ?? DeliveryMethod.both,
		};
		const execute = port.cancel === undefined ? commands : commandsWithCancel;
		super(facts as typeof FIRMWARE_UPDATE_1_2, { ...hooks, execute, values });
		this.port = port;
	}

	/** Goes to a state of `FirmwareState`, with an Update Result (Resource 5). */
	enter(state: number, result: number): void {
		this.set("updateResult", result);
		this.set("state", state);
	}
}

/**
 * Firmware Update (Object 5): Resources and hooks. The state machine, the download and the flash are the port's.
 * @param facts another version of the table: facts/firmware-update-5-v1-0.ts, facts/firmware-update-5-v1-2.ts
 */
export function firmwareUpdate(
	options: FirmwareUpdateOptions,
	port: FirmwarePort,
	facts: FirmwareFacts = FIRMWARE_UPDATE,
): FirmwareUpdate {
	return new FirmwareUpdate(options, port, facts);
}
