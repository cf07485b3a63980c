import { equal, test } from "../../harness.ts";
import { Scene } from "./scene.ts";

const isEmpty = (scene: Scene) => {
	equal(scene.peer.figures.transmissions + scene.peer.figures.outbox, 0, "something is left");
	equal(scene.peer.deadlineMs, Number.POSITIVE_INFINITY);
};

test("a ping is an Empty Confirmable message, answered by its Reset (RFC 7252 §4.3)", () => {
	const scene = new Scene();
	scene.peer.ping(0);
	scene.sends("CON 0.00 #0 -").silent().tells();
	scene.at(100).hears("RST 0.00 #7").tells();
	scene.hears("RST 0.00 #0").silent().tells("ponged");
	isEmpty(scene);
	scene.hears("RST 0.00 #0").silent().tells();
	scene.peer.ping(100);
	scene.sends("CON 0.00 #1 -").at(200).hears("RST 0.00 #1").tells("ponged");
	isEmpty(scene);
});

test("two peers of ours: the ping of one comes back from the other", () => {
	const scene = new Scene();
	const other = new Scene();
	scene.peer.ping(0);
	const ping = scene.peer.takeDatagram()!;
	other.peer.receive(ping, 0, ping.length, 0);
	scene.hearsBytes(other.peer.takeDatagram()!).silent().tells("ponged");
	other.silent().tells();
});

test("an Acknowledgement of a ping is a sign of life too", () => {
	const scene = new Scene();
	scene.peer.ping(0);
	scene.skip().hears("ACK 0.00 #0").silent().tells("ponged");
	isEmpty(scene);
});

test("a ping that nobody answers goes out five times, and is lost after MAX_TRANSMIT_WAIT", () => {
	const scene = new Scene();
	scene.peer.ping(0);
	for (const sentMs of [0, 2000, 6000, 14_000, 30_000]) scene.at(sentMs).sends("CON 0.00 #0 -");
	scene.at(61_999).silent().tells();
	scene.at(62_000).silent().tells("pingLost");
	isEmpty(scene);
	scene.hears("RST 0.00 #0").silent().tells();
});

test("one ping at a time, and behind what is under way (NSTART)", () => {
	const scene = new Scene();
	scene.peer.request({ code: 1, path: ["a"] }, 0);
	scene.peer.ping(0);
	scene.peer.ping(0);
	equal(scene.peer.figures.transmissions, 2);
	scene.sends("CON 0.01 #0 0001 /a").silent();
	scene.at(10).hears("ACK 2.05 #0 0001").tells("responded 1 2.05").sends("CON 0.00 #1 -");
	scene.hears("RST 0.00 #1").silent().tells("ponged");
	isEmpty(scene);
});

test("reset() forgets a ping; the next one goes out", () => {
	const scene = new Scene();
	scene.peer.ping(0);
	scene.peer.reset(0);
	scene.skip().hears("RST 0.00 #0").tells();
	isEmpty(scene);
	scene.peer.ping(0);
	scene.sends("CON 0.00 #1 -").hears("RST 0.00 #1").tells("ponged");
});

test("a listener that does not care for pings hears nothing", () => {
	const scene = new Scene();
	Object.defineProperty(scene, "ponged", { value: undefined });
	scene.peer.ping(0);
	scene.skip().hears("RST 0.00 #0").tells();
	isEmpty(scene);
});
