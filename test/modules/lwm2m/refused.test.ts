import { utf8 } from "../../../modules/bytes.ts";
import { Code, codeText } from "../../../modules/coap/code.ts";
import type { RequestOptions } from "../../../modules/coap/peer.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import { equal, ok, patience, seeded, show, test } from "../../harness.ts";
import { type Bench, bench, hex, linksOf } from "./bench.ts";

/**
 * The response codes of LwM2M Transport 1.1 §6.7, and 5.03 from CoAP while its memory of requests is full (RFC 7252
 * §4.5).
 */
const legal = ["2.01", "2.02", "2.04", "2.05", "4.00", "4.01", "4.04", "4.05", "4.06", "4.13", "4.15", "5.00", "5.03"];

const { text, tlv, senmlJson, senmlCbor, opaque, cbor, coreLink } = ContentFormat;

const methods = [Code.get, Code.put, Code.post, Code.delete, Code.fetch, Code.patch, Code.ipatch, 0x1e];
const objects = ["0", "1", "3", "3303", "33000", "77", "65535", "rd"];
const instances = ["0", "1", "x"];
const resources = [
	"0",
	"1",
	"2",
	"4",
	"5",
	"7",
	"8",
	"9",
	"10",
	"11",
	"12",
	"13",
	"14",
	"15",
	"16",
	"5700",
	"5605",
	"65534",
];
const resourceInstances = ["0", "2", "5", "70000"];
const formats = [undefined, text, tlv, senmlJson, senmlCbor, opaque, cbor, coreLink, 11543, 9999];
const queries = [[], [], [], ["pmin=1"], ["pmin"], ["gt=5", "lt=6"], ["pmax=x"], ["st=1", "pmin=3"], ["unknown=1"]];
const payloads = [
	...["", "1", "U", "abc", "60", "-5", "1e999", "\u{1f42d}", "0='a'", "[]"],
	'[{"n":"/1/0/1","v":77}]',
	'[{"bn":"/33000/0/","n":"1","v":5},{"n":"0","vs":"good"}]',
	'[{"bn":"/33000/0/","n":"1","v":5},{"n":"0","vs":"far too long for it"}]',
	'[{"bn":"/33000/0/","n":"0","vs":"good"},{"n":"1","v":5},{"n":"10","vs":"no"}]',
	'[{"bn":"/33000/0/","n":"9/0","vs":"a"},{"n":"9/1","vs":"b"},{"n":"1","v":1000}]',
	'[{"bn":"/33000/0/","n":"9/0","vs":"a"},{"n":"7","vlo":"9:9"}]',
	'[{"bn":"/33000/0/","n":"1","v":5',
].map(utf8);
payloads.push(
	...[
		"C10265C20303F2C20507D0C10601C10755",
		"C10265C20303F2C20507D0C10601C10754",
		"c10105",
		"c10105c00a",
		"c10105c1",
	].map(hex),
	...["83a321612f00", "182a", "f5", "ff", "00", "c200", "080003c10105", "870945077365"].map(hex),
);

/** Requests that are in order, so that there is something to change, and to change back. */
const proper: readonly RequestOptions[] = [
	{ code: Code.put, path: ["33000", "0", "1"], contentFormat: text, payload: utf8("9") },
	{ code: Code.put, path: ["33000", "0", "14"], contentFormat: text, payload: utf8("here") },
	{ code: Code.post, path: ["33000", "0"], contentFormat: senmlJson, payload: utf8('[{"n":"/33000/0/0","vs":"new"}]') },
	{ code: Code.put, path: ["33000", "0", "1"], query: ["pmin=1", "gt=50"] },
	{ code: Code.put, path: ["33000", "0", "1"], query: ["pmin", "gt"] },
	{ code: Code.post, path: ["33000", "0", "12"], payload: utf8("1='x'") },
	{ code: Code.get, path: ["33000", "0"], observe: 0 },
];

/** All that a server could tell apart. */
function state(it: Bench): string {
	const { registry, sessions } = it.world.client;
	const values: string[] = [];
	for (const { instances: all } of registry.objects) {
		for (const instance of all) {
			for (const name in instance.facts.resources) {
				values.push(`/${instance.facts.id}/${instance.id} ${name} ${show(instance.read(name))}`);
			}
		}
	}
	const links = ["/1", "/3", "/3303", "/33000"].flatMap((path) => linksOf(it, path));
	const { state, observationCount } = sessions[0]!;
	return [...values, ...links, state, observationCount, registry.listVersion, ...it.seen.executed].join("\n");
}

test("[CORE-DM-1] [CORE-DM-2] a refused request changes nothing: methods × paths × formats × payloads", () => {
	const draw = seeded(20);
	const any = <T>(list: readonly T[]): T => list[draw(list.length)]!;
	const it = bench();
	const tally = new Map<string, number>();
	let before = state(it);
	for (let round = 0; round < 200 * patience; round++) {
		const path = [any(objects), any(instances), any(resources), any(resourceInstances), "1"].slice(
			0,
			draw(20) === 0 ? 5 : draw(5),
		);
		const [contentFormat, accept] = [any(formats), draw(2) === 0 ? any(formats) : undefined];
		const wild: RequestOptions = {
			code: any(methods),
			path: draw(3) === 0 ? ["33000", "0", ...path.slice(2)].slice(0, path.length) : path,
			query: any(queries),
			payload: any(payloads),
			...(contentFormat === undefined ? {} : { contentFormat }),
			...(accept === undefined ? {} : { accept }),
			...(draw(10) === 0 ? { observe: 0 } : {}),
		};
		// Disable: nobody would answer any more
		const request = draw(6) === 0 ? any(proper) : wild;
		if (request.code === Code.post && request.path!.join("/") === "1/0/4") continue;
		const { code } = it.world.ask(request);
		const after = state(it);
		const told = `round ${round}: ${codeText(request.code)} ${show(request)} answered ${codeText(code)}`;
		ok(legal.includes(codeText(code)), told);
		if (code >= 0x80) equal(after, before, told);
		tally.set(codeText(code), (tally.get(codeText(code)) ?? 0) + 1);
		before = after;
		if (round % 8 !== 7) continue;
		it.world.run(80_000);
		before = state(it);
	}
	for (const code of ["2.04", "2.05", "4.00", "4.01", "4.04", "4.05", "4.15"])
		ok(tally.has(code), `${code} never came`);
});

test("[CORE-DM-1] a client that was asked anything at all is still registered, and still answers", () => {
	const draw = seeded(77);
	const it = bench();
	for (let round = 0; round < 60 * patience; round++) {
		const size = draw(40);
		const bytes = new Uint8Array(size);
		for (let index = 0; index < size; index++) bytes[index] = draw(256);
		if (draw(2) === 0) bytes.set([0x40, 1 + draw(7)].slice(0, size)); // often a message with a method we know
		it.world.client.receive(it.world.serverAddress, bytes, 0, size, it.world.nowMs);
		it.world.settle();
	}
	it.world.run(300_000);
	equal(it.world.client.sessions[0]!.state, "registered");
	equal(codeText(it.get("/3/0/0").code), "2.05");
	ok(it.world.client.sessions[0]!.observationCount <= 16);
});
