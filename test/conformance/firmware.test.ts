import { deepEqual, equal, ok } from "node:assert/strict";
import { buildImage } from "../../hosts/simulator/image/builder.ts";
import { codeText } from "../../modules/coap/code.ts";
import { conformanceEntry } from "./device/entry.ts";
import { type Served, served } from "./served.ts";
import { Shelf } from "./shelf.ts";

/** The same device once more, as a version that was not there yet. */
const { bytes: newer } = await buildImage({ entry: conformanceEntry, version: "7.0.0" });
const C8 = { configuration: "C.8" } as const;
const text = (value: string) => ({ contentFormat: 0, payload: new TextEncoder().encode(value) });

/** "State/Result". */
async function standing(it: Served): Promise<string> {
	const { values } = await it.read("/5/0", "TLV");
	return `${values["/5/0/3"]}/${values["/5/0/5"]}`;
}

async function push(it: Served, bytes: Uint8Array): Promise<string> {
	const { stage, server } = it;
	const request = { code: 3, path: "/5/0/0", contentFormat: 42, payload: bytes };
	return codeText((await stage.settled(server.operations.request(stage.endpoint, request, { timeoutS: 110 }))).code);
}

const pull = (it: Served, uri: string) => it.code("put", "/5/0/1", text(uri));

/** States and results that were told, in their order. */
const told = (it: Served) =>
	it.news.flatMap(({ values }) => Object.entries(values).map(([path, value]) => `${path.slice(5)}=${value}`));

/** Lets Update have its way, until the device is back. */
async function update(it: Served): Promise<void> {
	const before = it.stage.heard("booted").length;
	equal(await it.code("post", "/5/0/2"), "2.04");
	await it.stage.until("restart", () => it.stage.heard("booted").length > before);
	await it.stage.pass(20);
}

/** Power goes, and comes back. */
async function powerCut(it: Served): Promise<void> {
	it.stage.board.cutPower();
	it.stage.board.powerOn();
	await it.stage.pass(20);
}

served("[FWU-5] ETS 751 Firmware Update read", C8, async (it) => {
	const { code, values } = await it.read("/5/0", "TLV");
	equal(code, "2.05");
	deepEqual(
		["3", "5", "8/0", "9"].map((at) => values[`/5/0/${at}`]),
		[0, 0, 0, 2],
	);
	equal((await it.read("/5/0/0")).code, "4.05");
});

served("[FWU-1] [FWU-2] ETS 755 a package written by blocks", C8, async (it) => {
	equal(await push(it, newer), "2.04");
	await it.stage.pass(1);
	equal(await standing(it), "2/0");
	const { values } = await it.read("/5/0");
	deepEqual([values["/5/0/6"], values["/5/0/7"]], ["Reference thermometer", "7.0.0"]);
	equal(await push(it, Uint8Array.of(0)), "2.04");
	equal(await standing(it), "0/0");
});

served("[FWU-1] ETS 756 the package URI, and the empty one that resets", C8, async (it) => {
	const shelf = new Shelf(it.stage);
	shelf.packages.set("fw", newer);
	equal(await pull(it, ""), "2.04");
	equal(await standing(it), "0/0");
	equal(await pull(it, shelf.uri("fw")), "2.04");
	await it.stage.pass(60);
	equal(await standing(it), "2/0");
	equal((await it.read("/5/0/1")).values["/5/0/1"], shelf.uri("fw"));
	shelf.close();
});

served("[FWU-5] ETS 760 State observed with pmin and pmax", C8, async (it) => {
	equal((await it.attributes("/5/0", { pmin: 2, pmax: 10 })).code, "2.04");
	equal((await it.observe("/5/0/3")).code, "2.05");
	await push(it, newer);
	await it.stage.pass(12);
	ok(told(it).includes("3=1") && told(it).includes("3=2"), told(it).join());
});

