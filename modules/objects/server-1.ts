import type { ObjectLink } from "../formats/value.ts";
import { frozen } from "../frozen.ts";
import type { Argument } from "../lwm2m/execute-arguments.ts";
import type { ObjectFacts } from "../lwm2m/facts.ts";
import { ObjectInstance } from "../lwm2m/instance.ts";
import { RequestRefused } from "../lwm2m/refusal.ts";
import type { ObjectOptions } from "../lwm2m/registry.ts";
import { isBinding } from "../lwm2m/transport-binding.ts";
import { SERVER } from "./facts/server-1-v1-1.ts";
import type { SERVER as SERVER_1_2 } from "./facts/server-1-v1-2.ts";

/** What the Server Object asks of the client; all wait until the answer has left. */
export interface Registrations {
	/** Sends an Update to this server. @param transport the letter of the transport that it asks for */
	update(shortServerId: number, transport?: string): void;
	/** De-registers from this server for its Disable Timeout. */
	disable(shortServerId: number): void;
	/** Wants a bootstrap. @returns false where that can lead nowhere */
	requestBootstrap(why: "trigger", argument: string): boolean;
}

export interface ServerOptions {
	/** Object Instance ID; 0 when left out. */
	readonly id?: number;
	/** 1..65534; the Security Object has an Instance with the same. */
	readonly shortServerId: number;
	/** Of the registration; 0 lasts for ever. */
	readonly lifetimeS: number;
	/** pmin and pmax where no attribute says otherwise. */
	readonly defaultMinimumPeriodS?: number | undefined;
	readonly defaultMaximumPeriodS?: number | undefined;
	/** How long Disable lasts; a day when left out. */
	readonly disableTimeoutS?: number | undefined;
	/** Whether notifications wait while the server is disabled or out of reach; yes when left out. */
	readonly storesNotifications?: boolean;
	/** Since 1.1: whether Send is off until the server switches it on; no when left out. */
	readonly muteSend?: boolean;
	/** Since 1.1: the APN Connection Profile (Object 11) to reach it through. */
	readonly apnLink?: ObjectLink | undefined;
	/** Since 1.1: Resources 13 to 20. */
	readonly recovery?: RecoveryOptions | undefined;
	/** Since 1.1: whether the server may wake us by SMS. A value alone: there is no SMS transport. */
	readonly trigger?: boolean | undefined;
	/** Since 1.1: the binding to connect through, one letter. */
	readonly preferredTransport?: string | undefined;
	/** Since 1.2: the enabler versions that the server has. */
	readonly supportedVersions?: readonly string[] | undefined;
	/** Since 1.2: "confirmable" makes notifications Confirmable where no attribute says otherwise. */
	readonly notificationMode?: "nonConfirmable" | "confirmable" | undefined;
	/** Since 1.2: suite of RFC 6920 §9.4 for profile IDs. */
	readonly profileIdHash?: number | undefined;
}

/** How to register, and to register again (LwM2M Core 1.2 §6.2.1.1, Table 6.2.1.1-1). */
export interface RecoveryOptions {
	readonly priorityOrder?: number;
	readonly initialDelayS?: number;
	readonly failureBlock?: boolean;
	readonly bootstrapOnFailure?: boolean;
	readonly retryCount?: number;
	readonly retryTimerS?: number;
	readonly sequenceDelayTimerS?: number;
	readonly sequenceRetryCount?: number;
}

function refuseNegative(seconds: number): void {
	if (seconds < 0) throw new RequestRefused(0x80, "negative time");
}

/** `1*DIGIT "." 1*DIGIT [ "." 1*DIGIT ]` (LwM2M Core 1.2 Appendix E.2, Resource 25). */
function isVersion(text: string): boolean {
	const parts = text.split(".");
	return (
		(parts.length === 2 || parts.length === 3) &&
		parts.every((part) => part !== "" && [...part].every((digit) => digit >= "0" && digit <= "9"))
	);
}

/** What a server's requests do here, the same for every Server: in ROM, as functions of the instance. */
const hooks = frozen({
	check: {
		lifetime: refuseNegative,
		defaultMinimumPeriod: refuseNegative,
		defaultMaximumPeriod: refuseNegative,
		disableTimeout: refuseNegative,
		// What this build lacks may stand there: UDP is assumed in any case (LwM2M Core 1.2 §6.2.1.2).
		binding(value: string, it: Server) {
			if (!isBinding(value, it.facts.version)) throw new RequestRefused(0x80, "not a binding");
		},
		supportedServerVersions(versions: ReadonlyMap<number, string>) {
			for (const version of versions.values()) {
				if (!isVersion(version)) throw new RequestRefused(0x80, "not a version");
			}
		},
	},
	execute: {
		disable: (it: Server) => it.registrations.disable(it.shortServerId),
		registrationUpdateTrigger: (it: Server, args: readonly Argument[]) =>
			it.registrations.update(it.shortServerId, args.find(({ digit }) => digit === 0)?.text),
		bootstrapRequestTrigger(it: Server, args: readonly Argument[]) {
			if (!it.registrations.requestBootstrap("trigger", textOf(args))) {
				throw new RequestRefused(0x85, "no Bootstrap-Server Account");
			}
		},
	},
});

