/**
 * The device of `mcconfig -m -p lin`, and of `-p win` by Wine, run as a person runs it, and Leshan: it registers over
 * DTLS, is read, and is given another program, which it pulls, tries and keeps. Needs $MODDABLE; what it takes is
 * built here.
 */
import { equal, match, ok } from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { PackageServer } from "../../hosts/simulator/cli/package-server.ts";
import { UdpNetwork } from "../../hosts/simulator/network/udp-network.ts";
import { systemDice, systemEntropy } from "../../hosts/simulator/server/system-chance.ts";
import { RealTime } from "../../hosts/simulator/time.ts";
import { DesktopDevice, whatIsMissing, whatIsMissingForWindows } from "../hosts/desktop/desktop-device.ts";
import { hasCode, valueIn } from "./case.ts";
import { freePorts } from "./free-ports.ts";
import { startLeshan } from "./leshan-server.ts";

const key = "000102030405060708090a0b0c0d0e0f";
const buildTimeoutMs = 600_000;
/** Some five thousand blocks. */
const downloadTimeoutMs = 600_000;
const newVersion = "0.2.0";

const missing = whatIsMissing();
const systems = [
	{ name: "desktop", endpoint: "desktop-secure", words: [], skip: missing ?? false },
	{
		name: "Windows",
		endpoint: "windows-secure",
		words: ["--windows"],
		skip: missing ?? whatIsMissingForWindows() ?? false,
	},
];

/** Runs npm run desktop to its end. @throws Error with what it said */
async function run(words: readonly string[]): Promise<void> {
	const device = new DesktopDevice(words);
	const { status } = await device.ended;
	equal(status, 0, device.log());
}

async function serve(file: Uint8Array): Promise<PackageServer> {
	const [port] = (await freePorts(1)) as [number];
	const where = { network: new UdpNetwork(), time: new RealTime(), host: "127.0.0.1", port };
	const etag = new Uint8Array(Buffer.from("d0123456", "hex"));
	return new PackageServer({ ...where, dice: systemDice, entropy: systemEntropy, file, etag });
}

/** Registers, is read, is updated and restarted. */
async function isUpdated({ endpoint, words }: { readonly endpoint: string; readonly words: readonly string[] }) {
	const folder = mkdtempSync(join(tmpdir(), "dormouse-desktop-leshan-"));
	const image = join(folder, "update.img");
	await run([...words, "--image", image, "--version", newVersion]);
	const server = await startLeshan();
	await server.rest.secure({ endpoint, tls: { mode: "psk", details: { identity: endpoint, key } } });
	const settings = [`server=${server.coapsUri}`, `identity=${endpoint}`, `key=${key}`, `endpoint=${endpoint}`];
	const where = ["--no-build", "--state", join(folder, "state")];
	const device = new DesktopDevice([...words, ...where, ...settings, "lifetime=3600"]);
	const files = await serve(new Uint8Array(readFileSync(image)));
	try {
		const secured = await device.wait({ event: "secured" }, { timeoutMs: 60_000 });
		match(String(secured.suite), /^TLS_PSK_WITH_AES_128_CCM_8$/);
		await device.wait({ event: "registered" }, { timeoutMs: 60_000 });
		ok((await server.rest.client(endpoint))?.secure, "registered over DTLS");
		const remote = server.rest.of(endpoint);
		const reads = async (path: string) => String(valueIn(await remote.read(path), path));
		equal(await reads("/3/0/3"), "0.1.0");

		const node = { kind: "singleResource", id: 1, type: "string", value: files.uri } as const;
		hasCode(await remote.write("/5/0/1", node), "2.04", "Write /5/0/1");
		await device.wait({ event: "firmware.state", state: "downloaded" }, { timeoutMs: downloadTimeoutMs });
		equal(await reads("/5/0/5"), "0");

		const from = device.events.length;
		hasCode(await remote.execute("/5/0/2"), "2.04", "Execute /5/0/2");
		await device.wait({ event: "booted", version: newVersion, resetCause: "restart" }, { from, timeoutMs: 60_000 });
		await device.wait({ event: "firmware.confirmed" }, { from, timeoutMs: 90_000 });
		equal(await reads("/3/0/3"), newVersion);
		equal(await reads("/5/0/5"), "1");
		match(device.log(), /Slot b, 0\.2\.0: trial/);

		const again = device.events.length;
		hasCode(await remote.execute("/3/0/4"), "2.04", "Execute /3/0/4");
		await device.wait({ event: "booted", version: newVersion }, { from: again, timeoutMs: 60_000 });
		await device.wait({ event: "registered" }, { from: again, timeoutMs: 60_000 });
		match(device.log(), /Slot b, 0\.2\.0: normal/);
		equal((await device.interrupt()).status, 0, device.log());
		equal(await server.rest.client(endpoint), undefined);
	} finally {
		files.close();
		await device.kill();
		await server.stop();
		rmSync(folder, { recursive: true, force: true });
	}
}

for (const { name, endpoint, words, skip } of systems) {
	test(
		`${name} › Leshan over DTLS, pre-shared key: it registers, is updated, and keeps the update`,
		{
			skip,
			timeout: buildTimeoutMs + downloadTimeoutMs + 120_000,
		},
		() => isUpdated({ endpoint, words }),
	);
}

test("desktop › Leshan over DTLS: it sleeps deeply, wakes by time, and neither registers nor shakes hands again", {
	skip: missing ?? false,
	timeout: buildTimeoutMs + 180_000,
}, async () => {
	const endpoint = "desktop-sleeper";
	const folder = mkdtempSync(join(tmpdir(), "dormouse-desktop-leshan-"));
	const server = await startLeshan();
	await server.rest.secure({ endpoint, tls: { mode: "psk", details: { identity: endpoint, key } } });
	const settings = [`server=${server.coapsUri}`, `identity=${endpoint}`, `key=${key}`, `endpoint=${endpoint}`];
	const sleep = ["lifetime=40", "sleep=deep", "awake=3000", "sample=10"];
	const device = new DesktopDevice(["--state", join(folder, "state"), ...settings, ...sleep]);
	try {
		await device.wait({ event: "registered" }, { timeoutMs: buildTimeoutMs });
		await device.wait({ event: "sleeping", depth: "deep" }, { timeoutMs: 30_000 });
		await device.wait({ event: "booted", resetCause: "deepSleep" }, { timeoutMs: 60_000 });
		await device.wait({ event: "restored", registration: "kept", session: true });
		await device.wait({ event: "updated" }, { timeoutMs: 60_000 });
		equal(device.events.filter(({ event }) => event === "handshaking").length, 1, device.log());
		equal(device.events.filter(({ event }) => event === "registered").length, 1, device.log());
		ok((await server.rest.client(endpoint))?.secure, "registered still, over the same session");
		equal((await device.interrupt()).status, 0, device.log());
	} finally {
		await device.kill();
		await server.stop();
		rmSync(folder, { recursive: true, force: true });
	}
});
