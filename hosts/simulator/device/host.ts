import { fromHex } from "../../../modules/bytes.ts";
import {
	type Address,
	type Clock,
	type Crypto,
	type Datagrams,
	type DatagramsOptions,
	type Dice,
	type Entropy,
	type Factory,
	type Flash,
	type Host,
	HostFailure,
	type KeyHandle,
	type LinkState,
	type Log,
	type LogRecord,
	type Mods,
	type NetworkLink,
	type Resolver,
	type Slots,
	type SmartCard,
} from "../../../modules/host.ts";
import { BoardCrypto } from "./crypto.ts";
import { BoardMods } from "./mods.ts";
import { cardAt, eventKinds, factoryAt, type Natives } from "./natives.ts";
import { BoardPower, type PowerRecord } from "./power.ts";
import { BoardSlots, type SlotsRecord } from "./slots.ts";

interface BootRecord extends PowerRecord {
	readonly platform: string;
	readonly factory: Factory;
	readonly hasCardReader: boolean;
	readonly deviceKey?: string;
	/** Absent where nobody knows. */
	readonly link?: { readonly isUp: boolean; readonly address: number };
	/** Absent on a board without a boot loader. */
	readonly slots?: SlotsRecord;
}

/** The ports of modules/host.ts over a simulated board's natives. One per boot. */
export class SimulatedHost implements Host {
	readonly clock: BoardClock;
	readonly dice: BoardChance;
	readonly entropy: BoardChance;
	readonly crypto?: Crypto;
	readonly resolver: BoardResolver;
	readonly link?: BoardLink;
	readonly flash: Flash;
	readonly factoryFlash?: Flash;
	readonly deviceKey?: KeyHandle;
	readonly smartCard?: BoardCard;
	readonly slots?: Slots;
	readonly mods?: Mods;
	readonly power: BoardPower;
	readonly log: Log;
	readonly factory: Factory;
	readonly platform: string;
	readonly temperature: () => number;
	readonly #natives: Natives;
	readonly #sockets: BoardDatagrams[] = [];
	/** The board's voice. */
	readonly #hear: Parameters<Natives["listen"]>[0] = (kind, first, second, text) => {
		if (kind === eventKinds.alarm || kind === eventKinds.pin) this.power.isResting = false;
		if (kind === eventKinds.alarm) this.clock.ring();
		else if (kind === eventKinds.readable) this.#sockets.find(({ socket }) => socket === first)?.onReadable(second);
		else if (kind === eventKinds.resolved) this.resolver.resolved(text ?? "");
		else if (kind === eventKinds.shutDown) this.power.shutDown();
		else if (kind === eventKinds.smartCard) this.smartCard?.changed();
		else if (kind === eventKinds.link) this.link?.changed(first === 1, second);
		else if (kind === eventKinds.pin)
			this.clock.ring(); // early: whoever is rung finds out what is due
		else if (kind === eventKinds.unreachable) {
			const datagrams = this.#sockets.find(({ socket }) => socket === first);
			datagrams?.onUnreachable?.({ host: text ?? "", port: second });
		}
	};

	constructor(natives: Natives) {
		const boot = JSON.parse(natives.bootRecord()) as BootRecord;
		const { platform, factory, hasCardReader, deviceKey, link, slots } = boot;
		this.#natives = natives;
		this.clock = new BoardClock(natives);
		this.dice = this.entropy = new BoardChance(natives);
		if (natives.hasAccelerator()) {
			this.crypto = new BoardCrypto(natives);
			if (deviceKey !== undefined) this.deviceKey = this.crypto.importAesKey(fromHex(deviceKey)!);
		}
		this.resolver = new BoardResolver(natives);
		this.flash = new BoardFlash(natives, natives.flashGeometry(0), 0);
		const factoryBytes = natives.flashGeometry(3);
		if (factoryBytes > 0) this.factoryFlash = new BoardFlash(natives, factoryBytes, factoryAt);
		if (hasCardReader) this.smartCard = new BoardCard(natives);
		if (slots !== undefined) this.slots = new BoardSlots(natives, slots);
		this.power = new BoardPower(natives, boot);
		if (link !== undefined) this.link = new BoardLink(this.power, link.isUp, link.address);
		this.log = new BoardLog(natives);
		this.factory = factory;
		this.platform = platform;
		this.temperature = natives.temperature; // as it is: natives do not look at `this`
		if (natives.modSize() > 0) this.mods = new BoardMods(natives, this);
		natives.listen(this.#hear);
	}

	openDatagrams(options: DatagramsOptions): Datagrams {
		const socket = this.#natives.udpOpen(options.port ?? 0);
		if (socket < 0)
			throw new HostFailure(`no socket for UDP port ${options.port ?? 0}: it is taken, or all are in use`);
		const datagrams = new BoardDatagrams(this.#natives, socket, options, this.#sockets, this.power);
		this.#sockets.push(datagrams);
		return datagrams;
	}
}

class BoardClock implements Clock {
	readonly #natives: Natives;
	#ring: (() => void) | undefined;

	constructor(natives: Natives) {
		this.#natives = natives;
	}

	nowMs(): number {
		return this.#natives.nowMs();
	}

	wallTimeS(): number | undefined {
		return this.#natives.wallTimeS();
	}

	setWallTimeS(seconds: number): void {
		this.#natives.setWallTimeS(seconds);
	}

	setAlarm(atMs: number | undefined, ring: () => void): void {
		this.#ring = atMs === undefined ? undefined : ring;
		this.#natives.setAlarm(atMs);
	}

	/** The board's alarm went off. */
	ring(): void {
		const ring = this.#ring;
		this.#ring = undefined;
		ring?.();
	}
}

/** Chance of both kinds: the board keeps them apart. */
class BoardChance implements Dice, Entropy {
	readonly #natives: Natives;

	constructor(natives: Natives) {
		this.#natives = natives;
	}

	below(bound: number): number {
		return this.#natives.dice(bound);
	}

	fill(bytes: Uint8Array): void {
		this.#natives.fillEntropy(bytes);
	}
}

class BoardLog implements Log {
	readonly #natives: Natives;

	constructor(natives: Natives) {
		this.#natives = natives;
	}

	write(record: LogRecord): void {
		this.#natives.log(JSON.stringify({ ...record })); // a copy: XS 13 refuses to stringify what lies in ROM
	}
}

class BoardDatagrams implements Datagrams {
	readonly onReadable: (count: number) => void;
	readonly onUnreachable: DatagramsOptions["onUnreachable"];
	readonly #natives: Natives;
	/** All that are open, this one among them. */
	readonly #open: BoardDatagrams[];
	readonly #power: BoardPower;
	/** -1: closed */
	#socket: number;

	constructor(natives: Natives, socket: number, options: DatagramsOptions, open: BoardDatagrams[], power: BoardPower) {
		this.onReadable = options.onReadable;
		this.onUnreachable = options.onUnreachable;
		this.#natives = natives;
		this.#open = open;
		this.#power = power;
		this.#socket = socket;
	}

	get socket(): number {
		return this.#socket;
	}

	read(into: Uint8Array, from: Address): number {
		return this.#socket < 0 ? -1 : this.#natives.udpRead(this.#socket, into, from);
	}

	write(bytes: Uint8Array, to: Address): void {
		if (this.#socket < 0) throw new HostFailure("the socket is closed");
		this.#power.isResting = false; // what is sent switches the radio on
		if (!this.#natives.udpWrite(this.#socket, bytes, to.host, to.port)) {
			throw new HostFailure(`the network refuses ${bytes.length} bytes to ${to.host} port ${to.port}`);
		}
	}

	close(): void {
		if (this.#socket < 0) return;
		this.#natives.udpClose(this.#socket);
		this.#socket = -1;
		this.#open.splice(this.#open.indexOf(this), 1);
	}
}

class BoardLink implements NetworkLink {
	address: number;
	readonly #power: BoardPower;
	#isUp: boolean;
	#listener: { wake(): void } | undefined;

	constructor(power: BoardPower, isUp: boolean, address: number) {
		this.#power = power;
		this.#isUp = isUp;
		this.address = address;
	}

	get state(): LinkState {
		return this.#power.isResting ? "resting" : this.#isUp ? "up" : "down";
	}

	onChanged(listener: { wake(): void }): void {
		this.#listener = listener;
	}

	/** The board says so; what it knows while the radio is off, it says when that is over. */
	changed(isUp: boolean, address: number): void {
		this.#isUp = isUp;
		this.address = address;
		this.#listener?.wake();
	}
}

/** Questions that may wait at once; a device asks for the names of its few servers. */
const maxQuestions = 8;

class BoardResolver implements Resolver {
	readonly #natives: Natives;
	readonly #questions: { readonly name: string; readonly onResolved: (hosts: readonly string[]) => void }[] = [];

	constructor(natives: Natives) {
		this.#natives = natives;
	}

	/** @throws HostFailure when too many names wait for an answer */
	resolve(name: string, onResolved: (hosts: readonly string[]) => void): void {
		if (this.#questions.length === maxQuestions) throw new HostFailure(`${maxQuestions} names wait to be resolved`);
		this.#questions.push({ name, onResolved });
		this.#natives.resolve(name);
	}

	/** @param text the name and its addresses, a line each */
	resolved(text: string): void {
		const hosts = text.split("\n");
		const name = hosts.shift();
		const index = this.#questions.findIndex((question) => question.name === name);
		if (index < 0) return;
		const [question] = this.#questions.splice(index, 1);
		question?.onResolved(hosts);
	}
}

class BoardFlash implements Flash {
	readonly sizeBytes: number;
	readonly sectorBytes: number;
	readonly writeBytes: number;
	readonly erasedByte = 0xff;
	readonly #natives: Natives;
	/** Where the partition begins, as the natives count. */
	readonly #base: number;

	constructor(natives: Natives, sizeBytes: number, base: number) {
		this.#natives = natives;
		this.#base = base;
		this.sizeBytes = sizeBytes;
		this.sectorBytes = natives.flashGeometry(1);
		this.writeBytes = natives.flashGeometry(2);
	}

	read(offset: number, into: Uint8Array): void {
		refuse(this.#natives.flashRead(this.#base + offset, into));
	}

	write(offset: number, bytes: Uint8Array): void {
		refuse(this.#natives.flashWrite(this.#base + offset, bytes));
	}

	erase(offset: number, size: number): void {
		refuse(this.#natives.flashErase(this.#base + offset, size));
	}
}

class BoardCard implements SmartCard {
	readonly #natives: Natives;
	#changed: (() => void) | undefined;

	constructor(natives: Natives) {
		this.#natives = natives;
	}

	read(): Uint8Array | undefined {
		const size = this.#natives.flashGeometry(4);
		if (size < 0) return undefined;
		const bytes = new Uint8Array(size);
		refuse(this.#natives.flashRead(cardAt, bytes));
		return bytes;
	}

	onChanged(changed: () => void): void {
		this.#changed = changed;
	}

	/** The board says that there is another card, or none. */
	changed(): void {
		this.#changed?.();
	}
}

function refuse(error: string | undefined): void {
	if (error !== undefined) throw new HostFailure(error);
}
