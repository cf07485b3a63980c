import { utf8 } from "../../../modules/bytes.ts";
import { Code } from "../../../modules/coap/code.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import type { ObjectFacts } from "../../../modules/lwm2m/facts.ts";
import { ObjectInstance } from "../../../modules/lwm2m/instance.ts";
import { RequestRefused } from "../../../modules/lwm2m/refusal.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import { bench, code, hex, linksOf, payload } from "./bench.ts";
import type { FurnishedOptions } from "./furniture.ts";
import { SAMPLE } from "./sample-object.ts";

const { senmlJson, tlv, text } = ContentFormat;

/** An object whose instances are a server's to make; the application keeps those below 100. */
const OPEN = { ...SAMPLE, id: 33001 };

function open(options: FurnishedOptions = {}) {
	const it = bench({
		...options,
		furnish: (client) =>
			client.addObject(OPEN, {
				create: (id) =>
					new ObjectInstance(OPEN, {
						id,
						values: { text: "filled in", whole: undefined, names: undefined, level: undefined, fixed: "ours" },
					}),
				fill(instance: ObjectInstance<typeof OPEN>, given) {
					if (instance.id === 13 || given.get("text") === "never") throw new RequestRefused(Code.forbidden, "no");
					const level = given.get("level");
					if (!given.has("whole") && typeof level === "number") instance.set("whole", level);
				},
				remove: ({ id }) => {
					if (id >= 100) throw new RequestRefused(Code.forbidden, "in use");
				},
			}),
	});
	const create = (records: string) => it.post("/33001", senmlJson, utf8(records));
	const count = () => it.world.client.registry.object(33001)!.instances.length;
	return { ...it, create, count };
}

test("[CORE-DM-1] Create with an ID: 2.01, the location, the server's values and ours; then an Update", () => {
	const it = open();
	const response = it.create('[{"bn":"/33001/4/","n":"1","v":5},{"n":"9/0","vs":"n"}]');
	equal(code(response), "2.01");
	deepEqual(response.locationPath, ["33001", "4"]);
	equal(payload(it.get("/33001/4/1")), "5");
	equal(payload(it.get("/33001/4/0")), "filled in");
	equal(payload(it.get("/33001/4/9/0")), "n");
	deepEqual(it.world.requests.at(-1)!.path, ["rd", "5"]);
	ok(payload(it.world.requests.at(-1)!)!.endsWith(",</33001/4>"));
});

test("[CORE-DM-1] Create without an ID: the lowest that is free", () => {
	const it = open();
	for (const expected of ["0", "1", "2"]) {
		const response = it.post("/33001", tlv, hex("c10105"));
		equal(code(response), "2.01");
		deepEqual(response.locationPath, ["33001", expected]);
	}
	equal(code(it.remove("/33001/1")), "2.02");
	deepEqual(it.post("/33001", tlv, hex("c10105")).locationPath, ["33001", "1"]);
});

test("[CORE-DM-1] Create passes over read-only values without an error", () => {
	const it = open();
	equal(code(it.create('[{"bn":"/33001/0/","n":"1","v":5},{"n":"10","vs":"theirs"}]')), "2.01");
	equal(payload(it.get("/33001/0/10")), "ours");
});

test("[CORE-DM-1] Create is refused with the code that says why, and nothing is created", () => {
	const it = open();
	equal(code(it.create('[{"bn":"/33001/7/","n":"1","v":5}]')), "2.01");
	for (const [path, format, records, expected] of [
		["/33001", senmlJson, '[{"bn":"/33001/7/","n":"1","v":5}]', "4.00"], // taken
		["/33001", senmlJson, '[{"bn":"/33001/8/","n":"0","vs":"x"}]', "4.00"], // a mandatory one is missing
		["/33001", senmlJson, '[{"bn":"/33001/","n":"8/1","v":5},{"n":"7/1","v":5}]', "4.00"], // one of two is taken
		["/33001", senmlJson, '[{"bn":"/33001/8/","n":"1","vs":"x"}]', "4.00"],
		["/33001", senmlJson, '[{"bn":"/33000/8/","n":"1","v":5}]', "4.00"], // another object
		["/33001", text, "5", "4.00"],
		["/33001", 9999, "5", "4.15"],
		["/33000", senmlJson, '[{"bn":"/33000/8/","n":"1","v":5}]', "4.05"], // not a server's to create
		["/3", senmlJson, "[]", "4.05"], // ETS 680
		["/1", senmlJson, "[]", "4.05"],
		["/9999", senmlJson, "[]", "4.04"],
	] as const) {
		equal(code(it.post(path, format, utf8(records))), expected, `${path} ${records}`);
		equal(it.count(), 1, records);
	}
	equal(code(it.ask(Code.post, "/33001", { payload: utf8("5") })), "4.00", "no format");
	equal(code(it.ask(Code.post, "/33001")), "4.00", "nothing at all: a mandatory one is missing");
	equal(it.count(), 1);
});

