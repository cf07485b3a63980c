import type { Address } from "../../../modules/host.ts";
import type { Natives } from "../../simulator/device/natives.ts";

/**
 * The board's functions as the SDK's tools bind them: each body is exactly one native call, so that the linker puts
 * the C function's address into ROM, and nothing of it is RAM. In the image that the simulator's tools build they are
 * functions of globalThis.board; sdk/board-natives.c and sdk/power-natives.c are the same C.
 */
class LinkedNatives {
	/** Of the functions that an accelerator or mods would have, only these two are asked for: there are neither. */
	hasAccelerator(): boolean {
		return false;
	}

	modSize(): number {
		return 0;
	}

	nowMs(): number {
		return native("xs_dormouse_board_nowMs").call(this);
	}

	wallTimeS(): number | undefined {
		return native("xs_dormouse_board_wallTimeS").call(this);
	}

	setWallTimeS(seconds: number): void {
		native("xs_dormouse_board_setWallTimeS").call(this, seconds);
	}

	setAlarm(atMs: number | undefined): void {
		native("xs_dormouse_board_setAlarm").call(this, atMs);
	}

	dice(bound: number): number {
		return native("xs_dormouse_board_dice").call(this, bound);
	}

	fillEntropy(bytes: Uint8Array): void {
		native("xs_dormouse_board_fillEntropy").call(this, bytes);
	}

	log(json: string): void {
		native("xs_dormouse_board_log").call(this, json);
	}

	print(text: string): void {
		native("xs_dormouse_board_print").call(this, text);
	}

	udpOpen(port: number): number {
		return native("xs_dormouse_board_udpOpen").call(this, port);
	}

	udpRead(socket: number, into: Uint8Array, from: Address): number {
		return native("xs_dormouse_board_udpRead").call(this, socket, into, from);
	}

	udpWrite(socket: number, bytes: Uint8Array, host: string, port: number): boolean {
		return native("xs_dormouse_board_udpWrite").call(this, socket, bytes, host, port);
	}

	udpClose(socket: number): void {
		native("xs_dormouse_board_udpClose").call(this, socket);
	}

	resolve(name: string): void {
		native("xs_dormouse_board_resolve").call(this, name);
	}

	flashGeometry(which: number): number {
		return native("xs_dormouse_board_flashGeometry").call(this, which);
	}

	flashRead(offset: number, into: Uint8Array): string | undefined {
		return native("xs_dormouse_board_flashRead").call(this, offset, into);
	}

	flashWrite(offset: number, bytes: Uint8Array): string | undefined {
		return native("xs_dormouse_board_flashWrite").call(this, offset, bytes);
	}

	flashErase(offset: number, size: number): string | undefined {
		return native("xs_dormouse_board_flashErase").call(this, offset, size);
	}

	slotSize(): number {
		return native("xs_dormouse_board_slotSize").call(this);
	}

	slotRecord(slot: number): string {
		return native("xs_dormouse_board_slotRecord").call(this, slot);
	}

	slotRead(offset: number, into: Uint8Array): string | undefined {
		return native("xs_dormouse_board_slotRead").call(this, offset, into);
	}

	slotWrite(offset: number, bytes: Uint8Array): string | undefined {
		return native("xs_dormouse_board_slotWrite").call(this, offset, bytes);
	}

	slotErase(offset: number, size: number): string | undefined {
		return native("xs_dormouse_board_slotErase").call(this, offset, size);
	}

	slotVerify(): string {
		return native("xs_dormouse_board_slotVerify").call(this);
	}

	slotMark(what: number, why: string): string | undefined {
		return native("xs_dormouse_board_slotMark").call(this, what, why);
	}

	restart(): void {
		native("xs_dormouse_board_restart").call(this);
	}

	off(): void {
		native("xs_dormouse_board_off").call(this);
	}

	temperature(): number {
		return native("xs_dormouse_board_temperature").call(this);
	}

	bootRecord(): string {
		return native("xs_dormouse_board_bootRecord").call(this);
	}

	listen(handler: Parameters<Natives["listen"]>[0]): void {
		native("xs_dormouse_board_listen").call(this, handler);
	}

	sleep(untilMs: number | undefined, depth: number): string | undefined {
		return native("xs_dormouse_board_sleep").call(this, untilMs, depth);
	}

	wakeReason(): number {
		return native("xs_dormouse_board_wakeReason").call(this);
	}

	retainedRead(offset: number, into: Uint8Array): string | undefined {
		return native("xs_dormouse_board_retainedRead").call(this, offset, into);
	}

	retainedWrite(offset: number, bytes: Uint8Array): string | undefined {
		return native("xs_dormouse_board_retainedWrite").call(this, offset, bytes);
	}
}

/** What SimulatedHost takes. */
export const board = Object.freeze(new LinkedNatives()) as Natives;
