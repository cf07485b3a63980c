import type { Request, ResponseOptions } from "../coap/peer.ts";
import type { Formats } from "../formats/format.ts";
import type { Path } from "../formats/value.ts";
import type { HostFailure, LogRecord } from "../host.ts";
import type { AccessRights } from "./access-rights.ts";
import type { AttributeSet, Attributes } from "./attributes.ts";
import type { EnablerVersion } from "./facts.ts";
import type { ClientLimits } from "./limits.ts";
import type { Registry } from "./registry.ts";

/** The names that log records carry. */
export type Operation =
	| "read"
	| "discover"
	| "write"
	| "writeAttributes"
	| "execute"
	| "create"
	| "delete"
	| "readComposite"
	| "writeComposite"
	| "unknown";

/** What came of a request. */
export interface Outcome {
	readonly operation: Operation;
	/** Where it went, all -1 when the request's path is none of ours. */
	readonly path: Path;
	/** What it was about: the paths that a Read-Composite names, in its order; else `path` alone. */
	readonly paths: readonly Path[];
	readonly response: ResponseOptions;
	/** Those of an Observe, for this observation alone (LwM2M Core 1.2 §6.4.1); undefined where it names none. */
	readonly attributes: AttributeSet | undefined;
	/** The host's failure behind a 5.00. */
	readonly failure: HostFailure | undefined;
}

/** What is read again for each notification. */
export interface Observable {
	/** One, or those of an Observe-Composite. */
	readonly paths: readonly Path[];
	readonly isComposite: boolean;
	/** The format asked for; undefined leaves it to us. */
	readonly accept: number | undefined;
}

/** Who asks: the attributes are that server's own. */
export interface Asker {
	readonly attributes: Attributes;
	/** The one that is spoken with it: another one after a Register that agreed on it. */
	enabler: EnablerVersion;
	readonly shortServerId: number;
	/** Absent: it may do everything. */
	readonly rights?: AccessRights;
}

/** What the operations work on and with. */
export interface OperationContext {
	readonly registry: Registry;
	readonly limits: ClientLimits;
	readonly formats: Formats;
	log(record: LogRecord): void;
}

/** The composite operations (LwM2M Core 1.2 §6.3.8, §6.3.9), for a product that has them. */
export interface CompositeOperations {
	/**
	 * The paths that a Read- or Observe-Composite names.
	 * @throws RequestRefused 4.00, 4.05, 4.13 or 4.15
	 */
	pathsOf(context: OperationContext, request: Request): Path[];
	/**
	 * The format of the answer when the server names none.
	 * @param contentFormat what it asked in
	 */
	preferredFormat(context: OperationContext, contentFormat: number | undefined): number;
	/** Does a Write-Composite: all of it or nothing. @throws RequestRefused, and then nothing has changed */
	write(context: OperationContext, request: Request, asker: Asker): ResponseOptions;
}
