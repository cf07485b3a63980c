import { frozen } from "../frozen.ts";
import type { ObjectFacts } from "../lwm2m/facts.ts";
import { ObjectInstance } from "../lwm2m/instance.ts";
import { CONNECTIVITY_MONITORING } from "./facts/connectivity-monitoring-4-v1-2.ts";
import type { CONNECTIVITY_MONITORING as NEWEST } from "./facts/connectivity-monitoring-4-v1-3.ts";

/**
 * What the Object tells of the network, asked when somebody reads it. Numbers are those of LwM2M Core 1.1 Appendix
 * E.5; what a network does not have is left out, or undefined while it is not known.
 */
export interface ConnectivityPort {
	/** 0..20 cellular (7 is NB-IoT), 21 WLAN, 22 Bluetooth, 23 IEEE 802.15.4, 41 Ethernet, 42 DSL, 43 PLC. */
	bearer(): number;
	bearers(): readonly number[];
	signalDbm(): number;
	linkQuality?(): number | undefined;
	addresses(): readonly string[];
	routers?(): readonly string[];
	/** 0..100 */
	utilizationPercent?(): number | undefined;
	apns?(): readonly string[];
	cellId?(): number | undefined;
	mobileNetworkCode?(): number | undefined;
	mobileCountryCode?(): number | undefined;
	signalToNoiseDb?(): number | undefined;
	locationAreaCode?(): number | undefined;
	/** Since version 1.3 of the Object. */
	coverageEnhancementLevel?(): number | undefined;
}

/** A list as a multiple-instance Resource, the positions being the IDs. */
function numbered<T>(list: readonly T[] | undefined): Map<number, T> | undefined {
	return list === undefined ? undefined : new Map(list.map((value, id): [number, T] => [id, value]));
}

const hooks = frozen({
	read: {
		networkBearer: ({ port }: ConnectivityMonitoring) => port.bearer(),
		availableNetworkBearer: ({ port }: ConnectivityMonitoring) => numbered(port.bearers()),
		radioSignalStrength: ({ port }: ConnectivityMonitoring) => port.signalDbm(),
		linkQuality: ({ port }: ConnectivityMonitoring) => port.linkQuality?.(),
		ipAddresses: ({ port }: ConnectivityMonitoring) => numbered(port.addresses()),
		routerIpAddresses: ({ port }: ConnectivityMonitoring) => numbered(port.routers?.()),
		linkUtilization: ({ port }: ConnectivityMonitoring) => port.utilizationPercent?.(),
		apn: ({ port }: ConnectivityMonitoring) => numbered(port.apns?.()),
		cellId: ({ port }: ConnectivityMonitoring) => port.cellId?.(),
		smnc: ({ port }: ConnectivityMonitoring) => port.mobileNetworkCode?.(),
		smcc: ({ port }: ConnectivityMonitoring) => port.mobileCountryCode?.(),
		signalSnr: ({ port }: ConnectivityMonitoring) => port.signalToNoiseDb?.(),
		lac: ({ port }: ConnectivityMonitoring) => port.locationAreaCode?.(),
		coverageEnhancementLevel: ({ port }: ConnectivityMonitoring) => port.coverageEnhancementLevel?.(),
	},
});

const take = (it: ConnectivityMonitoring) => it.refresh();

/** Any version of the table. */
type ConnectivityFacts = ObjectFacts & { readonly id: 4 };

/** The network as the device sees it: one in a device. */
export class ConnectivityMonitoring extends ObjectInstance<typeof NEWEST, ConnectivityMonitoring> {
	readonly port: ConnectivityPort;

	constructor(port: ConnectivityPort, everyS: number, facts: ConnectivityFacts) {
		// A name that an older table does not have is never asked for.
		super(facts as typeof NEWEST, { ...hooks, sample: { everyS, take } });
		this.port = port;
		this.refresh(); // the first look: nobody listens yet
	}

	/** Looks for news now: for a host that knows when the network has changed. */
	refresh(): void {
		for (const name in this.facts.resources) this.look(name);
	}
}

/**
 * Connectivity Monitoring (LwM2M Core 1.1 Appendix E.5).
 * @param options.everyS how often to look for news that observers want to hear; 30 when left out
 * @param options.facts another version of the table: facts/connectivity-monitoring-4-v1-3.ts
 */
export function connectivityMonitoring(
	port: ConnectivityPort,
	options: { readonly everyS?: number; readonly facts?: ConnectivityFacts } = {},
): ConnectivityMonitoring {
	return new ConnectivityMonitoring(port, options.everyS ?? 30, options.facts ?? CONNECTIVITY_MONITORING);
}
