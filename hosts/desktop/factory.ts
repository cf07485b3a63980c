import config from "mc/config";
import { toHex, utf8 } from "../../modules/bytes.ts";
import type { Factory, FactorySecurity } from "../../modules/host.ts";
import { environmentVariable } from "./desktop-system.ts";

/**
 * One setting: what the environment says in which the simulator runs (DORMOUSE_SERVER=coap://… mcsim …), so that one
 * image serves many devices; else what the image was built with (`mcconfig -m -p lin server=coap://…`); undefined for
 * neither.
 */
function setting(name: "server" | "endpoint" | "lifetime" | "serial" | "identity" | "key"): string | undefined {
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
 * The factory data of this device, over what its factory partition says.
 * @throws Error when the lifetime is no whole number of seconds, at least 1, or half of a key is missing
 */
export function readFactory(): Factory {
	const endpointName = setting("endpoint");
	const serverUri = setting("server");
	const lifetime = setting("lifetime");
	const serialNumber = setting("serial");
	const security = readSecurity();
	const lifetimeS = lifetime === undefined ? undefined : Number(lifetime);
	if (lifetimeS !== undefined && !(Number.isInteger(lifetimeS) && lifetimeS > 0)) {
		throw new Error(`lifetime=${lifetime}: give whole seconds, at least 1`);
	}
	return Object.freeze({
		...(endpointName === undefined ? {} : { endpointName }),
		...(serverUri === undefined ? {} : { serverUri }),
		...(security === undefined ? {} : { security }),
		...(lifetimeS === undefined ? {} : { lifetimeS }),
		...(serialNumber === undefined ? {} : { serialNumber }),
	});
}
