import { utf8 } from "../../../modules/bytes.ts";
import { HostFailure } from "../../../modules/host.ts";
import type { ConfiguredInstance } from "../../../modules/lwm2m/configuration.ts";
import { secretKey } from "../../../modules/settings/key.ts";
import { deepEqual, equal, ok, seeded, test } from "../../harness.ts";
import { AddingCrypto } from "../settings/adding-crypto.ts";
import { NorFlash } from "../settings/nor-flash.ts";
import { account, KeptDevice, plainFactory, TestCard } from "./configuration-bench.ts";

const geometry = { sectors: 6, sectorBytes: 4096, writeBytes: 4 };
const asMade = [
	"/0/0/0=coap://s1",
	"/0/0/1=false",
	"/0/0/2=3",
	"/0/0/10=1",
	"/1/0/0=1",
	"/1/0/1=300",
	"/1/0/6=true",
	"/1/0/7=U",
];

/** As what a bootstrap has brought: a server with a key, its rights, the time zone; and the former bootstrap server. */
function brought(key: Uint8Array): { instances: ConfiguredInstance[]; formerBootstrap: ConfiguredInstance[] } {
	const [security, server] = account(4, 77, { source: "bootstrapServer", key });
	const values = new Map([
		[0, 3],
		[1, 0],
		[3, 77],
	] as const);
	const rights: ConfiguredInstance = { objectId: 2, instanceId: 0, source: "bootstrapServer", values: new Map(values) };
	(rights.values as Map<number, Map<number, number>>).set(2, new Map([[77, 15]]));
	const zone: ConfiguredInstance = {
		objectId: 3,
		instanceId: 0,
		source: "bootstrapServer",
		values: new Map([[15, "Asia/Tokyo"]]),
	};
	return { instances: [security!, server!, rights, zone], formerBootstrap: [account(9, 3, { key })[0]!] };
}

test("[BOOT-PROV-001] the factory's configuration at first, and nothing is written for it", () => {
	const flash = new NorFlash(geometry);
	const it = new KeptDevice({ settings: { flash } });
	ok(it.isNew);
	deepEqual(it.values(0, 1), asMade);
	it.turn();
	equal(flash.operations, 0);
	deepEqual(it.events(), []);
});

test("[REG-001] what servers change outlives a restart, one commit a turn, and only what has changed", () => {
	const flash = new NorFlash(geometry);
	const before = new KeptDevice({ settings: { flash } });
	before.set(1, 0, "lifetime", 60);
	before.set(1, 0, "defaultMinimumPeriod", 5);
	before.set(
		1,
		0,
		"supportedServerVersions",
		new Map([
			[0, "1.0"],
			[3, "1.1"],
		]),
	);
	before.turn();
	const first = flash.operations;
	ok(first > 0);
	before.turn();
	equal(flash.operations, first, "nothing has changed");
	before.set(1, 0, "lifetime", 61);
	before.turn();
	ok(flash.operations - first <= 2, "one record");
	const after = new KeptDevice({ settings: { flash } });
	ok(!after.isNew);
	deepEqual(after.values(1), ["/1/0/0=1", "/1/0/1=61", "/1/0/2=5", "/1/0/6=true", "/1/0/7=U", "/1/0/25={0:1.0,3:1.1}"]);
	deepEqual(after.values(0), asMade.slice(0, 4));
	equal(after.state.provenance.sourceOf(1, 0), "factory");
});

test("[MaU-001] the Device's time zone, whoever sets it, and what is no account's and not named is not kept", () => {
	const flash = new NorFlash(geometry);
	const before = new KeptDevice({ settings: { flash } });
	before.set(3, 0, "timezone", "Europe/Berlin");
	before.set(3, 0, "utcOffset", "+01:00");
	before.set(3, 0, "errorCode", new Map([[0, 1]]));
	before.turn();
	const after = new KeptDevice({ settings: { flash } });
	deepEqual(after.values(3), ["/3/0/14=+01:00", "/3/0/15=Europe/Berlin"]);
	deepEqual(after.client.registry.instance(3, 0)!.at(11), new Map([[0, 0]]));
	after.set(3, 0, "utcOffset", undefined);
	after.turn();
	deepEqual(new KeptDevice({ settings: { flash } }).values(3), ["/3/0/15=Europe/Berlin"]);
});

