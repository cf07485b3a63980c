import { Code } from "../../../modules/coap/code.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import { HostFailure } from "../../../modules/host.ts";
import { ObjectInstance } from "../../../modules/lwm2m/instance.ts";
import { RequestRefused } from "../../../modules/lwm2m/refusal.ts";
import { deepEqual, equal, test } from "../../harness.ts";
import { bench, code, hex } from "./bench.ts";
import { SAMPLE } from "./sample-object.ts";

const { tlv } = ContentFormat;

test("[CORE-DM-1] Execute runs, with its arguments", () => {
	const it = bench();
	equal(code(it.execute("/33000/0/12")), "2.04");
	equal(code(it.execute("/33000/0/12", "0='abc',3,9='!#&([]~'")), "2.04");
	equal(code(it.execute("/33000/0/12", "1=''")), "2.04");
	deepEqual(it.seen.executed, ["", "0=abc,3=undefined,9=!#&([]~", "1="]);
});

test("[CORE-DM-1] Execute is refused with the code that says why", () => {
	const it = bench();
	for (const [path, args, expected] of [
		["/33000/0/12/0", "", "4.05"],
		["/33000/0/10", "", "4.05"],
		["/33000/0/0", "", "4.05"], // a POST to it would be a partial update of one value
		["/33000/1/12", "", "4.04"],
		["/1/0/9", "", "4.05"], // there is no Bootstrap-Server Account
		["/33000/0/12", "a", "4.00"],
		["/33000/0/12", "0,", "4.00"],
		["/33000/0/12", "00", "4.00"],
		["/33000/0/12", "0=1", "4.00"],
		["/33000/0/12", "0='", "4.00"],
		["/33000/0/12", "0='a b'", "4.00"],
		["/33000/0/12", "0='\u{e9}'", "4.00"],
		["/33000/0/12", "0,0", "4.00"], // each digit once: Core 1.2 §6.3.5
		["/33000/0/12", "0 ,1", "4.00"],
	] as const) {
		equal(code(it.execute(path, args)), expected, `${path} ${args}`);
	}
	equal(code(it.post("/33000/0/12", tlv, hex("c10001"))), "4.00", "arguments in another format");
	deepEqual(it.seen.executed, []);
});

test("[CORE-DM-1] a hook that refuses is answered with its code, a failing host with 5.00", () => {
	const it = bench({
		furnish: (client) =>
			client.add(
				new ObjectInstance(SAMPLE, {
					id: 9,
					values: { whole: 1 },
					read: {
						fixed: () => {
							throw new HostFailure("sensor");
						},
					},
					execute: {
						run: () => {
							throw new RequestRefused(Code.forbidden, "not now");
						},
					},
				}),
			),
	});
	equal(code(it.execute("/33000/9/12")), "4.03");
	equal(code(it.get("/33000/9/10")), "5.00");
	equal(it.world.logged("hostFailure")[0]!.what, "sensor");
	equal(code(it.get("/33000/9/1")), "2.05", "life goes on");
});
