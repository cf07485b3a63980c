import { utf8 } from "../../../modules/bytes.ts";
import { Code } from "../../../modules/coap/code.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import { package2, Scene } from "./scene.ts";

/** Downloaded, and Update executed; the new image is running when this comes back. */
function updated(it: Scene): Scene {
	it.push(package2());
	it.run(100);
	equal(it.execute("/5/0/2"), "2.04");
	it.run(3600);
	equal(it.restarts, 1);
	return it;
}

const setting = 0x4242;
const value = (it: Scene) => it.settings.get(setting) as Uint8Array | undefined;

test("[MaU-001] settings stay over an update, those that no server knows with them", () => {
	const it = new Scene();
	it.settings.set(setting, utf8("owner's"));
	updated(it).run(1000);
	equal(it.now, "0/1");
	deepEqual(value(it), utf8("owner's"));
});

test("[MaU-002] [MaU-003] [FW-003] a new image that does not reach its server is left: settings back, and why", () => {
	const it = new Scene();
	it.settings.set(setting, utf8("old"));
	it.push(package2());
	it.run(100);
	it.execute("/5/0/2");
	it.welcomes = false;
	it.run(3600);
	equal(it.restarts, 1);
	it.settings.set(setting, utf8("new"));
	const { registrations } = it;
	it.run(290_000);
	equal(it.restarts, 1, "it has its time");
	it.run(20_000);
	equal(it.restarts, 2);
	equal(it.registrations, registrations);
	deepEqual(value(it), utf8("old"));
	it.welcomes = true;
	it.run(120_000);
	equal(it.now, "0/8");
	equal(it.text("/3/0/3"), "1.0.0");
	equal(it.updater.reason, "reverted.deadline");
	const [last] = it.logged("firmware.state").slice(-1);
	equal(last?.reason, "reverted.deadline");
	equal(it.logged("firmware.settingsRestored").length, 1);
	it.settings.set(setting, utf8("later"));
	it.cut().run(1000);
	equal(it.now, "0/8", "Result 8 is told as long as nothing else comes");
	deepEqual(value(it), utf8("later"), "restored once");
});

test("[MaU-002] an image that crashes, or that a watchdog ends, is left; the old one says why", () => {
	for (const cause of ["crash", "watchdog"] as const) {
		const it = new Scene();
		it.push(package2());
		it.run(100);
		it.execute("/5/0/2");
		it.welcomes = false;
		it.run(3600);
		for (let boots = 0; boots < 3; boots++) it.boot(cause).run(1000);
		it.welcomes = true;
		it.run(120_000);
		equal(it.now, "0/8", cause);
		equal(it.updater.reason, `reverted.${cause}`);
	}
});

test("[MaU-002] registered is not enough where more is asked of a new image", () => {
	let isProven = false;
	const it = new Scene({ isProven: () => isProven });
	updated(it).run(10_000);
	equal(it.now, "3/0");
	equal(it.board.copy().boot("crash").bootReason.kind, "trial");
	isProven = true;
	it.run(1000);
	equal(it.now, "3/0", "nothing has happened that it would notice");
	it.text("/5/0/7");
	it.run(100);
	equal(it.now, "0/1");
});

test("[FWU-5] power goes on trial: the trial goes on, and three boots are the most", () => {
	const it = new Scene({ isProven: () => false });
	updated(it);
	it.cut().run(100);
	equal(it.now, "3/0");
	it.cut().run(100);
	equal(it.now, "3/0");
	it.cut().run(1000);
	equal(it.now, "0/8");
	equal(it.updater.reason, "reverted.boots");
});

test("[FWU-5] power goes between Update and the restart: the update is made all the same", () => {
	const it = new Scene();
	it.push(package2());
	it.run(100);
	it.execute("/5/0/2");
	it.cut();
	it.run(10_000);
	equal(it.now, "0/1");
	equal(it.text("/3/0/3"), "2.0.0");
});

test("[FWU-5] the slot went bad after the download: Result 5 out of Updating", () => {
	const it = new Scene().observe();
	it.push(package2());
	it.run(100);
	it.board.b.bytes[2000]! ^= 0x10;
	it.told.length = 0;
	equal(it.execute("/5/0/2"), "2.04");
	it.run(5000);
	equal(it.now, "0/5");
	equal(it.restarts, 0);
	deepEqual(it.told, ["S3", "S0", "R5"]);
});

test("[Sw-Mgmt-003] a person puts it off: Result 11, and Maximum Defer Period ends that (A-108)", () => {
	const asked: number[] = [];
	const it = new Scene({
		gate: ({ maxDeferS, severity, name, version }) => {
			asked.push(maxDeferS);
			equal(`${name} ${version} ${severity}`, "product-1 2.0.0 2");
			return "ask";
		},
	}).observe();
	const write = (path: string, text: string) =>
		it.code(Code.put, path, { payload: utf8(text), contentFormat: ContentFormat.text });
	equal(write("/5/0/11", "2"), "2.04");
	equal(write("/5/0/11", "3"), "4.00");
	equal(write("/5/0/13", "-1"), "4.00");
	equal(write("/5/0/13", "300"), "2.04");
	it.push(package2());
	it.run(100);
	it.told.length = 0;
	equal(it.execute("/5/0/2"), "2.04");
	it.run(100);
	equal(it.now, "2/11");
	deepEqual(it.told, ["R11"]);
	it.cut().run(100);
	deepEqual([it.now, it.text("/5/0/11"), it.text("/5/0/13")], ["2/11", "2", "300"], "over a restart");
	it.run(200_000);
	equal(it.now, "2/11");
	equal(it.restarts, 0);
	it.run(110_000);
	equal(it.now, "0/1");
	ok(asked.at(-1) === 0);
});

test("[Sw-Mgmt-003] a person accepts; a machine that is busy is not overruled", () => {
	let answer: "ask" | "busy" = "ask";
	const it = new Scene({ gate: () => answer });
	it.code(Code.put, "/5/0/13", { payload: utf8("86400"), contentFormat: ContentFormat.text });
	it.push(package2());
	it.run(100);
	it.execute("/5/0/2");
	it.run(1000);
	equal(it.now, "2/11");
	answer = "busy";
	it.updater.accept();
	it.transfers.nudge();
	it.run(60_000);
	equal(it.now, "2/11", "accepted, and busy");
	answer = "ask";
	it.updater.accept();
	it.transfers.nudge();
	it.run(10_000);
	equal(it.now, "0/1");
});

test("[Sw-Mgmt-003] no deferral where Maximum Defer Period is 0; the time of each change of state", () => {
	const it = new Scene({ gate: () => "ask" });
	equal(it.text("/5/0/12"), undefined);
	it.wallS = 1_800_000_000;
	it.push(package2());
	it.run(100);
	equal(it.text("/5/0/12"), "1800000000");
	it.wallS = 1_800_000_100;
	it.execute("/5/0/2");
	it.run(10);
	equal(it.now, "3/0");
	equal(it.text("/5/0/12"), "1800000100");
});

test("[FWU-5] Automatic Upgrade at Download (1.2, Resource 14)", () => {
	const it = new Scene().observe();
	it.code(Code.put, "/5/0/14", { payload: utf8("1"), contentFormat: ContentFormat.text });
	it.told.length = 0;
	it.push(package2());
	it.run(1000);
	deepEqual(it.told, ["S1", "S2", "S3"]);
	it.run(10_000);
	equal(it.now, "0/1");
});
