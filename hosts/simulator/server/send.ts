import { Code } from "../../../modules/coap/code.ts";
import type { Request } from "../../../modules/coap/peer.ts";
import { type CompositeContent, hasSeveralPaths, readComposite } from "./formats/codec.ts";
import { CodecFailure } from "./formats/codec-failure.ts";
import { parsePath } from "./path.ts";
import { badRequest, Refusal } from "./refusal.ts";
import type { Registration } from "./registration.ts";

/**
 * Reads a Send, POST /dp (Core 1.2 §6.4.6).
 * @param registration that of the address it comes from, for it names no client
 * @param nowS seconds since 1970, from which relative times count
 * @throws Refusal 4.04 for an unknown client or an Object that is not registered, 4.05 for another method, 4.15 for a
 * format that has no paths, 4.00 for what can not be read
 */
export function readSend(request: Request, registration: Registration | undefined, nowS: number): CompositeContent {
	if (request.code !== Code.post) throw new Refusal(Code.methodNotAllowed, "a Send is a POST");
	if (registration === undefined) throw new Refusal(Code.notFound, "no client is registered from there");
	const { contentFormat, payload } = request;
	if (contentFormat !== undefined && !hasSeveralPaths(contentFormat)) {
		throw new Refusal(Code.unsupportedContentFormat, `a Send is not in content format ${contentFormat}`);
	}
	const { models, rootPath, versions } = registration;
	const content = contentOf(() => readComposite(contentFormat, payload, undefined, { models, rootPath, nowS }));
	if (content.nodes.size === 0) badRequest("a Send of nothing");
	for (const path of content.nodes.keys()) {
		const [objectId = -1] = parsePath(path) ?? [];
		if (!versions.has(objectId)) throw new Refusal(Code.notFound, `Object ${objectId} is not registered`);
	}
	return content;
}

function contentOf(read: () => CompositeContent): CompositeContent {
	try {
		return read();
	} catch (error) {
		if (error instanceof CodecFailure) return badRequest(error.message);
		throw error;
	}
}
