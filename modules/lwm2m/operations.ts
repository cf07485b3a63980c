import { Code } from "../coap/code.ts";
import type { Request, ResponseOptions } from "../coap/peer.ts";
import { ContentFormat } from "../formats/content-format.ts";
import type { Path, PathSlot } from "../formats/value.ts";
import { HostFailure } from "../host.ts";
import { type Attributes, comparesValues, readAttributes } from "./attributes.ts";
import { discover } from "./discover.ts";
import { readArguments } from "./execute-arguments.ts";
import { type EnablerVersion, isReadable } from "./facts.ts";
import type { ClientLimits } from "./limits.ts";
import { levelOf, pathText, readPath } from "./path.ts";
import { isSingleValue, readTarget } from "./read.ts";
import { RequestRefused, refusalOf } from "./refusal.ts";
import type { Registry } from "./registry.ts";
import { isResource, locate, presentValue } from "./target.ts";
import { createInstance, writeTarget } from "./write.ts";

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
	readonly response: ResponseOptions;
	/** The host's failure behind a 5.00. */
	readonly failure?: HostFailure;
}

/** Who asks: the attributes are that server's own. */
export interface Asker {
	readonly attributes: Attributes;
	readonly enabler: EnablerVersion;
}

type Answer = ResponseOptions;

/**
 * The interfaces Device Management & Service Enablement and Information Reporting, one request at a time (LwM2M Core
 * 1.1 §6.3).
 */
export class Operations {
	readonly #registry: Registry;
	readonly #limits: ClientLimits;

	constructor(registry: Registry, limits: ClientLimits) {
		this.#registry = registry;
		this.#limits = limits;
	}

	/**
	 * Does what the request asks and says how to answer it; a refused request has changed nothing. Never throws
	 * RequestRefused.
	 */
	perform(request: Request, asker: Asker): Outcome {
		const path: PathSlot = { objectId: -1, instanceId: -1, resourceId: -1, resourceInstanceId: -1 };
		let operation: Operation = "unknown";
		try {
			const refused = readPath(request.path, path);
			if (refused !== undefined) throw refusalOf(refused);
			operation = this.operationOf(request, path);
			const response = this.answer(operation, request, path, asker);
			return { operation, path, response };
		} catch (error) {
			if (error instanceof RequestRefused) return { operation, path, response: { code: error.code } };
			if (!(error instanceof HostFailure)) throw error;
			return { operation, path, response: { code: Code.internalServerError }, failure: error };
		}
	}

	/** The mapping of methods to operations (LwM2M Transport 1.1 §6.4.4, Table 6.4.4-1). */
	private operationOf(request: Request, path: Path): Operation {
		switch (request.code) {
			case Code.get:
				return request.accept === ContentFormat.coreLink ? "discover" : "read";
			case Code.put: {
				const isBare = request.contentFormat === undefined && request.payload.length === 0;
				return isBare && request.query.length > 0 ? "writeAttributes" : "write";
			}
			case Code.post:
				if (levelOf(path) === 1) return "create";
				return this.#registry.resource(path.objectId, path.resourceId)?.operations === "E" ? "execute" : "write";
			case Code.delete:
				return "delete";
			case Code.fetch:
				return "readComposite";
			case Code.ipatch:
				return "writeComposite";
			default:
				return "unknown";
		}
	}

