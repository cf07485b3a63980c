/**
 * The same conversation with leshan-demo-server and with ours. Leshan's side was recorded by record-leshan.ts;
 * every difference that is meant
 * stands in `differences` with its reason, and a difference that has gone makes the test fail as well.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { UdpNetwork } from "../../../../hosts/simulator/network/udp-network.ts";
import { type HttpInterface, startHttp } from "../../../../hosts/simulator/server/rest/http.ts";
import { Lwm2mServer } from "../../../../hosts/simulator/server/server.ts";
import { RealTime } from "../../../../hosts/simulator/time.ts";
import { type Outcome, play, until } from "./conversation.ts";
import { type Step, scenario } from "./leshan-scenario.ts";

interface Recording {
	readonly source: string;
	readonly outcomes: readonly Outcome[];
}

const recording = JSON.parse(
	readFileSync(new URL("../../../vectors/leshan-demo-server.json", import.meta.url), "utf8"),
) as Recording;

/** Step → why ours answers otherwise. */
const differences: Readonly<Record<string, string>> = {
	"the endpoints of the server": "another port, and another library",
	"read text corelink with a version": "Leshan does not take attributes of LwM2M within a value of this type",
	"read answered with a code nobody knows": "Leshan shows 4.00 instead of the code",
	"write senml cbor": "another order of the same map's keys",
	"write unsigned tlv": "Leshan writes unsigned integers as signed ones, and needs four bytes for 60000",
	"write objlnk senml json": "Leshan writes vs where LwM2M has vlo (Core 1.1 §7.4.4)",
	"write an integer that is none": "the caller's mistake is no 500",
	"write an unknown type": "the caller's mistake is no 500",
	"a notification that came late": "Leshan does not hold RFC 7641 §3.4 against it",
	"cancel actively what is not observed": "other words",
	"register without a name": "the name is a mandatory parameter here: 4.00 (Core 1.1 §6.2.1)",
	"register with a bad lifetime": "the client's mistake is no 5.00",
};

let server: Lwm2mServer;
let http: HttpInterface;
let ours: Map<string, Outcome>;

before(async () => {
	const network = new UdpNetwork();
	server = new Lwm2mServer({ network, time: new RealTime(), host: "127.0.0.1", port: 0 });
	await server.start();
	http = await startHttp({ server, port: 0 });
	const settle = ({ name }: Step, arrived: () => number) => {
		const expected = essence(recording.outcomes.find((outcome) => outcome.name === name)!).events.length;
		return until(() => arrived() >= expected, name in differences ? 50 : 1000);
	};
	const scene = { network, server: { host: "127.0.0.1", port: server.port }, httpUrl: http.url, settle };
	ours = new Map((await play(scenario, scene)).map((outcome) => [outcome.name, outcome]));
});

after(async () => {
	await http.stop();
	server.stop();
});

/** What must be alike. Texts for people may differ in their words; what begins them tells the kind of failure. */
function essence({ events, body, type, name, ...rest }: Outcome) {
	// Leshan goes on logging an address whose client has gone.
	const isStranger = name.startsWith("register with") || name === "register without objects";
	return {
		...rest,
		...(typeof body === "string" ? { said: body.split(/[:']| of /)[0] } : { type, body: inOrder(body) }),
		events: events
			.filter(({ event }) => !(isStranger && event === "COAPLOG"))
			.map(({ event, data }) => ({ event, data: loosened(withoutSeries(inOrder(data))) })),
	};
}

/** The times of a history are ours alone. */
function withoutSeries(data: unknown): unknown {
	if (typeof data !== "object" || data === null || !("series" in data)) return data;
	const { series: _, ...rest } = data as Record<string, unknown>;
	return rest;
}

/** Leshan lists Instances and Resources in the order of a hash table. */
function inOrder(value: unknown): unknown {
	if (Array.isArray(value)) {
		const list = value.map(inOrder);
		const ids = list.map((item) => (item as { id?: unknown } | null)?.id);
		if (!ids.every((id): id is number => typeof id === "number")) return list;
		return list.sort((a, b) => (a as { id: number }).id - (b as { id: number }).id);
	}
	if (typeof value !== "object" || value === null) return value;
	return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, inOrder(field)]));
}

/** The same of a log's options; and the words of an error's payload are each server's own. */
function loosened(data: unknown): unknown {
	if (typeof data !== "object" || data === null || !("mId" in data)) return data;
	const { options, payload, ...rest } = data as Record<string, unknown>;
	const isError = /^[45]\./.test(String(rest.code));
	const listed = typeof options === "string" ? options.split(" - ").sort() : undefined;
	return isError ? rest : { ...rest, options: listed, payload };
}

test("the recording is of this scenario", () => {
	deepEqual(
		recording.outcomes.map(({ name }) => name),
		scenario.map(({ name }) => name),
	);
	equal(new Set(scenario.map(({ name }) => name)).size, scenario.length);
	for (const name of Object.keys(differences)) ok(ours.has(name), `no step is called ${name}`);
});

for (const { name } of scenario) {
	const difference = differences[name];
	test(`as Leshan: ${name}${difference === undefined ? "" : ` (but: ${difference})`}`, () => {
		const theirs = plain(essence(recording.outcomes.find((outcome) => outcome.name === name)!));
		const mine = plain(essence(ours.get(name)!));
		if (difference === undefined) deepEqual(mine, theirs);
		else ok(JSON.stringify(mine) !== JSON.stringify(theirs), "there is no difference any more");
	});
}

/** As it comes out of JSON: a field that is undefined is no field. */
function plain(value: unknown): unknown {
	return JSON.parse(JSON.stringify(value));
}
