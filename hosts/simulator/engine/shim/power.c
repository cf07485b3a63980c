/* Sleep, what ended it, and the RAM that outlives it. */
#include "shim.h"

FROM_BOARD(sleep) int board_sleep(double untilMs, int depth, char* error, int errorSize);
FROM_BOARD(wakeReason) int board_wakeReason(void);
FROM_BOARD(retainedRead) int board_retainedRead(double offset, void* into, int size, char* error, int errorSize);
FROM_BOARD(retainedWrite) int board_retainedWrite(double offset, const void* bytes, int size, char* error,
	int errorSize);

enum { longestError = 160 };

static void answerError(txMachine* the, char* error, int size)
{
	if (size > 0) {
		error[(size < longestError) ? size : longestError - 1] = 0;
		fxString(the, mxResult, error);
	}
}

/* (untilMs or undefined, depth) */
static void sleepUntil(txMachine* the)
{
	char error[longestError];
	double untilMs = mxIsUndefined(mxArgv(0)) ? C_NAN : fxToNumber(the, mxArgv(0));
	int depth = fxToInteger(the, mxArgv(1));
	answerError(the, error, board_sleep(untilMs, depth, error, longestError - 1));
}

static void wakeReason(txMachine* the)
{
	fxInteger(the, mxResult, board_wakeReason());
}

static void retainedRead(txMachine* the)
{
	char error[longestError];
	txUnsigned size;
	double offset = fxToNumber(the, mxArgv(0));
	void* into = shim_bytesOf(the, mxArgv(1), &size, 1);
	answerError(the, error, board_retainedRead(offset, into, (int)size, error, longestError - 1));
}

static void retainedWrite(txMachine* the)
{
	char error[longestError];
	txUnsigned size;
	double offset = fxToNumber(the, mxArgv(0));
	void* bytes = shim_bytesOf(the, mxArgv(1), &size, 0);
	answerError(the, error, board_retainedWrite(offset, bytes, (int)size, error, longestError - 1));
}

static const ShimNative natives[] = {
	{ "sleep", sleepUntil, 2 },
	{ "wakeReason", wakeReason, 0 },
	{ "retainedRead", retainedRead, 2 },
	{ "retainedWrite", retainedWrite, 2 },
};

void shim_definePower(txMachine* the, txSlot* board)
{
	shim_defineNatives(the, board, natives, sizeof(natives) / sizeof(natives[0]));
}
