import { readFileSync } from "node:fs";
import { Command, CommanderError, Option } from "commander";
import { boardNames } from "../board/presets.ts";
import {
	readBoard,
	readBootstrapOption,
	readCounter,
	readDuration,
	readEnabler,
	readEndpoint,
	readHoldOff,
	readLifetime,
	readSeed,
	readServerOptions,
	WrongUsage,
} from "./arguments.ts";
import { addCredentialOptions } from "./credentials.ts";
import { addEnergyOptions } from "./energy-options.ts";
import { addFleet } from "./fleet-command.ts";
import { type Output, terminalOutput } from "./output.ts";
import { addServers } from "./server-commands.ts";
import { addSleepOptions } from "./sleep-options.ts";

/** How a command ended: 0 as asked, 1 the device failed, 2 used in a wrong way. */
export type ExitStatus = 0 | 1 | 2;

/** What each command's own file exports. Loaded when asked for, so that --help and wrong usage answer at once. */
export interface CommandModule<Options> {
	run(options: Options, output: Output): Promise<ExitStatus>;
}

/** Runs one command line. @param argv without node and script. Never throws */
export async function main(
	argv: readonly string[],
	output = terminalOutput(process.stdout, process.stderr, process.env),
) {
	let status: ExitStatus = 0;
	const load =
		<Options>(file: string) =>
		async (options: Options) => {
			const { run } = (await import(new URL(file, import.meta.url).href)) as CommandModule<Options>;
			status = await run(options, output);
		};
	try {
		await program(load, output).parseAsync(argv, { from: "user" });
	} catch (error) {
		status = failure(error, output);
	}
	return status;
}

type Load = <Options>(file: string) => (options: Options) => Promise<void>;

function program(load: Load, output: Output): Command {
	const dormouse = new Command("dormouse")
		.description("An LwM2M client for devices that sleep, on a simulated board that runs the real XS engine.")
		.version(packageVersion(), "-V, --version", "output the version")
		.exitOverride()
		.enablePositionalOptions() // `image --version` is the image's
		.configureOutput({
			writeOut: (text) => output.out(text.trimEnd()),
			writeErr: (text) => output.err(text.trimEnd()),
		})
		.showHelpAfterError('Run it with --help to see what it takes: "dormouse --help", "dormouse sim --help".')
		.addHelpText("after", "\nExit status: 0 ended as asked, 1 the device failed, 2 wrong usage.");
	const start = dormouse
		.command("start")
		.description("the guided tour: builds everything, boots a board, shows what it says to its server (npm start)")
		.addOption(enablerOption())
		.addOption(boardOption())
		.addOption(seedOption());
	addCredentialOptions(start).action(load("./start.js"));
	addSim(dormouse, load);
	addFleet(dormouse, load);
	addServers(dormouse, load);
	addImage(dormouse, load);
	dormouse
		.command("bench")
		.description("measures the simulator and the device's protocol work")
		.option("--coap", "CoAP alone: work by message on XS, and transfers over slow and lossy links")
		.option("--lwm2m", "the LwM2M client alone: work by request, heap by instance and observation, on XS")
		.option("--dtls", "DTLS alone: bytes of handshakes and records, work and RAM on XS")
		.option("--fleet", "virtual years of one board, and a thousand boards for a week: minutes")
		.option("--sleep", "what a wake costs: bytes on the air and charge, beside a client that keeps nothing")
		.option("--cortex-m", "cryptography and DTLS on an emulated Cortex-M4: instructions and RAM")
		.option("--json", "one line of JSON")
		.action((options: BenchOptions) => load(benchOf(options))(options));
	dormouse
		.command("size")
		.description("measures bytecode and RAM by module, feature set and board, beside budgets and peers")
		.option("--json", "one line of JSON")
		.option("--images", "link images with the Moddable SDK that $MODDABLE names, too")
		.action(load("./size.js"));
	addObject(dormouse, load);
	addQemu(dormouse, load);
	addProvision(dormouse, load);
	return dormouse;
}

