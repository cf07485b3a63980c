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

#endif
