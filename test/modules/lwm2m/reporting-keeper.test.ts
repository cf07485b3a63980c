import type { Fault } from "../../../modules/bytes.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import type { LogRecord } from "../../../modules/host.ts";
import { ReportingKeeper, type Store } from "../../../modules/lwm2m/reporting-keeper.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import { type Bench, bench, linksOf } from "./bench.ts";
import { watch } from "./observing.ts";

const since12 = { enabler: "1.2", isQuiet: true } as const;
const full: Fault = Object.freeze({ code: "settings.full", reply: "silence", see: "" });

/** Memory that outlives the client. */
class Memory implements Store {
	readonly values = new Map<number, Uint8Array>();
	writes = 0;
	refusal: Fault | undefined;

	get(key: number): Uint8Array | undefined {
		return this.values.get(key)?.slice();
	}

	set(key: number, value: Uint8Array): Fault | undefined {
		this.writes++;
		if (this.refusal === undefined) this.values.set(key, value.slice());
		return this.refusal;
	}
}

function keeping(it: Bench, store: Store, log: LogRecord[] = []): ReportingKeeper {
	return new ReportingKeeper(it.world.client, store, 7, { write: (record) => void log.push(record) });
}

test("[CORE-IR-1] attributes and the series that hqmax keeps outlive a reset", () => {
	const store = new Memory();
	let wallS = 1_700_000_000;
	const before = bench({ ...since12, wallTimeS: () => wallS });
	const keeper = keeping(before, store);
	keeper.started(before.world.nowMs);
	before.attributes("/33000/0/1", "hqmax=3");
	watch(before, "/33000/0/1", [], ContentFormat.senmlCbor);
	keeper.turnEnded(before.world.nowMs);
	const { reporting } = before.world.client.sessions[0]!;
	for (let count = 1; count <= 5; count++) {
		wallS += 10;
		before.world.nowMs += 10_000;
		before.instance.set("whole", count * 10);
		reporting.poll(before.world.nowMs, { isReporting: false, isUpToDate: false, isAway: true });
		keeper.turnEnded(before.world.nowMs);
	}
	// The power fails here; another client starts with what is there.
	wallS += 50;
	const after = bench({ ...since12, wallTimeS: () => wallS });
	keeping(after, store).started(after.world.nowMs);
	after.world.client.sessions[0]!.reporting.suspend(); // as the Register after a restart does
	after.instance.set("whole", 60);
	ok(linksOf(after, "/33000/0").includes("</33000/0/1>;hqmax=3"));
	const seen = watch(after, "/33000/0/1", [], ContentFormat.senmlCbor);
	after.world.settle();
	deepEqual(seen.entries(1), ["/33000/0/1 30 @1700000030", "/33000/0/1 40 @1700000040", "/33000/0/1 50 @1700000050"]);
});

test("[CORE-IR-1] what has not changed is not written: a notification, a Read, time", () => {
	const store = new Memory();
	const it = bench(since12);
	const keeper = keeping(it, store);
	keeper.started(it.world.nowMs);
	keeper.turnEnded(it.world.nowMs);
	equal(store.writes, 0);
	watch(it, "/33000/0/1");
	keeper.turnEnded(it.world.nowMs);
	equal(store.writes, 1);
	for (let count = 0; count < 5; count++) {
		it.instance.set("whole", count);
		it.world.run(10_000);
		keeper.turnEnded(it.world.nowMs);
	}
	equal(store.writes, 1);
});

test("a store that refuses is logged once and asked again; one whose bytes are damaged is begun anew", () => {
	const store = new Memory();
	const log: LogRecord[] = [];
	store.values.set(7, Uint8Array.of(1, 2, 3));
	const it = bench(since12);
	const keeper = keeping(it, store, log);
	keeper.started(it.world.nowMs);
	deepEqual(log, [{ event: "reportingLost", reason: "reporting.malformed" }]);
	watch(it, "/33000/0/1");
	store.refusal = full;
	keeper.turnEnded(it.world.nowMs);
	keeper.turnEnded(it.world.nowMs);
	equal(store.writes, 2);
	store.refusal = undefined;
	keeper.turnEnded(it.world.nowMs);
	keeper.turnEnded(it.world.nowMs);
	equal(store.writes, 3);
	deepEqual(log.slice(1), [{ event: "reportingNotKept", reason: "settings.full" }]);
	const after = bench(since12);
	keeping(after, store).started(after.world.nowMs);
	equal(after.world.client.sessions[0]!.observationCount, 1);
});
