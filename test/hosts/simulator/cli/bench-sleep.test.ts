/** What a wake costs: the figures that the README has, and that deep sleep is worth its name. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { loadDevice } from "../../../../hosts/simulator/board/loader.ts";
import { lines } from "../../../../hosts/simulator/cli/bench-sleep.ts";
import { type WakeKind, wakeCosts } from "../../../../hosts/simulator/cli/bench-sleep-wakes.ts";

const device = await loadDevice();
const esp32 = await wakeCosts(device, "esp32");
const nrf52840 = await wakeCosts(device, "nrf52840");

test("a wake with a notification is one datagram out: no handshake, no registration", () => {
	for (const wakes of [esp32, nrf52840]) {
		for (const kind of ["notification", "notificationOutOfLightSleep"] as const) {
			const { datagrams, sentBytes, receivedBytes, handshakeBytes, registrations, updates, notifications } =
				wakes[kind];
			deepEqual([datagrams, receivedBytes, handshakeBytes], [1, 0, 0]);
			deepEqual([registrations, updates, notifications], [0, 0, 1]);
			ok(sentBytes <= 50, `${sentBytes} bytes`);
		}
	}
});

test("after a reset and a power cut there is no handshake and no registration either", () => {
	for (const wakes of [esp32, nrf52840]) {
		for (const kind of ["watchdog", "powerLossWithClock", "powerLossWithoutClock"] as const) {
			const { handshakeBytes, registrations, updates } = wakes[kind];
			deepEqual([handshakeBytes, registrations, updates], [0, 0, kind === "powerLossWithoutClock" ? 1 : 0]);
		}
	}
});

test("a lost session is resumed, and the registration stays", () => {
	const { handshakeBytes, handshakeDatagrams, registrations, updates } = esp32.resumption;
	// By id: a flight less than a whole handshake; the server ends the session that was lost with an alert.
	deepEqual([handshakeBytes, handshakeDatagrams, registrations, updates], [494 + 31, 5 + 1, 0, 1]);
});

test("a client that keeps nothing pays for its first connection in each wake", () => {
	for (const wakes of [esp32, nrf52840]) {
		const { naive, notification, firstConnect } = wakes;
		equal(naive.registrations, 1);
		equal(naive.handshakeDatagrams, 6);
		equal(naive.bytesWithHeaders, firstConnect.bytesWithHeaders);
		ok(naive.bytesWithHeaders > 20 * notification.bytesWithHeaders);
		ok(naive.chargeMc > notification.chargeMc);
		equal(naive.flashMc, 0);
	}
});

test("what charge is told can not be more than was drawn, and the same is told again", async () => {
	for (const [kind, { chargeMc, flashMc, windowMc }] of Object.entries(esp32)) {
		ok(chargeMc > flashMc + windowMc && flashMc >= 0 && windowMc > 0, kind);
	}
	deepEqual(await wakeCosts(device, "esp32"), esp32);
});

test("the table has a line for each kind of wake, and the peer's beside them", () => {
	const table = lines({ boards: { esp32, nrf52840, nrf9160: esp32 }, cited: [] }).join("\n");
	for (const kind of Object.keys(esp32) as WakeKind[]) {
		const { sentBytes, chargeMc } = esp32[kind];
		ok(table.includes(String(sentBytes)) && table.includes(chargeMc.toFixed(chargeMc < 100 ? 1 : 0)), kind);
	}
});
