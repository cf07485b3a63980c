/** What a restart does not lose. */
import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Chance } from "../../../../hosts/simulator/chance.ts";
import { VirtualNetwork } from "../../../../hosts/simulator/network/virtual-network.ts";
import { BootstrapServer } from "../../../../hosts/simulator/server/bootstrap/bootstrap-server.ts";
import { keepRegistration, returnRegistration } from "../../../../hosts/simulator/server/store/kept-registration.ts";
import { SqliteStore } from "../../../../hosts/simulator/server/store/sqlite-store.ts";
import { VirtualTime } from "../../../../hosts/simulator/time.ts";
import { codeText } from "./bootstrap-stage.ts";
import { Stage } from "./stage.ts";

const folder = mkdtempSync(join(tmpdir(), "dormouse-store-"));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const newFile = () => join(folder, `${++files}.db`);

const post = 2;
const links = '</>;rt="oma.lwm2m";ct="60 110",</1/0>,</3/0>,</3303/0>;ver="1.1"';
const utf8 = (text: string) => new TextEncoder().encode(text);

/** Closes the store and opens the file again, as another process would. */
async function restart(stage: Stage, before: SqliteStore, file: string): Promise<SqliteStore> {
	stage.server.stop();
	before.close();
	const store = new SqliteStore({ file });
	await stage.restart(store);
	return store;
}

test("registrations go on as they were: parameters, location, what is left of the lifetime", async () => {
	const file = newFile();
	const store = new SqliteStore({ file });
	const stage = await Stage.open({ store });
	const client = stage.client();
	const query = ["ep=Büro", "lt=600", "lwm2m=1.1", "b=UT", "Q", "sms=49", "x=y"];
	const location = await stage.outcome(client.register(query, links));
	await stage.outcome(stage.client().register(["ep=shorter", "lt=300", "lwm2m=1.2"], links));
	const { address: _, models: __, ...before } = stage.server.client("Büro")!;
	await stage.pass(200_000);
	const second = await restart(stage, store, file);
	const { address, models, ...restored } = stage.server.client("Büro")!;
	deepEqual(restored, before);
	equal(models.resource(3303, 5700)?.type, "float");
	equal(stage.server.isAwake(stage.server.client("Büro")!), false, "93 s are over");
	await stage.pass(99_000);
	ok(stage.server.client("shorter") !== undefined);
	await stage.pass(2000);
	equal(stage.server.client("shorter"), undefined);
	await stage.pass(298_000);
	equal(stage.server.clients().length, 1);
	const answer = await stage.outcome(client.request({ code: post, path: ["rd", location] }));
	equal(codeText(answer.code), "2.04");
	const third = await restart(stage, second, file);
	await stage.pass(599_000);
	equal(stage.server.clients().length, 1, "the Update was kept");
	await stage.pass(2000);
	equal(stage.server.clients().length, 0);
	await restart(stage, third, file);
	deepEqual(stage.server.clients(), []);
});

test("who had proved to be at a registration's address", async () => {
	const stage = await Stage.open();
	await stage.outcome(stage.client().register(["ep=a", "lwm2m=1.1"], links));
	const registration = stage.server.client("a")!;
	const { limits, models } = stage.server;
	for (const proven of [undefined, { psk: utf8("me") }, { publicKey: Uint8Array.of(4, 5), commonName: "a" }]) {
		const kept = JSON.parse(JSON.stringify(keepRegistration(registration, proven)));
		deepEqual(returnRegistration(kept, limits, models)?.proven, proven);
	}
	equal(returnRegistration({ ...keepRegistration(registration, undefined), list: "" }, limits, models), undefined);
});

test("a registration that ends while the server is down, and one that was ended before", async () => {
	const file = newFile();
	const store = new SqliteStore({ file });
	const stage = await Stage.open({ store });
	const client = stage.client();
	await stage.outcome(client.register(["ep=short", "lt=60", "lwm2m=1.1"], links));
	const gone = await stage.outcome(stage.client().register(["ep=gone", "lt=600", "lwm2m=1.1"], links));
	await stage.outcome(client.request({ code: 4, path: ["rd", gone] }));
	stage.server.stop();
	store.close();
	stage.happenings.length = 0;
	await stage.pass(61_000);
	await stage.restart(new SqliteStore({ file }));
	deepEqual(stage.names(), ["deregistered"]);
	deepEqual(stage.server.clients(), []);
});

