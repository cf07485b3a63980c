/** The reference device as the user's Moddable SDK links it: boots from both slots, is updated, outlives resets. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { buildDeviceImage } from "../../../hosts/cortex-m/tools/image.ts";
import { buildLinkedImage, buildLoader, findLinker } from "../../../hosts/cortex-m/tools/linked.ts";
import { asSeenByTheDevice, type QemuDevice, type QemuOptions } from "../../../hosts/cortex-m/tools/qemu.ts";
import { findToolchain } from "../../../hosts/cortex-m/tools/toolchain.ts";
import { kelvinThermometer } from "../../../hosts/simulator/cli/scenario.ts";
import type { Image } from "../../../hosts/simulator/image/image.ts";
import { Lives } from "./lives.ts";

const toolchain = findToolchain();
const sdk = await findLinker();
const skip = typeof toolchain === "string" ? toolchain : typeof sdk === "string" ? sdk : false;
const settings = { skip, timeout: 600_000 };
const endpoint = "linked";
const key = "000102030405060708090a0b0c0d0e0f";

const build = (options: Parameters<typeof buildLinkedImage>[2] = {}) => {
	ok(typeof sdk !== "string" && typeof toolchain !== "string");
	return buildLinkedImage(sdk, toolchain, options);
};

/** The loader's chip, whose server knows its key. */
class Bench extends Lives {
	static async open(t: { after(run: () => void): void }): Promise<Bench> {
		const bench = new Bench(endpoint, { isSecure: true });
		await bench.open(t);
		bench.server.security.add({
			endpoint,
			mode: "psk",
			identity: endpoint,
			key: Uint8Array.from(Buffer.from(key, "hex")),
		});
		return bench;
	}

	async start(image?: Image, more: Partial<QemuOptions> = {}): Promise<QemuDevice> {
		ok(typeof sdk !== "string" && typeof toolchain !== "string");
		return this.live({
			firmware: await buildLoader(sdk, toolchain),
			...(image === undefined ? {} : { image }),
			factory: {
				endpointName: endpoint,
				serverUri: asSeenByTheDevice(`coaps://127.0.0.1:${this.server.securePort}`),
				security: {
					mode: "psk",
					publicKeyOrIdentity: Buffer.from(endpoint).toString("hex"),
					secretKey: key,
				},
			},
			...more,
		});
	}
}

test(
	"[CORE-REG-1] a linked image registers over DTLS, serves, outlives a reset, says good-bye",
	settings,
	async (t) => {
		const bench = await Bench.open(t);
		const image = await build();
		const device = await bench.start(image, { isCounted: true });
		await device.next("registered");
		equal(await bench.text("/3/0/0"), "Dormouse");
		equal(await bench.text("/3303/0/5701"), "Cel");
		const { slotBytes, chunkBytes } = await device.figures();
		ok(slotBytes + chunkBytes < 56 * 1024, `${slotBytes} bytes of slots, ${chunkBytes} of chunks`);
		const again = device.next("registered");
		device.reset();
		await again;
		deepEqual(
			bench.heard("booted").map(({ resetCause }) => resetCause),
			["powerOn", "restart"],
		);
		device.shutDown();
		equal(await device.ended, 0);
		equal(bench.heard("deregistered").length, 1);
	},
);

test("[MaU-002] a linked image is updated to another one, which outlives a power cut", settings, async (t) => {
	const bench = await Bench.open(t);
	const next = await build({ version: "0.2.0", replacements: kelvinThermometer() });
	const device = await bench.start(await build());
	await device.next("registered");
	const opaque = { kind: "singleResource", id: 0, type: "opaque", value: next.bytes } as const;
	await bench.server.operations.write(endpoint, "/5/0/0", opaque, { format: "OPAQUE", timeoutS: 400 });
	// It looks through the image when all of it is there.
	for (let state = ""; state !== "2"; state = await bench.text("/5/0/3")) await sleep(500);
	await bench.server.operations.execute(endpoint, "/5/0/2");
	await device.next("firmware.confirmed");
	deepEqual([await bench.text("/3/0/3"), await bench.text("/3303/0/5701")], ["0.2.0", "K"]);
	device.kill();
	await device.ended;
	const after = await bench.start();
	const booted = await after.next("booted");
	deepEqual([booted.version, booted.resetCause], ["0.2.0", "powerOn"]);
	await after.next("registered");
	equal(await bench.text("/5/0/5"), "1");
});

test("[MaU-002] its boot loader starts no image of bytecode, and says why", settings, async (t) => {
	const bench = await Bench.open(t);
	const lines: string[] = [];
	const device = await bench.start(await buildDeviceImage(), { onText: (line) => lines.push(line) });
	equal(await device.ended, 2);
	const decision = bench.heard("bootDecision")[0];
	equal(decision?.action, "stop");
	ok(String(decision?.found).includes("slot a: for another XS"), JSON.stringify(decision));
	ok(lines.includes("no image that can be started"), lines.join("\n"));
});
