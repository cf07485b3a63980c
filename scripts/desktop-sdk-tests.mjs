// Makes an image of the SDK's own cases for storage, flash and update, out of the user's $MODDABLE, for the SDK's simulator.
// Nothing of them is in this project: the manifest that is written names them where they are.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./build.mjs";
import { Missing } from "./sdk.mjs";

const rooms = ["storage", "flash", "update"];

/** Cases that no module of the SDK passes either, as its sources say, and why. */
const broken = {
	"update/cancel": "it asks status() for `blockSize`, which is called blockLength everywhere",
};

/** What the cases take from the SDK's test runner: `assert` of test262's kind, and two objects that are no partition. */
const runner = (names) => `
import Modules from "modules";
import Timer from "timer";
import { endProcess } from "hosts/desktop/desktop-system";

class HostObject extends Native("xs_hostobject_destructor") {
	constructor() {
		super();
		native("xs_hostobject").call(this);
	}
}
class HostObjectChunk extends Native("xs_hostobjectchunk_destructor") {
	constructor() {
		super();
		native("xs_hostobjectchunk").call(this);
	}
}

function assert(holds, message) {
	if (holds !== true) throw new Error(message ?? "not true");
}
assert.sameValue = (actual, expected, message) => {
	if (!Object.is(actual, expected)) throw new Error((message ?? "") + " " + String(actual) + " is not " + String(expected));
};
assert.throws = (kind, act, message) => {
	try {
		act();
	} catch (error) {
		// By its constructor, as test262 has it.
		if (error.constructor !== kind) throw new Error((message ?? "") + " threw " + String(error) + ", not " + kind.name);
		return;
	}
	throw new Error((message ?? "") + " did not throw " + kind.name);
};

const names = ${JSON.stringify(names)};
const broken = ${JSON.stringify(broken)};

export default function main() {
	globalThis.assert = assert;
	globalThis.$TESTMC = { HostObject, HostObjectChunk };
	let index = 0;
	let failed = 0;
	let skipped = 0;
	const timer = Timer.repeat(() => {
		const name = names[index++];
		if (name === undefined) {
			Timer.clear(timer);
			const passed = names.length - failed - skipped;
			trace(passed + " passed, " + failed + " failed, " + skipped + " skipped of the SDK's own cases\\n");
			endProcess(0);
			return;
		}
		try {
			Modules.importNow("sdk/" + name);
			if (broken[name] !== undefined) trace("NEWS " + name + " passes now\\n");
		} catch (error) {
			if (broken[name] === undefined) {
				failed++;
				trace("FAILED " + name + ": " + error + "\\n");
			} else {
				skipped++;
				trace("SKIPPED " + name + ": " + broken[name] + " (" + error + ")\\n");
			}
		}
	}, 1);
}
`;

/**
 * @param {string} folder where to write
 * @param {ReturnType<import("./sdk.mjs").findSdk>} sdk
 * @returns the image to build, and the line that says that all passed
 */
export function writeSdkTests(folder, sdk) {
	const tests = join(sdk.home, "tests/modules/io");
	const hostTest = join(sdk.home, "tools/testmc/hosttest.c");
	for (const path of [hostTest, ...rooms.map((room) => join(tests, room))]) {
		if (!existsSync(path)) throw new Missing(`${path} is missing: this SDK has no tests.`);
	}
	const modules = { "*": ["./main", "$(MODDABLE)/tools/testmc/hosttest"] };
	const names = [];
	for (const room of rooms) {
		for (const file of readdirSync(join(tests, room)).sort()) {
			const name = file.replace(/\.js$/, "");
			modules[`sdk/${room}/${name}`] = `$(MODDABLE)/tests/modules/io/${room}/${name}`;
			if (!/fixture/i.test(name)) names.push(`${room}/${name}`);
		}
	}
	// One case spells its fixture in small letters: the same file where the file system does not care.
	modules["sdk/flash/flash-fixture"] = "./flash-fixture";
	const shape = (blocks) => ({ blocks, blockLength: 1024 });
	const manifest = {
		build: { NAME: "dormouse-sdk-tests" },
		include: [
			"$(MODDABLE)/examples/manifest_base.json",
			"$(MODULES)/base/modules/manifest.json",
			join(root, "hosts/desktop/manifest.json"),
		],
		// As the SDK's runner has them: an image begins with 0xf9.
		config: { flash: { xs_test: shape(10), running: { ...shape(20), bytes: [0xf9] }, nextota: shape(10) } },
		creation: { keys: { initial: 1024, incremental: 256 } },
		strip: [],
		modules,
	};
	mkdirSync(folder, { recursive: true });
	writeFileSync(join(folder, "main.js"), runner(names));
	writeFileSync(join(folder, "flash-fixture.js"), `export { default, path } from "./flash-FIXTURE.js";\n`);
	writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest, null, "\t"));
	process.stderr.write(`${names.length} cases of ${tests}\n`);
	return {
		name: manifest.build.NAME,
		manifest: join(folder, "manifest.json"),
		passed: /^[1-9]\d* passed, 0 failed, \d+ skipped of the SDK's own cases$/,
	};
}
