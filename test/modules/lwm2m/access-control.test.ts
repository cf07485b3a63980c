import { readUtf8, utf8 } from "../../../modules/bytes.ts";
import { Code, codeText } from "../../../modules/coap/code.ts";
import type { RequestOptions, Response } from "../../../modules/coap/peer.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import { AccessControl } from "../../../modules/lwm2m/access-control.ts";
import { maxId } from "../../../modules/lwm2m/access-entry.ts";
import type { Client } from "../../../modules/lwm2m/client.ts";
import { ObjectInstance } from "../../../modules/lwm2m/instance.ts";
import { RequestRefused } from "../../../modules/lwm2m/refusal.ts";
import { unbootstrap } from "../../../modules/lwm2m/unbootstrapping.ts";
import { accessControl, Rights } from "../../../modules/objects/access-control-2.ts";
import { security } from "../../../modules/objects/security-0.ts";
import { server } from "../../../modules/objects/server-1.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import { hex } from "./bench.ts";
import { type FurnishedOptions, furnished } from "./furniture.ts";
import { SAMPLE, sample } from "./sample-object.ts";

const { senmlJson, text, tlv, coreLink } = ContentFormat;

type Ask = (code: number, path: string, more?: Partial<RequestOptions>) => Response;

const acl = (...entries: [server: number, rights: number][]) => new Map(entries);

/**
 * ETS configuration C.14: accounts 1 and 2; each owns its Server Instance; everybody may read the Device Object. Beside
 * it an object that server 1 may make Instances of, and one Instance of the sample object that nobody has rights on.
 */
function twoServers(options: Partial<FurnishedOptions> = {}, more: (client: Client) => void = () => {}) {
	const { world } = furnished({
		isQuiet: true,
		names: { "server.example": "192.0.2.1", "other.example": "192.0.2.2" },
		secondHost: "192.0.2.2",
		accessControl: new AccessControl(accessControl),
		...options,
		furnish(client) {
			client.add(security({ id: 1, serverUri: "coap://other.example", shortServerId: 2 }));
			client.add(server({ id: 1, shortServerId: 2, lifetimeS: 600 }, client));
			client.add(sample({ executed: [], written: [] }));
			client.addObject(OPEN, {
				create: (id) =>
					new ObjectInstance(OPEN, { id, values: { text: "made", whole: undefined }, execute: { run() {} } }),
				remove: ({ id }) => {
					if (id >= 100) throw new RequestRefused(Code.forbidden, "in use");
				},
			});
			client.add(accessControl({ id: 0, objectId: 1, objectInstanceId: 0, owner: 1 }));
			client.add(accessControl({ id: 1, objectId: 1, objectInstanceId: 1, owner: 2 }));
			const everybody = acl([0, Rights.read]);
			client.add(accessControl({ id: 2, objectId: 3, objectInstanceId: 0, owner: maxId, acl: everybody }));
			const makers = acl([1, Rights.create]);
			client.add(accessControl({ id: 3, objectId: OPEN.id, objectInstanceId: maxId, acl: makers }));
			more(client);
		},
	});
	world.start();
	const first: Ask = (code, path, more) => world.ask({ code, path: path.split("/").slice(1), ...more });
	const second: Ask = (code, path, more) => world.askSecond({ code, path: path.split("/").slice(1), ...more });
	const { registry } = world.client;
	/** "/2/0 1/0 owner 1", in order. */
	const entries = () =>
		registry.object(2)!.instances.map((it) => `/2/${it.id} ${it.at(0)}/${it.at(1)} owner ${it.at(3)}`);
	return { world, first, second, registry, entries };
}

/** Instances of this one are a server's to make. */
const OPEN = { ...SAMPLE, id: 33001 };

const code = (response: Response) => codeText(response.code);
const body = (response: Response) => readUtf8(response.payload);
const write = (content: string) => ({ contentFormat: text, payload: utf8(content) });
const create = (id?: number) => ({
	contentFormat: senmlJson,
	payload: utf8(`[{"bn":"/33001/${id ?? maxId}/","n":"1","v":5}]`),
});

/** What a server may do with an Object Instance of the sample object, by its answers. */
function granted(ask: Ask, at: string): string {
	const answers: [string, Response][] = [
		["R", ask(Code.get, `${at}/0`)],
		["A", ask(Code.put, `${at}/0`, { query: ["pmin=1"] })],
		["W", ask(Code.put, `${at}/0`, write("x"))],
		["E", ask(Code.post, `${at}/12`)],
		["D", ask(Code.delete, at)],
	];
	return answers.map(([right, response]) => (code(response) === "4.01" ? "-" : right)).join("");
}

