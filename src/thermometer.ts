import { frozen } from "../modules/frozen.ts";
import { ObjectInstance } from "../modules/lwm2m/instance.ts";
import { TEMPERATURE } from "../modules/objects/facts/temperature-3303.ts";

/** What it does, the same for every thermometer: in ROM, as functions of the instance. */
const hooks = frozen({
	sample: {
		everyS: 5,
		take(it: Thermometer) {
			const now = it.tenths();
			it.set("sensorValue", now);
			it.set("minMeasuredValue", Math.min(now, it.get("minMeasuredValue") ?? now));
			it.set("maxMeasuredValue", Math.max(now, it.get("maxMeasuredValue") ?? now));
		},
	},
	execute: {
		resetMinAndMaxMeasuredValues(it: Thermometer) {
			const now = it.get("sensorValue") ?? it.tenths();
			it.set("minMeasuredValue", now);
			it.set("maxMeasuredValue", now);
		},
	},
});

class Thermometer extends ObjectInstance<typeof TEMPERATURE, Thermometer> {
	private readonly celsius: () => number;
	private readonly correction: number;

	constructor(celsius: () => number, correction: number) {
		const first = toTenths(celsius() + correction);
		const values = {
			sensorValue: first,
			minMeasuredValue: first,
			maxMeasuredValue: first,
			sensorUnits: "Cel",
			applicationType: "Room",
		};
		super(TEMPERATURE, { values }, hooks);
		this.celsius = celsius;
		this.correction = correction;
	}

	/** What the sensor says now. */
	tenths(): number {
		const { celsius } = this;
		return toTenths(celsius() + this.correction);
	}
}

/** More digits would only be noise on the air. */
function toTenths(celsius: number): number {
	return Math.round(celsius * 10) / 10;
}

/**
 * A thermometer for the network to read and observe: IPSO Temperature, object 3303.
 * @param celsius reads the sensor
 * @param correction degrees to add to that
 */
export function thermometer(celsius: () => number, correction = 0): ObjectInstance<typeof TEMPERATURE, Thermometer> {
	return new Thermometer(celsius, correction);
}
