// npm run selftest: an image that qualifies a board over the ports alone (hosts/selftest), built, and run where it can be.
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build, root } from "./build.mjs";
import { eachLine, findSdk, Missing } from "./sdk.mjs";

const usage = `npm run selftest -- -p PLATFORM [OPTION…] [NAME=VALUE…]

Builds hosts/selftest for a board and says what of modules/host.ts the board keeps: a line for each check, passed, failed
or skipped with its reason, and a last line with the counts. It erases the board's settings.

  -p, --platform   lin: built and run here, with your Moddable SDK; win: likewise, with mingw-w64 and Wine
                   esp32, esp32/esp32c3, zephyr/nrf52840dk, …: built and flashed by mcconfig with the vendor's tools; this
                   program then sends back what the board sends (RFC 862, UDP and TCP), and its console tells the rest
                   cortex-m: on an emulated Cortex-M4, without your SDK; --sdk: linked by it (hosts/cortex-m)
  --dry            up to the linked ROM, without the vendor's tools, and run nothing
  --peer HOST:PORT somebody else who sends back what comes, by UDP and TCP; this computer without it
  --name NAME      a name that has an address, for boards (default: none)
  --read           read a board's console on stdin instead, and say what it said (… | npm run selftest -- --read)
  --json           the device's own lines, and no others
  --help           this
  NAME=VALUE       goes into the image: ssid=… password=…

Exit status: 0 every check passed or was skipped (with --dry: it was built), 1 one failed, or no end came, 2 something is
missing or the words are wrong.
`;

const say = (text) => process.stderr.write(`${text}\n`);
const marks = { passed: "ok     ", failed: "FAILED ", skipped: "skipped" };

/** Makes lines for people of the device's own; knows how it ended. */
class Report {
	isOver = false;
	failed = 0;
	#json;

	constructor(json) {
		this.#json = json;
	}

