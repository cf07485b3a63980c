import { utf8 } from "../../../modules/bytes.ts";
import { Code, codeText } from "../../../modules/coap/code.ts";
import type { Request, ResponseOptions } from "../../../modules/coap/peer.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import type { PayloadWriter } from "../../../modules/formats/entry.ts";
import { formatsSince11 } from "../../../modules/formats/payload.ts";
import type { ResourceType, Value } from "../../../modules/formats/value.ts";
import { ConfigurationState } from "../../../modules/lwm2m/configuration-state.ts";
import { path, rootPath } from "../../../modules/lwm2m/path.ts";
import { ownRules, Provenance } from "../../../modules/lwm2m/provenance.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import { bootstrapBench, bootstrapHost, record, securityRecords, serverRecords } from "./bootstrap-bench.ts";

const { senmlJson, senmlCbor, lwm2mCbor, tlv } = ContentFormat;

const records = [...securityRecords(0, 1), ...serverRecords(0, 1)];
const json = (...each: string[]): ResponseOptions => ({
	code: Code.content,
	contentFormat: senmlJson,
	payload: utf8(`[${each.join(",")}]`),
});

/** The same account in a binary format. */
function written(contentFormat: number): ResponseOptions {
	const writer: PayloadWriter = formatsSince11.writer(contentFormat, rootPath)!;
	const add = (o: number, r: number, type: ResourceType, value: Value) => writer.entry(path(o, 0, r), type, value);
	add(0, 0, "string", "coap://server.example");
	add(0, 1, "boolean", false);
	add(0, 2, "integer", 3);
	add(0, 10, "integer", 1);
	add(1, 0, "integer", 1);
	add(1, 1, "integer", 86400);
	add(1, 6, "boolean", false);
	add(1, 7, "string", "U");
	return { code: Code.content, contentFormat, payload: writer.finish() };
}

function packed(pack: (request: Request) => ResponseOptions, more: Parameters<typeof bootstrapBench>[0] = {}) {
	const it = bootstrapBench({ enabler: "1.2", pack, ...more });
	it.world.start().run(0);
	return it;
}

for (const [name, contentFormat] of [
	["SenML CBOR", senmlCbor],
	["LwM2M CBOR", lwm2mCbor],
	["SenML JSON", senmlJson],
] as const) {
	test(`[ETS-12] [Opt-001] [A-70] a Bootstrap-Pack in ${name}: asked for, applied without Finish, registered`, () => {
		const it = packed(() => (contentFormat === senmlJson ? json(...records) : written(contentFormat)));
		deepEqual(it.asked(), ["GET /bspack?ep=ep&acc=</0/1>"]);
		equal(it.world.secondRequests[0]?.accept, senmlCbor);
		equal(it.store.count, 1);
		it.world.run(0);
		equal(it.world.client.sessions[0]?.state, "registered");
		equal(it.world.logged("bootstrapFinished").length, 1);
	});
}

test("[ETS-12] a pack replaces the Objects in it, and leaves the others and the Bootstrap-Server's account", () => {
	const it = bootstrapBench({
		enabler: "1.2",
		hasServer: true,
		pack: () => json(...securityRecords(7, 7), ...serverRecords(7, 7)),
	});
	const { world } = it;
	world.start();
	world.client.add(world.client.registry.object(33100)!.options.create!(5));
	world.client.requestBootstrap("application", "");
	world.run(0);
	const ids = (objectId: number) => world.client.registry.object(objectId)!.instances.map(({ id }) => id);
	deepEqual(ids(0), [1, 7]);
	deepEqual(ids(1), [7]);
	deepEqual(ids(33100), [5]);
	deepEqual(
		world.client.sessions.map(({ shortServerId }) => shortServerId),
		[7],
	);
});

const refusals = [
	Code.badRequest,
	Code.unauthorized,
	Code.notFound,
	Code.methodNotAllowed,
	Code.notAcceptable,
	Code.notImplemented,
];

test("[A-70] a server without packs is asked the classic way, and not for one again", () => {
	for (const code of refusals) {
		const it = packed(() => ({ code }));
		deepEqual(it.asked(), ["GET /bspack?ep=ep&acc=</0/1>", "POST /bs?ep=ep&pct=112"], codeText(code));
		it.write("/0", ...records.slice(0, 4));
		it.write("/1", ...records.slice(4));
		equal(it.finish(), "2.04");
		it.world.run(0);
		it.world.client.requestBootstrap("application", "");
		it.world.run(0);
		equal(it.asked()[2], "POST /bs?ep=ep&pct=112");
	}
});

