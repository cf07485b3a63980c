/** npm run flash, with an SDK, an ESP-IDF and an esptool that are scripts of this test. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "dormouse-flash-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const output = join(folder, "output");
/** Given as another product's, it is taken as it is, and not packed. */
const compact = join(root, "hosts/esp32/manifest_compact.json");
const [sdk, idf, bin] = ["sdk", "idf", "bin"].map((name) => join(folder, name)) as [string, string, string];
const port = join(folder, "ttyUSB0");
const told = join(folder, "told");

function program(path: string, body: string): void {
	mkdirSync(dirname(path), { recursive: true });
	writeFileSync(path, `#!/bin/sh\n${body}\n`);
	chmodSync(path, 0o755);
}

/** An mcconfig that writes what the real one writes as far as flash.mjs looks at it; make then writes the image. */
const mcconfig = `
echo "mcconfig $@" >> ${told}
while [ $# -gt 0 ]; do case "$1" in -p) P=$2;; -o) O=$2;; esac; shift; done
B=""; case "$P" in */*) B=/\${P#*/};; esac
T=$O/tmp/esp32$B/release/dormouse; mkdir -p $T/modules $O/bin/esp32$B/release/dormouse
echo 'export const one = 1;' > $T/one.ts
echo '{}' > $T/modules/tsconfig-base.json
OPTIONS="{\\"outDir\\":\\"$T/tsc/x\\"}"
echo "{\\"files\\":[\\"$T/one.ts\\"],\\"compilerOptions\\":$OPTIONS}" > $T/modules/one-tsconfig.json
printf '$(TMP_DIR)/tsc/x%s/one.js : x\\nx:\\n\\ttrue\\nbuild: x\\n' $T > $T/makefile
printf '\\techo "make $(SDKCONFIG_FILE)" >> %s\\n' ${told} >> $T/makefile
printf '\\thead -c %s /dev/zero > %s/xs_esp32.bin\\n' "$IMAGE_BYTES" $O/bin/esp32$B/release/dormouse >> $T/makefile
`;
for (const tool of ["xsc", "xsl", "mcrez", "mcsim"]) program(join(sdk, "build/bin/lin/release", tool), "true");
program(join(sdk, "build/bin/lin/release/mcconfig"), mcconfig);
mkdirSync(join(idf, "components"), { recursive: true });
program(join(bin, "idf.py"), `echo "idf.py $@" >> ${told}`);
program(
	join(bin, "esptool"),
	`echo "esptool $@" >> ${told}
while [ $# -gt 0 ]; do shift; [ "$1" = 0x3fe000 ] && cp "$2" ${folder}/factory-written; done; true`,
);
program(join(bin, "python3"), `echo "python3 $@" >> ${told}\ncp "$3" ${folder}/settings-written`);
writeFileSync(port, "");

function flash(words: readonly string[], environment: NodeJS.ProcessEnv = {}) {
	writeFileSync(told, "");
	const all = [join(root, "scripts/flash.mjs"), "--output", output, ...words];
	const { stdout, stderr, status } = spawnSync(process.execPath, all, {
		encoding: "utf8",
		timeout: 60_000,
		env: {
			PATH: `${bin}:/usr/bin:/bin`,
			HOME: folder,
			MODDABLE: sdk,
			IDF_PATH: idf,
			IMAGE_BYTES: "1000000",
			...environment,
		},
	});
	return { stdout, stderr, status, told: readFileSync(told, "utf8") };
}

const linux = process.platform === "linux" ? false : "the SDK's tools are looked for on Linux only";

test("flash: builds, and writes each part to its place", { skip: linux }, () => {
	const done = flash(["--port", port, "-p", "esp32/esp32c3", "--manifest", compact]);
	assert.equal(done.status, 0, done.stderr);
	const [first, made, second] = done.told.trim().split("\n");
	assert.match(first!, /^mcconfig -p esp32\/esp32c3 /);
	// what make has to see, or else changed lines of sdkconfig stay out of what is built again
	assert.equal(made, `make ${output}/tmp/esp32/esp32c3/release/dormouse/xsProj-esp32c3/sdkconfig.mc`);
	const built = join(output, "bin/esp32/esp32c3/release/dormouse");
	const parts = ["0x0 bootloader", "0x8000 partition-table", "0xd000 ota_data_initial", "0x10000 xs_esp32"];
	const places = parts.map((part) => part.replace(" ", ` ${built}/`)).map((part) => `${part}.bin`);
	const expected = `esptool --chip esp32c3 --port ${port} --baud 460800 write-flash ${places.join(" ")}`;
	assert.equal(second, expected);
});

