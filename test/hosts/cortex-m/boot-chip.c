/* The chip below hosts/cortex-m/boot for boot.test.ts: flash in memory that fails or is cut when it is told to. */
#include "boot-loader.h"
#include "nor-flash.h"
#include "signature.h"

#include <string.h>

#define EXPORT(NAME) __attribute__((export_name(#NAME), used))

enum { sectors = 8, bytes = sectors * flashSectorBytes };

static uint8_t cells[bytes];
static uint8_t given[512];
static int until; /* the operation that fails: 1 for the next one */
static int isCut;
static BootLoader loader;

EXPORT(cells) uint8_t *chip_cells(void)
{
	return cells;
}

EXPORT(given) uint8_t *chip_given(void)
{
	return given;
}

EXPORT(fail) void chip_fail(int operation, int cut)
{
	until = operation;
	isCut = cut;
}

const uint8_t *flash_at(uint32_t offset)
{
	return cells + offset;
}

/* @returns how much of an operation comes to pass */
static uint32_t allowed(uint32_t size)
{
	if (until && (--until == 0))
		return isCut ? size / 2 : 0;
	return size;
}

const char *flash_write(uint32_t offset, const uint8_t *from, uint32_t size)
{
	uint32_t count = allowed(size);
	uint32_t index;
	for (index = 0; index < count; index++)
		cells[offset + index] &= from[index];
	if ((count < size) && isCut)
		__builtin_trap();
	return (count < size) ? "refused" : 0;
}

const char *flash_erase(uint32_t offset, uint32_t size)
{
	uint32_t count = allowed(size);
	memset(cells + offset, 0xFF, count);
	if ((count < size) && isCut)
		__builtin_trap();
	return (count < size) ? "refused" : 0;
}

/* Boot state in sectors 0 and 1, slots of 3 sectors behind it. */
EXPORT(reset) void chip_reset(int cause, uint32_t ranMs, uint32_t bootsMax, uint32_t trialMs)
{
	static const BootMap map = { 0, 2 * flashSectorBytes, { 2 * flashSectorBytes, 5 * flashSectorBytes },
		3 * flashSectorBytes };
	BootRules rules = { bootsMax, trialMs };
	boot_begin(&loader, &map, (ResetCause)cause, ranMs, &rules);
}

EXPORT(action) const char *chip_action(void)
{
	return bootActionNames[loader.action];
}

EXPORT(condition) const char *chip_condition(void)
{
	return storeConditionNames[loader.store.condition];
}

EXPORT(start) int chip_start(void)
{
	return loader.start;
}

/* 0: kind, 1: boots left, 2: ms left */
EXPORT(reason) uint32_t chip_reason(int which)
{
	return (which == 0) ? loader.reason.kind : (which == 1) ? loader.reason.bootsLeft : loader.reason.leftMs;
}

EXPORT(why) const char *chip_why(void)
{
	return revertReasonNames[loader.reason.why];
}

EXPORT(stateOf) const char *chip_stateOf(int slot)
{
	return slot_state(&loader, (uint8_t)slot);
}

EXPORT(verdictOf) const char *chip_verdictOf(int slot)
{
	return verdictNames[loader.verdicts[slot]];
}

EXPORT(verify) const char *chip_verify(void)
{
	return verdictNames[slot_verify(&loader)];
}

static const char *said(const char *why)
{
	return why ? why : "";
}

/* 0: mark, 1: confirm, 2: revert. @returns why not */
EXPORT(mark) const char *chip_mark(int what, int why)
{
	return said((what == 0) ? slot_markPending(&loader)
		: (what == 1) ? slot_confirm(&loader) : slot_revert(&loader, (uint8_t)why));
}

EXPORT(erase) const char *chip_erase(uint32_t offset, uint32_t size)
{
	return said(slot_erase(&loader, offset, size));
}

/* Writes what was given. */
EXPORT(write) const char *chip_write(uint32_t offset, uint32_t size)
{
	return said(slot_write(&loader, offset, given, size));
}

EXPORT(check) const char *chip_check(uint32_t offset, uint32_t room, int isMod)
{
	const char *why;
	return verdictNames[image_check(cells + offset, room, isMod, &why)];
}

/* By what was given: key, signature (64 bytes), message or hash. */
EXPORT(ed25519) int chip_ed25519(uint32_t size)
{
	return ed25519_verify(given, given + 96, size, given + 32);
}

EXPORT(p256) int chip_p256(void)
{
	return p256_verify(given, given + 128, given + 64);
}