test("[BOOT-PROV-001] what a bootstrap brought, keys, rights, others and the former bootstrap server among it", () => {
	const flash = new NorFlash(geometry);
	const key = Uint8Array.from([...Array(16).keys()].map((at) => 0xa0 + at));
	const secrets = { crypto: new AddingCrypto(), key: 3 };
	const before = new KeptDevice({ settings: { flash, secrets } });
	ok(before.keeper.keep(brought(key)));
	ok(!holds(flash.bytes, utf8("coap")), "the Security Object lies there in the open");
	ok(!holds(flash.bytes, key) && holds(flash.bytes, Uint8Array.of(0xc1, 0, 77)));
	const after = new KeptDevice({ settings: { flash, secrets } });
	deepEqual(after.client.registry.instance(0, 4)!.at(5), key);
	deepEqual(after.values(0, 1, 2, 3), [
		"/0/4/0=coap://s77",
		"/0/4/1=false",
		"/0/4/2=0",
		"/0/4/3=[1,2]",
		"/0/4/5=[16]",
		"/0/4/10=77",
		"/1/4/0=77",
		"/1/4/1=300",
		"/1/4/6=true",
		"/1/4/7=U",
		"/2/0/0=3",
		"/2/0/1=0",
		"/2/0/2={77:15}",
		"/2/0/3=77",
		"/3/0/15=Asia/Tokyo",
	]);
	equal(after.state.provenance.sourceOf(0, 4), "bootstrapServer");
	deepEqual(
		after.state.formerBootstrap.map(({ instanceId }) => instanceId),
		[9],
	);
	after.set(3, 0, "timezone", "UTC"); // a server's, later
	after.turn();
	deepEqual(new KeptDevice({ settings: { flash, secrets } }).values(3), ["/3/0/15=UTC"]);
	const locked = new KeptDevice({ settings: { flash } });
	deepEqual(locked.events(), ["configurationLost settings.noSecretKey"]);
	deepEqual(locked.values(0, 1), asMade);
});

test("[BOOT-PROV-001] an account of three certificates takes several values of the store", () => {
	const flash = new NorFlash(geometry);
	const chance = seeded(9);
	const bytes = (size: number) => new Uint8Array(size).map(() => chance(256));
	const [security, server] = account(0, 1);
	const values = new Map(security!.values).set(3, bytes(1500)).set(4, bytes(2100)).set(5, bytes(140));
	const large = { ...security!, values };
	ok(new KeptDevice({ settings: { flash } }).keeper.keep({ instances: [large, server!], formerBootstrap: [] }));
	const after = new KeptDevice({ settings: { flash } });
	deepEqual(after.client.registry.instance(0, 0)!.at(4), values.get(4));
	after.keeper.keep({ instances: [security!, server!], formerBootstrap: [] });
	const [count] = [[...keysOf(after)].length];
	equal(count, 3, "the parts that are not needed any more are gone");
});

function holds(bytes: Uint8Array, part: Uint8Array): boolean {
	for (let at = bytes.indexOf(part[0]!); at >= 0; at = bytes.indexOf(part[0]!, at + 1)) {
		if (part.every((byte, index) => bytes[at + index] === byte)) return true;
	}
	return false;
}

function* keysOf({ store }: KeptDevice): Generator<number> {
	for (let key = store!.nextKey(0); key !== undefined; key = store!.nextKey(key)) yield key;
}

test("[BOOT-PROV-001] Instances that go and come leave nothing behind, and no place is taken twice", () => {
	const flash = new NorFlash(geometry);
	const chance = seeded(3);
	let it = new KeptDevice({ settings: { flash } });
	for (let round = 0; round < 30; round++) {
		const instances: ConfiguredInstance[] = [];
		for (let id = 0; id < 6; id++) {
			if (chance(2) === 0)
				instances.push(...account(id, id + 1, { source: "bootstrapServer", lifetimeS: round * 10 + id }));
		}
		ok(it.keeper.keep({ instances, formerBootstrap: instances.slice(0, chance(2)) }));
		if (chance(3) === 0) it = new KeptDevice({ settings: { flash } });
		const read = new KeptDevice({ settings: { flash } });
		const expected = instances.filter(({ objectId }) => objectId === 1).map(({ values }) => values.get(1));
		deepEqual(
			read.client.registry.object(1)!.instances.map((each) => each.at(1)),
			expected,
			`round ${round}`,
		);
	}
});

