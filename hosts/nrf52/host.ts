import config from "mc/config";
import Timer from "timer";
import { type Flash, type Host, HostFailure } from "../../modules/host.ts";
import { AlarmClock } from "../chips/alarm-clock.ts";
import { CheckedEntropy } from "../chips/checked-entropy.ts";
import { readConfigFactory } from "../chips/config-factory.ts";
import { SeededDice } from "../chips/dice.ts";
import { JsonLog } from "../chips/json-log.ts";
import { ReportedLink } from "../chips/reported-link.ts";
import { SdkTimer } from "../chips/sdk-timer.ts";
import { SettingsFlash } from "./flash.ts";
import { LineNetwork } from "./line-network.ts";
import { Nrf52Power } from "./power.ts";
import { SerialLine } from "./serial-line.ts";
import { nrf52 } from "./system.ts";

/**
 * The ports of modules/host.ts on the SDK's own port to the nRF52840, which has no IP: datagrams and names go over a
 * serial line to somebody who has (FRAMES.md). Made once per start.
 * @param onNetwork is told when the network behind the line comes and goes
 */
export function openNrf52(onNetwork: (isOnline: boolean) => void): Host {
	const power = new Nrf52Power({ system: nrf52, wallTimeS: () => clock.wallTimeS() });
	const nowMs = (): number => power.nowMs();
	const clock: AlarmClock = new AlarmClock({
		nowMs,
		makeTimer: (ring) => new SdkTimer(ring),
		bootedAtS: power.wallTimeS === undefined ? undefined : power.wallTimeS - nowMs() / 1000,
	});
	const log = new JsonLog(clock, (line) => trace(line));
	const entropy = new CheckedEntropy((bytes) => nrf52.fillFromSystem(bytes));
	const line: SerialLine = new SerialLine(() => network);
	const dice = new SeededDice(entropy);
	const network: LineNetwork = new LineNetwork({
		line,
		session: 1 + dice.below(65_535),
		after: (delayMs, run) => {
			Timer.set(run, delayMs);
		},
		onNetwork: (isOnline) => {
			log.write({ event: "link", state: isOnline ? "online" : "offline" });
			link.changed();
			onNetwork(isOnline);
		},
	});
	const link = new ReportedLink(network, { isResting: false }); // the modem behind the line rests by itself
	const flash = settingsFlash();
	return {
		clock,
		dice,
		entropy,
		openDatagrams: (options) => network.open(options),
		resolver: network,
		link,
		...(flash === undefined ? {} : { flash }),
		power,
		log,
		factory: readConfigFactory(config),
		platform: "nrf52840",
	};
}

function settingsFlash(): Flash | undefined {
	try {
		return new SettingsFlash(nrf52);
	} catch (error) {
		if (error instanceof HostFailure) return undefined;
		throw error;
	}
}
