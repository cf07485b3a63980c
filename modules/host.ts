import type { Factory } from "./host-factory.ts";
import type { NetworkLink } from "./network-link.ts";
import type { Power } from "./power.ts";
import type { Mods, Slots } from "./slots.ts";
import type { TlsSettings } from "./tls.ts";

export type {
	Factory,
	FactoryBootstrap,
	FactorySecurity,
	FactoryServer,
	FactorySleep,
	FactoryValue,
} from "./host-factory.ts";
export type { LinkState, NetworkLink } from "./network-link.ts";
export type {
	Power,
	ResetCause,
	RetainedMemory,
	SleepDepth,
	WakeReason,
} from "./power.ts";
export type {
	BootReason,
	ImageVerdict,
	Mods,
	RevertReason,
	SlotImage,
	SlotName,
	SlotState,
	Slots,
} from "./slots.ts";
export type { TlsEnd, TlsSession, TlsSettings } from "./tls.ts";

/**
 * The ports: everything the library asks of a chip, an operating system or a simulated board. Types, and the one
 * error they throw; hosts/ implements them.
 * Where ECMA-419 defines the thing, the port takes its shape, so that an SDK class is an adapter of a few lines.
 */

/** A UDP or TCP address of a remote endpoint. */
export interface Address {
	/** An IPv4 or IPv6 literal, never a name: names go through the Resolver. */
	host: string;
	port: number;
}

export interface Clock {
	/**
	 * Milliseconds since some fixed moment before this boot, integer, never going back. Read once per turn, by the loop.
	 */
	nowMs(): number;
	/** Seconds since 1970-01-01T00:00:00Z, or undefined while nobody has set the clock. */
	wallTimeS(): number | undefined;
	setWallTimeS(seconds: number): void;
	/**
	 * Asks for one call of `ring` at `atMs` on the nowMs scale, or a little later; a new call replaces the old one.
	 * undefined asks for none. The host may put the chip to sleep until then.
	 */
	setAlarm(atMs: number | undefined, ring: () => void): void;
}

/**
 * Chance for jitter and first Message IDs. Never for keys: that is Entropy, so that a test's dice can not make a key.
 */
export interface Dice {
	/** @returns an integer, 0 <= n < bound, for 1 <= bound <= 2^31 */
	below(bound: number): number;
}

/** Unpredictable bytes, for keys, nonces and tokens. */
export interface Entropy {
	/** @throws HostFailure when the source fails; it never returns weaker bytes */
	fill(bytes: Uint8Array): void;
}

/** A key inside the Crypto port: a number that names it. It may live in hardware and never be readable. */
export type KeyHandle = number;

/**
 * What the AEADs are called here: RFC 6655 (CCM_8: 8-byte tag) and RFC 5288 (GCM: 16-byte tag), AES-128, 12-byte nonce.
 */
export type Aead = "ccm8" | "gcm";

/** A running SHA-256. */
export interface HashRun {
	update(bytes: Uint8Array, at: number, end: number): void;
	/** The 32 bytes of all so far; the run goes on. */
	digest(): Uint8Array;
}

/** Elliptic curve P-256. Points are 65 bytes, uncompressed (SEC 1 §2.3.3); private keys never leave. */
export interface CryptoP256 {
	/** Makes a key pair for one exchange. @returns the private key's handle; ask publicPoint for the other half */
	generate(): KeyHandle;
	/** @param scalar 32 bytes, copied. @returns undefined when it is 0 or not below the order */
	importPrivateKey(scalar: Uint8Array): KeyHandle | undefined;
	publicPoint(privateKey: KeyHandle): Uint8Array;
	/**
	 * ECDH: the x coordinate, 32 bytes, as a secret in the port.
	 * @returns undefined for a point that is not 65 bytes, not on the curve, or at infinity
	 */
	agree(privateKey: KeyHandle, point: Uint8Array): KeyHandle | undefined;
	/** ECDSA over a 32-byte hash. @returns r and s, 64 bytes */
	sign(privateKey: KeyHandle, hash: Uint8Array): Uint8Array;
	/** @param signature r and s, 64 bytes. Never throws: the bytes come from the network */
	verify(point: Uint8Array, hash: Uint8Array, signature: Uint8Array): boolean;
}

