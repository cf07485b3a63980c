import { Code } from "../coap/code.ts";
import type { Request, ResponseOptions } from "../coap/peer.ts";
import { ContentFormat } from "../formats/content-format.ts";
import { LinkWriter } from "../formats/core-link.ts";
import type { Path, PathSlot } from "../formats/value.ts";
import { frozen } from "../frozen.ts";
import { HostFailure } from "../host.ts";
import type { BootstrapDraft } from "./bootstrap-draft.ts";
import type { ConfiguredInstance } from "./configuration.ts";
import { isBootstrapAccount, ownerOf, securityResource, serverShortServerId } from "./configuration-check.ts";
import { indexOf, instanceOf } from "./configuration-state.ts";
import { type EnablerVersion, versionToTell } from "./facts.ts";
import type { ChangeListener } from "./instance.ts";
import type { OperationContext } from "./operation.ts";
import { levelOf, readPath } from "./path.ts";
import { readTarget } from "./read.ts";
import { RequestRefused } from "./refusal.ts";
import { type ObjectEntry, Registry } from "./registry.ts";

/** The names that log records carry. */
export type BootstrapOperation =
	| "bootstrapWrite"
	| "bootstrapDelete"
	| "bootstrapDiscover"
	| "bootstrapRead"
	| "bootstrapFinish"
	| "unknown";

/** What came of a request of the Bootstrap-Server. */
export interface BootstrapOutcome {
	operation: BootstrapOperation;
	readonly path: PathSlot;
	response: ResponseOptions;
	/** The host's failure behind a 5.00. */
	failure: HostFailure | undefined;
}

/** Bootstrap-Read is of these alone: Server and Access Control (LwM2M Core 1.2 §6.1.7.4). */
const readable: readonly number[] = frozen([1, 2]);
const unheard: ChangeListener = frozen({ instanceChanged() {} });

/**
 * One request of the Bootstrap-Server (LwM2M Core 1.2 §6.1.7, Transport 1.2 §6.4.2), but Finish: what it asks for is
 * done to the draft. A refused request has changed nothing. Never throws RequestRefused.
 */
export function performBootstrap(
	request: Request,
	context: OperationContext,
	draft: BootstrapDraft,
	enabler: EnablerVersion,
): BootstrapOutcome {
	const path: PathSlot = { objectId: -1, instanceId: -1, resourceId: -1, resourceInstanceId: -1 };
	const outcome: BootstrapOutcome = {
		operation: operationOf(request),
		path,
		response: { code: Code.internalServerError },
		failure: undefined,
	};
	try {
		if (outcome.operation === "unknown") throw new RequestRefused(Code.methodNotAllowed, "method");
		follow(request, path);
		outcome.response = answer(outcome.operation, request, path, context, draft, enabler);
	} catch (error) {
		if (error instanceof RequestRefused) outcome.response = { code: error.code };
		else if (error instanceof HostFailure) outcome.failure = error;
		else throw error;
	}
	return outcome;
}

/** Transport 1.2 §6.4.2, Table 6.4.2-1. */
export function operationOf({ code, path, accept }: Request): BootstrapOperation {
	switch (code) {
		case Code.get:
			return accept === ContentFormat.coreLink ? "bootstrapDiscover" : "bootstrapRead";
		case Code.put:
			return "bootstrapWrite";
		case Code.delete:
			return "bootstrapDelete";
		case Code.post:
			return path.length === 1 && path[0] === "bs" ? "bootstrapFinish" : "unknown";
		default:
			return "unknown";
	}
}

/** @throws RequestRefused */
function follow(request: Request, into: PathSlot): void {
	if (request.path.length > 4) throw new RequestRefused(Code.badOption, "too deep");
	const refused = readPath(request.path, into);
	if (refused === undefined) return;
	into.objectId = into.instanceId = into.resourceId = into.resourceInstanceId = -1;
	throw new RequestRefused(request.code === Code.get ? Code.notFound : Code.badRequest, refused.code);
}

