import { frozen } from "../frozen.ts";
import type { EnablerVersion } from "./facts.ts";

/** UDP, TCP, SMS, Non-IP, MQTT, HTTP: letters of a binding (LwM2M Core 1.2 Table 6.2.1.2-1). */
export type Transport = "U" | "T" | "S" | "N" | "M" | "H";

/** What a build can speak, the one it likes best first. TCP and the others do not exist yet. */
export const builtTransports = "U";

/** Letters of Resource 1/x/7 since 1.2; M and H were not there before. */
const letters = "UMHTSN";

/** The six bindings of 1.0 (LwM2M Core 1.0.2 §5.3.1.1), where Q is queue mode. */
const bindingsOf10: readonly string[] = frozen(["U", "UQ", "S", "SQ", "US", "UQS"]);

/** What the choice of a transport hangs on. */
export interface BindingSituation {
	/** Schemes of 0/x/0, and of 0/x/25 where it is there. */
	readonly schemes: readonly string[];
	/** 1/x/7, in the server's order. */
	readonly binding: string;
	/** 1/x/22. */
	readonly preferred?: string | undefined;
	/** Of 1/x/8, for this one connection. */
	readonly argument?: string | undefined;
	/** 11/x/24 of the account's APN profile says Non-IP. */
	readonly isNonIp?: boolean;
	/** Letters of what there is, the client's own order. */
	readonly built: string;
}

/** Which rule of the table decided. */
export type BindingReason = "argument" | "preferred" | "pdnType" | "uri" | "binding" | "udp";

export interface BindingChoice {
	readonly transport: Transport;
	readonly why: BindingReason;
	/** A rule before asked for this one, which the build does not have, or the account has no URI for. */
	readonly missing: string | undefined;
}

/**
 * The rules in their order (LwM2M Core 1.2 §6.2.1.2). Each proposes letters; the first one wins that the build has,
 * that the account has a URI for and, where the rule says so, that 1/x/7 lists. 1/x/7 lists UDP in any case.
 */
export const bindingRules: readonly (readonly [BindingReason, isListed: "listed" | "any"])[] = frozen([
	["argument", "listed"],
	["preferred", "any"],
	["pdnType", "listed"],
	["uri", "listed"],
	["binding", "listed"],
	["udp", "listed"],
]);

/**
 * Chooses the transport of the next connection; what there is goes on until then, and the registration with it.
 * @returns undefined when there is none that client, account and server have
 */
export function chooseTransport(situation: BindingSituation): BindingChoice | undefined {
	const { built, binding } = situation;
	const reachable = reachableOf(situation.schemes);
	let missing: string | undefined;
	for (let rule = 0; rule < bindingRules.length; rule++) {
		const [why, isListed] = bindingRules[rule]!;
		const proposed = proposalOf(why, situation);
		for (let index = 0; index < proposed.length; index++) {
			const letter = proposed.charAt(index);
			if (isListed === "listed" && letter !== "U" && !binding.includes(letter)) continue;
			if (built.includes(letter) && reachable.includes(letter)) return { transport: letter as Transport, why, missing };
			if (letters.includes(letter)) missing ??= letter;
		}
	}
	return undefined;
}

function proposalOf(why: BindingReason, situation: BindingSituation): string {
	switch (why) {
		case "argument":
			return oneLetter(situation.argument);
		case "preferred":
			return oneLetter(situation.preferred);
		case "pdnType":
			return situation.isNonIp === true ? "N" : "";
		case "uri":
			return transportOf(situation.schemes[0] ?? "");
		case "binding":
			return situation.binding;
		case "udp":
			return "U";
	}
}

/** One transport or nothing: anything else is as if it were not there. */
function oneLetter(text: string | undefined): string {
	return text !== undefined && text.length === 1 && letters.includes(text) ? text : "";
}

/** @returns "" for a scheme that we do not know: it may be of a Non-IP network */
function transportOf(scheme: string): Transport | "" {
	switch (scheme) {
		case "coap":
		case "coaps":
			return "U";
		case "coap+tcp":
		case "coaps+tcp":
			return "T";
		case "sms":
		case "tel":
			return "S";
		case "mqtt":
		case "mqtts":
			return "M";
		case "http":
		case "https":
			return "H";
		default:
			return "";
	}
}

function reachableOf(schemes: readonly string[]): string {
	let reachable = "";
	for (let index = 0; index < schemes.length; index++) {
		const transport = transportOf(schemes[index]!);
		// UDP and TCP of one server have the same name, port and keys.
		reachable += transport === "U" || transport === "T" ? "UT" : transport === "" ? "N" : transport;
	}
	return reachable;
}

/**
 * Whether 1/x/7 may hold this: each transport once, and what the build lacks, too: a server may have more than we.
 * @param version of the Server Object
 */
export function isBinding(text: string, version: string): boolean {
	if (version === "1.0") return bindingsOf10.includes(text);
	for (let index = 0; index < text.length; index++) {
		if (!letters.includes(text.charAt(index)) || text.indexOf(text.charAt(index)) !== index) return false;
	}
	return text !== "";
}

/**
 * What a Register says of bindings and queue mode (LwM2M Core 1.2 §6.2.1), with "&" between parameters; nothing for the
 * default, UDP alone. Queue mode is a letter in 1.0 and a parameter since; it names the binding, too (ETS 108).
 */
export function bindingParameters(enabler: EnablerVersion, isQueued: boolean, built: string = builtTransports): string {
	const known = enabler === "1.0" ? "US" : enabler === "1.1" ? "UTSN" : letters;
	let spoken = "";
	for (let index = 0; index < built.length; index++) {
		if (known.includes(built.charAt(index))) spoken += built.charAt(index);
	}
	if (!isQueued) return spoken === "U" || spoken === "" ? "" : `b=${spoken}`;
	if (enabler !== "1.0") return `b=${spoken}&Q`;
	if (spoken === "S") return "b=SQ";
	return spoken === "US" || spoken === "SU" ? "b=UQS" : "b=UQ";
}
