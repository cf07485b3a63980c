import config from "mc/config";
import { Sha256 } from "../../modules/crypto/sha256.ts";
import type { Host, Streams, Tls } from "../../modules/host.ts";
import { HostFailure } from "../../modules/host.ts";
import { AlarmClock } from "../chips/alarm-clock.ts";
import { CheckedEntropy } from "../chips/checked-entropy.ts";
import { readConfigFactory } from "../chips/config-factory.ts";
import { SeededDice } from "../chips/dice.ts";
import { JsonLog } from "../chips/json-log.ts";
import { SdkTimer } from "../chips/sdk-timer.ts";
import { openPsaCrypto } from "../psa/psa-crypto.ts";
import { SocketDatagrams } from "../sockets/datagrams.ts";
import { SocketResolver } from "../sockets/resolver.ts";
import { Sockets } from "../sockets/sockets.ts";
import { AreaFlash, type AreaName } from "./flash.ts";
import { Link } from "./link.ts";
import { ZephyrPower } from "./power.ts";
import { openMcubootSlots } from "./slots.ts";
import { type ZephyrSystem, zephyr } from "./system.ts";
import { WakingDatagrams } from "./waking-datagrams.ts";

/** A turn that takes longer than this is stuck: the watchdog resets the chip. */
export const turnMaxMs = 30_000;

export interface ZephyrOptions {
	/** TCP: `(sockets) => new SocketStreams(sockets)` of hosts/sockets, and CONFIG_NET_TCP. Absent: neither is there. */
	readonly streams?: (sockets: Sockets) => Streams;
	/** `openTls` of hosts/tls, whose manifest the product includes: without it mbedTLS's ssl API is not in the image. */
	readonly tls?: () => Tls | undefined;
}

/** The host, and its network, which is to be begun. */
export interface ZephyrBoard {
	readonly host: Host;
	readonly link: Link;
}

/**
 * The ports of modules/host.ts on Zephyr. Made once per start.
 * @throws HostFailure when the board lacks one that nothing goes without
 */
export function openZephyr(options: ZephyrOptions = {}): ZephyrBoard {
	const system = zephyr;
	const hasWatchdog = system.startWatchdog(turnMaxMs);
	const clock: AlarmClock = new AlarmClock({
		nowMs: system.uptimeMs,
		makeTimer: (ring) =>
			new SdkTimer(() => {
				power.wake(false);
				ring();
			}),
		onTurnEnd: hasWatchdog ? system.feedWatchdog : undefined,
	});
	const power = new ZephyrPower({ system, nowMs: system.uptimeMs, wallTimeS: () => clock.wallTimeS() });
	const log = new JsonLog(clock, system.print);
	const entropy = new CheckedEntropy((bytes) => system.fillFromSystem(bytes));
	const crypto = openPsaCrypto();
	const sockets = new Sockets();
	const streams = options.streams?.(sockets);
	const tls = options.tls?.();
	const slots = openMcubootSlots({
		system,
		sha256: () => crypto?.sha256() ?? new Sha256(),
		resetCause: power.resetCause,
		noted: power.revertedWhy,
		note: (why) => power.noteRevert(why),
	});
	const flash = partition(system, "settings");
	const factoryFlash = partition(system, "factory");
	const hasThermometer = system.dieCentiCelsius() > -100_000;
	const link = new Link(system, log, power);
	const host: Host = {
		clock,
		dice: new SeededDice(entropy),
		entropy,
		...(crypto === undefined ? {} : { crypto }),
		openDatagrams: (options) => new WakingDatagrams(new SocketDatagrams(sockets, options), power),
		...(streams === undefined ? {} : { streams }),
		...(tls === undefined ? {} : { tls }),
		resolver: new SocketResolver(sockets),
		link,
		...(flash === undefined ? {} : { flash }),
		...(factoryFlash === undefined ? {} : { factoryFlash }),
		...(slots === undefined ? {} : { slots }),
		power,
		log,
		factory: readConfigFactory(config),
		platform: String((config as { readonly board?: string }).board ?? "zephyr"),
		...(hasThermometer ? { temperature: () => system.dieCentiCelsius() / 100 } : {}),
	};
	return { host, link };
}

/** @returns undefined when the board has no such partition */
function partition(system: ZephyrSystem, name: AreaName): AreaFlash | undefined {
	try {
		return new AreaFlash(system, name);
	} catch (error) {
		if (error instanceof HostFailure) return undefined;
		throw error;
	}
}
