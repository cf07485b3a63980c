import { readUtf8 } from "../../modules/bytes.ts";
import { Code } from "../../modules/coap/code.ts";
import { Peer, type Request, type Response } from "../../modules/coap/peer.ts";
import type { Address } from "../../modules/host.ts";
import main from "../../src/main.ts";
import { product } from "../../src/product.ts";
import { deepEqual, equal, ok, test } from "../harness.ts";
import { type World, welcoming } from "../modules/lwm2m/world.ts";
import { type FakeHost, fakeHost } from "./fake-host.ts";

const address: Address = { host: "192.0.2.1", port: 5683 };

/** Where another server would be, which nobody plays. */
const deadPort = 5783;

/** A server on the other side of a fake host. */
class Server {
	readonly requests: Request[] = [];
	readonly responses: Response[] = [];
	readonly #device: FakeHost;
	readonly #peer: Peer;
	#taken = 0;

	constructor(device: FakeHost) {
		this.#device = device;
		const { dice, entropy } = device.host;
		this.#peer = new Peer({
			dice,
			entropy,
			listener: {
				requested: (request, nowMs) => {
					this.requests.push(request);
					this.#peer.respond(request, welcoming(request, undefined as unknown as World)!, nowMs);
				},
				responded: (_, response) => void this.responses.push(response),
				failed() {},
				observerGone() {},
			},
		});
	}

	ask(code: number, path: string): void {
		this.#peer.request({ code, path: path.split("/").slice(1) }, this.#device.nowMs);
		this.carry();
	}

	observe(path: string): void {
		this.#peer.request({ code: Code.get, path: path.split("/").slice(1), observe: 0 }, this.#device.nowMs);
		this.carry();
	}

	/** Carries datagrams until there are none. */
	carry(): void {
		for (let rounds = 0; rounds < 100; rounds++) {
			let isMoved = false;
			for (; this.#taken < this.#device.written.length; this.#taken++) {
				const { bytes, to } = this.#device.written[this.#taken]!;
				isMoved = true;
				if (to.port !== deadPort) this.#peer.receive(bytes, 0, bytes.length, this.#device.nowMs);
			}
			for (let sent = this.#peer.takeDatagram(); sent !== undefined; sent = this.#peer.takeDatagram()) {
				isMoved = true;
				this.#device.deliver(sent.slice(), address);
			}
			if (!isMoved) return;
		}
	}
}

function started(device: FakeHost = fakeHost()): { device: FakeHost; server: Server } {
	const server = new Server(device);
	main(device.host);
	device.advance(device.nowMs);
	server.carry();
	return { device, server };
}

const events = (device: FakeHost) => device.records.map(({ event }) => event);

test("[CORE-REG-1] the application boots, registers, and says so", () => {
	const { device, server } = started();
	deepEqual(device.records.slice(0, 3), [
		{ event: "booted", platform: "test", version: product.firmwareVersion, resetCause: "powerOn" },
		{ event: "registering", server: 1, uri: product.server.uri },
		{ event: "registered", server: 1, location: "/rd/5", lifetimeS: product.server.lifetimeS },
	]);
	deepEqual(device.written[0]!.to, address);
	equal(server.requests[0]!.query[0], `ep=${product.endpointName}`);
	equal(readUtf8(server.requests[0]!.payload), "</1/0>,</3/0>,</3303>;ver=1.1,</3303/0>");
});

test("what the factory says wins over the product's own", () => {
	const factory = { endpointName: "urn:x", serverUri: "coap://other.example:1234", lifetimeS: 99, serialNumber: "S-1" };
	const { device, server } = started(fakeHost({ factory }));
	equal(device.records[1]!.uri, "coap://other.example:1234");
	equal(device.written[0]!.to.port, 1234);
	deepEqual(server.requests[0]!.query.slice(0, 2), ["ep=urn:x", "lt=99"]);
});

test("a board without a sensor has no thermometer", () => {
	const { server } = started(fakeHost({ hasSensor: false }));
	equal(readUtf8(server.requests[0]!.payload), "</1/0>,</3/0>");
});

test("[CORE-DM-1] [CORE-IR-1] read, observe, notify, and the alarm stands at the next sample", () => {
	const { device, server } = started();
	server.ask(Code.get, "/3/0/0");
	equal(readUtf8(server.responses[0]!.payload), product.manufacturer);
	server.observe("/3303/0/5700");
	equal(device.alarmMs(), 5000);
	device.celsius = 22.25;
	device.advance(4999);
	server.carry();
	equal(server.responses.length, 2);
	device.advance(5000);
	server.carry();
	equal(readUtf8(server.responses[2]!.payload), "22.3");
	equal(device.alarmMs(), 10_000);
});

