import config from "mc/config";
import type { Factory } from "../../modules/host.ts";
import { readNote } from "./esp32-flash.ts";
import { stationAddress } from "./esp32-wifi.ts";

export type Setting = "server" | "endpoint" | "lifetime" | "serial" | "ssid" | "password";

/**
 * One setting: what stands in NVS under its name (namespace "dormouse"), so that one image serves many devices; else
 * what the image was built with (`mcconfig … server=coap://…`); undefined for neither.
 */
export function setting(name: Setting): string | undefined {
	const built: unknown = (config as Record<string, unknown>)[name];
	const text = readNote(name) ?? (built === undefined ? "" : String(built));
	return text === "" ? undefined : text;
}

/**
 * What is named here goes before the factory's record, which has a partition of its own. Without an endpoint name in
 * either the device is called after its MAC address, as no two chips have the same.
 * @throws Error when the lifetime is no whole number of seconds, at least 1
 */
export function readFactory(hasRecord: boolean): Factory {
	const mac = stationAddress();
	const endpointName = setting("endpoint") ?? (hasRecord || mac === undefined ? undefined : `dormouse-${mac}`);
	const serverUri = setting("server");
	const lifetime = setting("lifetime");
	const serialNumber = setting("serial") ?? (hasRecord ? undefined : mac);
	const lifetimeS = lifetime === undefined ? undefined : Number(lifetime);
	if (lifetimeS !== undefined && !(Number.isInteger(lifetimeS) && lifetimeS > 0)) {
		throw new Error(`lifetime=${lifetime}: give whole seconds, at least 1`);
	}
	return Object.freeze({
		...(endpointName === undefined ? {} : { endpointName }),
		...(serverUri === undefined ? {} : { serverUri }),
		...(lifetimeS === undefined ? {} : { lifetimeS }),
		...(serialNumber === undefined ? {} : { serialNumber }),
	});
}
