import { deepEqual, equal, ok } from "node:assert/strict";
import type { FormatName } from "../../hosts/simulator/server/formats/codec.ts";
import type { Plain, Several } from "./plain.ts";
import { type Served, served } from "./served.ts";

const hex = (digits: string) => new Uint8Array(Buffer.from(digits, "hex"));
const text = (value: string) => new TextEncoder().encode(value);

/** Resources 2, 3, 5, 6 and 7 of the account: what ETS 205 to 220 write. */
async function account(it: Served): Promise<readonly (Plain | undefined)[]> {
	const { code, values } = await it.read("/1/0", "TLV");
	equal(code, "2.05");
	return [2, 3, 5, 6, 7].map((id) => values[`/1/0/${id}`]);
}

const ofC3 = [1, 10, 86_400, false, "U"];
const of215 = [101, 1010, 2000, true, "U"];

served("[CORE-DM-1] ETS 205 Write of plain text", { configuration: "C.3" }, async (it) => {
	for (const [values, after] of [
		[
			["101", "1010", "2000"],
			[101, 1010, 2000],
		],
		[
			["1", "10", "86400"],
			[1, 10, 86_400],
		],
	] as const) {
		for (const [index, id] of [2, 3, 5].entries()) {
			const payload = text(values[index]!);
			equal(await it.code("put", `/1/0/${id}`, { contentFormat: 0, payload }), "2.04");
		}
		deepEqual((await account(it)).slice(0, 3), after);
	}
});

served("[CORE-DM-1] ETS 212 Write of CBOR", { configuration: "C.3" }, async (it) => {
	for (const [id, payload] of [
		[2, "1865"],
		[3, "1903f2"],
		[6, "f5"],
	] as const) {
		equal(await it.code("put", `/1/0/${id}`, { contentFormat: 60, payload: hex(payload) }), "2.04");
	}
	deepEqual(await account(it), [101, 1010, 86_400, true, "U"]);
});

served("[CORE-DM-1] ETS 215 ETS 551 partial update and Replace in TLV", { configuration: "C.3" }, async (it) => {
	const payload = hex("C10265" + "C20303F2" + "C20507D0" + "C10601" + "C10755");
	equal(await it.code("post", "/1/0", { contentFormat: 11_542, payload }), "2.04");
	deepEqual(await account(it), of215);
	// What is put back is what a server may write: the Short Server ID among the rest would be 4.05.
	equal((await it.write("/1/0", { 1: 86_400, 2: 1, 3: 10, 5: 86_400, 6: false, 7: "U" }, "TLV")).code, "2.04");
	deepEqual(await account(it), ofC3);
});

served(
	"[CORE-DM-1] ETS 220 partial update and Replace in LwM2M JSON, by a 1.0 client",
	{ configuration: "C.3", enabler: "1.0" },
	async (it) => {
		const set =
			'{"bn":"/1/0/","e":[{"n":"2","v":101},{"n":"3","v":1010},{"n":"5","v":2000},' +
			'{"n":"6","bv":true},{"n":"7","sv":"U"}]}';
		equal(await it.code("post", "/1/0", { contentFormat: 11_543, payload: text(set) }), "2.04");
		deepEqual(await account(it), of215);
		equal((await it.write("/1/0", { 1: 86_400, 2: 1, 3: 10, 5: 86_400, 6: false, 7: "U" }, "JSON")).code, "2.04");
		deepEqual(await account(it), ofC3);
	},
);

/** What the Updates since a moment said of the lifetime. */
const updates = (it: Served, sinceMs: number) =>
	it.messages
		.filter((one) => one.incoming && one.atMs >= sinceMs && one.code === "0.02" && one.path.startsWith("/rd/"))
		.map(({ query }) => query.join("&"));

