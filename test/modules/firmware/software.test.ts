import { readUtf8, utf8 } from "../../../modules/bytes.ts";
import { Code } from "../../../modules/coap/code.ts";
import { softwareKeys } from "../../../modules/firmware/progress.ts";
import { SoftwareInstaller, type SoftwareStore } from "../../../modules/firmware/software-installer.ts";
import { SOFTWARE } from "../../../modules/firmware/software-table.ts";
import { Updater } from "../../../modules/firmware/updater.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import { HostFailure, type SlotImage } from "../../../modules/host.ts";
import { softwareManagement } from "../../../modules/objects/software-management-9.ts";
import { deepEqual, equal, test } from "../../harness.ts";
import { NorFlash } from "../settings/nor-flash.ts";
import { fakeImage } from "./fake-slots.ts";
import { Scene } from "./scene.ts";

/** A partition for one mod, whose images are those of the fake board; what runs from it is a count. */
class FakeMods implements SoftwareStore {
	readonly flash = new NorFlash({ sectors: 8, sectorBytes: 512, writeBytes: 4 });
	running = 0;
	loads = 0;
	fails = false;

	get sizeBytes(): number {
		return this.flash.sizeBytes;
	}

	get sectorBytes(): number {
		return this.flash.sectorBytes;
	}

	get writeBytes(): number {
		return this.flash.writeBytes;
	}

	erase(offset: number, sizeBytes: number): void {
		this.flash.erase(offset, sizeBytes);
	}

	write(offset: number, bytes: Uint8Array): void {
		this.flash.write(offset, bytes);
	}

	read(offset: number, into: Uint8Array): void {
		this.flash.read(offset, into);
	}

	verify() {
		const image = this.image();
		if (image === undefined) return "image" as const;
		const wanted = fakeImage({ version: this.flash.bytes[13]!, sizeBytes: image.sizeBytes });
		return wanted.every((byte, at) => this.flash.bytes[at] === byte) ? ("ok" as const) : ("image" as const);
	}

	image(): SlotImage | undefined {
		const { bytes } = this.flash;
		if (readUtf8(bytes, 0, 4) !== "FAKE") return undefined;
		const sizeBytes = bytes[4]! + 256 * bytes[5]!;
		return { name: "mod", version: `${bytes[13]}.0`, sizeBytes, hash: String(bytes[16]), securityCounter: 0 };
	}

	load(): () => void {
		if (this.fails) throw new HostFailure("not loaded");
		this.running++;
		this.loads++;
		return () => void this.running--;
	}
}

function withMods() {
	const mods = new FakeMods();
	const scene = new Scene({
		more: ({ settings, log, transfers }) => {
			mods.running = 0;
			const installer = new SoftwareInstaller(mods);
			const what = { table: SOFTWARE, store: mods, settings, keys: softwareKeys, log, name: "software" };
			const updater = new Updater({ ...what, lines: transfers }, installer);
			return { instances: [softwareManagement(updater, installer, { pkgName: "none" })], driven: [updater] };
		},
	});
	const push = (bytes: Uint8Array) =>
		scene.code(Code.put, "/9/0/2", { payload: bytes, contentFormat: ContentFormat.opaque });
	const pull = (uri: string) =>
		scene.code(Code.put, "/9/0/3", { payload: utf8(uri), contentFormat: ContentFormat.text });
	/** Update State, Update Result, Activation State. */
	const now = () => [7, 9, 12].map((resource) => scene.text(`/9/0/${resource}`)).join(" ");
	return { scene, mods, push, pull, now };
}

const mod = (version: number, sizeBytes = 2048) => fakeImage({ version, sizeBytes });

