import { type Fault, fault } from "../bytes.ts";
import type { ClientOptions } from "./client-options.ts";
import type { ConfiguredInstance } from "./configuration.ts";
import { bootstrapAccountOf, securityResource } from "./configuration-check.ts";
import { type ConfigurationState, instanceOf, sameConfigured } from "./configuration-state.ts";
import type { Instance } from "./instance.ts";
import { vetAccount } from "./link.ts";
import type { Registry } from "./registry.ts";
import type { ServerUri } from "./server-uri.ts";

const noAccount = fault("bootstrap.noAccount", "silence", "LwM2M Core 1.2 §6.1.2: one Bootstrap-Server's account");

/**
 * The Bootstrap-Server's account. Credentials that a bootstrap has replaced stay beside the new ones until those have
 * worked: attempts use them in turns.
 */
export class BootstrapAccount {
	readonly #registry: Registry;
	readonly #options: ClientOptions;
	readonly #state: ConfigurationState;
	#isFormer = false;
	/** When it is too old (0/x/12); -Infinity: not looked at yet. */
	purgeAtMs = -Infinity;
	/** Of the attempt under way, or the last one. */
	security: Instance | undefined;
	uri: ServerUri | undefined;

	constructor(registry: Registry, options: ClientOptions, state: ConfigurationState) {
		this.#registry = registry;
		this.#options = options;
		this.#state = state;
	}

	/** The one there is; several are none (LwM2M Core 1.2 §6.1.2). */
	find(): Instance | undefined {
		const found = this.all();
		return found.length === 1 ? found[0] : undefined;
	}

	/** Picks `security` and `uri` for an attempt. @param failures of those before it. @returns why there is none */
	choose(failures: number): Fault | undefined {
		const former = this.#state.formerBootstrap[0];
		this.#isFormer = former !== undefined && failures % 2 === 1;
		const security = this.#isFormer ? instanceOf(this.#registry, former!) : this.find();
		if (security === undefined) return noAccount;
		const vetted = vetAccount(security, this.#options);
		if ("code" in vetted) return vetted;
		this.security = security;
		this.uri = vetted;
		return undefined;
	}

	/**
	 * What is to be kept beside a new configuration: the account that has just worked, where the new one is another.
	 * @param instances the new configuration
	 */
	formerBeside(instances: readonly ConfiguredInstance[]): readonly ConfiguredInstance[] {
		const next = bootstrapAccountOf(instances);
		const working = this.#isFormer ? this.#state.formerBootstrap : this.captured();
		return next.length === 0 || sameConfigured(next, working) ? [] : working;
	}

	/** Its Instances as links (LwM2M Core 1.2.1 §6.1.7.7). */
	get links(): string {
		return this.captured()
			.map(({ objectId, instanceId }) => `</${objectId}/${instanceId}>`)
			.join(",");
	}

	/** Client Hold Off Time (0/x/11). */
	get holdOffMs(): number {
		const held = this.find()?.at(securityResource.holdOff);
		return typeof held === "number" && held > 0 ? held * 1000 : 0;
	}

	/**
	 * Bootstrap-Server Account Timeout (0/x/12): counted from the end of a bootstrap, or from the start of a client that
	 * has a server's account.
	 * @returns false where there are several accounts of Bootstrap-Servers
	 */
	watch(nowMs: number): boolean {
		const timeoutS = this.find()?.at(securityResource.accountTimeout);
		const hasServer = this.#registry.object(0)!.instances.length > 1;
		const isLimited = typeof timeoutS === "number" && timeoutS > 0 && hasServer;
		if (!isLimited) this.purgeAtMs = Infinity;
		else if (Math.abs(this.purgeAtMs) === Infinity) this.purgeAtMs = nowMs + timeoutS * 1000;
		return this.all().length < 2;
	}

	/** It is too old: it goes, and what was kept of it. */
	purge(): void {
		this.purgeAtMs = Infinity;
		this.#state.remove(this.#registry, this.captured());
		this.#state.formerBootstrap = [];
		this.#options.configurationStore?.keep(this.#state.capture(this.#registry));
	}

	private all(): Instance[] {
		const securities = this.#registry.object(0)?.instances ?? [];
		return securities.filter((each) => each.at(securityResource.bootstrapServer) === true);
	}

	private captured(): ConfiguredInstance[] {
		return bootstrapAccountOf(this.#state.capture(this.#registry).instances);
	}
}
