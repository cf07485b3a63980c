import { deepEqual, equal, ok } from "node:assert/strict";
import { type Bench, sleep } from "./bench.ts";
import { type Case, hasCode } from "./case.ts";
import type { EventStream, WireMessage } from "./event-stream.ts";
import type { Format } from "./rest-client.ts";

const mediaTypes: readonly (readonly [Format, string])[] = [
	["TEXT", "text/plain"],
	["CBOR", "application/cbor"],
	["TLV", "application/vnd.oma.lwm2m+tlv"],
	["SENML_JSON", "application/senml+json"],
	["SENML_CBOR", "application/senml+cbor"],
];
const silenceMs = 2000;
const listenMs = 100;
const listenTriesMax = 20;

/** The values of an option as Californium prints it: `Uri-Path/STRING: "3", "0" - Accept/INTEGER: "text/plain"`. */
function option(message: WireMessage, name: string): string[] {
	for (const part of message.options?.split(" - ") ?? []) {
		const [, found, values] = /^([A-Za-z0-9-]+)\/[A-Z]+: (.*)$/.exec(part) ?? [];
		if (found === name) return values!.split(", ").map((value) => value.replaceAll('"', ""));
	}
	return [];
}

/** Runs `run` with the messages of the bench's device on show. */
async function onTheWire(bench: Bench, run: (messages: EventStream) => Promise<void>): Promise<void> {
	const messages = await bench.server.rest.events(bench.device.endpoint);
	try {
		// leshan-demo-server opens the stream first and begins to listen a moment later: until then messages go unseen.
		for (let tries = 0; messages.messages().length === 0 && tries < listenTriesMax; tries++) {
			hasCode(await bench.remote.read("/1/0/0"), "2.05");
			await sleep(listenMs);
		}
		await run(messages);
	} finally {
		messages.close();
	}
}

/** The first message that `wants` accepts, now or soon. */
async function message(
	messages: EventStream,
	what: string,
	wants: (message: WireMessage) => boolean,
): Promise<WireMessage> {
	const event = await messages.wait(what, ({ event, data }) => event === "COAPLOG" && wants(data as WireMessage));
	return event.data as WireMessage;
}

const isRequestTo = (path: string) => (message: WireMessage) =>
	!message.incoming && option(message, "Uri-Path").join("/") === path;

export const wireCases: readonly Case[] = [
	...mediaTypes.map(([format, mediaType]) => ({
		name: `[CORE-DM-1] on the wire: a Read in ${format} is answered in the acknowledgement, as ${mediaType}`,
		run: (bench: Bench) =>
			onTheWire(bench, async (messages) => {
				hasCode(await bench.remote.read("/3/0/0", { format }), "2.05");
				const request = await message(messages, "request", isRequestTo("3/0/0"));
				const answer = await message(messages, "answer", ({ incoming, token }) => incoming && token === request.token);
				deepEqual(option(request, "Accept"), [mediaType]);
				deepEqual(option(answer, "Content-Format"), [mediaType]);
				equal(answer.type, "ACK");
				equal(answer.mId, request.mId);
			}),
	})),
	{
		name: "[CORE-REG-1] ETS 104 on the wire: a triggered Update follows the answer, without query or payload",
		run: (bench) =>
			onTheWire(bench, async (messages) => {
				hasCode(await bench.remote.execute("/1/0/8"), "2.04");
				const isUpdate = ({ incoming, code }: WireMessage) => incoming && code === "POST";
				const update = await message(messages, "Update", isUpdate);
				const { registrationId } = (await bench.server.rest.client(bench.device.endpoint))!;
				deepEqual(option(update, "Uri-Path"), ["rd", registrationId]);
				deepEqual(option(update, "Uri-Query"), []);
				equal(update.payload, undefined);
				const all = messages.messages();
				const answerAt = all.findIndex(({ incoming, code }) => incoming && code === "2.04");
				ok(answerAt >= 0 && answerAt < all.findIndex(isUpdate), "the Update came before the answer to Execute");
			}),
	},
	{
		name: "[CORE-REG-4] ETS 102 on the wire: the Update after a change of lifetime says lt and nothing else",
		run: (bench) =>
			onTheWire(bench, async (messages) => {
				const lifetime = (seconds: number) =>
					({ kind: "singleResource", id: 1, type: "integer", value: String(seconds) }) as const;
				try {
					hasCode(await bench.remote.write("/1/0/1", lifetime(bench.lifetimeS + 1), { format: "TEXT" }), "2.04");
					const update = await message(messages, "Update", ({ incoming, code }) => incoming && code === "POST");
					deepEqual(option(update, "Uri-Query"), [`lt=${bench.lifetimeS + 1}`]);
					equal(update.payload, undefined);
				} finally {
					await bench.remote.write("/1/0/1", lifetime(bench.lifetimeS), { format: "TEXT" });
				}
			}),
	},
	{
		name: "[CORE-IR-1] ETS 302 on the wire: a Reset to one notification is the last that is said about it",
		run: (bench) =>
			onTheWire(bench, async (messages) => {
				const write = async () => {
					const node = { kind: "singleResource", id: 5, type: "integer", value: bench.freshNumber() } as const;
					hasCode(await bench.remote.write("/1/0/5", node, { format: "TEXT" }), "2.04");
				};
				await write();
				hasCode(await bench.remote.observe("/1/0/5"), "2.05");
				const request = await message(messages, "Observe", (one) => !one.incoming && option(one, "Observe")[0] === "0");
				const isTold = ({ incoming, token, type }: WireMessage) =>
					incoming && token === request.token && type !== "ACK";
				await bench.remote.cancelPassively("/1/0/5");
				await write();
				const told = await message(messages, "notification", isTold);
				await message(messages, "Reset", ({ incoming, type, mId }) => !incoming && type === "RST" && mId === told.mId);
				await write();
				await sleep(silenceMs);
				equal(messages.messages().filter(isTold).length, 1, "it was said again");
			}),
	},
	{
		name: "[CORE-IR-1] on the wire: notifications carry the observation's token, and Observe numbers that grow",
		run: (bench) =>
			onTheWire(bench, async (messages) => {
				hasCode(await bench.remote.writeAttributes("/3/0/0", { pmax: "1" }), "2.04");
				try {
					hasCode(await bench.remote.observe("/3/0/0"), "2.05");
					const isObserve = (one: WireMessage) => !one.incoming && option(one, "Observe")[0] === "0";
					const { token } = await message(messages, "Observe", isObserve);
					const told = () => messages.messages().filter((one) => one.incoming && one.token === token);
					await message(messages, "three notifications", () => told().length >= 4);
					const numbers = told().map((one) => Number(option(one, "Observe")[0]));
					ok(
						numbers.every((number, index) => index === 0 || number > numbers[index - 1]!),
						`Observe: ${numbers.join(", ")}`,
					);
				} finally {
					await bench.remote.cancelActively("/3/0/0");
					await bench.remote.writeAttributes("/3/0/0", { pmax: "" });
				}
			}),
	},
];
