/** Forged and broken records, at every point of every kind of handshake and after it, towards both sides. */
import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import type { Role } from "../../modules/dtls/settings.ts";
import { cbc, cids, everyCast, psk, pskCid, pskResumed, rpk } from "./dtls-hostile-casts.ts";
import {
	assault,
	assaultAll,
	dtls10,
	fragment,
	messageType,
	noise,
	record,
	recordType,
} from "./dtls-hostile-forgery.ts";

const sequenceMax = 2 ** 48 - 1;

test("datagrams of 0 to 12 bytes, cut in the record header, are passed over (RFC 6347 §4.1)", () => {
	const header = record({ type: recordType.handshake, body: [] });
	assaultAll(everyCast, () => Array.from({ length: 13 }, (_, size) => header.slice(0, size)));
});

test("a record longer than its datagram ends the datagram, and nothing else (RFC 6347 §4.1)", () => {
	const sizes = [41, 255, 2 ** 14 + 2048, 2 ** 14 + 2049, 0xffff];
	assaultAll(everyCast, () =>
		[20, 21, 22, 23].flatMap((type) => sizes.map((size) => record({ type, body: noise(40), size }))),
	);
});

for (const [what, tail] of [
	["a cut header", [22, 0xfe, 0xfd, 0, 0]],
	["a record that is cut", [...record({ type: 23, epoch: 1, body: noise(30), size: 300 })]],
	["a record that does not verify", [...record({ type: 23, epoch: 1, body: noise(40) })]],
	["a record of an unknown version", [...record({ type: 23, epoch: 1, version: [3, 3], body: noise(40) })]],
] as const) {
	test(`of several records in a datagram those in front of ${what} are taken`, () => {
		for (const cast of everyCast) {
			const world = cast.world();
			world.meddle = ({ bytes }) => [Uint8Array.from([...bytes, ...tail])];
			world.run();
			ok(world.isEstablished);
			world.exchange().finish().end();
		}
	});
}

test("a record that does not verify leaves those behind it in the datagram alone", () => {
	for (const cast of everyCast) {
		const world = cast.world();
		const junk = record({ type: 23, epoch: 1, body: noise(40) });
		// What begins with anything else is no ClientHello, for a port that holds nothing yet.
		world.meddle = ({ bytes }) => [
			bytes[13] === messageType.clientHello ? bytes : Uint8Array.from([...junk, ...bytes]),
		];
		world.run();
		ok(world.isEstablished);
		world.exchange().finish().end();
	}
});

test("protected records of 0 to 16 bytes, too short for nonce and tag, are dropped (RFC 6655 §3)", () => {
	assaultAll(everyCast, () =>
		[20, 21, 22, 23].flatMap((type) =>
			Array.from({ length: 17 }, (_, size) => record({ type, epoch: 1, sequence: 50 + size, body: noise(size) })),
		),
	);
});

test("records that do not verify, of all content types, are dropped (RFC 6347 §4.1.2.7)", () => {
	assaultAll(everyCast, () =>
		[20, 21, 22, 23, 24, 26].flatMap((type) =>
			[17, 32, 48, 64, 500].map((size) => record({ type, epoch: 1, sequence: 50, body: noise(size) })),
		),
	);
});

test("a forged record with the highest sequence number does not move the window (CVE-2016-2181)", () => {
	assaultAll(everyCast, ({ to }) => {
		const cid = [...(to === "client" ? cids.client : cids.server)];
		return [
			record({ type: 23, epoch: 1, sequence: sequenceMax, body: noise(40) }),
			record({ type: 25, epoch: 1, sequence: sequenceMax, cid, body: noise(40) }),
			record({ type: 23, epoch: 0, sequence: sequenceMax, body: noise(40) }),
		];
	});
});

