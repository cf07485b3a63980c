/* Resets, the watchdog, and the RAM that outlives both. */
#include "chip.h"

#include <string.h>

#define REGISTER(ADDRESS) (*(volatile uint32_t *)(ADDRESS))

enum {
	ticksPerMs = 25000,
	resetControl = 0xE000ED0C, /* AIRCR (ARMv7-M B3.2.6) */
	/* CMSDK APB watchdog (ARM DDI 0479 §3.4) */
	watchdogLoad = 0x40008000,
	watchdogControl = 0x40008008,
	watchdogClear = 0x4000800C,
	watchdogLock = 0x40008C00
};

static const uint32_t lifeMark = 0x0D0E5E70;

__attribute__((section(".noinit.chip"))) static ChipLife chipLife;

extern char dataBegin[], bssEnd[], heapBegin[], heapEnd[];

int chip_findLife(ChipLife **life)
{
	int isThere = (chipLife.mark == lifeMark);
	*life = &chipLife;
	if (!isThere)
		memset(&chipLife, 0, sizeof(chipLife));
	chipLife.mark = lifeMark;
	return isThere;
}

void chip_restart(uint32_t cause)
{
	chipLife.cause = cause;
	chipLife.nowMs = chip_nowMs();
	__asm volatile("dsb");
	REGISTER(resetControl) = 0x05FA0004; /* SYSRESETREQ */
	for (;;) {
	}
}

/* Neither of the program's data may be used from here on. */
void chip_restartForgetting(uint32_t cause)
{
	volatile uint32_t *word;
	chipLife.cause = cause;
	chipLife.nowMs = chip_nowMs();
	for (word = (uint32_t *)dataBegin; word < (uint32_t *)bssEnd; word++)
		*word = 0x5A5A5A5A;
	for (word = (uint32_t *)heapBegin; word < (uint32_t *)heapEnd; word++)
		*word = 0x5A5A5A5A;
	__asm volatile("dsb");
	REGISTER(resetControl) = 0x05FA0004;
	for (;;) {
	}
}

void chip_startWatchdog(uint32_t ms)
{
	REGISTER(watchdogLock) = 0x1ACCE551;
	REGISTER(watchdogLoad) = ms * ticksPerMs;
	REGISTER(watchdogControl) = 3; /* an interrupt first, then a reset */
}

void chip_feedWatchdog(void)
{
	REGISTER(watchdogClear) = 1;
}
