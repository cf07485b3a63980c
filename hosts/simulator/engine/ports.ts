import type { Aead } from "../../../modules/host.ts";
import type { Program } from "./compiler.ts";

/**
 * What a board's crypto accelerator computes. The keys are the machine's, in its memory; nothing here remembers
 * anything, and what is given is only borrowed.
 */
export interface Accelerator {
	/** HMAC-SHA-256. @returns 32 bytes */
	hmac(secret: Uint8Array, bytes: Uint8Array): Uint8Array;
	/** The PRF of TLS 1.2 with SHA-256 (RFC 5246 §5); `into` is filled. */
	prf(secret: Uint8Array, labelAndSeed: Uint8Array, into: Uint8Array): void;
	/** @returns ciphertext and tag */
	seal(aead: Aead, key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plain: Uint8Array): Uint8Array;
	/** @returns the plaintext, or undefined when it does not verify */
	open(aead: Aead, key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
	/** AES-128-CBC in place, whole blocks. */
	cbc(direction: "encrypt" | "decrypt", key: Uint8Array, iv: Uint8Array, bytes: Uint8Array): void;
	/** Whether these bytes are a private key of P-256. */
	isScalar(bytes: Uint8Array): boolean;
	/** Draws a private key. */
	drawScalar(fillEntropy: (bytes: Uint8Array) => void): Uint8Array;
	/** @returns the public point, 65 bytes */
	pointOf(scalar: Uint8Array): Uint8Array;
	/** ECDH. @returns undefined for what is no point */
	sharedX(scalar: Uint8Array, point: Uint8Array): Uint8Array | undefined;
	/** ECDSA; one key and hash have one signature, so that a run can be repeated. @returns r and s, 64 bytes */
	sign(scalar: Uint8Array, hash: Uint8Array): Uint8Array;
	isSignature(point: Uint8Array, hash: Uint8Array, signature: Uint8Array): boolean;
}

/** What the engine's C shim asks of the board around it. Called synchronously from inside the running device. */
export interface BoardPorts {
	nowMs(): number;
	/** Seconds since 1970, or undefined while nobody has set the clock. */
	wallTimeS(): number | undefined;
	setWallTimeS(seconds: number): void;
	/** One pending alarm; undefined clears it. Answered later by the event { kind: "alarm" }. */
	setAlarm(atMs: number | undefined): void;
	/** @returns an integer, 0 <= n < bound */
	dice(bound: number): number;
	fillEntropy(bytes: Uint8Array): void;
	/** Absent on a board without one. */
	readonly accelerator?: Accelerator;
	/** One LogRecord as JSON. */
	log(json: string): void;
	/** Console text, for people. */
	print(text: string): void;
	/** @returns a socket number, or -1 when no more sockets or the port is taken; port 0 lets the board choose */
	udpOpen(port: number): number;
	/** @returns undefined when nothing waits. `bytes` is the board's own; it is copied before the next call */
	udpRead(socket: number): { readonly bytes: Uint8Array; readonly host: string; readonly port: number } | undefined;
	/** @returns false when the network refuses it (no route, too large) */
	udpWrite(socket: number, bytes: Uint8Array, host: string, port: number): boolean;
	udpClose(socket: number): void;
	/** Answered later by the event { kind: "resolved" }. */
	resolve(name: string): void;
	/** The partition for settings: offsets count from its beginning. Each returns an error for people, or undefined. */
	readonly flashSizeBytes: number;
	readonly flashSectorBytes: number;
	readonly flashWriteBytes: number;
	flashRead(offset: number, into: Uint8Array): string | undefined;
	flashWrite(offset: number, bytes: Uint8Array): string | undefined;
	flashErase(offset: number, size: number): string | undefined;
	/** The factory's partition: only read, at flashRead(factoryAt + offset). 0: the board has none. */
	readonly factorySizeBytes: number;
	/** The bootstrap file of the smart card, at flashRead(cardAt + offset). -1: no card, or no such file on it. */
	smartCardSizeBytes(): number;
	/** 0: none. */
	readonly retainedSizeBytes: number;
	/** Both return an error for people, or undefined. */
	retainedRead(offset: number, into: Uint8Array): string | undefined;
	retainedWrite(offset: number, bytes: Uint8Array): string | undefined;
	/** Absent on a board without a boot loader. */
	readonly slots?: SlotPorts;
	/** Absent on a board without a partition for mods. */
	readonly mods?: ModPorts;
	/**
	 * After the current turn.
	 * @param depth 0: idle, 1: light, 2: deep, 3: off
	 * @returns an error for people, or undefined
	 */
	sleep(untilMs: number | undefined, depth: number): string | undefined;
	/** What ended the last sleep. 0: there was none, or nobody knows; 1: the time, 2: a pin, 3: the radio */
	wakeReason(): number;
	/** After the current turn. */
	restart(): void;
	/** The device has de-registered and saved; after the current turn it is off. */
	off(): void;
	/** Degrees Celsius of the board's thermometer. */
	temperature(): number;
	/**
	 * Fixed for one boot: platform, resetCause, clockWentOn, deepPaysMs, factory, link (isUp, address), slots
	 * (SlotPorts.recordJson), as JSON.
	 */
	readonly bootRecordJson: string;
}

/** The board's boot loader, as the running program sees it; the Slots port of modules/host.ts on numbers and text. */
export interface SlotPorts {
	/** Of the other slot; its geometry is the flash's. */
	readonly sizeBytes: number;
	/** { running, bootReason } */
	readonly recordJson: string;
	/** @param slot 0: a, 1: b @returns { state, image } as JSON */
	describe(slot: number): string;
	/** Each of the following returns an error for people, or undefined. */
	read(offset: number, into: Uint8Array): string | undefined;
	write(offset: number, bytes: Uint8Array): string | undefined;
	erase(offset: number, size: number): string | undefined;
	/** @param what 0: mark the other slot, 1: confirm, 2: revert */
	mark(what: number, why: string): string | undefined;
	/** @returns an ImageVerdict */
	verify(): string;
}

/** The partition for mods, as the running program sees it; the Mods port of modules/host.ts. */
export interface ModPorts {
	readonly sizeBytes: number;
	/** @returns { image } as JSON */
	describe(): string;
	/** Each of the following returns an error for people, or undefined. */
	read(offset: number, into: Uint8Array): string | undefined;
	write(offset: number, bytes: Uint8Array): string | undefined;
	erase(offset: number, size: number): string | undefined;
	/** @returns an ImageVerdict */
	verify(): string;
	/** @returns what is to be run, its modules' names told from all others; or an error for people */
	load(): (Program & { readonly entry: string }) | string;
}

/** What the board tells the device; each is one turn of its loop. */
export type DeviceEvent =
	| { readonly kind: "alarm" }
	| { readonly kind: "readable"; readonly socket: number; readonly count: number }
	| { readonly kind: "unreachable"; readonly socket: number; readonly host: string; readonly port: number }
	| { readonly kind: "resolved"; readonly name: string; readonly hosts: readonly string[] }
	| { readonly kind: "shutDown" }
	/** A smart card was put in, taken out, or has another file. */
	| { readonly kind: "smartCard" }
	/** A pin ended a sleep, or would have. */
	| { readonly kind: "pin" }
	/** The network came, went, or knows the board by another address; it has a number. */
	| { readonly kind: "link"; readonly isUp: boolean; readonly address: number };