test("[Sw-Mgmt-001] a mod is pushed, installed, activated, deactivated, removed (A-109)", () => {
	const { scene, mods, push, now } = withMods();
	equal(now(), "0 0 0");
	equal(scene.text("/9/0/0"), "none");
	for (const command of [4, 6, 10, 11]) equal(scene.execute(`/9/0/${command}`), "4.05", String(command));
	equal(push(mod(3)), "2.04");
	scene.run(100);
	equal(now(), "3 3 0");
	deepEqual([scene.text("/9/0/0"), scene.text("/9/0/1")], ["mod", "3.0"]);
	for (const command of [10, 11]) equal(scene.execute(`/9/0/${command}`), "4.05", String(command));
	equal(push(mod(4)), "4.05");
	equal(scene.execute("/9/0/4"), "2.04");
	scene.run(100);
	equal(now(), "4 2 0");
	equal(scene.execute("/9/0/4"), "4.05");
	equal(scene.execute("/9/0/10"), "2.04");
	equal(now(), "4 2 1");
	equal(mods.running, 1);
	equal(scene.execute("/9/0/10"), "2.04");
	equal(mods.running, 1, "once");
	scene.cut().run(100);
	equal(now(), "4 2 1", "active again after a restart");
	equal(mods.running, 1);
	equal(scene.execute("/9/0/11"), "2.04");
	equal(now(), "4 2 0");
	equal(mods.running, 0);
	scene.cut().run(100);
	equal(now(), "4 2 0");
	equal(scene.execute("/9/0/6"), "2.04");
	equal(now(), "0 0 0");
	equal(mods.image(), undefined);
	equal(scene.restarts, 0, "and nothing was restarted");
});

test("[Sw-Mgmt-001] an active mod makes room for its successor when that comes (ForUpdate)", () => {
	const { scene, mods, push, now } = withMods();
	push(mod(3));
	scene.run(100);
	scene.execute("/9/0/4");
	scene.run(100);
	scene.execute("/9/0/10");
	equal(scene.execute("/9/0/6", "0='2'"), "4.00");
	equal(scene.execute("/9/0/6", "0='1'"), "2.04");
	equal(now(), "0 0 1");
	equal(mods.running, 1);
	equal(push(mod(4)), "2.04");
	equal(mods.running, 0);
	scene.run(100);
	equal(now(), "3 3 0");
	scene.execute("/9/0/4");
	scene.run(100);
	equal(now(), "4 2 0");
	equal(scene.text("/9/0/1"), "4.0");
});

test("[Sw-Mgmt-001] a mod is pulled, by the same ways as firmware; both at once", () => {
	const { scene, pull, now } = withMods();
	scene.shelve("mod", mod(5));
	scene.shelve("fw", fakeImage({ version: 2, sizeBytes: 4096 }));
	equal(pull("coap://files.example/mod"), "2.04");
	equal(scene.pull("coap://server.example/fw"), "2.04");
	scene.run(1000);
	equal(now(), "3 3 0");
	equal(scene.now, "2/0");
});

test("[Sw-Mgmt-001] what goes wrong: 50, 52, 53, 54, 56, 58, with a reason in words", () => {
	const { scene, mods, push, pull, now } = withMods();
	const reason = () => scene.text("/9/0/16");
	equal(push(mod(3, 8192)), "4.13");
	scene.run(100);
	deepEqual([now(), reason()], ["0 50 0", "size"]);
	const broken = mod(3);
	broken[1000]! ^= 1;
	push(broken);
	scene.run(100);
	deepEqual([now(), reason()], ["0 53 0", "image"]);
	equal(push(new Uint8Array(2048)), "4.15");
	scene.run(100);
	deepEqual([now(), reason()], ["0 54 0", "type"]);
	pull("coap://files.example/nothing");
	scene.run(1000);
	deepEqual([now(), reason()], ["0 56 0", "refused"]);
	push(mod(3));
	scene.run(100);
	mods.flash.bytes[1000]! ^= 1;
	equal(scene.execute("/9/0/4"), "2.04");
	scene.run(100);
	equal(now(), "3 53 0", "still delivered");
	equal(scene.execute("/9/0/6"), "2.04");
	push(mod(3));
	scene.run(100);
	scene.execute("/9/0/4");
	scene.run(100);
	mods.fails = true;
	equal(scene.execute("/9/0/10"), "2.04");
	scene.run(10);
	deepEqual([now(), reason()], ["4 2 0", "load"]);
});
