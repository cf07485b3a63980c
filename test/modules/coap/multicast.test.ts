import {
	type GroupListener,
	MulticastClient,
	type MulticastClientOptions,
	NOT_OF_THE_GROUP,
} from "../../../modules/coap/multicast-client.ts";
import { GROUP_FULL, leisureMs, MulticastServer, NOT_FOR_A_GROUP } from "../../../modules/coap/multicast-server.ts";
import { noResponse } from "../../../modules/coap/no-response.ts";
import { Peer } from "../../../modules/coap/peer.ts";
import { deepEqual, equal, ok, seeded, test } from "../../harness.ts";
import { bytesOf, textOf } from "./message-text.ts";
import { countingEntropy, lowDice, Scene } from "./scene.ts";

/** A server in a group: what it sends, with the time. */
function serverOf(options: { dice?: { below(bound: number): number }; leisureMs?: number; pending?: number } = {}) {
	const scene = new Scene();
	const { dice = { below: () => 1234 } } = options;
	const server = new MulticastServer(scene.peer, { ...options, dice });
	const sent: string[] = [];
	let nowMs = 0;
	const at = (untilMs: number) => {
		for (;;) {
			for (let bytes = server.takeDatagram(); bytes !== undefined; bytes = server.takeDatagram())
				sent.push(`${nowMs} ${textOf(bytes)}`);
			if (server.deadlineMs > untilMs) break;
			nowMs = Math.max(nowMs, server.deadlineMs);
			server.poll(nowMs);
		}
		nowMs = untilMs;
		return sent.splice(0);
	};
	const group = (line: string) => {
		const bytes = bytesOf(line);
		return server.receiveForGroup(bytes, 0, bytes.length, nowMs);
	};
	const alone = (line: string) => {
		const bytes = bytesOf(line);
		return server.receive(bytes, 0, bytes.length, nowMs);
	};
	const answers = (code: number, payload = "") => {
		scene.answer = (request, now) => {
			scene.peer.respond(request, { code, payload: bytesOf("NON 2.05 #0 -", payload).slice(payload ? 5 : 4) }, now);
		};
	};
	return { scene, server, at, group, alone, answers };
}

test("the answer to a group waits for its part of the leisure; one to us alone does not (RFC 7252 §8.2)", () => {
	const { at, group, alone, answers } = serverOf();
	answers(0x45, "22.5");
	equal(group("NON 0.01 #1 aa /t"), undefined);
	deepEqual(at(1233), []);
	deepEqual(at(1234), ['1234 NON 2.05 #0 aa "22.5"']);
	alone("NON 0.01 #2 ab /t");
	deepEqual(at(1234), ['1234 NON 2.05 #1 ab "22.5"']);
	alone("CON 0.01 #3 ac /t");
	deepEqual(at(1234), ['1234 ACK 2.05 #3 ac "22.5"']);
});

test("an application that takes longer than the leisure answers at once", () => {
	const { scene, server, at, group } = serverOf();
	group("NON 0.01 #1 aa /t");
	deepEqual(at(9000), []);
	scene.peer.respond(scene.requests[0]!, { code: 0x45, payload: new Uint8Array([0x78]) }, 9000);
	deepEqual(at(9000), ['9000 NON 2.05 #0 aa "x"']);
	equal(server.size, 0);
});

test("errors and empty contents are kept to ourselves, unless No-Response asks for them (RFC 7967 §2.1)", () => {
	for (const [code, payload, option, isSent] of [
		[0x84, "", "", false],
		[0xa0, "", "", false],
		[0x45, "", "", false],
		[0x44, "", "", true],
		[0x45, "x", "", true],
		[0x84, "", " 258=0", true],
		[0x45, "", " 258=0", true],
		[0x84, "", " 258=8", false],
		[0x45, "x", " 258=2", false],
	] as const) {
		const { server, at, group, answers } = serverOf();
		answers(code, payload);
		group(`NON 0.01 #1 aa /t${option}`);
		equal(at(10_000).length, isSent ? 1 : 0, `${code} ${option}`);
		equal(server.size, 0);
		equal(server.deadlineMs, Number.POSITIVE_INFINITY);
	}
});