test("[CORE-DM-1] Create beyond the limit of instances is answered 5.00", () => {
	const it = open({ limits: { instances: 6 } }); // five are there already
	equal(code(it.create('[{"bn":"/33001/0/","n":"1","v":5}]')), "2.01");
	equal(code(it.create('[{"bn":"/33001/1/","n":"1","v":5}]')), "5.00");
	equal(it.count(), 1);
});

test("[CORE-DM-1] Delete an instance; its attributes go with it", () => {
	const it = open();
	it.create('[{"bn":"/33001/4/","n":"1","v":5}]');
	equal(code(it.attributes("/33001/4/1", "pmin=7")), "2.04");
	equal(code(it.remove("/33001/4")), "2.02");
	equal(it.count(), 0);
	equal(code(it.get("/33001/4")), "4.04");
	it.create('[{"bn":"/33001/4/","n":"1","v":5}]');
	ok(!payload(it.get("/33001/4", ContentFormat.coreLink))!.includes("pmin"));
});

test("[CORE-DM-1] Delete is refused with the code that says why", () => {
	const it = open();
	it.create('[{"bn":"/33001/100/","n":"1","v":5}]');
	for (const [path, expected] of [
		["/3/0", "4.05"],
		["/1/0", "4.05"],
		["/33000/0", "4.05"],
		["/33001", "4.05"],
		["/33001/100/1", "4.05"],
		["/33001/100/9/0", "4.05"],
		["/33001/5", "4.04"],
		["/9999/0", "4.04"],
		["/33001/100", "4.03"], // the application says no
	] as const) {
		equal(code(it.remove(path)), expected, path);
	}
	equal(code(it.ask(Code.delete, "", { path: [] })), "4.00", "root");
	equal(it.count(), 1);
});

test("[CORE-DM-1] Create of several Instances at once: all of them, in one transaction", () => {
	const it = open();
	const response = it.create('[{"bn":"/33001/","n":"7/1","v":5},{"n":"2/1","v":6},{"n":"7/9/0","vs":"n"}]');
	equal(code(response), "2.01");
	deepEqual(response.locationPath, [], "no one location: their IDs are the server's");
	deepEqual([payload(it.get("/33001/2/1")), payload(it.get("/33001/7/1"))], ["6", "5"]);
	equal(payload(it.get("/33001/7/9/0")), "n");
	equal(it.count(), 2);
});

test("[CORE-DM-1] Create of several, one of which can not be: none of them is", () => {
	const it = open();
	equal(code(it.create('[{"bn":"/33001/7/","n":"1","v":5}]')), "2.01");
	const before = it.world.client.registry.listVersion;
	for (const [records, expected] of [
		['[{"bn":"/33001/","n":"8/1","v":5},{"n":"9/0","vs":"x"}]', "4.00"], // the second without what is mandatory
		['[{"bn":"/33001/","n":"8/1","v":5},{"n":"9/1","v":500}]', "4.00"],
		['[{"bn":"/33001/","n":"8/1","v":5},{"n":"7/1","v":5}]', "4.00"],
		['[{"bn":"/33001/","n":"8/1","v":5},{"n":"9/1","v":5},{"n":"8/1","v":6}]', "4.00"], // a path twice
		['[{"bn":"/33001/","n":"8/1","v":5},{"n":"13/1","v":5}]', "4.03"], // the application says no
	] as const) {
		equal(code(it.create(records)), expected, records);
		equal(it.count(), 1, records);
		equal(it.world.client.registry.listVersion, before);
	}
});

test("[CORE-DM-1] Create of several that do not fit: 5.00, and none of them is", () => {
	const it = open({ limits: { instances: 6 } });
	equal(code(it.create('[{"bn":"/33001/","n":"8/1","v":5},{"n":"9/1","v":5}]')), "5.00");
	equal(it.count(), 0);
});

test("[CORE-DM-1] LwM2M CBOR: ID 65535 leaves the choice to us, beside others too", () => {
	const it = open({ enabler: "1.2" });
	const { lwm2mCbor } = ContentFormat;
	const one = it.post("/33001", lwm2mCbor, hex("a11980e9a119ffffa10105"));
	equal(code(one), "2.01");
	deepEqual(one.locationPath, ["33001", "0"]);
	const several = it.post("/33001", lwm2mCbor, hex("a11980e9a201a1010519ffffa10106"));
	equal(code(several), "2.01");
	deepEqual(several.locationPath, ["33001", "2"], "0 is there, 1 is named");
	equal(payload(it.get("/33001/2/1")), "6");
});

test("[DMSE-002] what a server leaves out is filled in, also by what it says, and read-only values are ours", () => {
	const it = open();
	const response = it.create('[{"bn":"/33001/3/","n":"3","v":50}]');
	equal(code(response), "2.01", "whole is mandatory, and the hook knows it from level");
	equal(payload(it.get("/33001/3/1")), "50");
	equal(payload(it.get("/33001/3/0")), "filled in");
});

