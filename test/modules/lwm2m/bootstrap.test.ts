import { deepEqual, equal, ok, test } from "../../harness.ts";
import { bootstrapBench, record, securityRecords, serverRecords } from "./bootstrap-bench.ts";

test("[ETS-0] client-initiated bootstrap: by itself, for want of a server; Discover; Finish; then it registers", () => {
	const it = bootstrapBench();
	it.world.start().run(0);
	deepEqual(it.asked(), ["POST /bs?ep=ep&pct=112"]);
	equal(it.write("/0", ...securityRecords(0, 1)), "2.04");
	equal(it.write("/1", ...serverRecords(0, 1)), "2.04");
	equal(
		it.discover("/"),
		'</>;lwm2m=1.1,</0>;ver=1.2,</0/0>;ssid=1;uri="coap://server.example",</0/1>,</1>;ver=1.2,</1/0>;ssid=1,</2>;ver=1.1,</3/0>,</33100>',
	);
	equal(it.world.requests.length, 0);
	equal(it.finish(), "2.04");
	equal(it.world.client.sessions[0]?.state, "registered");
	equal(it.world.requests[0]?.path.join("/"), "rd");
	equal(it.store.count, 1);
});

test("nothing applies before Finish", () => {
	const it = bootstrapBench();
	it.world.start().run(0);
	const before = it.registry();
	it.write("/0", ...securityRecords(0, 1));
	it.write("/1", ...serverRecords(0, 1));
	it.write("/33100", record("/33100/4/0", "hall"));
	equal(it.registry(), before);
	equal(it.store.count, 0);
	equal(it.finish(), "2.04");
	ok(it.registry() !== before);
	equal(it.world.client.registry.instance(33100, 4)?.read("name"), "hall");
});
