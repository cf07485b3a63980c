import { Code } from "../coap/code.ts";
import type { RequestOptions } from "../coap/peer.ts";
import { ContentFormat } from "../formats/content-format.ts";
import { frozen } from "../frozen.ts";
import { objectList } from "./discover.ts";
import type { Account, RegistrationContext } from "./registration-port.ts";

/** Resources of the Server Object that a registration tells (LwM2M Core 1.1 Appendix E.2). */
const resource = frozen({ lifetime: 1, binding: 7 });

/** UDP: the binding of a Register that names none (LwM2M Core 1.1 §6.2.1, Table 6.2.1-1). */
const defaultBinding = "U";

/** What a server knows, or is being told, of our registration. */
interface Told {
	readonly lifetimeS: number;
	readonly binding: string;
	readonly listVersion: number;
}

/** What Register and Update say to one server (LwM2M Core 1.1 §6.2.1, §6.2.2), and what it knows of us since. */
export class RegistrationRequest {
	readonly #account: Account;
	readonly #context: RegistrationContext;
	#sending: Told | undefined;
	#told: Told | undefined;

	constructor(account: Account, context: RegistrationContext) {
		this.#account = account;
		this.#context = context;
	}

	/**
	 * LwM2M Core 1.1 §6.2.1: endpoint name, lifetime, version and the object list; the binding where it is not the
	 * default of Table 6.2.1-1, which goes without saying.
	 */
	register(): RequestOptions {
		const { options, enabler, registry } = this.#context;
		const now = this.toTell();
		this.#sending = now;
		return {
			code: Code.post,
			path: ["rd"],
			query: [
				`ep=${options.endpointName}`,
				`lt=${now.lifetimeS}`,
				`lwm2m=${enabler}`,
				...(now.binding === defaultBinding ? [] : [`b=${now.binding}`]),
			],
			contentFormat: ContentFormat.coreLink,
			payload: objectList(registry.objects, enabler),
		};
	}

	/** LwM2M Core 1.1 §6.2.2: nothing but what changed. @param location where the server put our registration */
	update(location: readonly string[]): RequestOptions {
		const { enabler, registry } = this.#context;
		const told = this.#told!;
		const now = this.toTell();
		const query: string[] = [];
		if (now.lifetimeS !== told.lifetimeS) query.push(`lt=${now.lifetimeS}`);
		if (now.binding !== told.binding) query.push(`b=${now.binding}`);
		const list =
			now.listVersion === told.listVersion
				? {}
				: { contentFormat: ContentFormat.coreLink, payload: objectList(registry.objects, enabler) };
		this.#sending = now;
		return { code: Code.post, path: location, query, ...list };
	}

	/** The server took the last of them. @returns the lifetime it knows, in seconds; 0 lasts for ever */
	accepted(): number {
		const told = this.#sending!;
		this.#told = told;
		return told.lifetimeS;
	}

	/** Whether there is something that the server must hear of. */
	get hasNews(): boolean {
		const told = this.#told!;
		const { lifetimeS, binding, listVersion } = this.toTell();
		return lifetimeS !== told.lifetimeS || binding !== told.binding || listVersion !== told.listVersion;
	}

	/** What the server must know, as it is now. */
	private toTell(): Told {
		const { server } = this.#account;
		const lifetimeS = server.at(resource.lifetime);
		return {
			lifetimeS: typeof lifetimeS === "number" ? lifetimeS : 0,
			binding: String(server.at(resource.binding) ?? defaultBinding),
			listVersion: this.#context.registry.listVersion,
		};
	}
}
