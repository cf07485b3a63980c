import { deepEqual, equal, ok, test } from "../../harness.ts";
import { fakeImage } from "./fake-slots.ts";
import { package2, Scene } from "./scene.ts";

test("[FWU-1] [FWU-3] [FWU-4] [FWU-5] pushed by blocks, updated: each state is told (ETS 751 760 770, A-101)", () => {
	const it = new Scene().observe();
	equal(it.now, "0/0");
	equal(it.text("/3/0/3"), "1.0.0");
	equal(it.push(package2()), "2.04");
	it.run(100);
	equal(it.now, "2/0");
	deepEqual([it.text("/5/0/6"), it.text("/5/0/7")], ["product-1", "2.0.0"], "from the header of the image itself");
	equal(it.text("/3/0/3"), "1.0.0", "what runs is another thing");
	equal(it.execute("/5/0/2"), "2.04");
	it.run(5000);
	equal(it.restarts, 1);
	it.run(5000);
	equal(it.now, "0/1");
	equal(it.text("/3/0/3"), "2.0.0");
	deepEqual(it.told, ["S0", "R0", "S1", "S2", "S3"]);
	equal(it.logged("firmware.confirmed").length, 1);
	equal(it.cut().run(100).now, "0/1", "Result 1 stays until a reset (A-104)");
	equal(it.board.boot().bootReason.kind, "normal");
	equal(it.pull(""), "2.04");
	equal(it.now, "0/0");
});

test("[FWU-1] [FWU-2] pulled from a server of packages, by blocks (ETS 771)", () => {
	const it = new Scene().observe();
	it.shelve("fw", package2());
	equal(it.pull("coap://files.example/fw"), "2.04");
	it.run(1000);
	equal(it.now, "2/0");
	deepEqual(it.told, ["S0", "R0", "S1", "S2"]);
	equal(it.text("/5/0/1"), "coap://files.example/fw");
	equal(it.execute("/5/0/2"), "2.04");
	it.run(10_000);
	equal(it.now, "0/1");
	ok(it.records.every(({ event }) => event !== "hostFailure"));
});

test("[FWU-1] pulled through the server's own session, between its other messages (A-106)", () => {
	const it = new Scene();
	it.shelve("packages/two", package2());
	equal(it.pull("coap://server.example/packages/two"), "2.04");
	it.run(1000);
	equal(it.now, "2/0");
});

test("[FWU-5] an image whose bytes are wrong is Result 5 (ETS 776)", () => {
	const it = new Scene().observe();
	const broken = package2();
	broken[3000]! ^= 1;
	equal(it.push(broken), "2.04");
	it.run(100);
	equal(it.now, "0/5");
	deepEqual(it.told, ["S0", "R0", "S1", "S0", "R5"]);
	equal(it.updater.reason, "image");
	equal(it.push(fakeImage({ version: 2, sizeBytes: 4096, isForged: true })), "2.04");
	it.run(100);
	equal(it.now, "0/5");
	equal(it.updater.reason, "signature");
});
