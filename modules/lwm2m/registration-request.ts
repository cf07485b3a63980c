import { assert, utf8Size } from "../bytes.ts";
import { Code } from "../coap/code.ts";
import type { RequestOptions, Response } from "../coap/peer.ts";
import { ContentFormat } from "../formats/content-format.ts";
import { frozen } from "../frozen.ts";
import { sumOf } from "./accounts.ts";
import type { EnablerVersion } from "./facts.ts";
import { Negotiation } from "./negotiation.ts";
import { listOf, objectLinks, rootLink } from "./object-list.ts";
import type { ProfiledList } from "./profile-id.ts";
import type { Account, RegistrationContext } from "./registration-port.ts";
import { bindingParameters } from "./transport-binding.ts";

/** Resources of the Server Object that a registration tells, or that say how (LwM2M Core 1.2 Appendix E.2). */
const resource = frozen({ lifetime: 1, binding: 7, profileIdHash: 27 });

/** Parameters that are the specification's (LwM2M Transport 1.2 Table 6.4.3-1). */
const reserved: readonly string[] = frozen(["ep", "lt", "lwm2m", "b", "Q", "sms", "pid"]);

/** Uri-Query holds no more (RFC 7252 Table 4). */
const parameterBytes = 255;

/** Codes by which a server may say that it can not do with a profile ID (LwM2M Core 1.2 §6.2.1): 4.09 and others. */
const profileRefusals: readonly number[] = frozen([
	Code.conflict,
	Code.badRequest,
	Code.badOption,
	Code.notFound,
	Code.notImplemented,
]);

/** What a server knows, or is being told, of our registration. */
interface Told {
	readonly lifetimeS: number;
	readonly binding: string;
	readonly smsNumber: string | undefined;
	readonly listVersion: number;
	/** Absent: the list told itself. */
	readonly profile: ProfiledList | undefined;
}

/** How a profile ID is told, where there is one: alone; with the list, so that the server learns it; not at all. */
type Referring = "alone" | "teaching" | "not";

/** What Register and Update say to one server (LwM2M Core 1.2 §6.2.1, §6.2.2), and what it knows of us since. */
export class RegistrationRequest {
	private readonly account: Account;
	private readonly context: RegistrationContext;
	private readonly negotiation: Negotiation;
	/** Where the server put our registration. Set here alone. */
	location: readonly string[] = [];
	private referring: Referring = "alone";
	/** The profile ID that it was taught: if it still does not know it, it never learns. */
	private taught = "";
	/** It refused a new profile ID in an Update: there they come with the list. */
	private refusesInUpdate = false;
	/** Whether what was accepted last told the server something. Set here alone. */
	hasTold = false;
	/** The new profile ID of the Update under way. */
	private updating: ProfiledList | undefined;
	private isStrange = false;
	private sending: Told | undefined;
	private told: Told | undefined;

	/** Parameters of the product that no server could take are our own bug. */
	constructor(account: Account, context: RegistrationContext) {
		const { options, enabler } = context;
		checkParameters(options.registrationParameters ?? []);
		this.account = account;
		this.context = context;
		this.negotiation = new Negotiation(account, enabler, options.enablers);
	}

	/** The enabler version that is spoken with this server. */
	get enabler(): EnablerVersion {
		return this.negotiation.version;
	}

	/**
	 * LwM2M Core 1.2 §6.2.1: endpoint name, lifetime, version and the object list, or its profile ID; of the binding what
	 * is not the default of Table 6.2.1-1, which goes without saying.
	 */
	register(): RequestOptions {
		const { options } = this.context;
		if (this.updating !== undefined) this.updateRefused(this.updating);
		if (this.isStrange) {
			this.negotiation.forget();
			this.referring = "alone";
			this.taught = "";
			this.refusesInUpdate = false;
			this.isStrange = false;
		}
		this.negotiation.begin();
		const { enabler } = this;
		const now = this.toTell();
		const query = [`ep=${options.endpointName}`, `lt=${now.lifetimeS}`, `lwm2m=${enabler}`];
		if (now.binding !== "") query.push(...now.binding.split("&"));
		if (now.smsNumber !== undefined) query.push(`sms=${now.smsNumber}`);
		if (now.profile !== undefined) query.push(`pid=${now.profile.pid}`);
		if (options.registrationParameters !== undefined) query.push(...options.registrationParameters);
		this.sending = now;
		return { code: Code.post, path: ["rd"], query, ...this.listFor(now) };
	}