served("[CORE-DM-1] ETS 226 partial update: others stay, an Update tells", { configuration: "C.3" }, async (it) => {
	const atMs = it.stage.nowMs;
	equal((await it.update("/1/0", { 1: 61, 6: true }, "TLV")).code, "2.04");
	deepEqual(await account(it), [1, 10, 86_400, true, "U"]);
	deepEqual((await it.read("/1/0/1")).values, { "/1/0/1": 61 });
	await it.stage.pass(1);
	deepEqual(updates(it, atMs), ["lt=61"]);
	equal(it.server.client(it.stage.endpoint)!.lifetimeS, 61);
});

served("[CORE-DM-1] ETS 227 a Resource replaced, twice", { configuration: "C.1" }, async (it) => {
	const atMs = it.stage.nowMs;
	for (const lifetime of [63, 86_400]) {
		equal((await it.write("/1/0/1", lifetime, "TLV")).code, "2.04");
		deepEqual((await it.read("/1/0/1")).values, { "/1/0/1": lifetime });
		await it.stage.pass(1);
	}
	deepEqual(updates(it, atMs), ["lt=63", "lt=86400"]);
});

served("[CORE-DM-1] ETS 230 Write-Composite over two Objects", { configuration: "C.12" }, async (it) => {
	const atMs = it.stage.nowMs;
	const written = { "/1/0/1": 61, "/1/0/6": true, "/16/0/0": { 0: "a", 1: "b", 2: "c", 3: "d" } };
	equal((await it.writeComposite(written)).code, "2.04");
	const { values } = await it.readComposite(["/1/0/1", "/1/0/6", "/16/0/0"]);
	deepEqual(values, {
		"/1/0/1": 61,
		"/1/0/6": true,
		"/16/0/0/0": "a",
		"/16/0/0/1": "b",
		"/16/0/0/2": "c",
		"/16/0/0/3": "d",
	});
	await it.stage.pass(1);
	deepEqual(updates(it, atMs), ["lt=61"]);
	const before = await it.readComposite(["/1/0/1", "/1/0/6", "/16/0/0"]);
	const refused = await it.writeComposite({ "/1/0/1": 99, "/3/0/0": "not writable", "/1/0/6": false });
	equal(refused.code, "4.05");
	deepEqual((await it.readComposite(["/1/0/1", "/1/0/6", "/16/0/0"])).values, before.values, "all or nothing");
});

for (const [id, format] of [
	["ETS 233", "SENML_CBOR"],
	["ETS 234", "SENML_JSON"],
] as const) {
	served(`[CORE-DM-1] ${id} Write at three levels in ${format}`, { configuration: "C.12" }, async (it) => {
		const atMs = it.stage.nowMs;
		equal((await it.update("/1/0", { 1: 61, 6: true }, format)).code, "2.04");
		deepEqual((await account(it))[3], true);
		equal((await it.write("/16/0/0/0", "Host Device ID #2", format)).code, "2.04");
		deepEqual((await it.read("/16/0/0/0", format)).values, { "/16/0/0/0": "Host Device ID #2" });
		equal((await it.read("/16/0/0/1", format)).values["/16/0/0/1"], "Host Device Manufacturer #1");
		await it.stage.pass(1);
		equal((await it.write("/1/0/1", 63, format)).code, "2.04");
		deepEqual((await it.read("/1/0/1", format)).values, { "/1/0/1": 63 });
		await it.stage.pass(1);
		deepEqual(updates(it, atMs), ["lt=61", "lt=63"]);
	});
}

served("[CORE-DM-1] ETS 257 Write-Composite with the base name / and a time", { configuration: "C.6" }, async (it) => {
	// [{-2: "/", 0: "1/0/2", 2: 101}, {0: "1/0/6", 4: true}, {0: "3/0/13", 2: 0}]
	const payload = hex(
		"83" + "a321612f" + "0065312f302f32" + "021865" + "a20065312f302f36" + "04f5" + "a20066332f302f3133" + "0200",
	);
	equal(await it.code("ipatch", "/", { contentFormat: 112, payload }), "2.04");
	deepEqual(await account(it), [101, 10, 86_400, true, "U"]);
	const { values } = await it.read("/3/0/13", "SENML_CBOR");
	ok(Number(values["/3/0/13"]) <= 1, `${values["/3/0/13"]}`);
});

