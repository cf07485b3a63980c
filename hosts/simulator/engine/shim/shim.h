/* Shared by the files of the shim: what the board gives, and what one file of the shim asks of another. */
#ifndef DORMOUSE_SHIM_H
#define DORMOUSE_SHIM_H

#include "xsAll.h"
#include "xsScript.h"

#define FROM_BOARD(NAME) __attribute__((import_module("board"), import_name(#NAME))) extern
#define TO_BOARD(NAME) __attribute__((export_name(#NAME), used))

/* XS has it in xsRun.c; version 13 declares it nowhere. */
extern void fxRemapIDs(txMachine* the, txByte* codeBuffer, txSize codeSize, txID* theIDs);

/* --- memory.c --- */

/*
 * One static block of a machine: chunks grow from its low end, slots (and the stack) from its high end, as in the
 * SDK's hosts for chips.
 */
typedef struct Arena {
	char* base;
	char* low;
	char* high;
	char* end;
} Arena;

/* The C heap belongs to the preparation of ROM at first, then to the device; only the device's part is RAM. */
typedef struct {
	uint32_t used;
	uint32_t peak;
	uint32_t limit; /* 0: none */
} CHeap;

extern CHeap shimCHeap;
/* From here on the C heap counts as the device's RAM; what is allocated so far is in ROM on a chip. */
void shim_beginDeviceHeap(uint32_t limit);
/* The next machine created takes its slots and chunks from a block of `size` zeroed bytes. */
void shim_nextArena(uint32_t size);

/* --- port.c --- */

/* Ends the device: the board throws, and this instance never runs again. */
void shim_fail(int reason) __attribute__((noreturn));
void shim_beginTurn(txMachine* the);
void shim_endTurn(txMachine* the);
double shim_computrons(txMachine* the);
void shim_meter(txMachine* the, uint32_t interval);
/* Work that no bytecode does, in computrons. */
void shim_charge(txMachine* the, uint32_t computrons);

/* --- platform.c --- */

/* Says on the board's side why the device failed, before shim_fail. */
void shim_describeException(txMachine* the);

/* --- program.c --- */

/* Runs every promise job there is, and fails on a rejection that nobody handles. */
void shim_runJobs(txMachine* the);
/* Imports `name` and all it imports. Exceptions end the device. */
void shim_import(txMachine* the, const char* name);

/* --- natives.c --- */

typedef struct {
	const char* name;
	txCallback call;
	txInteger length;
} ShimNative;

/* Defines globalThis.board, the device's way out. */
void shim_defineBoard(txMachine* the);
/* Gives `board`, a slot on the stack, more functions. */
void shim_defineNatives(txMachine* the, txSlot* board, const ShimNative* list, size_t count);
/* The bytes of a Uint8Array or an ArrayBuffer. They move at the next allocation. */
void* shim_bytesOf(txMachine* the, txSlot* slot, txUnsigned* size, txBoolean writable);
void shim_watchCollections(txMachine* the);
extern uint32_t shimCollections;
extern txSlot shimListener;

/* --- crypto.c --- */

void shim_defineCrypto(txMachine* the, txSlot* board);

/* --- mods.c --- */

void shim_defineMods(txMachine* the, txSlot* board);

/* --- power.c --- */

void shim_definePower(txMachine* the, txSlot* board);

/* --- sha256.c --- */

/* A running hash; all zero before the first byte. */
typedef struct {
	uint32_t state[8];
	uint8_t block[64];
	uint32_t size; /* of all bytes so far: less than 4 GiB */
} ShimHash;

void shim_hash(ShimHash* hash, const uint8_t* bytes, uint32_t size);
/* The 32 bytes; `hash` is used up. */
void shim_endHash(ShimHash* hash, uint8_t* into);

/* --- rom.c --- */

typedef struct {
	uint32_t slots;
	uint32_t chunks;
	uint32_t stack;
	uint32_t keys;
	uint32_t tables;
	uint32_t aliases;
} RomSizes;

/* Freezes the built-ins, as the SDK's linker does. Runs JavaScript: before shim_burn. */
void shim_freezeBuiltIns(txMachine* root);
/* Makes `root` what a ROM is: never marked, moved or written by the machines cloned from it. */
void shim_burn(txMachine* root);
extern RomSizes shimRomSizes;

#endif
