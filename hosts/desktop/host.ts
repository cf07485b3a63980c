import { portableP256 } from "../../modules/crypto/p256.ts";
import { PortableCrypto } from "../../modules/crypto/portable.ts";
import type { Crypto, Entropy, Host, Slots, Tls } from "../../modules/host.ts";
import { CheckedEntropy } from "../chips/checked-entropy.ts";
import { SeededDice } from "../chips/dice.ts";
import { openPsaCrypto } from "../psa/psa-crypto.ts";
import { SocketResolver } from "../sockets/resolver.ts";
import { Sockets } from "../sockets/sockets.ts";
import { SocketStreams } from "../sockets/streams.ts";
import { type BootRecord, readBootRecord } from "./boot-record.ts";
import { DesktopClock } from "./clock.ts";
import { RadioDatagrams } from "./datagrams.ts";
import { countFrom, fillFromSystem, platformName } from "./desktop-system.ts";
import { readFactory } from "./factory.ts";
import { PartitionFlash } from "./flash.ts";
import { DomainKeyValue } from "./key-value.ts";
import { DesktopPower } from "./power.ts";
import { roomCelsius } from "./room.ts";
import { DesktopSlots } from "./slots.ts";
import { TraceLog } from "./trace-log.ts";

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
	const radio = { isDeaf: () => power.isDeaf(clock), hear: () => power.hear() };
	return {
		clock,
		dice: new SeededDice(entropy),
		entropy,
		...(crypto === undefined ? {} : { crypto }),
		openDatagrams: (options) => new RadioDatagrams(sockets, options, radio),
		streams: new SocketStreams(sockets),
		...(tls === undefined ? {} : { tls }),
		resolver: new SocketResolver(sockets),
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

function openSlots(boot: BootRecord, crypto: Crypto | undefined, entropy: Entropy): Slots {
	return new DesktopSlots({
		boot,
		a: new PartitionFlash("slotA"),
		b: new PartitionFlash("slotB"),
		state: new PartitionFlash("boot"),
		crypto: () => crypto ?? new PortableCrypto({ entropy, p256: portableP256 }),
	});
}
