// npm run desktop: builds the application with the user's Moddable SDK for its simulator, and runs it without a screen.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./build.mjs";
import { buildForSimulator, eachLine, findSdk, Missing, programOnPath } from "./sdk.mjs";

const usage = `npm run desktop -- [OPTION…] [server=coap://HOST:PORT] [endpoint=NAME] [lifetime=SECONDS] [serial=TEXT]

Builds src/ with your Moddable SDK ($MODDABLE) for its simulator and runs it without a screen. The device's log goes to
stdout, one event per line; all else to stderr. Ctrl-C de-registers and ends; a second one ends at once.

  --self-test      build and run hosts/desktop/selftest instead: does this computer do what the ports promise?
  --build-only     build, do not run
  --no-build       run what was built last
  --for SECONDS    end by itself after so long
  --window         show the simulator's window on your $DISPLAY instead
  --output FOLDER  where the SDK builds (default build/desktop)
  --state FOLDER   where the device's flash lies (default build/desktop/state; the self-test has another)
  --help           this

Exit status: 0 ended as asked, 1 the build or the device failed, 2 something is missing or the words are wrong.
`;

/** How long a device may take to de-register when asked to end: a little more than CoAP retransmits (RFC 7252 §4.8.2). */
const farewellMs = 100_000;
/** A machine that XS stopped says so and should restart; one that is still silent after this long is dead. */
const wakeMs = 5_000;

const say = (text) => process.stderr.write(`${text}\n`);

function readArguments() {
	const { values, positionals } = parseArgs({
		allowPositionals: true,
		options: {
			"self-test": { type: "boolean", default: false },
			"build-only": { type: "boolean", default: false },
			"no-build": { type: "boolean", default: false },
			for: { type: "string" },
			window: { type: "boolean", default: false },
			output: { type: "string", default: join(root, "build/desktop") },
			state: { type: "string" },
			help: { type: "boolean", default: false },
		},
	});
	const settings = {}; // as variables of the environment: the same image then serves all of them
	for (const word of positionals) {
		const [, name, value] = /^(server|endpoint|lifetime|serial)=(.+)$/.exec(word) ?? [];
		if (name === undefined) {
			throw new TypeError(`"${word}" is no setting: server=, endpoint=, lifetime= or serial= with a value`);
		}
		settings[`DORMOUSE_${name.toUpperCase()}`] = value;
	}
	if (values.for !== undefined && !(Number(values.for) > 0)) throw new TypeError("--for wants seconds, more than 0");
	// Its own folder, because the self-test erases the flash.
	const state = values.state ?? join(root, "build/desktop", values["self-test"] ? "self-test-state" : "state");
	return { ...values, output: resolve(values.output), state: resolve(state), settings };
}

/** Starts a program that ends with this one, even when this one is killed and can not end it (where there is util-linux). */
function spawnBound(program, words, options) {
	const setpriv = programOnPath("setpriv");
	if (setpriv === undefined) return spawn(program, words, options);
	return spawn(setpriv, ["--pdeathsig", "KILL", program, ...words], options);
}

/** Starts an X server without a screen. @returns its display and its process */
async function startScreen() {
	const program = programOnPath("Xvfb");
	if (program === undefined) {
		throw new Missing(
			"Xvfb is missing (Debian, Ubuntu: apt-get install xvfb). With a screen, --window does without it.",
		);
	}
	const words = ["-displayfd", "3", "-screen", "0", "1024x768x24", "-nolisten", "tcp"];
	const child = spawnBound(program, words, { stdio: ["ignore", "ignore", "ignore", "pipe"], detached: true });
	const number = await new Promise((done, failed) => {
		child.on("error", failed);
		child.on("exit", (status) => failed(new Error(`Xvfb ended at once, with status ${status}`)));
		eachLine(child.stdio[3], done);
	});
	child.removeAllListeners("exit");
	return { display: `:${number}`, child };
}

