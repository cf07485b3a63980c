import { FlashSettings } from "../../../modules/settings/flash-settings.ts";
import { Preferences } from "../../../modules/settings/preferences.ts";
import { equal, ok, test } from "../../harness.ts";
import { NorFlash } from "./nor-flash.ts";

const geometry = { sectors: 4, sectorBytes: 1024, writeBytes: 4 };
const table = Object.freeze({
	brightness: { key: 0x20, value: 80 },
	name: { key: 0x21, value: "lamp" },
	isLoud: { key: 0x22, value: true },
});

test("[MaU-001] what an owner sets outlives a restart; the device's own values hold before, and after clear()", () => {
	const flash = new NorFlash(geometry);
	const before = new Preferences(table, new FlashSettings({ flash }));
	equal(before.get("brightness"), 80);
	equal(before.get("name"), "lamp");
	equal(before.get("isLoud"), true);
	equal(before.set("brightness", -0.5), undefined);
	equal(before.set("name", "Lämpchen"), undefined);
	equal(before.set("isLoud", false), undefined);
	const after = new Preferences(table, new FlashSettings({ flash }));
	equal(after.get("brightness"), -0.5);
	equal(after.get("name"), "Lämpchen");
	equal(after.get("isLoud"), false);
	after.clear("name");
	equal(after.get("name"), "lamp");
});

test("[MaU-001] [MaU-003] they are in a snapshot, and come back with it", () => {
	const settings = new FlashSettings({ flash: new NorFlash(geometry) });
	const preferences = new Preferences(table, settings);
	preferences.set("brightness", 1);
	settings.snapshot(0);
	preferences.set("brightness", 2);
	settings.restore(0);
	equal(preferences.get("brightness"), 1);
});

test("[MaU-001] bytes of another type count as not set; without a store the defaults hold", () => {
	const settings = new FlashSettings({ flash: new NorFlash(geometry) });
	const preferences = new Preferences(table, settings);
	settings.set(0x20, Uint8Array.of(1));
	settings.set(0x21, Uint8Array.of(0xff));
	settings.set(0x22, new Uint8Array(3));
	equal(preferences.get("brightness"), 80);
	equal(preferences.get("name"), "lamp");
	equal(preferences.get("isLoud"), true);
	settings.set(0x20, Uint8Array.of(0x7f, 0xf8, 0, 0, 0, 0, 0, 0)); // NaN
	equal(preferences.get("brightness"), 80);
	const none = new Preferences(table, undefined);
	ok(none.set("brightness", 3) === undefined && none.get("brightness") === 80);
});
