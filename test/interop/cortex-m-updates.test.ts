/** Updates of the emulated chip that do not go well: hanging, never confirmed, and power that goes in the middle. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { buildFirmware } from "../../hosts/cortex-m/tools/firmware.ts";
import { buildDeviceImage } from "../../hosts/cortex-m/tools/image.ts";
import {
	asSeenByTheDevice,
	powerCutStatus,
	type QemuDevice,
	type QemuOptions,
} from "../../hosts/cortex-m/tools/qemu.ts";
import { findToolchain } from "../../hosts/cortex-m/tools/toolchain.ts";
import { presets } from "../../hosts/simulator/board/presets.ts";
import { kelvinThermometer } from "../../hosts/simulator/cli/scenario.ts";
import type { Image } from "../../hosts/simulator/image/image.ts";
import { type BootState, NEW_DEVICE } from "../../modules/firmware/boot-decision.ts";
import { BootStore } from "../../modules/firmware/boot-store.ts";
import type { Flash } from "../../modules/host.ts";
import { Lives } from "../hosts/cortex-m/lives.ts";

const toolchain = findToolchain();
const skip = typeof toolchain === "string" ? toolchain : false;
const settings = { skip, timeout: 120_000 };
const endpoint = "chip";
const { flash: geometry, map } = presets.esp32;

class Bench extends Lives {
	static async open(t: { after(run: () => void): void }): Promise<Bench> {
		const bench = new Bench(endpoint);
		await bench.open(t);
		return bench;
	}

	async start(more: Partial<QemuOptions> = {}): Promise<QemuDevice> {
		ok(typeof toolchain !== "string");
		return this.live({
			firmware: await buildFirmware({ ...toolchain, mbedtls: undefined }, "device"),
			factory: {
				endpointName: endpoint,
				serverUri: asSeenByTheDevice(`coap://127.0.0.1:${this.server.port}`),
			},
			...more,
		});
	}

	/** What the boot loader did, boot by boot. */
	get decisions(): string[] {
		return this.heard("bootDecision").map(({ action, why }) => (why === undefined ? `${action}` : `${action} ${why}`));
	}

	/** Puts an image into slot b, marked for a trial: what an update comes to, by the portable boot loader's bytes. */
	mark(image: Image): void {
		const file = join(this.folder, "flash");
		const cells = new Uint8Array(readFileSync(file));
		cells.fill(0xff, map.slotB.offset, map.slotB.offset + map.slotB.sizeBytes);
		cells.set(image.bytes, map.slotB.offset);
		bootStore(cells).write({ ...NEW_DEVICE, trial: "pending" });
		writeFileSync(file, cells);
	}

	get bootState(): BootState {
		return bootStore(new Uint8Array(readFileSync(join(this.folder, "flash")))).state ?? NEW_DEVICE;
	}

	/** Starts the chip, and ends it when it has registered: its flash is made. */
	async prepare(): Promise<void> {
		const device = await this.start({ image: await buildDeviceImage() });
		await device.next("registered");
		device.kill();
		await device.ended;
	}
}

function bootStore(cells: Uint8Array): BootStore {
	const { offset, sizeBytes } = map.boot;
	const part = cells.subarray(offset, offset + sizeBytes);
	const flash: Flash = {
		sizeBytes,
		sectorBytes: geometry.sectorBytes,
		writeBytes: 4,
		erasedByte: 0xff,
		read: (at, into) => into.set(part.subarray(at, at + into.length)),
		write: (at, bytes) => part.set(bytes, at),
		erase: (at, size) => void part.fill(0xff, at, at + size),
	};
	return new BootStore(flash);
}

const thermometerFile = "src/thermometer.js";
const changedTo = (words: string) => {
	const [[file, source]] = Object.entries(kelvinThermometer()) as [[string, string]];
	equal(file, thermometerFile);
	const changed = source.replace("const first = tenths();", words);
	ok(changed !== source);
	return buildDeviceImage({ version: "0.2.0", replacements: { [file]: changed } });
};

