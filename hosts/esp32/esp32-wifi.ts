/** Wi-Fi as a station; esp32-wifi.c has the other half. */

/** What happens, as esp32-wifi.c numbers it. */
export const started = 1;
export const lost = 2;
export const hasIPv4 = 3;
export const hasIPv6 = 4;
export const noIPv4 = 5;

/** @param listener the first one stays. @throws Error when the radio does not start */
export function startRadio(
	this: void,
	listener: { happened(what: number, why: number): void },
	ssid: string,
	password: string,
): void {
	native("xs_dormouse_esp_wifi_start").call(this, listener, ssid, password);
}

export function connectRadio(this: void): boolean {
	return native("xs_dormouse_esp_wifi_connect").call(this);
}

export function stopRadio(this: void): void {
	native("xs_dormouse_esp_wifi_stop").call(this);
}

/** The station's MAC address, 12 hexadecimal digits. */
export function stationAddress(this: void): string | undefined {
	return native("xs_dormouse_esp_wifi_mac").call(this);
}