test("[DMSE-002] Create without any value, where everything can be filled in", () => {
	const it = bench({
		furnish: (client) =>
			client.addObject(OPEN, { create: (id) => new ObjectInstance(OPEN, { id, values: { whole: 1 } }) }),
	});
	const response = it.ask(Code.post, "/33001");
	equal(code(response), "2.01");
	deepEqual(response.locationPath, ["33001", "0"]);
	equal(code(it.ask(Code.post, "/33001", { payload: utf8("5") })), "4.00", "a value, but no format");
	equal(code(it.remove("/33001/0")), "4.05", "nobody said that servers may delete");
});

test("[DMSE-001] the application refuses a Create by what it says", () => {
	const it = open();
	equal(code(it.create('[{"bn":"/33001/3/","n":"1","v":5},{"n":"0","vs":"never"}]')), "4.03");
	equal(it.count(), 0);
});

test("[CORE-DM-1] an Object with one Instance: it is 0, and there is no second", () => {
	const SINGLE = { ...SAMPLE, id: 33002, multiple: undefined } as unknown as typeof SAMPLE;
	const it = bench({
		furnish: (client) =>
			client.addObject(SINGLE, {
				create: (id) => new ObjectInstance(SINGLE, { id, values: { whole: 1 } }),
				remove() {},
			}),
	});
	const create = (records: string) => it.post("/33002", senmlJson, utf8(records));
	equal(code(create('[{"n":"/33002/1/1","v":5}]')), "4.00");
	deepEqual(create('[{"n":"/33002/0/1","v":5}]').locationPath, ["33002", "0"]);
	equal(code(create('[{"n":"/33002/0/1","v":5}]')), "4.05");
	equal(code(it.remove("/33002/0")), "2.02");
	deepEqual(it.post("/33002", tlv, hex("c10105")).locationPath, ["33002", "0"]);
});

test("[CORE-DM-1] Delete of a Resource Instance, since 1.2", () => {
	const it = bench({ enabler: "1.2" });
	equal(code(it.attributes("/33000/0/9/2", "pmin=7")), "2.04");
	equal(code(it.remove("/33000/0/9/2")), "2.02");
	equal(code(it.get("/33000/0/9/2")), "4.04");
	equal(payload(it.get("/33000/0/9/5")), "five");
	deepEqual(it.seen.written, ["names 5"]);
	for (const [path, expected] of [
		["/33000/0/9/2", "4.04"],
		["/33000/0/15/0", "4.05"], // not writable
		["/33000/0/1/0", "4.05"], // not a multiple one
		["/33000/0/9", "4.05"],
		["/33000/0/77/0", "4.04"],
		["/33000/7/9/0", "4.04"],
		["/3/0/11/0", "4.05"],
		["/0/0/0/0", "4.01"],
	] as const) {
		equal(code(it.remove(path)), expected, path);
	}
	const again = utf8('[{"n":"/33000/0/9/2","vs":"again"}]');
	equal(code(it.post("/33000/0/9", senmlJson, again)), "2.04");
	ok(!linksOf(it, "/33000/0/9").join().includes("pmin"), "its attributes went with it");
	equal(code(it.remove("/33000/0/9/2")), "2.02");
	equal(code(it.remove("/33000/0/9/5")), "2.02", "the last one of an optional Resource");
	equal(code(it.get("/33000/0/9", tlv)), "2.05");
});

test("[CORE-DM-1] the last Resource Instance of a mandatory Resource stays; a hook may keep others", () => {
	const STRICT = {
		...SAMPLE,
		id: 33003,
		resources: { names: { id: 9, operations: "RW", type: "string", multiple: true, mandatory: true } },
	} as const satisfies ObjectFacts;
	const kept = new ObjectInstance(STRICT, {
		values: { names: ["a", "b", "c"] },
		check: {
			names(names) {
				if (!names.has(2)) throw new RequestRefused(Code.forbidden, "in use");
			},
		},
	});
	const it = bench({ enabler: "1.2", furnish: (client) => client.add(kept) });
	equal(code(it.remove("/33003/0/9/2")), "4.03");
	equal(code(it.remove("/33003/0/9/0")), "2.02");
	equal(code(it.remove("/33003/0/9/1")), "2.02");
	equal(code(it.remove("/33003/0/9/2")), "4.05");
	const put = (body: string) => it.put("/33003/0/9", senmlJson, utf8(body));
	const patch = (body: string) =>
		it.ask(Code.ipatch, "", { path: [], contentFormat: ContentFormat.senmlEtchJson, payload: utf8(body) });
	equal(code(put("[]")), "4.00", "none left");
	equal(code(patch('[{"n":"/33003/0/9/2","v":null}]')), "4.05");
	equal(code(patch('[{"n":"/33003/0/9/2","v":null},{"n":"/33003/0/9/1","vs":"b"}]')), "4.03", "one is left: the hook");
	equal(payload(it.get("/33003/0/9/2")), "c");
});