test("[BOOT-PROV-001] a new factory record forgets what was kept under another; so does a factory reset", () => {
	const flash = new NorFlash(geometry);
	const before = new KeptDevice({ settings: { flash } });
	before.set(1, 0, "lifetime", 60);
	before.turn();
	const other = new KeptDevice({ settings: { flash }, factory: account(0, 5) });
	deepEqual(other.events(), ["configurationForgotten factory"]);
	deepEqual(other.values(1).slice(0, 2), ["/1/0/0=5", "/1/0/1=300"]);
	const again = new KeptDevice({ settings: { flash } });
	ok(again.keeper.forget());
	deepEqual([...keysOf(again)], []);
	again.turn();
	deepEqual(new KeptDevice({ settings: { flash } }).values(0, 1), asMade);
});

test("[MaU-001] what is damaged, or of another version: the factory's whole, and an event", () => {
	const cases: [string, (it: KeptDevice) => void, string][] = [
		[
			"version",
			({ store }) => store!.set(0x1000, Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
			"configuration.version",
		],
		["header", ({ store }) => store!.set(0x1000, Uint8Array.of(1)), "configuration.malformed"],
		[
			"a part is missing",
			({ store }) => store!.set(0x1020, Uint8Array.of(2, 0, 1, 0, 0, 0)),
			"configuration.malformed",
		],
		["no source", ({ store }) => store!.set(0x1020, Uint8Array.of(1, 0, 1, 0, 0, 7)), "configuration.malformed"],
		["TLV", ({ store }) => store!.set(0x1020, Uint8Array.of(1, 0, 1, 0, 0, 0, 0xc8)), "tlv.truncated"],
		[
			"a value",
			({ store }) => store!.set(0x1020, Uint8Array.of(1, 0, 1, 0, 0, 0, 0xc1, 0, 0)),
			"collection.notAcceptable",
		],
	];
	for (const [what, damage, reason] of cases) {
		const flash = new NorFlash(geometry);
		const before = new KeptDevice({ settings: { flash } });
		before.set(1, 0, "lifetime", 60);
		before.turn();
		damage(before);
		const after = new KeptDevice({ settings: { flash } });
		deepEqual(after.events(), [`configurationLost ${reason}`], what);
		deepEqual(after.values(0, 1), asMade, what);
		after.set(1, 0, "lifetime", 62);
		after.turn();
		equal(new KeptDevice({ settings: { flash } }).values(1)[1], "/1/0/1=62", what);
	}
});

test("[MaU-001] any bytes in place of a record are refused or read, and never thrown at", () => {
	const chance = seeded(11);
	const flash = new NorFlash(geometry);
	const it = new KeptDevice({ settings: { flash } });
	it.keeper.keep(brought(new Uint8Array(16)));
	const keys = [...keysOf(it)];
	for (let round = 0; round < 150; round++) {
		const copy = new NorFlash(geometry).copyOf(flash);
		const victim = new KeptDevice({ settings: { flash: copy } });
		const key = keys[chance(keys.length)]!;
		const value = victim.store!.get(key) as Uint8Array;
		value[chance(value.length)] = chance(256);
		victim.store!.set(key, chance(3) === 0 ? value.slice(0, chance(value.length)) : value);
		const after = new KeptDevice({ settings: { flash: copy } });
		ok(after.values(1).length > 0 || after.values(0).length > 0, `round ${round}`);
	}
});

test("[REG-001] a store that is full says so once, the client goes on, and what was kept stays", () => {
	const flash = new NorFlash({ sectors: 2, sectorBytes: 1024, writeBytes: 4 });
	const it = new KeptDevice({ settings: { flash } });
	it.set(1, 0, "lifetime", 60);
	it.turn();
	const [security] = account(3, 3);
	const values = new Map(security!.values).set(4, new Uint8Array(900).fill(1));
	ok(!it.keeper.keep({ instances: [...plainFactory, { ...security!, values }], formerBootstrap: [] }));
	it.keeper.keep({ instances: [...plainFactory, { ...security!, values }], formerBootstrap: [] });
	deepEqual(it.events(), ["configurationNotKept settings.full"]);
	equal(new KeptDevice({ settings: { flash } }).values(1)[1], "/1/0/1=60");
});

test("[BOOT-PROV-001] without a store everything works until the next restart", () => {
	const it = new KeptDevice({});
	ok(it.keeper.keep(brought(new Uint8Array(16))) && it.keeper.forget());
	it.set(1, 0, "lifetime", 60);
	it.turn();
	deepEqual(new KeptDevice({}).values(0, 1), asMade);
});

test("[BOOT-PROV-001] a smart card at boot, the same one again, another one, none", () => {
	const flash = new NorFlash(geometry);
	const card = new TestCard();
	const maker = new KeptDevice({});
	card.file = maker.collection(account(0, 1, { lifetimeS: 43_200 }));
	const first = new KeptDevice({ settings: { flash }, card });
	equal(first.values(1)[1], "/1/0/1=43200");
	equal(first.state.provenance.sourceOf(0, 0), "smartCard");
	first.set(1, 0, "lifetime", 100);
	first.turn();
	const again = new KeptDevice({ settings: { flash }, card });
	equal(again.values(1)[1], "/1/0/1=100", "the same card: what a server wrote since stays");
	card.file = maker.collection(account(7, 8, { lifetimeS: 9 }));
	const other = new KeptDevice({ settings: { flash }, card });
	deepEqual(other.values(1).slice(0, 2), ["/1/7/0=8", "/1/7/1=9"]);
	other.turn();
	card.failure = new HostFailure("no contact");
	const silent = new KeptDevice({ settings: { flash }, card });
	deepEqual(
		silent.values(1).slice(0, 2),
		["/1/7/0=8", "/1/7/1=9"],
		"a card that can not be read is not a card that is gone",
	);
	deepEqual(silent.events(), ["hostFailure", "configured"]);
	card.failure = undefined;
	card.file = undefined;
	deepEqual(new KeptDevice({ settings: { flash }, card }).values(0, 1), asMade);
});

test("[BOOT-PROV-001] a card that comes and goes while the device runs; what is on it may be anything", () => {
	const flash = new NorFlash(geometry);
	const card = new TestCard();
	const it = new KeptDevice({ settings: { flash }, card });
	const file = it.collection(account(0, 1, { lifetimeS: 43_200 }));
	card.change(file);
	equal(it.wakes, 1);
	it.turn();
	equal(it.values(1)[1], "/1/0/1=43200");
	const same = new TestCard();
	same.file = file;
	equal(new KeptDevice({ settings: { flash }, card: same }).values(1)[1], "/1/0/1=43200");
	card.change(undefined);
	it.turn();
	deepEqual(it.values(0, 1), asMade);
	const chance = seeded(4);
	for (let round = 0; round < 300; round++) {
		const bad = file.slice();
		bad[chance(bad.length)] = chance(256);
		card.change(chance(2) === 0 ? bad : bad.slice(0, chance(bad.length)));
		it.turn();
	}
	card.change(new Uint8Array(8193));
	it.turn();
	equal(
		it
			.events()
			.filter((event) => event !== "configured")
			.at(-1),
		"smartCardRefused smartCard.tooLong",
	);
	deepEqual(it.values(0, 1), asMade);
	card.change(Uint8Array.of(...file, 0xff, 0xff)); // a file is longer than what is in it
	it.turn();
	equal(it.values(1)[1], "/1/0/1=43200");
});

test("[BOOT-PROV-001] sealed records are under keys with the bit for secrets, others are not", () => {
	const flash = new NorFlash(geometry);
	const it = new KeptDevice({ settings: { flash } });
	it.keeper.keep(brought(new Uint8Array(16)));
	deepEqual([...keysOf(it)], [0x1000, 0x1020, 0x1030, 0x1040, 0x1010 | secretKey, 0x1050 | secretKey]);
});
