import type { Crypto, Dice, Flash, Host, KeyHandle, Log, Tls } from "../../modules/host.ts";
import { CheckedEntropy } from "../chips/checked-entropy.ts";
import { SeededDice } from "../chips/dice.ts";
import { JsonLog } from "../chips/json-log.ts";
import { ReportedLink } from "../chips/reported-link.ts";
import { SdkTimer } from "../chips/sdk-timer.ts";
import { openPsaCrypto } from "../psa/psa-crypto.ts";
import { SocketResolver } from "../sockets/resolver.ts";
import { Sockets } from "../sockets/sockets.ts";
import { SocketStreams } from "../sockets/streams.ts";
import { ChipClock } from "./clock.ts";
import {
	chipCelsius,
	fillFromChip,
	printLine,
	readDeviceKey,
	sleepLightly,
	target,
	wasDeadline,
} from "./esp32-system.ts";
import { readFactory, setting } from "./factory.ts";
import { PartitionFlash } from "./flash.ts";
import type { Network } from "./network.ts";
import { ChipPower } from "./power.ts";
import { OtaSlots } from "./slots.ts";
import { WakingDatagrams } from "./waking-datagrams.ts";
import { Wifi } from "./wifi.ts";

export interface Esp32Options {
	/** In place of Wi-Fi: what a product reaches the Internet by. */
	readonly network?: (dice: Dice, log: Log) => Network;
	/** `openTls` of hosts/tls, whose manifest the product includes: without it mbedTLS's ssl API is not in the image. */
	readonly tls?: () => Tls | undefined;
	/** A pin that ends deep sleep, by its GPIO number: an RTC GPIO on ESP32, S3 and C6, GPIO 0 to 5 on C3. */
	readonly wakePin?: { readonly pin: number; readonly level: 0 | 1 };
	/** How long a deep sleep has to be to cost less than a light one, where it was measured: Power.deepPaysMs. */
	readonly deepPaysMs?: number;
	/** Called when the network has come or gone, after the first time it was there. */
	readonly onNetwork?: (isOnline: boolean) => void;
}

/** The ports of modules/host.ts on ESP-IDF, and the network. */
export interface Esp32 extends Host {
	readonly network: Network;
	readonly power: ChipPower;
	/** To be told whenever the network has changed: begin.ts does that. */
	readonly link: ReportedLink;
}

/**
 * Made once per boot. The network is not started: main.ts does that.
 * @throws HostFailure when the chip lacks what it can not do without
 */
export function openEsp32(options: Esp32Options = {}): Esp32 {
	const clock = new ChipClock();
	const makeTimer = (ring: () => void) => new SdkTimer(ring);
	const { wakePin, deepPaysMs } = options;
	const power = new ChipPower({ clock, makeTimer, wakePin, deepPaysMs }); // before what may fail: it resets then
	const log = new JsonLog(clock, (line) => {
		if (!printLine(line)) trace(line);
	});
	const entropy = new CheckedEntropy(fillFromChip);
	const dice = new SeededDice(entropy);
	const network = options.network?.(dice, log) ?? makeWifi(dice, log, makeTimer);
	const sockets = new Sockets();
	const crypto = openPsaCrypto();
	const flash = PartitionFlash.open("settings");
	const factoryFlash = PartitionFlash.open("factory_data");
	const tls = options.tls?.();
	const slots = OtaSlots.open(power.resetCause, wasDeadline());
	power.network = network;
	const link = new ReportedLink(network, power);
	power.onWake(() =>
		network.start((isOnline) => {
			link.changed();
			options.onNetwork?.(isOnline);
		}),
	);
	sleepLightly();
	return {
		clock,
		dice,
		entropy,
		...(crypto === undefined ? {} : { crypto }),
		...keyOf(crypto),
		openDatagrams: (it) => new WakingDatagrams(sockets, it, power),
		streams: new SocketStreams(sockets),
		...(tls === undefined ? {} : { tls }),
		resolver: new SocketResolver(sockets),
		link,
		...(flash === undefined ? {} : { flash }),
		...(factoryFlash === undefined ? {} : { factoryFlash }),
		...(slots === undefined ? {} : { slots }),
		power,
		log,
		factory: readFactory(holdsRecord(factoryFlash)),
		platform: target(),
		...(chipCelsius() === undefined ? {} : { temperature: () => chipCelsius() ?? 0 }),
		network,
	};
}

function makeWifi(dice: Dice, log: Log, makeTimer: (ring: () => void) => SdkTimer): Network {
	return new Wifi({ ssid: setting("ssid") ?? "", password: setting("password") ?? "", dice, log, makeTimer });
}

/** Whether somebody wrote to the factory's partition; what stands there is read later, with a check. */
function holdsRecord(flash: Flash | undefined): boolean {
	const first = new Uint8Array(4);
	flash?.read(0, first);
	return flash !== undefined && first[0] === 0x44 && first[1] === 0x4d && first[2] === 0x46 && first[3] === 0x52;
}

/** The key that settings are sealed with: of the chips that keep one where no program reads it. */
function keyOf(crypto: Crypto | undefined): { readonly deviceKey?: KeyHandle } {
	const bytes = new Uint8Array(16);
	if (crypto === undefined || !readDeviceKey(bytes)) return {};
	const deviceKey = crypto.importAesKey(bytes);
	bytes.fill(0);
	return { deviceKey };
}
