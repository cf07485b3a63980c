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

/* A counter of 25 MHz, 32 bits. QEMU with -icount shift=0 lets an instruction take 1 ns, so a tick is 40 of them. */
enum { chipInstructionsPerTick = 40 };
uint32_t chip_ticks(void);

/* Milliseconds since reset; to be asked once in two minutes at least, when the counter begins again. */
double chip_nowMs(void);

/* The serial port, for programs that listen: unbuffered, both ways. */
void chip_openSerial(void);
void chip_writeSerial(const char *text, int size);
/* @returns -1 when nobody typed */
int chip_readSerial(void);

/* Lets the processor wait for a device or for a hundredth of a second, whichever is first. */
void chip_startTicking(void);
void chip_wait(void);

/* Resets everything but the RAM, which keeps this word for chip_afterReset. */
void chip_restart(uint32_t why) __attribute__((noreturn));
/* @returns the word of chip_restart, once; 0 after power on */
uint32_t chip_afterReset(void);

/* The lowest address that the C stack may use. */
char *chip_stackEnd(void);
/* Paints the free part of the C stack, so that chip_stackPeak can tell how far down it was used since. */
void chip_paintStack(void);
uint32_t chip_stackPeak(void);

#endif
