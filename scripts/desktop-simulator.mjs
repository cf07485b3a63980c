// Runs an image in the SDK's simulator, with or without a screen, until it ends.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eachLine, Missing, programOnPath } from "./sdk.mjs";

/** How long a device may take to de-register when asked to end: a little more than CoAP retransmits (RFC 7252 §4.8.2). */
const farewellMs = 100_000;
/** A machine that XS stopped says so and should restart; one that is still silent after this long is dead. */
const wakeMs = 5_000;

const say = (text) => process.stderr.write(`${text}\n`);

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

/**
 * Runs an image until it ends. Its lines go to stdout; SIGINT and SIGTERM ask it to end.
 * @param {ReturnType<import("./sdk.mjs").findSdk>} sdk
 * @param {string} image path of the mc.so
 * @param {{ window: boolean, state: string, settings: Record<string, string>, for?: string }} options as of `npm run desktop`
 * @param {(line: string) => void} onLine
 * @returns {Promise<number>} the exit status for this program
 */
export async function runInSimulator(sdk, image, { window, state, settings, for: seconds }, onLine) {
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
