/** The REST interface of composite operations and Send, and what it has beyond leshan-demo-server's. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { after, before, test } from "node:test";
import { UdpNetwork } from "../../../../hosts/simulator/network/udp-network.ts";
import { type HttpInterface, startHttp } from "../../../../hosts/simulator/server/rest/http.ts";
import { seriesToJson } from "../../../../hosts/simulator/server/rest/node-json.ts";
import { Lwm2mServer } from "../../../../hosts/simulator/server/server.ts";
import { RealTime } from "../../../../hosts/simulator/time.ts";
import { type Outcome, play, until } from "./conversation.ts";
import { endpoint, type Step } from "./leshan-scenario.ts";
import type { Heard, Outgoing, Reply } from "./scripted-client.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const json = (records: unknown): Outgoing => ({
	code: 0x45,
	contentFormat: 110,
	payload: utf8(JSON.stringify(records)),
});
const changed: Outgoing = { code: 0x44 };

function http(name: string, method: string, url: string, reply?: Reply, body?: unknown): Step {
	const sent = body === undefined ? {} : { type: "application/json", body };
	return {
		name,
		do: "http",
		method,
		url: `/api/clients/{ep}${url}`,
		...sent,
		...(reply === undefined ? {} : { reply }),
	};
}

const battery = { kind: "singleResource", id: 9, type: "INTEGER", value: "100" };
const lifetime = { kind: "singleResource", id: 1, type: "integer", value: "60" };
const paths = "paths=/3/0/9,/5/0";
const values = json([{ n: "/3/0/9", v: 100 }]);
const observed = { ...values, observe: 1 };
const record = { n: "/3303/0/5700", v: 20, bt: 1_767_225_600 };
const history = json([record, { n: "/3303/0/5700", v: 21.5, t: 1.5 }]);
const send = (payload: string): Outgoing => ({ code: 2, path: ["dp"], contentFormat: 110, payload: utf8(payload) });

const steps: readonly Step[] = [
	{ name: "register", do: "register", query: [`ep=${endpoint}`, "lwm2m=1.2"], links: "</1/0>,</2/0>,</3/0>,</3303/0>" },
	http("read", "GET", `/composite?${paths}&pathformat=SENML_ETCH_CBOR&nodeformat=LWM2M_CBOR&timeout=3`, values),
	http("read refused", "GET", `/composite?${paths}`, { code: 0x81 }),
	http("write", "PUT", "/composite?nodeformat=SENML_JSON", changed, { "/1/0/1": lifetime }),
	http("write and remove", "PUT", "/composite?nodeformat=SENML_ETCH_JSON", changed, {
		"/1/0/1": lifetime,
		"/2/0/2/101": null,
	}),
	http("observe", "POST", `/composite/observe?${paths}&nodeformat=SENML_JSON&pmin=5&pmax=15`, observed),
	{ name: "notify", do: "notify", message: { ...observed, observe: 2 } },
	http("cancel", "DELETE", `/composite/observe?${paths}&active`, values),
	http("cancel again", "DELETE", `/composite/observe?${paths}&active`),
	http("cancel passively", "DELETE", `/composite/observe?${paths}`),
	http("observe single", "POST", "/3/0/9/observe?format=SENML_JSON&pmin=1&edge=1", observed),
	http("depth", "GET", "/3/discover?depth=0", { code: 0x45, contentFormat: 40, payload: utf8("</3>") }),
	http("attributes", "PUT", "/3/0/9/attributes?edge=1&con=0&hqmax", changed),
	http("delete a resource instance", "DELETE", "/2/0/2/101", { code: 0x42 }),
	http(
		"create several",
		"POST",
		"/3303?format=LWM2M_CBOR",
		{ code: 0x41 },
		{
			kind: "obj",
			id: 3303,
			instances: [5, 6].map((id) => ({ kind: "instance", id, resources: [{ id: 5701, type: "string", value: "C" }] })),
		},
	),
	http("history", "GET", "/3303/0/5700", history),
	{ name: "send", do: "request", message: send(JSON.stringify([record, { n: "/3303/0/5700", v: 21.5, t: 1.5 }])) },
	{ name: "send garbage", do: "request", message: send("[{") },
];

/** What is wrong with it → the call. None reaches the client. */
const refused: Readonly<Record<string, Step>> = {
	"no paths are given": http("no paths", "GET", "/composite"),
	"Invalid path: x": http("bad path", "GET", "/composite?paths=x"),
	"unknown format LATIN": http("bad format", "GET", `/composite?${paths}&pathformat=latin`),
	"unknown format TOSTRING": http("inherited format", "GET", `/composite?${paths}&nodeformat=toString`),
	"paths are written in": http("no path format", "GET", `/composite?${paths}&pathformat=TLV`),
	"Invalid path": http("no such call", "POST", "/composite"),
	"unknown attribute pmim": http("bad attribute", "POST", "/3/0/9/observe?pmim=1"),
	"pmin 9 is greater": http("contradiction", "POST", `/composite/observe?${paths}&pmin=9&pmax=5`),
	"Attribute edge can not be 3": http("bad edge", "PUT", "/3/0/9/attributes?edge=3"),
	"depth is 0, 1, 2 or 3": http("bad depth", "GET", "/3/discover?depth=4"),
	"only SENML_ETCH_JSON": http("removal", "PUT", "/composite", undefined, { "/2/0/2/101": null }),
	"only a Resource Instance can": http("removal of more", "PUT", "/composite?nodeformat=SENML_ETCH_JSON", undefined, {
		"/2/0/2": null,
	}),
	"not a map of paths": http("a list", "PUT", "/composite", undefined, []),
	"at least one path": http("nothing", "PUT", "/composite", undefined, {}),
	"the node at /1/0/1 says": http("another id", "PUT", "/composite", undefined, { "/1/0/1": { ...lifetime, id: 2 } }),
	"Invalid node element": http("no node", "PUT", "/composite", undefined, { "/1/0/1": 5 }),
	"need their identifiers": http("several unnamed", "POST", "/3303", undefined, {
		kind: "obj",
		id: 3303,
		instances: [{ kind: "instance", resources: [] }],
	}),
};