test("every datagram of a handshake may come again, at any later point, to either side (RFC 6347 §4.1.2.6)", () => {
	for (const cast of everyCast) {
		for (let gap = 0; gap <= cast.calm.length; gap++) {
			for (const to of ["client", "server"] as const) {
				const world = cast.world();
				world.meddle = ({ bytes }, index) => {
					if (index === gap) for (const { bytes: old } of world.flown.slice(0, gap)) world.inject(to, old);
					return [bytes];
				};
				world.run().finish(() => world.isEstablished);
				ok(world.isEstablished, `gap ${gap}`);
				world.exchange();
				world.finish();
				world.exchange().end();
			}
		}
	}
});

test("all that a session said comes again, to both sides, and is heard once (RFC 6347 §4.1.2.6)", () => {
	for (const cast of everyCast) {
		const world = cast.world().run().exchange();
		for (let turn = 0; turn < 40; turn++) world.exchange();
		const before = world.flown.length;
		const heard = [world.clientEar.heard.length, world.serverEar.heard.length];
		for (const { bytes } of world.flown.slice()) {
			world.inject("client", bytes);
			if (bytes[13] !== messageType.clientHello) world.inject("server", bytes);
		}
		equal(world.settle().flown.length, before, "somebody answered");
		equal(world.clientEar.heard.length, heard[0]);
		equal(world.serverEar.heard.length, heard[1]);
		world.exchange();
		world.end();
	}
});

test("a record left of the window is dropped, late ones inside of it are taken once (RFC 6347 §4.1.2.6)", () => {
	for (const cast of [psk, pskCid]) {
		const world = cast.world().run();
		const held: Uint8Array[] = [];
		world.meddle = ({ bytes }) => {
			held.push(bytes);
			return [];
		};
		const one = Uint8Array.of(1);
		for (let count = 0; count < 70; count++) {
			ok(world.client.send(one, 0, 1, world.nowMs));
			world.settle();
		}
		world.inject("server", held[69]!);
		for (const bytes of held) world.inject("server", bytes);
		for (const bytes of held) world.inject("server", bytes);
		equal(world.serverEar.heard.length, 64);
		world.end();
	}
});

test("records of epochs 2, 9 and 65535 are dropped, plain and noise (CVE-2021-42141, CVE-2021-42142)", () => {
	assaultAll(everyCast, ({ flown }) => {
		const other = [2, 9, 0xffff].flatMap((epoch) =>
			[20, 21, 22, 23].map((type) => record({ type, epoch, body: noise(40) })),
		);
		// What was said in the clear, as if it were of another epoch.
		const moved = flown.map(({ bytes }) => {
			const copy = bytes.slice();
			copy[4] = 2;
			return copy;
		});
		return [...other, ...moved];
	});
});

test("handshake messages in the clear that claim epoch 1 are dropped (CVE-2021-42146)", () => {
	assaultAll(everyCast, ({ flown }) =>
		flown.map(({ bytes }) => {
			const copy = bytes.slice();
			copy[4] = 1;
			copy[10] = 99;
			return copy;
		}),
	);
});

test("application data in the clear is never delivered (CVE-2019-20786)", () => {
	assaultAll(everyCast, () =>
		[0, 1, 100].map((size) => record({ type: recordType.data, sequence: 90 + size, body: noise(size) })),
	);
});

test("handshake messages in the clear after Finished are passed over", () => {
	const messages = Object.values(messageType).flatMap((type) =>
		[0, 1, 2, 3, 4, 5, 6, 7, 8].map((sequence) => fragment({ type, sequence, body: noise(40) })),
	);
	assaultAll(everyCast, () => messages.map((body) => record({ type: recordType.handshake, body })), {
		gaps: (gap, all) => gap === all,
		to: ["client"],
	});
	const ours = messages.filter(([type]) => type !== messageType.clientHello);
	assaultAll(everyCast, () => ours.map((body) => record({ type: recordType.handshake, body })), {
		gaps: (gap, all) => gap === all,
		to: ["server"],
	});
});

