// npm run flash -- --port /dev/ttyUSB0 [-p esp32/esp32c3]: builds the image for an ESP32 with the user's own Moddable SDK and ESP-IDF, and
// writes it, the factory's record and the settings of this one device. Says what is missing before it begins.
import { spawnSync } from "node:child_process";
import {
	accessSync,
	constants,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./build.mjs";
import { packedManifest } from "./packed.mjs";
import { findSdk, Missing, makeImage, programOnPath } from "./sdk.mjs";

const help = `npm run flash -- --port PORT [options]

  --port PORT          the board's serial port, such as /dev/ttyUSB0
  -p, --platform P     esp32 (default), esp32/esp32c3, esp32/esp32c6, esp32/esp32s3, or another board of the SDK's with such a chip
  --factory FILE       a factory record, as dormouse provision writes it
  --ssid S --password P, --server URI, --endpoint NAME, --lifetime SECONDS, --serial NUMBER
                       settings of this device alone; they go to its NVS, not into the image, and replace what is there
  --flash-mb N         4 (default): the compact application; 8: the one with everything
  --manifest FILE      another product's manifest, of the same name in build.NAME: dormouse, with the partition table of --flash-mb
  --baud N             460800
  --output FOLDER      build/esp32: where what is built goes
  --no-build           write what was built before
  --no-write           only build
  --monitor            show the log afterwards
  --dry-run            only print the commands
`;

const settingNames = ["ssid", "password", "server", "endpoint", "lifetime", "serial"];
const chips = ["esp32", "esp32c3", "esp32c6", "esp32s3"];
/** By the size of the flash: what is built, where it begins, and where it lies. */
const images = {
	4: {
		manifest: "hosts/esp32/manifest_compact.json",
		entry: "hosts/esp32/compact/main",
		table: "hosts/esp32/partitions.csv",
	},
	8: { manifest: "manifest.json", entry: "hosts/esp32/main", table: "hosts/esp32/partitions-8mb.csv" },
};
const idfUrl = "https://github.com/Moddable-OpenSource/moddable/blob/public/documentation/devices/esp32.md";

/** The chip of a platform: esp32/esp32c3_cdc has an esp32c3. Boards with names of their own need --chip. */
function chipOf(platform) {
	const [family, board = "esp32"] = platform.split("/");
	const chip = board.replace(/_.*/, "");
	if (family !== "esp32" || !chips.includes(chip)) {
		throw new Missing(`${platform}: give esp32, esp32/esp32c3, esp32/esp32c6 or esp32/esp32s3.`);
	}
	return chip;
}

/** Offsets and sizes of the partition table by name. */
export function readPartitions(csv) {
	const rows = csv.split("\n").map((line) => line.replace(/#.*/, "").split(","));
	const cells = rows.filter((row) => row.length >= 5).map((row) => row.map((cell) => cell.trim()));
	return new Map(cells.map(([name, , , offset, size]) => [name, { offset: Number(offset), size: Number(size) }]));
}

/** @throws Missing saying what to do */
function findIdf() {
	const idf = process.env.IDF_PATH;
	if (!idf)
		throw new Missing(`$IDF_PATH is not set. Install ESP-IDF v6.0 (${idfUrl}), then: source $IDF_PATH/export.sh`);
	if (!existsSync(join(idf, "components")))
		throw new Missing(`$IDF_PATH (${idf}) is no ESP-IDF: it has no components.`);
	if (programOnPath("idf.py") === undefined)
		throw new Missing("idf.py is not on the PATH: source $IDF_PATH/export.sh first.");
	return idf;
}

/** @throws Missing when there is no such port, or it is not ours to open */
function checkPort(port) {
	if (port === undefined) {
		const found = readdirSync("/dev").filter((name) => /^(ttyUSB|ttyACM|cu\.usb)/.test(name));
		const there =
			found.length === 0
				? "None is there: is the board plugged in?"
				: `There: ${found.map((it) => `/dev/${it}`).join(", ")}`;
		throw new Missing(`--port is missing. ${there}`);
	}
	if (!existsSync(port))
		throw new Missing(`${port}: there is no such port. Is the board plugged in, and the cable one for data?`);
	try {
		accessSync(port, constants.R_OK | constants.W_OK);
	} catch {
		throw new Missing(
			`${port}: not allowed. Join its group (on most systems: sudo usermod -aG dialout $USER), log in again.`,
		);
	}
}

/** The record, filled up to the whole partition so that nothing of an older one stays. */
function factoryImage(file, partition, folder) {
	const record = readFileSync(file);
	if (record.subarray(0, 4).toString("latin1") !== "DMFR")
		throw new Error(`${file}: no factory record (dormouse provision makes one).`);
	if (record.length > partition.size)
		throw new Error(`${file}: ${record.length} bytes, and the partition has ${partition.size}.`);
	const image = Buffer.alloc(partition.size, 0xff);
	record.copy(image);
	const path = join(folder, "factory.bin");
	writeFileSync(path, image, { mode: 0o600 });
	return path;
}

/** Settings as ESP-IDF's generator of NVS images reads them. */
export function settingsCsv(settings) {
	const rows = Object.entries(settings).map(([name, value]) => {
		if (/["\r\n]/.test(value) || Buffer.byteLength(value) > 71)
			throw new Error(`--${name}: 71 bytes at most, no quotes.`);
		return `${name},data,string,"${value}"`;
	});
	return `key,type,encoding,value\ndormouse,namespace,,\n${rows.join("\n")}\n`;
}

/** What is run, in this order. */
export function commandsFor({
	platform,
	chip,
	port,
	baud,
	manifest,
	output,
	idf,
	partitions,
	factory,
	settings,
	monitor,
	steps,
}) {
	const built = join(output, "bin/esp32", platform.split("/")[1] ?? "", "release/dormouse");
	const esptool = programOnPath("esptool") ?? programOnPath("esptool.py") ?? "esptool.py";
	const commands = [];
	if (steps.build) commands.push(["mcconfig", "-m", "-p", platform, "-t", "build", "-o", output, manifest]);
	if (steps.write) {
		const at = (name) => `0x${partitions.get(name).offset.toString(16)}`;
		const parts = [
			[chip === "esp32" ? "0x1000" : "0x0", join(built, "bootloader.bin")],
			["0x8000", join(built, "partition-table.bin")],
			[at("otadata"), join(built, "ota_data_initial.bin")],
			[at("ota_0"), join(built, "xs_esp32.bin")],
		];
		if (factory !== undefined) parts.push([at("factory_data"), factory]);
		if (settings !== undefined) {
			const nvs = join(output, "flash/settings.bin");
			const generator = join(idf, "components/nvs_flash/nvs_partition_generator/nvs_partition_gen.py");
			commands.push(["python3", generator, "generate", settings, nvs, `0x${partitions.get("nvs").size.toString(16)}`]);
			parts.push([at("nvs"), nvs]);
		}
		commands.push([esptool, "--chip", chip, "--port", port, "--baud", String(baud), "write-flash", ...parts.flat()]);
	}
	if (monitor) commands.push(["idf.py", "-p", port, "monitor"]);
	return commands;
}

async function main(words) {
	const { values } = parseArgs({
		args: words,
		options: {
			port: { type: "string" },
			platform: { type: "string", short: "p", default: "esp32" },
			factory: { type: "string" },
			"flash-mb": { type: "string", default: "4" },
			manifest: { type: "string" },
			baud: { type: "string", default: "460800" },
			output: { type: "string", default: join(root, "build/esp32") },
			"no-build": { type: "boolean", default: false },
			"no-write": { type: "boolean", default: false },
			monitor: { type: "boolean", default: false },
			"dry-run": { type: "boolean", default: false },
			help: { type: "boolean", short: "h", default: false },
			...Object.fromEntries(settingNames.map((name) => [name, { type: "string" }])),
		},
	});
	if (values.help) {
		process.stdout.write(help);
		return;
	}
	const chip = chipOf(values.platform);
	const steps = { build: !values["no-build"], write: !values["no-write"] };
	const sdk = findSdk();
	const idf = findIdf();
	if (steps.write || values.monitor) checkPort(values.port);
	if (steps.write && programOnPath("esptool") === undefined && programOnPath("esptool.py") === undefined) {
		throw new Missing("esptool is not on the PATH: source $IDF_PATH/export.sh first.");
	}
	const output = resolve(values.output);
	const folder = join(output, "flash");
	mkdirSync(folder, { recursive: true });
	const image = images[values["flash-mb"]];
	if (image === undefined) throw new Missing("--flash-mb: 4 or 8.");
	const partitions = readPartitions(readFileSync(join(root, image.table), "utf8"));
	const own = Object.fromEntries(
		settingNames.filter((name) => values[name] !== undefined).map((name) => [name, values[name]]),
	);
	const hasSettings = Object.keys(own).length > 0;
	const settings = hasSettings ? join(folder, "settings.csv") : undefined;
	if (settings !== undefined) writeFileSync(settings, settingsCsv(own), { mode: 0o600 });
	const factory =
		values.factory === undefined ? undefined : factoryImage(values.factory, partitions.get("factory_data"), folder);
	const { platform, port, baud, monitor } = values;
	const manifest = values.manifest ?? join(root, image.manifest);
	const what = { platform, chip, port, baud, manifest, output, idf, partitions };
	const commands = commandsFor({ ...what, factory, settings, monitor, steps });
	try {
		for (const command of commands) {
			process.stdout.write(`# ${command.join(" ")}\n`);
			if (values["dry-run"]) continue;
			const entry = values.manifest === undefined ? image.entry : undefined;
			if (command[0] === "mcconfig") await build({ sdk, platform, chip, manifest, entry, output, partitions });
			else runOne(command, sdk);
		}
	} finally {
		rmSync(folder, { recursive: true, force: true }); // passwords and keys were in there
	}
}

/**
 * What `mcconfig -m -t build` does, with the TypeScript compiled at once, and our modules packed into one where `entry`
 * is given. @throws Error when the image is too large
 */
async function build({ sdk, platform, chip, manifest, entry, output, partitions }) {
	const onLine = (line) => process.stdout.write(`${line}\n`);
	const packed = { entry, manifest, folder: join(output, "packed") };
	const taken = entry === undefined ? manifest : await packedManifest(packed);
	const board = platform.split("/")[1] ?? "";
	// The makefile names this file below the rule that depends on it: without it here, changed lines of sdkconfig stay out.
	const settings = join(output, "tmp/esp32", board, `release/dormouse/xsProj-${chip}/sdkconfig.mc`);
	const environment = { SDKCONFIG_FILE: settings };
	const made = { sdk, platform, manifest: taken, name: "dormouse", output, target: "build" };
	await makeImage({ ...made, environment, onLine });
	const image = join(output, "bin/esp32", board, "release/dormouse/xs_esp32.bin");
	if (!existsSync(image)) throw new Error(`${image} was not made: see what ESP-IDF said above.`);
	const { size } = statSync(image);
	const slot = partitions.get("ota_0").size;
	if (size > slot)
		throw new Error(`The image has ${size} bytes, and a slot ${slot}: see hosts/esp32/README.md, "Size".`);
}

/** @throws Error naming the program that failed */
function runOne([program, ...words], sdk) {
	const { status, error } = spawnSync(program, words, { cwd: root, env: sdk.environment, stdio: "inherit" });
	if (error !== undefined || status !== 0)
		throw new Error(`${program} ended with ${error?.code ?? `status ${status}`}.`);
}

if (process.argv[1] === import.meta.filename) {
	try {
		await main(process.argv.slice(2));
	} catch (error) {
		process.stderr.write(`${error.message}\n`);
		process.exitCode = error instanceof Missing || error.code?.startsWith?.("ERR_PARSE_ARGS") ? 2 : 1;
	}
}