/** @throws RequestRefused */
function answer(
	operation: BootstrapOperation,
	request: Request,
	path: Path,
	context: OperationContext,
	draft: BootstrapDraft,
	enabler: EnablerVersion,
): ResponseOptions {
	switch (operation) {
		case "bootstrapWrite":
			draft.write(path, request);
			return { code: Code.changed };
		case "bootstrapDelete":
			draft.delete(path);
			return { code: Code.deleted };
		case "bootstrapDiscover":
			return discover(path, context.registry, draft, enabler);
		default:
			return read(path, request.accept, context, draft, enabler);
	}
}

/** Bootstrap-Read (LwM2M Core 1.2 §6.1.7.4): what would be there, were the session to end now. */
function read(
	path: Path,
	accept: number | undefined,
	context: OperationContext,
	draft: BootstrapDraft,
	enabler: EnablerVersion,
): ResponseOptions {
	const { objectId, instanceId } = path;
	const isTarget = readable.includes(objectId) && levelOf(path) < 3 && enabler !== "1.0";
	if (!isTarget) throw new RequestRefused(Code.methodNotAllowed, "not the bootstrap server's to read");
	const object = context.registry.object(objectId);
	if (object === undefined) throw new RequestRefused(Code.notFound, "no such object");
	const registry = new Registry(draft.instances.length + 1, unheard);
	registry.addObject(object.facts);
	for (let index = 0; index < draft.instances.length; index++) {
		const each = draft.instances[index]!;
		const isMeant = each.objectId === objectId && (instanceId < 0 || each.instanceId === instanceId);
		const instance = isMeant ? instanceOf(context.registry, each) : undefined;
		if (instance !== undefined) registry.add(instance);
	}
	const { limits, formats } = context;
	return readTarget({ registry, limits, formats, log() {} }, path, { enabler }, accept);
}

/** Bootstrap-Discover (LwM2M Core 1.2 §6.1.7.3): the enabler version, Objects, their Instances, and whose they are. */
function discover(path: Path, registry: Registry, draft: BootstrapDraft, enabler: EnablerVersion): ResponseOptions {
	if (levelOf(path) > 1) throw new RequestRefused(Code.badRequest, "discover of an object, or of all");
	const only = path.objectId < 0 ? undefined : registry.object(path.objectId);
	if (path.objectId >= 0 && only === undefined) throw new RequestRefused(Code.notFound, "no such object");
	const writer = new LinkWriter();
	writer.link("/");
	writer.attribute("lwm2m", enabler);
	for (let index = 0; index < registry.objects.length; index++) {
		const object = registry.objects[index]!;
		if (only === undefined || object === only) discoverObject(object, writer, draft, enabler);
	}
	return { code: Code.content, contentFormat: ContentFormat.coreLink, payload: writer.finish() };
}

function discoverObject(object: ObjectEntry, writer: LinkWriter, draft: BootstrapDraft, enabler: EnablerVersion): void {
	const { facts } = object;
	const ids = draft.idsOf(object);
	const version = versionToTell(facts, enabler);
	if (version !== undefined || ids.length === 0) writer.link(`/${facts.id}`);
	if (version !== undefined) writer.attribute("ver", version);
	for (let index = 0; index < ids.length; index++) {
		const id = ids[index]!;
		writer.link(`/${facts.id}/${id}`);
		const at = indexOf(draft.instances, facts.id, id);
		if (at >= 0) tellAccount(draft.instances[at]!, writer, draft.instances);
	}
}

/** The Short Server ID, and of a Security Instance the URI; none for what is the Bootstrap-Server's own. */
function tellAccount(each: ConfiguredInstance, writer: LinkWriter, instances: readonly ConfiguredInstance[]): void {
	const { objectId, instanceId, values } = each;
	if (objectId === 1) tell(writer, "ssid", values.get(serverShortServerId));
	else if (objectId > 2) {
		const owner = ownerOf(instances, objectId, instanceId);
		if (owner !== undefined && !isBootstrapAccount(owner)) {
			tell(writer, "ssid", owner.values.get(securityResource.shortServerId));
		}
	} else if (objectId === 0 && !isBootstrapAccount(each)) {
		tell(writer, "ssid", values.get(securityResource.shortServerId));
		tell(writer, "uri", values.get(securityResource.serverUri));
	}
}

function tell(writer: LinkWriter, name: string, value: unknown): void {
	if (typeof value === "number" || typeof value === "string") writer.attribute(name, value);
}
