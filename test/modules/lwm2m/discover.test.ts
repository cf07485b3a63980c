import { Code } from "../../../modules/coap/code.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import { ObjectInstance } from "../../../modules/lwm2m/instance.ts";
import { RequestRefused } from "../../../modules/lwm2m/refusal.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import { type Bench, bench, code, linksOf, payload } from "./bench.ts";
import { SAMPLE } from "./sample-object.ts";

const { coreLink } = ContentFormat;

const since12 = (account = {}) => bench({ enabler: "1.2", account });

const deep = (it: Bench, path: string, ...query: string[]) => it.ask(Code.get, path, { accept: coreLink, query });
const links = (it: Bench, path: string, depth: number) => payload(deep(it, path, `depth=${depth}`))!.split(",");

const levelsOf = (links: readonly string[]) =>
	links.map((link) => link.slice(link.indexOf("<"), link.indexOf(">")).split("/").length - 1);
const deepest = (links: readonly string[]) => Math.max(...levelsOf(links));

test("[RD-2] A-97: depth 0 to 3 at an Object, an Object Instance and a Resource", () => {
	const it = since12();
	for (const [path, level] of [
		["/33000", 1],
		["/33000/0", 2],
		["/33000/0/9", 3],
	] as const) {
		for (let depth = 0; depth <= 3; depth++) {
			const found = links(it, path, depth);
			equal(deepest(found), Math.min(level + depth, 4), `${path}?depth=${depth}`);
			ok(found[0]!.startsWith(`<${path}>`));
			equal(found.filter((link) => link.startsWith(`<${path}>`)).length, 1);
		}
	}
	deepEqual(links(it, "/33000/0/9", 0), ["</33000/0/9>;dim=2"]);
	deepEqual(links(it, "/33000/0/9", 1), ["</33000/0/9>;dim=2", "</33000/0/9/2>", "</33000/0/9/5>"]);
	deepEqual(links(it, "/33000/0/1", 3), ["</33000/0/1>"]);
});

test("[RD-2] without depth: 2 at an Object, 1 below, as it was before 1.2", () => {
	const it = since12();
	for (const [path, depth] of [
		["/33000", 2],
		["/33000/0", 1],
		["/33000/0/9", 1],
	] as const) {
		deepEqual(linksOf(it, path), links(it, path, depth));
		deepEqual(linksOf(bench(), path), linksOf(it, path));
	}
});

test("[RD-2] a depth that is none is answered 4.00", () => {
	const it = since12();
	for (const query of ["depth=4", "depth=-1", "depth=", "depth", "depth=x", "depth=01", "depth=1.5", "pmin=1"]) {
		equal(code(deep(it, "/3", query)), "4.00", query);
	}
	equal(code(deep(it, "/3", "depth=1", "depth=1")), "4.00");
});

test("[RD-2] a client before 1.2 passes over depth", () => {
	const it = bench();
	equal(payload(deep(it, "/33000", "depth=0")), payload(it.get("/33000", coreLink)));
});

test("[CORE-DM-2] ETS 264: the target shows what is in force, defaults of the Server Object among it", () => {
	const it = since12({ defaultMinimumPeriodS: 1, defaultMaximumPeriodS: 10 });
	deepEqual(links(it, "/33000", 1), ["</33000>;pmin=1;pmax=10", "</33000/0>"]);
	equal(code(it.attributes("/33000/0", "pmax=200")), "2.04");
	deepEqual(links(it, "/33000", 1), ["</33000>;pmin=1;pmax=10", "</33000/0>;pmax=200"]);
	deepEqual(links(it, "/33000/0", 0), ["</33000/0>;pmin=1;pmax=200"]);
});

test("[CORE-DM-2] ETS 266: attributes of all four levels, each where it is attached", () => {
	const it = since12();
	equal(code(it.attributes("/33000", "pmin=10", "pmax=200")), "2.04");
	equal(code(it.attributes("/33000/0/3", "lt=1", "gt=6", "st=1")), "2.04");
	equal(code(it.attributes("/33000/0/9/5", "pmax=8")), "2.04");
	const found = links(it, "/33000", 3);
	equal(found[0], "</33000>;pmin=10;pmax=200");
	equal(found[1], "</33000/0>");
	for (const link of ["</33000/0/3>;gt=6;lt=1;st=1", "</33000/0/9>;dim=2", "</33000/0/9/2>", "</33000/0/9/5>;pmax=8"]) {
		ok(found.includes(link), link);
	}
	deepEqual(links(it, "/33000/0/3", 0), ["</33000/0/3>;pmin=10;pmax=200;gt=6;lt=1;st=1"]);
});

test("[CORE-DM-2] ETS 261: what a Resource inherits, and its instances' own", () => {
	const it = bench();
	it.attributes("/33000", "pmin=10", "pmax=200");
	it.attributes("/33000/0", "pmax=320");
	equal(code(it.attributes("/33000/0/9/2", "pmax=100", "epmin=1", "epmax=20")), "2.04");
	deepEqual(linksOf(it, "/33000/0/9"), [
		"</33000/0/9>;dim=2;pmin=10;pmax=320",
		"</33000/0/9/2>;pmax=100;epmin=1;epmax=20",
		"</33000/0/9/5>",
	]);
	equal(code(it.attributes("/33000/0/9/2", "pmax", "epmin", "epmax")), "2.04");
	equal(linksOf(it, "/33000/0/9")[1], "</33000/0/9/2>", "taken away by their names");
});

test("[DMSE-001] a read hook that refuses does not break Discover at any depth", () => {
	const refuse = () => {
		throw new RequestRefused(Code.forbidden, "not now");
	};
	const read = { names: refuse, whole: refuse };
	const it = bench({
		enabler: "1.2",
		furnish: (client) => client.add(new ObjectInstance(SAMPLE, { id: 1, values: { level: 1 }, read })),
	});
	deepEqual(links(it, "/33000/1", 3), ["</33000/1>", "</33000/1/1>", "</33000/1/3>", "</33000/1/9>"]);
	deepEqual(links(it, "/33000/1/9", 1), ["</33000/1/9>"]);
	equal(links(it, "/33000", 1).length, 3);
});

test("[RD-1] the version of an Object stands on its link, where the enabler does not imply it", () => {
	const it = bench({
		enabler: "1.2",
		furnish: (client) => client.addObject({ id: 9000, version: "2.1", resources: {} }),
	});
	deepEqual(links(it, "/9000", 0), ["</9000>;ver=2.1"]);
});
