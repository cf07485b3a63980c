import { frozen } from "../../modules/frozen.ts";
import {
	type BootReason,
	HostFailure,
	type ImageVerdict,
	type ResetCause,
	type RevertReason,
	type SlotImage,
	type SlotName,
	type SlotState,
	type Slots,
} from "../../modules/host.ts";
import { readNote, writeNote } from "./esp32-flash.ts";
import {
	adoptRunning,
	confirmRunning,
	eraseOther,
	pendOther,
	readSlot,
	refuseRunning,
	runningSlot,
	setDeadline,
	slotBytes,
	slotState,
	verifyOther,
	writeOther,
} from "./esp32-slots.ts";
import { headerBytes, type ImageHeader, readHeader } from "./image-header.ts";

/** How long an image on trial has before the RTC's watchdog ends it: what the updater gives it, and a minute. */
const trialMs = 360_000;
/** ESP-IDF's flash: sectors of 4 KiB; bytes one by one, but 16 at once where flash encryption is on. */
const sectorBytes = 4096;
const writeBytes = 16;

/** esp_ota_img_states_t, and what esp32-slots.ts has for "undefined". */
const states: Readonly<Record<number, SlotState>> = frozen({
	0: "trial",
	1: "trial",
	2: "confirmed",
	3: "bad",
	4: "bad",
});
const isPendingVerify = 1;
const isInvalid = 3;

const reasons: readonly RevertReason[] = frozen(["crash", "watchdog", "boots", "deadline", "image", "refused"]);

/** What ESP32's eFuses and boot loader do not keep for us, in NVS. */
const notes = frozen({
	/** "<reason> <hash of the image that was left>", until confirm() */
	left: "left",
	/** the hash of the image whose end was taken note of */
	settled: "settled",
	counter: "counter",
	/** "<reason>", what revert() was told */
	refused: "refused",
});

/**
 * The two OTA partitions with ESP-IDF's rollback. An image on trial gets one boot: whatever ends it unconfirmed,
 * ESP-IDF's boot loader goes back. Why is found out at the next boot, by the reason of the reset, and noted in NVS.
 */
export class OtaSlots implements Slots {
	readonly running: SlotName;
	readonly bootReason: BootReason;
	readonly sizeBytes: number;
	readonly sectorBytes = sectorBytes;
	readonly writeBytes = writeBytes;
	private readonly own: number;
	private step: "begin" | "check" | "ok" = "begin";

	private constructor(own: number, resetCause: ResetCause, wasDeadline: boolean) {
		this.own = own;
		this.running = nameOf(own);
		this.sizeBytes = slotBytes();
		this.bootReason = this.reasonOf(resetCause, wasDeadline);
	}

	/**
	 * @returns undefined when the partition table has no two slots
	 * @throws HostFailure when the flash does
	 */
	static open(resetCause: ResetCause, wasDeadline: boolean): OtaSlots | undefined {
		const own = runningSlot();
		if (own < 0) return undefined;
		if (slotState(own) < 0) attempt("adopt", adoptRunning);
		return new OtaSlots(own, resetCause, wasDeadline);
	}

	state(slot: SlotName): SlotState {
		const state = slotState(numberOf(slot));
		if (state >= 0) return states[state] ?? "bad";
		return this.header(numberOf(slot)) === undefined ? "empty" : "valid";
	}

	image(slot: SlotName): SlotImage | undefined {
		return this.header(numberOf(slot));
	}

	erase(offset: number, sizeBytes: number): void {
		this.step = "begin";
		this.within(offset, sizeBytes, sectorBytes);
		attempt("erase", () => eraseOther(offset, sizeBytes));
	}

	write(offset: number, bytes: Uint8Array): void {
		this.step = "begin";
		this.within(offset, bytes.length, writeBytes);
		attempt("write", () => writeOther(offset, bytes));
	}

	read(offset: number, into: Uint8Array): void {
		this.within(offset, into.length, 1);
		attempt("read", () => readSlot(1 - this.own, offset, into));
	}

	verify(): ImageVerdict | undefined {
		if (this.step === "ok") return "ok";
		if (this.step === "begin") {
			const verdict = this.verdictOfHeader();
			if (verdict === undefined) this.step = "check";
			return verdict;
		}
		// ESP-IDF checks all of it at once: about a second for a megabyte, well within the watchdog's five
		const found = verifyOther();
		this.step = found === 0 ? "ok" : "begin";
		return found === 0 ? "ok" : found === 2 ? "signature" : "image";
	}

