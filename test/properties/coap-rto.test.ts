/** What modules/coap/README.md says about timeouts, measured again on fewer worlds. */
import { ok } from "node:assert/strict";
import { test } from "node:test";
import { ESTIMATORS, type Figures, measure, WAYS } from "./coap-rto-bench.ts";

const figures = (way: RegExp, estimator: string): Figures =>
	measure(WAYS.find(({ name }) => way.test(name))!, ESTIMATORS[estimator], 6);

test("where nothing is lost and answers are quick, an estimator changes nothing", () => {
	for (const name of Object.keys(ESTIMATORS)) {
		const { resent, failed, meanMs } = figures(/^RTT 50 ms, loss 0 %/, name);
		ok(resent === 0 && failed === 0 && meanMs < 60, name);
	}
});

test("slow links: without an estimator nearly every message goes out twice for nothing, with one hardly any", () => {
	const plain = figures(/^RTT 5 s/, "RFC 7252");
	ok(plain.spurious > 80, `${plain.spurious}`);
	for (const name of ["CoCoA", "FASOR"]) ok(figures(/^RTT 5 s/, name).spurious < 10, name);
});

test("a full queue: estimators halve the time by not filling it with copies", () => {
	const plain = figures(/^24 clients/, "RFC 7252");
	for (const name of ["CoCoA", "FASOR"]) {
		const { meanMs, spurious } = figures(/^24 clients/, name);
		ok(meanMs < plain.meanMs * 0.6 && spurious < plain.spurious / 20, `${name}: ${meanMs} of ${plain.meanMs}`);
	}
});

test("an outage: CoCoA comes through as the default does, FASOR gives up before it is over", () => {
	const way = /^RTT 50 ms, gone/;
	ok(figures(way, "RFC 7252").failed === 0 && figures(way, "CoCoA").failed < 1);
	ok(figures(way, "FASOR").failed > 5);
});