served("[CORE-OBJ-1] ETS 651 Device: time, UTC offset, time zone", { configuration: "C.6" }, async (it) => {
	const saved = (await it.read("/3/0", "TLV")).values;
	const offset = Buffer.from("+02:00").toString("hex");
	const zone = Buffer.from("Europe/Paris").toString("hex");
	const payload = hex(`C40D5182428F` + `C60E${offset}` + `C80F0C${zone}`);
	equal(await it.code("post", "/3/0", { contentFormat: 11_542, payload }), "2.04");
	const { values } = await it.read("/3/0", "TLV");
	ok(Math.abs(Number(values["/3/0/13"]) - 1_367_491_215) <= 1);
	deepEqual([values["/3/0/14"], values["/3/0/15"]], ["+02:00", "Europe/Paris"]);
	const writable = { 13: saved["/3/0/13"]!, 14: saved["/3/0/14"]!, 15: saved["/3/0/15"]! };
	equal((await it.write("/3/0", writable, "TLV")).code, "2.04");
	const back = await it.read("/3/0", "TLV");
	deepEqual([back.values["/3/0/14"], back.values["/3/0/15"]], ["+01:00", "Europe/Berlin"]);
	ok(Number(back.values["/3/0/13"]) > 1_700_000_000);
});

served(
	"[CORE-OBJ-1] ETS 905 the collection period of Connectivity Statistics",
	{ configuration: "C.9" },
	async (it) => {
		equal((await it.write("/7/0/8", 20, "TLV")).code, "2.04");
		deepEqual((await it.read("/7/0/8")).values, { "/7/0/8": 20 });
	},
);

served("[CORE-DM-1] ETS 1901 a container of bytes, written and read back", { configuration: "C.15" }, async (it) => {
	const data = { 0: "h'0001020304'", 5: "h'ff'" };
	for (const format of ["TLV", "SENML_CBOR", "SENML_JSON"] as const) {
		equal((await it.write("/19/1/0", data, format)).code, "2.04", format);
		deepEqual((await it.read("/19/1/0", format)).values, { "/19/1/0/0": data[0], "/19/1/0/5": data[5] });
		equal((await it.write("/19/1/0", { 0: "h''" }, format)).code, "2.04");
		deepEqual((await it.read("/19/1/0", format)).values, { "/19/1/0/0": "h''" });
	}
});

/** Values at the edges of every data type, by Resource of Object 3442. */
const edges: { readonly [id: number]: readonly Plain[] } = {
	110: ["", "x", "Größe 日本 😀", "a".repeat(300)],
	120: [
		0,
		-1,
		127,
		128,
		-128,
		-129,
		32_767,
		65_536,
		-2_147_483_648,
		2 ** 40,
		9223372036854775807n,
		-9223372036854775808n,
	],
	125: [0, 255, 65_536, 4_294_967_295, 0x8000000000000001n, 0xffffffffffffffffn],
	130: [0, -0.5, 1.5, 0.1, 1e-30, -3.4e38, 1.7976931348623157e308, 2 ** 53],
	140: [true, false],
	150: ["h''", "h'00'", `h'${"ab".repeat(300)}'`],
	160: [0, 1, 1_700_000_000, 4_294_967_296],
	170: ["0:0", "3:0", "65535:65535"],
	180: ["</3>", "</1/0>;ver=1.1,</3/0>"],
};

const several: readonly FormatName[] = ["TLV", "SENML_CBOR", "SENML_JSON", "LWM2M_CBOR"];

