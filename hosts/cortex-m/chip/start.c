/* Reset, faults, counter, stack, and the ten functions that newlib asks of a system. */
#include "chip.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define REGISTER(ADDRESS) (*(volatile uint32_t *)(ADDRESS))

enum {
	counter = 0x40028018, /* FPGAIO: 25 MHz */
	coprocessors = 0xE000ED88 /* CPACR */
};

extern uint32_t dataImage[], dataBegin[], dataEnd[], bssBegin[], bssEnd[], stackTop[], stackEnd[];
extern char heapBegin[], heapEnd[];
extern int main(void);

static const uint32_t paint = 0xa5a5a5a5;

/* --- reset and faults --- */

static void begin(void) __attribute__((noreturn, used));

void chip_reset(void) __attribute__((naked));
void chip_reset(void)
{
	__asm volatile("b begin");
}

static void begin(void)
{
	uint32_t *from = dataImage;
	uint32_t *to = dataBegin;
	while (to < dataEnd)
		*to++ = *from++;
	for (to = bssBegin; to < bssEnd; to++)
		*to = 0;
	REGISTER(coprocessors) |= 0xF << 20; /* the floating-point unit, before anything uses it */
	__asm volatile("dsb\n isb");
	chip_exit(main());
}

/* The frame that the processor pushed: r0-r3, r12, lr, pc, xpsr. */
static void explainFault(const uint32_t *frame) __attribute__((noreturn, used));
static void explainFault(const uint32_t *frame)
{
	static const char digits[] = "0123456789abcdef";
	char text[] = "fault at pc 00000000, lr 00000000\n";
	int index;
	for (index = 0; index < 8; index++) {
		text[12 + index] = digits[(frame[6] >> (28 - 4 * index)) & 15];
		text[25 + index] = digits[(frame[5] >> (28 - 4 * index)) & 15];
	}
	text[sizeof(text) - 2] = 0;
	chip_failed(text);
}

__attribute__((weak)) void chip_failed(const char *text)
{
	chip_write(text, (int)strlen(text));
	chip_write("\n", 1);
	chip_exit(3);
}

static void fault(void) __attribute__((naked));
static void fault(void)
{
	__asm volatile("mrs r0, msp\n b explainFault");
}

/* The watchdog's, where there is one. */
__attribute__((weak)) void chip_bite(void)
{
	fault();
}

__attribute__((section(".vectors"), used)) static void *const vectors[16] = {
	stackTop, chip_reset, chip_bite, fault, fault, fault, fault, 0, 0, 0, 0, fault, fault, 0, fault, fault,
};

/* --- counter, stack --- */

uint32_t chip_ticks(void)
{
	return REGISTER(counter);
}

char *chip_stackEnd(void)
{
	return (char *)stackEnd;
}

void chip_paintStack(void)
{
	uint32_t *here = (uint32_t *)__builtin_frame_address(0) - 64;
	uint32_t *word;
	for (word = stackEnd; word < here; word++)
		*word = paint;
}

uint32_t chip_stackPeak(void)
{
	uint32_t *word = stackEnd;
	while (*word == paint)
		word++;
	return (uint32_t)((char *)stackTop - (char *)word);
}

/* --- newlib --- */

void *_sbrk(ptrdiff_t size)
{
	static char *top = heapBegin;
	char *block = top;
	if (size > heapEnd - top) {
		errno = ENOMEM;
		return (void *)-1;
	}
	top += size;
	return block;
}

void _exit(int status)
{
	chip_exit(status);
}

int _write(int file, const char *text, int size)
{
	(void)file;
	chip_write(text, size);
	return size;
}

int _read(int file, char *into, int size)
{
	(void)file, (void)into, (void)size;
	return 0;
}

int _close(int file)
{
	(void)file;
	return -1;
}

int _isatty(int file)
{
	(void)file;
	return 1;
}

int _lseek(int file, int offset, int from)
{
	(void)file, (void)offset, (void)from;
	return 0;
}

int _fstat(int file, struct stat *status)
{
	(void)file;
	status->st_mode = S_IFCHR;
	return 0;
}

int _getpid(void)
{
	return 1;
}

int _kill(int process, int signal)
{
	(void)process, (void)signal;
	return -1;
}
