import { deepEqual, equal, ok } from "node:assert/strict";
import { type News, type Served, served, servedByTwo } from "./served.ts";

/** What the device is to send from now on. */
const choose = async (it: Served, ...paths: readonly string[]) =>
	equal((await it.write("/3442/0/6", Object.fromEntries(paths.entries()), "SENML_CBOR")).code, "2.04");

/** Lets the device send, and waits for what came of it. @param args see device/test-object.ts */
async function send(it: Served, args = ""): Promise<{ news: News[]; outcome: string; code: string | undefined }> {
	const fromMs = it.stage.nowMs;
	const { length } = it.stage.heard("sendEnded");
	equal((await it.execute("/3442/0/5", args)).code, "2.04");
	await it.stage.until("end of a Send", () => it.stage.heard("sendEnded").length > length, 300);
	const ended = it.stage.heard("sendEnded").at(-1)!;
	const news = it.since(fromMs).filter(({ kind }) => kind === "sent");
	return { news, outcome: String(ended.outcome), code: ended.code === undefined ? undefined : String(ended.code) };
}

const messages = (it: Served) => it.messages.filter((one) => one.incoming && one.code === "0.02" && one.path === "/dp");

served("[CORE-IR-4] ETS 306 Send in both SenML formats", { configuration: "C.1" }, async (it) => {
	await choose(it, "/3/0/0", "/3/0/16");
	for (const [args, format] of [
		["", 112],
		["0='110'", 110],
	] as const) {
		const { news, outcome } = await send(it, args);
		equal(outcome, "sent");
		deepEqual(
			news.map(({ values }) => values),
			[{ "/3/0/0": "Open Mobile Alliance", "/3/0/16": "U" }],
		);
		equal(messages(it).at(-1)!.format, format);
	}
});

served("[CORE-IR-4] ETS 307 Send muted, and unmuted", { configuration: "C.1" }, async (it) => {
	await choose(it, "/3/0/16");
	equal((await it.write("/1/0/23", true, "TLV")).code, "2.04");
	const muted = await send(it);
	deepEqual([muted.outcome, muted.news.length], ["muted", 0]);
	await it.stage.pass(60);
	equal(messages(it).length, 0);
	equal((await it.write("/1/0/23", false, "TLV")).code, "2.04");
	equal(messages(it).length, 0, "what was muted is not told later");
	const after = await send(it);
	deepEqual([after.outcome, after.news.length], ["sent", 1]);
});

served("[CORE-IR-4] ETS 311 Send of a Resource and a Resource Instance", { configuration: "C.1" }, async (it) => {
	await choose(it, "/1/0/1", "/3/0/11/0");
	const { news } = await send(it);
	deepEqual(
		news.map(({ values }) => values),
		[{ "/1/0/1": 86_400, "/3/0/11/0": 0 }],
	);
});

served(
	"[CORE-IR-4] L-44 Send with the times of a history, in both SenML formats",
	{ configuration: "C.1" },
	async (it) => {
		const path = "/33100/0/13";
		await choose(it, path);
		const measure = async (value: number) =>
			equal((await it.execute("/33100/0/9", `0='13',1='${value}'`)).code, "2.04");
		for (const args of ["1", "0='110',1"]) {
			await measure(1);
			await it.stage.pass(5);
			await measure(2);
			const { news, outcome } = await send(it, args);
			equal(outcome, "sent");
			const times = news[0]!.samples.slice(-2).map((sample) => sample.split("@"));
			deepEqual(
				times.map(([what]) => what),
				[`${path}=1`, `${path}=2`].slice(0, times.length),
				JSON.stringify(news),
			);
			const nowS = it.stage.world.time.wallTimeMs() / 1000;
			for (const [, at] of times) ok(Number(at) <= nowS && Number(at) > nowS - 20, `${at} of ${nowS}`);
			equal(news[0]!.values[path], 2);
		}
	},
);

served("[CORE-IR-4] A-100 Send tells nothing of Security", {}, async (it) => {
	await choose(it, "/0", "/0/0/0", "/3/0/16");
	const { news } = await send(it);
	deepEqual(
		news.map(({ values }) => values),
		[{ "/3/0/16": "U" }],
	);
	await choose(it, "/0/0", "/0/0/5");
	const nothing = await send(it);
	deepEqual([nothing.outcome, nothing.news.length], ["unreadable", 0]);
	await choose(it, "/33100/0/3");
	equal((await send(it)).outcome, "unreadable", "what no server may read");
});

served("[CORE-IR-4] A-100 more than a kilobyte goes by blocks", {}, async (it) => {
	equal((await it.write("/3442/0/110", "x".repeat(1500))).code, "2.04");
	await choose(it, "/3442/0/110", "/3/0");
	const { news, outcome } = await send(it);
	equal(outcome, "sent");
	equal(news[0]!.values["/3442/0/110"], "x".repeat(1500));
	equal(news[0]!.values["/3/0/0"], "Open Mobile Alliance");
	ok(messages(it).length >= 2, "in blocks");
});

served("[CORE-IR-4] A-100 deferred while the server is disabled", { configuration: "C.3" }, async (it) => {
	await choose(it, "/3/0/16");
	equal((await it.write("/1/0/5", 30, "TLV")).code, "2.04");
	equal((await it.execute("/3442/0/5", "2,3='10'")).code, "2.04");
	equal((await it.execute("/3442/0/5", "3='10'")).code, "2.04");
	equal((await it.execute("/1/0/4")).code, "2.04");
	await it.stage.until("end of the registration", () => !it.isRegistered);
	await it.stage.pass(20);
	deepEqual(
		it.stage.heard("sendEnded").map(({ outcome }) => outcome),
		["notRegistered"],
	);
	equal(messages(it).length, 0);
	await it.stage.until("registration", () => it.isRegistered);
	await it.stage.until("Send", () => it.news.length > 0);
	await it.stage.pass(1);
	deepEqual(
		it.news.map(({ values }) => values),
		[{ "/3/0/16": "U" }],
	);
	deepEqual(
		it.stage.heard("sendEnded").map(({ outcome }) => outcome),
		["notRegistered", "sent"],
	);
});

served("[CORE-IR-4] A-100 a 1.0 client has no Send", { enabler: "1.0" }, async (it) => {
	const { outcome } = await send(it);
	equal(outcome, "unsupported");
	equal(messages(it).length, 0);
});

servedByTwo("[CORE-IR-4] A-100 each server is sent what it may read", { configuration: "C.14" }, async (one, two) => {
	await choose(one, "/1", "/3/0/16");
	equal((await one.execute("/3442/0/5")).code, "2.04");
	await one.stage.until("both Sends", () => one.stage.heard("sendEnded").length === 2);
	const [ofOne, ofTwo] = [one, two].map(({ news }) => news[0]!.values);
	deepEqual([ofOne!["/1/0/0"], ofOne!["/1/1/0"], ofOne!["/3/0/16"]], [1, undefined, "U"]);
	deepEqual([ofTwo!["/1/0/0"], ofTwo!["/1/1/0"], ofTwo!["/3/0/16"]], [undefined, 2, "U"]);
});