served("[FWU-1] [FWU-3] [FWU-4] [FWU-5] ETS 770 A-101 pushed and updated, each state told", C8, async (it) => {
	equal((await it.attributes("/5/0/3", { pmin: 0 })).code, "2.04");
	equal((await it.observe("/5/0/3")).code, "2.05");
	equal((await it.read("/3/0/3")).values["/3/0/3"], "0.1.0");
	await push(it, newer);
	await it.stage.pass(1);
	equal(await standing(it), "2/0");
	await update(it);
	const states = told(it).filter((one, index, all) => one !== all[index - 1]); // pmax repeats them
	deepEqual(states, ["3=1", "3=2", "3=3"]);
	equal(await standing(it), "0/1");
	equal((await it.read("/3/0/3")).values["/3/0/3"], "7.0.0");
});

served("[FWU-1] [FWU-3] ETS 771 A-104 pulled; power goes while Downloaded; Result 1 stays", C8, async (it) => {
	const shelf = new Shelf(it.stage);
	shelf.packages.set("fw", newer);
	await pull(it, shelf.uri("fw"));
	await it.stage.pass(60);
	await powerCut(it);
	equal(await standing(it), "2/0");
	await update(it);
	equal(await standing(it), "0/1");
	await powerCut(it);
	equal(await standing(it), "0/1");
	equal((await it.read("/3/0/3")).values["/3/0/3"], "7.0.0");
	shelf.close();
});

served("[FWU-5] ETS 772 Update without a package", C8, async (it) => {
	equal(await it.code("post", "/5/0/2"), "4.05");
	equal(await standing(it), "0/0");
});

served("[FWU-5] ETS 773 a package larger than the slot", C8, async (it) => {
	const { slotSize } = { slotSize: 2 * 1024 * 1024 };
	equal((await it.observe("/5/0/3")).code, "2.05");
	const large = new Uint8Array(slotSize + 1024);
	large.set(newer);
	equal(await push(it, large), "4.13");
	await it.stage.pass(1);
	equal(await standing(it), "0/2");
	ok(!told(it).includes("3=2"));
});

served("[FWU-5] ETS 774 no RAM for a package", { ...C8, isShortOfRam: true }, async (it) => {
	equal(await push(it, newer), "4.13");
	await it.stage.pass(1);
	equal(await standing(it), "0/3");
});

served("[FWU-5] ETS 775 A-107 the connection is lost on the way; what came before counts", C8, async (it) => {
	const shelf = new Shelf(it.stage);
	shelf.packages.set("fw", newer);
	await pull(it, shelf.uri("fw"));
	await it.stage.pass(5);
	shelf.isAway = true;
	const taken = shelf.asked.length;
	ok(taken > 20);
	await it.stage.pass(120);
	equal(await standing(it), "1/0");
	shelf.isAway = false;
	await it.stage.pass(100);
	equal(await standing(it), "2/0");
	const again = shelf.asked.filter((offset, index) => shelf.asked.indexOf(offset) !== index);
	ok(again.length <= 1, again.join());
	await pull(it, "");
	shelf.isAway = true;
	await pull(it, shelf.uri("fw"));
	await it.stage.pass(900);
	equal(await standing(it), "0/4");
	shelf.close();
});

served("[FWU-5] ETS 776 a package with a wrong bit", C8, async (it) => {
	const broken = newer.slice();
	broken[200_000]! ^= 1;
	equal((await it.observe("/5/0/3")).code, "2.05");
	await push(it, broken);
	await it.stage.pass(1);
	equal(await standing(it), "0/5");
	ok(!told(it).includes("3=2"));
});

served("[FWU-5] ETS 777 what is no package", C8, async (it) => {
	equal(await push(it, new Uint8Array(8192).fill(0x5a)), "4.15");
	await it.stage.pass(1);
	equal(await standing(it), "0/6");
});

served("[FWU-5] ETS 778 A-105 a URI that leads nowhere, and one that is none", C8, async (it) => {
	const shelf = new Shelf(it.stage);
	for (const uri of [shelf.uri("nothing"), "not a uri"]) {
		equal(await pull(it, uri), "2.04");
		await it.stage.pass(5);
		equal(await standing(it), "0/7", uri);
	}
	equal(await pull(it, "http://192.0.2.1/fw"), "2.04");
	await it.stage.pass(1);
	equal(await standing(it), "0/9");
	shelf.close();
});

