import { ContentFormat } from "../../../modules/formats/content-format.ts";
import { connectivityMonitoring } from "../../../modules/objects/connectivity-monitoring-4.ts";
import {
	type ConnectivityStatistics,
	connectivityStatistics,
} from "../../../modules/objects/connectivity-statistics-7.ts";
import { counted } from "../../../modules/objects/counted-datagrams.ts";
import { CONNECTIVITY_MONITORING } from "../../../modules/objects/facts/connectivity-monitoring-4-v1-3.ts";
import { location } from "../../../modules/objects/location-6.ts";
import { deepEqual, equal, test } from "../../harness.ts";
import { bench, code, linksOf } from "../lwm2m/bench.ts";
import { texts, write } from "./scene.ts";

/** The first payload is the answer to the Observe, others are notifications. */
const observe = (it: ReturnType<typeof bench>, ...path: string[]) => {
	const id = it.world.send({ code: 1, path, observe: 0, accept: ContentFormat.senmlCbor });
	return () => it.world.responses.get(id)?.length;
};

function monitored() {
	const now = { signalDbm: -92 };
	const object = connectivityMonitoring({
		bearer: () => 7,
		bearers: () => [7, 21],
		signalDbm: () => now.signalDbm,
		addresses: () => ["192.0.2.7", "2001:db8::7"],
		cellId: () => 12345,
		mobileCountryCode: () => 262,
		linkQuality: () => undefined,
		coverageEnhancementLevel: () => 2,
	});
	return { now, object, it: bench({ isQuiet: true, furnish: (client) => client.add(object) }) };
}

test("[CORE-OBJ-1] Connectivity Monitoring: what the host knows, and nothing else (ETS 701)", () => {
	const { it } = monitored();
	deepEqual(texts(it, "/4/0", 0, "1/0", "1/1", 2, "4/0", "4/1", 8, 10), [
		"7",
		"7",
		"21",
		"-92",
		"192.0.2.7",
		"2001:db8::7",
		"12345",
		"262",
	]);
	for (const resource of [3, 5, 6, 7, 9, 11, 12]) equal(code(it.get(`/4/0/${resource}`)), "4.04", `${resource}`);
	equal(code(it.get("/4/0/13")), "4.04", "a resource of a later version");
	equal(code(it.get("/4/0", ContentFormat.tlv)), "2.05");
	equal(code(write(it, "/4/0/0", "1")), "4.05");
	equal(linksOf(it, "/4/0").includes("</4/0/4>;dim=2"), true);
});

test("[CORE-OBJ-1] Connectivity Monitoring: another version of the table", () => {
	const object = connectivityMonitoring(
		{
			bearer: () => 6,
			bearers: () => [6],
			signalDbm: () => -80,
			addresses: () => [],
			coverageEnhancementLevel: () => 2,
		},
		{ facts: CONNECTIVITY_MONITORING },
	);
	const it = bench({ isQuiet: true, furnish: (client) => client.add(object) });
	deepEqual(texts(it, "/4/0", 13), ["2"]);
	equal(linksOf(it, "/4")[0], "</4>;ver=1.3");
});

test("[CORE-OBJ-1] Connectivity Monitoring: an observer hears of a change, soon or at once (ETS 710)", () => {
	const { it, now, object } = monitored();
	const heard = observe(it, "4", "0");
	it.world.run(100_000);
	equal(heard(), 1);
	now.signalDbm = -95;
	it.world.run(31_000);
	equal(heard(), 2);
	now.signalDbm = -99;
	object.refresh();
	it.world.settle();
	equal(heard(), 3);
});

test("[CORE-OBJ-1] Location: a fix, all of it at once, and what it no longer tells is gone (ETS 801, 810)", () => {
	let next = { latitude: 48.1, longitude: 11.6, timestampS: 1_700_000_060, speedMs: 1.5 };
	const object = location(
		{
			latitude: 48,
			longitude: 11.5,
			timestampS: 1_700_000_000,
			altitudeM: 520,
			radiusM: 10,
			velocity: new Uint8Array(4),
		},
		{ everyS: 60, fix: () => next },
	);
	const it = bench({ isQuiet: true, furnish: (client) => client.add(object) });
	deepEqual(texts(it, "/6/0", 0, 1, 2, 3, 5), ["48", "11.5", "520", "10", "1700000000"]);
	equal(code(it.get("/6/0/6")), "4.04");
	const heard = observe(it, "6", "0");
	it.world.run(61_000);
	equal(heard(), 2);
	deepEqual(texts(it, "/6/0", 0, 1, 5, 6), ["48.1", "11.6", "1700000060", "1.5"]);
	for (const resource of [2, 3, 4]) equal(code(it.get(`/6/0/${resource}`)), "4.04", `${resource}`);
	next = { ...next };
	it.world.run(180_000);
	equal(heard(), 2, "the same fix is no news");
});

