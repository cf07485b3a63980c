import type { Clock } from "../../../modules/host.ts";
import type { Client } from "../../../modules/lwm2m/client.ts";
import type { Argument } from "../../../modules/lwm2m/execute-arguments.ts";
import { History } from "../../../modules/lwm2m/history.ts";
import { ObjectInstance } from "../../../modules/lwm2m/instance.ts";
import { RequestRefused } from "../../../modules/lwm2m/refusal.ts";
import { CONFORMANCE_BENCH } from "./facts/conformance-bench-33100.ts";

type Bench = ObjectInstance<typeof CONFORMANCE_BENCH>;

/** How many Instances of the bench there may be: IDs below it. */
const limit = 8;

const textOf = (args: readonly Argument[], digit: number): string => {
	for (const argument of args) if (argument.digit === digit && argument.text !== undefined) return argument.text;
	throw new RequestRefused(0x80, `argument ${digit} is missing`);
};

/** What the device itself measures: "4" is the gauge, "5/1" the second of the gauges. */
function assign(it: Bench, args: readonly Argument[]): void {
	const [resource, instance] = textOf(args, 0).split("/");
	const text = textOf(args, 1);
	if (resource === "1") it.set("note", text);
	else if (resource === "4") it.set("gauge", Number(text));
	else if (resource === "5") it.set("gauges", new Map(it.get("gauges") ?? []).set(Number(instance), Number(text)));
	else if (resource === "6") it.set("switch", text === "1");
	else if (resource === "7") it.set("switches", new Map(it.get("switches") ?? []).set(Number(instance), text === "1"));
	else if (resource === "13") it.set("series", Number(text));
	else throw new RequestRefused(0x80, "nothing to measure");
}

/** As a product does that takes an account away; what else Transport 1.2 §5.2.5 asks for is the client's to do. */
function forget(client: Client, shortServerId: number): void {
	for (const object of [0, 1]) {
		const account = client.registry
			.object(object)
			?.instances.find((it) => it.at(object === 0 ? 10 : 0) === shortServerId);
		if (account !== undefined) client.remove(account);
	}
}

/** The tests' own object: every kind of operation, values that a test turns, Instances that servers create. */
export function benchObject(client: Client, clock: Clock, turnVoltages: (millivolts: readonly number[]) => void): void {
	const made = new Map<number, Bench>();
	const bench = (id: number, kept?: number): Bench =>
		new ObjectInstance(CONFORMANCE_BENCH, {
			id,
			values: {
				kept,
				note: id === 0 ? "as made" : undefined,
				fixed: "fixed",
				secret: "unseen",
				gauge: 20,
				series: undefined,
				gauges: [20, 30],
				switch: false,
				switches: [false, true],
				notes: undefined,
			},
			...(id === 0 ? { history: { series: new History(8, clock) } } : {}),
			execute: {
				assign,
				later: (it, args) => void client.after(Number(textOf(args, 2)) * 1000, () => assign(it, args)),
				add: (_, args) => add(Number(textOf(args, 0))),
				forget: (_, args) => forget(client, Number(textOf(args, 0))),
				voltages: (_, args) => turnVoltages([Number(textOf(args, 0)), Number(textOf(args, 1))]),
			},
		});
	const add = (id: number) => {
		const there = made.get(id);
		made.delete(id);
		if (there !== undefined) client.remove(there);
		else {
			made.set(id, bench(id, 0));
			client.add(made.get(id)!);
		}
	};
	client.addObject(CONFORMANCE_BENCH, {
		create(id) {
			if (id >= limit) throw new RequestRefused(0x85, "no room");
			return bench(id);
		},
		remove() {},
	});
	client.add(bench(0, 7));
	client.add(bench(1, 8));
}
