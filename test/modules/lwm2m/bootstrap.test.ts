import { readUtf8, utf8 } from "../../../modules/bytes.ts";
import { Code, codeText } from "../../../modules/coap/code.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import { ObjectInstance } from "../../../modules/lwm2m/instance.ts";
import { accessControl } from "../../../modules/objects/access-control-2.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import {
	type BootstrapBench,
	type BootstrapBenchOptions,
	bootstrapBench,
	LAMP,
	record,
	securityRecords,
	serverRecords,
} from "./bootstrap-bench.ts";

test("[ETS-0] client-initiated bootstrap: by itself, for want of a server; Discover; Finish; then it registers", () => {
	const it = bootstrapBench();
	it.world.start().run(0);
	deepEqual(it.asked(), ["POST /bs?ep=ep&pct=112"]);
	equal(it.write("/0", ...securityRecords(0, 1)), "2.04");
	equal(it.write("/1", ...serverRecords(0, 1)), "2.04");
	equal(
		it.discover("/"),
		'</>;lwm2m=1.1,</0>;ver=1.2,</0/0>;ssid=1;uri="coap://server.example",</0/1>,' +
			"</1>;ver=1.2,</1/0>;ssid=1,</2>;ver=1.1,</3/0>,</33100>",
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

const account = [...securityRecords(0, 1), ...serverRecords(0, 1)];

/** In a session, with an account of a server written. */
function configured(options: BootstrapBenchOptions = {}): BootstrapBench {
	const it = bootstrapBench(options);
	it.world.start().run(0);
	it.write("/0", ...account.slice(0, 4));
	it.write("/1", ...account.slice(4));
	return it;
}

test("[ETS-1] the server of the bootstrap hears Register, and reads what was written", () => {
	const it = configured();
	it.finish();
	const { world } = it;
	equal(codeText(world.ask({ code: Code.get, path: ["1", "0", "1"], accept: 0 }).code), "2.05");
	deepEqual(world.requests[0]?.query, ["ep=ep", "lt=86400", "lwm2m=1.1"]);
});

test("[ETS-4] [A-62] Delete of /0, /1 and of everything: the Bootstrap-Server and the Device stay", () => {
	const it = configured({
		furnish: (client) => client.add(client.registry.object(33100)!.options.create!(7)),
	});
	equal(it.remove("/0"), "2.02");
	equal(it.remove("/1"), "2.02");
	equal(it.discover("/"), "</>;lwm2m=1.1,</0>;ver=1.2,</0/1>,</1>;ver=1.2,</2>;ver=1.1,</3/0>,</33100/7>");
	equal(it.remove("/"), "2.02");
	equal(it.remove("/"), "2.02");
	equal(it.discover("/"), "</>;lwm2m=1.1,</0>;ver=1.2,</0/1>,</1>;ver=1.2,</2>;ver=1.1,</3/0>,</33100>");
	equal(it.finish(), "4.06");
	ok(it.world.client.registry.instance(33100, 7) !== undefined);
	it.write("/0", ...account.slice(0, 4));
	it.write("/1", ...account.slice(4));
	equal(it.finish(), "2.04");
	equal(it.world.client.registry.instance(33100, 7), undefined);
	deepEqual(it.lamps, ["removed 7"]);
	equal(it.world.client.sessions[0]?.state, "registered");
});

test("[ETS-5] [Core-001] a server executes Bootstrap-Request Trigger, with an argument", () => {
	const it = bootstrapBench({ hasServer: true });
	const { world } = it;
	world.start();
	equal(world.secondRequests.length, 0);
	equal(codeText(world.ask({ code: Code.post, path: ["1", "0", "9"], payload: utf8("0='keys'") }).code), "2.04");
	world.run(0);
	deepEqual(it.asked(), ["POST /bs?ep=ep&pct=112"]);
	const [wanted] = world.logged("bootstrapWanted");
	equal(wanted?.why, "trigger");
	equal(wanted?.argument, "0='keys'");
	equal(it.finish(), "2.04");
	equal(world.client.sessions[0]?.state, "registered");
});

test("[ETS-5] [A-64] without an account of a Bootstrap-Server the trigger is 4.05", () => {
	const { world } = bootstrapBench({ hasServer: true, isOrphan: true });
	world.start();
	equal(codeText(world.ask({ code: Code.post, path: ["1", "0", "9"] }).code), "4.05");
});

test("[ETS-6] while a server's account works, nobody asks the Bootstrap-Server", () => {
	const { world } = bootstrapBench({ hasServer: true });
	world.start().run(3_600_000);
	equal(world.secondRequests.length, 0);
	equal(world.client.sessions[0]?.state, "registered");
});

test("[ETS-7] [BSR-001] the factory's server is not there: after all attempts a bootstrap brings another one", () => {
	const it = bootstrapBench({ hasServer: true });
	const { world } = it;
	world.isCut = true;
	world.start().run(3_600_000);
	ok(world.secondRequests.length > 0);
	world.isCut = false;
	it.write("/0", ...securityRecords(0, 1, "coap://other.example"));
	equal(it.finish(), "2.04");
	world.run(0);
	equal(world.client.sessions[0]?.address.host, "192.0.2.2");
});

test("[ETS-8] [BSR-005] Bootstrap-Read of /1 and /2, as they would be", () => {
	const it = configured();
	const acl = [record("/2/0/0", 3), record("/2/0/1", 0), record("/2/0/2/0", 31), record("/2/0/3", 65535)];
	equal(it.write("/2", ...acl), "2.04");
	const told = (path: string) => readUtf8(it.ask(Code.get, path, { accept: ContentFormat.senmlJson }).payload);
	equal(told("/1"), '[{"bn":"/1/0/","n":"0","v":1},{"n":"1","v":86400},{"n":"6","vb":false},{"n":"7","vs":"U"}]');
	equal(told("/2"), '[{"bn":"/2/0/","n":"0","v":3},{"n":"1","v":0},{"n":"2/0","v":31},{"n":"3","v":65535}]');
	equal(told("/1/0"), told("/1"));
	equal(it.finish(), "2.04");
	equal(it.world.client.registry.instance(2, 0)?.read("accessControlOwner"), 65535);
});

test("[ETS-9] [A-57] Finish of what is not complete is 4.06; the session goes on", () => {
	const it = bootstrapBench();
	it.world.start().run(0);
	const before = it.registry();
	equal(codeText(it.ask(Code.put, "/1/0/5", { contentFormat: 0, payload: utf8("86400") }).code), "2.04");
	equal(it.finish(), "4.06");
	equal(it.registry(), before);
	equal(it.store.count, 0);
	equal(it.world.logged("bootstrapRefused")[0]?.reason, "configuration.incomplete");
	it.write("/1/0", ...account.slice(4));
	equal(it.finish(), "4.06");
	it.write("/0/0", ...account.slice(0, 4));
	equal(it.finish(), "2.04");
	equal(it.world.client.sessions[0]?.state, "registered");
});

test("[A-60] an Instance written Resource by Resource, or empty first", () => {
	const it = bootstrapBench();
	it.world.start().run(0);
	equal(it.write("/0/0", '{"n":"/0/0"}'), "2.04");
	equal(it.write("/1/0"), "2.04");
	for (const each of account) {
		const path = each.slice(6, each.indexOf('"', 6));
		equal(it.write(path, each), "2.04", path);
	}
	equal(it.finish(), "2.04");
	equal(it.world.client.sessions[0]?.state, "registered");
});

test("[A-61] a second account of a Bootstrap-Server is 4.00; in place of the first one it is not", () => {
	const it = configured();
	equal(it.write("/0/5", record("/0/5/0", "coap://new.example"), record("/0/5/1", true), record("/0/5/2", 3)), "4.00");
	equal(it.write("/0/5", ...securityRecords(5, 7)), "2.04");
	equal(codeText(it.ask(Code.put, "/0/5/1", { contentFormat: 0, payload: utf8("1") }).code), "4.00");
	equal(it.write("/0/1", record("/0/1/0", "coap://new.example"), record("/0/1/1", true), record("/0/1/2", 3)), "2.04");
});

test("a Write of an Instance takes away what it does not name, one of a Resource does not", () => {
	const it = bootstrapBench({ hasServer: true });
	it.world.start();
	it.world.run(0);
	it.world.client.requestBootstrap("application", "");
	it.world.run(0);
	equal(it.write("/1/0", ...account.slice(4), record("/1/0/5", 77)), "2.04");
	equal(it.write("/1/0/1", record("/1/0/1", 99)), "2.04");
	equal(it.finish(), "2.04");
	const server = it.world.client.registry.instance(1, 0)!;
	equal(server.read("lifetime"), 99);
	equal(server.read("disableTimeout"), 77);
	it.world.run(0);
	it.world.client.requestBootstrap("application", "");
	it.world.run(0);
	equal(it.write("/1/0", ...account.slice(4)), "2.04");
	equal(it.finish(), "2.04");
	equal(server.read("disableTimeout"), undefined);
	equal(server.read("lifetime"), 86400);
});

const inconsistent: { readonly [what: string]: readonly [string, ...string[]] } = {
	"no server": ["configuration.noServer"],
	"a Security Instance alone": ["configuration.unpaired", ...securityRecords(0, 1)],
	"a Server Instance alone": ["configuration.unpaired", ...serverRecords(0, 1)],
	"Short Server IDs that differ": ["configuration.unpaired", ...securityRecords(0, 1), ...serverRecords(0, 2)],
	"two accounts of one server": [
		"configuration.shortServerId",
		...securityRecords(0, 1),
		...securityRecords(2, 1),
		...serverRecords(0, 1),
	],
	"two Server Instances of one account": [
		"configuration.unpaired",
		...securityRecords(0, 1),
		...serverRecords(0, 1),
		...serverRecords(1, 1),
	],
	"coaps without keys": [
		"credentials.noSec",
		...securityRecords(0, 1, "coaps://server.example"),
		...serverRecords(0, 1),
	],
	"a URI that is none": ["uri.malformed", ...securityRecords(0, 1, "server.example"), ...serverRecords(0, 1)],
	"another transport": ["uri.scheme", ...securityRecords(0, 1, "coap+tcp://server.example"), ...serverRecords(0, 1)],
	"no Short Server ID": ["configuration.incomplete", ...securityRecords(0, 1).slice(0, 3), ...serverRecords(0, 1)],
	"keys that are not there": [
		"configuration.incomplete",
		...securityRecords(0, 1, "coaps://server.example").map((each) => each.replace('/2","v":3', '/2","v":0')),
		...serverRecords(0, 1),
	],
	"DTLS that is not in the image": [
		"uri.noDtls",
		...securityRecords(0, 1, "coaps://server.example").map((each) => each.replace('/2","v":3', '/2","v":0')),
		record("/0/0/3", Uint8Array.of(1)),
		record("/0/0/5", Uint8Array.of(2)),
		...serverRecords(0, 1),
	],
	"a link to nowhere": [
		"configuration.link",
		...securityRecords(0, 1),
		'{"n":"/0/0/17","vlo":"21:0"}',
		...serverRecords(0, 1),
	],
	"more servers than we serve": [
		"configuration.limit",
		...[2, 3, 4, 5, 6].flatMap((id) => [...securityRecords(id, id), ...serverRecords(id, id)]),
	],
};

for (const what in inconsistent) {
	test(`[ETS-9] Finish is 4.06, and nothing is applied: ${what}`, () => {
		const [reason, ...records] = inconsistent[what]!;
		const it = bootstrapBench();
		it.world.start().run(0);
		const before = it.registry();
		for (const objectId of [0, 1]) {
			const own = records.filter((each) => each.startsWith(`{"n":"/${objectId}/`));
			if (own.length > 0) equal(it.write(`/${objectId}`, ...own), "2.04");
		}
		equal(it.finish(), "4.06");
		equal(it.world.logged("bootstrapRefused")[0]?.reason, reason);
		equal(it.registry(), before);
	});
}

test("[A-86] a bootstrap that takes a server away gives what was its to others, or takes it along", () => {
	const it = bootstrapBench({
		hasServer: true,
		furnish(client) {
			client.add(new ObjectInstance(LAMP, { id: 3, values: { name: undefined, level: 0 } }));
			client.add(accessControl({ id: 0, objectId: 3, objectInstanceId: 0, owner: 1, acl: new Map([[2, 3]]) }));
			client.add(accessControl({ id: 1, objectId: LAMP.id, objectInstanceId: 3, owner: 1 }));
		},
	});
	const { world } = it;
	const { registry } = world.client;
	world.start();
	equal(codeText(world.ask({ code: Code.post, path: ["1", "0", "9"] }).code), "2.04");
	world.run(0);
	equal(it.remove("/0/0"), "2.02");
	equal(it.write("/0/0", ...securityRecords(0, 2, "coap://other.example")), "2.04");
	equal(it.write("/1/0", ...serverRecords(0, 2)), "2.04");
	equal(registry.instance(2, 0)?.at(3), 1, "nothing before Finish");
	equal(it.finish(), "2.04");
	equal(registry.instance(2, 0)?.at(3), 2);
	equal(registry.instance(2, 1), undefined);
	deepEqual(it.lamps, ["removed 3"]);
	equal(registry.instance(LAMP.id, 3), undefined);
});
