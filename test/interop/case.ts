import { equal } from "node:assert/strict";
import type { Bench } from "./bench.ts";
import type { Answer } from "./rest-client.ts";
import { type RestNode, type RestValue, valuesOf } from "./rest-node.ts";

/**
 * One thing that a server and the device must agree on. The name carries the requirement's ID and the number of OMA's
 * test case.
 */
export interface Case {
	readonly name: string;
	readonly run: (bench: Bench) => Promise<void>;
}

/** Fails with the client's own words unless the answer has this code. */
export function hasCode(answer: Pick<Answer, "code" | "status" | "errormessage">, code: string, what = ""): void {
	const words = answer.errormessage === undefined ? "" : ` (${answer.errormessage})`;
	equal(`${answer.code}${answer.code === code ? "" : words}`, code, `${what} answered ${answer.status}${words}`);
}

/** The values of a node by path. Floats are rounded to single precision, which is what some formats carry. */
export function roundedValues(path: string, node: RestNode): Map<string, RestValue> {
	const values = valuesOf(path, node);
	for (const [at, value] of values) {
		if (typeof value === "string" && /^-?\d+\.\d+$/.test(value)) values.set(at, String(Math.fround(Number(value))));
	}
	return values;
}

/** The values of a successful Read by path. */
export function valuesIn(answer: Answer, path: string): Map<string, RestValue> {
	hasCode(answer, "2.05", `Read ${path}`);
	if (answer.content === undefined) throw new Error(`Read ${path} answered without content`);
	return roundedValues(path, answer.content);
}

/** The one value of a successful Read of a Resource or Resource Instance. */
export function valueIn(answer: Answer, path: string): RestValue {
	return onlyValue(valuesIn(answer, path));
}

/** The one value of a map of values by path. */
export function onlyValue(values: ReadonlyMap<string, RestValue>): RestValue {
	const [value] = values.values();
	if (value === undefined || values.size !== 1) throw new Error(`one value expected, not ${values.size}`);
	return value;
}
