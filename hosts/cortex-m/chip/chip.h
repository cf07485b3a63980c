/* The processor and its board: what is below XS. Of the MPS2+ board with ARM's image AN386, as QEMU has it. */
#ifndef DORMOUSE_CHIP_H
#define DORMOUSE_CHIP_H

#include <stdint.h>

/* To the console of the debugger, which the emulator is. Takes the same instructions however slow its reader is. */
void chip_write(const char *text, int size);
/* Ends the emulator with this exit status. */
void chip_exit(int status) __attribute__((noreturn));
/* What stands on the emulator's command line for us. @returns its size, 0 when there is none */
int chip_argument(char *into, int capacity);

/* A file of the computer. @returns below 0 when it can not be opened */
int chip_open(const char *name, int isWritten);
/* @returns how many bytes were read or written */
int chip_readFile(int file, uint32_t at, void *into, int size);
int chip_writeFile(int file, uint32_t at, const void *bytes, int size);
/* From where the last one ended. */
int chip_readStream(int file, void *into, int size);
/* What has no places in it: a pipe. */
int chip_openStream(const char *name, int isWritten);
int chip_writeStream(int file, const void *bytes, int size);

/* A counter of 25 MHz, 32 bits. QEMU with -icount shift=0 lets an instruction take 1 ns, so a tick is 40 of them. */
enum { chipInstructionsPerTick = 40 };
uint32_t chip_ticks(void);

/*
 * Milliseconds since power on, where chip_startClock says how many were before this reset, else since reset; to be
 * asked once in two minutes at least, when the counter begins again.
 */
double chip_nowMs(void);
void chip_startClock(double fromMs);

/* Seconds since 1970 by the computer's clock: a clock with a battery, of which the board has none. */
uint32_t chip_timeS(void);

/* The serial port, for programs that listen: unbuffered, both ways. */
void chip_openSerial(void);
void chip_writeSerial(const char *text, int size);
/* @returns -1 when nobody typed */
int chip_readSerial(void);

/* Lets the processor wait for a device or for a hundredth of a second, whichever is first. */
void chip_startTicking(void);
void chip_wait(void);

/* --- reset.c: resets, the watchdog, and the RAM that outlives both --- */

enum { chipRetainedBytes = 8 * 1024 };

/* In RAM that no start clears: as it was, but for power loss. */
typedef struct {
	uint32_t mark;
	/* What the next boot is; a reset that nobody announced is the watchdog's. */
	uint32_t cause;
	uint32_t wakeReason;
	/* Failures in a row. */
	uint32_t failures;
	/* When it was noted last, by chip_nowMs. */
	double nowMs;
	/* Wall time less chip_nowMs, in seconds; NaN while nobody has set the clock. */
	double wallOffsetS;
	/* When the image on trial was started last, below 0: none was. */
	double trialSinceMs;
	/* When a deep sleep ends; infinite for never. */
	double wakeAtMs;
	uint8_t retained[chipRetainedBytes];
} ChipLife;

/* @returns whether it outlived the reset; else it is zeros */
int chip_findLife(ChipLife **life);
/* Resets everything but that. */
void chip_restart(uint32_t cause) __attribute__((noreturn));
/* The same, and the rest of RAM is lost, as in a sleep that does not feed it. */
void chip_restartForgetting(uint32_t cause) __attribute__((noreturn));

/* After `ms` without a feed chip_bite is called, after twice as long the chip is reset. */
void chip_startWatchdog(uint32_t ms);
void chip_feedWatchdog(void);
/* The program's. */
void chip_bite(void);

/* A fault, by its program counter and return address. What the program does not define itself ends the emulator. */
void chip_failed(const char *text) __attribute__((noreturn));

/* The lowest address that the C stack may use. */
char *chip_stackEnd(void);
/* Paints the free part of the C stack, so that chip_stackPeak can tell how far down it was used since. */
void chip_paintStack(void);
uint32_t chip_stackPeak(void);

#endif
