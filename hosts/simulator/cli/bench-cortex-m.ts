import {
	type ChipFigures,
	type CryptoKind,
	measureChip,
	type ScenarioFigures,
	type Work,
} from "../../cortex-m/tools/measurement.ts";
import { findToolchain, mbedtlsHint } from "../../cortex-m/tools/toolchain.ts";
import { type DeviceFigures, measureDevice } from "./bench-cortex-m-device.ts";
import { type BuiltFigures, type LifeFigures, measureBuilds } from "./bench-cortex-m-linked.ts";
import type { ExitStatus } from "./main.ts";
import type { Output } from "./output.ts";
import { grouped } from "./report.ts";

/** What the board's names mean, in the order of the table. */
const titles: Readonly<Record<string, string>> = {
	"ccm8.seal": "CCM_8 seal, 100 bytes",
	"ccm8.open": "CCM_8 open, 100 bytes",
	"sha256.1KB": "SHA-256, 1 KB",
	"hmac.32": "HMAC, 32 bytes",
	"prf.masterSecret": "master secret from a PSK",
	"prf.keyBlock": "key block, 40 bytes",
	"p256.generate": "P-256 key pair",
	"p256.publicPoint": "P-256 public point",
	"p256.agree": "P-256 ECDH",
	"p256.sign": "P-256 sign",
	"p256.verify": "P-256 verify",
	handshake: "handshake, client",
	"record.send.first": "first record sent, 100 bytes",
	"record.receive.first": "first record received",
	"record.send": "record sent",
	"record.receive": "record received",
	"state.export": "session to bytes",
	"state.restore": "session from bytes",
};

const headings: Readonly<Record<string, string>> = {
	primitives: "",
	psk: "PSK, CCM_8, cookie, Connection ID",
	rpk: "ECDHE-ECDSA, raw public keys on both sides, CCM_8, cookie, Connection ID",
};

/** `dormouse bench --cortex-m`: what cryptography and DTLS cost on a Cortex-M4, emulated by QEMU. */
export async function run({ json }: { readonly json?: boolean }, output: Output): Promise<ExitStatus> {
	const toolchain = findToolchain();
	if (typeof toolchain === "string") {
		output.err(`skipped: ${toolchain}`);
		return 0;
	}
	if (toolchain.mbedtls === undefined) output.err(mbedtlsHint);
	const say = (what: string) => output.err(`  ${what} …`);
	const figures = await measureChip(toolchain, say);
	const device: DeviceFigures[] = [];
	for (const security of ["none", "psk"] as const) {
		say(`the device, ${security}`);
		device.push(await measureDevice(toolchain, security));
	}
	const builds = await measureBuilds(toolchain, say);
	if (builds === undefined) output.err("skipped: the device by the Moddable SDK, for $MODDABLE names none");
	if (json) output.out(JSON.stringify({ ...figures, device, builds }));
	else {
		const linked = builds === undefined ? [] : ["", ...buildLines(builds)];
		for (const line of [...lines(figures), "", ...deviceLines(figures, device), ...linked]) output.out(line);
	}
	return 0;
}

function lines(figures: ChipFigures): string[] {
	const { compiler, emulator, xsVersion, commit, firmwareBytes, imageBytes, scenarios } = figures;
	const of = (scenario: string, crypto: CryptoKind) =>
		scenarios.find((one) => one.scenario === scenario && one.crypto === crypto);
	const table = ["primitives", "psk", "rpk"].flatMap((scenario) => {
		const heading = headings[scenario];
		const rows = workRows(of(scenario, "portable")?.work ?? [], of(scenario, "native")?.work);
		return heading ? ["", `  ${heading}`, ...rows] : rows;
	});
	return [
		`Machine instructions on a Cortex-M4 (QEMU, mps2-an386): XS ${xsVersion}, commit ${commit}`,
		`  ${compiler}, -Os; ${emulator}`,
		`  firmware ${grouped(firmwareBytes)} bytes, the bench's modules ${grouped(imageBytes)} bytes`,
		row("", ["TypeScript", "over PSA", "of it in C"]),
		...table,
		"",
		"RAM that is enough, bytes: the heap grows only where a collection does not help",
		row("", ["slots", "chunks", "JS stack", "C stack", "C heap", "handshake*"]),
		...scenarios.map(ramRow),
		"  * instructions in so little memory, with the garbage collector's",
		...scenarios.filter(({ associationBytes }) => associationBytes !== undefined).map(sizeLine),
	];
}