test("[CORE-SEC-1] [CORE-OBJ-1] each bit of an ACL value grants its operations, and no other", () => {
	const shown: string[] = [];
	for (const rights of [0, 1, 2, 4, 8, 16, 15, 31]) {
		const { second } = twoServers({}, (client) => {
			client.add(accessControl({ id: 9, objectId: 33000, objectInstanceId: 0, owner: 1, acl: acl([2, rights]) }));
		});
		shown.push(`${rights} ${granted(second, "/33000/0")}`);
	}
	deepEqual(shown, ["0 -----", "1 RA---", "2 --W--", "4 ---E-", "8 ----D", "16 -----", "15 RAWED", "31 RAWED"]);
});

test("[CORE-OBJ-1] the owner has all rights, its own entry goes before, then the default; nobody else has any", () => {
	const of = (owner: number, ...entries: [number, number][]) => {
		const { first, second } = twoServers({}, (client) => {
			client.add(accessControl({ id: 9, objectId: 33000, objectInstanceId: 0, owner, acl: acl(...entries) }));
		});
		return `${granted(first, "/33000/0")} ${granted(second, "/33000/0")}`;
	};
	equal(of(1), "RAWED -----", "owner without entry");
	equal(of(1, [1, Rights.read]), "RA--- -----", "owner with an entry");
	equal(of(1, [0, Rights.execute]), "RAWED ---E-", "the default is not the owner's");
	equal(of(maxId, [0, Rights.read], [2, Rights.write]), "RA--- --W--", "an entry of its own before the default");
	equal(of(maxId, [0, Rights.all], [2, Rights.none]), "RAWED -----", "an entry without rights, too");
	equal(of(maxId), "----- -----");
});

test("[CORE-OBJ-1] an Instance that no Access Control Instance is about is nobody's; Discover needs no right", () => {
	const { first, second } = twoServers();
	equal(granted(first, "/33000/0"), "-----");
	for (const ask of [first, second]) {
		equal(code(ask(Code.get, "/33000", { accept: coreLink })), "2.05");
		equal(code(ask(Code.get, "/33000/0", { accept: coreLink })), "2.05");
		equal(code(ask(Code.get, "/33000/0/0", { accept: coreLink })), "2.05");
	}
	equal(code(first(Code.put, "/33000", { query: ["pmin=1"] })), "2.04", "Write-Attributes of an Object is done");
	equal(code(first(Code.get, "/33000/77")), "4.04", "what is not there is not there");
});

test("[CORE-OBJ-1] the right goes before what the Resource supports: 4.01, and only then 4.05", () => {
	const { first, second } = twoServers({}, (client) => {
		client.add(accessControl({ id: 9, objectId: 33000, objectInstanceId: 0, owner: 1 }));
	});
	equal(code(first(Code.put, "/33000/0/10", write("x"))), "4.05");
	equal(code(second(Code.put, "/33000/0/10", write("x"))), "4.01");
	equal(code(first(Code.get, "/33000/0/11")), "4.05");
	equal(code(second(Code.get, "/33000/0/11")), "4.01");
});

test("[CORE-OBJ-1] active as soon as there are two accounts, even if one never registers (Anjay 87)", () => {
	const { world, first } = twoServers({ names: { "server.example": "192.0.2.1" } });
	equal(world.secondRequests.length, 0);
	equal(granted(first, "/33000/0"), "-----");
});

test("[CORE-OBJ-1] with one account everything is that server's, whatever object 2 says", () => {
	const { first, registry, world, entries } = twoServers();
	world.client.remove(registry.instance(1, 1)!);
	equal(granted(first, "/33000/0"), "RAWED");
	const before = entries();
	equal(code(first(Code.post, "/33001", create(5))), "2.01");
	deepEqual(entries(), before, "no Access Control Instance is made");
});

test("without access control in the image every server may do everything", () => {
	const { second } = furnishedWithout();
	equal(granted(second, "/33000/0"), "RAWED");
});

