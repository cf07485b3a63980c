import { deepEqual, equal, match, ok, rejects, throws } from "node:assert/strict";
import { test } from "node:test";
import { Chance } from "../../../../hosts/simulator/chance.ts";
import { type Conditions, VirtualNetwork } from "../../../../hosts/simulator/network/virtual-network.ts";
import { VirtualTime } from "../../../../hosts/simulator/time.ts";
import { HostFailure } from "../../../../modules/host.ts";

interface Heard {
	atMs: number;
	first: number;
}

/** Sends numbered datagrams, one each 10 ms, and returns what arrives when. */
function traffic(seed: number, conditions: Partial<Conditions>, count = 200) {
	const time = new VirtualTime();
	const network = new VirtualNetwork({ time, chance: new Chance(seed), conditions });
	const heard: Heard[] = [];
	const into = new Uint8Array(2048);
	const from = { host: "", port: 0 };
	const server = network.open({
		host: "10.0.0.1",
		port: 5683,
		onReadable: () => {
			while (server.read(into, from) >= 0) heard.push({ atMs: time.nowMs(), first: into[0]! });
		},
	});
	const client = network.open({ host: "10.0.0.2", onReadable: () => {} });
	for (let index = 0; index < count; index++) {
		time.at(index * 10, () => client.write(Uint8Array.of(index, 1, 2), { host: "10.0.0.1", port: 5683 }));
	}
	time.run(60_000);
	return { heard, counters: network.counters };
}

test("a calm network carries everything, in order, after its latency", () => {
	const { heard, counters } = traffic(1, { latencyMs: 30, jitterMs: 50 });
	deepEqual(
		heard.map(({ first }) => first),
		Array.from({ length: 200 }, (_, index) => index),
	);
	ok(heard.every(({ atMs, first }) => atMs >= first * 10 + 30 && atMs <= first * 10 + 30 + 50));
	deepEqual(counters, { delivered: 200, lost: 0, duplicated: 0, reordered: 0, unreachable: 0, overrun: 0 });
});

test("a bad network loses, doubles and reorders, the same for the same seed, otherwise for another", () => {
	const bad = { lossPermille: 200, duplicatePermille: 100, reorderPermille: 100, jitterMs: 30 };
	const once = traffic(4711, bad);
	deepEqual(traffic(4711, bad), once);
	ok(JSON.stringify(traffic(4712, bad).heard) !== JSON.stringify(once.heard));
	ok(once.counters.lost > 20 && once.counters.lost < 60, `${once.counters.lost} of 200 lost`);
	ok(once.counters.duplicated > 5 && once.counters.reordered > 5);
	equal(once.heard.length, 200 - once.counters.lost + once.counters.duplicated);
	const order = once.heard.map(({ first }) => first);
	ok(
		order.some((first, index) => index > 0 && first < order[index - 1]!),
		"nothing was overtaken",
	);
});

test("more loss leaves the fate of the other datagrams as it was", () => {
	const few = traffic(7, { lossPermille: 100 }).heard.map(({ first }) => first);
	const more = traffic(7, { lossPermille: 300 }).heard.map(({ first }) => first);
	ok(more.length < few.length);
	ok(more.every((first) => few.includes(first)));
});

test("nobody listening is silence, a full queue drops, too large is refused, a taken port is told", async () => {
	const time = new VirtualTime();
	const network = new VirtualNetwork({ time, chance: new Chance(1), conditions: { mtuBytes: 128 } });
	let waiting = 0;
	const server = network.open({
		host: "10.0.0.1",
		port: 5683,
		onReadable: (count) => {
			waiting = count;
		},
	});
	const client = network.open({ onReadable: () => {} });
	equal(await server.bound, 5683);
	ok((await client.bound) >= 49152);
	client.write(Uint8Array.of(1), { host: "10.0.0.1", port: 5684 });
	throws(() => client.write(new Uint8Array(101), { host: "10.0.0.1", port: 5683 }), HostFailure);
	for (let index = 0; index < 100; index++) client.write(new Uint8Array(100), { host: "10.0.0.1", port: 5683 });
	time.run(1000);
	equal(waiting, 64);
	deepEqual([network.counters.unreachable, network.counters.delivered, network.counters.overrun], [1, 64, 36]);
	const from = { host: "", port: 0 };
	equal(server.read(new Uint8Array(99), from), -1, "datagrams that do not fit are dropped");
	const second = network.open({ host: "10.0.0.1", port: 5683, onReadable: () => {} });
	await rejects(second.bound, (error: Error) => /port 5683 of 10\.0\.0\.1 is in use/.test(error.message));
	throws(() => second.write(Uint8Array.of(1), { host: "10.0.0.1", port: 5683 }), HostFailure);
	server.close();
	const third = network.open({ host: "10.0.0.1", port: 5683, onReadable: () => {} });
	equal(await third.bound, 5683);
	throws(
		() => third.write(Uint8Array.of(1), { host: "server.example", port: 1 }),
		(error: Error) => /no address/.test(error.message),
	);
});

test("names are resolved in the network's time, literals are their own", () => {
	const time = new VirtualTime();
	const network = new VirtualNetwork({ time, chance: new Chance(1) });
	network.name("server.example", "10.0.0.9", "2001:db8::9");
	const found: string[] = [];
	for (const name of ["Server.Example", "nobody.example", "192.0.2.1", "[2001:DB8::0:1]"]) {
		network.resolve(name, (hosts) => found.push(`${time.nowMs()} ${name} ${hosts.join()}`));
	}
	time.run(1000);
	deepEqual(found, [
		"0 192.0.2.1 192.0.2.1",
		"0 [2001:DB8::0:1] 2001:db8::1",
		"40 Server.Example 10.0.0.9,2001:db8::9",
		"40 nobody.example ",
	]);
	match(network.newAddress(), /^10\.0\.0\.\d+$/);
});

test("where nobody listens, the sender hears so only where the network tells", () => {
	for (const tellsUnreachable of [false, true]) {
		const time = new VirtualTime();
		const network = new VirtualNetwork({ time, chance: new Chance(1), conditions: { tellsUnreachable, jitterMs: 0 } });
		const heard: string[] = [];
		const socket = network.open({
			onReadable: () => {},
			onUnreachable: ({ host, port }) => heard.push(`${time.nowMs()} ${host} ${port}`),
		});
		socket.write(new Uint8Array(1), { host: "10.9.9.9", port: 5683 });
		time.run(1000);
		deepEqual(heard, tellsUnreachable ? ["40 10.9.9.9 5683"] : []);
		equal(network.counters.unreachable, 1);
	}
});
