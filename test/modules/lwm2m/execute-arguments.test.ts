import { utf8 } from "../../../modules/bytes.ts";
import { type Argument, readArguments } from "../../../modules/lwm2m/execute-arguments.ts";
import { deepEqual, ok, test } from "../../harness.ts";

const cases: readonly (readonly [source: string, text: string, args?: readonly (readonly [number, string?])[]])[] = [
	["Core 1.2.2 §6.3.5", "5", [[5]]],
	["Core 1.2.2 §6.3.5", "2='10.3'", [[2, "10.3"]]],
	["Core 1.2.2 §6.3.5", "0,1,2,3,4", [[0], [1], [2], [3], [4]]],
	[
		"Core 1.2.2 §6.3.5 without its blank",
		"7,0='<https://www.omaspecworks.org>'",
		[[7], [0, "<https://www.omaspecworks.org>"]],
	],
	["Core 1.2.2 §6.3.5, whose own grammar has no blank in a text", "7,0=' <https://www.omaspecworks.org>'"],
];

for (const [source, text, args] of cases) {
	test(`execute arguments: ${text} (${source})`, () => {
		const found = readArguments(utf8(text));
		ok(Array.isArray(found) === (args !== undefined));
		if (args === undefined) return;
		deepEqual(
			(found as readonly Argument[]).map(({ digit, text }) => [digit, text]),
			args.map(([digit, text]) => [digit, text]),
		);
	});
}