function furnishedWithout() {
	const { world } = furnished({
		isQuiet: true,
		names: { "server.example": "192.0.2.1", "other.example": "192.0.2.2" },
		secondHost: "192.0.2.2",
		furnish(client) {
			client.add(security({ id: 1, serverUri: "coap://other.example", shortServerId: 2 }));
			client.add(server({ id: 1, shortServerId: 2, lifetimeS: 600 }, client));
			client.add(sample({ executed: [], written: [] }));
		},
	});
	world.start();
	const second: Ask = (code, path, more) => world.askSecond({ code, path: path.split("/").slice(1), ...more });
	return { second };
}

test("[950] [CORE-REG-3] two servers: one Register each, each reads its own Server Instance (ETS C.14)", () => {
	const { world, first, second } = twoServers();
	equal(world.requests.length, 1);
	equal(world.secondRequests.length, 1);
	equal(body(first(Code.get, "/1/0/0")), "1");
	equal(body(second(Code.get, "/1/1/0")), "2");
	equal(code(first(Code.get, "/1/1/0")), "4.01");
	equal(code(second(Code.get, "/1/0/0")), "4.01");
	equal(body(second(Code.get, "/3/0/0")), "Maker");
});

test("[951] a Read of an Object shows what the server may read, and leaves out the rest", () => {
	const { first, second } = twoServers();
	const shown = (ask: Ask) => body(ask(Code.get, "/1", { accept: senmlJson }));
	ok(shown(first)!.includes('"vs":"U"') && !shown(first)!.includes('"v":600'), shown(first));
	ok(shown(second)!.includes('"v":600') && !shown(second)!.includes('"v":300'), shown(second));
});

test("[CORE-OBJ-1] an observation of an Object shows a server only its own part, now and later", () => {
	const { world, second, registry } = twoServers();
	const shown = (response: Response | undefined) => readUtf8(response!.payload)!;
	const initial = second(Code.get, "/1", { accept: senmlJson, observe: 0 });
	ok(!shown(initial).includes('"v":300'), shown(initial));
	const before = world.secondResponses.length;
	registry.instance(1, 1)!.hold("lifetime", 601);
	world.run(2000);
	const notification = world.secondResponses[before];
	ok(shown(notification).includes('"v":601') && !shown(notification).includes('"v":300'), shown(notification));
});

test("[CORE-OBJ-1] no notification tells a value to a server that lost its right", () => {
	const { world, second, registry } = twoServers({}, (client) => {
		client.add(accessControl({ id: 9, objectId: 33000, objectInstanceId: 0, owner: 1, acl: acl([2, Rights.read]) }));
	});
	equal(body(second(Code.get, "/33000/0/0", { observe: 0 })), "abc");
	registry.instance(2, 9)!.hold("acl", undefined);
	const before = world.secondResponses.length;
	registry.instance(33000, 0)!.hold("text", "mine");
	world.run(5000);
	for (const response of world.secondResponses.slice(before)) ok(body(response) !== "mine", body(response));
});

test("[CORE-OBJ-1] Create wants the Object's own entry; the creator owns what it made (Anjay 84)", () => {
	const { first, second, entries } = twoServers();
	equal(code(second(Code.post, "/33001", create(4))), "4.01");
	equal(code(first(Code.post, "/33001", create(4))), "2.01");
	equal(entries().at(-1), "/2/4 33001/4 owner 1");
	equal(granted(second, "/33001/4"), "-----");
	equal(code(first(Code.get, "/33001/4/0")), "2.05");
	equal(code(first(Code.post, "/33000", create(4))), "4.01", "no entry about the Object at all");
	equal(code(first(Code.post, "/3", { contentFormat: tlv, payload: new Uint8Array(0) })), "4.01");
});

test("[CORE-OBJ-1] a default entry and an owner grant no Create", () => {
	const { first, second } = twoServers({}, (client) => {
		client.remove(client.registry.instance(2, 3)!);
		const all = acl([0, 31]);
		client.add(accessControl({ id: 8, objectId: OPEN.id, objectInstanceId: maxId, owner: 1, acl: all }));
	});
	equal(code(first(Code.post, "/33001", create())), "4.01");
	equal(code(second(Code.post, "/33001", create())), "4.01");
});

test("[CORE-OBJ-1] Create takes two places: without both 5.00, and nothing has changed", () => {
	const { first, registry, entries } = twoServers({ limits: { instances: 11 } });
	equal(registry.room, 1);
	const before = entries();
	equal(code(first(Code.post, "/33001", create(4))), "5.00");
	deepEqual(entries(), before);
	equal(registry.room, 1);
});

