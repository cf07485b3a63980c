import { Code } from "../coap/code.ts";
import { HostFailure } from "../host.ts";
import type { BootstrapAccount } from "./bootstrap-account.ts";
import type { BootstrapDraft } from "./bootstrap-draft.ts";
import type { Finisher } from "./bootstrap-operations.ts";
import type { Configuration, ConfiguredInstance } from "./configuration.ts";
import { checkConfiguration } from "./configuration-check.ts";
import { instanceOf } from "./configuration-state.ts";
import { vetAccount } from "./link.ts";
import type { WriteBody } from "./plan.ts";
import { RequestRefused } from "./refusal.ts";
import type { SessionContext } from "./session.ts";

/** Last Bootstrapped (Server Object, Resource 12; LwM2M Core 1.2 Appendix E.2). */
const lastBootstrapped = 12;

/**
 * What a session has come to (LwM2M Core 1.2 §6.1.3.3, §6.1.6): checked, and kept, but not applied.
 * @returns the code of the Fault that makes it inconsistent, or "notKept"
 */
export function finishDraft(
	{ options, registry, limits }: SessionContext,
	account: BootstrapAccount,
	draft: BootstrapDraft,
): Configuration | string {
	const vet = (each: ConfiguredInstance) => {
		const vetted = vetAccount(instanceOf(registry, each)!, options);
		return "code" in vetted ? vetted : undefined;
	};
	const refused = checkConfiguration(draft.instances, registry, limits.servers, vet);
	if (refused !== undefined) return refused.code;
	const nowS = options.wallTimeS?.();
	if (nowS !== undefined) draft.stamp(lastBootstrapped, nowS);
	const configuration = draft.configuration(account.formerBeside(draft.instances));
	return options.configurationStore?.keep(configuration) === false ? "notKept" : configuration;
}

/** Writes a Bootstrap-Pack to the draft, and ends the session. @returns why not; nothing is kept then */
export function refusalOfPack(
	{ contentFormat, payload }: WriteBody,
	draft: BootstrapDraft,
	finisher: Finisher,
): string | undefined {
	try {
		draft.replace({ contentFormat, payload });
		return finisher.finish() === Code.changed ? undefined : "inconsistent";
	} catch (error) {
		if (error instanceof RequestRefused || error instanceof HostFailure) return error.message;
		throw error;
	}
}
