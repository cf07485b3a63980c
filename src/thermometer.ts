import { ObjectInstance, type Sampling } from "../modules/lwm2m/instance.ts";
import { TEMPERATURE } from "../modules/objects/facts/temperature-3303.ts";

/**
 * A thermometer for the network to read and observe: IPSO Temperature, object 3303.
 * @param celsius reads the sensor
 * @param correction degrees to add to that
 * @param sampling how often to read it, and whether also when it is told
 */
export function thermometer(
	celsius: () => number,
	correction = 0,
	{ everyS, ...when }: Pick<Sampling<unknown>, "everyS" | "when"> = { everyS: 5 },
): ObjectInstance<typeof TEMPERATURE> {
	const tenths = () => Math.round((celsius() + correction) * 10) / 10; // more digits would only be noise on the air
	const first = tenths();
	return new ObjectInstance(TEMPERATURE, {
		values: {
			sensorValue: first,
			minMeasuredValue: first,
			maxMeasuredValue: first,
			sensorUnits: "Cel",
			applicationType: "Room",
		},
		sample: {
			everyS,
			...when,
			take(it) {
				const now = tenths();
				it.set("sensorValue", now);
				it.set("minMeasuredValue", Math.min(now, it.get("minMeasuredValue") ?? now));
				it.set("maxMeasuredValue", Math.max(now, it.get("maxMeasuredValue") ?? now));
			},
		},
		execute: {
			resetMinAndMaxMeasuredValues(it) {
				const now = it.get("sensorValue") ?? tenths();
				it.set("minMeasuredValue", now);
				it.set("maxMeasuredValue", now);
			},
		},
	});
}
