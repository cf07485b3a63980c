const periodMs = 600_000;
const meanCelsius = 21;
const swingCelsius = 2;

/**
 * The temperature of a room that does not exist, in degrees Celsius with one decimal: a computer has no thermometer for
 * rooms, and an application without a value that changes shows little. 21 °C ± 2 °C in a wave of ten minutes.
 */
export function roomCelsius(nowMs: number): number {
	const celsius = meanCelsius + swingCelsius * Math.sin((nowMs / periodMs) * 2 * Math.PI);
	return Math.round(celsius * 10) / 10;
}
