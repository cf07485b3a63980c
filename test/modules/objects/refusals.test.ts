import { utf8 } from "../../../modules/bytes.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import { frozen } from "../../../modules/frozen.ts";
import type { ObjectFacts } from "../../../modules/lwm2m/facts.ts";
import { ObjectInstance } from "../../../modules/lwm2m/instance.ts";
import { RequestRefused } from "../../../modules/lwm2m/refusal.ts";
import type { ObjectOptions } from "../../../modules/lwm2m/registry.ts";
import { deepEqual, equal, test } from "../../harness.ts";
import { type Bench, bench, code, hex, linksOf } from "../lwm2m/bench.ts";
import { texts, write } from "./scene.ts";

/** An object as an application would define it. */
const VALVE = frozen({
	id: 33001,
	version: "1.0",
	multiple: true,
	resources: {
		label: { id: 0, operations: "RW", type: "string", mandatory: true },
		opening: { id: 1, operations: "RW", type: "integer", mandatory: true, range: [0, 100], units: "/100" },
		pressure: { id: 2, operations: "R", type: "float" },
		flush: { id: 3, operations: "E" },
		code: { id: 4, operations: "RW", type: "string", among: [0, 4, 6] },
		step: { id: 5, operations: "RW", type: "integer", among: [1, 5, 10] },
	},
}) satisfies ObjectFacts;

type Valve = ObjectInstance<typeof VALVE>;

/** Valves that refuse whatever they can while the way is barred. */
function valves() {
	const state = { isBarred: false, flushes: 0 };
	const bar = () => {
		if (state.isBarred) throw new RequestRefused(0x83, "barred");
	};
	const valve = (id: number, label: string): Valve =>
		new ObjectInstance(VALVE, {
			id,
			values: { label, opening: 10, code: "", step: 1 },
			read: {
				pressure() {
					bar();
					return 2.5;
				},
			},
			check: { opening: bar },
			execute: {
				flush() {
					bar();
					state.flushes++;
				},
			},
		});
	const options: ObjectOptions<Valve> = {
		create(id) {
			bar();
			return valve(id, `valve ${id}`);
		},
		remove(instance) {
			bar();
			if (instance.get("label") === "main") throw new RequestRefused(0x85, "the main valve stays");
		},
	};
	const it = bench({
		isQuiet: true,
		furnish(client) {
			client.addObject(VALVE, options);
			client.add(valve(0, "main"));
		},
	});
	return { it, state };
}

const { tlv } = ContentFormat;
const opened = (it: Bench) => texts(it, "/33001/0", 0, 1);

test("[DMSE-001] an application refuses Read, Write and Execute, and nothing has changed", () => {
	const { it, state } = valves();
	state.isBarred = true;
	equal(code(it.get("/33001/0/2")), "4.03");
	equal(code(write(it, "/33001/0/1", "50")), "4.03");
	equal(code(it.post("/33001/0", tlv, hex("c10061c10132"))), "4.03", "neither the label nor the opening");
	equal(code(it.execute("/33001/0/3")), "4.03");
	deepEqual(opened(it), ["main", "10"]);
	equal(state.flushes, 0);
	equal(linksOf(it, "/33001/0").includes("</33001/0/2>"), true, "a value that is refused is there nevertheless");
	state.isBarred = false;
	equal(code(it.get("/33001/0/2")), "2.05");
	equal(code(write(it, "/33001/0/1", "50")), "2.04");
	equal(code(it.execute("/33001/0/3")), "2.04");
	deepEqual(opened(it), ["main", "50"]);
	equal(state.flushes, 1);
});

test("[DMSE-001] an application refuses Create and Delete, all or some", () => {
	const { it, state } = valves();
	state.isBarred = true;
	equal(code(it.post("/33001", tlv, hex("c10061"))), "4.03");
	equal(code(it.get("/33001/1")), "4.04");
	equal(code(it.remove("/33001/0")), "4.03");
	deepEqual(opened(it), ["main", "10"]);
	state.isBarred = false;
	equal(code(it.remove("/33001/0")), "4.05");
	equal(code(it.post("/33001", tlv, hex("c10061"))), "2.01");
	equal(code(it.remove("/33001/1")), "2.02");
});

test("[DMSE-001] a check that refuses refuses the whole Create", () => {
	const checks: string[] = [];
	const it = bench({
		isQuiet: true,
		furnish: (client) =>
			client.addObject(VALVE, {
				create: (id) =>
					new ObjectInstance(VALVE, {
						id,
						values: { label: "new", opening: 0 },
						check: {
							opening(percent) {
								checks.push(`${percent}`);
								if (percent > 50) throw new RequestRefused(0x80, "too wide");
							},
						},
					}),
			}),
	});
	equal(code(it.post("/33001", tlv, hex("c10061c1013c"))), "4.00");
	equal(code(it.get("/33001/0")), "4.04");
	equal(code(it.post("/33001", tlv, hex("c10061c10132"))), "2.01");
	deepEqual(checks, ["60", "50"]);
});

test("[DMSE-002] a Create without mandatory values: the application fills them in", () => {
	const { it } = valves();
	equal(code(it.post("/33001", tlv, hex("c10132"))), "2.01");
	deepEqual(texts(it, "/33001/1", 0, 1), ["valve 1", "50"]);
	equal(code(it.post("/33001", tlv, new Uint8Array(0))), "2.01");
	deepEqual(texts(it, "/33001/2", 0, 1), ["valve 2", "10"]);
});

test("a server's values are held to range and list: of numbers the value, of strings the bytes", () => {
	const { it } = valves();
	for (const [resource, value, expected] of [
		["1", "100", "2.04"],
		["1", "101", "4.00"],
		["1", "-1", "4.00"],
		["4", "1234", "2.04"],
		["4", "12345", "4.00"],
		["4", "123456", "2.04"],
		["4", "ééé", "2.04"],
		["5", "5", "2.04"],
		["5", "2", "4.00"],
		["5", "11", "4.00"],
	] as const) {
		equal(code(write(it, `/33001/0/${resource}`, value)), expected, `${resource} = ${value}`);
	}
	equal(code(it.put("/33001/0/4", ContentFormat.text, utf8(""))), "2.04");
	deepEqual(texts(it, "/33001/0", 1, 5), ["100", "5"]);
});
