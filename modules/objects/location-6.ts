import { ObjectInstance } from "../lwm2m/instance.ts";
import { LOCATION } from "./facts/location-6.ts";

/** Where the device was found to be. */
export interface Fix {
	/** Degrees in WGS 84, north positive. */
	readonly latitude: number;
	/** Degrees in WGS 84, east positive. */
	readonly longitude: number;
	/** Seconds since 1970, when it was measured. */
	readonly timestampS: number;
	/** Above sea level. */
	readonly altitudeM?: number | undefined;
	/** Of the circle that the device is in. */
	readonly radiusM?: number | undefined;
	/** As 3GPP TS 23.032 §8 spells it. */
	readonly velocity?: Uint8Array | undefined;
	readonly speedMs?: number | undefined;
}

/** Where new fixes come from; undefined keeps the one that is there. */
export interface FixSource {
	readonly everyS: number;
	fix(): Fix | undefined;
}

/** The place of the device: one in a device, added with its first fix, for latitude and longitude are mandatory. */
export class Location extends ObjectInstance<typeof LOCATION, Location> {
	readonly source: FixSource | undefined;

	constructor(fix: Fix, source: FixSource | undefined) {
		super(LOCATION, source === undefined ? {} : { sample: { everyS: source.everyS, take } });
		this.source = source;
		this.found(fix);
	}

	/** Takes a new fix; what it does not tell is absent. All of it goes into one notification. */
	found(fix: Fix): void {
		this.hold("latitude", fix.latitude);
		this.hold("longitude", fix.longitude);
		this.hold("altitude", fix.altitudeM);
		this.hold("radius", fix.radiusM);
		this.hold("velocity", fix.velocity);
		this.hold("timestamp", fix.timestampS);
		this.hold("speed", fix.speedMs);
	}
}

function take(it: Location): void {
	const fix = it.source?.fix();
	if (fix !== undefined) it.found(fix);
}

/**
 * Location (LwM2M Core 1.1 Appendix E.7).
 * @param fix the first one
 * @param source asked for others regularly
 */
export function location(fix: Fix, source?: FixSource): Location {
	return new Location(fix, source);
}
