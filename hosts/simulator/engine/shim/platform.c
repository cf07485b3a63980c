/* What XS says, its chance, and how it gives up: the same on all boards that are ours, hosts/cortex-m with them. */
#include "shim.h"

FROM_BOARD(explain) void board_explain(const char* text, int size);
FROM_BOARD(print) void board_print(const char* text, int size);
FROM_BOARD(dice) int board_dice(int bound);

static int failing = 0;

void shim_describeException(txMachine* the)
{
	mxTry(the) {
		txString text;
		mxPush(mxException);
		if (mxIsReference(the->stack)) {
			mxDub();
			fxGetID(the, mxID(_stack));
			if (mxIsUndefined(the->stack))
				mxPop();
		}
		text = fxToString(the, the->stack);
		board_explain(text, (int)strlen(text));
		mxPop();
	}
	mxCatch(the) {
	}
}

void fxAbort(txMachine* the, int status)
{
	if (!failing) {
		failing = 1;
		if ((status == XS_UNHANDLED_EXCEPTION_EXIT) || (status == XS_UNHANDLED_REJECTION_EXIT))
			shim_describeException(the);
	}
	shim_fail(status);
}

int shim_rand(void)
{
	return board_dice(0x7fffffff);
}

int shim_vprintf(const char* format, va_list arguments)
{
	char text[256];
	int size = vsnprintf(text, sizeof(text), format, arguments);
	if (size > (int)sizeof(text) - 1)
		size = sizeof(text) - 1;
	board_print(text, size);
	return size;
}

int shim_printf(const char* format, ...)
{
	int size;
	va_list arguments;
	va_start(arguments, format);
	size = shim_vprintf(format, arguments);
	va_end(arguments);
	return size;
}

void fxQueuePromiseJobs(txMachine* the)
{
	the->promiseJobs = 1;
}
