import { equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { Dormouse, dormouse } from "./dormouse.ts";

test("the guided tour goes through every step, and Ctrl-C ends it with a good-bye", { timeout: 120_000 }, async () => {
	const tour = new Dormouse(["start", "--board", "esp32c3"]);
	await tour.says(/That was the tour/);
	const [, url] = await tour.says(/look at it +(http:\S+)/);
	const answer = await fetch(`${url}/api/clients`);
	match(await answer.text(), /"endpoint":"dormouse"/);
	await tour.says(/Ctrl-C: .*\n/);
	tour.process.kill("SIGINT");
	const { status, stdout, stderr } = await tour.ended;
	equal(status, 0, stderr);
	const steps = [...stdout.matchAll(/^ *(\d+) {2}(\S+)/gm)].map(([, number, name]) => `${number} ${name}`);
	equal(
		steps.join(", "),
		"1 Engine, 2 Image, 3 Server, 4 Boot, 5 Registration, 6 Read, 7 Observation, 8 Write, 9 Update, 10 Execute, " +
			"11 De-registration",
	);
	match(stdout, /manufacturer "Dormouse"/);
	match(stdout, /the board tells it, unasked: \d+(\.\d)? °C/);
	match(stdout, /it lasts 60 s now/);
	match(stdout, /the server knows that it is gone/);
	match(stdout, /In \d+ s: [\d,]+ bytes sent, .* RAM in use/);
	ok(!stdout.includes("\u001b"));
});

test("the image command says size and hash, the same each time", { timeout: 120_000 }, async () => {
	const first = await dormouse("image");
	equal(first.status, 0, first.stderr);
	match(first.stdout, /size +[\d,]+ bytes\n +SHA-256 [0-9a-f]{64}\n/);
	const json = await dormouse("image", "--json");
	const { sha256, bytes, modules } = JSON.parse(json.stdout) as { sha256: string; bytes: number; modules: object[] };
	ok(first.stdout.includes(sha256));
	ok(bytes > 50_000 && modules.length === 2);
	const wrong = await dormouse("image", "--output", "/no/such/folder/image");
	equal(wrong.status, 2);
	match(wrong.stderr, /can not be written/);
});