	/** LwM2M Core 1.2 §6.2.2: nothing but what changed. */
	update(): RequestOptions {
		this.context.options.waking?.charge(this.account.server.facts.id, 0);
		const told = this.told!;
		const hasOtherList = told.listVersion !== this.context.registry.listVersion;
		if (hasOtherList && this.refusesInUpdate && this.referring === "alone") this.referring = "teaching";
		const now = this.toTell(hasOtherList ? undefined : told);
		const query: string[] = [];
		if (now.lifetimeS !== told.lifetimeS) query.push(`lt=${now.lifetimeS}`);
		if (now.binding !== told.binding) query.push(...(now.binding === "" ? "b=U" : now.binding).split("&"));
		if (now.smsNumber !== undefined && now.smsNumber !== told.smsNumber) query.push(`sms=${now.smsNumber}`);
		if (hasOtherList && now.profile !== undefined) query.push(`pid=${now.profile.pid}`);
		this.sending = now;
		this.updating = hasOtherList ? now.profile : undefined;
		return { code: Code.post, path: this.location, query, ...(hasOtherList ? this.listFor(now) : {}) };
	}

	deregister(): RequestOptions {
		return { code: Code.delete, path: this.location };
	}

	/** @returns false when the location in the answer to a Register is missing, or longer than we keep */
	keepLocation({ locationPath }: Response): boolean {
		const { locationSegments, locationBytes } = this.context.limits;
		let size = 0;
		locationPath.forEach((segment) => {
			size += utf8Size(segment);
		});
		if (locationPath.length === 0 || locationPath.length > locationSegments || size > locationBytes) return false;
		this.location = locationPath.slice();
		return true;
	}

	/** The server took the last of them. @returns the lifetime it knows, in seconds; 0 lasts for ever */
	accepted(): number {
		const told = this.sending!;
		const { told: before } = this;
		this.hasTold =
			before?.listVersion !== told.listVersion ||
			before.lifetimeS !== told.lifetimeS ||
			before.binding !== told.binding;
		this.told = told;
		this.updating = undefined;
		this.negotiation.accepted();
		if (told.profile !== undefined && this.referring === "teaching") {
			this.referring = "alone";
			this.taught = told.profile.pid;
		}
		return told.lifetimeS;
	}

	/**
	 * The server refused a Register.
	 * @returns true: the next one says something else, the list in place of its profile ID or a lower version, so that it
	 * is worth sending at once. After some of them it is false, whatever the server answers
	 */
	refused(code: number): boolean {
		const profile = this.sending?.profile;
		if (profile === undefined || !profileRefusals.includes(code)) return this.negotiation.refused(code);
		const isTeachable = code === Code.conflict && profile.isFingerprint && this.referring === "alone";
		this.referring = isTeachable && profile.pid !== this.taught ? "teaching" : "not";
		return true;
	}

	/** The account is another one: from the next Register on nothing is known of what its server takes. */
	forget(): void {
		this.isStrange = true;
	}

	/** A number that is another one when the server would have to hear of something. */
	get digest(): number {
		const { options, registry } = this.context;
		const list = objectLinks(registry.objects, this.enabler).join(",");
		return sumOf(`${this.lifetimeS} ${this.binding} ${options.smsNumber ?? ""} ${list}`);
	}

