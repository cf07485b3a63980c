/** `npm run selftest` reading a board's console; and where the self-test's vectors come from. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { networkOf } from "../../../hosts/selftest/peer.ts";
import { AEADS, CBCS, ECDHS, ECDSAS, HMACS, PRFS } from "../../../hosts/selftest/vectors.ts";

const root = fileURLToPath(new URL("../../../../..", import.meta.url));

function run(words: readonly string[], input = "") {
	const options = { encoding: "utf8", input, env: { ...process.env, MODDABLE: "" } } as const;
	return spawnSync(process.execPath, [join(root, "scripts/selftest.mjs"), ...words], options);
}

const line = (record: object) => `I (1234) dormouse: ${JSON.stringify({ t: 1, ...record })}\r\n`;
const passed = line({ event: "selfTest", check: "clock", result: "passed" });
const skipped = line({ event: "selfTest", check: "slots", result: "skipped", why: "the host has none" });
const failed = line({ event: "selfTest", check: "flash", result: "failed", why: "reads 0" });
const end = (counts: object) => line({ event: "selfTestEnded", passed: 1, failed: 0, skipped: 1, ...counts });

test("a console that tells of no failure is status 0, whatever else stands in its lines", () => {
	const { status, stdout } = run(["--read"], `rst:0x1\r\n${passed}${skipped}{"t":1,"half\r\n${end({})}`);
	equal(status, 0);
	match(stdout, /^ok {6}clock\nskipped slots: the host has none\n1 passed, 0 failed, 1 skipped\n$/);
});

test("a failure is status 1, and so is a console that ends before the self-test does", () => {
	const told = run(["--read"], passed + failed + end({ failed: 1 }));
	equal(told.status, 1);
	match(told.stdout, /FAILED {2}flash: reads 0/);
	const cut = run(["--read"], passed + skipped);
	equal(cut.status, 1);
	match(cut.stderr, /did not come to its end/);
});

test("without a platform it says which there are; without an SDK, what to do: status 2", () => {
	equal(run([]).status, 2);
	match(run([]).stderr, /-p wants a platform/);
	equal(run(["-p", "lin"]).status, 2);
	equal(run(["-p", "esp32", "--dry"]).status, 2);
	match(run(["-p", "pico", "--dry"]).stderr, /no self-test for pico|\$MODDABLE is not set|Linux only/);
	match(run(["-p", "lin", "ssid"]).stderr, /NAME=VALUE/);
});

test("what an image was built with names peer and name", () => {
	deepEqual(networkOf({ peer: "192.0.2.7:7000", name: "example.org" }), {
		peer: { host: "192.0.2.7", port: 7000 },
		name: "example.org",
	});
	deepEqual(networkOf({ peer: "[2001:db8::1]:7" }), { peer: { host: "2001:db8::1", port: 7 } });
	deepEqual(networkOf({ peer: "", name: "" }), {});
	for (const peer of ["192.0.2.7", ":7", "a:0", "a:70000", "a:x"]) {
		let message = "";
		try {
			networkOf({ peer });
		} catch (error) {
			message = String(error);
		}
		match(message, /HOST:PORT/, peer);
	}
});

test("the self-test's vectors are some of test/vectors", () => {
	const cases = (file: string) =>
		(JSON.parse(readFileSync(join(root, "test/vectors", file), "utf8")) as { cases: Record<string, unknown>[] }).cases;
	const plain = (value: unknown) => (typeof value === "string" ? value.replaceAll(/\s/g, "") : value);
	const isIn = (file: string, vectors: readonly object[]) => {
		const known = cases(file);
		for (const vector of vectors) {
			const fields = Object.entries(vector).filter(([, value]) => value !== "");
			const found = known.some((each) => fields.every(([name, value]) => plain(each[name]) === plain(value)));
			ok(found, `${file}: ${JSON.stringify(vector)}`);
		}
	};
	isIn("aead-sizes.json", AEADS);
	isIn("wycheproof-hmac-sha256.json", HMACS);
	isIn("tls12-prf.json", PRFS);
	isIn("wycheproof-aes-cbc.json", CBCS);
	isIn("wycheproof-ecdh-p256.json", ECDHS);
	isIn("wycheproof-ecdsa-p256.json", ECDSAS);
	ok(AEADS.length >= 4 && ECDSAS.some(({ valid }) => !valid) && ECDHS.some(({ shared }) => shared === ""));
});
