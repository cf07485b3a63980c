// Runs images in the SDK's simulator, with or without a screen: one image until it ends, or a device through its resets.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eachLine, Missing, programOnPath } from "./sdk.mjs";

/** How long a device may take to de-register when asked to end: a little more than CoAP retransmits (RFC 7252 §4.8.2). */
const farewellMs = 100_000;
/** A machine that XS stopped says so and should restart; one that is still silent after this long is dead. */
const wakeMs = 5_000;

/** A turn of the device may take so long; computers are slow at times. */
const watchdogS = 60;
/** As a chip that resets again and again would be noticed: so many crashes in a row, none of them living for a minute. */
const crashesMax = 3;
const stableAfterMs = 60_000;

/** What a process says by its exit status: hosts/desktop/system-lin.c and system-win.c have the same. */
const causes = { 64: "restart", 65: "crash", 66: "watchdog", 67: "deepSleep" };

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

/** Milliseconds since the computer's own start, the time it slept included: the device's clock has the same. */
const upMs = () => Math.round(Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) * 1000);

const pathOf = (sdk, path) => sdk.path?.(path) ?? path;

/** What the simulator needs around it: a screen, unless it is one that has none, and a home. `close` ends them. */
async function openRoom(sdk, { window, state, settings }) {
	const screen = window || sdk.simulatorWords !== undefined ? undefined : await startScreen();
	const home = mkdtempSync(join(tmpdir(), "dormouse-desktop-"));
	mkdirSync(join(home, ".config/tech.moddable.mcsim"), { recursive: true }); // the simulator writes here, but never creates it
	mkdirSync(state, { recursive: true });
	const environment = {
		...sdk.environment,
		HOME: home,
		XDG_CONFIG_HOME: join(home, ".config"),
		DORMOUSE_STATE: pathOf(sdk, state),
		...settings,
		NO_AT_BRIDGE: "1", // GTK would otherwise complain that there is no accessibility bus
		GSETTINGS_BACKEND: "memory",
		...(screen === undefined ? {} : { DISPLAY: screen.display, GDK_BACKEND: "x11" }),
	};
	const close = () => {
		screen?.child.kill("SIGTERM");
		rmSync(home, { recursive: true, force: true });
	};
	return { environment, close };
}

/**
 * One process of the simulator. `ended`: its status, or undefined when it had to be killed because its machine stopped.
 * `ask` asks the device to end; asked again, it ends.
 */
function startProcess(sdk, image, environment, onLine) {
	// Groups of their own: Ctrl-C in the terminal then reaches this program alone, which asks the device to end.
	const words = [...(sdk.simulatorWords ?? [sdk.simulators]), pathOf(sdk, image)];
	const child = spawnBound(sdk.simulator, words, {
		env: environment,
		stdio: [sdk.endsByStdin ? "pipe" : "ignore", "pipe", "inherit"],
		detached: true,
	});
	child.stdin?.on("error", () => {}); // it has ended already
	let isDead = false;
	let wake;
	eachLine(child.stdout, (line) => {
		clearTimeout(wake);
		if (line.startsWith("XS abort")) {
			wake = setTimeout(() => {
				isDead = true;
				child.kill("SIGKILL");
			}, wakeMs);
		}
		process.stdout.write(`${line}\n`);
		onLine(line);
	});
	const ended = new Promise((done, failed) => {
		child.on("error", failed);
		child.on("close", (status, signal) => {
			clearTimeout(wake);
			done({ status, signal, isDead });
		});
	});
	const ask = () => {
		if (child.stdin === null)
			child.kill("SIGTERM"); // by its number, so that other simulators go on
		else if (child.stdin.writable) child.stdin.end();
		else child.kill("SIGKILL");
	};
	return { child, ended, ask, kill: () => child.kill("SIGKILL") };
}

/**
 * Has SIGINT and SIGTERM ask what `current` returns to end, and `seconds` do the same; what does not end is killed.
 * @returns what takes all that back
 */
function endOnRequest(seconds, current, asked) {
	let ending;
	const end = () => {
		asked();
		current()?.ask();
		ending ??= setTimeout(() => current()?.kill(), farewellMs);
	};
	const kill = () => current()?.kill();
	process.on("SIGINT", end);
	process.on("SIGTERM", end);
	process.on("exit", kill);
	const stop = seconds === undefined ? undefined : setTimeout(end, Number(seconds) * 1000);
	return () => {
		clearTimeout(stop);
		clearTimeout(ending);
		process.removeListener("SIGINT", end);
		process.removeListener("SIGTERM", end);
		process.removeListener("exit", kill);
	};
}

/**
 * Runs an image until it ends, as the SDK would: no boot loader, no slots, no deep sleep. Its lines go to stdout; SIGINT
 * and SIGTERM ask it to end.
 * @param {ReturnType<import("./sdk.mjs").findSdk>} sdk
 * @param {string} image path of the mc.so
 * @param {{ window: boolean, state: string, settings: Record<string, string>, for?: string }} options as of `npm run desktop`
 * @param {(line: string) => void} onLine
 * @returns {Promise<number>} the exit status for this program
 */
