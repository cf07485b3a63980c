import type { Source } from "./provenance.ts";
import type { Held } from "./value.ts";

/**
 * One Object Instance as it was configured: by Resource ID, as it was written. Of the Objects of accounts (Security,
 * Server, Access Control, OSCORE, COSE) all Resources that have a value; of others those that were written.
 */
export interface ConfiguredInstance {
	readonly objectId: number;
	readonly instanceId: number;
	/** Who said so (LwM2M Core 1.2 §6.1.3). */
	readonly source: Source;
	/** By Resource ID; of a multiple-instance Resource a map by Resource Instance ID. Read only; keys are among them. */
	readonly values: ReadonlyMap<number, Held>;
}

/**
 * How a client is configured, as plain data, without references to Object Instances: what a bootstrap changes as one,
 * and what outlives restarts. It holds keys: whoever makes bytes of it keeps them as secrets.
 */
export interface Configuration {
	/** In ascending order of Object, then Object Instance; each at most once. */
	readonly instances: readonly ConfiguredInstance[];
	/**
	 * The Bootstrap-Server's account that was replaced by the one among `instances`, its Security Instance and what that
	 * links to: in use again until the new one has worked once. Empty: there is none.
	 */
	readonly formerBootstrap: readonly ConfiguredInstance[];
}

/** Where configurations outlive restarts: whole, or not at all. */
export interface ConfigurationStore {
	/**
	 * Keeps this in place of what there was; power may fail at any time, and then it is the one or the other.
	 * @param configuration borrowed: nothing of it is to be changed or kept by reference
	 * @returns false where it can not be kept: no room, or the host failed; what was kept before is kept still
	 */
	keep(configuration: Configuration): boolean;
}
