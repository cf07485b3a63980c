/** The ports to a boot loader, and to software beside the program; host.ts gives them to importers too. */

/** The two places for a program. Where a boot loader swaps them, "a" is always the running one. */
export type SlotName = "a" | "b";

/**
 * What is in a slot. empty: no image, or one that is being written; valid: an image that was not started yet, and it
 * is not looked at before verify(); trial: to be started next, or running, and not confirmed; confirmed: proved its
 * worth; bad: was on trial and is never started again.
 */
export type SlotState = "empty" | "valid" | "trial" | "confirmed" | "bad";

/**
 * Why an image on trial was left. crash, watchdog: its last boot ended so; boots: it was started as often as the boot
 * loader allows (power cuts, restarts); deadline: nobody confirmed it in time; image: it does not verify any more;
 * refused: the program itself said so.
 */
export type RevertReason = "crash" | "watchdog" | "boots" | "deadline" | "image" | "refused";

/** Why this image runs. `reverted` is said at every boot until confirm(): act on it once, and be ready for it again. */
export type BootReason =
	| { readonly kind: "normal" }
	/** @param bootsLeft how many more boots it gets; `leftMs`: how long until the watchdog that nothing feeds */
	| { readonly kind: "trial"; readonly bootsLeft: number; readonly leftMs: number }
	| { readonly kind: "reverted"; readonly why: RevertReason };

/** What the header of an image says; true only after verify(). */
export interface SlotImage {
	/** The product it is for. */
	readonly name: string;
	readonly version: string;
	readonly sizeBytes: number;
	/** SHA-256 of the image, 64 hexadecimal digits: its identity. */
	readonly hash: string;
	/** Never goes down: an image below the device's own counter is not started. 0 where there is none. */
	readonly securityCounter: number;
}

/**
 * What a check of an image found. ok; image: none, or torn, or its hash is wrong; signature: not signed by whom it has
 * to be; product: for another product or chip, or another XS; counter: below the security counter; size: larger than
 * the slot.
 */
export type ImageVerdict = "ok" | "image" | "signature" | "product" | "counter" | "size";

/**
 * Two places for a program, and a boot loader that starts one of them: ESP-IDF's OTA partitions with rollback, MCUboot,
 * the simulated board's. The other one, the one that does not run, is written piece by piece, checked, marked to be
 * tried at the next boot, and confirmed when it has proved its worth; else the boot loader goes back.
 */
export interface Slots {
	readonly running: SlotName;
	readonly bootReason: BootReason;
	/** Of the other slot: its size, what an erase works on, and what a write works on. */
	readonly sizeBytes: number;
	readonly sectorBytes: number;
	readonly writeBytes: number;
	state(slot: SlotName): SlotState;
	/** The header of what stands there, unchecked; undefined when it is none. */
	image(slot: SlotName): SlotImage | undefined;
	/**
	 * Erases a piece of the other slot, whole sectors: as many at once as the caller has time for. Whatever it was
	 * before, it is no image that could be started any more. @throws HostFailure
	 */
	erase(offset: number, sizeBytes: number): void;
	/** Writes into the other slot, erased before, whole units. @throws HostFailure */
	write(offset: number, bytes: Uint8Array): void;
	/** Reads the other slot back: for a download that goes on. @throws HostFailure */
	read(offset: number, into: Uint8Array): void;
	/**
	 * Checks the other slot as the boot loader will: size, hash, signature, product, security counter. One step of it;
	 * @returns undefined while there is more to do, then the verdict. erase() and write() begin it anew
	 */
	verify(): ImageVerdict | undefined;
	/**
	 * The other slot is started on trial at the next boot: Power.restart() is the caller's. What was said before, a
	 * revert too, is settled by that. @throws HostFailure when flash does, or before verify() said "ok"
	 */
	markPending(): void;
	/**
	 * Keeps what runs: ends its trial, or takes note of a revert, and raises the device's security counter to its own.
	 * Nothing to do: nothing is done. @throws HostFailure
	 */
	confirm(): void;
	/** What runs on trial is left at the next boot: Power.restart() is the caller's. @throws HostFailure */
	revert(why: RevertReason): void;
}

/**
 * A place for a mod, software that runs beside the program: on the SDK's devices an XS mod archive, on the simulated
 * board an image of its own in a partition of its own.
 */
export interface Mods {
	readonly sizeBytes: number;
	/** What an erase works on, and what a write works on. */
	readonly sectorBytes: number;
	readonly writeBytes: number;
	/** The header of what stands there, unchecked; undefined when it is none. */
	image(): SlotImage | undefined;
	/** As those of Slots. @throws HostFailure */
	erase(offset: number, sizeBytes: number): void;
	write(offset: number, bytes: Uint8Array): void;
	read(offset: number, into: Uint8Array): void;
	/** Checks what stands there. @returns undefined while there is more to do, then the verdict */
	verify(): ImageVerdict | undefined;
	/**
	 * Checks what stands there, loads it and starts it: its default export is called with the host, and returns what
	 * stops it. The RAM that its modules take stays taken until the next restart.
	 * @returns what stops it
	 * @throws HostFailure when it does not verify, does not load, or throws
	 */
	load(): () => void;
}