/**
 * Cryptography of the platform, all synchronous. Keys are handles and end with release(): at most a host's own number
 * of them exist at once (64 at least). Using one that was released is our bug and may throw.
 */
export interface Crypto {
	/** "node:crypto", "mbedtls", "psa", "portable": for the log. */
	readonly implementation: string;
	/** Absent where P-256 is not to be had: only pre-shared keys then. */
	readonly p256?: CryptoP256;
	/**
	 * Takes a symmetric secret: a PSK, an HMAC key, a master secret.
	 * @param bytes 0 to 64 bytes, copied; the caller overwrites its own
	 * @throws HostFailure when there is no room
	 */
	importSecret(bytes: Uint8Array): KeyHandle;
	/** Takes an AES-128 key, 16 bytes, copied. @throws HostFailure when there is no room */
	importAesKey(bytes: Uint8Array): KeyHandle;
	release(key: KeyHandle): void;
	sha256(): HashRun;
	/** HMAC-SHA-256 (RFC 2104) of bytes[at .. end). @returns 32 bytes */
	hmac(secret: KeyHandle, bytes: Uint8Array, at: number, end: number): Uint8Array;
	/**
	 * The PRF of TLS 1.2 with SHA-256 (RFC 5246 §5).
	 * @param labelAndSeed the label's bytes and the seed behind it, 128 bytes at most
	 * @param into is filled
	 */
	prf(secret: KeyHandle, labelAndSeed: Uint8Array, into: Uint8Array): void;
	/**
	 * A secret of 48 bytes out of the PRF: the master secret (RFC 5246 §8.1, RFC 7627 §4).
	 * @param premaster "secret": the premaster secret is `secret` itself (from agree()); "psk": it is the one that RFC
	 * 4279 §2 builds from the pre-shared key `secret`
	 */
	masterSecret(secret: KeyHandle, premaster: "secret" | "psk", labelAndSeed: Uint8Array): KeyHandle;
	/**
	 * The bytes of a secret that this port derived or imported, for a session that is to be stored; undefined: not to be
	 * read.
	 */
	exportSecret(secret: KeyHandle): Uint8Array | undefined;
	/**
	 * Encrypts bytes[at .. end) and writes ciphertext and tag to `into` from `intoAt` on, which may be the same place.
	 * @param nonce 12 bytes
	 * @returns how many bytes were written
	 */
	seal(
		aead: Aead,
		key: KeyHandle,
		nonce: Uint8Array,
		aad: Uint8Array,
		bytes: Uint8Array,
		at: number,
		end: number,
		into: Uint8Array,
		intoAt: number,
	): number;
	/**
	 * Decrypts what seal() made out of bytes[at .. end), to `into`, which may be the same place.
	 * @returns how many bytes were written; -1 when it does not verify, and then nothing of the plaintext is left in
	 * `into`
	 */
	open(
		aead: Aead,
		key: KeyHandle,
		nonce: Uint8Array,
		aad: Uint8Array,
		bytes: Uint8Array,
		at: number,
		end: number,
		into: Uint8Array,
		intoAt: number,
	): number;
	/** AES-128-CBC without padding, in place over bytes[at .. end), a multiple of 16. @param iv 16 bytes */
	cbc(
		direction: "encrypt" | "decrypt",
		key: KeyHandle,
		iv: Uint8Array,
		bytes: Uint8Array,
		at: number,
		end: number,
	): void;
}

