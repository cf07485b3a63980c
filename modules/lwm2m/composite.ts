import { Code } from "../coap/code.ts";
import type { Request } from "../coap/peer.ts";
import { ContentFormat } from "../formats/content-format.ts";
import type { Path } from "../formats/value.ts";
import { frozen } from "../frozen.ts";
import type { CompositeOperations, OperationContext } from "./operation.ts";
import { structuredFormat } from "./read.ts";
import { RequestRefused, refusalOf } from "./refusal.ts";

/** Hand this to a Client that is to have Read-, Write- and Observe-Composite (LwM2M Core 1.2 §6.3.8, §6.3.9, §6.4.4). */
export const compositeOperations: CompositeOperations = frozen({
	pathsOf,
	preferredFormat,
	write: () => {
		throw new RequestRefused(Code.methodNotAllowed, "not yet");
	},
});

function pathsOf({ formats }: OperationContext, { contentFormat, payload }: Request): Path[] {
	if (contentFormat === undefined || !formats.isPathList(contentFormat)) {
		throw new RequestRefused(Code.unsupportedContentFormat, "format");
	}
	const paths = formats.readPaths(contentFormat, payload, 0, payload.length);
	if ("code" in paths) throw refusalOf(paths);
	if (paths.length === 0) throw new RequestRefused(Code.badRequest, "no path");
	return paths;
}

/** The server understands the syntax that it asked in. */
function preferredFormat(context: OperationContext, contentFormat: number | undefined): number {
	const isJson = contentFormat === ContentFormat.senmlJson || contentFormat === ContentFormat.senmlEtchJson;
	return isJson && context.formats.isWritable(ContentFormat.senmlJson)
		? ContentFormat.senmlJson
		: structuredFormat(context);
}
