/* globalThis.board, over and above what the simulator's gives: sleep, and the memory that outlives it. */
#include "board.h"
#include "life.h"

static void hasAccelerator(txMachine *the)
{
	fxBoolean(the, mxResult, 0); /* hosts/psa's natives are there instead, where there is mbedTLS */
}

/* (untilMs or undefined, depth) */
static void chipSleep(txMachine *the)
{
	double untilMs = mxIsUndefined(mxArgv(0)) ? C_INFINITY : fxToNumber(the, mxArgv(0));
	device_sleep(untilMs, fxToInteger(the, mxArgv(1)));
}

/* @returns where the bytes of arguments (offset, bytes) lie in the retained memory */
static uint8_t *retainedAt(txMachine *the, txBoolean writable, void **bytes, txUnsigned *size)
{
	double offset = fxToNumber(the, mxArgv(0));
	*bytes = shim_bytesOf(the, mxArgv(1), size, writable);
	if (!((offset >= 0) && (offset + *size <= chipRetainedBytes)))
		mxRangeError("outside of the retained memory");
	return life.kept->retained + (uint32_t)offset;
}

static void retainedRead(txMachine *the)
{
	txUnsigned size;
	void *bytes;
	const uint8_t *from = retainedAt(the, 1, &bytes, &size);
	memcpy(bytes, from, size);
}

static void retainedWrite(txMachine *the)
{
	txUnsigned size;
	void *bytes;
	uint8_t *into = retainedAt(the, 0, &bytes, &size);
	memcpy(into, bytes, size);
}

static void retainedSize(txMachine *the)
{
	fxInteger(the, mxResult, chipRetainedBytes);
}

static const ShimNative natives[] = {
	{ "hasAccelerator", hasAccelerator, 0 },
	{ "chipSleep", chipSleep, 2 },
	{ "retainedRead", retainedRead, 2 },
	{ "retainedWrite", retainedWrite, 2 },
	{ "retainedSize", retainedSize, 0 },
};

void board_defineNatives(txMachine *the, txSlot *board)
{
	shim_defineNatives(the, board, natives, sizeof(natives) / sizeof(natives[0]));
}