const bad: { readonly [what: string]: ResponseOptions } = {
	"no server": json(...securityRecords(0, 1)),
	"nothing in it": json(),
	"an Object that is not here": json(...records, record("/5/0/0", 1)),
	"a value out of its range": json(...records, record("/33100/0/1", 101)),
	"no JSON": { code: Code.content, contentFormat: senmlJson, payload: utf8("[{") },
	"TLV, which has no root": { code: Code.content, contentFormat: tlv, payload: Uint8Array.of(0xc1, 0, 1) },
	"a format that nobody knows": { code: Code.content, contentFormat: 9999, payload: utf8("[]") },
	"no format": { code: Code.content, payload: utf8("[]") },
	"a second Bootstrap-Server": json(...records, record("/0/9/0", "coap://x.example"), record("/0/9/1", true)),
};

for (const what in bad) {
	test(`[A-70] a pack that is no good changes nothing, and the classic way follows: ${what}`, () => {
		const it = packed(() => bad[what]!);
		deepEqual(it.asked(), ["GET /bspack?ep=ep&acc=</0/1>", "POST /bs?ep=ep&pct=112"]);
		equal(it.store.count, 0);
		equal(it.discover("/0"), "</>;lwm2m=1.2,</0/1>");
		equal(it.world.client.registry.object(1)?.instances.length, 0);
	});
}

test("[A-70] a pack of 100 KB over Block2 is refused at its limit, and the classic way follows", () => {
	const filler: string[] = [];
	for (let id = 0; id < 250; id++) filler.push(record(`/33100/${id}/0`, "x".repeat(400)));
	const answer = json(...records, ...filler);
	ok(answer.payload!.length > 100_000);
	const it = packed(() => answer);
	const blocks = it.world.secondWire.filter(({ from, bytes }) => from === "server" && bytes.length > 1000).length;
	ok(blocks >= 1 && blocks <= 10, `${blocks} blocks`);
	equal(it.world.logged("bootstrapRefused")[0]?.reason, "tooLarge");
	equal(it.asked()[it.asked().length - 1], "POST /bs?ep=ep&pct=112");
});

test("a pack over several blocks, within the limit", () => {
	const it = packed(() => json(...records, record("/33100/0/0", "x".repeat(5000))));
	it.world.run(0);
	equal(it.world.client.sessions[0]?.state, "registered");
	equal(it.world.client.registry.instance(33100, 0)?.read("name"), "x".repeat(5000));
});

test("no answer to Bootstrap-Pack-Request: it is asked again later", () => {
	const it = bootstrapBench({ enabler: "1.2", pack: () => json(...records) });
	it.world.isSecondCut = true;
	it.world.start().run(100_000);
	equal(it.world.logged("bootstrapFailed")[0]?.reason, "timedOut");
	it.world.isSecondCut = false;
	it.world.run(100_000);
	deepEqual(it.asked(), ["GET /bspack?ep=ep&acc=</0/1>"]);
	equal(it.world.client.sessions[0]?.state, "registered");
});

test("a 1.1 client asks for no pack", () => {
	const it = packed(() => json(...records), { enabler: "1.1" });
	deepEqual(it.asked(), ["POST /bs?ep=ep&pct=112"]);
});

/** The Bootstrap-Server's account in another place, as a bootstrap writes it. */
const moved = [record("/0/1/0", "coap://new.example"), record("/0/1/1", true), record("/0/1/2", 3)];
const names = (isThere: boolean) => ({
	"bs.example": bootstrapHost,
	"server.example": "192.0.2.1",
	...(isThere ? { "new.example": bootstrapHost } : {}),
});

/** A bootstrap that brings another account for itself. */
function rotated(isThere: boolean) {
	const it = bootstrapBench({ hasServer: true, names: names(isThere) });
	it.world.start();
	it.world.client.requestBootstrap("application", "");
	it.world.run(0);
	equal(it.write("/0/1", ...moved), "2.04");
	equal(it.finish(), "2.04");
	it.world.run(0);
	return it;
}

test("[BS-001] credentials that worked stay beside the new ones, kept with them, until those have worked", () => {
	const it = rotated(true);
	const uri = () => it.world.client.registry.instance(0, 1)?.read("serverUri");
	equal(uri(), "coap://new.example");
	equal(it.store.kept?.formerBootstrap[0]?.values.get(0), "coap://bs.example");
	it.world.client.requestBootstrap("application", "");
	it.world.run(0);
	equal(it.finish(), "2.04");
	deepEqual(it.store.kept?.formerBootstrap, []);
	equal(uri(), "coap://new.example");
});