	markPending(): void {
		if (this.step !== "ok") throw new HostFailure("slots: not verified");
		attempt("mark", () => pendOther());
		this.settle();
	}

	confirm(): void {
		const header = this.header(this.own);
		if (slotState(this.own) === isPendingVerify) {
			attempt("confirm", () => {
				confirmRunning();
				setDeadline(0);
			});
		}
		this.settle();
		const counter = header?.securityCounter ?? 0;
		if (counter > deviceCounter()) attempt("counter", () => writeNote(notes.counter, String(counter)));
	}

	revert(why: RevertReason): void {
		attempt("revert", () => {
			writeNote(notes.refused, why);
			refuseRunning();
		});
	}

	private header(slot: number): ImageHeader | undefined {
		const head = new Uint8Array(headerBytes);
		try {
			readSlot(slot, 0, head);
			return readHeader(head, (offset, into) => readSlot(slot, offset, into), this.sizeBytes);
		} catch {
			return undefined;
		}
	}

	/** What can be said without reading all of it. */
	private verdictOfHeader(): ImageVerdict | undefined {
		const found = this.header(1 - this.own);
		const own = this.header(this.own);
		if (found === undefined) return "image";
		if (own !== undefined && (found.name !== own.name || found.chip !== own.chip)) return "product";
		if (found.sizeBytes === 0) return "size";
		return found.securityCounter < deviceCounter() ? "counter" : undefined;
	}

	private reasonOf(resetCause: ResetCause, wasDeadline: boolean): BootReason {
		if (slotState(this.own) === isPendingVerify) {
			setDeadline(trialMs);
			return { kind: "trial", bootsLeft: 0, leftMs: trialMs };
		}
		const why = this.whyReverted(resetCause, wasDeadline);
		return why === undefined ? { kind: "normal" } : { kind: "reverted", why };
	}

	/** Whether the other image was left, and nobody has taken note yet. Notes it down: the reset tells it only once. */
	private whyReverted(resetCause: ResetCause, wasDeadline: boolean): RevertReason | undefined {
		const other = 1 - this.own;
		if (states[slotState(other)] !== "bad") return undefined;
		const hash = this.header(other)?.hash ?? "";
		if (readNote(notes.settled) === short(hash)) return undefined;
		const [noted, of] = (readNote(notes.left) ?? "").split(" ");
		if (of === short(hash) && isReason(noted)) return noted;
		const why = endOf(slotState(other), resetCause, wasDeadline);
		attempt("note", () => writeNote(notes.left, `${why} ${short(hash)}`));
		return why;
	}

	/** The end of the other image is known from now on. */
	private settle(): void {
		if (states[slotState(1 - this.own)] !== "bad") return;
		const hash = short(this.header(1 - this.own)?.hash ?? "");
		if (readNote(notes.settled) !== hash) attempt("note", () => writeNote(notes.settled, hash));
	}

	private within(offset: number, size: number, unit: number): void {
		if (offset < 0 || size < 0 || offset + size > this.sizeBytes) throw new HostFailure("slots: outside of the slot");
		if (offset % unit !== 0 || size % unit !== 0) throw new HostFailure("slots: misaligned");
	}
}

/** Why an image on trial did not come back. */
function endOf(state: number, resetCause: ResetCause, wasDeadline: boolean): RevertReason {
	if (state === isInvalid) {
		const told = readNote(notes.refused);
		return isReason(told) ? told : "refused";
	}
	if (wasDeadline) return "deadline";
	return resetCause === "crash" || resetCause === "watchdog" ? resetCause : "boots";
}

function isReason(text: string | undefined): text is RevertReason {
	return text !== undefined && (reasons as readonly string[]).includes(text);
}

/** What goes into a note: 64 digits and a reason would be too long for one. */
function short(hash: string): string {
	return hash.slice(0, 32);
}

/** The least security counter that is still started. */
function deviceCounter(): number {
	return Number(readNote(notes.counter) ?? 0) || 0;
}

function nameOf(slot: number): SlotName {
	return slot === 0 ? "a" : "b";
}

function numberOf(slot: SlotName): number {
	return slot === "a" ? 0 : 1;
}

/** Makes whatever C throws a HostFailure. */
function attempt(what: string, act: () => void): void {
	try {
		act();
	} catch (cause) {
		throw cause instanceof HostFailure ? cause : new HostFailure(`slots: ${what}`, { cause });
	}
}
