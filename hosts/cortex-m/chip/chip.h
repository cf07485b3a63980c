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

/* A counter of 25 MHz, 32 bits. QEMU with -icount shift=0 lets an instruction take 1 ns, so a tick is 40 of them. */
enum { chipInstructionsPerTick = 40 };
uint32_t chip_ticks(void);

/* The lowest address that the C stack may use. */
char *chip_stackEnd(void);
/* Paints the free part of the C stack, so that chip_stackPeak can tell how far down it was used since. */
void chip_paintStack(void);
uint32_t chip_stackPeak(void);

#endif
