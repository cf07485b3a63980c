import { equal, match } from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { inProcess } from "./dormouse.ts";

const folder = mkdtempSync(join(tmpdir(), "dormouse-image-"));
after(() => rmSync(folder, { recursive: true }));
const file = (name: string) => join(folder, name);

test("[FW-003] image: a key is made, an image built, signed and checked", { timeout: 120_000 }, async () => {
	for (const algorithm of ["ed25519", "p256"]) {
		const key = file(`${algorithm}.pem`);
		equal((await inProcess("image", "keygen", key, "--algorithm", algorithm)).status, 0);
		equal(statSync(key).mode & 0o777, 0o600);
		const again = await inProcess("image", "keygen", key);
		equal(again.status, 2, "a key is never written over");
		const image = file(`${algorithm}.img`);
		const facts = ["--version", "1.2.3-rc1", "--counter", "5", "--name", "Lamp"];
		const built = await inProcess("image", ...facts, "--key", key, "--output", image, "--json");
		equal(built.status, 0, built.stderr);
		const said = JSON.parse(built.stdout);
		const seen = await inProcess("image", "--verify", image, "--key", `${key}.pub`, "--json");
		equal(seen.status, 0, seen.stdout);
		const { verdict, version, name, securityCounter, sha256, signedBy } = JSON.parse(seen.stdout);
		equal(`${verdict} ${version} ${name} ${securityCounter}`, "ok 1.2.3-rc1 Lamp 5");
		equal(sha256, said.sha256);
		equal(signedBy, said.signedBy);
		const stranger = await inProcess("image", "--verify", image);
		equal(stranger.status, 1);
		match(stranger.stdout, /not signed with this key/);
		const bytes = new Uint8Array(readFileSync(image));
		bytes[8] = 1;
		writeFileSync(file("old.img"), bytes);
		const old = await inProcess("image", "--verify", file("old.img"));
		equal(old.status, 1);
		match(old.stdout, /from before images were signed: build it again/);
		bytes[8] = 2;
		bytes[5000]! ^= 1;
		writeFileSync(file("torn.img"), bytes);
		equal((await inProcess("image", "--verify", file("torn.img"), "--key", key)).status, 1);
	}
});

test("image: wrong words end with status 2 and say what to do", async () => {
	const cases: [string[], RegExp][] = [
		[["--counter", "-1"], /whole number from 0/],
		[["--version", "x".repeat(32)], /1 to 31 bytes/],
		[["--name", ""], /1 to 31 bytes/],
		[["--key", file("nowhere.pem")], /--key: .*ENOENT/],
		[["--verify", file("nowhere.img")], /can not be read/],
	];
	for (const [words, why] of cases) {
		const { status, stderr } = await inProcess("image", ...words);
		equal(status, 2, words.join(" "));
		match(stderr, why);
	}
	writeFileSync(file("text.pem"), "no key");
	match((await inProcess("image", "--key", file("text.pem"))).stderr, /this is no key in PEM/);
});