test("[CORE-OBJ-1] the target gone, what is about it goes, by a server or by the application (Anjay 86)", () => {
	const { world, first, registry, entries } = twoServers();
	const before = entries();
	first(Code.post, "/33001", create(4));
	first(Code.post, "/33001", create(5));
	equal(entries().length, before.length + 2);
	equal(code(first(Code.delete, "/33001/4")), "2.02");
	world.client.remove(registry.instance(33001, 5)!);
	deepEqual(entries(), before);
	first(Code.post, "/33001", create(100));
	equal(code(first(Code.delete, "/33001/100")), "4.03");
	equal(entries().length, before.length + 1, "a refused Delete leaves both");
});

test("[CORE-OBJ-1] only the owner manages an Access Control Instance; every server reads it", () => {
	const { first, second } = twoServers();
	equal(body(second(Code.get, "/2/0/3")), "1");
	const grant = { contentFormat: senmlJson, payload: utf8('[{"bn":"/2/0/2/","n":"2","v":1}]') };
	equal(code(second(Code.post, "/2/0/2", grant)), "4.01");
	equal(code(first(Code.post, "/2/0/2", grant)), "2.04");
	equal(body(second(Code.get, "/1/0/1")), "300", "granted");
	equal(code(second(Code.put, "/1/0/1", write("77"))), "4.01");
	equal(code(first(Code.put, "/2/2/3", write("1"))), "4.01", "owner 65535: by a bootstrap alone");
	equal(code(first(Code.put, "/2/0/3", write("2"))), "2.04", "handed on");
	equal(code(first(Code.put, "/2/0/3", write("1"))), "4.01");
	equal(code(first(Code.put, "/2/0/0", write("3"))), "4.01");
	equal(code(second(Code.put, "/2/0/0", write("3"))), "4.05");
});

test("[CORE-OBJ-1] Access Control Instances are no server's to create or delete: 4.01 (Anjay 86)", () => {
	const { first, registry } = twoServers();
	const payload = utf8('[{"bn":"/2/9/","n":"3","v":1}]');
	equal(code(first(Code.post, "/2", { contentFormat: senmlJson, payload })), "4.01");
	equal(code(first(Code.delete, "/2/0")), "4.01");
	ok(registry.instance(2, 0) !== undefined);
});

test("[CORE-OBJ-1] 65535 and values out of range in an ACL, 0 as owner: 4.00, nothing changed (Anjay 84)", () => {
	const { first, registry } = twoServers();
	for (const payload of ["840261ffff01", "8302410220"]) {
		equal(code(first(Code.post, "/2/0", { contentFormat: tlv, payload: hex(payload) })), "4.00", payload);
	}
	const json = (records: string) => ({ contentFormat: senmlJson, payload: utf8(records) });
	equal(code(first(Code.post, "/2/0/2", json('[{"n":"/2/0/2/65535","v":1}]'))), "4.00");
	equal(code(first(Code.post, "/2/0/2", json('[{"n":"/2/0/2/2","v":32}]'))), "4.00");
	equal(code(first(Code.put, "/2/0/3", write("0"))), "4.00");
	equal(registry.instance(2, 0)!.at(2), undefined);
});

test("[CORE-SEC-1] object 0 is nobody's, for each operation, there or not (Anjay 88)", () => {
	const { first, second } = twoServers();
	for (const ask of [first, second]) {
		for (const path of ["/0", "/0/0", "/0/1/0", "/0/77", "/21", "/21/0"]) {
			equal(code(ask(Code.get, path)), "4.01", path);
			equal(code(ask(Code.get, path, { accept: coreLink })), "4.01", path);
			equal(code(ask(Code.put, path, write("x"))), "4.01", path);
			equal(code(ask(Code.post, path, write("x"))), "4.01", path);
			equal(code(ask(Code.put, path, { query: ["pmin=1"] })), "4.01", path);
			equal(code(ask(Code.delete, path)), "4.01", path);
		}
	}
});