served("[CORE-DM-1] A-95 L-17 every type at its edges through every format", { enabler: "1.2" }, async (it) => {
	for (const [id, values] of Object.entries(edges)) {
		const path = `/3442/0/${id}`;
		for (const value of values) {
			for (const format of [...several, "TEXT", "CBOR"] as const) {
				if ((format === "TEXT" || format === "CBOR") && value === "") continue; // no bytes at all in text
				if (format === "CBOR" && (id === "180" || id === "170")) continue; // of the server's codec, not of ours
				const written = await it.write(path, value, format);
				equal(written.code, "2.04", `${path} = ${value} in ${format}: ${written.message}`);
				deepEqual((await it.read(path, format)).values, { [path]: value }, `${path} = ${value} in ${format}`);
			}
		}
	}
});

served("[CORE-DM-1] A-95 L-21 multiple Resources of every type, and empty ones", { enabler: "1.2" }, async (it) => {
	for (const [id, values] of Object.entries(edges)) {
		const path = `/3442/0/1${id}`;
		const at: Several = { 0: values[0]!, 3: values.at(-1)!, 65534: values[1]! };
		for (const format of several) {
			equal((await it.write(path, at, format)).code, "2.04", `${path} in ${format}`);
			const expected = Object.fromEntries(Object.entries(at).map(([each, value]) => [`${path}/${each}`, value]));
			deepEqual((await it.read(path, format)).values, expected, `${path} in ${format}`);
			equal((await it.write(`${path}/3`, values[0]!, format)).code, "2.04");
			deepEqual((await it.read(path, format)).values, { ...expected, [`${path}/3`]: values[0]! }, "only that one");
		}
	}
	equal(await it.code("put", "/3442/0/1110", { contentFormat: 11_542, payload: hex("A00456") }), "2.04");
	deepEqual((await it.read("/3442/0/1110", "TLV")).values, {});
	equal(await it.code("get", "/3442/0/1110"), "2.05");
});

served("[CORE-DM-1] L-18 a Replace without a mandatory Resource changes nothing", {}, async (it) => {
	const before = (await it.read("/33100/0", "TLV")).values;
	equal((await it.write("/33100/0", { 1: "no Kept" }, "TLV")).code, "4.00");
	deepEqual((await it.read("/33100/0", "TLV")).values, before);
});

served("[CORE-DM-1] L-19 Replace drops what is not there, partial update keeps it", {}, async (it) => {
	for (const format of ["TLV", "SENML_CBOR", "SENML_JSON"] as const) {
		equal((await it.update("/33100/0", { 0: 1, 1: "kept", 8: { 0: "a", 1: "b" } }, format)).code, "2.04");
		equal((await it.update("/33100/0", { 0: 2, 8: { 1: "B" } }, format)).code, "2.04");
		const { values } = await it.read("/33100/0", "TLV");
		deepEqual(
			[values["/33100/0/0"], values["/33100/0/1"], values["/33100/0/8/0"], values["/33100/0/8/1"]],
			[2, "kept", "a", "B"],
			format,
		);
		equal((await it.write("/33100/0", { 0: 3, 8: { 4: "d" } }, format)).code, "2.04");
		const replaced = (await it.read("/33100/0", "TLV")).values;
		deepEqual(
			Object.keys(replaced).filter((path) => ["1", "8"].includes(path.split("/")[3]!)),
			["/33100/0/8/4"],
			format,
		);
		equal(replaced["/33100/0/2"], "fixed", "what no server may write stays");
	}
});

served("[CORE-DM-1] L-22 what is not writable", {}, async (it) => {
	const payload = text("1");
	for (const path of ["/3/0/0", "/33100/0/2", "/33100/0/4", "/3/0/4", "/1/0/0", "/33100/0/9", "/3/0/7/0"]) {
		equal(await it.code("put", path, { contentFormat: 0, payload }), "4.05", path);
	}
});

