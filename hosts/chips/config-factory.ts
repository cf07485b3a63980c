import { toHex, utf8 } from "../../modules/bytes.ts";
import type { Factory, FactorySecurity } from "../../modules/host.ts";

/**
 * The factory data that an image was built with (`mcconfig -m -p … server=coaps://… endpoint=oak identity=oak
 * key=0123…`): one image for one device, or for all until the factory partition has a record, which wins.
 * @param config `mc/config`
 * @throws Error when the lifetime is no whole number of seconds, at least 1, or one half of a key is missing
 */
export function readConfigFactory(config: object): Factory {
	const endpointName = setting(config, "endpoint");
	const serverUri = setting(config, "server");
	const lifetime = setting(config, "lifetime");
	const serialNumber = setting(config, "serial");
	const identity = setting(config, "identity");
	const secretKey = setting(config, "key");
	const lifetimeS = lifetime === undefined ? undefined : Number(lifetime);
	if (lifetimeS !== undefined && !(Number.isInteger(lifetimeS) && lifetimeS > 0)) {
		throw new Error(`lifetime=${lifetime}: give whole seconds, at least 1`);
	}
	if ((identity === undefined) !== (secretKey === undefined)) {
		throw new Error("identity= and key= go together");
	}
	return Object.freeze({
		...(endpointName === undefined ? {} : { endpointName }),
		...(serverUri === undefined ? {} : { serverUri }),
		...(lifetimeS === undefined ? {} : { lifetimeS }),
		...(serialNumber === undefined ? {} : { serialNumber }),
		...(identity === undefined || secretKey === undefined ? {} : { security: pskOf(identity, secretKey) }),
	});
}

/** @param identity text, as people say it @param secretKey hexadecimal digits */
function pskOf(identity: string, secretKey: string): FactorySecurity {
	return { mode: "psk", publicKeyOrIdentity: toHex(utf8(identity)), secretKey };
}

function setting(config: object, name: string): string | undefined {
	const value = (config as Readonly<Record<string, unknown>>)[name];
	return value === undefined || value === "" ? undefined : String(value);
}