export async function runInSimulator(sdk, image, options, onLine) {
	const room = await openRoom(sdk, options);
	const run = startProcess(sdk, image, room.environment, onLine);
	const release = endOnRequest(
		options.for,
		() => run,
		() => {},
	);
	const { status, signal, isDead } = await run.ended.finally(() => {
		release();
		room.close();
	});
	if (isDead) say("The device stopped and did not restart.");
	else if (signal !== null) say(`The simulator was ended by ${signal}.`);
	else if (status !== 0) say(`The simulator ended with status ${status}.`);
	return status === 0 && !isDead ? 0 : 1;
}

/** Waits until the device's clock says so, or somebody presses its button (SIGUSR1), or `isOver`. @returns what it was */
function sleepUntil(atUpMs, isOver) {
	return new Promise((done) => {
		const end = (why) => {
			clearInterval(timer);
			process.removeListener("SIGUSR1", press);
			done(why);
		};
		const press = () => end("pin");
		const look = () => {
			if (isOver()) end(undefined);
			else if (atUpMs !== undefined && upMs() >= atUpMs) end("alarm");
		};
		// Looked at, and not one long timer: those stand still while the computer sleeps.
		const timer = setInterval(look, 100);
		process.on("SIGUSR1", press);
	});
}

/**
 * The device: its boot loader starts a program out of a slot, and again after each reset and deep sleep, until it is off.
 * @param {ReturnType<import("./sdk.mjs").findSdk>} sdk
 * @param {import("../hosts/desktop/launcher/boot.ts").DesktopBoot} boot with an image in a slot
 * @param {{ window: boolean, state: string, settings: Record<string, string>, for?: string, watchdog?: string }} options as of
 *   `npm run desktop`
 * @param {(line: string) => void} onLine
 * @returns {Promise<number>} the exit status for this program
 */
export async function runDevice(sdk, boot, options, onLine) {
	const room = await openRoom(sdk, options);
	let running;
	let isAskedToEnd = false;
	const release = endOnRequest(
		options.for,
		() => running,
		() => {
			isAskedToEnd = true;
		},
	);
	boot.powerOn();
	const poweredAtMs = upMs();
	let reset = { cause: "powerOn", wake: undefined, ranMs: 0 };
	let crashes = 0;
	try {
		for (;;) {
			const started = boot.start(reset.cause, reset.ranMs);
			if (started.program === undefined) {
				say(`The boot loader finds no image to start: ${JSON.stringify(started.verdicts)}`);
				return 1;
			}
			const { program, running: slot, bootReason, version } = started;
			say(`Slot ${slot}, ${version}: ${bootReason.kind}${bootReason.why === undefined ? "" : ` (${bootReason.why})`}`);
			const record = {
				...{ cause: reset.cause, wake: reset.wake, watchdogS: Number(options.watchdog ?? watchdogS) },
				...{ poweredAtMs: poweredAtMs + (sdk.upOffsetMs ?? 0), running: slot, bootReason, trusted: boot.trusted },
			};
			const startedMs = upMs();
			running = startProcess(sdk, program, { ...room.environment, DORMOUSE_BOOT: JSON.stringify(record) }, onLine);
			const bite = watchTrial(boot, started, running);
			const { status, signal, isDead } = await running.ended;
			running = undefined;
			clearTimeout(bite.timer);
			const livedMs = upMs() - startedMs;
			const cause = bite.hasBitten ? "watchdog" : isDead ? "crash" : causes[status];
			if (cause === undefined || isAskedToEnd) {
				if (status === 0 || (isAskedToEnd && cause === "deepSleep")) return 0;
				say(signal === null ? `The simulator ended with status ${status}.` : `The simulator was ended by ${signal}.`);
				return 1;
			}
			crashes = cause !== "crash" && cause !== "watchdog" ? 0 : livedMs < stableAfterMs ? crashes + 1 : 1;
			if (crashes >= crashesMax && bootReason.kind !== "trial") {
				say(`dormouse: crashed ${crashes} times in a row, giving up`);
				return 1;
			}
			let wake;
			if (cause === "deepSleep") {
				const atMs = boot.wakeAtMs;
				say(
					`Asleep${atMs === undefined ? "" : ` for ${Math.max(0, atMs + poweredAtMs - upMs())} ms`}: kill -USR1 ${process.pid} presses the button`,
				);
				wake = await sleepUntil(atMs === undefined ? undefined : atMs + poweredAtMs, () => isAskedToEnd);
				if (wake === undefined) return 0;
			}
			reset = { cause, wake, ranMs: bootReason.kind === "trial" ? livedMs : 0 };
		}
	} finally {
		release();
		boot.powerOff();
		room.close();
	}
}

/** The watchdog of a trial, which nothing feeds: it bites unless the image was confirmed. */
function watchTrial(boot, { running, bootReason }, process) {
	const bite = { hasBitten: false, timer: undefined };
	if (bootReason.kind !== "trial") return bite;
	bite.timer = setTimeout(() => {
		if (!boot.isOnTrial(running)) return;
		bite.hasBitten = true;
		process.kill();
	}, bootReason.leftMs);
	return bite;
}