test("observations go on: notifications arrive, in order, and a cancel ends them with their token", async () => {
	const file = newFile();
	const store = new SqliteStore({ file });
	const stage = await Stage.open({ store });
	const client = stage.client();
	const value = (text: string, observe?: number) => ({
		code: 0x45,
		contentFormat: 0,
		payload: utf8(text),
		...(observe === undefined ? {} : { observe }),
	});
	client.reply = ({ observe }) => value("20", observe === 0 ? 9_000_000 : undefined);
	await stage.outcome(client.register(["ep=a", "lt=86400", "lwm2m=1.1"], links));
	await stage.outcome(stage.server.operations.observe("a", "/3303/0/5700", { attributes: { pmin: 5 } }));
	await stage.outcome(stage.server.operations.observe("a", "/3/0/9"));
	await stage.outcome(stage.server.operations.cancel("a", "/3/0/9", "active"));
	const observed = client.heard[0]!;
	const second = await restart(stage, store, file);
	equal(client.heard.length, 3, "nothing is asked again");
	stage.happenings.length = 0;
	client.notify(observed, value("21.5", 9_000_001));
	await stage.pass(1000);
	client.notify(observed, value("99", 9_000_000)); // older
	await stage.pass(1000);
	client.notify(observed, value("22", 9_000_002));
	await stage.pass(1000);
	const told = stage.happenings.map((one) => (one.name === "notification" ? one.event.node : one.name));
	deepEqual(
		told.map((node) => (node as { value?: unknown }).value),
		[21.5, 22],
	);
	await restart(stage, second, file);
	await stage.outcome(stage.server.operations.cancel("a", "/3303/0/5700", "active"));
	const last = client.heard.at(-1)!;
	deepEqual([last.observe, last.path, last.query], [1, "/3303/0/5700", ["pmin=5"]]);
	deepEqual(last.token, observed.token);
});

test("credentials, profiles and the server's own key", async () => {
	const file = newFile();
	const store = new SqliteStore({ file });
	const stage = await Stage.open({ store, securePort: 5684 });
	const key = Uint8Array.of(1, 2, 3);
	stage.server.security.add({ endpoint: "a", mode: "psk", identity: "me", key });
	stage.server.security.add({ endpoint: "b", mode: "x509" });
	stage.server.security.add({ endpoint: "c", mode: "x509" });
	stage.server.security.remove("c");
	stage.server.profiles.set("v:lamp", "</3311/0>");
	const { identity } = stage.server;
	await restart(stage, store, file);
	deepEqual(stage.server.security.all(), [
		{ endpoint: "a", mode: "psk", identity: "me", key },
		{ endpoint: "b", mode: "x509" },
	]);
	deepEqual([...stage.server.profiles.all()], [["v:lamp", "</3311/0>"]]);
	deepEqual(stage.server.identity, identity);
});

test("bootstrap configurations, what is left out of them included", async () => {
	const file = newFile();
	const time = new VirtualTime();
	const chance = new Chance(1);
	const network = new VirtualNetwork({ time, chance });
	const open = (store: SqliteStore) => new BootstrapServer({ network, time, dice: chance, entropy: chance, store });
	const store = new SqliteStore({ file });
	const before = open(store);
	const secretKey = Uint8Array.of(7, 8);
	const security = {
		uri: "coaps://a",
		securityMode: "PSK",
		publicKeyOrId: [65],
		secretKey,
		serverId: 1,
		smsSecurityMode: null,
	};
	before.configure("a", { security: { 1: security }, pack: "notAllowed", toDelete: ["/0"] });
	before.configure("b", {});
	before.configurations.remove("b");
	before.security.add({ endpoint: "a", mode: "x509" });
	const { settings: _, ...configured } = before.configurations.of("a")!;
	store.close();
	const after = open(new SqliteStore({ file }));
	const { settings: __, ...restored } = after.configurations.of("a")!;
	deepEqual(restored, configured);
	deepEqual([...after.configurations.all().keys()], ["a"]);
	deepEqual(after.security.all(), [{ endpoint: "a", mode: "x509" }]);
});

test("a store has one user at a time, and what a killed one left behind is cleared away", () => {
	const file = newFile();
	const store = new SqliteStore({ file });
	store.put("profile", "v:a", { list: "" });
	throws(() => new SqliteStore({ file }), { name: "StoreRefused", message: /is used by process \d+/ });
	store.close();
	equal(existsSync(`${file}.owner`), false);
	equal(statSync(file).mode & 0o777, 0o600, "there are keys in it");
	mkdirSync(`${file}.lock`); // as a process that is killed while it writes leaves them
	writeFileSync(`${file}.owner`, "999999999\n");
	const next = new SqliteStore({ file });
	deepEqual(next.all("profile"), [["v:a", { list: "" }]]);
	next.close();
});

test("a file that is none, or cannot be, is told with its name", () => {
	const file = newFile();
	writeFileSync(file, "this is no database, and longer than the header of one is: ".repeat(4));
	throws(() => new SqliteStore({ file }), { name: "StoreRefused", message: /\.db can not be used as a store/ });
	equal(existsSync(`${file}.owner`), false);
	throws(() => new SqliteStore({ file: join(folder, "none", "x.db") }), { name: "StoreRefused" });
});

test("what is put in one turn is read back at once, and the last word counts", async () => {
	const store = new SqliteStore({ file: newFile() });
	store.put("profile", "a", { list: "1" });
	store.put("profile", "b", { list: "2" });
	store.put("profile", "a", { list: "3" });
	store.remove("profile", "b");
	deepEqual(store.all("profile"), [["a", { list: "3" }]]);
	store.put("identity", "own", { text: "ü\u0000\"'" });
	await new Promise((resolve) => setImmediate(resolve));
	deepEqual(store.all("identity"), [["own", { text: "ü\u0000\"'" }]]);
	ok(store.all("security").length === 0);
	store.close();
});
