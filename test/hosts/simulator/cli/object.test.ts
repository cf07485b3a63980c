import { equal, match, ok } from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { inProcess } from "./dormouse.ts";

const folder = mkdtempSync(join(tmpdir(), "dormouse-object-"));
process.on("exit", () => rmSync(folder, { recursive: true }));

// A project that has the library installed, as far as the command looks.
mkdirSync(join(folder, "project/node_modules/dormouse-lwm2m/modules/lwm2m"), { recursive: true });
writeFileSync(join(folder, "project/node_modules/dormouse-lwm2m/modules/lwm2m/facts.ts"), "");
const out = join(folder, "project/src/facts");

interface Item {
	readonly id?: string;
	readonly name?: string;
	readonly operations?: string;
	readonly multiple?: string;
	readonly mandatory?: string;
	readonly type?: string;
	readonly range?: string;
	readonly units?: string;
}

function item({ id = "0", name = "Level", operations = "R", type = "Integer", range = "", units = "", ...more }: Item) {
	return `<Item ID="${id}"><Name>${name}</Name><Operations>${operations}</Operations>
		<MultipleInstances>${more.multiple ?? "Single"}</MultipleInstances>
		<Mandatory>${more.mandatory ?? "Optional"}</Mandatory>
		<Type>${type}</Type><RangeEnumeration>${range}</RangeEnumeration><Units>${units}</Units>
		<Description><![CDATA[A sentence <b>that stays</b> where it is.]]></Description></Item>`;
}

function object(items: readonly Item[], { name = "Tank", id = "26241", version = "1.0", more = "" } = {}) {
	return `<?xml version="1.0" encoding="UTF-8"?><!-- prose --><LWM2M><Object ObjectType="MODefinition">
		<Name>${name}</Name><Description1><![CDATA[prose]]></Description1><ObjectID>${id}</ObjectID>
		<ObjectURN>urn:oma:lwm2m:x:${id}</ObjectURN>
		${version === "" ? "" : `<ObjectVersion>${version}</ObjectVersion>`}${more}
		<MultipleInstances>Multiple</MultipleInstances><Mandatory>Optional</Mandatory>
		<Resources>${items.map(item).join("")}</Resources><Description2></Description2></Object></LWM2M>`;
}

function file(name: string, text: string | Uint8Array): string {
	const path = join(folder, name);
	writeFileSync(path, text);
	return path;
}

const tank = object([
	{ id: "5700", name: "Sensor Value", type: "Float", mandatory: "Mandatory", range: "0..100", units: "/100" },
	{ id: "1", name: "TLS-DTLS Alert (2)", type: "Unsigned Integer", operations: "RW", range: "1...63" },
	{ id: "2", name: "5QI", type: "String", operations: "W", range: "10 or 26 Bytes" },
	{ id: "3", name: "5QI", type: "Opaque", multiple: "Multiple", operations: "" },
	{ id: "4", name: "Flush", type: "", operations: "E", mandatory: "Mandatory" },
	{ id: "5", name: "Mode", range: "The one that the customer likes" },
	{ id: "6", name: "constructor", type: "Objlnk" },
]);

const expected = `import { frozen } from "../../node_modules/dormouse-lwm2m/modules/frozen.ts";
import type { ObjectFacts } from "../../node_modules/dormouse-lwm2m/modules/lwm2m/facts.ts";

/** Tank, Object 26241, version 1.0: made from OMA's XML by \`dormouse object\`, not by hand. */
export const TANK = frozen({
	id: 26241,
	version: "1.0",
	multiple: true,
	resources: {
		tlsDtlsAlert: { id: 1, operations: "RW", type: "unsignedInteger", range: [1, 63] },
		fiveQi2: { id: 2, operations: "W", type: "string", among: [10, 26] },
		fiveQi3: { id: 3, operations: "", type: "opaque", multiple: true },
		flush: { id: 4, operations: "E", mandatory: true },
		mode: { id: 5, operations: "R", type: "integer" },
		constructor6: { id: 6, operations: "R", type: "objectLink" },
		sensorValue: { id: 5700, operations: "R", type: "float", mandatory: true, range: [0, 100], units: "/100" },
	},
}) satisfies ObjectFacts;
`;

test("dormouse object writes facts and no prose, the same every time", async () => {
	const path = file("tank.xml", `\ufeff${tank}`);
	const first = await inProcess("object", path, "--out", out);
	equal(first.status, 0, first.stderr);
	equal(first.stdout, `${join(out, "tank-26241.ts")}\n`);
	match(first.stderr, /tank\.xml: resource 5 \(mode\): range "The one that the customer likes" left out/);
	equal(readFileSync(join(out, "tank-26241.ts"), "utf8"), expected);
	const { mtimeMs } = statSync(join(out, "tank-26241.ts"));
	const again = await inProcess("object", path, "--out", out);
	equal(again.stdout, "");
	match(again.stderr, /1 up to date/);
	equal(statSync(join(out, "tank-26241.ts")).mtimeMs, mtimeMs, "an up-to-date file is left alone");
});

