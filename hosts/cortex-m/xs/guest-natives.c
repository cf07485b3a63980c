/* globalThis.board of a machine that is measured: hosts/psa computes on the chip, so that there is no accelerator. */
#include "board.h"

static void hasAccelerator(txMachine *the)
{
	fxBoolean(the, mxResult, 0);
}

static const ShimNative natives[] = { { "hasAccelerator", hasAccelerator, 0 } };

void board_defineNatives(txMachine *the, txSlot *board)
{
	shim_defineNatives(the, board, natives, 1);
}
