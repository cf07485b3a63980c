import type { Fault } from "../../../modules/bytes.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import type { Clock, LogRecord, Power } from "../../../modules/host.ts";
import { ClientRetention } from "../../../modules/lwm2m/client-retention.ts";
import type { Change } from "../../../modules/settings/settings.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import { type Bench, bench, linksOf } from "./bench.ts";
import { watch } from "./observing.ts";
import { Store } from "./retention-bench.ts";

const since12 = { enabler: "1.2", isQuiet: true } as const;
const full: Fault = Object.freeze({ code: "settings.full", reply: "silence", see: "" });

/** A store that may refuse. */
class Refusing extends Store {
	refusal: Fault | undefined;

	override commit(changes: readonly Change[]): undefined {
		if (this.refusal === undefined) return super.commit(changes);
		this.commits++;
		return this.refusal as unknown as undefined;
	}
}

/** What a device has that is not in queue mode: each boot registers. */
function keeping(it: Bench, store: Store, log: LogRecord[] = []): ClientRetention {
	const power: Power = { resetCause: "powerOn", restart() {}, onShutdown() {}, off() {} };
	const { furniture, world } = it;
	const clock: Clock = {
		nowMs: () => world.nowMs,
		wallTimeS: () => furniture.wallTimeS,
		setWallTimeS() {},
		setAlarm() {},
	};
	const host = { power, clock, dice: { below: () => 0 }, log: { write: (record: LogRecord) => void log.push(record) } };
	return new ClientRetention({ host, store, key: 7, what: "reporting" }).drive(world.client, "ep");
}

test("[CORE-IR-1] attributes and the series that hqmax keeps outlive a reset", () => {
	const store = new Refusing();
	let wallS = 1_700_000_000;
	const before = bench({ ...since12, wallTimeS: () => wallS });
	before.furniture.wallTimeS = wallS;
	const keeper = keeping(before, store);
	keeper.started(before.world.nowMs);
	before.attributes("/33000/0/1", "hqmax=3");
	watch(before, "/33000/0/1", [], ContentFormat.senmlCbor);
	keeper.turnEnded(before.world.nowMs);
	const { reporting } = before.world.client.sessions[0]!;
	for (let count = 1; count <= 5; count++) {
		wallS += 10;
		before.furniture.wallTimeS = wallS;
		before.world.nowMs += 10_000;
		before.instance.set("whole", count * 10);
		reporting.poll(before.world.nowMs, { isReporting: false, isUpToDate: false, isAway: true });
		keeper.turnEnded(before.world.nowMs);
	}
	// The power fails here; another client starts with what is there.
	wallS += 50;
	const after = bench({ ...since12, wallTimeS: () => wallS });
	after.furniture.wallTimeS = wallS;
	keeping(after, store).started(after.world.nowMs);
	after.world.client.sessions[0]!.reporting.suspend(); // as the Register after a restart does
	after.instance.set("whole", 60);
	ok(linksOf(after, "/33000/0").includes("</33000/0/1>;hqmax=3"));
	const seen = watch(after, "/33000/0/1", [], ContentFormat.senmlCbor);
	after.world.settle();
	deepEqual(seen.entries(1), ["/33000/0/1 30 @1700000030", "/33000/0/1 40 @1700000040", "/33000/0/1 50 @1700000050"]);
});

test("[CORE-IR-1] what has not changed is not written: a notification, a Read, time", () => {
	const store = new Refusing();
	const it = bench(since12);
	const keeper = keeping(it, store);
	keeper.started(it.world.nowMs);
	keeper.turnEnded(it.world.nowMs);
	equal(store.commits, 0);
	watch(it, "/33000/0/1");
	keeper.turnEnded(it.world.nowMs);
	equal(store.commits, 1);
	for (let count = 0; count < 5; count++) {
		it.instance.set("whole", count);
		it.world.run(10_000);
		keeper.turnEnded(it.world.nowMs);
	}
	equal(store.commits, 1);
});

test("a store that refuses is logged once and asked again; one whose bytes are damaged is begun anew", () => {
	const store = new Refusing();
	const log: LogRecord[] = [];
	store.values.set(7, Uint8Array.of(1, 2, 3));
	const it = bench(since12);
	const keeper = keeping(it, store, log);
	keeper.started(it.world.nowMs);
	deepEqual(log, [{ event: "retainedLost", reason: "retained.torn" }]);
	watch(it, "/33000/0/1");
	store.refusal = full;
	keeper.turnEnded(it.world.nowMs);
	keeper.turnEnded(it.world.nowMs);
	equal(store.commits, 2);
	store.refusal = undefined;
	keeper.turnEnded(it.world.nowMs);
	keeper.turnEnded(it.world.nowMs);
	equal(store.commits, 3);
	deepEqual(log.slice(1), [{ event: "notRetained", reason: "settings.full" }]);
	const after = bench(since12);
	keeping(after, store).started(after.world.nowMs);
	equal(after.world.client.sessions[0]!.observationCount, 1);
});
