import type { BootstrapConfiguration, BootstrapSettings } from "./configuration.ts";
import { readConfiguration } from "./configuration-json.ts";
import { refuseConfiguration } from "./configuration-refused.ts";

/** Which client is configured how, by endpoint client name. */
export class ConfigurationStore {
	readonly #limit: number;
	/** Hears of each change, undefined for one that is gone. */
	changed: (endpoint: string, configuration: BootstrapConfiguration | undefined) => void = () => {};
	readonly #byEndpoint = new Map<string, BootstrapConfiguration>();
	/** For endpoints without one of their own; none at first. */
	fallback: BootstrapConfiguration | undefined;

	constructor(limit: number) {
		this.#limit = limit;
	}

	/** In order of being added. */
	all(): ReadonlyMap<string, BootstrapConfiguration> {
		return this.#byEndpoint;
	}

	of(endpoint: string): BootstrapConfiguration | undefined {
		return this.#byEndpoint.get(endpoint) ?? this.fallback;
	}

	/** Adds or replaces. @param settings as in JSON, or as a program has them. @throws ConfigurationRefused */
	set(endpoint: string, settings: BootstrapSettings): void {
		const configuration = readConfiguration(settings);
		if (!this.#byEndpoint.has(endpoint) && this.#byEndpoint.size >= this.#limit) {
			refuseConfiguration(`No room: ${this.#limit} endpoints have configurations`);
		}
		this.#byEndpoint.set(endpoint, configuration);
		this.changed(endpoint, configuration);
	}

	/** @returns whether there was one */
	remove(endpoint: string): boolean {
		if (!this.#byEndpoint.delete(endpoint)) return false;
		this.changed(endpoint, undefined);
		return true;
	}
}
