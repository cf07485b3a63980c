import {
	Attributes,
	readAttributes,
	readObserveAttributes,
	refuseMisplaced,
} from "../../../modules/lwm2m/attributes.ts";
import { path } from "../../../modules/lwm2m/path.ts";
import { RequestRefused } from "../../../modules/lwm2m/refusal.ts";
import { deepEqual, equal, ok, test, throws } from "../../harness.ts";
import { bench, code, linksOf } from "./bench.ts";

const refusedWith = (expected: number) => (error: unknown) =>
	error instanceof RequestRefused && error.code === expected;

test("[CORE-DM-2] the lower level wins, and defaults stand behind all levels", () => {
	const attributes = new Attributes(8);
	attributes.write(path(3), { pmin: 1, pmax: 100 });
	attributes.write(path(3, 0), { pmax: 50 });
	attributes.write(path(3, 0, 7), { gt: 5, pmin: 3 });
	attributes.write(path(3, 0, 7, 1), { gt: 9 });
	deepEqual(attributes.inForce(path(3, 0, 7, 1)), { pmin: 3, pmax: 50, gt: 9 });
	deepEqual(attributes.inForce(path(3, 0, 7)), { pmin: 3, pmax: 50, gt: 5 });
	deepEqual(attributes.inForce(path(3, 0, 8)), { pmin: 1, pmax: 50 });
	deepEqual(attributes.inForce(path(3, 1)), { pmin: 1, pmax: 100 });
	deepEqual(attributes.inForce(path(4, 0), { pmin: 2, pmax: 9 }), { pmin: 2, pmax: 9 });
	attributes.write(path(3, 0, 7), { pmin: undefined });
	deepEqual(attributes.inForce(path(3, 0, 7)), { pmin: 1, pmax: 50, gt: 5 });
});

test("[CORE-DM-2] a contradiction is refused whole, with what is attached already", () => {
	const attributes = new Attributes(8);
	attributes.write(path(3, 0, 7), { lt: 10, gt: 20 });
	for (const changes of [
		{ st: 5 }, // lt + 2 st = gt
		{ st: -1 },
		{ gt: 10 },
		{ lt: 20, pmin: 4 },
		{ epmin: 5, epmax: 5 },
	]) {
		throws(() => attributes.write(path(3, 0, 7), changes), refusedWith(0x80));
		deepEqual(attributes.attachedTo(path(3, 0, 7)), { lt: 10, gt: 20 });
	}
	attributes.write(path(3, 0, 7), { st: 4 });
	attributes.write(path(3, 0, 7), { pmin: 10, pmax: 5 }); // no contradiction: pmax is ignored (Core 1.1 §5.1.2)
});

test("[CORE-DM-2] a bounded number of paths, given back when their last attribute goes", () => {
	const attributes = new Attributes(2);
	attributes.write(path(3), { pmin: 1 });
	attributes.write(path(4), { pmin: 1 });
	throws(() => attributes.write(path(5), { pmin: 1 }), refusedWith(0xa0));
	attributes.write(path(5), { pmin: undefined }); // nothing to take away needs no place
	attributes.write(path(3), { pmin: undefined });
	attributes.write(path(5), { pmin: 1 });
});

test("[CORE-DM-2] what a Write-Attributes query may say", () => {
	deepEqual(readAttributes(["pmin=10", "pmax", "gt=-1.5", "st=0.25"]), {
		pmin: 10,
		pmax: undefined,
		gt: -1.5,
		st: 0.25,
	});
	for (const query of [
		"pmin=",
		"pmin=-1",
		"pmin=1.5",
		"pmin=1e3",
		"pmin= 1",
		"pmin=9999999999",
		"gt=",
		"gt=.5",
		"gt=5.",
		"gt=1.2.3",
		"gt=--1",
		"gt=-",
		"gt=abc",
	]) {
		throws(() => readAttributes([query]), refusedWith(0x82));
	}
	for (const query of ["dim=1", "ver=1.0", "", "=1"]) throws(() => readAttributes([query]), refusedWith(0x80));
	throws(() => readAttributes(["pmin=1", "pmin=2"]), refusedWith(0x80));
});

test("[CORE-DM-2] an enabler version has its own attributes and those of the versions before", () => {
	for (const [query, versions] of [
		["pmin=1", ["1.0", "1.1", "1.2"]],
		["epmax=1", ["1.1", "1.2"]],
		["epmin", ["1.1", "1.2"]],
		["edge=1", ["1.2"]],
		["con=0", ["1.2"]],
		["hqmax=5", ["1.2"]],
	] as const) {
		for (const enabler of ["1.0", "1.1", "1.2"] as const) {
			const isKnown = (versions as readonly string[]).includes(enabler);
			if (isKnown) readAttributes([query], enabler);
			else throws(() => readAttributes([query], enabler), refusedWith(0x80));
		}
	}
	for (const query of ["edge=2", "edge=", "edge=-1", "con=true", "con=00", "hqmax=-1", "hqmax=1.5"]) {
		throws(() => readAttributes([query], "1.2"), refusedWith(0x82));
	}
});

