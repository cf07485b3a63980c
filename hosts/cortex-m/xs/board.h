/* What crypto.c shares with whichever board it is linked to: the bench's or the device's. */
#ifndef DORMOUSE_BOARD_H
#define DORMOUSE_BOARD_H

#include "chip.h"
#include "shim.h"

/* Instructions in the C of the Crypto port since the machine began. */
extern double cryptoInstructions;

/* Gives globalThis.board this board's own functions. */
void board_defineNatives(txMachine *the, txSlot *board);
void board_fillEntropy(void *bytes, int size);
/* An exception that nobody caught, before board_fail. */
void board_explain(const char *text, int size);
/* How a program ends that XS gave up. @param reason XS's */
void board_fail(int reason) __attribute__((noreturn));
/* Of the device, from the end of the turn on. @param untilMs infinite for never */
void device_sleep(double untilMs, int depth);
/* The device's: an error for people, 0 for none, as natives answer it. @returns its size */
int board_sayWhy(const char *why, char *error, int capacity);

#endif
