import { equal } from "node:assert/strict";
import { test } from "node:test";
import { Device } from "./device.ts";
import { type Script, ScriptedServer } from "./scripted-server.ts";

/** A device registered with a server of a few lines that does what the case tells it. */
export interface ScriptedBench {
	readonly server: ScriptedServer;
	readonly device: Device;
}

const caseTimeoutMs = 240_000;
let count = 0;

interface ScriptedOptions {
	readonly lifetimeS?: number;
	/** What the server says to the device's requests, from the first one on. */
	readonly script?: Script;
	/** False: the case begins when the device starts, not when it is registered. */
	readonly isRegistered?: boolean;
}

/** Runs `run` with a device and a scripted server of its own. The device may not send anything that is no CoAP. */
export async function withScripted<T>(options: ScriptedOptions, run: (bench: ScriptedBench) => Promise<T>): Promise<T> {
	const server = await ScriptedServer.open(options.script);
	const endpoint = `dormouse-scripted-${++count}`;
	const device = new Device({ serverUri: server.uri, endpoint, lifetimeS: options.lifetimeS ?? 300 });
	try {
		if (options.isRegistered !== false) await device.wait("registered", {}, { timeoutMs: caseTimeoutMs });
		const result = await run({ server, device });
		equal(server.faults.length, 0, `the device sent what is no CoAP: ${server.faults.join(", ")}`);
		equal(device.all("deviceFailed").length, 0, "the device failed");
		return result;
	} catch (error) {
		const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
		throw new Error(`${words}\n— device —\n${device.log()}`, { cause: error });
	} finally {
		await device.kill();
		server.close();
	}
}

/**
 * A case with a device and a scripted server of its own. The name goes into the report with the device's engine
 * before it.
 */
export function scripted(name: string, options: ScriptedOptions, run: (bench: ScriptedBench) => Promise<void>): void {
	test(`xs › ${name}`, { timeout: caseTimeoutMs }, () => withScripted(options, run));
}