let server: Lwm2mServer;
let rest: HttpInterface;
let outcomes: Map<string, Outcome>;

before(async () => {
	const network = new UdpNetwork();
	server = new Lwm2mServer({ network, time: new RealTime(), host: "127.0.0.1", port: 0 });
	await server.start();
	rest = await startHttp({ server, port: 0 });
	const loud = ["register", "notify", "send"];
	const settle = ({ name }: Step, arrived: () => number) => {
		return until(() => arrived() > 0, loud.includes(name) ? 1000 : 5);
	};
	const scene = { network, server: { host: "127.0.0.1", port: server.port }, httpUrl: rest.url, settle };
	const played = await play([...steps, ...Object.values(refused)], scene);
	outcomes = new Map(played.map((outcome) => [outcome.name, outcome]));
});

after(async () => {
	await rest.stop();
	server.stop();
});

function heard(name: string): Omit<Heard, "token"> {
	return (outcomes.get(name)!.heard as Heard[])[0]!;
}

function bodyOf(name: string): Record<string, unknown> {
	const { status, body } = outcomes.get(name)!;
	equal(status, 200, `${name}: ${JSON.stringify(body)}`);
	return body as Record<string, unknown>;
}

const textOf = (payload: string) => Buffer.from(payload, "hex").toString();

test("[CORE-SRV-1] REST: Read-Composite answers a map of paths, null where nothing came", () => {
	const { status, content } = bodyOf("read");
	deepEqual([status, content], ["CONTENT(205)", { "/3/0/9": battery, "/5/0": null }]);
	const { method, contentFormat, accept } = heard("read");
	deepEqual([method, contentFormat, accept], [5, 322, 11544]);
	deepEqual(bodyOf("read refused").status, "UNAUTHORIZED(401)");
});

test("[CORE-SRV-1] REST: Write-Composite takes the same map, null removes", () => {
	equal(bodyOf("write").status, "CHANGED(204)");
	equal(textOf(heard("write").payload), '[{"n":"/1/0/1","v":60}]');
	equal(textOf(heard("write and remove").payload), '[{"n":"/1/0/1","v":60},{"n":"/2/0/2/101","v":null}]');
	equal(heard("write and remove").contentFormat, 320);
});

test("[CORE-SRV-1] REST: Observe-Composite, NOTIFICATION of kind composite, both cancels", () => {
	deepEqual(bodyOf("observe").content, { "/3/0/9": battery, "/5/0": null });
	deepEqual([heard("observe").observe, heard("observe").query], [0, ["pmin=5", "pmax=15"]]);
	const data = { ep: endpoint, kind: "composite", val: { "/3/0/9": battery, "/5/0": null }, paths: ["/3/0/9", "/5/0"] };
	deepEqual(outcomes.get("notify")!.events, [{ event: "NOTIFICATION", data }]);
	equal(bodyOf("cancel").status, "CONTENT(205)");
	equal(heard("cancel").observe, 1);
	equal(outcomes.get("cancel again")!.status, 404);
	equal(outcomes.get("cancel passively")!.status, 200);
});

test("[CORE-SRV-1] REST: attributes, depth, Resource Instances, several Object Instances", () => {
	bodyOf("observe single");
	deepEqual([heard("observe single").accept, heard("observe single").query], [110, ["pmin=1", "edge=1"]]);
	bodyOf("depth");
	deepEqual(heard("depth").query, ["depth=0"]);
	bodyOf("attributes");
	deepEqual(heard("attributes").query, ["edge=1", "con=0", "hqmax"]);
	equal(bodyOf("delete a resource instance").status, "DELETED(202)");
	equal(bodyOf("create several").status, "CREATED(201)");
	equal(heard("create several").payload, "a1190ce7a205a1191645614306a11916456143");
});

test("[CORE-SRV-1] REST: histories are in `series`, in answers and events; SEND is told", () => {
	const node = (value: string) => ({ kind: "singleResource", id: 5700, type: "FLOAT", value });
	const newest = node("21.5");
	const series = [
		{ timestamp: "(time)", val: { "/3303/0/5700": node("20.0") } },
		{ timestamp: "(time)", val: { "/3303/0/5700": newest } },
	];
	const { content, series: read } = bodyOf("history");
	deepEqual({ content, series: read }, { content: newest, series });
	equal(outcomes.get("send")!.code, "2.04");
	const data = { ep: endpoint, val: { "/3303/0/5700": newest }, series };
	deepEqual(outcomes.get("send")!.events, [{ event: "SEND", data }]);
	deepEqual([outcomes.get("send garbage")!.code, outcomes.get("send garbage")!.events], ["4.00", []]);
	const at = (timeS: number, value: number) => ({ path: [3303, 0, 5700], timeS, type: "float", value }) as const;
	deepEqual(seriesToJson([at(1_767_225_601.5, 21.5), at(1_767_225_600, 20)]), [
		{ ...series[0], timestamp: 1_767_225_600_000 },
		{ ...series[1], timestamp: 1_767_225_601_500 },
	]);
});

for (const [why, { name }] of Object.entries(refused)) {
	test(`[CORE-SRV-1] REST: ${name} is 400: ${why}`, () => {
		const { status, body, heard } = outcomes.get(name)!;
		equal(status, 400);
		ok(String(body).includes(why), String(body));
		equal(heard, undefined);
	});
}
