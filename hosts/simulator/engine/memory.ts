/**
 * The memory a board gives its VM, in the terms of the SDK's manifest ("creation"). What is not here (radio stack,
 * RTOS) is not the VM's. One slot is 16 bytes, as on every 32-bit chip.
 */
export interface MachineMemory {
	/**
	 * One static block for slots, chunks and the stack ("static"). Chunks grow from one end of it, slots from the
	 * other.
	 */
	readonly arenaBytes: number;
	/** Slots of the JavaScript stack ("stack"); taken from the arena. */
	readonly stackSlots: number;
	/** First slots of the heap, and how many more at a time ("heap"). More by 0: the heap never grows. */
	readonly heapSlots: number;
	readonly moreHeapSlots: number;
	/** First bytes for strings, arrays and buffers, and how many more at a time ("chunk"). */
	readonly chunkBytes: number;
	readonly moreChunkBytes: number;
	/** Names that are not in ROM ("keys"): 4 bytes of C heap each and a slot. More by 0: there will never be more. */
	readonly keys: number;
	readonly moreKeys: number;
	/** What the VM may take from the C heap beside the arena: the machine, key tables, aliases. */
	readonly cHeapBytes: number;
	/**
	 * The watchdog: how many computrons (steps of the interpreter) one turn may take; below 2^32, where XS 13 begins
	 * again.
	 */
	readonly turnComputrons: number;
}
