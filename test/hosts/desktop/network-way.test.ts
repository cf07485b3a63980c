/** Whether the desktop has a network: its C on this system, and on Windows as Wine has it; and what is made of it. */
import { deepEqual, equal } from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Ways } from "../../../hosts/desktop/ways.ts";
import { whatIsMissingForWindows, windowsCompiler } from "./desktop-device.ts";

const root = fileURLToPath(new URL("../../../../..", import.meta.url));
const rooms = ["hosts/desktop", "hosts/sockets"].map((room) => join(root, room));
const sources = ["hosts/desktop/network-way.c", "hosts/sockets/sockets-address.c", "test/hosts/desktop/network-way.c"];
const flags = ["-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Wshadow", "-Werror"];

const folder = mkdtempSync(join(tmpdir(), "dormouse-network-way-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** @param after what the linker wants behind the sources */
function build(compiler: string, more: readonly string[], after: readonly string[] = []): string {
	const program = join(folder, `${compiler}.exe`);
	const files = [...sources, ...more.filter((word) => word.endsWith(".c"))].map((path) => join(root, path));
	const words = more.filter((word) => !word.endsWith(".c"));
	execFileSync(compiler, [...flags, ...words, ...rooms.map((room) => `-I${room}`), ...files, "-o", program, ...after]);
	return program;
}

const sanitized = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
const noCompiler = spawnSync("gcc", ["--version"]).status === 0 ? false : "no gcc";

/** A network of its own, empty, where its user is root: `unshare` may be forbidden. */
const alone = ["-rn", "sh", "-ec"];
const noNamespace =
	spawnSync("unshare", [...alone, "ip link set lo up"]).status === 0 ? false : "no network namespaces of a user's own";

test("network way: to this computer itself, and to what is no address", { skip: noCompiler }, () => {
	const program = build("gcc", sanitized);
	const said = execFileSync(program, ["127.0.0.1", "127.0.0.9", "example.org", ""], { encoding: "utf8" });
	const lines = ["127.0.0.1 there 127.0.0.1", "127.0.0.9 there 127.0.0.1", "example.org unknown ", " unknown "];
	deepEqual(said.split("\n").slice(0, -1), lines);
});

test("network way: comes and goes with addresses, interfaces and cables", { skip: noCompiler || noNamespace }, () => {
	const program = build("gcc", sanitized);
	const far = "198.51.100.7";
	const look = `ASAN_OPTIONS=detect_leaks=0 ${program} 127.0.0.1 192.0.2.1 ${far} 2001:db8::1`;
	const steps: readonly (readonly [string, string])[] = [
		["true", "none none none none"], // not even loopback
		["ip link set lo up", "there none none none"],
		["ip link add one type veth peer name two; ip address add 192.0.2.2/24 dev one", "there none none none"],
		["ip link set one up", "there none none none"], // nobody at the other end
		["ip link set two up; sleep 0.5", "there there none none"],
		["ip route add default via 192.0.2.1", "there there there none"],
		["ip address add 2001:db8::2/64 dev one nodad", "there there there there"],
		["ip link set two down; sleep 0.5", "there none none none"], // the cable: routes stay
		["ip link set two up; ip link set one down", "there none none none"],
	];
	const script = steps.map(([words]) => `${words}; ${look}`).join("\n");
	const said = execFileSync("unshare", [...alone, script], { encoding: "utf8", timeout: 60_000 });
	const ways = said
		.trim()
		.split("\n")
		.map((line) => line.split(" ")[1]);
	const found = steps.map((_, index) => ways.slice(4 * index, 4 * index + 4).join(" "));
	deepEqual(
		found,
		steps.map(([, way]) => way),
	);
	equal(said.includes(`${far} there 192.0.2.2\n`), true, "our own address");
});

test("network way: the same on Windows, by Wine", { skip: whatIsMissingForWindows() ?? false }, () => {
	const program = build(windowsCompiler, ["hosts/sockets/sockets-win.c"], ["-lws2_32"]);
	const env = { ...process.env, WINEPREFIX: join(root, "build/wine"), WINEDEBUG: "-all", DISPLAY: "" };
	const words = [program, "127.0.0.1", "example.org"];
	const { stdout, stderr } = spawnSync("wine", words, { encoding: "utf8", timeout: 120_000, env });
	deepEqual(stdout.trim().split(/ *\r?\n/), ["127.0.0.1 there 127.0.0.1", "example.org unknown"], stderr);
});

/** Ways over a table that a test changes. */
function played() {
	const own = new Map<string, string>();
	const asked: string[] = [];
	const ways = new Ways((host) => {
		asked.push(host);
		return own.get(host);
	});
	return { own, asked, ways };
}

test("ways: before anything was sent, the network counts as there", () => {
	const { ways, asked } = played();
	deepEqual([ways.look(), ways.isOnline, ways.address, asked], [false, true, undefined, []]);
});

test("ways: a server that is not to be reached is a network that is gone, until there is a way", () => {
	const { ways, own } = played();
	ways.towards("192.0.2.1");
	deepEqual([ways.look(), ways.isOnline], [true, false]);
	deepEqual([ways.look(), ways.isOnline], [false, false]);
	own.set("192.0.2.1", "192.0.2.7");
	deepEqual([ways.look(), ways.isOnline, ways.address], [true, true, "192.0.2.7"]);
	equal(ways.look(), false);
});

test("ways: another address of ours is told, one that is gone is remembered", () => {
	const { ways, own } = played();
	ways.towards("192.0.2.1");
	own.set("192.0.2.1", "192.0.2.7");
	ways.look();
	own.delete("192.0.2.1");
	deepEqual([ways.look(), ways.isOnline, ways.address], [true, false, "192.0.2.7"]);
	own.set("192.0.2.1", "192.0.2.8");
	deepEqual([ways.look(), ways.address], [true, "192.0.2.8"]);
});

test("ways: one server is enough, and one on this computer needs no network", () => {
	const { ways, own } = played();
	own.set("127.0.0.1", "127.0.0.1");
	ways.towards("192.0.2.1");
	ways.towards("127.0.0.1");
	ways.look();
	deepEqual([ways.isOnline, ways.address], [true, "127.0.0.1"]);
});

test("ways: where nobody knows, there is one", () => {
	const { ways, own } = played();
	own.set("host", "");
	ways.towards("host");
	deepEqual([ways.look(), ways.isOnline, ways.address], [false, true, undefined]);
});

test("ways: the last four hosts count, each once", () => {
	const { ways, asked } = played();
	for (const host of ["1", "2", "3", "2", "4", "5", "5"]) ways.towards(host);
	ways.look();
	deepEqual(asked, ["2", "3", "4", "5"]);
});