export interface DatagramsOptions {
	/** Local port; 0 or absent lets the host choose. */
	port?: number;
	/** Called from the host's loop when `count` datagrams wait. */
	onReadable(count: number): void;
	/**
	 * Called from the host's loop when the network says that it can not deliver to this address (ICMP), where the host
	 * hears of it. Anybody on the way may say so: a hint, no more, and loss is often silent.
	 */
	onUnreachable?(to: Readonly<Address>): void;
}

/**
 * One UDP socket (ECMA-419 clause 16), or something that behaves as one: dtls(net) and faulty(net, dice) take one and
 * are one.
 */
export interface Datagrams {
	/**
	 * Takes the next waiting datagram.
	 * @param into receives the bytes; a datagram that does not fit is dropped by the host
	 * @param from receives the sender
	 * @returns size in bytes, or -1 when none waits
	 */
	read(into: Uint8Array, from: Address): number;
	/**
	 * Sends `bytes` as one datagram; the bytes are copied before the call returns.
	 * @throws HostFailure when the host refuses it (no route, too large). Loss is not an error
	 */
	write(bytes: Uint8Array, to: Address): void;
	close(): void;
}

export interface StreamOptions {
	/** Called from the host's loop when `count` bytes wait. */
	onReadable(count: number): void;
	/**
	 * Called when at least `count` bytes would be taken: first when the connection is there, then after a full write().
	 */
	onWritable(count: number): void;
	/** The connection failed, or the other side closed it and all it sent has been read. The last call. */
	onClosed(): void;
}

/** One TCP connection (ECMA-419 clause 17), or something that behaves as one, such as TLS over one. */
export interface Stream {
	/** Takes as many of the waiting bytes as fit. @returns how many; 0 when none waits */
	read(into: Uint8Array): number;
	/**
	 * Sends bytes[at .. end) as far as there is room; those are copied before the call returns.
	 * @returns how many were taken
	 */
	write(bytes: Uint8Array, at: number, end: number): number;
	/** Closes the connection when all that was written is out. None of the callbacks is called any more. */
	close(): void;
}

export interface StreamListenerOptions {
	/** Local port; 0 or absent lets the host choose. */
	port?: number;
	/** Called from the host's loop when `count` connections wait. */
	onReadable(count: number): void;
}

/** One listening TCP socket (ECMA-419 clause 18). */
export interface StreamListener {
	readonly port: number;
	/** Takes the next waiting connection. @returns undefined when none waits */
	accept(options: StreamOptions): Stream | undefined;
	close(): void;
}

/** TCP, or what a wrapper makes of it: Tls.over(streams, settings) takes one and is one. */
export interface Streams {
	/** Starts to connect; onWritable or onClosed says what became of it. @throws HostFailure when there is no socket */
	connect(to: Address, options: StreamOptions): Stream;
	/** @throws HostFailure when the port is taken, or the host has no listening sockets */
	listen(options: StreamListenerOptions): StreamListener;
}

/** TLS of the platform, in the client's role. */
export interface Tls {
	/**
	 * Streams with TLS over each: onWritable comes when the handshake is over. connect() throws HostFailure when there
	 * are too many, or when the settings are none; listen() always does. Nobody measures how long a handshake takes:
	 * whoever waits gives up with close().
	 */
	over(streams: Streams, settings: TlsSettings): Streams;
}

export interface Resolver {
	/**
	 * Finds the addresses of `name`, the best one first; an address literal is its own only one. Answers later, exactly
	 * once.
	 * @param onResolved receives address literals, spelt as Datagrams.read() spells senders; none when the name has none
	 * or nobody answers
	 * @throws HostFailure when the host can not ask
	 */
	resolve(name: string, onResolved: (hosts: readonly string[]) => void): void;
}

/** Raw NOR flash of one partition. Offsets and sizes in bytes. */
export interface Flash {
	readonly sizeBytes: number;
	/** What `erase` works on: offsets and sizes are multiples of it. */
	readonly sectorBytes: number;
	/** What `write` works on. */
	readonly writeBytes: number;
	/** What an erased byte reads as: 0xff on all chips so far. */
	readonly erasedByte: number;
	read(offset: number, into: Uint8Array): void;
	/** Only clears bits; power may fail at any byte. @throws HostFailure on misalignment, wear-out or unerased bytes */
	write(offset: number, bytes: Uint8Array): void;
	erase(offset: number, size: number): void;
}

