import { fromHex } from "../../../../modules/bytes.ts";
import { type FormatName, formats } from "../formats/codec.ts";
import type { Node, ObjectNode } from "../node.ts";
import { type Path, parsePath } from "../path.ts";
import { NodeRefused, nodeFromJson } from "../rest/node-json.ts";
import { refuseConfiguration } from "./configuration-refused.ts";

/** One request of a bootstrap session. */
export type Step =
	| { readonly do: "delete" | "discover"; readonly path: Path }
	| { readonly do: "read"; readonly path: Path; readonly format?: FormatName | undefined }
	| { readonly do: "write"; readonly path: Path; readonly node: Node; readonly format?: FormatName | undefined }
	/** As it is, right or wrong. */
	| { readonly do: "writeRaw"; readonly path: Path; readonly payload: Uint8Array; readonly contentFormat?: number }
	/** Here stands what the rest of the configuration asks for. */
	| { readonly do: "configured" }
	/** What should be silence for so long. */
	| { readonly do: "wait"; readonly ms: number }
	| { readonly do: "finish" };

/** How many requests one session may be told to send. */
const stepsMax = 256;

/**
 * Reads the requests of a configuration's JSON: {"delete": "/0"}, {"discover": "/"}, {"read": "/1", "format"?},
 * {"write": "/1/0", "node": NODE, "format"?}, {"write": "/1/0", "payload": hexadecimal digits, "contentFormat"?},
 * {"configured": true}, {"wait": ms}, {"finish": true}.
 * @throws ConfigurationRefused
 */
export function readSteps(given: readonly unknown[]): Step[] {
	if (!Array.isArray(given) || given.length > stepsMax) {
		return refuseConfiguration(`steps is an array of at most ${stepsMax} requests`);
	}
	return given.map((step, index) => readStep(step as Fields, index));
}

type Fields = Readonly<Record<string, unknown>>;

function readStep(step: Fields, index: number): Step {
	const refuse = (why: string) => refuseConfiguration(`step ${index}: ${why}`);
	if (typeof step !== "object" || step === null) return refuse("no JSON object");
	const pathIn = (text: unknown) => (typeof text === "string" ? parsePath(text) : undefined) ?? refuse("no path");
	const { format } = step;
	if (format !== undefined && !Object.hasOwn(formats, String(format))) refuse(`unknown format ${String(format)}`);
	const name = format as FormatName | undefined;
	if ("delete" in step) return { do: "delete", path: pathIn(step.delete) };
	if ("discover" in step) return { do: "discover", path: pathIn(step.discover) };
	if ("read" in step) return { do: "read", path: pathIn(step.read), format: name };
	if ("write" in step && "node" in step) {
		return { do: "write", path: pathIn(step.write), node: readNode(step.node), format: name };
	}
	if ("write" in step) {
		const payload = typeof step.payload === "string" ? fromHex(step.payload) : undefined;
		if (payload === undefined) return refuse("a write has a node, or a payload in hexadecimal digits");
		const contentFormat = typeof step.contentFormat === "number" ? { contentFormat: step.contentFormat } : {};
		return { do: "writeRaw", path: pathIn(step.write), payload, ...contentFormat };
	}
	if ("configured" in step) return { do: "configured" };
	if ("wait" in step)
		return { do: "wait", ms: Number.isSafeInteger(step.wait) ? Number(step.wait) : refuse("wait is in ms") };
	return "finish" in step
		? { do: "finish" }
		: refuse("neither delete, discover, read, write, configured, wait nor finish");
}

function readNode(json: unknown): Node {
	try {
		return nodeFromJson(json);
	} catch (error) {
		if (error instanceof NodeRefused) return refuseConfiguration(error.message);
		throw error;
	}
}

/** @throws ConfigurationRefused for what is no NODE of kind obj */
export function readObjects(given: readonly unknown[]): ObjectNode[] {
	if (!Array.isArray(given)) return refuseConfiguration("objects is an array of nodes of kind obj");
	return given.map((json) => {
		const node = readNode(json);
		return node.kind === "obj" ? node : refuseConfiguration("objects holds nodes of kind obj");
	});
}
