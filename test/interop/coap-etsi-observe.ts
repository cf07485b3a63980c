import {
	type AskingBench,
	deepEqual,
	type EtsiCase,
	equal,
	hex,
	isRequest,
	NotApplicable,
	numberOf,
	ok,
	option,
	type ServingBench,
	sleep,
	text,
	until,
} from "./coap-etsi-case.ts";
import { type LibcoapClient, startForeignServer } from "./coap-peers.ts";
import { large, PlugtestServer } from "./coap-plugtest-server.ts";
import type { Message } from "./wire-message.ts";

/** Longer than our server and those of the peers (500 ms; coap-server's clock 1 s) take between changes. */
const quietMs = 1_700;

const isNotification = (message: Message) => message.code === "2.05" && numberOf(message, option.observe) !== undefined;

/** What was sent as notifications behind the first answer. */
function notifications(bench: AskingBench | ServingBench, isOurs: boolean): Message[] {
	// an observation of an earlier case may not have had its Reset yet: the token tells
	const [request] = bench.requests(!isOurs);
	if (request === undefined) return [];
	const token = hex(request.token);
	const all = bench.responses(isOurs).filter((message) => isNotification(message) && hex(message.token) === token);
	return all.slice(1);
}

/** Notifications have the request's token, one type, and Observe values that increase. */
function checkNotifications(bench: AskingBench | ServingBench, isOurs: boolean, type: "CON" | "NON"): void {
	const request = bench.requests(!isOurs)[0]!;
	equal(numberOf(request, option.observe), 0);
	const all = notifications(bench, isOurs);
	ok(all.length >= 2, `${all.length} notifications`);
	let before = -1;
	const ids = new Set<number>();
	for (const message of all) {
		equal(hex(message.token), hex(request.token));
		if (type === "CON") equal(message.type, "CON");
		if (ids.has(message.id)) continue; // said again
		ids.add(message.id);
		const sequence = numberOf(message, option.observe)!;
		ok(sequence > before, `Observe ${sequence} behind ${before}`);
		before = sequence;
	}
	const answers = (isOurs ? bench.heard() : bench.sent()).filter((one) => one.type === "ACK" && one.code === "0.00");
	if (type === "CON") ok(answers.length >= 2, "notifications were not acknowledged");
}

/** Nothing more is sent. */
async function checkQuiet(bench: AskingBench | ServingBench, isOurs: boolean): Promise<void> {
	await sleep(300);
	bench.mark();
	await sleep(quietMs);
	deepEqual(
		bench.responses(isOurs).map(({ code }) => code),
		[],
	);
}

async function heardTwo(bench: AskingBench, resource: string, options = {}) {
	const observation = await bench.observe(resource, options);
	await until("two notifications", () => observation.notifications.length >= 2);
	return observation;
}

async function servedTwo(bench: ServingBench, resource: string, type: "CON" | "NON" = "CON", seconds = 4) {
	const observation = await bench.client.observe(bench.order("get", resource, { type }), seconds);
	await until("two notifications", () => observation.notifications.length >= 2);
	return observation;
}

/** Runs with a server of ours of its own, so that an end of all observations harms nobody else. */
async function alone(bench: ServingBench, run: (own: ServingBench) => Promise<void>, tuning = {}): Promise<void> {
	const server = await PlugtestServer.open({ tuning });
	try {
		await run(
			new (bench.constructor as new (...words: [PlugtestServer, typeof bench.client]) => ServingBench)(
				server,
				bench.client,
			),
		);
	} finally {
		server.close();
	}
}

/** OBS_07 and OBS_08: the observation ends with an error's code. */
function ending(id: string, title: string, ended: string, end: "delete" | "format"): EtsiCase {
	const xml = { payload: text("<a/>"), contentFormat: 41 };
	return {
		id: `OBS_${id}`,
		title,
		...(end === "format" ? { without: { "libcoap server": "coap-server keeps the format of a resource" } } : {}),
		asks: async (bench) => {
			const isLibcoap = bench.server.name === "libcoap";
			const resource = isLibcoap ? "gone" : "obs";
			const { notifications: heard } = await bench.observe(resource);
			if (!isLibcoap) await until("a notification", () => heard.length > 0);
			await bench.ask(end === "delete" ? "delete" : "put", resource, end === "delete" ? {} : xml);
			await until(`a notification ${ended}`, () => bench.responses(false).some(({ code }) => code === ended));
			await sleep(50);
			const last = heard.at(-1)!;
			equal(`${last.code >> 5}.${String(last.code & 31).padStart(2, "0")}`, ended);
			equal(last.observe, undefined);
			await checkQuiet(bench, false);
			if (end === "format") await bench.ask("put", resource, { payload: text("obs "), contentFormat: 0 });
		},
		serves: (shared) =>
			alone(shared, async (bench) => {
				await servedTwo(bench, "obs");
				const order = end === "delete" ? {} : { payload: xml.payload, options: [[12, Uint8Array.of(41)]] as const };
				await bench.ask(end === "delete" ? "delete" : "put", "obs", order);
				await until("the end", () => bench.responses(true).some(({ code }) => code === ended));
				const last = bench.responses(true).find(({ code }) => code === ended)!;
				deepEqual([last.type, numberOf(last, option.observe)], ["CON", undefined]);
				equal(bench.server.observers("obs"), 0);
				await checkQuiet(bench, true);
			}),
	};
}

