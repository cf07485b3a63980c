import type { Client } from "../../../modules/lwm2m/client.ts";
import { ObjectInstance } from "../../../modules/lwm2m/instance.ts";
import { type ApnProfile, apnProfile, apnProfiles } from "../../../modules/objects/apn-profile-11.ts";
import { APN_CONNECTION_PROFILE } from "../../../modules/objects/facts/apn-connection-profile-11.ts";
import { CELLULAR_CONNECTIVITY } from "../../../modules/objects/facts/cellular-connectivity-10.ts";
import { WLAN_CONNECTIVITY } from "./facts/wlan-connectivity-12.ts";

/** C.10 and C.11: objects 10, 11 and 12, of their newest versions. */
export function cellular(client: Client): void {
	const drx = new Uint8Array([0x34]); // paging window 4 (5.12 s), cycle 4 (20.48 s), 3GPP TS 24.008 §10.5.5.32
	const values = {
		psmTimer: 600,
		activeTimer: 20,
		eDrxParametersForWbS1Mode: drx,
		eDrxParametersForNbS1Mode: drx,
		activatedProfileNames: [{ objectId: 11, instanceId: 0 }],
		activePowerSavingModes: 3,
		releaseAssistanceIndicationUsage: 1,
	};
	const connectivity = new ObjectInstance(CELLULAR_CONNECTIVITY, { values });
	client.add(connectivity);
	/** A profile that is enabled is in use (Resource 11). */
	const port = {
		changed(profile: ApnProfile, resource: string) {
			if (resource !== "enableStatus") return;
			const links = [...(connectivity.get("activatedProfileNames")?.values() ?? [])].filter(
				({ instanceId }) => instanceId !== profile.id,
			);
			const own = { objectId: 11, instanceId: profile.id };
			connectivity.set("activatedProfileNames", profile.get("enableStatus") === true ? [...links, own] : links);
		},
		removed() {},
	};
	client.addObject(APN_CONNECTION_PROFILE, apnProfiles(port, 4));
	client.add(apnProfile({ profileName: "oma", apn: "web.omaspecworks.org", authenticationType: 3 }, port));
	const wlan = {
		interfaceName: "wlan0",
		enable: true,
		status: 1,
		bssid: "0123456789AB",
		ssid: "oma",
		mode: 1,
		channel: 6,
		standard: 3,
		authenticationMode: 0,
	};
	client.add(new ObjectInstance(WLAN_CONNECTIVITY, { values: wlan }));
}