	private answer(operation: Operation, request: Request, path: Path, asker: Asker): Answer {
		refuseSecrets(path);
		// The composite operations are not in this build, nor is PATCH: RFC 7252 §5.8 answers a method it does not
		// support with 4.05.
		if (operation === "unknown" || operation === "readComposite" || operation === "writeComposite") {
			throw new RequestRefused(Code.methodNotAllowed, "method");
		}
		if (levelOf(path) === 0) throw new RequestRefused(Code.badRequest, "an object ID is mandatory");
		switch (operation) {
			case "read":
				// Attributes in an Observe are of 1.2; a client without them rejects it (LwM2M Core 1.2 §6.4.1).
				if (request.observe === 0 && request.query.length > 0)
					throw new RequestRefused(Code.badRequest, "observe with attributes");
				return readTarget(this.#registry, path, request.accept, asker.enabler);
			case "discover":
				return discover(this.#registry, path, asker.attributes, asker.enabler);
			case "write":
				return this.write(request, path);
			case "writeAttributes":
				return this.writeAttributes(request.query, path, asker.attributes);
			case "execute":
				return this.execute(request, path);
			case "create": {
				const { id } = createInstance(this.#registry, path, request, this.#limits);
				return { code: Code.created, locationPath: [`${path.objectId}`, `${id}`] };
			}
			case "delete":
				return this.delete(path);
		}
	}

	private write(request: Request, path: Path): Answer {
		const mode = request.code === Code.put ? "replace" : "update";
		writeTarget(this.#registry, path, request, { mode, limits: this.#limits });
		return { code: Code.changed };
	}

	/** LwM2M Core 1.1 §6.3.4. The target exists, and can be read where it is a Resource. */
	private writeAttributes(query: readonly string[], path: Path, attributes: Attributes): Answer {
		const target = locate(this.#registry, path);
		if (isResource(target)) {
			if (!isReadable(target.facts)) throw new RequestRefused(Code.methodNotAllowed, "not readable");
			presentValue(target);
		}
		const changes = readAttributes(query);
		if (comparesValues(changes) && !(isResource(target) && isNumber(target.facts.type))) {
			throw new RequestRefused(Code.badRequest, "gt, lt and st are for numbers");
		}
		attributes.write(path, changes);
		return { code: Code.changed };
	}

	/** LwM2M Core 1.1 §6.3.5. */
	private execute({ contentFormat, payload }: Request, path: Path): Answer {
		const target = locate(this.#registry, path);
		if (!isResource(target)) throw new RequestRefused(Code.methodNotAllowed, "not executable");
		if (contentFormat !== undefined && contentFormat !== ContentFormat.text) {
			throw new RequestRefused(Code.badRequest, "arguments are plain text");
		}
		const args = readArguments(payload);
		if ("code" in args) throw refusalOf(args);
		target.instance.execute(target.name, args);
		return { code: Code.changed };
	}

	/** LwM2M Core 1.1 §6.3.7: Object Instances only, and where the application lets servers do so. */
	private delete(path: Path): Answer {
		if (levelOf(path) !== 2) throw new RequestRefused(Code.methodNotAllowed, "only object instances are deleted");
		const { object, instance } = locate(this.#registry, path);
		const { remove } = object.options;
		if (instance === undefined || remove === undefined) {
			throw new RequestRefused(Code.methodNotAllowed, "instances are not a server's to delete");
		}
		remove(instance);
		this.#registry.remove(instance);
		return { code: Code.deleted };
	}

	/**
	 * Reads what an observation shows.
	 * @returns the refusal's code alone where the target can not be read any more, 5.00 where the host fails
	 */
	observed(path: Path, accept: number | undefined, enabler: EnablerVersion): Answer {
		try {
			return readTarget(this.#registry, path, accept, enabler);
		} catch (error) {
			if (error instanceof RequestRefused) return { code: error.code };
			if (error instanceof HostFailure) return { code: Code.internalServerError };
			throw error;
		}
	}

	/** The number at a path that is one value of a number's type; undefined otherwise. For gt, lt and st. */
	numberAt(path: Path): number | bigint | undefined {
		if (path.resourceId < 0) return undefined;
		try {
			const target = locate(this.#registry, path);
			if (!isResource(target) || !isSingleValue(target)) return undefined;
			const value = presentValue(target);
			return typeof value === "number" || typeof value === "bigint" ? value : undefined;
		} catch (error) {
			if (error instanceof RequestRefused || error instanceof HostFailure) return undefined;
			throw error;
		}
	}
}

/** "/3/0/1", or what else the request's path was, for a log record. */
export function spokenPath(request: Request, path: Path): string {
	return path.objectId < 0 ? `/${request.path.join("/")}` : pathText(path);
}

/**
 * Security (and OSCORE) are the Bootstrap-Server's alone: 4.01 whatever is asked, there or not (LwM2M Core 1.1 §6.3).
 */
function refuseSecrets({ objectId }: Path): void {
	if (objectId === 0 || objectId === 21) throw new RequestRefused(Code.unauthorized, "for the bootstrap server alone");
}

function isNumber(type: string | undefined): boolean {
	return type === "integer" || type === "unsignedInteger" || type === "float" || type === "time";
}