const deviceTitles: Readonly<Record<string, string>> = {
	register: "boot (and handshake), Register",
	read: "Read of a Resource, TEXT",
	update: "Update",
	writeAttributes: "Write-Attributes",
	observe: "Observe",
	notify: "notification",
	firmwareBlock: "block of firmware, 1,024 bytes",
};

function deviceLines({ sizes }: ChipFigures, device: readonly DeviceFigures[]): string[] {
	const of = (pick: (figures: DeviceFigures) => number | undefined) => device.map((one) => grouped(pick(one) ?? 0));
	const { textBytes, dataBytes, bssBytes, imageBytes, bytecodeBytes } = sizes;
	const firmware = `text ${grouped(textBytes)}, data ${grouped(dataBytes)}, bss ${grouped(bssBytes)}`;
	return [
		"The reference device, instructions: one life with the embedded server",
		row("", ["coap", "coaps, PSK"]),
		...Object.entries(deviceTitles).map(([name, title]) =>
			row(
				title,
				of(({ instructions }) => instructions[name]),
			),
		),
		"  the most of its RAM, bytes",
		...(["slotBytes", "chunkBytes", "stackBytes", "cHeapBytes", "cStackBytes"] as const).map((name) =>
			row(
				ramTitles[name],
				of(({ ram }) => ram[name]),
			),
		),
		`  firmware: ${firmware}; image ${grouped(imageBytes)}, bytecode ${grouped(bytecodeBytes)} of it`,
	];
}

const ramTitles = {
	slotBytes: "slots",
	chunkBytes: "chunks",
	stackBytes: "JavaScript stack",
	cHeapBytes: "C heap",
	cStackBytes: "C stack",
} as const;

/** Two builds side by side, each with its life over CoAP and over DTLS. */
function buildLines(builds: readonly BuiltFigures[]): string[] {
	const both = (pick: (figures: BuiltFigures) => number) => builds.map((one) => grouped(pick(one)));
	const lives = (pick: (figures: LifeFigures) => number) =>
		builds.flatMap(({ plain, psk }) => [grouped(pick(plain)), grouped(pick(psk))]);
	return [
		"The reference device with its own Ethernet, as the npm sources and as the Moddable SDK build it",
		row(
			"",
			builds.map(({ by, xsVersion }) => `${by}, XS ${xsVersion}`),
		),
		row(
			"flash, all of it",
			both(({ flashBytes }) => flashBytes),
		),
		row(
			"ROM of modules",
			both(({ romBytes }) => romBytes),
		),
		row(
			"static RAM of C",
			both(({ staticBytes }) => staticBytes),
		),
		row(
			"",
			builds.flatMap(() => ["coap", "coaps, PSK"]),
		),
		...(["register", "read", "observe", "notify"] as const).map((name) =>
			row(
				deviceTitles[name]!,
				lives((life) => life[name]),
			),
		),
		...(["slotBytes", "chunkBytes", "stackBytes", "cHeapBytes", "cStackBytes"] as const).map((name) =>
			row(
				ramTitles[name],
				lives(({ ram }) => ram[name]),
			),
		),
	];
}

function row(title: string, cells: readonly string[]): string {
	return `  ${title.padEnd(28)}${cells.map((cell) => cell.padStart(15)).join("")}`;
}

function workRows(portable: readonly Work[], native: readonly Work[] | undefined): string[] {
	return portable.map(({ name, instructions }) => {
		const other = native?.find((work) => work.name === name);
		const cells = other === undefined ? [] : [grouped(other.instructions), grouped(other.nativeCrypto)];
		return row(titles[name] ?? name, [grouped(instructions), ...cells]);
	});
}

function ramRow({ scenario, crypto, ram, handshakeInLeastHeap }: ScenarioFigures): string {
	const { slotBytes, chunkBytes, stackBytes, cStackBytes, cHeapBytes } = ram;
	const cells = [slotBytes, chunkBytes, stackBytes, cStackBytes, cHeapBytes, handshakeInLeastHeap];
	const title = `${scenario}, ${crypto === "native" ? "over PSA" : "TypeScript"}`;
	return row(
		title,
		cells.flatMap((cell) => (cell === undefined ? [] : [grouped(cell)])),
	);
}

function sizeLine({ scenario, crypto, associationBytes, stateBytes }: ScenarioFigures): string {
	const which = `${scenario}, ${crypto === "native" ? "over PSA" : "TypeScript"}`;
	const kept = grouped(associationBytes ?? 0);
	return `  ${which}: established it keeps ${kept} bytes of heap; stored it is ${stateBytes} bytes`;
}