function statistical() {
	const made: ConnectivityStatistics[] = [];
	const it = bench({
		isQuiet: true,
		furnish(client) {
			made.push(connectivityStatistics(client));
			client.add(made[0]!);
		},
	});
	return { it, statistics: made[0]! };
}

const counters = [0, 1, 2, 3, 4, 5] as const;

test("[CORE-OBJ-1] Connectivity Statistics: counts between Start and Stop, and keeps its counters (ETS 901)", () => {
	const { it, statistics } = statistical();
	statistics.sent(5000);
	deepEqual(texts(it, "/7/0", ...counters), ["0", "0", "0", "0", "0", "0"], "nothing before Start");
	equal(code(it.execute("/7/0/6")), "2.04");
	statistics.sent(1500);
	statistics.sent(700);
	statistics.received(100);
	statistics.smsSent();
	statistics.smsReceived();
	statistics.smsReceived();
	deepEqual(texts(it, "/7/0", ...counters), ["1", "2", "2", "0", "1500", "767"]);
	equal(code(it.execute("/7/0/7")), "2.04");
	statistics.sent(9000);
	statistics.smsSent();
	deepEqual(texts(it, "/7/0", ...counters), ["1", "2", "2", "0", "1500", "767"]);
	equal(code(it.execute("/7/0/6")), "2.04");
	deepEqual(texts(it, "/7/0", ...counters), ["0", "0", "0", "0", "0", "0"]);
});

test("[CORE-OBJ-1] Connectivity Statistics: the collection period ends the collection (ETS 905)", () => {
	const { it, statistics } = statistical();
	deepEqual(texts(it, "/7/0", 8), ["0"]);
	equal(code(write(it, "/7/0/8", "-1")), "4.00");
	equal(code(write(it, "/7/0/8", "60")), "2.04");
	deepEqual(texts(it, "/7/0", 8), ["60"]);
	it.execute("/7/0/6");
	it.world.run(50_000);
	it.execute("/7/0/6"); // begins anew: the first period does not end this one
	it.world.run(55_000);
	equal(statistics.isCollecting, true);
	it.world.run(6000);
	equal(statistics.isCollecting, false);
	write(it, "/7/0/8", "0");
	it.execute("/7/0/6");
	it.world.run(1_000_000);
	equal(statistics.isCollecting, true);
});

test("[CORE-OBJ-1] Connectivity Statistics: observing it does not feed itself", () => {
	const { it, statistics } = statistical();
	it.execute("/7/0/6");
	const heard = observe(it, "7", "0");
	statistics.sent(4000);
	it.world.settle();
	equal(heard(), 1);
	it.world.run(31_000);
	equal(heard(), 2);
	it.world.run(120_000);
	equal(heard(), 2);
});

test("a counted socket tells IP packets: 28 bytes more with IPv4, 48 with IPv6", () => {
	const { statistics } = statistical();
	const sent: number[] = [];
	const waiting = [10, -1];
	const net = counted(
		{ read: () => waiting.shift() ?? -1, write: (bytes) => void sent.push(bytes.length), close() {} },
		statistics,
	);
	statistics.begin();
	net.write(new Uint8Array(100), { host: "192.0.2.1", port: 5683 });
	net.write(new Uint8Array(100), { host: "2001:db8::1", port: 5683 });
	equal(statistics.count.bytesSent, 128 + 148);
	equal(net.read(new Uint8Array(20), { host: "192.0.2.1", port: 5683 }), 10);
	equal(net.read(new Uint8Array(20), { host: "192.0.2.1", port: 5683 }), -1);
	equal(statistics.count.bytesReceived, 38);
	deepEqual(sent, [100, 100]);
});
