import { frozen } from "../../../modules/frozen.ts";
import type { ConnectivityPort } from "../../../modules/objects/connectivity-monitoring-4.ts";

/** A network that tells all that object 4 can say (C.5). */
export const network: ConnectivityPort = frozen({
	bearer: () => 0,
	bearers: () => [0, 21],
	signalDbm: () => -61,
	linkQuality: () => 80,
	addresses: () => ["192.168.0.1", "192.168.1.2"],
	routers: () => ["192.168.0.254", "192.168.1.254"],
	utilizationPercent: () => 90,
	apns: () => ["web.omaspecworks.org", "cl2.omaspecworks.org"],
	cellId: () => 69_696,
	mobileNetworkCode: () => 33,
	mobileCountryCode: () => 44,
	signalToNoiseDb: () => 12,
	locationAreaCode: () => 5,
});