served("[FWU-5] [MaU-002] ETS 779 an update that fails: the new image does not live", C8, async (it) => {
	const entry = conformanceEntry.replace("simulator.js", "dying.js");
	const { bytes } = await buildImage({ entry, version: "8.0.0" });
	await push(it, bytes);
	await it.stage.pass(1);
	equal(await standing(it), "2/0");
	equal(await it.code("post", "/5/0/2"), "2.04");
	await it.stage.pass(900);
	equal(await standing(it), "0/8");
	equal((await it.read("/3/0/3")).values["/3/0/3"], "0.1.0");
});

served("[FWU-1] A-106 pulled through the server's own session", C8, async (it) => {
	equal(await pull(it, `${it.uri}/nothing`), "2.04");
	await it.stage.pass(2);
	equal(await standing(it), "0/7", "it asked the server, which has no packages");
	equal(it.messages.filter(({ incoming, path }) => incoming && path === "/nothing").length, 1);
});

const asleep = { ...C8, sleep: { queueMode: true, awake: 2000 }, lifetimeS: 400 } as const;

served("[FWU-1] [CORE-Q-1] A-106 a package is pulled in queue mode: nothing is slept through", asleep, async (it) => {
	const shelf = new Shelf(it.stage);
	shelf.packages.set("fw", newer);
	equal(await pull(it, shelf.uri("fw")), "2.04");
	const isDone = () => it.stage.heard("firmware.state").some(({ state }) => state === "downloaded");
	let slept = 0;
	await it.stage.until("package", () => {
		if (!isDone() && it.stage.board.depth === "light") slept++;
		return isDone();
	});
	equal(slept, 0);
	await it.stage.pass(5);
	equal(it.stage.board.depth, "light", "asleep when all is there");
	shelf.close();
});

served(
	"[FWU-1] [CORE-Q-1] A-106 a pull whose server is away sleeps between its tries, and goes on",
	asleep,
	async (it) => {
		const shelf = new Shelf(it.stage);
		shelf.packages.set("fw", newer);
		equal(await pull(it, shelf.uri("fw")), "2.04");
		await it.stage.until("a few blocks", () => shelf.asked.length > 20);
		shelf.isAway = true;
		await it.stage.pass(150);
		shelf.isAway = false;
		await it.stage.until(
			"package",
			() => it.stage.heard("firmware.state").some(({ state }) => state === "downloaded"),
			600,
		);
		ok(new Set(shelf.asked).size >= newer.length / 1024, "every block");
		shelf.close();
	},
);

served("[FWU-5] [Sw-Mgmt-003] A-108 Cancel, Severity, and an update put off", C8, async (it) => {
	const shelf = new Shelf(it.stage);
	shelf.packages.set("fw", newer);
	equal(await it.code("post", "/5/0/10"), "4.05");
	await pull(it, shelf.uri("fw"));
	await it.stage.pass(1);
	equal(await it.code("post", "/5/0/10"), "2.04");
	equal(await standing(it), "0/10");
	equal(await it.code("put", "/5/0/11", text("3")), "4.00");
	equal(await it.code("put", "/5/0/13", text("-1")), "4.00");
	equal(await it.code("put", "/5/0/11", text("2")), "2.04");
	equal(await it.code("put", "/5/0/13", text("600")), "2.04");
	await push(it, newer);
	await it.stage.pass(1);
	equal(await it.code("post", "/5/0/2"), "2.04");
	await it.stage.pass(1);
	equal(await standing(it), "2/11");
	await powerCut(it);
	equal(await standing(it), "2/11");
	const { values } = await it.read("/5/0");
	deepEqual([values["/5/0/11"], values["/5/0/13"]], [2, 600]);
	await it.stage.pass(660);
	equal(await standing(it), "0/1");
	shelf.close();
});
