import { utf8 } from "../../../modules/bytes.ts";
import { Code } from "../../../modules/coap/code.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import { HostFailure } from "../../../modules/host.ts";
import { ObjectInstance } from "../../../modules/lwm2m/instance.ts";
import { RequestRefused } from "../../../modules/lwm2m/refusal.ts";
import { deepEqual, equal, test, throws } from "../../harness.ts";
import { bench, code } from "./bench.ts";
import { SAMPLE } from "./sample-object.ts";

const { senmlJson, text } = ContentFormat;

/** An Object Instance with a `written` hook that throws what it is given, and one that works. */
function failing(error: () => Error) {
	const heard: string[] = [];
	const instance = new ObjectInstance(SAMPLE, {
		id: 1,
		values: { text: "a", whole: 1 },
		written: {
			text() {
				throw error();
			},
			whole: (value) => void heard.push(`whole ${value}`),
		},
	});
	const it = bench({ furnish: (client) => client.add(instance) });
	return { it, heard, failures: () => it.world.logged("hostFailure").map(({ what }) => what) };
}

test("[CORE-DM-1] a written hook comes too late to refuse: the Write is done, and says so", () => {
	for (const error of [() => new RequestRefused(Code.forbidden, "no more"), () => new HostFailure("relay")]) {
		const { it, heard, failures } = failing(error);
		const what = error().message;
		equal(code(it.put("/33000/1/0", text, utf8("b"))), "2.04");
		equal(it.world.client.registry.instance(33000, 1)!.read("text"), "b");
		deepEqual(failures(), [what]);
		const both = '[{"bn":"/33000/1/","n":"0","vs":"c"},{"n":"1","v":5}]';
		equal(code(it.post("/33000/1", senmlJson, utf8(both))), "2.04", "the others are told all the same");
		deepEqual(heard, ["whole 5"]);
		const composite = { contentFormat: senmlJson, payload: utf8(both.replace("5}", "6}")) };
		equal(code(it.ask(Code.ipatch, "", composite)), "2.04");
		deepEqual(heard, ["whole 5", "whole 6"]);
		deepEqual(failures(), [what, what, what]);
	}
});

test("what a written hook throws by mistake goes to the host", () => {
	const { it } = failing(() => new TypeError("a bug"));
	throws(
		() => it.put("/33000/1/0", text, utf8("b")),
		(error) => error instanceof TypeError,
	);
});
