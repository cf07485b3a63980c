import type { ObjectLink } from "../formats/value.ts";
import { frozen } from "../frozen.ts";
import type { Argument } from "../lwm2m/execute-arguments.ts";
import { ObjectInstance } from "../lwm2m/instance.ts";
import { SOFTWARE_MANAGEMENT } from "./facts/software-management-9.ts";

/** Update State (Resource 7). */
export const SoftwareState = frozen({
	initial: 0,
	downloadStarted: 1,
	downloaded: 2,
	delivered: 3,
	installed: 4,
});

/**
 * What the behaviour hears of; it answers with `enter` and `set`, now or later.
 */
export interface SoftwarePort {
	/** May throw RequestRefused before anything of the Write is done. @param given the package, or its URI */
	readonly check?: (it: SoftwareManagement, given: Uint8Array | string) => void;
	/** A package is written, whole (Resource 2). The bytes are the port's. */
	pushed(it: SoftwareManagement, bytes: Uint8Array): void;
	/** A URI is written (Resource 3). */
	pulled(it: SoftwareManagement, uri: string): void;
	/** Resource 4. */
	install(it: SoftwareManagement): void;
	/** Resource 6; with argument 0 `1` it prepares an update. */
	uninstall(it: SoftwareManagement, args: readonly Argument[]): void;
	/** Resource 10. */
	activate(it: SoftwareManagement): void;
	/** Resource 11. */
	deactivate(it: SoftwareManagement): void;
}

export interface SoftwareOptions {
	/** Object Instance ID; 0 when left out. */
	readonly id?: number;
	readonly pkgName: string;
	readonly pkgVersion: string;
	readonly isActive?: boolean;
	readonly checkpoint?: ObjectLink | undefined;
}

const hooks = frozen({
	check: {
		package: (bytes: Uint8Array, it: SoftwareManagement) => it.port.check?.(it, bytes),
		packageUri: (uri: string, it: SoftwareManagement) => it.port.check?.(it, uri),
	},
	written: {
		package(bytes: Uint8Array, it: SoftwareManagement) {
			it.clear("package"); // it is the port's by now: no second copy stays here
			it.port.pushed(it, bytes);
		},
		packageUri: (uri: string, it: SoftwareManagement) => it.port.pulled(it, uri),
	},
	execute: {
		install: (it: SoftwareManagement) => it.port.install(it),
		uninstall: (it: SoftwareManagement, args: readonly Argument[]) => it.port.uninstall(it, args),
		activate: (it: SoftwareManagement) => it.port.activate(it),
		deactivate: (it: SoftwareManagement) => it.port.deactivate(it),
	},
});

/** The shape of one software component: its Resources, and a port for the behaviour. */
export class SoftwareManagement extends ObjectInstance<typeof SOFTWARE_MANAGEMENT, SoftwareManagement> {
	readonly port: SoftwarePort;

	constructor(options: SoftwareOptions, port: SoftwarePort) {
		const { id = 0, pkgName, pkgVersion, isActive = false, checkpoint } = options;
		const values = {
			pkgName,
			pkgVersion,
			package: undefined,
			packageUri: undefined,
			checkpoint,
			updateState: SoftwareState.initial,
			updateSupportedObjects: false,
			updateResult: 0,
			activationState: isActive,
			userName: undefined,
			password: undefined,
			statusReason: undefined,
		};
		super(SOFTWARE_MANAGEMENT, { ...hooks, id, values });
		this.port = port;
	}

	/** Goes to a state of `SoftwareState`, with an Update Result (Resource 9). */
	enter(state: number, result: number): void {
		this.set("updateResult", result);
		this.set("updateState", state);
	}
}

/** Software Management (Object 9): Resources and hooks. The state machine, download and installation are the port's. */
export function softwareManagement(options: SoftwareOptions, port: SoftwarePort): SoftwareManagement {
	return new SoftwareManagement(options, port);
}
