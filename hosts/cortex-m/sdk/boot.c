/*
 * The boot loader as a program of its own, without XS: an image is machine code, with XS and our modules in ROM as the
 * SDK linked them. It is put where it was linked to, and begins as a chip does: with the stack's top and its entry.
 */
#include "board.h"
#include "console.h"
#include "life.h"
#include "nor-flash.h"

extern uint8_t slotBegin[];

/* Where things stand in an image (hosts/simulator/image/FORMAT.md): one module, whose code is machine code. */
enum { atNamesSize = 92, atSymbolsSize = 96, atCodeSize = 100, oneRow = 12 };

enum { vectorTable = 0xE000ED08 /* VTOR (ARMv7-M B3.2.5) */ };

static uint32_t numberAt(const uint8_t *image, int at)
{
	uint32_t number;
	memcpy(&number, image + at, sizeof(number));
	return number;
}

static void start(const uint32_t *vectors) __attribute__((noreturn));
static void start(const uint32_t *vectors)
{
	*(volatile uint32_t *)vectorTable = (uint32_t)vectors;
	__asm volatile("dsb\n isb\n msr msp, %0\n bx %1" : : "r"(vectors[0]), "r"(vectors[1]));
	__builtin_unreachable();
}

int main(void)
{
	const uint8_t *image;
	uint8_t slot;
	chip_openSerial();
	life_begin(console_typedAsleep);
	if (!flash_open("flash")) {
		shim_printf("no flash");
		return 2;
	}
	slot = life_boot();
	if (slot == noSlot) {
		shim_printf("no image that can be started");
		return 2;
	}
	image = flash_at((slot == slotA) ? mapSlotA : mapSlotB);
	memcpy(slotBegin, image + imageHeaderBytes + oneRow + numberAt(image, atNamesSize) + numberAt(image, atSymbolsSize),
		numberAt(image, atCodeSize));
	life_handOver();
	start((const uint32_t *)slotBegin);
}
