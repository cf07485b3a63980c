// biome-ignore lint/style/useNodejsImportProtocol: the module of the SDK, not of Node
import Net from "net";
import Timer from "timer";
import type { Resolver } from "../../modules/host.ts";

const dottedQuad = /^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}$/;

/**
 * Names by the operating system (Net.resolve): IPv4, the first address alone, for the SDK tells no more; one lookup per
 * call, no cache of our own.
 */
export class SystemResolver implements Resolver {
	resolve(name: string, onResolved: (hosts: readonly string[]) => void): void {
		const known = name === "localhost" ? "127.0.0.1" : dottedQuad.test(name) || name.includes(":") ? name : undefined;
		if (known !== undefined) {
			// "localhost" here (RFC 6761 §6.3), because the SDK gives up when the system names ::1 first.
			Timer.set(() => onResolved([known]), 1);
			return;
		}
		try {
			Net.resolve(name, (_, address) => onResolved(address === undefined ? [] : [address]));
		} catch {
			Timer.set(() => onResolved([]), 1);
		}
	}
}
