import type { Address } from "../../modules/host.ts";
import type { NetworkOptions } from "./network-checks.ts";

/**
 * What an image was built with: `mcconfig … peer=192.0.2.7:7000 name=example.org`, as `npm run selftest` does.
 * @param config the SDK's mc/config, or alike
 */
export function networkOf(config: unknown): NetworkOptions {
	const { peer, name } = config as { readonly peer?: unknown; readonly name?: unknown };
	const address = addressOf(String(peer ?? ""));
	return {
		...(address === undefined ? {} : { peer: address }),
		...(name === undefined || name === "" ? {} : { name: String(name) }),
	};
}

/** @throws Error when it is neither empty nor an address and a port */
function addressOf(text: string): Address | undefined {
	if (text === "") return undefined;
	const colon = text.lastIndexOf(":");
	const port = Number(text.slice(colon + 1));
	if (colon < 1 || !(Number.isInteger(port) && port > 0 && port < 65_536)) throw new Error(`peer=${text}: HOST:PORT`);
	return { host: text.slice(0, colon).replace("[", "").replace("]", ""), port };
}
