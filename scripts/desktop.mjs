// npm run desktop: builds the application with the user's Moddable SDK for its simulator, and runs it without a screen.
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./build.mjs";
import { runInSimulator } from "./desktop-simulator.mjs";
import { writeUnitTests } from "./desktop-unit-tests.mjs";
import { buildForSimulator, findSdk, Missing } from "./sdk.mjs";

const usage = `npm run desktop -- [OPTION…] [server=coap://HOST:PORT] [endpoint=NAME] [lifetime=SECONDS] [serial=TEXT]

Builds src/ with your Moddable SDK ($MODDABLE) for its simulator and runs it without a screen. The device's log goes to
stdout, one event per line; all else to stderr. Ctrl-C de-registers and ends; a second one ends at once.

  --self-test      build and run hosts/desktop/selftest instead: does this computer do what the ports promise?
  --unit-tests     build and run test/modules and test/src instead, on the XS of your SDK
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
	const isTest = values["self-test"] || values["unit-tests"];
	const state = values.state ?? join(root, "build/desktop", isTest ? "test-state" : "state"); // tests erase the flash
	return { ...values, output: resolve(values.output), state: resolve(state), settings };
}

/** What there is to build and run: the manifest, the image's name in it, and a line without which it did not pass. */
async function chosenImage({ "self-test": isSelfTest, "unit-tests": isUnitTests, output }) {
	if (isSelfTest) {
		const passed = /"event":"selfTestEnded".*"failed":0\b/;
		return { name: "dormouse-selftest", manifest: join(root, "hosts/desktop/selftest/manifest.json"), passed };
	}
	if (isUnitTests) return writeUnitTests(join(output, "unit-tests"));
	return { name: "dormouse", manifest: join(root, "manifest.json") };
}

async function main() {
	const options = readArguments();
	if (options.help) {
		process.stdout.write(usage);
		return 0;
	}
	const sdk = findSdk();
	const { name, manifest, passed } = await chosenImage(options);
	let image = join(options.output, "bin/lin/mc/release", name, "mc.so");
	if (!options["no-build"]) {
		image = await buildForSimulator({ sdk, manifest, name, output: options.output, onLine: say });
		say(`Built ${image}`);
	}
	if (options["build-only"]) return 0;
	let hasPassed = passed === undefined;
	const status = await runInSimulator(sdk, image, options, (line) => {
		if (passed?.test(line)) hasPassed = true;
	});
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