/** Runs an image until it ends. @returns the exit status for this program */
async function run(sdk, image, { window, state, settings, for: seconds }, onLine) {
	const screen = window ? undefined : await startScreen();
	const home = mkdtempSync(join(tmpdir(), "dormouse-desktop-"));
	mkdirSync(join(home, ".config/tech.moddable.mcsim"), { recursive: true }); // the simulator writes here, but never creates it
	mkdirSync(state, { recursive: true });
	const environment = {
		...sdk.environment,
		HOME: home,
		XDG_CONFIG_HOME: join(home, ".config"),
		DORMOUSE_STATE: state,
		...settings,
		NO_AT_BRIDGE: "1", // GTK would otherwise complain that there is no accessibility bus
		GSETTINGS_BACKEND: "memory",
		...(screen === undefined ? {} : { DISPLAY: screen.display, GDK_BACKEND: "x11" }),
	};
	// Groups of their own: Ctrl-C in the terminal then reaches this program alone, which asks the device to end.
	const device = spawnBound(sdk.simulator, [sdk.simulators, image], {
		env: environment,
		stdio: ["ignore", "pipe", "inherit"],
		detached: true,
	});
	const cleanUp = () => {
		device.kill("SIGKILL");
		screen?.child.kill("SIGTERM");
		rmSync(home, { recursive: true, force: true });
	};
	process.on("exit", cleanUp);
	let isDead = false;
	let wake;
	let ending;
	const end = () => {
		device.kill("SIGTERM"); // by its number, so that other simulators go on
		ending ??= setTimeout(() => device.kill("SIGKILL"), farewellMs);
	};
	process.on("SIGINT", end);
	process.on("SIGTERM", end);
	const stop = seconds === undefined ? undefined : setTimeout(end, Number(seconds) * 1000);
	eachLine(device.stdout, (line) => {
		clearTimeout(wake);
		if (line.startsWith("XS abort")) {
			wake = setTimeout(() => {
				isDead = true;
				device.kill("SIGKILL");
			}, wakeMs);
		}
		process.stdout.write(`${line}\n`);
		onLine(line);
	});
	const { status, signal } = await new Promise((done, failed) => {
		device.on("error", failed);
		device.on("close", (status, signal) => done({ status, signal }));
	});
	for (const timer of [wake, ending, stop]) clearTimeout(timer);
	cleanUp();
	process.removeListener("exit", cleanUp);
	if (isDead) say("The device stopped and did not restart.");
	else if (signal !== null) say(`The simulator was ended by ${signal}.`);
	else if (status !== 0) say(`The simulator ended with status ${status}.`);
	return status === 0 && !isDead ? 0 : 1;
}

async function main() {
	const options = readArguments();
	if (options.help) {
		process.stdout.write(usage);
		return 0;
	}
	const sdk = findSdk();
	const isTest = options["self-test"];
	const name = isTest ? "dormouse-selftest" : "dormouse";
	const manifest = isTest ? "hosts/desktop/selftest/manifest.json" : "manifest.json";
	let image = join(options.output, "bin/lin/mc/release", name, "mc.so");
	if (!options["no-build"]) {
		image = await buildForSimulator({ sdk, manifest, name, output: options.output, onLine: say });
		say(`Built ${image}`);
	}
	if (options["build-only"]) return 0;
	let verdict = isTest ? 1 : 0;
	const status = await run(sdk, image, options, (line) => {
		if (isTest && /"event":"selfTestEnded".*"failed":0\b/.test(line)) verdict = 0;
	});
	return status === 0 ? verdict : status;
}

try {
	process.exitCode = await main();
} catch (error) {
	const isUsage = error instanceof TypeError && (error.code?.startsWith("ERR_PARSE_ARGS") || error.code === undefined);
	say(error.message);
	if (isUsage) say("See npm run desktop -- --help");
	process.exitCode = isUsage || error instanceof Missing ? 2 : 1;
}
