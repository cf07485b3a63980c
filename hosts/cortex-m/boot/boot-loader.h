/*
 * The boot loader: decides at each reset which slot is started, and is what the program that was started asks of its
 * slots (modules/slots.ts). As modules/firmware/boot-loader.ts has it.
 */
#ifndef DORMOUSE_BOOT_LOADER_H
#define DORMOUSE_BOOT_LOADER_H

#include "boot-state.h"
#include "image-check.h"

/* Where things lie in flash. */
typedef struct {
	uint32_t boot, bootBytes;
	uint32_t slots[2];
	uint32_t slotBytes;
} BootMap;

typedef struct {
	BootMap map;
	BootStore store;
	BootAction action;
	BootReason reason;
	uint8_t start; /* noSlot: nothing can be started */
	uint8_t running;
	uint8_t verdicts[2]; /* Verdict of what was looked at */
	const char *whys[2]; /* for people, of those that are not verdictOk */
	int isVerified;
} BootLoader;

extern const char *const slotNames[2]; /* "a", "b" */
extern const char *const bootActionNames[];
extern const char *const storeConditionNames[];
extern const char *const revertReasonNames[]; /* by why…; "" for whyNothing */

/* @param ranMs how long the last trial ran until this reset; 0 where that is not known */
void boot_begin(BootLoader *loader, const BootMap *map, ResetCause cause, uint32_t ranMs, const BootRules *rules);
/* What it remembers. */
const BootState *boot_state(const BootLoader *loader);
/* Whether what runs is on trial, and not confirmed yet. */
int boot_isTrial(const BootLoader *loader);

/* The Slots port. Those of pointers return 0, or why not, for people. */
const char *slot_state(const BootLoader *loader, uint8_t slot);
int slot_header(const BootLoader *loader, uint8_t slot, ImageHeader *into); /* @returns 0 when there is none */
const char *slot_read(const BootLoader *loader, uint32_t offset, void *into, uint32_t size);
const char *slot_write(BootLoader *loader, uint32_t offset, const uint8_t *bytes, uint32_t size);
const char *slot_erase(BootLoader *loader, uint32_t offset, uint32_t size);
Verdict slot_verify(BootLoader *loader);
const char *slot_markPending(BootLoader *loader);
const char *slot_confirm(BootLoader *loader);
const char *slot_revert(BootLoader *loader, uint8_t why);

#endif
