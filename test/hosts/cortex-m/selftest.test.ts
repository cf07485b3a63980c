/** The self-test that qualifies boards (hosts/selftest), on the emulated chip: of bytecode, and as the SDK links it. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { findLinker } from "../../../hosts/cortex-m/tools/linked.ts";
import type { DeviceEvent } from "../../../hosts/cortex-m/tools/qemu.ts";
import { runSelfTest } from "../../../hosts/cortex-m/tools/self-test.ts";
import { findToolchain } from "../../../hosts/cortex-m/tools/toolchain.ts";

const toolchain = findToolchain();
const sdk = await findLinker();
const skip = typeof toolchain === "string" ? toolchain : false;
const boots = ["powerOn", "restart", "restart", "deepSleep", "crash", "watchdog", "restart", "restart", "restart"];

async function passes(isLinked: boolean): Promise<void> {
	const events: DeviceEvent[] = [];
	const status = await runSelfTest(isLinked, (event) => events.push(event));
	const of = (name: string) => events.filter(({ event }) => event === name);
	const failed = of("selfTest").filter(({ result }) => result === "failed");
	deepEqual(failed, []);
	const [end] = of("selfTestEnded");
	ok(end !== undefined, `no end, status ${status}: ${JSON.stringify(events.at(-1))}`);
	equal(end.failed, 0);
	ok(Number(end.passed) > 35, JSON.stringify(end));
	deepEqual(
		of("selfTestBoot").map(({ cause }) => cause),
		boots,
	);
	equal(status, 0);
}

test("the emulated chip passes the self-test of boards, over nine boots", { skip, timeout: 900_000 }, () =>
	passes(false),
);

const noSdk = skip || (typeof sdk === "string" ? sdk : false);
test("the same, linked by the Moddable SDK", { skip: noSdk, timeout: 900_000 }, () => passes(true));
