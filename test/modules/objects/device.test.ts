import { deepEqual, equal, test } from "../../harness.ts";
import { code, linksOf } from "../lwm2m/bench.ts";
import { deviceBench, texts } from "./scene.ts";

test("[CORE-OBJ-1] Device: reboot answers first, and restarts once", () => {
	const { it, heard } = deviceBench();
	equal(code(it.execute("/3/0/4")), "2.04");
	equal(heard.restarts, 0);
	it.world.run(3499);
	equal(heard.restarts, 0);
	it.world.run(10_000);
	equal(heard.restarts, 1);
	deepEqual(heard.events, ["restarting reboot"]);
});

test("[CORE-OBJ-1] Device: factory reset forgets after the answer, and then restarts (ETS 661)", () => {
	const order: string[] = [];
	const { it, heard } = deviceBench({ factoryReset: () => order.push(`reset before ${heard.restarts + 1}`) });
	equal(code(it.execute("/3/0/5")), "2.04");
	deepEqual(order, []);
	it.world.run(4000);
	deepEqual(order, ["reset before 1"]);
	equal(heard.restarts, 1);
	equal(code(deviceBench().it.execute("/3/0/5")), "4.04", "a host without one has no such resource");
});

test("[CORE-OBJ-1] Device: errors come one by one, and go (ETS 670)", () => {
	const { it, device } = deviceBench({ errors: () => [7] });
	deepEqual(texts(it, "/3/0/11", 0), ["0"]);
	device.raise(2);
	device.raise(6);
	device.raise(6);
	deepEqual(texts(it, "/3/0/11", 0, 1), ["2", "6"]);
	equal(code(it.get("/3/0/11/2")), "4.04");
	device.resolve(2);
	equal(code(it.get("/3/0/11/0")), "4.04");
	device.raise(1);
	deepEqual(texts(it, "/3/0/11", 0, 1), ["1", "6"]);
	device.resolve(1);
	device.resolve(6);
	deepEqual(texts(it, "/3/0/11", 0), ["0"]);
	device.raise(4);
	equal(code(it.execute("/3/0/12")), "2.04");
	deepEqual(texts(it, "/3/0/11", 0), ["7"], "4 is no longer; 7 holds still");
	equal(code(it.get("/3/0/11/1")), "4.04");
});

test("[CORE-OBJ-1] Device: power sources share their resource instances; battery and memory come from the host", () => {
	const battery = { levelPercent: 80, status: 0 };
	const sources = [
		{ kind: 1, voltageMv: 3800, currentMa: 125 },
		{ kind: 5, voltageMv: 5000 },
	];
	const { it } = deviceBench({
		battery: () => battery,
		powerSources: () => sources,
		memory: { freeKb: () => 15, totalKb: 128 },
	});
	deepEqual(texts(it, "/3/0", "6/0", "6/1", "7/0", "7/1", "8/0"), ["1", "5", "3800", "5000", "125"]);
	equal(code(it.get("/3/0/8/1")), "4.04");
	deepEqual(texts(it, "/3/0", 9, 20, 10, 21), ["80", "0", "15", "128"]);
	const links = linksOf(it, "/3/0");
	for (const link of ["</3/0/6>;dim=2", "</3/0/7>;dim=2", "</3/0/8>;dim=1", "</3/0/9>"])
		equal(links.includes(link), true);
	const bare = deviceBench().it;
	for (const resource of [6, 7, 8, 9, 10, 20, 21, 22]) equal(code(bare.get(`/3/0/${resource}`)), "4.04", `${resource}`);
});

test("[CORE-OBJ-1] Device: an observer hears of the battery, once for each change", () => {
	const battery = { levelPercent: 80, status: 0 };
	const { it } = deviceBench({ battery: () => battery });
	const id = it.world.send({ code: 1, path: ["3", "0", "9"], observe: 0 });
	const heard = () => it.world.responses.get(id)?.length;
	it.world.run(200_000);
	equal(heard(), 1);
	battery.levelPercent = 79;
	it.world.run(61_000);
	equal(heard(), 2);
	it.world.run(120_000);
	equal(heard(), 2);
});
