import config from "mc/config";
import { toHex, utf8 } from "../../modules/bytes.ts";
import type { Factory, FactorySecurity, FactorySleep } from "../../modules/host.ts";
import { environmentVariable } from "./desktop-system.ts";

type Setting = "server" | "endpoint" | "lifetime" | "serial" | "identity" | "key" | "sleep" | "awake" | "sample";

/**
 * One setting: what the environment says in which the simulator runs (DORMOUSE_SERVER=coap://… mcsim …), so that one
 * image serves many devices; else what the image was built with (`mcconfig -m -p lin server=coap://…`); undefined for
 * neither.
 */
function setting(name: Setting): string | undefined {
	const built: unknown = (config as Record<string, unknown>)[name];
	const text = environmentVariable(`DORMOUSE_${name.toUpperCase()}`) ?? (built === undefined ? "" : String(built));
	return text === "" ? undefined : text;
}

/** A pre-shared key for the server. @throws Error when only one half of it is given */
function readSecurity(): FactorySecurity | undefined {
	const identity = setting("identity");
	const secretKey = setting("key");
	if (identity === undefined && secretKey === undefined) return undefined;
	if (identity === undefined || secretKey === undefined) {
		throw new Error("identity= and key= go together: a pre-shared key");
	}
	return { mode: "psk", publicKeyOrIdentity: toHex(utf8(identity)), secretKey };
}

/**
 * Queue mode, and how deep it sleeps: sleep=light or sleep=deep, awake=MILLISECONDS behind the last message,
 * sample=SECONDS between two looks at the thermometer.
 */
function readSleep(): FactorySleep | undefined {
	const deepest = setting("sleep");
	if (deepest === undefined) return undefined;
	if (deepest !== "light" && deepest !== "deep") throw new Error(`sleep=${deepest}: light or deep`);
	const awake = wholeNumber("awake");
	const sampleEveryS = wholeNumber("sample");
	return {
		queueMode: true,
		deepest,
		...(awake === undefined ? {} : { awake }),
		...(sampleEveryS === undefined ? {} : { sampleEveryS }),
	};
}

/** @throws Error when it is none of at least 1 */
function wholeNumber(name: "awake" | "sample"): number | undefined {
	const text = setting(name);
	const value = Number(text);
	if (text !== undefined && !(Number.isInteger(value) && value > 0)) throw new Error(`${name}=${text}: at least 1`);
	return text === undefined ? undefined : value;
}

/**
 * The factory data of this device, over what its factory partition says.
 * @throws Error when the lifetime is no whole number of seconds, at least 1, or half of a key is missing
 */
export function readFactory(): Factory {
	const endpointName = setting("endpoint");
	const serverUri = setting("server");
	const lifetime = setting("lifetime");
	const serialNumber = setting("serial");
	const security = readSecurity();
	const sleep = readSleep();
	const lifetimeS = lifetime === undefined ? undefined : Number(lifetime);
	if (lifetimeS !== undefined && !(Number.isInteger(lifetimeS) && lifetimeS > 0)) {
		throw new Error(`lifetime=${lifetime}: give whole seconds, at least 1`);
	}
	return Object.freeze({
		...(endpointName === undefined ? {} : { endpointName }),
		...(serverUri === undefined ? {} : { serverUri }),
		...(security === undefined ? {} : { security }),
		...(sleep === undefined ? {} : { sleep }),
		...(lifetimeS === undefined ? {} : { lifetimeS }),
		...(serialNumber === undefined ? {} : { serialNumber }),
	});
}
