import { Code } from "../coap/code.ts";
import type { Request, ResponseOptions } from "../coap/peer.ts";
import { ContentFormat } from "../formats/content-format.ts";
import type { Formats } from "../formats/format.ts";
import type { Path, PathSlot } from "../formats/value.ts";
import { HostFailure, type LogRecord } from "../host.ts";
import { type AttributeSet, readAttributes, readObserveAttributes, refuseMisplaced } from "./attributes.ts";
import type { ClientOptions } from "./client-options.ts";
import { createInstances } from "./create.ts";
import { discover } from "./discover.ts";
import { readArguments } from "./execute-arguments.ts";
import { isReadable } from "./facts.ts";
import type { ClientLimits } from "./limits.ts";
import type { Asker, Observable, Operation, OperationContext, Outcome } from "./operation.ts";
import { levelOf, pathText, readPath } from "./path.ts";
import { type Recorded, readTarget, readTargets, structuredFormat } from "./read.ts";
import { RequestRefused, refusalOf } from "./refusal.ts";
import type { Registry } from "./registry.ts";
import { isResource, isSecret, locate, presentValue } from "./target.ts";
import { deleteResourceInstance, writeTarget } from "./write.ts";

export type { Asker, Observable, Operation, Outcome } from "./operation.ts";

type Answer = ResponseOptions;

type OperationOptions = Pick<ClientOptions, "formats" | "formats10" | "composite" | "log" | "streamedWrites">;

/**
 * The interfaces Device Management & Service Enablement and Information Reporting, one request at a time (LwM2M Core
 * 1.1 §6.3).
 */
export class Operations implements OperationContext {
	readonly registry: Registry;
	readonly limits: ClientLimits;
	readonly formats: Formats;
	private readonly options: OperationOptions;
	/** The same with the formats of 1.0, for servers with which that is spoken. */
	private readonly old: Operations | undefined;

	constructor(registry: Registry, limits: ClientLimits, options: OperationOptions, formats = options.formats) {
		this.registry = registry;
		this.limits = limits;
		this.formats = formats;
		this.options = options;
		const { formats10 } = options;
		const isOther = formats10 !== undefined && formats10 !== formats;
		this.old = isOther ? new Operations(registry, limits, options, formats10) : undefined;
	}

	log(record: LogRecord): void {
		this.options.log(record);
	}

	/**
	 * Does what the request asks and says how to answer it; a refused request has changed nothing. Never throws
	 * RequestRefused.
	 */
	perform(request: Request, asker: Asker): Outcome {
		if (asker.enabler === "1.0" && this.old !== undefined) return this.old.perform(request, asker);
		const outcome = nothingYet();
		try {
			this.begin(outcome, request, asker);
			outcome.response = this.answer(outcome.operation, request, outcome.paths, asker);
		} catch (error) {
			if (error instanceof RequestRefused) outcome.response = { code: error.code };
			else if (error instanceof HostFailure) {
				outcome.response = { code: Code.internalServerError };
				outcome.failure = error;
			} else throw error;
		}
		return outcome;
	}