test("to a group only Non-confirmable requests are sent; nothing else is answered, and nothing with a Reset", () => {
	const { scene, at, group } = serverOf();
	for (const line of ["CON 0.01 #1 aa /t", "NON 2.05 #2 ab", "CON 0.00 #3 -", "RST 0.00 #4 -"]) {
		equal(group(line), NOT_FOR_A_GROUP, line);
	}
	equal(group("NON 0.01 #5 ac /t 2049=1")?.code, "coap.criticalOption");
	equal(group("NON 0.01 #6 ad /t 35=hex:61")?.code, "coap.proxyOption");
	deepEqual(at(20_000), []);
	deepEqual(scene.told, []);
});

test("more group requests than may wait are ignored, and room comes back", () => {
	const { at, group, answers } = serverOf({ pending: 2 });
	answers(0x45, "x");
	equal(group("NON 0.01 #1 aa /t"), undefined);
	equal(group("NON 0.01 #1 aa /t"), undefined, "a duplicate");
	equal(group("NON 0.01 #2 ab /t"), undefined);
	equal(group("NON 0.01 #3 ac /t"), GROUP_FULL);
	equal(at(2000).length, 2);
	equal(group("NON 0.01 #4 ad /t"), undefined);
	equal(at(4000).length, 1);
	const silent = serverOf({ pending: 1 });
	silent.group("NON 0.01 #1 aa /t");
	silent.at(246_999);
	equal(silent.group("NON 0.01 #2 ab /t"), GROUP_FULL);
	silent.at(247_000);
	equal(silent.group("NON 0.01 #3 ac /t"), undefined);
	equal(silent.server.size, 1);
});

test("leisure is drawn over all of its length; its size follows the group's (RFC 7252 §8.2)", () => {
	const random = seeded(5);
	let least = 5000;
	let most = 0;
	const { at, group, answers } = serverOf({ dice: { below: random } });
	answers(0x45, "x");
	for (let count = 0; count < 200; count++) {
		group(`NON 0.01 #${count} ${(count + 0x10001).toString(16).slice(1)} /t`);
		const tookMs = Number(at((count + 1) * 10_000)[0]!.split(" ")[0]) - count * 10_000;
		least = Math.min(least, tookMs);
		most = Math.max(most, tookMs);
	}
	ok(least < 200 && most > 4800 && most <= 5000, `${least} to ${most}`);
	equal(leisureMs({ groupSize: 50, responseBytes: 100, bytesPerS: 1000 }), 5000);
});

function clientOf(options: Partial<MulticastClientOptions> = {}) {
	const told: string[] = [];
	const listener: GroupListener = {
		responded: (id, from, response) => told.push(`${id} ${from} ${response.code} ${response.payload.length}`),
		ended: (id, responses, missed) => told.push(`${id} ended ${responses} ${missed}`),
	};
	const client = new MulticastClient({ dice: lowDice, entropy: countingEntropy(), listener, ...options });
	const hears = (from: string, line: string, payload = "", nowMs = 0) => {
		const bytes = bytesOf(line, payload);
		return client.receive(from, bytes, 0, bytes.length, nowMs);
	};
	const sends = () => {
		const next = client.takeDatagram();
		return next === undefined ? "nothing" : `${next.to ?? "group"} ${textOf(next.bytes)}`;
	};
	return { client, told, hears, sends };
}

test("one request, many responses, told apart by sender; each server is heard once", () => {
	const { client, told, hears, sends } = clientOf();
	equal(client.request({ code: 1, path: ["t"], query: ["rt=x"], options: [noResponse(0)] }, 0), 1);
	equal(sends(), "group NON 0.01 #0 00000001 /t?rt=x 258=0");
	equal(sends(), "nothing");
	equal(hears("a", "NON 2.05 #7 00000001", "22"), undefined);
	equal(hears("b", "NON 2.05 #7 00000001", "333"), undefined);
	hears("a", "NON 2.05 #7 00000001", "22");
	hears("a", "NON 2.05 #8 00000001", "22");
	hears("c", "NON 4.04 #1 00000001");
	deepEqual(told, ["1 a 69 2", "1 b 69 3", "1 c 132 0"]);
	equal(client.deadlineMs, 15_000);
	client.poll(14_999);
	equal(told.length, 3);
	client.poll(15_000);
	equal(told[3], "1 ended 3 0");
	equal(client.deadlineMs, Number.POSITIVE_INFINITY);
	equal(hears("d", "NON 2.05 #9 00000001"), NOT_OF_THE_GROUP);
});

