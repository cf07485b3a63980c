import { frozen } from "../frozen.ts";
import { HostFailure } from "../host.ts";
import type { BootstrapAccount } from "./bootstrap-account.ts";
import type { BootstrapDraft } from "./bootstrap-draft.ts";
import type { Configuration } from "./configuration.ts";
import { checkConfiguration } from "./configuration-check.ts";
import { instanceOf } from "./configuration-state.ts";
import { vetAccount } from "./link.ts";
import type { WriteBody } from "./plan.ts";
import { RequestRefused } from "./refusal.ts";
import type { SessionContext } from "./session.ts";

/** Last Bootstrapped (Server Object, Resource 12; LwM2M Core 1.2 Appendix E.2). */
const lastBootstrapped = 12;

/** Why finishDraft() fails, where that is not the Bootstrap-Server's fault. */
export const hostReasons: readonly string[] = frozen(["notKept", "hostFailure"]);

/**
 * What a session has come to (LwM2M Core 1.2 §6.1.3.3, §6.1.6): checked, and kept, but not applied.
 * @returns the code of the Fault that makes it inconsistent, or one of hostReasons
 */
export function finishDraft(
	{ options, registry, limits }: SessionContext,
	account: BootstrapAccount,
	draft: BootstrapDraft,
): Configuration | string {
	const refused = checkConfiguration(draft.instances, registry, limits.servers);
	if (refused !== undefined) return refused.code;
	try {
		for (let index = 0; index < draft.instances.length; index++) {
			const each = draft.instances[index]!;
			const vetted = each.objectId === 0 ? vetAccount(instanceOf(registry, each)!, options) : undefined;
			if (vetted !== undefined && "code" in vetted) return vetted.code;
		}
	} catch (error) {
		if (error instanceof HostFailure) return "hostFailure"; // no room for a key that was to be looked at
		throw error;
	}
	const nowS = options.wallTimeS?.();
	if (nowS !== undefined) draft.stamp(lastBootstrapped, nowS);
	const configuration = draft.configuration(account.formerBeside(draft.instances));
	return options.configurationStore?.keep(configuration) === false ? "notKept" : configuration;
}

/** Writes a Bootstrap-Pack to the draft. @returns why not */
export function refusalOfPack({ contentFormat, payload }: WriteBody, draft: BootstrapDraft): string | undefined {
	try {
		draft.replace({ contentFormat, payload });
		return undefined;
	} catch (error) {
		if (error instanceof RequestRefused) return error.message;
		throw error;
	}
}
