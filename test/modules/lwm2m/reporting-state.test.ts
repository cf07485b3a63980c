import type { Fault } from "../../../modules/bytes.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import { defaultLimits } from "../../../modules/lwm2m/limits.ts";
import { decodeReports, encodeReports } from "../../../modules/lwm2m/reporting-state.ts";
import { deepEqual, equal, ok, seeded, test } from "../../harness.ts";
import { type Bench, bench, linksOf } from "./bench.ts";
import { watch } from "./observing.ts";

const since12 = { enabler: "1.2", isQuiet: true } as const;

/** A device with attributes, observations of all kinds and notifications that it could not send. */
function laden(wallTimeS?: () => number): Bench {
	const it = bench({ ...since12, ...(wallTimeS === undefined ? {} : { wallTimeS }) });
	it.attributes("/33000", "pmin=1", "pmax=3600");
	it.attributes("/33000/0/1", "gt=-5.5", "st=0.25", "hqmax=4");
	watch(it, "/33000/0/1", [], ContentFormat.senmlCbor);
	watch(it, "/33000/0/3", ["pmax=77", "con=1"]);
	watch(it, ["/33000/0/1", "/3", "/"], ["epmax=600"], ContentFormat.senmlJson);
	const { reporting } = it.world.client.sessions[0]!;
	for (const value of [10, 20]) {
		it.world.nowMs += 5000;
		it.instance.set("whole", value);
		reporting.poll(it.world.nowMs, { isReporting: false, isUpToDate: false, isAway: true });
	}
	return it;
}

const exportOf = ({ world: { client, nowMs } }: Bench) => encodeReports(client.exportReporting(nowMs));

function importInto({ world: { client, nowMs } }: Bench, bytes: Uint8Array): Fault | undefined {
	const kept = decodeReports(bytes, client.limits);
	if ("code" in kept) return kept;
	client.importReporting(kept, nowMs);
	return undefined;
}

test("what reporting keeps is the same after a round trip", () => {
	const it = laden();
	const exported = exportOf(it);
	const decoded = decodeReports(exported, defaultLimits);
	if ("code" in decoded) throw new Error(decoded.code);
	deepEqual(encodeReports(decoded), exported);
	equal(decoded.wallTimeS, undefined);
	equal(decoded.servers[0]!.attached.length, 2);
	equal(decoded.servers[0]!.observations.length, 3);
	equal(decoded.servers[0]!.observations[0]!.kept.length, 2);
});

test("[CORE-IR-1] attributes and unsent notifications outlive a restart: the Observe that follows gets them", () => {
	let wallS = 1_700_000_000;
	const before = laden(() => wallS);
	const exported = exportOf(before);
	wallS += 100;
	const after = bench({ ...since12, wallTimeS: () => wallS });
	equal(importInto(after, exported), undefined);
	equal(after.world.client.sessions[0]!.observationCount, 3);
	after.world.client.sessions[0]!.reporting.suspend(); // as the Register after a restart does
	equal(after.world.client.sessions[0]!.observationCount, 0);
	ok(linksOf(after, "/33000/0").includes("</33000/0/1>;gt=-5.5;st=0.25;hqmax=4"));
	const seen = watch(after, "/33000/0/1", [], ContentFormat.senmlCbor);
	after.world.settle();
	deepEqual(seen.entries(1), ["/33000/0/1 10 @1699999995", "/33000/0/1 20 @1700000000"]);
});

test("bytes that are torn, changed or from elsewhere are refused or taken whole, and never throw", () => {
	const exported = exportOf(laden());
	const it = bench(since12);
	watch(it, "/33000/0/1");
	const untouched = exportOf(it);
	for (let size = 0; size < exported.length; size++) {
		const fault = importInto(it, exported.slice(0, size));
		ok(fault !== undefined, `${size} bytes`);
		deepEqual(exportOf(it), untouched);
	}
	ok(importInto(it, new Uint8Array([...exported, 0])) !== undefined, "a byte too many");
	const draw = seeded(5);
	let taken = 0;
	for (let round = 0; round < 400; round++) {
		const changed = exported.slice();
		for (let count = draw(3); count >= 0; count--) changed[draw(changed.length)] = draw(256);
		const present = exportOf(it);
		if (importInto(it, changed) === undefined) taken++;
		else deepEqual(exportOf(it), present);
		it.world.run(1000); // whatever was taken is lived with
	}
	ok(taken > 0);
});

test("more than the limits allow is refused", () => {
	const exported = exportOf(laden());
	for (const limits of [{ observations: 2 }, { attributes: 1 }, { keptNotifications: 1 }, { servers: 0 }]) {
		ok("code" in decodeReports(exported, { ...defaultLimits, ...limits }), JSON.stringify(limits));
	}
});
