import Timer from "timer";
import { portableP256 } from "../../modules/crypto/p256.ts";
import { PortableCrypto } from "../../modules/crypto/portable.ts";
import type { Crypto, Entropy, Host, Slots, Tls } from "../../modules/host.ts";
import { CheckedEntropy } from "../chips/checked-entropy.ts";
import { SeededDice } from "../chips/dice.ts";
import { ReportedLink } from "../chips/reported-link.ts";
import { openPsaCrypto } from "../psa/psa-crypto.ts";
import { SocketResolver } from "../sockets/resolver.ts";
import { Sockets } from "../sockets/sockets.ts";
import { type BootRecord, readBootRecord } from "./boot-record.ts";
import { DesktopClock } from "./clock.ts";
import { type Radio, RadioDatagrams } from "./datagrams.ts";
import { addressTowards, countFrom, fillFromSystem, platformName } from "./desktop-system.ts";
import { readFactory } from "./factory.ts";
import { PartitionFlash } from "./flash.ts";
import { DomainKeyValue } from "./key-value.ts";
import { DesktopPower } from "./power.ts";
import { roomCelsius } from "./room.ts";
import { DesktopSlots } from "./slots.ts";
import { DesktopStreams } from "./streams.ts";
import { TraceLog } from "./trace-log.ts";
import { Ways } from "./ways.ts";

/** How often somebody looks whether there is a network: some system calls for each of a few hosts. */
const lookEveryMs = 1000;

/** What a product adds. */
export interface DesktopOptions {
	/** `openTls`, with the manifest of hosts/tls. */
	readonly tls?: () => Tls | undefined;
}

/**
 * The ports of modules/host.ts on the SDK's simulator. Made once per start.
 * @throws HostFailure when the computer lacks one
 */
export function openDesktop(options: DesktopOptions = {}): Host {
	const boot = readBootRecord();
	if (boot !== undefined) countFrom(boot.poweredAtMs);
	const power = new DesktopPower(boot); // first, because it knows what to do when one of the others fails
	const clock = new DesktopClock();
	const entropy = new CheckedEntropy(fillFromSystem);
	const crypto = openPsaCrypto();
	const tls = options.tls?.();
	const sockets = new Sockets();
	const ways = new Ways(addressTowards);
	const radio: Radio = {
		isDeaf: () => power.isDeaf(clock),
		sends: (host) => {
			power.hear();
			ways.towards(host);
		},
	};
	return {
		clock,
		dice: new SeededDice(entropy),
		entropy,
		...(crypto === undefined ? {} : { crypto }),
		openDatagrams: (options) => new RadioDatagrams(sockets, options, radio),
		streams: new DesktopStreams(sockets, ways),
		...(tls === undefined ? {} : { tls }),
		resolver: new SocketResolver(sockets),
		link: watched(ways, radio),
		flash: new PartitionFlash("settings"),
		keyValue: new DomainKeyValue("device"),
		factoryFlash: new PartitionFlash("factory"),
		...(boot === undefined ? {} : { slots: openSlots(boot, crypto, entropy) }),
		power,
		log: new TraceLog(clock),
		factory: readFactory(),
		platform: platformName(),
		temperature: () => roomCelsius(clock.nowMs()),
	};
}

/** Looked at, and not told: that is the same on all systems, and a second is soon. */
function watched(ways: Ways, radio: Radio): ReportedLink {
	const link = new ReportedLink(ways, {
		get isResting() {
			return radio.isDeaf();
		},
	});
	// Made once and never moved: see clock.ts about the SDK's timers.
	Timer.repeat(() => {
		if (ways.look()) link.changed();
	}, lookEveryMs);
	return link;
}

function openSlots(boot: BootRecord, crypto: Crypto | undefined, entropy: Entropy): Slots {
	return new DesktopSlots({
		boot,
		a: new PartitionFlash("slotA"),
		b: new PartitionFlash("slotB"),
		state: new PartitionFlash("boot"),
		crypto: () => crypto ?? new PortableCrypto({ entropy, p256: portableP256 }),
	});
}
