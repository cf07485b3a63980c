/** Queue mode on a board that really sleeps: what comes while its radio is off is lost. */
import { equal, ok } from "node:assert/strict";
import { codeText } from "../../modules/coap/code.ts";
import { text } from "../interop/wire-message.ts";
import { nodeAt } from "./plain.ts";
import { type Scripted, scripted } from "./scripted.ts";
import { type Served, served } from "./served.ts";

/** MAX_TRANSMIT_WAIT, RFC 7252 §4.8.2. */
const windowS = 93;

const isAsleep = ({ stage }: Scripted | Served) => stage.board.depth === "light";

/** Whether a request is answered now. */
async function hears(it: Scripted): Promise<boolean> {
	const answer = await it.ask("/3/0/0", {}, 2).catch(() => undefined);
	return answer !== undefined;
}

/** Waits for what the server holds back: until the next Update, at most. */
async function settled<T>(it: Served, promise: Promise<T>): Promise<T> {
	let isSettled = false;
	const done = () => {
		isSettled = true;
	};
	promise.then(done, done);
	await it.stage.until("answer", () => isSettled, 400);
	return promise;
}

scripted(
	"[CORE-Q-1] A-98 the radio is off MAX_TRANSMIT_WAIT after the last message, and requests go unheard",
	{ configuration: "C.1", sleep: { queueMode: true }, lifetimeS: 3600 },
	async (it) => {
		await it.stage.pass(windowS - 3);
		ok(!isAsleep(it));
		ok(await hears(it), "three seconds before its end");
		await it.stage.pass(windowS - 1);
		ok(!isAsleep(it), "it began anew");
		await it.stage.pass(2);
		ok(isAsleep(it));
		ok(!(await hears(it)));
		equal(it.requests.length, 1, "nothing was said about it");
	},
);

scripted(
	"[CORE-Q-1] A-98 a Send opens the window: a request in it is served, and opens it again",
	{ configuration: "C.1", sleep: { queueMode: true }, lifetimeS: 3600 },
	async (it) => {
		await it.ask("/3442/0/5", { code: "0.02", payload: text("3='300'") });
		await it.stage.pass(200);
		ok(isAsleep(it) && !(await hears(it)));
		await it.stage.until("Send", () => it.lines().at(-1) === "POST /dp", 110);
		await it.stage.pass(80);
		ok(await hears(it));
		await it.stage.pass(windowS - 3);
		ok(await hears(it));
		await it.stage.pass(windowS + 2);
		ok(isAsleep(it) && !(await hears(it)));
	},
);

scripted(
	"[CORE-Q-1] A-98 a Send that is not answered keeps the window open, and past the end of its patience",
	{ configuration: "C.1", sleep: { queueMode: true }, lifetimeS: 3600 },
	async (it) => {
		await it.ask("/3442/0/5", { code: "0.02", payload: text("3='300'") });
		it.answering = () => "silence";
		await it.stage.until("Send", () => it.lines().at(-1) === "POST /dp", 310);
		await it.stage.until("end of patience", () => it.stage.heard("sendEnded").length === 1, 100);
		ok(!isAsleep(it));
		ok(await hears(it));
		await it.stage.pass(windowS + 2);
		ok(isAsleep(it));
	},
);

scripted(
	"[CORE-Q-1] A-98 a notification opens the window",
	{ configuration: "C.1", sleep: { queueMode: true }, lifetimeS: 3600 },
	async (it) => {
		await it.ask("/3/0/16", { code: "0.03", options: [[15, text("pmax=300")]] });
		await it.ask("/3/0/16", { options: [[6, new Uint8Array(0)]] });
		await it.stage.pass(200);
		ok(isAsleep(it) && !(await hears(it)));
		const { length } = it.heard;
		await it.stage.until("notification", () => it.heard.length > length, 100);
		ok(await hears(it));
	},
);

scripted(
	"[CORE-REG-1] [CORE-Q-1] A-28 asleep it wakes for its Update alone",
	{ configuration: "C.1", sleep: { queueMode: true }, lifetimeS: 1000 },
	async (it) => {
		await it.stage.pass(900);
		equal(it.lines().join(), "POST /rd");
		await it.stage.pass(20);
		equal(it.lines().join(), "POST /rd,POST /rd/1");
	},
);

served(
	"[CORE-Q-1] ETS 109 L-11 the server's requests wait until the board is awake, all of them, in their order",
	{ configuration: "C.1", sleep: { queueMode: true }, lifetimeS: 400 },
	async (it) => {
		await it.stage.pass(150);
		ok(isAsleep(it));
		equal(it.server.isAwake(it.server.client(it.stage.endpoint)!), false);
		const before = it.messages.length;
		const { operations } = it.server;
		const name = it.stage.endpoint;
		const answers = [
			operations.read(name, "/1/0/1"),
			operations.write(name, "/1/0/2", nodeAt("/1/0/2", 5), { format: "TEXT" }),
			operations.read(name, "/1/0/2"),
			operations.read(name, "/3/0/0"),
		];
		const told = await settled(it, Promise.all(answers));
		equal(told.map(({ code }) => codeText(code)).join(), "2.05,2.04,2.05,2.05");
		const [first] = it.messages.slice(before);
		ok(first!.incoming && first!.path.startsWith("/rd/") && first!.atMs > 300_000, "they came with the Update");
		ok(it.messages.at(-1)!.atMs - first!.atMs < 5000, "one after the other");
	},
);

served(
	"[CORE-Q-1] a window measured by the server's habit: six seconds and a little, and nothing is lost",
	{ configuration: "C.1", sleep: { queueMode: true, awake: "measured" }, lifetimeS: 400 },
	async (it) => {
		for (let wake = 0; wake < 6; wake++) {
			equal(codeText((await settled(it, it.server.operations.read(it.stage.endpoint, "/3/0/0"))).code), "2.05");
			await it.stage.until("sleep", () => isAsleep(it), 120);
			if (wake > 4) ok(it.stage.nowMs - it.messages.at(-1)!.atMs < 7000, "a short window");
			await it.stage.pass(windowS);
		}
	},
);