test("[INFO-1] [INFO-2] what the query of an Observe may say", () => {
	deepEqual(readObserveAttributes(["pmin=5", "st=0.5", "edge=0"], "1.2", false), { pmin: 5, st: 0.5, edge: 0 });
	deepEqual(readObserveAttributes(["epmin=1", "epmax=9", "con=1"], "1.2", true), { epmin: 1, epmax: 9, con: 1 });
	for (const [query, isComposite] of [
		[["pmin"], false],
		[["lt=5", "gt=5"], false],
		[["lt=1", "gt=5", "st=2"], false],
		[["st=-1"], false],
		[["epmin=3", "epmax=3"], false],
		[["gt=5"], true],
		[["edge=1"], true],
	] as const) {
		throws(() => readObserveAttributes(query, "1.2", isComposite), refusedWith(0x80));
	}
});

test("[CORE-DM-2] [INFO-3] values are compared where they can be: numbers by gt, lt and st, Booleans by edge", () => {
	for (const [changes, types] of [
		[{ gt: 1 }, ["integer", "unsignedInteger", "float", "time"]],
		[{ lt: 1 }, ["integer", "unsignedInteger", "float", "time"]],
		[{ st: 1 }, ["integer", "unsignedInteger", "float", "time"]],
		[{ edge: 1 }, ["boolean"]],
		[{ pmin: 1, con: 1, hqmax: 2, epmax: 3 }, ["string", "opaque", "boolean", "integer", undefined]],
	] as const) {
		for (const type of [
			"string",
			"boolean",
			"integer",
			"unsignedInteger",
			"float",
			"time",
			"opaque",
			undefined,
		] as const) {
			const isFit = (types as readonly (string | undefined)[]).includes(type) || "pmin" in changes;
			if (isFit) refuseMisplaced(changes, type);
			else throws(() => refuseMisplaced(changes, type), refusedWith(0x80));
		}
	}
});

test("[CORE-DM-2] Write-Attributes at all four levels, shown by Discover, removed by the bare name", () => {
	const it = bench();
	equal(code(it.attributes("/33000", "pmin=10", "pmax=200")), "2.04");
	equal(code(it.attributes("/33000/0", "pmax=100")), "2.04");
	equal(code(it.attributes("/33000/0/1", "lt=1", "gt=6", "st=1")), "2.04");
	equal(code(it.attributes("/33000/0/9/2", "pmin=3")), "2.04");
	ok(linksOf(it, "/33000").includes("</33000>;pmin=10;pmax=200"));
	ok(linksOf(it, "/33000/0").includes("</33000/0>;pmax=100"));
	ok(linksOf(it, "/33000/0").includes("</33000/0/1>;gt=6;lt=1;st=1"));
	deepEqual(linksOf(it, "/33000/0/1"), ["</33000/0/1>;pmin=10;pmax=100;gt=6;lt=1;st=1"]);
	deepEqual(linksOf(it, "/33000/0/9"), [
		"</33000/0/9>;dim=2;pmin=10;pmax=100",
		"</33000/0/9/2>;pmin=3",
		"</33000/0/9/5>",
	]);
	equal(code(it.attributes("/33000", "pmax", "pmin")), "2.04");
	ok(linksOf(it, "/33000").includes("</33000>"));
	deepEqual(linksOf(it, "/33000/0/1"), ["</33000/0/1>;pmax=100;gt=6;lt=1;st=1"]);
});

test("[CORE-DM-2] Write-Attributes is refused with the code that says why", () => {
	const it = bench();
	for (const [path, query, expected] of [
		["/9999", "pmin=1", "4.04"],
		["/33000/1", "pmin=1", "4.04"],
		["/33000/0/99", "pmin=1", "4.04"],
		["/33000/0/14", "pmin=1", "4.04"], // no value yet
		["/33000/0/9/3", "pmin=1", "4.04"],
		["/33000/0/12", "pmin=1", "4.05"], // executable
		["/33000/0/11", "pmin=1", "4.05"], // not readable
		["/33000/0/0/0", "pmin=1", "4.05"],
		["/33000/0/0", "gt=1", "4.00"], // a string has no order
		["/33000/0", "gt=1", "4.00"],
		["/33000", "st=1", "4.00"],
		["/33000/0/1", "pmin=x", "4.02"],
		["/33000/0/1", "foo=1", "4.00"],
	] as const) {
		equal(code(it.attributes(path, query)), expected, `${path}?${query}`);
	}
	equal(code(it.ask(3, "", { path: [], query: ["pmin=1"] })), "4.00", "root");
});

test("[CORE-DM-1] Discover tells objects, instances, resources, dim and versions; nothing of what is absent", () => {
	const it = bench();
	deepEqual(linksOf(it, "/3303"), [
		"</3303>;ver=1.1",
		"</3303/0>",
		...["5601", "5602", "5605", "5700", "5701", "5750"].map((id) => `</3303/0/${id}>`),
	]);
	deepEqual(linksOf(it, "/3/0"), [
		"</3/0>",
		...["0", "1", "3", "4"].map((id) => `</3/0/${id}>`),
		"</3/0/11>;dim=1",
		"</3/0/12>",
		"</3/0/16>",
	]);
	deepEqual(linksOf(it, "/33000/0/15"), ["</33000/0/15>;dim=0"]);
	deepEqual(linksOf(it, "/33000/0/12"), ["</33000/0/12>"]);
	for (const [path, expected] of [
		["/9999", "4.04"],
		["/3/1", "4.04"],
		["/3/0/2", "4.04"],
		["/3/0/99", "4.04"],
		["/33000/0/9/2", "4.05"],
	] as const) {
		equal(code(it.get(path, 40)), expected, path);
	}
});
