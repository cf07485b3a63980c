import application from "../../src/main.ts";
import { SdkTimer } from "../chips/sdk-timer.ts";
import { openEsp32 } from "./host.ts";

/** After so long the device begins without a network: its client tries again by itself. */
const patienceMs = 20_000;

/** Called by the SDK once the machine runs. */
export default function main(): void {
	const host = openEsp32();
	let hasBegun = false;
	const begin = () => {
		if (hasBegun) return;
		hasBegun = true;
		application(host);
	};
	const patience = new SdkTimer(begin);
	patience.start(patienceMs);
	try {
		host.network.start((isOnline) => {
			if (!isOnline || hasBegun) return;
			patience.stop();
			begin();
		});
	} catch (error) {
		host.log.write({ event: "networkFailed", reason: error instanceof Error ? error.message : String(error) });
	}
}
