import { DEVICE_LIMITS } from "../../../modules/coap/tuning.ts";
import { deepEqual, equal, test } from "../../harness.ts";
import { Scene } from "./scene.ts";
import { TcpScene } from "./tcp-scene.ts";

const get = { code: 1, path: ["a"] };

test("requests past the limit without poll(): as many again are kept to be failed, then 0", () => {
	const scene = new Scene();
	const ids: number[] = [];
	for (let count = 0; count < 100; count++) ids.push(scene.peer.request(get, 0));
	deepEqual(
		ids.filter((id) => id > 0),
		[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
	);
	equal(ids.indexOf(0), 2 * DEVICE_LIMITS.requests);
	equal(scene.peer.figures.requests, 2 * DEVICE_LIMITS.requests);
	scene.peer.poll(0);
	scene.tells(...[9, 10, 11, 12, 13, 14, 15, 16].map((id) => `failed ${id} full`));
	equal(scene.peer.figures.requests, DEVICE_LIMITS.requests);
	const id = scene.peer.request(get, 0);
	equal(id > 0, true, "there is room again");
	scene.peer.cancel(id);
	scene.peer.cancel(0);
	scene.skip().hears("ACK 2.05 #0 0001").tells("responded 1 2.05");
});

test("the end of an observation is asked for even then: it takes its place", () => {
	const scene = new Scene();
	const id = scene.peer.request({ ...get, observe: 0 }, 0);
	scene.sends("CON 0.01 #0 0001 /a obs=0").hears("ACK 2.05 #0 0001 obs=1").tells("responded 1 2.05 obs=1");
	while (scene.peer.request(get, 0) > 0);
	equal(scene.peer.request({ ...get, observe: 1, observation: id }, 0) > 0, true);
	equal(scene.peer.figures.requests, 2 * DEVICE_LIMITS.requests);
});

test("over TCP while the connection ends: as many as the limit, then 0", () => {
	const scene = new TcpScene();
	scene.peer.request(get, 0);
	scene.hears("RELEASE");
	scene.told = [];
	const ids: number[] = [];
	for (let count = 0; count < 100; count++) ids.push(scene.peer.request(get, 0));
	equal(ids.filter((id) => id > 0).length, DEVICE_LIMITS.requests);
	scene.peer.poll(0);
	equal(scene.told.filter((line) => line.endsWith(" reset")).length, DEVICE_LIMITS.requests);
});
