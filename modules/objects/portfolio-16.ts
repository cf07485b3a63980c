import { frozen } from "../frozen.ts";
import type { Argument } from "../lwm2m/execute-arguments.ts";
import { ObjectInstance } from "../lwm2m/instance.ts";
import { RequestRefused } from "../lwm2m/refusal.ts";
import type { ObjectOptions } from "../lwm2m/registry.ts";
import { PORTFOLIO } from "./facts/portfolio-16.ts";

/** AuthStatus (Resource 3). */
const idle = 0;
const dataAvailable = 1;
const failed = 2;

/** Makes authentication data of the Identity; ends with it.deliver() or it.fail(), now or later. */
export type Authentication = (it: Portfolio, args: readonly Argument[]) => void;

const execute = frozen({
	getAuthData(it: Portfolio, args: readonly Argument[]) {
		it.clear("authData");
		it.set("authStatus", idle);
		it.authentication?.(it, args);
	},
});

/** Data that extends other Objects: identities, and what proves them. */
export class Portfolio extends ObjectInstance<typeof PORTFOLIO, Portfolio> {
	readonly authentication: Authentication | undefined;

	constructor(id: number, identity: readonly string[], authentication: Authentication | undefined) {
		const values = { identity };
		const shown = { identity, authStatus: idle };
		super(PORTFOLIO, authentication === undefined ? { id, values } : { id, values: shown, execute });
		this.authentication = authentication;
	}

	/** The data that GetAuthData asked for. */
	deliver(data: readonly Uint8Array[]): void {
		this.set("authData", data);
		this.set("authStatus", dataAvailable);
	}

	/** There is none. */
	fail(): void {
		this.set("authStatus", failed);
	}
}

/** One Instance of the Portfolio Object (Object 16). @param options.authentication without it GetAuthData is absent */
export function portfolio(options: {
	readonly id?: number;
	readonly identity: readonly string[];
	readonly authentication?: Authentication;
}): Portfolio {
	return new Portfolio(options.id ?? 0, options.identity, options.authentication);
}

/** For `client.addObject(PORTFOLIO, …)`: servers make Instances, up to ID `limit` - 1, and delete those they made. */
export function portfolios(limit: number, authentication?: Authentication): ObjectOptions<Portfolio> {
	const made: Portfolio[] = [];
	return {
		create(id) {
			if (id >= limit) throw new RequestRefused(0x85, "no room for this instance");
			const instance = new Portfolio(id, [], authentication);
			// A Create that is refused later leaves one behind: the next with this ID takes its place.
			const at = made.findIndex((other) => other.id === id);
			if (at < 0) made.push(instance);
			else made[at] = instance;
			return instance;
		},
		remove(instance) {
			const at = made.indexOf(instance);
			if (at < 0) throw new RequestRefused(0x85, "the device's own instance");
			made.splice(at, 1);
		},
	};
}
