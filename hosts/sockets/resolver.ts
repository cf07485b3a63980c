import { HostFailure, type Resolver } from "../../modules/host.ts";
import { resolvedHost, resolveName } from "./socket-natives.ts";
import type { Sockets, SocketUser } from "./sockets.ts";

/** DNS knows no longer ones (RFC 1035 §2.3.4). */
const nameMaxBytes = 253;

class Query implements SocketUser {
	private readonly sockets: Sockets;
	private readonly onResolved: (hosts: readonly string[]) => void;
	private id = 0;

	constructor(sockets: Sockets, onResolved: (hosts: readonly string[]) => void) {
		this.sockets = sockets;
		this.onResolved = onResolved;
	}

	start(name: string): void {
		if (name.length > nameMaxBytes) throw new HostFailure("too long for a name");
		const id = resolveName(name);
		if (id === -3) throw new HostFailure(`${name}: too many names are being looked up`);
		this.id = this.sockets.add(id, this, name);
	}

	happened(): void {
		const hosts: string[] = [];
		for (let host = resolvedHost(this.id, 0); host !== undefined; host = resolvedHost(this.id, hosts.length)) {
			hosts.push(host);
		}
		this.sockets.remove(this.id);
		this.onResolved(hosts);
	}
}

/** Names by the system's resolver, both families; it keeps what caches the system has, and literals need no server. */
export class SocketResolver implements Resolver {
	private readonly sockets: Sockets;

	constructor(sockets: Sockets) {
		this.sockets = sockets;
	}

	/** @throws HostFailure also for more than 253 bytes of name */
	resolve(name: string, onResolved: (hosts: readonly string[]) => void): void {
		new Query(this.sockets, onResolved).start(name);
	}
}