test("flash: 8 MB have the application with everything, elsewhere", { skip: linux }, () => {
	const done = flash(["--port", port, "--flash-mb", "8", "--no-build", "--ssid", "home"]);
	assert.match(done.told, /esptool .* 0x10000 \S+xs_esp32\.bin 0x9000 /);
	const said = (...words: string[]) => flash(["--port", port, "--dry-run", ...words]).stdout.split("\n")[0]!;
	assert.ok(said("--flash-mb", "8").endsWith(` ${join(root, "manifest.json")}`));
	assert.ok(said().endsWith(` ${join(root, "hosts/esp32/manifest_compact.json")}`));
});

test("flash: an ESP32 has its boot loader at 0x1000", { skip: linux }, () => {
	assert.match(flash(["--port", port, "--no-build"]).told, /^esptool --chip esp32 .* write-flash 0x1000 /);
});

test("flash: the factory's record fills its partition; settings go to NVS, and no file of them is left", {
	skip: linux,
}, () => {
	const record = join(folder, "record.bin");
	writeFileSync(record, "DMFR\u0001rest", "latin1");
	const words = ["--port", port, "--no-build", "--factory", record, "--ssid", "home, sweet", "--password", "secret"];
	const done = flash(words);
	assert.equal(done.status, 0, done.stderr);
	assert.match(done.told, /0x3fe000 \S+factory\.bin 0x9000 \S+settings\.bin/);
	const written = new Uint8Array(readFileSync(join(folder, "factory-written")));
	assert.equal(written.length, 0x2000);
	assert.equal(String.fromCharCode(...written.subarray(0, 9)), "DMFR\u0001rest");
	assert.ok(written.subarray(9).every((byte) => byte === 0xff));
	assert.equal(
		readFileSync(join(folder, "settings-written"), "utf8"),
		'key,type,encoding,value\ndormouse,namespace,,\nssid,data,string,"home, sweet"\npassword,data,string,"secret"\n',
	);
	assert.throws(() => readFileSync(join(output, "flash/settings.csv")));
	assert.throws(() => readFileSync(join(output, "flash/factory.bin")));
});

test("flash: --dry-run runs nothing and says all of it", { skip: linux }, () => {
	const done = flash(["--port", port, "--ssid", "home", "--monitor", "--dry-run"]);
	assert.equal(done.status, 0, done.stderr);
	assert.equal(done.told, "");
	const programs = done.stdout
		.trim()
		.split("\n")
		.map((line) => line.split(" ")[1]);
	assert.deepEqual(programs, ["mcconfig", "python3", join(bin, "esptool"), "idf.py"]);
});

test("flash: an image that is larger than a slot is not written", { skip: linux }, () => {
	const done = flash(["--port", port, "--manifest", compact], { IMAGE_BYTES: "2031617" });
	assert.equal(done.status, 1);
	assert.match(done.stderr, /2031617 bytes, and a slot 2031616/);
	assert.doesNotMatch(done.told, /esptool/);
});

test("flash: says what is missing, and what to do", { skip: linux }, () => {
	const cases: readonly [RegExp, readonly string[], NodeJS.ProcessEnv][] = [
		[/\$MODDABLE is not set/, ["--port", port], { MODDABLE: "" }],
		[/\$IDF_PATH is not set.*v6\.0/, ["--port", port], { IDF_PATH: "" }],
		[/is no ESP-IDF/, ["--port", port], { IDF_PATH: folder }],
		[/idf\.py is not on the PATH: source/, ["--port", port], { PATH: "/usr/bin:/bin" }],
		[/--port is missing/, [], {}],
		[/--flash-mb: 4 or 8/, ["--port", port, "--flash-mb", "2"], {}],
		[/no such port/, ["--port", join(folder, "ttyUSB9")], {}],
		[/esp32\/esp32h2: give esp32/, ["--port", port, "-p", "esp32/esp32h2"], {}],
		[/Unknown option/, ["--prot", port], {}],
	];
	for (const [expected, words, environment] of cases) {
		const done = flash(words, environment);
		assert.equal(done.status, 2, `${expected}: ${done.stderr}`);
		assert.match(done.stderr, expected);
		assert.equal(done.told, "");
	}
	const noRecord = flash(["--port", port, "--no-build", "--factory", port]);
	assert.equal(noRecord.status, 1);
	assert.match(noRecord.stderr, /no factory record/);
});
