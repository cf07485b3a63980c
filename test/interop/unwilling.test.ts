/** Servers that lose, refuse, forget and babble: the device's registration must live through all of it. */
import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { scripted } from "./scripted-bench.ts";
import { decode, encode, hex, type Message, optionNumber, text, textsOf } from "./wire-message.ts";

const isRegister = (message: Message) =>
	message.code === "0.02" && textsOf(message, optionNumber.uriPath).join("/") === "rd";
const isUpdate = (message: Message) => message.code === "0.02" && textsOf(message, optionNumber.uriPath).length === 2;
function isMessage(bytes: Uint8Array): boolean {
	try {
		decode(bytes);
		return true;
	} catch {
		return false;
	}
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

scripted(
	"[CORE-REG-1] RFC 7252 §4.2 a Register that nobody answers is said again, byte for byte, after 2 to 3 s",
	{
		isRegistered: false,
		script: (_request, server) => (server.received.filter(isRegister).length < 2 ? "silence" : undefined),
	},
	async ({ server, device }) => {
		await device.wait("registering", {}, { timeoutMs: 240_000 });
		const startedMs = performance.now();
		await device.wait("registered", {}, { timeoutMs: 10_000 });
		const tookMs = performance.now() - startedMs;
		const registers = server.received.filter(isRegister);
		equal(registers.length, 2);
		equal(hex(encode(registers[0]!)), hex(encode(registers[1]!)));
		ok(tookMs > 1500 && tookMs < 4500, `said again after ${Math.round(tookMs)} ms`);
	},
);

scripted(
	"[CORE-REG-1] RFC 7252 §5.2.2 a Register whose answer comes later, by itself, is acknowledged and accepted",
	{
		isRegistered: false,
		script: (request, server) => {
			if (!isRegister(request)) return undefined;
			const { token } = request;
			setTimeout(() => {
				const options = ["rd", "late"].map((part) => [optionNumber.locationPath, text(part)] as const);
				server.send(encode({ type: "CON", code: "2.01", id: 0x7777, token, options, payload: new Uint8Array(0) }));
			}, 500);
			return { code: "0.00", token: new Uint8Array(0), options: [] };
		},
	},
	async ({ server, device }) => {
		const registered = await device.wait("registered", {}, { timeoutMs: 240_000 });
		equal(registered.location, "/rd/late");
		await sleep(3500);
		equal(server.received.filter(isRegister).length, 1, "it was said again although it was acknowledged");
		ok(
			server.received.some(({ type, id }) => type === "ACK" && id === 0x7777),
			"the late answer was not acknowledged",
		);
	},
);

scripted(
	"[CORE-REG-1] a Register that is refused is reported with its code, and tried again",
	{ isRegistered: false, script: () => ({ code: "4.03", options: [] }) },
	async ({ device }) => {
		const failed = await device.wait("registrationFailed", {}, { timeoutMs: 240_000 });
		ok(String(failed.code).includes("4.03") || failed.code === 0x83, `code ${String(failed.code)}`);
		ok(Number(failed.retryInMs) > 0, `retryInMs ${String(failed.retryInMs)}`);
	},
);

scripted(
	"[CORE-REG-1] a Register answered 2.01 without a location is no registration",
	{ isRegistered: false, script: (request) => (isRegister(request) ? { options: [] } : undefined) },
	async ({ device }) => {
		await device.wait("registrationFailed", {}, { timeoutMs: 240_000 });
		equal(device.all("registered").length, 0);
	},
);

scripted(
	"[CORE-REG-1] an Update that the server does not know any more (4.04) becomes a Register",
	{ lifetimeS: 6 },
	async ({ server, device }) => {
		server.script = (request) => (isUpdate(request) ? { code: "4.04" } : undefined);
		const from = device.mark;
		await device.wait("registered", {}, { from, timeoutMs: 15_000 });
		const registers = server.received.filter(isRegister);
		equal(registers.length, 2);
		notEqual(hex(registers[0]!.token) + registers[0]!.id, hex(registers[1]!.token) + registers[1]!.id);
	},
);

scripted(
	"[CORE-DM-1] a Read that comes while an Update is unanswered is served",
	{ lifetimeS: 6 },
	async ({ server }) => {
		server.script = (request) => (isUpdate(request) ? "silence" : undefined);
		await server.next("Update", isUpdate, 10_000);
		equal((await server.request({ path: "/3/0/0" })).code, "2.05");
		server.script = undefined;
		await server.next("Update, said again", isUpdate, 10_000);
	},
);

scripted(
	"[CORE-REG-1] answers that are garbage do not register the device, and do not stop it",
	{
		isRegistered: false,
		script: (request, server) => {
			if (server.received.filter(isRegister).length > 1) return undefined;
			const whole = encode({
				...request,
				type: "ACK",
				code: "2.01",
				options: [[optionNumber.locationPath, text("rd")]],
				payload: text("?"),
			});
			for (let end = 0; end < whole.length; end++) {
				if (!isMessage(whole.slice(0, end))) server.send(whole.slice(0, end));
			}
			server.send(Uint8Array.from(whole, (byte) => byte ^ 0xff));
			server.send(encode({ ...decode(whole), id: request.id ^ 1 }));
			return "silence";
		},
	},
	async ({ server, device }) => {
		const registered = await device.wait("registered", {}, { timeoutMs: 240_000 });
		equal(registered.location, "/rd/1");
		equal(server.received.filter(isRegister).length, 2);
		equal((await server.request({ path: "/3/0/0" })).code, "2.05");
	},
);

scripted(
	"[CORE-REG-1] Ctrl-C with a server that has gone silent ends soon, and well",
	{},
	async ({ server, device }) => {
		server.script = () => "silence";
		const startedMs = performance.now();
		const { status } = await device.interrupt();
		ok(performance.now() - startedMs < 5000, "took more than 5 s");
		deepEqual({ status }, { status: 0 });
		ok(
			server.received.some(({ code }) => code === "0.04"),
			"it did not even try to de-register",
		);
	},
);