const registers: EtsiCase = {
	id: "OBS_01",
	title: "observation with CON",
	asks: async (bench) => {
		const { id } = await heardTwo(bench, "obs");
		checkNotifications(bench, false, "CON");
		bench.cancel(id);
	},
	serves: async (bench) => {
		const observation = await servedTwo(bench, "obs");
		checkNotifications(bench, true, "CON");
		await observation.cancel("rst");
	},
};

const nonConfirmable: EtsiCase = {
	id: "OBS_02",
	title: "observation with NON",
	without: { "aiocoap server": "aiocoap 0.4.17 decides on the type of a notification by itself" },
	asks: async (shared) => {
		const isLibcoap = shared.server.name === "libcoap";
		const server = isLibcoap ? await startForeignServer("libcoap", ["-N"]) : undefined;
		const bench =
			server === undefined ? shared : new (shared.constructor as typeof AskingBench)(shared.endpoint, server);
		try {
			const { id } = await heardTwo(bench, isLibcoap ? "obs" : "obs-non", { type: "nonConfirmable" });
			checkNotifications(bench, false, "NON");
			ok(notifications(bench, false).some(({ type }) => type === "NON"));
			bench.cancel(id);
		} finally {
			await server?.stop();
		}
	},
	serves: async (bench) => {
		const observation = await servedTwo(bench, "obs-non", "NON");
		checkNotifications(bench, true, "NON");
		ok(notifications(bench, true).every(({ type }) => type === "NON"));
		await observation.cancel("rst");
	},
};

const maxAge: EtsiCase = {
	id: "OBS_04",
	title: "client detects deregistration by Max-Age",
	without: {
		"libcoap client": "coap-client does not register again",
		"aiocoap client": "aiocoap does not register again",
	},
	asks: async () => {
		throw new NotApplicable("Peer leaves registering again after Max-Age to the application");
	},
	serves: (shared) =>
		alone(shared, async (bench) => {
			await servedTwo(bench, "obs");
			const { token } = bench.requests(false)[0]!;
			bench.server.forgetObservers();
			await until("another registration", () => bench.requests(false).length >= 2, 15_000);
			const again = bench.requests(false)[1]!;
			deepEqual([numberOf(again, option.observe), hex(again.token)], [0, hex(token)]);
		}),
};

const clientOff: EtsiCase = {
	id: "OBS_05",
	title: "server detects deregistration: client off",
	asks: async () => {
		throw new NotApplicable("only the peer's patience would be tested: 93 s of it");
	},
	serves: (shared) =>
		alone(
			shared,
			async (bench) => {
				await servedTwo(bench, "obs", "CON", 20);
				equal(bench.server.observers("obs"), 1);
				await bench.client.kill();
				await until("the observer is gone", () => bench.server.observers("obs") === 0);
				deepEqual(bench.server.gone, ["timedOut"]);
				await checkQuiet(bench, true);
			},
			{ ackTimeoutMs: 100, maxRetransmit: 2 },
		),
};

const explicitReset: EtsiCase = {
	id: "OBS_06",
	title: "server detects deregistration: Reset",
	asks: async (bench) => {
		const { id } = await heardTwo(bench, "obs");
		bench.cancel(id);
		await until("a Reset of ours", () => bench.sent().some(({ type }) => type === "RST"));
		await checkQuiet(bench, false);
	},
	serves: (shared) =>
		alone(
			shared,
			async (bench) => {
				if (bench.client.name === "libcoap") await restartLibcoap(bench);
				else await (await servedTwo(bench, "obs")).cancel("rst");
				await until("a Reset of theirs", () => bench.server.gone.includes("reset"));
				equal(bench.server.observers("obs"), 0);
				await checkQuiet(bench, true);
			},
			{ ackTimeoutMs: 300 },
		),
};

/** coap-client is killed, and another one of the same port knows nothing of the observation. */
async function restartLibcoap(bench: ServingBench): Promise<void> {
	const client = bench.client as LibcoapClient;
	const { child } = client.run(bench.order("get", "obs"), ["-s", "20"]);
	await until("two notifications", () => notifications(bench, true).length >= 2);
	const { port } = bench.server.endpoint.log.find(({ sent }) => !sent)!;
	await child.stop("SIGKILL");
	// every coap-client begins with the same token
	await client.run(bench.order("get", "separate"), ["-p", String(port), "-T", "other"]).child.ended;
}