served("[CORE-DM-1] L-24 A-93 Write-Composite makes Resource Instances; an observation hears of it", {}, async (it) => {
	equal((await it.observe("/33100/0")).code, "2.05");
	await it.stage.pass(12);
	const atMs = it.stage.nowMs;
	const writes = { "/33100/0/1": "news", "/33100/0/8/3": "third", "/3442/0/1120/7": 7 };
	equal((await it.writeComposite(writes)).code, "2.04");
	await it.stage.pass(3);
	const told = it.since(atMs).filter(({ values }) => values["/33100/0/8/3"] === "third");
	equal(told.length >= 1, true);
	equal(told[0]!.values["/33100/0/1"], "news");
	deepEqual((await it.read("/3442/0/1120")).values, { "/3442/0/1120/0": 1024, "/3442/0/1120/7": 7 });
});

served("[CORE-DM-1] A-93 CBOR for a Resource Instance that is not there", {}, async (it) => {
	equal((await it.write("/3442/0/1120/9", 5, "CBOR")).code, "4.04");
	deepEqual((await it.read("/3442/0/1120")).values, { "/3442/0/1120/0": 1024 });
});

served(
	"[CORE-DM-1] A-93 null takes a Resource Instance away, one that is not there too",
	{ enabler: "1.2" },
	async (it) => {
		equal((await it.write("/3442/0/1110", { 0: "a", 1: "b", 2: "c" })).code, "2.04");
		for (const format of ["SENML_ETCH_CBOR", "SENML_ETCH_JSON"] as const) {
			const id = format === "SENML_ETCH_CBOR" ? 1 : 2;
			equal((await it.writeComposite({ [`/3442/0/1110/${id}`]: null, "/3442/0/1110/7": null }, format)).code, "2.04");
			equal((await it.read(`/3442/0/1110/${id}`)).code, "4.04");
		}
		deepEqual((await it.read("/3442/0/1110")).values, { "/3442/0/1110/0": "a" });
	},
);

served("[CORE-DM-1] A-89 formats and identifiers that do not belong", {}, async (it) => {
	const before = (await it.read("/1/0", "TLV")).values;
	const put = (path: string, contentFormat: number, payload: Uint8Array) =>
		it.code("put", path, { contentFormat, payload });
	const post = (path: string, contentFormat: number, payload: Uint8Array) =>
		it.code("post", path, { contentFormat, payload });
	equal(await put("/1/0/1", 50, text("1")), "4.15", "a format we do not have");
	equal(await it.code("get", "/1/0/1", { accept: 50 }), "4.06");
	equal(await it.code("get", "/1/0", { accept: 0 }), "4.06", "text for many values");
	equal(await post("/1/0", 11_542, hex("C10002")), "4.05", "Short Server ID is read-only");
	equal(await put("/1/0/1", 11_542, hex("C1023C")), "4.00", "TLV of another Resource");
	equal(await put("/1/0", 11_542, hex("0303C1013C")), "4.00", "TLV of another Instance");
	equal(await put("/1/0", 0, text("1")), "4.00", "text for an Instance");
	equal(await put("/1/0", 42, hex("00")), "4.00", "opaque for an Instance");
	deepEqual((await it.read("/1/0", "TLV")).values, before);
});

served("[CORE-DM-1] A-90 Resources that nobody knows are passed over in an Instance", {}, async (it) => {
	const payload = hex("C1013C" + "C1F007");
	equal(await it.code("post", "/1/0", { contentFormat: 11_542, payload }), "2.04");
	deepEqual((await it.read("/1/0/1")).values, { "/1/0/1": 60 });
	equal(
		await it.code("put", "/1/0/240", { contentFormat: 0, payload: text("1") }),
		"4.04",
		"but not when it is asked for",
	);
	const inner = "C10005" + "C1F007";
	equal(await it.code("post", "/33100", { contentFormat: 11_542, payload: hex(`0605${inner}`) }), "2.01");
	deepEqual((await it.read("/33100/5/0")).values, { "/33100/5/0": 5 });
});
