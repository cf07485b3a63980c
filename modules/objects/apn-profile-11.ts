import { frozen } from "../frozen.ts";
import { ObjectInstance } from "../lwm2m/instance.ts";
import { RequestRefused } from "../lwm2m/refusal.ts";
import type { ObjectOptions } from "../lwm2m/registry.ts";
import { APN_CONNECTION_PROFILE } from "./facts/apn-connection-profile-11.ts";

/** Authentication Type (Resource 4): PAP, CHAP, PAP or CHAP, none. */
const none = 3;

export interface ApnProfileOptions {
	/** Object Instance ID; 0 when left out. */
	readonly id?: number;
	readonly profileName: string;
	readonly apn?: string;
	readonly isEnabled?: boolean;
	readonly authenticationType?: number;
	readonly userName?: string;
	readonly secret?: string;
	readonly pdnType?: number;
}

/** What the host's modem hears. */
export interface ApnProfilePort {
	/** A server has written `resource`; the new value is in force. Once for each Resource of a Write. */
	changed(profile: ApnProfile, resource: string): void;
	/** A server deletes this profile; throw RequestRefused to keep it. */
	removed(profile: ApnProfile): void;
}

const heard = (resource: string) => (_: unknown, it: ApnProfile) => it.port.changed(it, resource);

const hooks = frozen({
	check: {
		authenticationType(type: number) {
			if (type < 0 || type > none) throw new RequestRefused(0x80, "authentication type");
		},
	},
	written: {
		profileName: heard("profileName"),
		// An APN and the device's own choice exclude each other: the later one wins.
		apn(_: string, it: ApnProfile) {
			if (it.get("autoSelectApnByDevice") === true) it.set("autoSelectApnByDevice", false);
			it.port.changed(it, "apn");
		},
		autoSelectApnByDevice(isAutomatic: boolean, it: ApnProfile) {
			if (isAutomatic) it.clear("apn");
			it.port.changed(it, "autoSelectApnByDevice");
		},
		enableStatus: heard("enableStatus"),
		authenticationType: heard("authenticationType"),
		userName: heard("userName"),
		secret: heard("secret"),
		reconnectSchedule: heard("reconnectSchedule"),
		validityMccMnc: heard("validityMccMnc"),
		pdnType: heard("pdnType"),
	},
});

/** One way to connect to a cellular network. */
export class ApnProfile extends ObjectInstance<typeof APN_CONNECTION_PROFILE, ApnProfile> {
	readonly port: ApnProfilePort;

	constructor(options: ApnProfileOptions, port: ApnProfilePort) {
		const {
			id = 0,
			profileName,
			apn,
			isEnabled = true,
			authenticationType = none,
			userName,
			secret,
			pdnType,
		} = options;
		const values = {
			profileName,
			apn,
			autoSelectApnByDevice: undefined,
			enableStatus: isEnabled,
			authenticationType,
			userName,
			secret,
			reconnectSchedule: undefined,
			validityMccMnc: undefined,
			totalBytesSent: 0,
			totalBytesReceived: 0,
			totalPacketsSent: 0,
			pdnType,
		};
		super(APN_CONNECTION_PROFILE, { id, values }, hooks);
		this.port = port;
	}

	/**
	 * Notes an attempt to connect (Resources 9 to 11), the latest one alone.
	 * @param cause of 3GPP TS 24.301; 0 is success
	 */
	attempted(timeS: number, cause: number): void {
		this.set("connectionEstablishmentTime", [timeS]);
		this.set("connectionEstablishmentResult", [cause === 0 ? 0 : 1]);
		this.set("connectionEstablishmentRejectCause", cause === 0 ? [] : [cause]);
	}

	/** Notes the end of the connection (Resource 12). */
	ended(timeS: number): void {
		this.set("connectionEndTime", [timeS]);
	}
}

/**
 * One APN Connection Profile (Object 11). The registry lets every server read its Secret: leave out what none may see.
 */
export function apnProfile(options: ApnProfileOptions, port: ApnProfilePort): ApnProfile {
	return new ApnProfile(options, port);
}

/** For `client.addObject(APN_CONNECTION_PROFILE, …)`: servers make and delete profiles, up to `limit` of them. */
export function apnProfiles(port: ApnProfilePort, limit: number): ObjectOptions<ApnProfile> {
	return {
		create(id) {
			if (id >= limit) throw new RequestRefused(0x85, "no room for this profile");
			return new ApnProfile({ id, profileName: `profile ${id}` }, port);
		},
		remove: (instance) => port.removed(instance),
	};
}
