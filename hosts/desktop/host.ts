import type { Host } from "../../modules/host.ts";
import { openPsaCrypto } from "../psa/psa-crypto.ts";
import { SeededDice, SystemEntropy } from "./chance.ts";
import { DesktopClock } from "./clock.ts";
import { UdpDatagrams } from "./datagrams.ts";
import { readFactory } from "./factory.ts";
import { PartitionFlash } from "./flash.ts";
import { DesktopPower } from "./power.ts";
import { SystemResolver } from "./resolver.ts";
import { roomCelsius } from "./room.ts";
import { TraceLog } from "./trace-log.ts";

/**
 * The ports of modules/host.ts on the SDK's simulator. Made once per start.
 * @throws HostFailure when the computer lacks one
 */
export function openDesktop(platform: string): Host {
	const power = new DesktopPower(); // first, because it knows what to do when one of the others fails
	const clock = new DesktopClock();
	const entropy = new SystemEntropy();
	const crypto = openPsaCrypto();
	return {
		clock,
		dice: new SeededDice(entropy),
		entropy,
		...(crypto === undefined ? {} : { crypto }),
		openDatagrams: (options) => new UdpDatagrams(options),
		resolver: new SystemResolver(),
		flash: new PartitionFlash("settings"),
		power,
		log: new TraceLog(clock),
		factory: readFactory(),
		platform,
		temperature: () => roomCelsius(clock.nowMs()),
	};
}
