import type { FactorySleep, Host } from "../modules/host.ts";
import type { Client } from "../modules/lwm2m/client.ts";
import type { ClientOptions } from "../modules/lwm2m/client-options.ts";
import type { Sampling } from "../modules/lwm2m/instance.ts";
import type { Retention } from "../modules/sleep/retention.ts";
import { Sleeper, type SleepLimit } from "../modules/sleep/sleeper.ts";
import { WakePlan } from "../modules/sleep/wake-plan.ts";
import { product } from "./product.ts";

/** Queue mode, and the sleep that it allows. */
export interface Sleeping {
	/** What the client must know of it. */
	readonly client: Pick<ClientOptions, "queueMode" | "waking">;
	/** How often to measure: a wake each, but for those that tell it anyway. */
	readonly sampling: Pick<Sampling<unknown>, "everyS" | "when">;
	/**
	 * Who puts the device to sleep: the last of the loop's keepers.
	 * @param retention absent: nothing deeper than light
	 */
	sleeper(client: Client, limits: readonly SleepLimit[], retention: Retention | undefined): Sleeper;
}

/** @param says what the factory says; the product has the rest. @returns undefined where there is no queue mode */
export function sleep({ power, log }: Host, says: FactorySleep = {}): Sleeping | undefined {
	const { sleep } = product;
	if (!(says.queueMode ?? sleep.queueMode)) return undefined;
	const { aheadMs = sleep.tolerances.aheadMs, awake = sleep.awake, deepest = sleep.deepest, deepFromMs } = says;
	const tolerances = { ...sleep.tolerances, aheadMs };
	const waking = new WakePlan(awake === undefined ? { tolerances } : { tolerances, awake });
	return {
		client: { queueMode: true, waking },
		sampling: { everyS: says.sampleEveryS ?? sleep.sampleEveryS, when: "told" },
		sleeper: (client, limits, retention) =>
			new Sleeper(client, {
				power,
				log,
				plan: waking,
				limits,
				tuning: { ...sleep.tuning, deepest, deepMs: deepFromMs },
				...(retention === undefined ? {} : { retention }),
			}),
	};
}