const lossy: EtsiCase = {
	id: "OBS_11",
	title: "observation with CON in a lossy context",
	asks: async (bench) => {
		const wasLost = bench.loseFirst((sent, message) => !sent && message.type === "CON" && isNotification(message));
		const { id, notifications: heard } = await bench.observe("obs");
		await until("two notifications behind a lost one", () => wasLost() && heard.length >= 2, 15_000);
		bench.cancel(id);
	},
	serves: async (bench) => {
		const wasLost = bench.loseFirst((sent, message) => sent && message.type === "CON" && isNotification(message));
		const observation = await bench.client.observe(bench.order("get", "obs"), 8);
		await until(
			"two notifications behind a lost one",
			() => wasLost() && observation.notifications.length >= 2,
			15_000,
		);
		let underWay: number | undefined;
		const token = hex(bench.requests(false)[0]!.token);
		const { port } = bench.entries().find(({ sent, message }) => !sent && isRequest(message))!;
		let saidMs = 0;
		for (const { sent, message, atMs } of bench.entries().filter((entry) => entry.port === port)) {
			if (sent && hex(message.token) === token && message.type === "CON" && isNotification(message)) {
				// when it is time to say it again, a newer one takes its place (RFC 7641 §4.5.2)
				const isInTurn = underWay === undefined || underWay === message.id || atMs - saidMs >= 2000;
				ok(isInTurn, "two notifications under way at once");
				underWay = message.id;
				saidMs = atMs;
			} else if (!sent && message.type === "ACK" && message.id === underWay) underWay = undefined;
		}
		await observation.cancel("rst");
	},
};

const update: EtsiCase = {
	id: "OBS_09",
	title: "update of the observed resource",
	asks: async (bench) => {
		const resource = bench.server.name === "libcoap" ? "example_data" : "obs";
		const { id, notifications: heard } = await bench.observe(resource);
		await bench.ask("put", resource, { payload: text("new value "), contentFormat: 0 });
		const has = () => heard.some(({ payload }) => new TextDecoder().decode(payload).startsWith("new value"));
		await until("the new value", has);
		bench.cancel(id);
	},
	serves: (shared) =>
		alone(shared, async (bench) => {
			await servedTwo(bench, "obs");
			await bench.ask("put", "obs", { payload: text("new value ") });
			const isNew = ({ payload }: Message) => new TextDecoder().decode(payload).startsWith("new value");
			await until("the new value", () => bench.responses(true).filter(isNotification).some(isNew));
			const { id } = bench.responses(true).find(isNew)!;
			await until("its ACK", () => bench.heard().some((message) => message.type === "ACK" && message.id === id));
		}),
};

const plainGet: EtsiCase = {
	id: "OBS_10",
	title: "GET does not cancel the observation",
	asks: async (bench) => {
		const { id, notifications: heard } = await heardTwo(bench, "obs");
		await bench.ask("get", "obs");
		const before = heard.length;
		await until("two more notifications", () => heard.length >= before + 2);
		bench.cancel(id);
	},
	serves: async (bench) => {
		const observation = await servedTwo(bench, "obs", "CON", 6);
		await bench.ask("get", "obs");
		const before = observation.notifications.length;
		await until("two more notifications", () => observation.notifications.length >= before + 2);
		await observation.cancel("rst");
	},
};

const deregister: EtsiCase = {
	id: "OBS_12",
	title: "GET with Observe 1 cancels",
	without: { "aiocoap client": "aiocoap cancels by Reset only" },
	asks: async (bench) => {
		const { id, token } = await heardTwo(bench, "obs");
		bench.mark();
		const response = await bench.ask("get", "obs", { observe: 1, observation: id });
		const request = bench.requests(true)[0]!;
		deepEqual([numberOf(request, option.observe), hex(request.token)], [1, hex(token)]);
		deepEqual([response.code, response.observe], [0x45, undefined]);
		await checkQuiet(bench, false);
	},
	serves: (shared) =>
		alone(shared, async (bench) => {
			const observation = await servedTwo(bench, "obs", "CON", 2);
			await observation.cancel("get");
			await until("Observe 1", () => bench.requests(false).some((message) => numberOf(message, option.observe) === 1));
			const request = bench.requests(false).find((message) => numberOf(message, option.observe) === 1)!;
			equal(hex(request.token), hex(bench.requests(false)[0]!.token));
			await until("nobody observes", () => bench.server.observers("obs") === 0);
			await checkQuiet(bench, true);
		}),
};

const largeOnes: EtsiCase = {
	id: "OBS_13",
	title: "observation of a large resource (Block2)",
	without: { "libcoap server": "coap-server has no large resource that changes by itself" },
	asks: async (bench) => {
		const { id, notifications: heard } = await heardTwo(bench, "obs-large");
		for (const { payload } of heard) deepEqual(payload.slice(0, large.length), large);
		bench.cancel(id);
	},
	serves: async (bench) => {
		const observation = await servedTwo(bench, "obs-large");
		for (const { payload } of observation.notifications) {
			if (bench.client.name !== "libcoap") deepEqual(payload.slice(0, large.length), large);
		}
		await observation.cancel("rst");
	},
};

export const observeCases: readonly EtsiCase[] = [
	registers,
	nonConfirmable,
	maxAge,
	clientOff,
	explicitReset,
	ending("07", "observers cleaned on DELETE", "4.04", "delete"),
	ending("08", "observers cleaned on a change of format", "4.06", "format"),
	update,
	plainGet,
	lossy,
	deregister,
	largeOnes,
];
