/* globalThis.board of the bench: what it has beside the functions of every board. */
#include "bench.h"

enum { mostKept = 32, longestKept = 2048 };

static struct {
	int size;
	uint8_t bytes[longestKept];
} kept[mostKept];
static int keptCount;

/* () => instructions, modulo 2^32 ticks of 40 */
static void instructions(txMachine *the)
{
	fxNumber(the, mxResult, (double)chip_ticks() * chipInstructionsPerTick);
}

/* () => how many of them were the Crypto port's C */
static void nativeCrypto(txMachine *the)
{
	fxNumber(the, mxResult, cryptoInstructions);
}

/* (side): whose chance it is from here on; 0: ours, 1: the peer's */
static void useChance(txMachine *the)
{
	boardSide = fxToInteger(the, mxArgv(0)) & 1;
}

/* (bytes): for the next machine */
static void keep(txMachine *the)
{
	txUnsigned size;
	void *bytes = shim_bytesOf(the, mxArgv(0), &size, 0);
	if ((keptCount == mostKept) || (size > longestKept))
		mxRangeError("no room for what is kept");
	kept[keptCount].size = (int)size;
	memcpy(kept[keptCount++].bytes, bytes, size);
}

/* (index, into) => size, or -1 when there are no more */
static void recall(txMachine *the)
{
	int index = fxToInteger(the, mxArgv(0));
	txUnsigned capacity;
	void *into = shim_bytesOf(the, mxArgv(1), &capacity, 1);
	int size = ((index >= 0) && (index < keptCount)) ? kept[index].size : -1;
	if (size > (int)capacity)
		mxRangeError("no room for what was kept");
	if (size > 0)
		memcpy(into, kept[index].bytes, (size_t)size);
	fxInteger(the, mxResult, size);
}

/* () => bytes of slots and chunks that are alive */
static void liveBytes(txMachine *the)
{
	fxCollectGarbage(the);
	fxInteger(the, mxResult, (txInteger)(the->currentHeapCount * sizeof(txSlot) + the->currentChunksSize));
}

/* (): forgets how deep C has gone so far */
static void paintStack(txMachine *the)
{
	(void)the;
	chip_paintStack();
}

/* () => the most bytes of the C stack since then */
static void stackPeak(txMachine *the)
{
	fxInteger(the, mxResult, (txInteger)chip_stackPeak());
}

static const ShimNative natives[] = {
	{ "instructions", instructions, 0 },
	{ "nativeCrypto", nativeCrypto, 0 },
	{ "useChance", useChance, 1 },
	{ "keep", keep, 1 },
	{ "recall", recall, 2 },
	{ "liveBytes", liveBytes, 0 },
	{ "paintStack", paintStack, 0 },
	{ "stackPeak", stackPeak, 0 },
};

void board_defineNatives(txMachine *the, txSlot *board)
{
	shim_defineNatives(the, board, natives, sizeof(natives) / sizeof(natives[0]));
}
