/** Bootstrap over coaps, with a pre-shared key: against the server role of modules/dtls. */
import { equalBytes, utf8 } from "../../../modules/bytes.ts";
import { PortableCrypto } from "../../../modules/crypto/portable.ts";
import { Association } from "../../../modules/dtls/association.ts";
import type { DtlsSettings } from "../../../modules/dtls/settings.ts";
import { DtlsListening } from "../../../modules/lwm2m/dtls-incoming.ts";
import { DtlsTransport } from "../../../modules/lwm2m/dtls-transport.ts";
import { deepEqual, equal, ok, seeded, test } from "../../harness.ts";
import { bootstrapBench, record, securityRecords, serverRecords } from "./bootstrap-bench.ts";
import type { World } from "./world.ts";

const chance = seeded(7);
const entropy = {
	fill(bytes: Uint8Array) {
		for (let index = 0; index < bytes.length; index++) bytes[index] = chance(256);
	},
};
const identity = utf8("dormouse");
const oldKey = new Uint8Array(16).fill(1);
const newKey = new Uint8Array(16).fill(2);
const records = [...securityRecords(0, 1), ...serverRecords(0, 1)];

/** A Bootstrap-Server that knows one key. */
function secureBench(more: Parameters<typeof bootstrapBench>[0] = {}) {
	const crypto = new PortableCrypto({ entropy });
	let known = oldKey;
	const settings = (): DtlsSettings => ({
		crypto,
		entropy,
		suites: [0xc0a8],
		pskOf: (who) => (equalBytes(who, identity) ? crypto.importSecret(known) : undefined),
		unknownIdentity: "alert",
		psk: { identity, key: crypto.importSecret(known) },
	});
	const associate = (world: World, role: "server" | "client" = "server") =>
		new Association(role, settings(), {
			established() {},
			received: (bytes, at, end, nowMs) => void world.second.receive(bytes, at, end, nowMs),
			closed() {},
		});
	const it = bootstrapBench({
		account: {
			serverUri: "coaps://bs.example",
			securityMode: 0,
			publicKeyOrIdentity: identity,
			secretKey: oldKey,
		},
		secure: new DtlsTransport({ crypto, entropy, listening: new DtlsListening(crypto, entropy) }),
		secondSecure: associate,
		...more,
	});
	return {
		...it,
		/** The Bootstrap-Server has another end for the next handshake. */
		renew: (role: "server" | "client" = "server") => {
			it.world.second.reset();
			it.world.association = associate(it.world, role);
			return it.world.association;
		},
		knowOnly: (key: Uint8Array<ArrayBuffer>) => {
			known = key;
		},
	};
}

test("[ETS-1] a whole bootstrap through DTLS; no word of it in the clear; nothing secret is logged", () => {
	const it = secureBench();
	it.world.start().run(0);
	deepEqual(it.asked(), ["POST /bs?ep=ep&pct=112"]);
	equal(it.world.logged("secured")[0]?.server, "bootstrap");
	equal(it.write("/0", ...records.slice(0, 4)), "2.04");
	equal(it.write("/1", ...records.slice(4)), "2.04");
	equal(it.finish(), "2.04");
	it.world.run(0);
	equal(it.world.client.sessions[0]?.state, "registered");
	it.world.run(46_000);
	equal(it.world.association?.state, "closed");
	ok(it.world.secondWire.every(({ bytes }) => bytes[0]! >= 20 && bytes[0]! <= 25));
	ok(!JSON.stringify(it.world.records).includes("1,1,1,1"));
});

test("the answer to Bootstrap-Finish can be had again for a while", () => {
	const it = secureBench();
	it.world.start().run(0);
	it.write("/0", ...records.slice(0, 4));
	it.write("/1", ...records.slice(4));
	it.world.isSecondCut = true;
	let isLost = false;
	try {
		it.finish();
	} catch {
		isLost = true;
	}
	ok(isLost);
	it.world.isSecondCut = false;
	it.world.run(20_000);
	ok(it.world.secondResponses.length >= 3);
	equal(it.world.client.sessions[0]?.state, "registered");
});

test("[A-54] a handshake that fails is an attempt that fails", () => {
	const it = secureBench();
	it.knowOnly(newKey);
	it.renew();
	it.world.start().run(70_000);
	equal(it.world.logged("bootstrapFailed")[0]?.reason, "dtls.alert");
	deepEqual(it.asked(), []);
	it.knowOnly(oldKey);
	it.renew();
	it.world.run(80_000);
	deepEqual(it.asked(), ["POST /bs?ep=ep&pct=112"]);
});

test("the secure session ends in the midst of a bootstrap: nothing is applied, another attempt follows", () => {
	const it = secureBench();
	it.world.start().run(0);
	const before = it.registry();
	it.write("/0", ...records.slice(0, 4));
	it.world.association?.close(it.world.nowMs);
	it.world.run(0);
	equal(it.world.logged("bootstrapFailed")[0]?.reason, "dtls.closeNotify");
	equal(it.registry(), before);
	it.renew();
	it.world.run(80_000);
	equal(it.asked().length, 2);
});

test("[BS-001] another key: the old one is used again while the server does not know the new one", () => {
	const it = secureBench({ hasServer: true });
	const { world } = it;
	const again = (forMs: number) => {
		world.run(60_000);
		it.renew();
		world.client.requestBootstrap("application", "");
		world.run(forMs);
	};
	world.start();
	world.client.requestBootstrap("application", "");
	world.run(0);
	const account = (key: Uint8Array) => [
		record("/0/1/0", "coaps://bs.example"),
		record("/0/1/1", true),
		record("/0/1/2", 0),
		record("/0/1/3", identity),
		record("/0/1/5", key),
	];
	equal(it.write("/0/1", ...account(newKey)), "2.04");
	equal(it.finish(), "2.04");
	const keyOf = () => world.client.registry.instance(0, 1)?.read("secretKey");
	deepEqual(keyOf(), newKey);
	again(70_000); // the server still has the old key alone: the new one fails
	equal(it.asked().length, 1);
	it.renew();
	world.run(80_000); // the old one does not
	equal(it.asked().length, 2);
	equal(it.finish(), "2.04");
	deepEqual(it.store.kept?.formerBootstrap[0]?.values.get(5), oldKey);
	it.knowOnly(newKey);
	again(0);
	equal(it.asked().length, 3);
	equal(it.finish(), "2.04");
	deepEqual(it.store.kept?.formerBootstrap, []);
});

test("[A-62] a Bootstrap-Server that opens the handshake, and begins by itself", () => {
	const it = secureBench({
		hasServer: true,
		account: {
			serverUri: "coaps://192.0.2.9",
			securityMode: 0,
			publicKeyOrIdentity: identity,
			secretKey: oldKey,
		},
	});
	it.world.start().run(1000);
	it.renew("client").connect(it.world.nowMs);
	it.world.run(0);
	equal(it.write("/1/0/1", record("/1/0/1", 77)), "2.04");
	equal(it.finish(), "2.04");
	it.world.run(0);
	equal(it.world.client.registry.instance(1, 0)?.read("lifetime"), 77);
	equal(it.asked().length, 0);
});
