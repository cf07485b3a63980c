// npm run desktop: builds the application with the user's Moddable SDK for its simulator, and runs it without a screen.
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./build.mjs";
import { imageOf, openBoot } from "./desktop-boot.mjs";
import { writeSdkTests } from "./desktop-sdk-tests.mjs";
import { runDevice, runInSimulator } from "./desktop-simulator.mjs";
import { writeUnitTests } from "./desktop-unit-tests.mjs";
import { buildForWindows, windowsSdk } from "./desktop-windows.mjs";
import { buildForSimulator, findSdk, Missing } from "./sdk.mjs";

const usage = `npm run desktop -- [OPTION…] [server=URI] [identity=TEXT key=HEX] [endpoint=NAME] [lifetime=SECONDS] [serial=TEXT]

Builds src/ with your Moddable SDK ($MODDABLE) for its simulator and runs it without a screen, under a boot loader of our
own: it can be updated, and sleeps deeply. The device's log goes to stdout, one event per line; all else to stderr. Ctrl-C
de-registers and ends; a second one ends at once. SIGUSR1 presses the button of a device that sleeps deeply.

  server=coap://HOST:PORT, or coaps:// with identity= and key= (hexadecimal digits): a pre-shared key
  sleep=deep or sleep=light: queue mode; awake=MILLISECONDS behind the last message, sample=SECONDS of the thermometer

  --factory FILE   put this record of \`dormouse provision\` into the device's factory partition first
  --image FILE     build, write the image that a server gives to devices for an update, do not run
  --version TEXT   … of this version (src/product.ts's without)
  --counter N      … with this security counter (0 without)
  --trial SECONDS  how long an update may take to prove its worth (default 600)
  --watchdog SECONDS  how long a turn may take (default 60)
  --self-test      build and run hosts/selftest instead: does this computer do what the ports promise? (npm run selftest)
  --unit-tests     build and run test/modules and test/src instead, on the XS of your SDK
  --sdk-tests      build and run the SDK's own cases for storage, flash and update instead, from your $MODDABLE
  --windows        build for Windows (with mingw-w64) and run by Wine
  --build-only     build, do not run
  --no-build       run what was built last
  --for SECONDS    end by itself after so long
  --window         show the simulator's window on your $DISPLAY instead
  --output FOLDER  where the SDK builds (default build/desktop)
  --state FOLDER   where the device's flash lies (default build/desktop/state; tests have another)
  --help           this

Exit status: 0 ended as asked, 1 the build or the device failed, 2 something is missing or the words are wrong.
`;

const say = (text) => process.stderr.write(`${text}\n`);

function readArguments() {
	const { values, positionals } = parseArgs({
		allowPositionals: true,
		options: {
			"self-test": { type: "boolean", default: false },
			"unit-tests": { type: "boolean", default: false },
			"sdk-tests": { type: "boolean", default: false },
			factory: { type: "string" },
			image: { type: "string" },
			version: { type: "string" },
			counter: { type: "string" },
			trial: { type: "string" },
			watchdog: { type: "string" },
			"build-only": { type: "boolean", default: false },
			"no-build": { type: "boolean", default: false },
			for: { type: "string" },
			window: { type: "boolean", default: false },
			windows: { type: "boolean", default: false },
			output: { type: "string", default: join(root, "build/desktop") },
			state: { type: "string" },
			help: { type: "boolean", default: false },
		},
	});
	const settings = {}; // as variables of the environment: the same image then serves all of them
	for (const word of positionals) {
		const [, name, value] = /^(server|endpoint|lifetime|serial|identity|key|sleep|awake|sample)=(.+)$/.exec(word) ?? [];
		if (name === undefined) {
			throw new TypeError(`"${word}" is no setting: server=, endpoint=, … with a value`);
		}
		settings[`DORMOUSE_${name.toUpperCase()}`] = value;
	}
	for (const name of ["for", "trial", "watchdog"]) {
		const seconds = values[name];
		if (seconds !== undefined && !(Number(seconds) > 0)) throw new TypeError(`--${name} wants seconds, more than 0`);
	}
	const isTest = values["self-test"] || values["unit-tests"] || values["sdk-tests"];
	const room = `${isTest ? "test-state" : "state"}${values.windows ? "-windows" : ""}`; // tests erase the flash
	const state = values.state ?? join(root, "build/desktop", room);
	return { ...values, output: resolve(values.output), state: resolve(state), settings };
}

/** What there is to build and run: the manifest, the image's name in it, and a line without which it did not pass. */
async function chosenImage(
	{ "self-test": isSelfTest, "unit-tests": isUnitTests, "sdk-tests": isSdkTests, output },
	sdk,
) {
	if (isSelfTest) {
		const passed = /"event":"selfTestEnded".*"failed":0\b/;
		const manifest = join(root, "hosts/desktop/manifest_selftest.json");
		return { name: "dormouse-selftest", manifest, passed, both: true };
	}
	if (isUnitTests) return { ...(await writeUnitTests(join(output, "unit-tests"))), isBare: true };
	if (isSdkTests) return { ...writeSdkTests(join(output, "sdk-tests"), sdk), isBare: true };
	return { name: "dormouse", manifest: join(root, "manifest.json") };
}

/** Puts what was built into the device's slot and runs it. */
async function runInSlots(sdk, program, options, onLine) {
	const boot = await openBoot(options);
	if (options.factory !== undefined) boot.provision(readFileSync(options.factory));
	if (boot.program(await imageOf(program, options), options)) say("Programmed slot a");
	return runDevice(sdk, boot, options, onLine);
}

async function main() {
	const options = readArguments();
	if (options.help) {
		process.stdout.write(usage);
		return 0;
	}
	let sdk = findSdk();
	const { name, manifest, passed, both, isBare = false } = await chosenImage(options, sdk);
	const { output, windows } = options;
	let program = join(output, windows ? "bin/win" : "bin/lin", "mc/release", name, windows ? "mc.dll" : "mc.so");
	if (!options["no-build"]) {
		const build = windows ? buildForWindows : buildForSimulator;
		program = await build({ sdk, manifest, name, output, onLine: say });
		say(`Built ${program}`);
	}
	if (options.image !== undefined) {
		const image = await imageOf(program, options);
		writeFileSync(options.image, image);
		say(`Wrote ${options.image}, ${image.length} bytes`);
	}
	if (options["build-only"] || options.image !== undefined) return 0;
	if (windows) sdk = await windowsSdk(sdk, output);
	let hasPassed = passed === undefined;
	const onLine = (line) => {
		if (passed?.test(line)) hasPassed = true;
	};
	const status = isBare
		? await runInSimulator(sdk, program, options, onLine)
		: await runInSlots(sdk, program, { ...options, both }, onLine);
	return status === 0 && !hasPassed ? 1 : status;
}

try {
	process.exitCode = await main();
} catch (error) {
	const isUsage = error instanceof TypeError && (error.code?.startsWith("ERR_PARSE_ARGS") || error.code === undefined);
	say(error.message);
	if (isUsage) say("See npm run desktop -- --help");
	process.exitCode = isUsage || error instanceof Missing ? 2 : 1;
}