test("dormouse object --check writes nothing, and tells what is missing or not as the XML has it", async () => {
	const path = file("tank.xml", tank);
	const place = join(folder, "project/checked");
	const missing = await inProcess("object", path, "--out", place, "--check");
	equal(missing.status, 1);
	match(missing.stdout, /tank-26241\.ts: not there/);
	equal((await inProcess("object", path, "--out", place)).status, 0);
	equal((await inProcess("object", path, "--out", place, "--check")).status, 0);
	writeFileSync(join(place, "tank-26241.ts"), expected.replace("[1, 63]", "[1, 64]"));
	const stale = await inProcess("object", path, "--out", place, "--check");
	equal(stale.status, 1);
	match(stale.stdout, /tank-26241\.ts: not as the XML has it/);
	match(stale.stderr, /without --check/);
	ok(readFileSync(join(place, "tank-26241.ts"), "utf8").includes("[1, 64]"));
});

test("versions of one object stand side by side; one given twice counts once, two that differ not at all", async () => {
	const place = join(folder, "project/versions");
	const old = file("26241-1_0.xml", object([{}], { version: "" }));
	const lwm2m = "<LWM2MVersion>1.1</LWM2MVersion>";
	const young = file("26241.xml", object([{}, { id: "1", name: "Name" }], { version: "1.10", more: lwm2m }));
	equal((await inProcess("object", young, old, young, "--out", place)).status, 0);
	equal(readdirSync(place).join(" "), "tank-26241-v1-0.ts tank-26241-v1-10.ts");
	ok(readFileSync(join(place, "tank-26241-v1-10.ts"), "utf8").includes('\tlwm2mVersion: "1.1",\n'));
	const other = file("other.xml", object([{ type: "Float" }]));
	const torn = await inProcess("object", old, other, "--out", place);
	equal(torn.status, 2);
	match(torn.stderr, /Two files define object 26241 version 1.0, and not alike/);
});

const bad: readonly (readonly [name: string, text: string | Uint8Array, message: RegExp])[] = [
	["no XML", "hello", /bad\.xml: not well-formed XML: .*line 1, column 1.*fetch the file anew/s],
	["a tag that is not closed", tank.replace("</Resources>", ""), /not well-formed XML: .*line \d+/s],
	["bytes that are no UTF-8", new Uint8Array([0x3c, 0xff, 0xfe]), /not UTF-8; save it as UTF-8/],
	["other XML", "<svg/>", /its root is <svg>; give an OMA object definition/],
	["no object", "<LWM2M></LWM2M>", /no <Object>/],
	["an entity of its own", '<!DOCTYPE LWM2M [<!ENTITY a "b">]><LWM2M>&a;</LWM2M>', /not well-formed XML/],
	["a common resource file", "<LWM2M><Object><Resources/></Object></LWM2M>", /<Object> has no <Name>; add it/],
	["an ID too high", object([{}], { id: "65535" }), /<ObjectID> is "65535"; write a number from 0 to 65534/],
	["a resource ID that is none", object([{ id: "x" }]), /<Item ID="x">.*is "x"; write a number/],
	["a resource twice", object([{}, {}]), /resource 0 is there twice; keep one/],
	["a type unknown", object([{ type: "Double" }]), /<Item ID="0">.*type "Double"; write one of String, Integer/],
	["no type", object([{ type: "" }]), /has the type ""/],
	["operations unknown", object([{ operations: "RX" }]), /operations "RX"; write R, W, RW, E or nothing/],
	[
		"neither Single nor Multiple",
		object([{ multiple: "Many" }]),
		/<MultipleInstances> is "Many"; write Multiple or Single/,
	],
	["a version that is none", object([{}], { version: "one" }), /<ObjectVersion> is "one"; write it as "1.0"/],
	["a name of nothing", object([{ name: "%" }]), /resource 0 has no name; give it a <Name>/],
];

test("a bad definition ends with status 2, the file, what is wrong and what to do; nothing is written", async () => {
	const place = join(folder, "project/bad");
	const good = file("tank.xml", tank);
	for (const [name, text, message] of bad) {
		const { status, stderr, stdout } = await inProcess("object", good, file("bad.xml", text), "--out", place);
		equal(status, 2, name);
		match(stderr, message, name);
		match(stderr, /bad\.xml/, name);
		equal(stdout, "", name);
	}
	equal(readdirSync(join(folder, "project")).includes("bad"), false);
});

test("wrong usage says what to do", async () => {
	const good = file("tank.xml", tank);
	match((await inProcess("object")).stderr, /missing required argument 'file'/);
	match((await inProcess("object", join(folder, "none.xml"))).stderr, /none\.xml can not be read: ENOENT/);
	match(
		(await inProcess("object", good, "--out", folder)).stderr,
		/npm install dormouse-lwm2m there, or say --modules/,
	);
	match((await inProcess("object", good, "--modules", folder)).stderr, /is not Dormouse's modules folder/);
	match((await inProcess("object", "--help")).stdout, /--check.*Example:/s);
});