test("[MaU-002] an update that hangs is bitten by the watchdog at each of its boots, and left", settings, async (t) => {
	const bench = await Bench.open(t);
	await bench.prepare();
	bench.mark(await changedTo("for (;;) tenths();"));
	const device = await bench.start({ watchdogMs: 400, isCounted: true });
	await device.next("registered");
	deepEqual(bench.decisions, ["try", "tryAgain", "tryAgain", "revert watchdog"]);
	equal(bench.heard("watchdog").length, 3);
	deepEqual([bench.bootState.kept, bench.bootState.otherIs], ["a", "failed"]);
	equal(await bench.text("/3/0/3"), "0.1.0");
});

test("[MaU-002] an update that nobody confirms gives itself up in time, whatever restarts it", settings, async (t) => {
	const bench = await Bench.open(t);
	await bench.prepare();
	bench.mark(await buildDeviceImage({ version: "0.2.0" }));
	// Nobody answers, so that it never confirms itself; and a restart in between gives it no more time.
	bench.server.stop();
	const device = await bench.start({ rules: { bootsMax: 3, trialMs: 30_000 } });
	await device.next("booted");
	device.reset();
	await device.next("booted");
	const old = await device.next("booted");
	deepEqual([old.version, old.resetCause], ["0.1.0", "restart"]);
	deepEqual(bench.decisions, ["try", "tryAgain"]);
	const [, again] = bench.heard("bootDecision");
	ok(Number(again?.leftMs) < 30_000, JSON.stringify(again));
	deepEqual([bench.bootState.kept, bench.bootState.otherIs], ["a", "failed"]);
});

test("[MaU-002] power cut while an update is tried or confirmed: an image runs", settings, async (t) => {
	const bench = await Bench.open(t);
	await bench.prepare();
	bench.mark(await buildDeviceImage({ version: "0.2.0" }));
	const whole = new Uint8Array(readFileSync(join(bench.folder, "flash")));
	// How many operations it takes until it is confirmed, which is the last of them.
	const measured = await bench.start();
	await measured.next("firmware.confirmed");
	const { flashOperations: count } = await measured.figures();
	measured.kill();
	await measured.ended;
	ok(count > 4, `${count} operations`);
	const seen = new Set<string>();
	for (const cutAt of [1, 2, count - 1, count]) {
		writeFileSync(join(bench.folder, "flash"), whole);
		const device = await bench.start({ cutAt });
		equal(await device.ended, powerCutStatus, `cut at ${cutAt} of ${count}`);
		const after = await bench.start();
		await after.next("registered");
		const [decision = "keep"] = bench.decisions;
		seen.add(decision);
		equal(await bench.text("/3/0/3"), "0.2.0", `cut at ${cutAt} of ${count}: ${decision}`);
		after.kill();
		await after.ended;
	}
	ok(seen.has("try") && seen.has("tryAgain"), [...seen].join());
});

test("[MaU-002] power cut in a push: it is pushed again, and settings outlive it all", settings, async (t) => {
	const bench = await Bench.open(t);
	await bench.prepare();
	const next = await buildDeviceImage({ version: "0.2.0" });
	const first = await bench.start({ cutAt: 180 });
	await first.next("registered");
	const lifetime = { kind: "singleResource", id: 1, type: "integer", value: 777n } as const;
	await bench.server.operations.write(endpoint, "/1/0/1", lifetime);
	const opaque = { kind: "singleResource", id: 0, type: "opaque", value: next.bytes } as const;
	const push = (timeoutS: number) =>
		bench.server.operations.write(endpoint, "/5/0/0", opaque, { format: "OPAQUE", timeoutS });
	const isPushed = push(20).then(
		() => true,
		() => false,
	);
	equal(await first.ended, powerCutStatus);
	const second = await bench.start();
	await second.next("registered");
	equal(await isPushed, false);
	equal(await bench.text("/1/0/1"), "777");
	equal(await bench.text("/3/0/3"), "0.1.0");
	await push(120);
	// It looks through the image when all of it is there.
	for (let state = ""; state !== "2"; state = await bench.text("/5/0/3")) await sleep(500);
	await bench.server.operations.execute(endpoint, "/5/0/2");
	await second.next("firmware.confirmed");
	equal(await bench.text("/3/0/3"), "0.2.0");
	equal(await bench.text("/1/0/1"), "777");
	second.shutDown();
	equal(await second.ended, 0);
});