	take(line) {
		const at = line.indexOf('{"t":'); // consoles put words before it
		if (at < 0) return;
		let record;
		try {
			record = JSON.parse(line.slice(at));
		} catch {
			return; // half a line, as a reset leaves it
		}
		const { event, check, result, why, cause, passed, failed, skipped } = record;
		if (!String(event).startsWith("selfTest")) return;
		if (event === "selfTestEnded") {
			this.isOver = true;
			this.failed = failed;
		}
		if (this.#json) process.stdout.write(`${line.slice(at)}\n`);
		else if (event === "selfTest")
			process.stdout.write(`${marks[result]} ${check}${why === undefined ? "" : `: ${why}`}\n`);
		else if (event === "selfTestBoot") process.stdout.write(`------- boot: ${cause}\n`);
		else if (event === "selfTestHangs") process.stdout.write(`        hangs on purpose: silence now is no watchdog\n`);
		else if (event === "selfTestEnded") {
			process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
		}
	}

	get status() {
		if (!this.isOver) say("The self-test did not come to its end: the last line says where.");
		return this.isOver && this.failed === 0 ? 0 : 1;
	}
}

/** Sends every datagram back to where it came from, and all that comes by TCP. @returns its port, and what ends it */
async function startEcho(address) {
	const socket = createSocket("udp4");
	socket.on("message", (bytes, { address: host, port }) => socket.send(bytes, port, host));
	await new Promise((done, failed) => {
		socket.on("error", failed);
		socket.bind(0, address, done);
	});
	const { port } = socket.address();
	const server = createServer((stream) => {
		stream.on("error", () => {}); // a board that was reset in the middle
		stream.pipe(stream);
	});
	await new Promise((done, failed) => {
		server.on("error", failed);
		server.listen(port, address, done);
	});
	const close = () => {
		socket.close();
		server.close();
	};
	return { port, close };
}

/** This computer's address for boards in its network. */
function ownAddress() {
	for (const addresses of Object.values(networkInterfaces())) {
		for (const { address, family, internal } of addresses ?? []) if (family === "IPv4" && !internal) return address;
	}
	return undefined;
}

async function runHere(report, platform) {
	const echo = await startEcho("127.0.0.1");
	try {
		// Under Wine the device computes P-256 in JavaScript, in one turn.
		const more = platform === "win" ? ["--windows", "--watchdog", "20"] : ["--watchdog", "5"];
		const words = [join(root, "scripts/desktop.mjs"), "--self-test", ...more];
		const environment = { ...process.env, DORMOUSE_PEER_PORT: String(echo.port) };
		const child = spawn(process.execPath, words, { env: environment, stdio: ["ignore", "pipe", "pipe"] });
		eachLine(child.stdout, (line) => report.take(line));
		const errors = [];
		eachLine(child.stderr, (line) => errors.push(line));
		for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
		const status = await new Promise((done) => child.on("close", done));
		if (status !== 0 && !report.isOver) say(errors.slice(-12).join("\n"));
		return status === 2 ? 2 : report.status;
	} finally {
		echo.close();
	}
}

/** On QEMU, with its own Ethernet and flash. */
async function runEmulated(report, isLinked) {
	await build();
	const { runSelfTest } = await import(join(root, "build/js/hosts/cortex-m/tools/self-test.js"));
	const began = performance.now();
	// The chip's lines have no time of their own.
	await runSelfTest(isLinked, (record) =>
		report.take(JSON.stringify({ t: Math.round(performance.now() - began), ...record })),
	);
	return report.status;
}

function manifestOf(platform) {
	const host = { lin: "desktop", mac: "desktop", win: "desktop" }[platform] ?? platform.split(/[/:]/)[0];
	const manifest = join(root, "hosts", host, "manifest_selftest.json");
	if (!existsSync(manifest)) throw new Missing(`There is no self-test for ${platform}: ${manifest} is missing.`);
	return manifest;
}

async function dry(platform) {
	const { linkImage } = await import("./images.mjs");
	const output = join(root, "build/images");
	const options = { sdk: findSdk(), platform, manifest: manifestOf(platform), name: "dormouse-selftest", output };
	const { modules, romBytes } = await linkImage({ ...options, onLine: () => {} });
	process.stdout.write(`${platform}: linked, ${modules} modules, ${Math.round(romBytes / 1024)} KiB of ROM; not run\n`);
	return 0;
}

/** Has mcconfig build and flash it, and echoes until Ctrl-C. */
async function runOnBoard(platform, { peer, name }, settings) {
	const sdk = findSdk();
	const manifest = manifestOf(platform);
	const echo = peer === undefined ? await startEcho() : undefined;
	const to = peer ?? `${ownAddress() ?? "127.0.0.1"}:${echo.port}`;
	const words = [
		"-m",
		"-p",
		platform,
		manifest,
		`peer=${to}`,
		...(name === undefined ? [] : [`name=${name}`]),
		...settings,
	];
	say(`mcconfig ${words.join(" ")}`);
	const child = spawn(join(sdk.tools, "mcconfig"), words, { cwd: root, env: sdk.environment, stdio: "inherit" });
	const status = await new Promise((done) => child.on("close", done));
	if (status !== 0) {
		echo?.close();
		return 1;
	}
	say(`The board's console tells the rest (see hosts/README.md). Datagrams are sent back from ${to} until Ctrl-C.`);
	if (echo !== undefined) await new Promise((done) => process.on("SIGINT", done));
	echo?.close();
	return 0;
}

async function main() {
	const { values, positionals } = parseArgs({
		allowPositionals: true,
		options: {
			platform: { type: "string", short: "p" },
			dry: { type: "boolean", default: false },
			peer: { type: "string" },
			name: { type: "string" },
			read: { type: "boolean", default: false },
			json: { type: "boolean", default: false },
			sdk: { type: "boolean", default: false },
			help: { type: "boolean", default: false },
		},
	});
	if (values.help) {
		process.stdout.write(usage);
		return 0;
	}
	for (const word of positionals) {
		if (!/^\w+=/.test(word)) throw new TypeError(`"${word}" is no setting: NAME=VALUE`);
	}
	const report = new Report(values.json);
	if (values.read) {
		process.stdin.setEncoding("utf8");
		eachLine(process.stdin, (line) => report.take(line));
		await new Promise((done) => process.stdin.on("end", done));
		return report.status;
	}
	const { platform } = values;
	if (platform === undefined) throw new TypeError("-p wants a platform: lin, esp32, zephyr/nrf52840dk, …");
	if (values.dry) return dry(platform);
	if (platform === "lin" || platform === "win") return runHere(report, platform);
	if (platform === "cortex-m") return runEmulated(report, values.sdk);
	return runOnBoard(platform, values, positionals);
}

try {
	process.exitCode = await main();
} catch (error) {
	const isUsage = error instanceof TypeError && (error.code?.startsWith("ERR_PARSE_ARGS") || error.code === undefined);
	say(error.message);
	if (isUsage) say("See npm run selftest -- --help");
	process.exitCode = isUsage || error.name === "Missing" ? 2 : 1;
}
