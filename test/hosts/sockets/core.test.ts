/** hosts/sockets' C over the sockets of this computer, with the compiler's sanitizers. Loopback only. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../../..", import.meta.url));
const parts = ["address", "core", "datagrams", "names", "stream"];
const core = parts.map((part) => join(root, `hosts/sockets/sockets-${part}.c`));
const flags = ["-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Wshadow", "-Werror", "-pthread"];
const folder = mkdtempSync(join(tmpdir(), "dormouse-sockets-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const missing = spawnSync("gcc", ["--version"]).status === 0 ? false : "no gcc";

function build(main: string, more: readonly string[]): string {
	const program = join(folder, `${main}${more.join("")}`.replaceAll(/[^a-z]/g, ""));
	const source = join(root, "test/hosts/sockets", main);
	execFileSync("gcc", [...flags, ...more, `-I${join(root, "hosts/sockets")}`, source, ...core, "-o", program]);
	return program;
}

const cases = [
	"datagrams 127.0.0.1",
	"datagrams ::1",
	"unreachable 127.0.0.1",
	"unreachable ::1",
	"refusals",
	"told again when telling failed",
	"stream 127.0.0.1",
	"the end comes behind what was sent",
	"names",
];

for (const sanitizer of ["address,undefined", "thread"]) {
	test(`sockets: UDP, TCP and names over loopback (-fsanitize=${sanitizer})`, { skip: missing }, () => {
		const program = build("exchange.c", [`-fsanitize=${sanitizer}`, "-fno-sanitize-recover=all"]);
		const { stdout, stderr, status } = spawnSync(program, { encoding: "utf8", timeout: 60_000 });
		assert.deepEqual(
			stdout.trim().split("\n"),
			cases.map((name) => `ok ${name}`),
			stderr,
		);
		assert.equal(status, 0, stderr);
	});
}

test("sockets: IPv6 is spelt as RFC 5952 says", { skip: missing }, () => {
	const spellings: Record<string, string> = {
		"20010db8000000000000000000000001": "2001:db8::1",
		"20010db8000000010001000100010001": "2001:db8:0:1:1:1:1:1", // §4.2.2: not for one zero alone
		"20010000000000010000000000000001": "2001:0:0:1::1", // §4.2.3: the longest run
		"20010db8000000000001000000000001": "2001:db8::1:0:0:1", // §4.2.3: the first of two
		"00000000000000000000000000000000": "::",
		"00000000000000000000000000000001": "::1",
		"00010000000000000000000000000000": "1::",
		fe800000000000000000000000000abc: "fe80::abc%3",
		"20010DB8AAAABBBBCCCCDDDDEEEEFFFF": "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff",
		"00000000000000010002000300040005": "::1:2:3:4:5",
		"00010002000300040005000600000000": "1:2:3:4:5:6::",
		"00010002000300040005000600070000": "1:2:3:4:5:6:7:0",
	};
	const program = build("spelling.c", ["-fsanitize=address,undefined"]);
	const input = `${Object.keys(spellings).join("\n")}\n`;
	const output = execFileSync(program, { input, encoding: "utf8", timeout: 20_000 });
	assert.deepEqual(output.trim().split("\n"), Object.values(spellings));
});
