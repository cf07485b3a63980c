/** What both back ends have to do: the same cases for raw flash and for a platform's store. */
import { AssertionFailed, type Fault } from "../../../modules/bytes.ts";
import type { Log } from "../../../modules/host.ts";
import { liveKey, schemaKey, secretKey } from "../../../modules/settings/key.ts";
import { type Migration, migrate, schemaVersion } from "../../../modules/settings/migration.ts";
import {
	FORGED,
	KEYS_FULL,
	NO_SECRET_KEY,
	NO_SNAPSHOT,
	SCHEMA_UNKNOWN,
	type Secrets,
	type Settings,
	VALUE_SIZE,
} from "../../../modules/settings/settings.ts";
import { Transaction } from "../../../modules/settings/transaction.ts";
import { deepEqual, equal, ok, seeded, test, throws } from "../../harness.ts";
import { AddingCrypto } from "./adding-crypto.ts";

export interface StoreOptions {
	readonly secrets?: Secrets;
	readonly entriesMax?: number;
	readonly log?: Log;
}

/** A place for a store, opened as often as one likes: each time is a boot. */
export interface Bench {
	open(options?: StoreOptions): Settings & { readonly valueMaxBytes: number };
	/** Everything that lies there. */
	raw(): Uint8Array;
}

const bytes = (...values: number[]) => Uint8Array.of(...values);

function keysOf(settings: { nextKey(after: number): number | undefined }): number[] {
	const keys: number[] = [];
	for (let key = settings.nextKey(0); key !== undefined; key = settings.nextKey(key)) keys.push(key);
	return keys;
}

const accepted = (refusal: Fault | undefined) => equal(refusal, undefined);