interface BenchOptions {
	readonly coap?: boolean;
	readonly lwm2m?: boolean;
	readonly dtls?: boolean;
	readonly fleet?: boolean;
	readonly sleep?: boolean;
	readonly cortexM?: boolean;
}

function benchOf({ coap, lwm2m, dtls, fleet, sleep, cortexM }: BenchOptions): string {
	if (fleet) return "./bench-fleet.js";
	if (sleep) return "./bench-sleep.js";
	if (cortexM) return "./bench-cortex-m.js";
	if (lwm2m) return "./bench-lwm2m.js";
	return dtls ? "./bench-dtls.js" : coap ? "./bench-coap.js" : "./bench.js";
}

function packageVersion(): string {
	const text = readFileSync(new URL("../../../../../package.json", import.meta.url), "utf8");
	return (JSON.parse(text) as { version: string }).version;
}

const enablerOption = () =>
	new Option(
		"--lwm2m <version>",
		"the LwM2M version to register as: 1.0, 1.1 or 1.2; the product's own without",
	).argParser(readEnabler);

const boardOption = () =>
	new Option("--board <name>", `kind of board: ${boardNames.join(", ")}`).default("esp32").argParser(readBoard);

const seedOption = () =>
	new Option("--seed <n>", "replays a run: same seed, same run (in virtual time); else drawn and printed").argParser(
		readSeed,
	);

function addSim(dormouse: Command, load: Load): void {
	const sim = dormouse
		.command("sim")
		.description("a simulated board with its LwM2M client, and a server for it unless you name one")
		.addOption(
			new Option(
				"--server <uri>",
				"coap://host:port or coaps://host:port of your own server, over real UDP in real time; again for a second " +
					"one, and access control",
			).argParser(readServerOptions),
		)
		.addOption(new Option("--endpoint <name>", "endpoint client name").argParser(readEndpoint))
		.addOption(new Option("--lifetime <s>", "lifetime of the registration in seconds").argParser(readLifetime))
		.addOption(enablerOption())
		.addOption(boardOption())
		.addOption(seedOption())
		.option("--flash <file>", "keep the board's flash in this file, from one run to the next")
		.addOption(
			new Option(
				"--bootstrap <uri>",
				'coap://host:port or coaps://host:port of a bootstrap server; "own" for an embedded one. The board then has ' +
					"no other server but those of --server until that has named some",
			).argParser(readBootstrapOption),
		)
		.option("--bootstrap-psk-identity <id>", "DTLS with the bootstrap server: the identity of a pre-shared key")
		.option("--bootstrap-psk-key <hex>", "… and the key, in hexadecimal digits")
		.addOption(
			new Option("--bootstrap-hold-off <s>", "seconds to wait before the bootstrap server is asked").argParser(
				readHoldOff,
			),
		)
		.option("--factory <file>", "a record of `dormouse provision`, put into the board's flash")
		.option("--smart-card <file>", "a smart card with this bootstrap file in the board's reader")
		.addOption(new Option("--real-time", "run until Ctrl-C by the machine's clock (the default)").conflicts("for"))
		.addOption(
			new Option("--for <time>", "run so long in virtual time (500ms, 90s, 24h, 7d, 1y), then report").argParser(
				readDuration,
			),
		)
		.addOption(
			new Option("--scenario <name>", "tells one story in virtual time; status 1 when it did not come about")
				.choices(["firmware-update", "firmware-revert", "power-cut"])
				.conflicts(["server", "for", "flash", "realTime", "lifetime"]),
		)
		.option("--json", "one event per line on stdout, everything else on stderr");
	addCredentialOptions(addEnergyOptions(addSleepOptions(sim)))
		.addHelpText(
			"after",
			`
Without --server the board gets an embedded server, which reads it and observes its temperature.
Ctrl-C ends the run: the board de-registers, then a report follows.

Examples:
  dormouse sim --for 24h                          a day in virtual time, then the report
  dormouse sim --for 7d --board nrf9160 --json    the same for a machine to read
  dormouse sim --for 365d --queue-mode --notify-every 15m --cell 2xaa     a year on two AA cells
  dormouse sim --scenario firmware-update         a new image: pushed, tried, confirmed
  dormouse sim --scenario firmware-revert         … one that crashes: the old one comes back
  dormouse sim --scenario power-cut               … pulled, with the power cut three times
  dormouse sim --server coap://leshan.eclipseprojects.io:5683 --endpoint my-board
  dormouse sim --server coap://127.0.0.1:5683 --server coap://127.0.0.1:5783 --lwm2m 1.2
  dormouse sim --for 24h --psk-identity my-board --psk-key 000102030405060708090a0b0c0d0e0f
  dormouse sim --server coaps://127.0.0.1:5684 --psk-identity my-board --psk-key …
  dormouse sim --bootstrap coap://127.0.0.1:5783 --endpoint my-board
  dormouse sim --bootstrap own --for 1h
  dormouse provision my-board.json --output my-board.bin && dormouse sim --factory my-board.bin`,
		)
		.action(load("./sim.js"));
}

