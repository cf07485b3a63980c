import { thermometer } from "../../src/thermometer.ts";
import { equal, test } from "../harness.ts";

test("[CORE-OBJ-1] the thermometer keeps the least and the most it measured, until told to begin anew", () => {
	let celsius = 20.04;
	const it = thermometer(() => celsius);
	equal(it.get("sensorValue"), 20);
	for (const value of [18.96, 25.55, 21]) {
		celsius = value;
		it.sample();
	}
	equal(it.get("sensorValue"), 21);
	equal(it.get("minMeasuredValue"), 19);
	equal(it.get("maxMeasuredValue"), 25.6);
	it.execute("resetMinAndMaxMeasuredValues", []);
	equal(it.get("minMeasuredValue"), 21);
	equal(it.get("maxMeasuredValue"), 21);
	equal(it.get("sensorUnits"), "Cel");
});

test("noise below a tenth of a degree is no news", () => {
	let told = 0;
	let celsius = 20;
	const it = thermometer(() => celsius);
	it.listen({ instanceChanged: () => told++ });
	celsius = 20.04;
	it.sample();
	equal(told, 0);
	celsius = 20.06;
	it.sample();
	equal(told, 2); // the value, and the most measured
});