/** The arguments of an Execute, as the server wrote them. */
function textOf(args: readonly Argument[]): string {
	return args.map(({ digit, text }) => (text === undefined ? `${digit}` : `${digit}='${text}'`)).join(",");
}

/** Any version of the table. */
export type ServerFacts = ObjectFacts & { readonly id: 1 };

class Server extends ObjectInstance<typeof SERVER_1_2, Server> {
	readonly registrations: Registrations;

	/** @param options undefined leaves it empty, for a bootstrap to fill */
	constructor(id: number, options: ServerOptions | undefined, registrations: Registrations, facts: ServerFacts) {
		// Names that an older table does not have are none there.
		const first = options === undefined ? { id } : { id, values: valuesOf(options, facts.version) };
		super(facts as typeof SERVER_1_2, first, hooks);
		this.registrations = registrations;
	}

	get shortServerId(): number {
		return Number(this.get("shortServerId"));
	}

	/** All values of the table: what is absent comes into being when a server writes it, and takes no room before. */
	override isSupported(name: string): boolean {
		return this.factsOf(name).type !== undefined || super.isSupported(name);
	}
}

function valuesOf(options: ServerOptions, version: string) {
	const first = {
		shortServerId: options.shortServerId,
		lifetime: options.lifetimeS,
		notificationStoringWhenDisabledOrOffline: options.storesNotifications ?? true,
		binding: "U",
		...given("defaultMinimumPeriod", options.defaultMinimumPeriodS),
		...given("defaultMaximumPeriod", options.defaultMaximumPeriodS),
		...given("disableTimeout", options.disableTimeoutS),
	};
	if (version === "1.0") return first;
	const { recovery = {} } = options;
	const second = {
		...first,
		...given("apnLink", options.apnLink),
		...given("registrationPriorityOrder", recovery.priorityOrder),
		...given("initialRegistrationDelayTimer", recovery.initialDelayS),
		...given("registrationFailureBlock", recovery.failureBlock),
		...given("bootstrapOnRegistrationFailure", recovery.bootstrapOnFailure),
		...given("communicationRetryCount", recovery.retryCount),
		...given("communicationRetryTimer", recovery.retryTimerS),
		...given("communicationSequenceDelayTimer", recovery.sequenceDelayTimerS),
		...given("communicationSequenceRetryCount", recovery.sequenceRetryCount),
		...given("trigger", options.trigger),
		...given("preferredTransport", options.preferredTransport),
		muteSend: options.muteSend ?? false,
	};
	if (version === "1.1") return second;
	const { notificationMode } = options;
	return {
		...second,
		...given("supportedServerVersions", options.supportedVersions),
		...given("defaultNotificationMode", notificationMode && (notificationMode === "confirmable" ? 1 : 0)),
		...given("profileIdHashAlgorithm", options.profileIdHash),
	};
}

/** A value that is there, by its name; what is not takes no room. */
function given<N extends string, V>(name: N, value: V | undefined): { readonly [K in N]?: V } {
	return value === undefined ? {} : ({ [name]: value } as { [K in N]: V });
}

/**
 * One LwM2M Server and how the client deals with it (LwM2M Core 1.2 Appendix E.2).
 * @param facts the table for the client's enabler version: facts/server-1-v1-0.ts for 1.0, facts/server-1-v1-2.ts
 * for 1.2; options that it does not have are passed over
 */
export function server(
	options: ServerOptions,
	registrations: Registrations,
	facts: ServerFacts = SERVER,
): ObjectInstance<typeof SERVER_1_2> {
	return new Server(options.id ?? 0, options, registrations, facts);
}

/** For `client.addObject(SERVER, serverObject(client))`: Instances that a bootstrap or a kept configuration fills. */
export function serverObject(registrations: Registrations, facts: ServerFacts = SERVER): ObjectOptions {
	return new ServerObject(registrations, facts);
}

/** A class, because a closure would take some ten slots more. */
class ServerObject implements ObjectOptions {
	private readonly registrations: Registrations;
	private readonly facts: ServerFacts;

	constructor(registrations: Registrations, facts: ServerFacts) {
		this.registrations = registrations;
		this.facts = facts;
	}

	provide(id: number): Server {
		return new Server(id, undefined, this.registrations, this.facts);
	}
}