function addImage(dormouse: Command, load: Load): void {
	const image = dormouse
		.command("image")
		.description("builds and signs the device image out of src/ and modules/; says its size and hash")
		.option("--json", "one line of JSON")
		.option("--output <file>", "write the image to this file")
		.option("--version <text>", "version of the product, in the image and in the program; src/product.ts's without")
		.option("--name <text>", "name of the product: an update must have the same; src/product.ts's without")
		.addOption(
			new Option("--counter <n>", "security counter: devices that confirmed it start nothing below")
				.default(0)
				.argParser(readCounter),
		)
		.option("--key <file>", "sign with this private key (PEM, Ed25519 or P-256); the development key without")
		.option("--mod <file>", "build a mod for this image out of this module of the project, in place of the image")
		.option("--verify <file>", "build nothing: check this image, against --key (public or private) where given")
		.addHelpText(
			"after",
			`
The development key is made on the first build (build/keys/development.pem); simulated boards trust it. It protects
nothing: a product has a key of its own.

Examples:
  dormouse image keygen release.pem                            a key pair: release.pem and release.pem.pub
  dormouse image --version 1.2.0 --key release.pem --output thermometer-1.2.0.img
  dormouse image --version 1.2.1 --counter 1 --key release.pem --output thermometer-1.2.1.img
  dormouse image --mod src/blinker.ts --name blinker --version 1.0 --key release.pem --output blinker.mod
  dormouse image --verify thermometer-1.2.1.img --key release.pem.pub`,
		)
		.action(load("./image.js"));
	image
		.command("keygen")
		.description("makes a key pair for signing images; the public half goes to <file>.pub")
		.argument("<file>", "the private key, PEM; it must not be there yet")
		.addOption(new Option("--algorithm <name>", "which kind").choices(["ed25519", "p256"]).default("ed25519"))
		.action((file: string, options: object) => load("./image-key.js")({ file, ...options }));
}

function addObject(dormouse: Command, load: Load): void {
	dormouse
		.command("object")
		.description("writes OMA object XML as typed tables of facts, one TypeScript file for each object")
		.argument("<file...>", "object definitions, as the LwM2M registry has them")
		.option("--out <folder>", "where the tables go", ".")
		.option("--check", "write nothing; end with 1 when a table is missing or out of date")
		.option("--modules <folder>", "Dormouse's modules folder, where it is not found above --out")
		.addHelpText(
			"after",
			`
No prose is taken. Several versions of one object in one call get the version into their names.

Example:
  dormouse object 3303.xml 3304.xml --out src/facts`,
		)
		.action((files: string[], options: object) => load("./object.js")({ files, ...options }));
}

