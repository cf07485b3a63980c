import { SdkTimer } from "../chips/sdk-timer.ts";
import type { Esp32 } from "./host.ts";

/** After so long the device begins without a network: its client tries again by itself. */
const patienceMs = 20_000;

/** Switches the network on, and starts the application when it is there. */
export function begin(host: Esp32, application: (host: Esp32) => void): void {
	let hasBegun = false;
	const start = () => {
		if (hasBegun) return;
		hasBegun = true;
		application(host);
	};
	const patience = new SdkTimer(start);
	patience.start(patienceMs);
	try {
		host.network.start((isOnline) => {
			host.link.changed();
			if (!isOnline || hasBegun) return;
			patience.stop();
			start();
		});
	} catch (error) {
		host.log.write({ event: "networkFailed", reason: error instanceof Error ? error.message : String(error) });
	}
}
