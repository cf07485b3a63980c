/** A running SHA-256 of the platform; ends when it is collected. */
export interface NativeHash {
	readonly nativeHash: unique symbol;
}

/** The part of globalThis.board that is cryptography: xs/crypto.c. Absent in a firmware without mbedTLS. */
export interface CryptoNatives {
	/**
	 * @param kind 1: secret, 2: AES-128, 3: P-256
	 * @returns a handle, 0 when there is no room, -1 when it is no such key
	 */
	keyImport(kind: number, bytes: Uint8Array): number;
	keyGenerate(): number;
	keyRelease(key: number): void;
	/** @param into 64 bytes @returns the size, -1 when it is not to be read */
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
	open: CryptoNatives["seal"];
	cbc(isDecrypt: 0 | 1, key: number, iv: Uint8Array, bytes: Uint8Array, at: number, end: number): void;
	hashBegin(): NativeHash;
	hashUpdate(hash: NativeHash, bytes: Uint8Array, at: number, end: number): void;
	hashDigest(hash: NativeHash, into: Uint8Array): void;
}

/** What the board gives the bench as globalThis.board: xs/natives.c, and of the shim's natives.c what it needs. */
export interface Natives extends Partial<CryptoNatives> {
	/** JSON: BootRecord of bench.ts */
	bootRecord(): string;
	print(text: string): void;
	fillEntropy(bytes: Uint8Array): void;
	/** Instructions since reset, in steps of 40; begins again after 2^32 steps. */
	instructions(): number;
	/** How many of them were cryptography in C, since this machine began. */
	nativeCrypto(): number;
	/** Whose chance fillEntropy draws from now on; 0: ours, 1: the peer's. Each has its own, so that ours repeats. */
	useChance(side: 0 | 1): void;
	/** Keeps bytes for the next machine. */
	keep(bytes: Uint8Array): void;
	/** @returns the size of what was kept as number `index`, or -1 */
	recall(index: number, into: Uint8Array): number;
	/** Collects garbage. @returns bytes of slots and chunks that are alive */
	liveBytes(): number;
	/** Measures the C stack from here on. */
	paintStack(): void;
	/** @returns the most bytes of the C stack that were used since paintStack() */
	stackPeak(): number;
}