function addQemu(dormouse: Command, load: Load): void {
	const qemu = dormouse
		.command("qemu")
		.description("the reference device on a Cortex-M4 that QEMU emulates, with XS, Ethernet and flash (npm run qemu)")
		.addOption(
			new Option(
				"--server <uri>",
				"coap://host:port or coaps://host:port of your own server; an embedded one without",
			).argParser(readServerOptions),
		)
		.addOption(new Option("--endpoint <name>", "endpoint client name").argParser(readEndpoint))
		.addOption(new Option("--lifetime <s>", "lifetime of the registration in seconds").argParser(readLifetime))
		.addOption(enablerOption())
		.option("--keep <folder>", "keep the flash in this folder, from one run to the next")
		.addOption(
			new Option("--for <time>", "run so long by the machine's clock (30s, 10m); until Ctrl-C without").argParser(
				readDuration,
			),
		)
		.option("--count", "let an instruction take a nanosecond, so that the figures at the end count them")
		.option("--sdk", "built by your Moddable SDK ($MODDABLE): mcconfig and xsl link the modules into ROM, with that XS")
		.option("--json", "one event per line on stdout, everything else on stderr");
	addCredentialOptions(addSleepOptions(qemu))
		.addHelpText(
			"after",
			`
Needs arm-none-eabi-gcc with newlib, and qemu-system-arm. This machine's 127.0.0.1 is 10.0.2.2 to the device.

Examples:
  dormouse qemu --for 30s
  dormouse qemu --server coaps://127.0.0.1:5684 --psk-identity me --psk-key 000102030405060708090a0b0c0d0e0f`,
		)
		.action(load("./qemu.js"));
}

function addProvision(dormouse: Command, load: Load): void {
	dormouse
		.command("provision")
		.description("makes a factory's record for one device, or the file of a smart card, out of a description")
		.argument("<file>", "JSON: endpointName, serialNumber, lwm2m, servers, bootstrap, accessControl")
		.option("--output <file>", "write it to this file, for `dormouse sim --factory` or `--smart-card`")
		.addOption(new Option("--endpoint <name>", "endpoint client name, in place of the file's").argParser(readEndpoint))
		.option("--serial <text>", "serial number, in place of the file's")
		.option("--sign <file>", "signs the record: a private key of P-256, in PEM or DER")
		.option("--hmac-key <file>", "… or adds an HMAC-SHA-256: a file with 16 to 64 bytes in hexadecimal digits")
		.addOption(new Option("--board <name>", `checks that it fits: ${boardNames.join(", ")}`).argParser(readBoard))
		.option("--card", "the bootstrap file of a smart card (LwM2M Core 1.2 Appendix G) instead of a record")
		.addHelpText(
			"after",
			`
Keys stand in the description (pskIdentity, pskKey in hexadecimal digits) or in files that it names, beside it
(rpkPrivateKey, serverPublicKey; cert, key, ca or serverCert). None is ever shown. Example of a description:

  {
    "endpointName": "urn:dev:os:32473-1",
    "bootstrap": { "uri": "coaps://bs.example:5684", "pskIdentity": "me", "pskKey": "00…", "holdOffS": 10 },
    "servers": [{ "uri": "coap://lwm2m.example:5683", "shortServerId": 1, "lifetimeS": 3600,
      "resources": { "registrationPriorityOrder": 1, "communicationRetryCount": 3 } }]
  }`,
		)
		.action((file: string, options: object) => load("./provision.js")({ file, ...options }));
}

/** Says what went wrong; every kind of failure is told apart here, once. */
function failure(error: unknown, output: Output): ExitStatus {
	if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // commander has said it already
	if (error instanceof WrongUsage) {
		output.err(`error: ${error.message}`);
		return 2;
	}
	const explained = ["EngineFailure", "CompileFailure", "HostFailure"]; // what these say is meant for people
	if (error instanceof Error && explained.includes(error.name)) {
		output.err(`error: ${error.message}`);
		return 1;
	}
	output.err(error instanceof Error ? (error.stack ?? error.message) : String(error));
	return 1;
}