export function settingsCases(name: string, bench: () => Bench): void {
	const is = (what: string, run: (place: Bench) => void) => test(`[MaU-001] ${name}: ${what}`, () => run(bench()));

	is("what was set is there, and after a restart", (place) => {
		const store = place.open();
		equal(store.get(1), undefined);
		accepted(store.set(1, bytes(1, 2, 3)));
		accepted(store.set(2, bytes()));
		accepted(store.set(1, bytes(4)));
		for (const each of [store, place.open()]) {
			deepEqual(each.get(1), bytes(4));
			deepEqual(each.get(2), bytes());
			deepEqual(keysOf(each), [1, 2]);
		}
		accepted(store.remove(1));
		accepted(store.remove(1));
		for (const each of [store, place.open()]) {
			equal(each.get(1), undefined);
			deepEqual(keysOf(each), [2]);
		}
	});

	is("the longest value fits, one byte more is refused", (place) => {
		const store = place.open();
		const value = new Uint8Array(store.valueMaxBytes).fill(0xa5);
		accepted(store.set(3, value));
		deepEqual(place.open().get(3), value);
		equal(store.set(3, new Uint8Array(store.valueMaxBytes + 1)), VALUE_SIZE);
		deepEqual(store.get(3), value);
	});

	is("a transaction is read through before it is there, and then it is there as a whole", (place) => {
		const store = place.open();
		accepted(
			store.commit([
				{ key: 1, value: bytes(1) },
				{ key: 5, value: bytes(5) },
			]),
		);
		const transaction = new Transaction(store);
		transaction.set(3, bytes(3));
		transaction.set(5, bytes(55));
		transaction.remove(1);
		deepEqual(keysOf(transaction), [3, 5]);
		equal(transaction.get(1), undefined);
		deepEqual(transaction.get(5), bytes(55));
		deepEqual(keysOf(store), [1, 5]);
		accepted(transaction.commit());
		for (const each of [store, place.open()]) {
			deepEqual(keysOf(each), [3, 5]);
			deepEqual(each.get(5), bytes(55));
		}
	});

	is("of several changes of a key in a transaction, the last holds", (place) => {
		const store = place.open();
		const changes = [
			{ key: 1, value: bytes(1) },
			{ key: 2, value: bytes(1) },
			{ key: 1, value: bytes(2) },
			{ key: 2, value: undefined },
		];
		accepted(store.commit(changes));
		for (const each of [store, place.open()]) {
			deepEqual(each.get(1), bytes(2));
			deepEqual(keysOf(each), [1]);
		}
	});

	is("more values than the index is to hold are refused; what is there can be changed", (place) => {
		const store = place.open({ entriesMax: 3 });
		for (const key of [1, 2, 3]) accepted(store.set(key, bytes(key)));
		equal(store.set(4, bytes(4)), KEYS_FULL);
		accepted(store.set(2, bytes(22)));
		accepted(store.remove(1));
		accepted(store.set(4, bytes(4)));
		const smaller = place.open({ entriesMax: 1 });
		deepEqual(keysOf(smaller), [2, 3, 4]);
		accepted(smaller.set(3, bytes(33)));
	});

	is("[MaU-003] a snapshot brings back what held, but for live keys", (place) => {
		let store = place.open();
		const live = 9 | liveKey;
		for (const key of [1, 2, live]) accepted(store.set(key, bytes(key & 0xff)));
		equal(store.restore(0), NO_SNAPSHOT);
		accepted(store.snapshot(0));
		accepted(
			store.commit([
				{ key: 1, value: bytes(100) },
				{ key: 2, value: undefined },
				{ key: 3, value: bytes(3) },
				{ key: live, value: bytes(99) },
			]),
		);
		accepted(store.snapshot(1));
		accepted(store.set(1, bytes(101)));
		store = place.open();
		ok(store.hasSnapshot(0) && store.hasSnapshot(1) && !store.hasSnapshot(2));
		for (let step = 0; step < 100 && !store.isIdle; step++) store.poll();
		accepted(store.restore(0));
		for (const each of [store, place.open()]) {
			deepEqual(keysOf(each), [1, 2, live]);
			deepEqual(each.get(1), bytes(1));
			deepEqual(each.get(live), bytes(99));
		}
		accepted(store.restore(1));
		deepEqual(store.get(1), bytes(100));
		deepEqual(keysOf(store), [1, 3, live]);
		accepted(store.forget(1));
		equal(place.open().restore(1), NO_SNAPSHOT);
		deepEqual(keysOf(store), [1, 3, live]);
		throws(
			() => store.hasSnapshot(4),
			(error) => error instanceof AssertionFailed,
		);
	});

	is("[MaU-003] snapshots again and again, and tidied up afterwards: the last one is whole", (place) => {
		const store = place.open();
		for (let turn = 1; turn <= 9; turn++) {
			for (const key of [1, 2, 3]) accepted(store.set(key, bytes(turn, key)));
			accepted(store.snapshot(turn % 2));
			if (turn % 4 === 0) accepted(store.restore(1));
		}
		for (const key of [1, 2, 3]) accepted(store.set(key, bytes(0)));
		for (let step = 0; step < 200 && !store.isIdle; step++) store.poll();
		for (const each of [store, place.open()]) {
			for (const turn of [9, 8]) {
				accepted(each.restore(turn % 2));
				for (const key of [1, 2, 3]) deepEqual(each.get(key), bytes(turn, key));
			}
		}
	});

	is("[MaU-003] values migrate forward and back, each time as a whole", (place) => {
		const added: Migration = {
			to: 1,
			up: (settings) => settings.set(1, bytes(1)),
			down: (settings) => settings.remove(1),
		};
		const doubled: Migration = {
			to: 2,
			up: (settings) => settings.set(1, bytes(...(settings.get(1) as Uint8Array), 2)),
			down: (settings) => settings.set(1, (settings.get(1) as Uint8Array).slice(0, -1)),
		};
		const store = place.open();
		accepted(migrate(store, 2, [doubled, added]));
		equal(schemaVersion(place.open()), 2);
		deepEqual(place.open().get(1), bytes(1, 2));
		deepEqual(keysOf(store), [1], "the version is nobody's setting");
		equal(migrate(store, 1, [added]), SCHEMA_UNKNOWN);
		equal(migrate(store, 4, [doubled, added]), SCHEMA_UNKNOWN);
		deepEqual(store.get(1), bytes(1, 2));
		accepted(store.snapshot(0));
		accepted(migrate(store, 1, [doubled, added]));
		deepEqual(place.open().get(1), bytes(1));
		accepted(migrate(store, 0, [doubled, added]));
		equal(place.open().get(1), undefined);
		accepted(store.restore(0));
		equal(schemaVersion(store), 2, "a snapshot knows what its values are of");
		ok(store.get(schemaKey) instanceof Uint8Array);
	});

	is("secrets are sealed, each time with another nonce, and open with their own key alone", (place) => {
		const crypto = new AddingCrypto();
		const secrets = { crypto, key: 1 };
		const key = 4 | secretKey;
		const secret = bytes(...[1, 2, 3, 4, 5, 6, 7, 8].map((value) => value * 31));
		const plain = place.open();
		accepted(plain.set(key, bytes(1, 1)));
		let store = place.open({ secrets });
		equal(store.get(key), NO_SECRET_KEY, "it ought to be sealed");
		deepEqual(place.open({ secrets: { ...secrets, acceptsPlain: true } }).get(key), bytes(1, 1));
		for (let turn = 0; turn < 60; turn++) {
			secret[0] = turn;
			if (turn % 2 === 0) accepted(store.set(key, secret));
			else {
				accepted(
					store.commit([
						{ key, value: secret },
						{ key: 5, value: bytes(turn) },
					]),
				);
			}
			deepEqual(store.get(key), secret);
			if (turn % 7 === 0) store = place.open({ secrets });
			for (let step = 0; step < 3; step++) store.poll();
		}
		deepEqual(place.open({ secrets }).get(key), secret);
		equal(place.open().get(key), NO_SECRET_KEY);
		equal(place.open({ secrets: { crypto, key: 2 } }).get(key), FORGED);
		equal(new Set(crypto.nonces).size, crypto.nonces.length, "no nonce twice");
		ok(crypto.nonces.length >= 60);
		equal(find(place.raw(), secret), -1, "the secret lies there in the open");
	});

	is("[SET] it does what a Map does", (place) => {
		const draw = seeded(4711);
		const model = new Map<number, Uint8Array>();
		let store = place.open();
		for (let step = 0; step < 150; step++) {
			const key = 1 + draw(12);
			const value = new Uint8Array(draw(30)).fill(draw(256));
			if (draw(4) === 0) {
				accepted(store.remove(key));
				model.delete(key);
			} else {
				accepted(store.set(key, value));
				model.set(key, value);
			}
			store.poll();
			if (draw(15) === 0) store = place.open();
			deepEqual(store.get(key), model.get(key));
		}
		deepEqual(
			keysOf(store),
			[...model.keys()].sort((a, b) => a - b),
		);
		for (const [key, value] of model) deepEqual(store.get(key), value);
	});
}

function find(bytes: Uint8Array, part: Uint8Array): number {
	for (let at = 0; at + part.length <= bytes.length; at++) {
		let same = 0;
		while (same < part.length && bytes[at + same] === part[same]) same++;
		if (same === part.length) return at;
	}
	return -1;
}
