/** What the board gives the bench as globalThis.board: xs/natives.c, and of the shim's natives.c what it needs. */
export interface Natives {
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
