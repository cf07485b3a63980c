import { type Fault, fault } from "../bytes.ts";
import { frozen } from "../frozen.ts";
import type { Address } from "../host.ts";
import type { Account, RegistrationPort } from "./registration-port.ts";
import { readServerUri, type ServerUri } from "./server-uri.ts";
import { builtTransports, chooseTransport } from "./transport-binding.ts";

/** Resources of the Security and the Server Object that say where a server is (LwM2M Core 1.2 Appendix E.1, E.2). */
const resource = frozen({ serverUri: 0, binding: 7, preferredTransport: 22 });

const noTransport = fault("binding.none", "silence", "LwM2M Core 1.2 §6.2.1.2");

/**
 * Where the account says that its server is, for the transport that is chosen now; as long as there is but UDP, it can
 * only be that.
 * @param argument the transport that 1/x/8 asked for
 * @returns the Fault where the URI can not be read, or there is no transport for it
 */
export function serverUriOf({ security, server }: Account, argument: string | undefined): ServerUri | Fault {
	const uri = readServerUri(String(security.at(resource.serverUri) ?? ""));
	if ("code" in uri) return uri;
	const preferred = server.at(resource.preferredTransport);
	const choice = chooseTransport({
		schemes: [uri.scheme],
		binding: String(server.at(resource.binding) ?? builtTransports),
		preferred: typeof preferred === "string" ? preferred : undefined,
		argument,
		built: builtTransports,
	});
	return choice === undefined ? noTransport : uri;
}

/** The same, with everything ready for it. @returns the Fault also where it can not be secured as it asks for */
export function preparedUri(
	account: Account,
	argument: string | undefined,
	port: Pick<RegistrationPort, "prepare">,
): ServerUri | Fault {
	const uri = serverUriOf(account, argument);
	return "code" in uri ? uri : (port.prepare(uri.scheme) ?? uri);
}

/**
 * Where one server is: the addresses of its name, tried in turn. The one that worked last is tried first as long as the
 * name still has it; one that fell silent is tried last. Each look-up begins a new round.
 */
export class ServerAddress {
	/** What datagrams go to and come from; host is "" before the first answer. */
	readonly address: Address = { host: "", port: 0 };
	/** How many addresses of a name count; the rest are passed over. */
	private readonly most: number;
	private uri: ServerUri | undefined;
	private wantsName = false;
	/** Of this round, in the order in which they are tried. */
	private hosts: readonly string[] = [];
	private at = 0;
	/** The address at hand has not answered. */
	private isSilent = false;

	constructor(most: number) {
		this.most = most;
	}

	/** Wants the name looked up, from now on. */
	look(uri: ServerUri): void {
		this.uri = uri;
		this.wantsName = true;
	}

	/** No name is wanted any more. */
	cancel(): void {
		this.wantsName = false;
	}

	/** @returns the name to resolve, once; undefined when none is wanted */
	takeName(): string | undefined {
		if (!this.wantsName) return undefined;
		this.wantsName = false;
		return this.uri!.host;
	}

	/** Whether resolved() would be about the name that was taken last. */
	awaits(name: string): boolean {
		return !this.wantsName && name === this.uri?.host;
	}

	/**
	 * The answer to takeName().
	 * @param hosts the best one first; copied as far as they count
	 * @returns whether `address` is another one than before, or that there is none at all
	 */
	resolved(hosts: readonly string[]): "none" | "same" | "moved" {
		const { host } = this.address;
		const found: string[] = [];
		for (let index = 0; index < hosts.length && found.length < this.most; index++) {
			if (!found.includes(hosts[index]!)) found.push(hosts[index]!);
		}
		if (found.length === 0) return "none";
		const at = found.indexOf(host);
		if (at >= 0) {
			found.splice(at, 1);
			if (this.isSilent) found.push(host);
			else found.unshift(host);
		}
		this.hosts = found;
		this.at = 0;
		return this.take();
	}

	/** Takes up where it was in an earlier life. */
	restore(uri: ServerUri, host: string): void {
		this.uri = uri;
		this.hosts = [host];
		this.at = 0;
		this.take();
	}

	/** The address at hand does not answer: the next round tries it last. */
	silent(): void {
		this.isSilent = true;
	}

	/**
	 * The address at hand does not answer, or can not be reached.
	 * @returns true when `address` is the next one of this round now; false when all have been tried
	 */
	next(): boolean {
		this.isSilent = true;
		if (this.at + 1 >= this.hosts.length) return false;
		this.at++;
		this.take();
		return true;
	}

	private take(): "same" | "moved" {
		const { address } = this;
		const host = this.hosts[this.at]!;
		const { port } = this.uri!;
		const isMoved = host !== address.host || port !== address.port;
		address.host = host;
		address.port = port;
		this.isSilent = false;
		return isMoved ? "moved" : "same";
	}
}