test("[CORE-OBJ-1] a server removed: what it alone could use goes, as its entries do (Transport 1.2 §5.2.5)", () => {
	const { world, first, second, registry, entries } = twoServers({}, (client) => {
		client.add(accessControl({ id: 9, objectId: 33000, objectInstanceId: 0, owner: 1, acl: acl([2, 3], [1, 1]) }));
	});
	first(Code.post, "/33001", create(4));
	unbootstrap(registry, 1);
	deepEqual(entries(), [
		"/2/1 1/1 owner 2",
		"/2/2 3/0 owner 65535",
		"/2/3 33001/65535 owner 65535",
		"/2/9 33000/0 owner 2",
	]);
	equal(registry.instance(33001, 4), undefined, "nobody else could use it");
	equal(registry.instance(1, 0), undefined, "its Server Instance");
	deepEqual([...(registry.instance(2, 9)!.at(2) as ReadonlyMap<number, number>)], [[2, 3]]);
	equal((registry.instance(2, 3)!.at(2) as ReadonlyMap<number, number>).size, 0);
	equal(world.client.sessions.length, 2, "sessions are the bootstrap's to end");
	equal(code(second(Code.get, "/33000/0/0")), "2.05");
});

test("[CORE-OBJ-1] the heir is the server with most of Write and Delete; among equals the lowest", () => {
	const heir = (...entries: [number, number][]) => {
		const { registry } = twoServers({}, (client) => {
			client.add(server({ id: 2, shortServerId: 3, lifetimeS: 600 }, client));
			client.add(server({ id: 3, shortServerId: 4, lifetimeS: 600 }, client));
			client.add(accessControl({ id: 9, objectId: 33000, objectInstanceId: 0, owner: 1, acl: acl(...entries) }));
		});
		unbootstrap(registry, 1);
		return registry.instance(2, 9)?.at(3);
	};
	equal(heir([2, Rights.write], [3, Rights.write + Rights.delete], [4, Rights.read]), 3);
	equal(heir([4, Rights.delete], [3, Rights.write], [2, Rights.read + Rights.execute]), 3);
	equal(heir([0, Rights.read]), 2, "by the default rights");
	equal(heir([2, Rights.none], [0, Rights.delete]), 3);
	equal(heir([9, Rights.all]), maxId, "9 has no account, and the device keeps the instance: nobody's");
});

test("[CORE-OBJ-1] what the device must keep stays when its only server goes, for the next bootstrap", () => {
	const { registry, entries } = twoServers({}, (client) => {
		client.remove(client.registry.instance(2, 2)!);
		client.add(accessControl({ id: 2, objectId: 3, objectInstanceId: 0, owner: 1 }));
		client.add(new ObjectInstance(OPEN, { id: 100, values: { whole: 1 } }));
		client.add(accessControl({ id: 9, objectId: OPEN.id, objectInstanceId: 100, owner: 1 }));
	});
	unbootstrap(registry, 1);
	ok(registry.instance(3, 0) !== undefined);
	ok(registry.instance(33001, 100) !== undefined, "the application keeps it");
	ok(entries().includes("/2/2 3/0 owner 65535"));
	ok(entries().includes("/2/9 33001/100 owner 65535"));
});

test("[CORE-OBJ-1] [A-86] an account that goes while the client runs leaves nothing behind", () => {
	const { world, first, second, registry, entries } = twoServers({}, (client) => {
		client.add(accessControl({ id: 9, objectId: 33000, objectInstanceId: 0, owner: 1, acl: acl([2, 3], [1, 1]) }));
	});
	first(Code.post, "/33001", create(4));
	world.client.remove(registry.instance(0, 0)!);
	ok(registry.instance(33001, 4) !== undefined, "not before the end of the turn: it may be another one's by then");
	world.settle();
	equal(registry.instance(33001, 4), undefined, "nobody else could use it");
	equal(registry.instance(1, 0), undefined, "its Server Instance");
	deepEqual(entries(), [
		"/2/1 1/1 owner 2",
		"/2/2 3/0 owner 65535",
		"/2/3 33001/65535 owner 65535",
		"/2/9 33000/0 owner 2",
	]);
	deepEqual([...(registry.instance(2, 9)!.at(2) as ReadonlyMap<number, number>)], [[2, 3]]);
	equal(world.client.sessions.length, 1);
	equal(code(second(Code.get, "/33000/0/0")), "2.05");
});

test("[CORE-OBJ-1] an account with another address, and one replaced within a turn, keep what is theirs", () => {
	const { world, first, registry, entries } = twoServers();
	first(Code.post, "/33001", create(4));
	const before = entries();
	const { client } = world;
	client.remove(registry.instance(0, 0)!);
	client.add(security({ serverUri: "coap://server.example:5700", shortServerId: 1 }));
	world.settle();
	deepEqual(entries(), before);
	ok(registry.instance(33001, 4) !== undefined);
});
