import { equal, match, ok } from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { dormouse, inProcess } from "./dormouse.ts";

const folder = mkdtempSync(join(tmpdir(), "dormouse-usage-"));
const shortFile = join(folder, "short.flash");
writeFileSync(shortFile, "too short");
process.on("exit", () => rmSync(folder, { recursive: true }));

const words = (args: string) => args.split(" ").filter((word) => word !== "");

/** Each wrong command line, and what its message must say. */
const wrong: readonly (readonly [args: string, message: RegExp])[] = [
	["", /Usage: dormouse .*Commands:/s],
	["hibernate", /unknown command 'hibernate'/],
	["smi", /unknown command 'smi'.*Did you mean sim/s],
	["sim --wat", /unknown option '--wat'/],
	["sim now", /too many arguments/],
	["sim --board pdp11", /Choose one of esp32, esp32c3, nrf52840, nrf9160/],
	["sim --board", /argument missing/],
	["sim --for 24", /Say a time with its unit: 500ms, 90s/],
	["sim --for 0s", /Say a time/],
	["sim --for -1h", /Say a time|argument missing/],
	["sim --for 24x", /Say a time/],
	["sim --for 101y", /hundred years/],
	["sim --for 1h --real-time", /'--real-time' cannot be used with option '--for/],
	["sim --for 1h --server coap://127.0.0.1:5683", /leave out --for, or leave out --server/],
	["sim --server 127.0.0.1", /Write it as coap:\/\/host:port/],
	["sim --server coaps://127.0.0.1:5684", /coaps:\/\/127\.0\.0\.1:5684 wants keys: give --psk-identity with --psk-key/],
	["sim --server coap://127.0.0.1:5683 --psk-identity a --psk-key 00", /keys are for DTLS.*write it as coaps:/],
	["sim --server coaps+tcp://127.0.0.1", /TCP is not there yet/],
	["sim --cid maybe", /Say on or off/],
	["sim --cid on", /--cid is about DTLS: give keys too/],
	["sim --ciphersuite TLS_FOO", /Choose from TLS_PSK_WITH_AES_128_CCM_8 \(0xc0a8\)/],
	["sim --certificate-usage 4", /Choose 0, 1, 2 or 3/],
	["sim --dtls-timeout 9", /Say a time/],
	["start --psk-identity me", /--psk-identity needs --psk-key/],
	["sim --rpk-private-key nowhere.pem", /--rpk-private-key: nowhere.pem: there is no such file/],
	["server --cert nowhere.pem", /--cert needs --key/],
	["server --key nowhere.pem", /--key: nowhere.pem: there is no such file/],
	["server --client-ca nowhere.pem", /--client-ca: nowhere.pem: there is no such file/],
	["sim --server coap+tcp://127.0.0.1", /TCP is not there yet/],
	["sim --server http://127.0.0.1", /Write it as coap:/],
	["sim --server coap://", /Write it as coap:/],
	["sim --server coap://host:70000", /Write it as coap:/],
	["sim --server coap://host:0", /Write it as coap:/],
	["sim --server coap://host/rd", /Write it as coap:/],
	["sim --server coap://::1:5683", /in brackets/],
	["sim --server coap://[::zz]:5683", /in brackets/],
	["sim --server coap://[1:2]:5683", /in brackets/],
	["sim --lifetime 0", /from 1 to 2147483647/],
	["sim --cell 9v", /Choose one of 18650, cr2032, 2xaa, er14505, er34615/],
	["sim --radio lora", /Choose one of wifi, thread, ltem, ltem-edrx, nbiot/],
	["sim --board esp32 --radio nbiot", /--radio: ESP32 .* has wifi/],
	["sim --for 1h --plot nowhere/plot.svg", /--plot: nowhere\/plot.svg: there is no such folder/],
	["sim --awake 20s", /--awake is about a board that sleeps: give --queue-mode, too/],
	["sim --sleep deep", /--sleep is about a board that sleeps/],
	["sim --sleep off --queue-mode", /Allowed choices are idle, light, deep/],
	["sim --queue-mode --awake soon", /Say a time with its unit \(20s, 500ms\), or "measured"/],
	["sim --queue-mode --sleep light --deep-from 2s", /--deep-from has no say with --sleep light/],
	["sim --queue-mode --sample-every 500ms", /Give whole seconds/],
	["sim --notify-every 15m --server coap://127.0.0.1:5683", /--notify-every is what the embedded server wants/],
	["sim --lifetime soon", /whole number/],
	["sim --lwm2m 1.3", /Choose 1\.0, 1\.1 or 1\.2/],
	["start --lwm2m 2", /Choose 1\.0, 1\.1 or 1\.2/],
	["sim --server coap://127.0.0.1:1 --server coap://127.0.0.1:1", /same server twice/],
	["sim --server coap://127.0.0.1:1 --server coaps://127.0.0.1:2", /wants keys/],
	["sim --seed -1", /whole number|argument missing/],
	["sim --seed 1.5", /whole number/],
	[`sim --endpoint ${"x".repeat(253)}`, /1 to 252 bytes/],
	["sim --endpoint a\u0007b", /Control characters/],
	[`sim --for 1s --flash ${shortFile}`, /has 9 bytes, this board's flash has 4194304/],
	[`sim --for 1s --flash ${folder}`, /is not a file/],
	[`sim --for 1s --flash ${join(folder, "no", "such.flash")}`, /can not be made: no such file or directory/],
	["sim --for 1s --flash /dev/full", /is not a file/],
	["sim --bootstrap bs.example", /Write it as coap:\/\/host:port/],
	["sim --bootstrap coaps://127.0.0.1:5784", /wants keys: give --bootstrap-psk-identity with --bootstrap-psk-key/],
	["sim --bootstrap coap://127.0.0.1 --bootstrap-psk-identity a --bootstrap-psk-key 00", /write it as coaps:/],
	[
		"sim --bootstrap coaps://127.0.0.1 --bootstrap-psk-identity a",
		/--bootstrap-psk-identity needs --bootstrap-psk-key/,
	],
	["sim --bootstrap-hold-off 3", /--bootstrap-hold-off is about a bootstrap server: name it with --bootstrap/],
	["sim --bootstrap-psk-identity a --bootstrap-psk-key 00", /name it with --bootstrap/],
	["sim --bootstrap coap://127.0.0.1 --for 1h", /--bootstrap speaks to a real server.*leave out --for/],
	["sim --bootstrap own --server coap://127.0.0.1", /leave out --server/],
	["sim --factory nowhere.bin", /--factory: nowhere.bin: there is no such file/],
	["sim --factory nowhere.bin --for 1h", /--factory speaks to a real server/],
	["sim --smart-card nowhere.bin", /--smart-card: nowhere.bin: there is no such file/],
	["provision", /missing required argument 'file'/],
	["provision nowhere.json", /nowhere.json: there is no such file/],
	["server --port 65536", /from 0 to 65535/],
	["server --port coap", /whole number/],
	["server --http 99999", /from 0 to 65535/],
	["start --board pdp11", /Choose one of/],
];

test("each wrong use ends with status 2, says what to do, and writes nothing to stdout", async () => {
	for (const [args, message] of wrong) {
		const { status, stdout, stderr } = await inProcess(...words(args));
		equal(status, 2, `${args}: status ${status}\n${stderr}`);
		match(stderr, message, args);
		equal(stdout, "", args);
		ok(!stderr.includes("    at "), `a stack trace for ${args}`);
	}
});

test("a process used in a wrong way ends with status 2 too", { timeout: 60_000 }, async () => {
	for (const [args, message] of wrong.filter((_, index) => index % 8 === 0)) {
		const { status, stdout, stderr } = await dormouse(...words(args));
		equal(status, 2, `${args}: status ${status}\n${stderr}`);
		match(stderr, message, args);
		equal(stdout, "", args);
	}
});

test("help and version are told on stdout with status 0", { timeout: 60_000 }, async () => {
	for (const args of [["--help"], ["help"], ["sim", "--help"], ["help", "sim"]]) {
		const { status, stdout, stderr } = await dormouse(...args);
		equal(status, 0, args.join(" "));
		match(stdout, /Usage: dormouse/);
		equal(stderr, "");
	}
	const { stdout } = await dormouse("sim", "--help");
	const flags = ["server", "endpoint", "lifetime", "board", "seed", "flash", "real-time", "for", "json"];
	flags.push("psk-identity", "psk-key", "rpk-private-key", "server-public-key", "cert", "key", "ca", "cid", "sni");
	for (const flag of flags) ok(stdout.includes(`--${flag}`), `--${flag} is not in the help`);
	const { status, stdout: version } = await dormouse("--version");
	equal(status, 0);
	match(version, /^\d+\.\d+\.\d+\n$/);
});