test("[BS-001] new credentials that do not work: the next attempt uses the old ones, and they can be put right", () => {
	const it = rotated(false);
	const { world } = it;
	world.client.requestBootstrap("application", "");
	world.run(0);
	equal(world.logged("bootstrapFailed")[0]?.reason, "noAddress");
	world.run(80_000);
	equal(it.asked().length, 2);
	equal(it.finish(), "2.04");
	equal(it.store.kept?.formerBootstrap[0]?.values.get(0), "coap://bs.example"); // the new ones have not worked
	world.run(0);
	world.client.requestBootstrap("application", "");
	world.run(80_000);
	equal(it.write("/0/1", moved[0]!.replace("new", "bs"), ...moved.slice(1)), "2.04");
	equal(it.finish(), "2.04");
	deepEqual(it.store.kept?.formerBootstrap, []);
	equal(world.client.registry.instance(0, 1)?.read("serverUri"), "coap://bs.example");
});

test("[BS-001] an account that is not complete is 4.06 to Finish, and the old one is the one", () => {
	const it = bootstrapBench({ hasServer: true });
	it.world.start();
	it.world.client.requestBootstrap("application", "");
	it.world.run(0);
	equal(it.write("/0/1", record("/0/1/1", true), record("/0/1/2", 0)), "2.04");
	equal(it.finish(), "4.06");
	it.world.run(300_000);
	equal(it.world.client.registry.instance(0, 1)?.read("serverUri"), "coap://bs.example");
	equal(it.store.count, 0);
});

test("Last Bootstrapped is told of the servers that were written", () => {
	const it = bootstrapBench({ wallTimeS: () => 1_700_000_000 });
	it.world.start().run(0);
	it.write("/0", ...records.slice(0, 4));
	it.write("/1", ...records.slice(4));
	equal(it.finish(), "2.04");
	equal(it.world.client.registry.instance(1, 0)?.read("lastBootstrapped"), 1_700_000_000);
});

test("[BOOT-PROV-002] where each source has its own, a bootstrap leaves what the factory gave", () => {
	const it = bootstrapBench({ hasServer: true, configuration: new ConfigurationState(new Provenance(ownRules)) });
	const { world } = it;
	world.start();
	const session = () => {
		world.client.requestBootstrap("application", "");
		world.run(0);
	};
	session();
	equal(it.write("/0/0", ...records.slice(0, 4)), "4.00");
	equal(it.write("/1/0/1", record("/1/0/1", 60)), "4.00");
	equal(it.remove("/1/0"), "4.00");
	equal(it.remove("/"), "2.02");
	equal(it.write("/0", ...securityRecords(3, 3, "coap://other.example")), "2.04");
	equal(it.write("/1", ...serverRecords(3, 3)), "2.04");
	equal(it.finish(), "2.04");
	const { registry } = world.client;
	equal(registry.instance(1, 0)?.read("lifetime"), 86400);
	equal(it.state.provenance.sourceOf(1, 3), "bootstrapServer");
	equal(it.state.provenance.sourceOf(1, 0), "factory");
	session();
	equal(it.remove("/1/3"), "2.02");
	equal(it.remove("/0/3"), "2.02");
	equal(it.finish(), "2.04");
	equal(registry.instance(1, 3), undefined);
	ok(registry.instance(0, 0) !== undefined);
});

test("what was kept makes the same registry on another day, and says who had said so", () => {
	const it = bootstrapBench();
	it.world.start().run(0);
	it.write("/0", ...records.slice(0, 4));
	it.write("/1", ...records.slice(4));
	it.write("/2/0", record("/2/0/0", 1), record("/2/0/1", 0), record("/2/0/2/1", 15), record("/2/0/3", 1));
	it.write("/33100", record("/33100/2/0", "hall"), record("/33100/2/1", 7));
	equal(it.store.kept, undefined); // power fails: all is as before
	equal(it.finish(), "2.04");
	const other = bootstrapBench();
	other.state.apply(other.world.client.registry, it.store.kept!);
	equal(other.registry(), it.registry());
	equal(other.state.provenance.sourceOf(1, 0), "bootstrapServer");
	deepEqual(other.state.capture(other.world.client.registry), it.store.kept);
	other.world.start();
	equal(other.world.client.sessions[0]?.state, "registered");
	equal(other.asked().length, 0);
});
