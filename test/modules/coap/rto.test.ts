import { Retransmission, type RtoEstimator } from "../../../modules/coap/retransmission.ts";
import { CocoaRto } from "../../../modules/coap/rto-cocoa.ts";
import { FasorRto } from "../../../modules/coap/rto-fasor.ts";
import { DEFAULT_TUNING, maxTransmitSpanMs, maxTransmitWaitMs } from "../../../modules/coap/tuning.ts";
import { deepEqual, equal, ok, patience, seeded, test } from "../../harness.ts";
import { lowDice, Scene } from "./scene.ts";

/** When a message that nobody hears goes out, from its first time to giving up. */
function times(estimator: RtoEstimator | undefined, nowMs = 0): number[] {
	const one = new Retransmission(nowMs, lowDice, DEFAULT_TUNING, estimator);
	const found = [0];
	for (;;) {
		const atMs = one.deadlineMs;
		found.push(atMs - nowMs);
		if (one.poll(atMs) === "giveUp") return found;
	}
}

test("before anything was measured both wait as RFC 7252 §4.2 says", () => {
	const plain = [0, 2000, 6000, 14_000, 30_000, 62_000];
	deepEqual(times(undefined), plain);
	deepEqual(times(new CocoaRto()), plain);
	deepEqual(times(new FasorRto()), plain);
});

test("CoCoA: half of a strong measurement, a quarter of a weak one, nothing of a hopeless one (draft §4.2)", () => {
	const rto = new CocoaRto();
	rto.measured(100, 0, 0); // 100 + 4 × 50
	equal(rto.timeoutMs(0), 1150);
	rto.measured(100, 0, 0); // 100 + 4 × 37.5
	equal(rto.timeoutMs(0), 700);
	rto.measured(2000, 1, 0); // 2000 + 1000
	equal(rto.timeoutMs(0), 1275);
	rto.measured(20_000, 3, 0);
	equal(rto.timeoutMs(0), 1275);
	rto.measured(400_000, 2, 0);
	equal(rto.timeoutMs(0), 32_000, "the longest there is");
});

test("CoCoA: short timeouts back off by 3, long ones by 1.5; old ones drift back (draft §4.2.1, §4.3)", () => {
	const short = new CocoaRto();
	for (let count = 0; count < 40; count++) short.measured(100, 0, 0);
	const shortMs = short.timeoutMs(0);
	ok(shortMs >= 100 && shortMs < 110, `${shortMs}`);
	deepEqual(
		times(short).map((atMs) => Math.round(atMs / shortMs)),
		[0, 1, 4, 13, 40, 121],
	);
	equal(short.timeoutMs(16 * shortMs - 16), shortMs);
	const driftedMs = short.timeoutMs(16 * shortMs + 2);
	ok(driftedMs > 2 * shortMs - 2 && driftedMs <= 2 * shortMs, `${driftedMs}`);
	const long = new CocoaRto();
	for (let count = 0; count < 40; count++) long.measured(8000, 0, 0);
	const longMs = long.timeoutMs(0);
	ok(longMs >= 8000 && longMs < 9000, `${longMs}`);
	equal(long.backOffMs(longMs, longMs), Math.ceil(longMs * 1.5));
	ok(long.timeoutMs(4 * longMs + 10) <= 1001 + longMs / 2);
});

test("FASOR: fast, then fast-slow-fast, slow-fast, and fast again after one clean measurement (draft §4.3)", () => {
	const rto = new FasorRto();
	rto.measured(1000, 0); // 1000 + 4 × 125
	deepEqual(times(rto), [0, 1500, 4500, 10_500, 22_500, 46_500]);
	rto.measured(6000, 1); // slow: 9000
	deepEqual(times(rto), [0, 1500, 10_500, 13_500, 19_500, 31_500]);
	rto.measured(8000, 1); // slow: 12 000
	deepEqual(times(rto), [0, 12_000, 13_500, 16_500, 22_500, 34_500]);
	rto.measured(1000, 0);
	equal(rto.timeoutMs(), 1375);
});

test("whatever was measured: no copy later than MAX_TRANSMIT_SPAN, and an end by MAX_TRANSMIT_WAIT (§4.8.2)", () => {
	for (let seed = 1; seed <= 50 * patience; seed++) {
		const random = seeded(seed);
		for (const rto of [new CocoaRto(), new FasorRto()]) {
			for (let count = random(6); count > 0; count--) rto.measured(random(100_000), random(5), 0);
			const one = new Retransmission(0, { below: random }, DEFAULT_TUNING, rto);
			let lastMs = 0;
			let endMs = 0;
			while (endMs === 0) {
				const atMs = one.deadlineMs;
				const due = one.poll(atMs);
				ok(due !== "wait" && Number.isInteger(atMs), `seed ${seed}`);
				if (due === "giveUp") endMs = atMs;
				else lastMs = atMs;
			}
			ok(one.resends <= 4 && lastMs <= maxTransmitSpanMs(DEFAULT_TUNING), `seed ${seed}: last copy at ${lastMs}`);
			ok(endMs <= maxTransmitWaitMs(DEFAULT_TUNING), `seed ${seed}: end at ${endMs}`);
		}
	}
});

test("a peer measures Acknowledgements, piggybacked and empty, and what needed a second try", () => {
	const measured: string[] = [];
	const rto: RtoEstimator = {
		timeoutMs: () => 300,
		backOffMs: (firstMs, intervalMs, attempt) => firstMs + intervalMs + attempt,
		measured: (elapsedMs, resends, nowMs) => measured.push(`${elapsedMs} ${resends} ${nowMs}`),
	};
	const stage = new Scene({ rto });
	const ask = () => stage.peer.request({ code: 1 }, stage.nowMs);
	ask();
	stage.skip().at(120).hears("ACK 2.05 #0 0001");
	ask();
	stage.skip().at(200).hears("ACK 0.00 #1").hears("NON 2.05 #7 0002");
	ask();
	stage.skip().at(499).silent().at(500).sends("CON 0.01 #2 0003").at(1100).silent().at(1101).sends("CON 0.01 #2 0003");
	stage.hears("RST 0.00 #2");
	deepEqual(measured, ["120 0 120", "80 0 200", "901 2 1101"]);
});
