import type { Address } from "../../../modules/host.ts";

/**
 * What the simulated board gives its program as globalThis.board: hosts/simulator/engine/shim/natives.c. Everything
 * is synchronous.
 */
export interface Natives {
	nowMs(): number;
	/** undefined while nobody has set the clock */
	wallTimeS(): number | undefined;
	setWallTimeS(seconds: number): void;
	/** Asks for the event `alarm`; undefined asks for none. */
	setAlarm(atMs: number | undefined): void;
	dice(bound: number): number;
	fillEntropy(bytes: Uint8Array): void;
	/** Without one, none of the functions down to hashDigest works. Those throw on what is a bug: an unknown key. */
	hasAccelerator(): boolean;
	/**
	 * @param kind 1: secret, 2: AES-128, 3: P-256
	 * @returns a handle, 0 when there is no room, -1 when it is no such key
	 */
	keyImport(kind: number, bytes: Uint8Array): number;
	/** A private key of P-256. @returns a handle, or 0 when there is no room */
	keyGenerate(): number;
	keyRelease(key: number): void;
	/** @returns the size of a secret, -1 when it is another key; a secret that does not fit is not written */
	keyExport(key: number, into: Uint8Array): number;
	publicPoint(key: number, into: Uint8Array): void;
	/** @returns a handle, 0 when there is no room, -1 when it is no point */
	agree(key: number, point: Uint8Array): number;
	sign(key: number, hash: Uint8Array, into: Uint8Array): void;
	verify(point: Uint8Array, hash: Uint8Array, signature: Uint8Array): boolean;
	hmac(key: number, bytes: Uint8Array, at: number, end: number, into: Uint8Array): void;
	prf(key: number, labelAndSeed: Uint8Array, into: Uint8Array): void;
	/** @returns a handle, or 0 when there is no room */
	masterSecret(key: number, isPsk: 0 | 1, labelAndSeed: Uint8Array): number;
	/** @param aead 0: CCM_8, 1: GCM @returns the size */
	seal(
		aead: 0 | 1,
		key: number,
		nonce: Uint8Array,
		aad: Uint8Array,
		bytes: Uint8Array,
		at: number,
		end: number,
		into: Uint8Array,
		intoAt: number,
	): number;
	/** @returns the size, or -1 */
	open: Natives["seal"];
	cbc(isDecrypt: 0 | 1, key: number, iv: Uint8Array, bytes: Uint8Array, at: number, end: number): void;
	/** @param state 100 zeros at first */
	hashUpdate(state: Uint8Array, bytes: Uint8Array, at: number, end: number): void;
	hashDigest(state: Uint8Array, into: Uint8Array): void;
	log(json: string): void;
	print(text: string): void;
	/** @returns a socket number, or -1 when the board has no more or the port is taken */
	udpOpen(port: number): number;
	/** @returns the size of the datagram, its sender in `from`; -1 when none waits. One that does not fit is dropped */
	udpRead(socket: number, into: Uint8Array, from: Address): number;
	udpWrite(socket: number, bytes: Uint8Array, host: string, port: number): boolean;
	udpClose(socket: number): void;
	/** Asks for the event `resolved`. */
	resolve(name: string): void;
	/**
	 * Bytes. 0: size of the settings partition, 1: of a sector, 2: of what is written at once; 3: size of the factory's
	 * partition, 0 without one; 4: size of the smart card's bootstrap file, -1 without one; 5: size of the RAM that
	 * outlives resets, 0 without any
	 */
	flashGeometry(which: 0 | 1 | 2 | 3 | 4 | 5): number;
	/**
	 * These three return an error for people, or undefined. Reads from factoryAt on are of the factory's partition, from
	 * cardAt on of the smart card's file.
	 */
	flashRead(offset: number, into: Uint8Array): string | undefined;
	flashWrite(offset: number, bytes: Uint8Array): string | undefined;
	flashErase(offset: number, size: number): string | undefined;
	/** Both return an error for people, or undefined. */
	retainedRead(offset: number, into: Uint8Array): string | undefined;
	retainedWrite(offset: number, bytes: Uint8Array): string | undefined;
	/** Of the other slot; 0: there is no boot loader, and none of the functions down to slotMark works. */
	slotSize(): number;
	/** @param slot 0: a, 1: b @returns { state, image } as JSON */
	slotRecord(slot: 0 | 1): string;
	/** Offsets in the other slot; errors as of the three above. */
	slotRead(offset: number, into: Uint8Array): string | undefined;
	slotWrite(offset: number, bytes: Uint8Array): string | undefined;
	slotErase(offset: number, size: number): string | undefined;
	/** @returns an ImageVerdict */
	slotVerify(): string;
	/** @param what 0: mark the other slot, 1: confirm, 2: revert @returns an error for people, or undefined */
	slotMark(what: 0 | 1 | 2, why: string): string | undefined;
	/** Of the partition for mods; 0: there is none, and none of the functions down to modLoad works. */
	modSize(): number;
	/** @returns { image } as JSON */
	modRecord(): string;
	modRead(offset: number, into: Uint8Array): string | undefined;
	modWrite(offset: number, bytes: Uint8Array): string | undefined;
	modErase(offset: number, size: number): string | undefined;
	modVerify(): string;
	/** Loads what is there. @returns the default export of its entry. Throws why not */
	modLoad(): unknown;
	/** After the turn; @param depth of depthNumbers @returns an error for people, or undefined */
	sleep(untilMs: number | undefined, depth: number): string | undefined;
	/** What ended the last sleep. 0: there was none, 1: the time, 2: a pin, 3: the radio */
	wakeReason(): number;
	restart(): void;
	off(): void;
	temperature(): number;
	/**
	 * JSON: { platform, resetCause, clockWentOn, deepPaysMs, factory, hasCardReader, deviceKey, link: { isUp, address },
	 * slots: { running, bootReason } }; deviceKey: 32 digits, with an accelerator alone; link: where somebody knows
	 */
	bootRecord(): string;
	/** Who gets the board's events: one call, one turn. A second call replaces the first. */
	listen(handler: (kind: number, first: number, second: number, text: string | undefined) => void): void;
}

/** Where flashRead finds what is not the settings. */
export const factoryAt = 0x1_0000_0000;
export const cardAt = 0x2_0000_0000;

/** Numbers of the board's events: hosts/simulator/engine/machine.ts sends them. */
export const eventKinds = Object.freeze({
	alarm: 1,
	/** first: socket, second: how many datagrams wait */
	readable: 2,
	/** first: how many addresses there are; text: the name and they, a line each */
	resolved: 3,
	shutDown: 4,
	smartCard: 5,
	/** first: socket, second: port; text: address. The network can not deliver what was sent there */
	unreachable: 6,
	/** A pin woke the board, or would have. */
	pin: 7,
	/** first: 1: there is a network, 0: there is none; second: another number for another address of the board */
	link: 8,
});

/** Numbers of depths; BoardPorts.sleep has the same. */
export const depthNumbers = Object.freeze({ idle: 0, light: 1, deep: 2, off: 3 });