	/** Says what is asked for. @throws RequestRefused */
	private begin(outcome: OpenOutcome, request: Request, asker: Asker): void {
		const { path } = outcome;
		const refused = readPath(request.path, path);
		if (refused !== undefined) throw refusalOf(refused);
		outcome.operation = this.operationOf(request, path);
		this.refuseOperation(outcome.operation, path, asker);
		if (outcome.operation === "readComposite") outcome.paths = this.options.composite!.pathsOf(this, request);
		if (request.observe === 0 && request.query.length > 0) {
			outcome.attributes = this.ownAttributes(outcome.operation, request, path, asker);
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
				return this.registry.resource(path.objectId, path.resourceId)?.operations === "E" ? "execute" : "write";
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

	private refuseOperation(operation: Operation, path: Path, { enabler }: Asker): void {
		if (isSecret(path.objectId)) throw new RequestRefused(Code.unauthorized, "for the bootstrap server alone");
		// RFC 7252 §5.8 answers a method that it does not support with 4.05; 1.0 has no composite operations.
		const isComposite = operation === "readComposite" || operation === "writeComposite";
		const isKnown = isComposite ? this.options.composite !== undefined && enabler !== "1.0" : operation !== "unknown";
		if (!isKnown) throw new RequestRefused(Code.methodNotAllowed, "method");
		if (isComposite && levelOf(path) > 0) throw new RequestRefused(Code.methodNotAllowed, "paths are in the payload");
		if (!isComposite && levelOf(path) === 0) throw new RequestRefused(Code.badRequest, "an object ID is mandatory");
	}

	private answer(operation: Operation, request: Request, paths: readonly Path[], asker: Asker): Answer {
		const path = paths[0]!;
		switch (operation) {
			case "read":
				return readTarget(this, path, asker, request.accept);
			case "readComposite":
				return readTargets(this, paths, asker, request.accept ?? this.compositeFormat(request.contentFormat));
			case "writeComposite":
				return this.options.composite!.write(this, request, asker);
			case "discover":
				return discover(this, path, asker, request.query);
			case "write": {
				if (request.sink !== undefined) this.options.streamedWrites?.written(request.sink);
				else writeTarget(this, path, asker, request, request.code === Code.put ? "replace" : "update");
				return { code: Code.changed };
			}
			case "writeAttributes":
				return this.writeAttributes(request.query, path, asker);
			case "execute":
				return this.execute(request, path, asker);
			case "create":
				return createInstances(this, path, asker, request);
			case "delete":
				return this.delete(path, asker);
			default:
				throw new RequestRefused(Code.methodNotAllowed, "method");
		}
	}

	/**
	 * The attributes in the query of an Observe (LwM2M Core 1.2 §6.4.1) or Observe-Composite (§6.4.4). A client without
	 * them rejects it.
	 */
	private ownAttributes(
		operation: Operation,
		{ query }: Request,
		path: Path,
		{ enabler }: Asker,
	): AttributeSet | undefined {
		if (operation !== "read" && operation !== "readComposite") return undefined;
		if (enabler !== "1.2") throw new RequestRefused(Code.badRequest, "observe with attributes");
		const attributes = readObserveAttributes(query, enabler, operation === "readComposite");
		if (operation === "read") refuseMisplaced(attributes, this.registry.typeOf(path.objectId, path.resourceId));
		return attributes;
	}

	private compositeFormat(contentFormat: number | undefined): number {
		return this.options.composite?.preferredFormat(this, contentFormat) ?? structuredFormat(this);
	}

	/**
	 * LwM2M Core 1.1 §6.3.4. The target exists, and can be read where it is a Resource; on an Object it takes no right
	 * (§8.2.3).
	 */
	private writeAttributes(query: readonly string[], path: Path, { attributes, enabler, rights }: Asker): Answer {
		const target = locate(this.registry, path);
		const { instance } = target;
		if (instance !== undefined) rights?.require("read", path.objectId, path.instanceId);
		if (isResource(target)) {
			if (!isReadable(target.facts)) throw new RequestRefused(Code.methodNotAllowed, "not readable");
			presentValue(target);
		}
		const changes = readAttributes(query, enabler);
		refuseMisplaced(changes, target.facts?.type);
		attributes.write(path, changes);
		return { code: Code.changed };
	}

	/** LwM2M Core 1.1 §6.3.5. */
	private execute({ contentFormat, payload }: Request, path: Path, { rights }: Asker): Answer {
		const target = locate(this.registry, path);
		if (target.instance !== undefined) rights?.require("execute", path.objectId, path.instanceId);
		if (!isResource(target)) throw new RequestRefused(Code.methodNotAllowed, "not executable");
		if (contentFormat !== undefined && contentFormat !== ContentFormat.text) {
			throw new RequestRefused(Code.badRequest, "arguments are plain text");
		}
		const args = readArguments(payload);
		if ("code" in args) throw refusalOf(args);
		target.instance.execute(target.name, args);
		return { code: Code.changed };
	}

	/**
	 * LwM2M Core 1.2 §6.3.7: Object Instances, where the application lets servers do so, and since 1.2 Resource
	 * Instances.
	 */
	private delete(path: Path, asker: Asker): Answer {
		if (levelOf(path) === 4 && asker.enabler === "1.2") {
			deleteResourceInstance(this, path, asker);
			asker.attributes.forget(path);
			return { code: Code.deleted };
		}
		if (levelOf(path) !== 2) throw new RequestRefused(Code.methodNotAllowed, "only instances are deleted");
		const { object, instance } = locate(this.registry, path);
		asker.rights?.require("delete", path.objectId, path.instanceId);
		const { remove } = object.options;
		if (instance === undefined || remove === undefined) {
			throw new RequestRefused(Code.methodNotAllowed, "instances are not a server's to delete");
		}
		remove(instance);
		this.registry.remove(instance);
		asker.rights?.deleted(path.objectId, path.instanceId);
		return { code: Code.deleted };
	}

	/**
	 * Reads what an observation shows.
	 * @param told values of before, to go with the present ones where the format carries times
	 * @returns the refusal's code alone where nothing of it can be read any more, 5.00 where the host fails
	 */
	observed(what: Observable, asker: Asker, told?: Recorded): Answer {
		if (asker.enabler === "1.0" && this.old !== undefined) return this.old.observed(what, asker, told);
		const { paths, isComposite, accept } = what;
		try {
			if (!isComposite) return readTarget(this, paths[0]!, asker, accept, told);
			return readTargets(this, paths, asker, accept ?? structuredFormat(this), told);
		} catch (error) {
			if (error instanceof RequestRefused) return { code: error.code };
			if (error instanceof HostFailure) return { code: Code.internalServerError };
			throw error;
		}
	}
}

/** "/3/0/1", or what else the request's path was, for a log record. */
export function spokenPath(request: Request, path: Path): string {
	return path.objectId < 0 ? `/${request.path.join("/")}` : pathText(path);
}

/** An Outcome while it is being filled. */
type OpenOutcome = { -readonly [Field in keyof Outcome]: Outcome[Field] } & { readonly path: PathSlot };

function nothingYet(): OpenOutcome {
	const path: PathSlot = { objectId: -1, instanceId: -1, resourceId: -1, resourceInstanceId: -1 };
	return {
		operation: "unknown",
		path,
		paths: [path],
		response: { code: Code.internalServerError },
		attributes: undefined,
		failure: undefined,
	};
}
