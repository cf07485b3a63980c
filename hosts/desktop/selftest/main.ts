import storage from "embedded:storage/key-value";
import Timer from "timer";
import type { Host } from "../../../modules/host.ts";
import { openDesktop } from "../host.ts";
import { chanceChecks } from "./chance-checks.ts";
import type { Check } from "./check.ts";
import { clockChecks } from "./clock-checks.ts";
import { cryptoChecks } from "./crypto-checks.ts";
import { networkChecks, openAnywhere } from "./network-checks.ts";
import { domainName, storageChecks } from "./storage-checks.ts";

/** No check waits for anything longer than a name server. */
const patienceMs = 15_000;

/** What the first start leaves for the one after the restart. */
interface Memory {
	readonly passed: number;
	readonly failed: number;
	readonly port: number;
}

/** Runs every check, restarts, looks whether all that should survive did, says {"event":"selfTestEnded",…} and ends. */
export default function main(): void {
	const host = openDesktop("lin");
	if (host.power.resetCause === "restart") afterRestart(host);
	else runAll(host, [...chanceChecks(), ...clockChecks(), ...cryptoChecks(), ...storageChecks(), ...networkChecks()]);
}

function runAll(host: Host, checks: readonly Check[]): void {
	let failed = 0;
	let index = 0;
	const next = (): void => {
		const check = checks[index++];
		if (check === undefined) {
			beforeRestart(host, checks.length - failed, failed);
			return;
		}
		const timer = Timer.set(() => end("no end in 15 s"), patienceMs);
		let hasEnded = false;
		const end = (wrong?: string): void => {
			if (hasEnded) {
				failed++;
				host.log.write({
					event: "selfTest",
					check: check.name,
					result: "failed",
					wrong: `ended again: ${wrong ?? ""}`,
				});
				return;
			}
			hasEnded = true;
			Timer.clear(timer);
			if (wrong !== undefined) failed++;
			host.log.write({
				event: "selfTest",
				check: check.name,
				result: wrong === undefined ? "passed" : "failed",
				wrong,
			});
			Timer.set(next, 1);
		};
		try {
			check.run(host, end);
		} catch (error) {
			end(String(error));
		}
	};
	next();
}

function beforeRestart(host: Host, passed: number, failed: number): void {
	const { port } = openAnywhere(host, () => {}); // left open on purpose: a restart must free it
	const domain = storage.open({ path: domainName, format: "string" });
	domain.write("memory", JSON.stringify({ passed, failed, port } satisfies Memory));
	domain.close();
	host.flash?.erase(0, host.flash.sectorBytes);
	host.flash?.write(0, new Uint8Array(host.flash.writeBytes).fill(0x5a));
	host.power.restart();
}

function afterRestart(host: Host): void {
	const domain = storage.open({ path: domainName, format: "string" });
	const { passed, failed, port } = JSON.parse(String(domain.read("memory"))) as Memory;
	domain.delete("memory");
	domain.close();
	const word = new Uint8Array(host.flash?.writeBytes ?? 0);
	host.flash?.read(0, word);
	let wrong: string | undefined;
	if (!(word.length > 0 && word.every((byte) => byte === 0x5a))) wrong = `flash holds ${word.join()}`;
	try {
		host.openDatagrams({ port, onReadable: () => {} }).close();
	} catch (error) {
		wrong = `the port of the start before is still taken: ${String(error)}`;
	}
	const name = "restart: flash and key-value keep their bytes, ports are free, the cause is known";
	host.log.write({ event: "selfTest", check: name, result: wrong === undefined ? "passed" : "failed", wrong });
	const wrongs = failed + (wrong === undefined ? 0 : 1);
	host.log.write({ event: "selfTestEnded", passed: passed + (wrong === undefined ? 1 : 0), failed: wrongs });
	host.power.off();
}
