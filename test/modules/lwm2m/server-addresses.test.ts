import { Code } from "../../../modules/coap/code.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import { furnished } from "./furniture.ts";

const alive = "192.0.2.1";
const dead = "192.0.2.9";

/** A name with two addresses; nobody answers at the first one. */
function deadFirst() {
	const { world } = furnished({ names: { "server.example": [dead, alive] }, secondHost: dead, isQuiet: true });
	world.isSecondCut = true;
	return world;
}

const stateOf = (world: ReturnType<typeof deadFirst>) => world.client.sessions[0]!.state;

test("[CORE-REG-1] silence at one address: the same attempt goes on at the next", () => {
	const world = deadFirst().start();
	equal(world.secondWire.length, 1);
	world.run(93_000);
	equal(stateOf(world), "registered");
	deepEqual(world.logged("nextAddress"), [{ event: "nextAddress", server: 1, host: alive }]);
	deepEqual(world.logged("registrationFailed"), []);
	equal(world.secondWire.length, 5, "four retransmissions, and then no more");
	equal(world.client.sessions[0]!.address.host, alive);
});

test("[CORE-REG-1] the attempt has failed when all addresses have been tried", () => {
	const world = deadFirst();
	world.isCut = true;
	world.start().run(200_000);
	equal(world.logged("nextAddress").length, 1);
	const [failed] = world.logged("registrationFailed");
	deepEqual([failed!.reason, failed!.attempt], ["timedOut", 1]);
});

test("[CORE-REG-1] a host without a route to the first address: the next one at once", () => {
	const world = deadFirst().start();
	world.client.undeliverable({ host: dead, port: 5683 }, "notSent", world.nowMs);
	world.settle();
	equal(stateOf(world), "registered");
	equal(world.nowMs, 1000);
});

test("[CORE-REG-1] a host that sends nothing at all: retransmissions go on, for the link may come back", () => {
	const { world } = furnished({ isQuiet: true });
	world.isCut = true;
	world.start();
	world.client.undeliverable({ host: alive, port: 5683 }, "notSent", world.nowMs);
	world.settle();
	equal(stateOf(world), "registering");
	world.isCut = false;
	world.run(3000);
	equal(stateOf(world), "registered");
	deepEqual(world.logged("registrationFailed"), []);
});

test("[CORE-REG-1] the network says that nobody is there: the next address, and then the attempt has failed", () => {
	const world = deadFirst();
	world.isCut = true;
	world.start();
	world.client.undeliverable({ host: dead, port: 5683 }, "unreachable", world.nowMs);
	world.settle();
	equal(world.client.sessions[0]!.address.host, alive);
	equal(stateOf(world), "registering");
	world.client.undeliverable({ host: dead, port: 5683 }, "unreachable", world.nowMs);
	world.settle();
	equal(stateOf(world), "registering", "that is about another address");
	world.client.undeliverable({ host: alive, port: 5683 }, "unreachable", world.nowMs);
	world.settle();
	equal(stateOf(world), "waiting");
	equal(world.logged("registrationFailed")[0]!.reason, "unreachable");
	const sent = world.wire.length;
	world.run(30_000);
	equal(world.wire.length, sent, "one packet, no retransmission");
});

test("[CORE-REG-1] while nothing is asked of it, whatever a network says of a server's address is passed over", () => {
	const { world } = furnished({ isQuiet: true });
	world.start();
	world.client.undeliverable({ host: alive, port: 5683 }, "unreachable", world.nowMs);
	world.run(1000);
	equal(stateOf(world), "registered");
	equal(world.requests.length, 1);
});

test("[CORE-REG-1] change of address: an unanswered Update makes a look-up, and a Register where it says", () => {
	const names: { [name: string]: string[] } = { "server.example": [dead] };
	const { world } = furnished({ names, secondHost: dead, isQuiet: true });
	world.start();
	equal(world.secondRequests.length, 1);
	world.isSecondCut = true;
	names["server.example"] = [alive];
	world.client.update(1);
	world.settle();
	world.run(93_000);
	equal(stateOf(world), "registered");
	deepEqual(
		world.requests.map(({ code, path }) => [code, ...path]),
		[[Code.post, "rd"]],
	);
	ok(world.secondWire.filter(({ from }) => from === "client").length > 5);
});

test("[CORE-REG-1] the address of an unanswered Update is the last to be tried after it", () => {
	const names = { "server.example": [dead, alive] };
	const { world } = furnished({ names, secondHost: dead, isQuiet: true });
	world.start();
	world.isSecondCut = true;
	world.client.update(1);
	world.settle();
	world.run(93_000);
	equal(stateOf(world), "registered");
	equal(world.client.sessions[0]!.address.host, alive);
	equal(world.logged("nextAddress").length, 0);
});

test("[CORE-REG-1] an IPv6 literal is a server's address like any other", () => {
	const { world } = furnished({
		uri: "coap://[2001:db8::9]:5683",
		names: { "2001:db8::9": ["2001:db8::9"] },
		secondHost: "2001:db8::9",
	});
	world.start();
	deepEqual(world.client.sessions[0]!.address, { host: "2001:db8::9", port: 5683 });
	equal(stateOf(world), "registered");
	equal(world.secondRequests.length, 1);
});