/**
 * A platform's own key/value store, where raw flash is not to be had: NVS of ESP-IDF, the settings of Zephyr, a folder
 * of files. One name at a time is atomic; what is more is ours.
 */
export interface KeyValue {
	/** The longest value, in bytes. */
	readonly valueMaxBytes: number;
	/** @param name 1 to 12 ASCII letters and digits. @returns bytes of their own; undefined: there is none */
	get(name: string): Uint8Array | undefined;
	/**
	 * Whatever happens to power, the old value or the new one is there.
	 * @throws HostFailure without room, or when it fails; then the old value is there
	 */
	set(name: string, value: Uint8Array): void;
	/** A name that is not there is no failure. @throws HostFailure */
	remove(name: string): void;
	/** All names, in any order. */
	names(): string[];
}

/** A smart card that may hold bootstrap data (LwM2M Core 1.2 §6.1.3.2): whoever finds its way to the file. */
export interface SmartCard {
	/**
	 * The file EF LwM2M_Bootstrap (Appendix G.3.3), as it is now.
	 * @returns bytes of their own; undefined: there is no card, or no such file on it
	 * @throws HostFailure when there is a card that can not be read
	 */
	read(): Uint8Array | undefined;
	/** Says who is called, from the host's loop, when a card was put in or taken out, or its file is another one. */
	onChanged(changed: () => void): void;
}

/**
 * One thing that happened, as data: `event` names it, the other fields say what. Frozen, and never holding a secret.
 */
export interface LogRecord {
	readonly event: string;
	readonly [field: string]: string | number | boolean | undefined;
}

export interface Log {
	write(record: LogRecord): void;
}

/** A host is all its ports together. `src/main.ts` takes one and builds the device on it. */
export interface Host {
	readonly clock: Clock;
	readonly dice: Dice;
	readonly entropy: Entropy;
	/** Absent where a host has none: the portable one of modules/crypto serves then. */
	readonly crypto?: Crypto;
	openDatagrams(options: DatagramsOptions): Datagrams;
	/** Absent where a host has no TCP. */
	readonly streams?: Streams;
	/** Absent where a host has none: no coaps+tcp then. */
	readonly tls?: Tls;
	readonly resolver: Resolver;
	/** Absent where a host does not hear of it; the client then finds out by asking in vain. */
	readonly link?: NetworkLink;
	/** The partition for settings; absent where a host has none yet. */
	readonly flash?: Flash;
	/** Where there is no raw flash for settings: the platform's own store. */
	readonly keyValue?: KeyValue;
	/** The partition with the factory's record (modules/lwm2m/FORMAT.md), only read; absent where there is none. */
	readonly factoryFlash?: Flash;
	/** AES-128, of this device alone, in `crypto`: what secrets are sealed with on flash. It stays the host's. */
	readonly deviceKey?: KeyHandle;
	/** Absent on boards without a reader. */
	readonly smartCard?: SmartCard;
	/** Absent where a host has no boot loader to update it. */
	readonly slots?: Slots;
	/** Absent where there is no place for software beside the program. */
	readonly mods?: Mods;
	readonly power: Power;
	readonly log: Log;
	readonly factory: Factory;
	/** "esp32", "nrf52840", "lin": for the Device object. */
	readonly platform: string;
	/** Celsius, where the board has a sensor; a host without one leaves it out. */
	readonly temperature?: () => number;
}

/**
 * The platform failed, neither the sender nor our own code. Ports throw it, with the system's error as `cause`; the
 * client catches it
 * once a turn and makes it an event.
 */
export class HostFailure extends Error {
	override get name() {
		return "HostFailure"; // a getter, because XS freezes Error.prototype
	}
}