test("a Confirmable response is acknowledged, each time it comes", () => {
	const { client, told, hears, sends } = clientOf();
	client.request({ code: 1 }, 0);
	sends();
	hears("a", "CON 2.05 #7 00000001", "x");
	hears("a", "CON 2.05 #7 00000001", "x");
	equal(sends(), "a ACK 0.00 #7 -");
	equal(sends(), "a ACK 0.00 #7 -");
	equal(told.length, 1);
});

test("what is no response to the group's request is for the peers", () => {
	const { client, hears, told } = clientOf();
	client.request({ code: 1 }, 0);
	for (const line of ["ACK 2.05 #0 00000001", "NON 2.05 #7 00000002", "NON 2.05 #7 0001", "CON 0.01 #3 00000001 /a"]) {
		equal(hears("a", line), NOT_OF_THE_GROUP, line);
	}
	equal(client.receive("a", new Uint8Array([0x40]), 0, 1, 0), NOT_OF_THE_GROUP);
	equal(hears("a", "NON 2.05 #7 00000001 2049=1")?.code, "coap.criticalOption");
	deepEqual(told, []);
});

test("limits: requests that gather, servers that are heard, size, outbox; cancel makes room", () => {
	const { client, told, hears, sends } = clientOf({ requests: 2, responders: 3, gatherMs: 100, messageBytes: 40 });
	equal(client.request({ code: 2, payload: new Uint8Array(40) }, 0), 0);
	equal(client.request({ code: 1 }, 0), 1);
	equal(client.request({ code: 1 }, 0), 2);
	equal(client.request({ code: 1 }, 0), 0);
	client.cancel(2);
	equal(client.request({ code: 1 }, 0), 3);
	for (let count = 0; count < 20; count++) hears(`s${count}`, `CON 2.05 #${count} 00000002`);
	client.poll(100);
	deepEqual(told.slice(-2), ["1 ended 3 17", "3 ended 0 0"]);
	let waiting = 0;
	while (sends() !== "nothing") waiting += 1;
	equal(waiting, 16);
	equal(client.size, 0);
});

test("a client, a group of servers, and the rest of a large body from one of them", () => {
	const { client, told } = clientOf();
	const random = seeded(9);
	client.request({ code: 1, path: ["big"] }, 0);
	const question = client.takeDatagram()!.bytes;
	const payload = new Uint8Array(1500);
	const servers = ["a", "b", "c"].map((name) => {
		const peer: Peer = new Peer({
			dice: { below: random },
			entropy: countingEntropy(),
			listener: {
				requested: (request, nowMs) => void peer.respond(request, { code: 0x45, payload }, nowMs),
				responded() {},
				failed() {},
				observerGone() {},
			},
		});
		return { name, server: new MulticastServer(peer, { dice: { below: random } }) };
	});
	for (const { server } of servers) server.receiveForGroup(question, 0, question.length, 0);
	for (let nowMs = 0; nowMs <= 5000; nowMs += 10) {
		for (const { name, server } of servers) {
			server.poll(nowMs);
			const bytes = server.takeDatagram();
			if (bytes !== undefined) equal(client.receive(name, bytes, 0, bytes.length, nowMs), undefined);
		}
	}
	deepEqual(told.sort(), ["1 a 69 1024", "1 b 69 1024", "1 c 69 1024"]);
	const rest = bytesOf("CON 0.01 #500 dd /big b2=1/-/1024");
	const [first] = servers;
	first!.server.receive(rest, 0, rest.length, 6000);
	equal(textOf(first!.server.takeDatagram()!), "ACK 2.05 #500 dd etag b2=1/-/1024 [476]");
});