test("alerts in the clear end nothing: all levels and descriptions, cut, long, in pieces (RFC 6347 §4.1.2.7)", () => {
	const levels = [0, 1, 2, 3, 255];
	const descriptions = [0, 10, 20, 21, 40, 42, 47, 50, 51, 70, 80, 90, 100, 110, 115, 120, 255];
	const alerts = [...levels.flatMap((level) => descriptions.map((what) => [level, what])), [], [2], [2, 40, 0], [0, 0]];
	assaultAll(everyCast, () => alerts.map((body) => record({ type: recordType.alert, body })));
	assaultAll(everyCast, () => alerts.map((body) => record({ type: recordType.alert, version: dtls10, body })));
});

for (const to of ["client", "server"] as const satisfies readonly Role[]) {
	test(`a fatal alert before each datagram, and one of them lost: the ${to} keeps to its timer, and completes`, () => {
		for (const cast of [psk, pskCid, rpk]) {
			for (let lost = 0; lost < cast.calm.length; lost++) {
				const world = cast.world();
				world.meddle = ({ bytes }, index) => {
					world.inject(to, record({ type: recordType.alert, body: [2, 40] }));
					return index === lost ? [] : [bytes];
				};
				world.run().finish(() => world.isEstablished);
				ok(world.isEstablished, `without datagram ${lost}: ${world.clientEar.reason?.code}`);
				world.exchange().end();
			}
		}
	});
}

test("who hears nothing but a fatal alert gives up at its timer, and says why (RFC 5246 §7.2)", () => {
	const world = psk.world();
	world.meddle = ({ from }) => {
		if (from === "client") world.inject("client", record({ type: recordType.alert, body: [2, 40] }));
		return [];
	};
	world.run();
	equal(world.client.state, "handshaking");
	world.finish();
	equal(world.client.state, "closed");
	equal(JSON.stringify(world.clientEar.reason), JSON.stringify({ code: "dtls.alert", alert: 40 }));
	ok(world.nowMs > 5_000, "it did not wait");
	world.end();
});

test("unknown content types, heartbeats and the ACK of DTLS 1.3 are dropped, in both epochs", () => {
	assaultAll(everyCast, () =>
		[0, 1, 19, 24, 26, 99, 255].flatMap((type) =>
			[0, 1].flatMap((epoch) => [
				record({ type, epoch, body: noise(40) }),
				record({ type, epoch, body: [] }),
				record({ type, epoch, body: [1, 0x40, 0] }),
			]),
		),
	);
});

test("records with a Connection ID where none was agreed on are dropped (RFC 9146 §3)", () => {
	assaultAll([psk, pskResumed, rpk, cbc], () =>
		[0, 1, 3, 6].flatMap((size) =>
			[0, 1].map((epoch) => record({ type: recordType.cid, epoch, cid: noise(size), body: noise(40) })),
		),
	);
});

test("records with a wrong Connection ID, a longer, a shorter, or none (RFC 9146 §3, CVE-2022-46393)", () => {
	for (const cast of [pskCid]) {
		assault(cast, ({ to }) => {
			const own = [...(to === "client" ? cids.client : cids.server)];
			const theirs = [...(to === "client" ? cids.server : cids.client)];
			const wrong = [own.map((byte) => byte ^ 1), theirs, [], own.slice(1), [...own, 0], noise(255)];
			return wrong.flatMap((cid) => [
				record({ type: recordType.cid, epoch: 1, cid, body: noise(40) }),
				record({ type: recordType.cid, epoch: 0, cid, body: noise(40) }),
				record({ type: recordType.data, epoch: 1, body: noise(40) }),
			]);
		});
	}
});

test("a genuine record under another Connection ID, or as one without, is dropped (RFC 9146 §4)", () => {
	const world = pskCid.world().run();
	const one = Uint8Array.of(1);
	world.meddle = ({ bytes }) => {
		const bent = bytes.slice();
		bent[11]! ^= 1;
		const plain = Uint8Array.from([23, ...bytes.slice(1, 11), ...bytes.slice(17)]);
		return [bent, plain];
	};
	ok(world.client.send(one, 0, 1, world.nowMs));
	world.settle();
	equal(world.serverEar.heard.length, 0);
	world.meddle = ({ bytes }) => [bytes];
	world.exchange().end();
});
