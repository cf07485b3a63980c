/* Time, the serial port, and waiting: what a program needs that goes on for days. */
#include "chip.h"

#define REGISTER(ADDRESS) (*(volatile uint32_t *)(ADDRESS))

enum {
	ticksPerMs = 25000,
	/* CMSDK APB UART 0 */
	serialData = 0x40004000,
	serialState = 0x40004004,
	serialControl = 0x40004008,
	serialDivider = 0x40004010,
	/* System timer, interrupts (ARMv7-M B3.2 to B3.4) */
	systickControl = 0xE000E010,
	systickReload = 0xE000E014,
	systickValue = 0xE000E018,
	interruptEnable = 0xE000E100,
	interruptClear = 0xE000E280,
	systemControl = 0xE000ED04, /* ICSR */
	ethernetInterrupt = 13
};

/* A line that takes no byte for so long has nobody at its other end; then this is the exit status. */
enum { nobodyReadsMs = 20000, nobodyReads = 4 };

static double beganMs;

void chip_startClock(double fromMs)
{
	beganMs = fromMs - chip_nowMs();
}

double chip_nowMs(void)
{
	static uint32_t last;
	static double passed;
	uint32_t ticks = chip_ticks();
	passed += (double)(ticks - last);
	last = ticks;
	return beganMs + passed / ticksPerMs;
}

void chip_openSerial(void)
{
	REGISTER(serialDivider) = 16;
	REGISTER(serialControl) = 3;
}

void chip_writeSerial(const char *text, int size)
{
	while (size-- > 0) {
		uint32_t began = chip_ticks();
		while (REGISTER(serialState) & 1)
			if (chip_ticks() - began > nobodyReadsMs * ticksPerMs)
				chip_exit(nobodyReads);
		REGISTER(serialData) = (uint8_t)*text++;
	}
}

int chip_readSerial(void)
{
	return (REGISTER(serialState) & 2) ? (int)(REGISTER(serialData) & 0xFF) : -1;
}

/* Interrupts stay masked: pending is enough to end a wait, and nothing runs behind the program's back. */
void chip_startTicking(void)
{
	__asm volatile("cpsid i");
	REGISTER(systickReload) = 10 * ticksPerMs - 1;
	REGISTER(systickValue) = 0;
	REGISTER(systickControl) = 7; /* on, with an interrupt, by the processor's clock */
	REGISTER(interruptEnable) = 1u << ethernetInterrupt;
}

void chip_wait(void)
{
	__asm volatile("dsb\n wfi\n isb");
	REGISTER(systemControl) = 1u << 25; /* PENDSTCLR */
	REGISTER(interruptClear) = 1u << ethernetInterrupt;
}