test("[CORE-REG-1] shut down: De-register, then power off, then nothing more", () => {
	const { device, server } = started();
	device.shutDown();
	ok(!device.isOff, "the server has not answered yet");
	server.carry();
	ok(device.isOff);
	equal(server.requests.at(-1)!.code, Code.delete);
	equal(events(device).at(-1), "deregistered");
	equal(device.alarmMs(), undefined);
	const before = device.written.length;
	server.ask(Code.get, "/3/0/0");
	equal(device.written.length, before);
});

test("[CORE-REG-1] shut down with a silent server ends within ten seconds", () => {
	const { device } = started();
	device.shutDown();
	device.advance(10_000);
	ok(device.isOff);
});

test("[CORE-DM-1] reboot: the answer first, the restart when a lost answer could have been asked for again", () => {
	const { device, server } = started();
	server.ask(Code.post, "/3/0/4");
	equal(server.responses[0]!.code, Code.changed);
	equal(device.restarts, 0);
	device.advance(3499);
	equal(device.restarts, 0);
	device.advance(3500);
	equal(device.restarts, 1);
	ok(events(device).includes("restarting"));
});

test("the clock is read once a turn", () => {
	const { device, server } = started();
	const before = device.clockReads;
	device.deliver(new Uint8Array([0x40, 0, 0, 1]), address); // a ping
	equal(device.clockReads, before + 1);
	server.carry();
});

test("a host that can not send is logged and tried again by CoAP's own clock", () => {
	const device = fakeHost();
	device.failsToWrite = true;
	const { server } = started(device);
	ok(device.records.some(({ event, what }) => event === "hostFailure" && what === "no route"));
	device.failsToWrite = false;
	device.advance(3000);
	server.carry();
	equal(events(device).at(-1), "registered");
});

test("a host without a socket is logged, and the loop lives", () => {
	const device = fakeHost();
	device.failsToOpen = true;
	started(device);
	ok(device.records.some(({ event, what }) => event === "hostFailure" && what === "no socket"));
	ok(device.alarmMs() !== undefined);
});

test("[CORE-REG-3] [CORE-OBJ-1] several servers from the factory: an account for each, rights on everything", () => {
	const servers = [
		{ uri: "coap://one.example", shortServerId: 7 },
		{ uri: `coap://two.example:${deadPort}`, shortServerId: 9, lifetimeS: 60 },
	];
	const device = fakeHost({ factory: { servers, lifetimeS: 5 } });
	const { server } = started(device);
	const registering = device.records.filter(({ event }) => event === "registering");
	deepEqual(registering.map(({ server, uri }) => `${server} ${uri}`).sort(), [
		"7 coap://one.example",
		`9 coap://two.example:${deadPort}`,
	]);
	const links = "</1/0>,</1/1>,</2>;ver=1.1,</2/0>,</2/1>,</2/2>,</2/3>,</3/0>,</3303>;ver=1.1,</3303/0>";
	equal(readUtf8(server.requests[0]!.payload), links);
	equal(server.requests[0]!.query[1], `lt=${product.server.lifetimeS}`);
	const ask = (path: string, expected: number) => {
		server.ask(Code.get, path);
		equal(server.responses.at(-1)!.code, expected, path);
	};
	ask("/1/0/0", Code.content);
	ask("/1/1/0", Code.unauthorized);
	ask("/3/0/0", Code.content);
	ask("/3303/0/5700", Code.content);
});

test("[VER-COMP-001] the LwM2M version of the factory, with the tables that belong to it", () => {
	for (const [enabler, list] of [
		["1.0", "</1/0>,</3/0>,</3303>;ver=1.1,</3303/0>"],
		["1.1", "</1/0>,</3/0>,</3303>;ver=1.1,</3303/0>"],
		["1.2", "</1/0>,</3/0>,</3303>;ver=1.1,</3303/0>"],
	] as const) {
		const { server } = started(fakeHost({ factory: { enabler } }));
		ok(server.requests[0]!.query.includes(`lwm2m=${enabler}`), server.requests[0]!.query.join(" "));
		equal(readUtf8(server.requests[0]!.payload), list);
		server.ask(Code.get, "/1/0/23");
		equal(server.responses.at(-1)!.code, enabler === "1.0" ? Code.notFound : Code.content, enabler);
	}
});