	/**
	 * Takes up what a server knew in an earlier life.
	 * @param digest of then; where it is another one now, an Update tells all of it
	 * @returns false where we do not speak that version any more
	 */
	restore(location: readonly string[], enabler: EnablerVersion, digest: number): boolean {
		if (!this.negotiation.restore(enabler)) return false;
		this.location = location;
		const { lifetimeS, binding } = this;
		const { smsNumber } = this.context.options;
		const { listVersion } = this.context.registry;
		const isSame = digest === this.digest;
		this.told = isSame
			? { lifetimeS, binding, smsNumber, listVersion, profile: undefined }
			: { lifetimeS: -1, binding: "?", smsNumber: undefined, listVersion: -1, profile: undefined };
		return true;
	}

	/** Whether there is something that the server must hear of. */
	get hasNews(): boolean {
		const told = this.told!;
		const { options, registry } = this.context;
		return (
			this.lifetimeS !== told.lifetimeS ||
			registry.listVersion !== told.listVersion ||
			options.smsNumber !== told.smsNumber ||
			this.binding !== told.binding
		);
	}

	/** Whether the server was told that it has to hold its requests (queue mode). */
	get isQueued(): boolean {
		return this.told?.binding.includes("Q") === true;
	}

	/** What the Server Object says now; Infinity where the registration is to last for ever. */
	get lifetimeMs(): number {
		return this.lifetimeS === 0 ? Infinity : this.lifetimeS * 1000;
	}

	private updateRefused({ isFingerprint }: ProfiledList): void {
		this.refusesInUpdate = true;
		this.referring = isFingerprint ? "teaching" : "not";
		this.updating = undefined;
	}

	/**
	 * What the server must know, as it is now.
	 * @param sameList of these the list is still the same
	 */
	private toTell(sameList?: Told): Told {
		const { options, registry } = this.context;
		const { lifetimeS, binding } = this;
		const profile = sameList === undefined ? this.profile : sameList.profile;
		return { lifetimeS, binding, smsNumber: options.smsNumber, listVersion: registry.listVersion, profile };
	}

	private get profile(): ProfiledList | undefined {
		const { options, registry } = this.context;
		if (this.enabler !== "1.2" || this.referring === "not") return undefined;
		const suite = this.account.server.at(resource.profileIdHash);
		return options.profileIds?.of(registry.objects, this.enabler, suite);
	}

	private listFor({ profile }: Told): Pick<RequestOptions, "contentFormat" | "payload"> {
		const { options, registry } = this.context;
		const { enabler } = this;
		const isWhole = profile === undefined || this.referring === "teaching";
		const links = isWhole ? objectLinks(registry.objects, enabler) : profile.rest;
		if (!isWhole && links.length === 0) return {};
		const payload = listOf(options.tellsFormats === true ? [rootLink(options.formats, enabler), ...links] : links);
		return { contentFormat: ContentFormat.coreLink, payload };
	}

	private get lifetimeS(): number {
		const lifetimeS = this.account.server.at(resource.lifetime);
		return typeof lifetimeS === "number" ? lifetimeS : 0;
	}

	private get binding(): string {
		const { server } = this.account;
		// In 1.0 the server switches queue mode on and off, by 1/x/7; since then it is ours to say.
		const asked = server.facts.version === "1.0" ? server.at(resource.binding) : undefined;
		const isQueued = typeof asked === "string" ? asked.includes("Q") : this.context.options.queueMode === true;
		return bindingParameters(this.enabler, isQueued);
	}
}

function checkParameters(parameters: readonly string[]): void {
	const names: string[] = [...reserved];
	parameters.forEach((parameter) => {
		const equals = parameter.indexOf("=");
		const name = equals < 0 ? parameter : parameter.slice(0, equals);
		assert(name !== "" && !names.includes(name), `registration parameter "${name}": reserved, or there twice`);
		assert(
			utf8Size(parameter) <= parameterBytes,
			`registration parameter "${name}": more than ${parameterBytes} bytes`,
		);
		names.push(name);
	});
}
