/* The services XS and the shim ask of their platform: time, chance, console, and how a device ends. No metering. */
#include "bench.h"

extern int board_dice(int bound);
extern void board_print(const char *text, int size);

/* What the C stack must have left for an XS call that does not check. */
enum { stackReserve = 2048 };

/* XS asks here how deep C may go: the lowest address that a call may begin at. */
char *fxCStackLimit(void)
{
	return chip_stackEnd() + stackReserve;
}

/* The reasons are XS's: XS_NOT_ENOUGH_MEMORY_EXIT and so on. */
void shim_fail(int reason)
{
	board_fail(reason);
}

void shim_describeException(txMachine *the)
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

void fxAbort(txMachine *the, int status)
{
	static int failing = 0;
	if (!failing) {
		failing = 1;
		if ((status == XS_UNHANDLED_EXCEPTION_EXIT) || (status == XS_UNHANDLED_REJECTION_EXIT))
			shim_describeException(the);
	}
	shim_fail(status);
}

int shim_gettimeofday(struct timeval *now, void *zone)
{
	(void)zone;
	now->tv_sec = 0;
	now->tv_usec = 0;
	return 0;
}

int shim_rand(void)
{
	return board_dice(0x7fffffff);
}

int shim_vprintf(const char *format, va_list arguments)
{
	char text[512];
	int size = vsnprintf(text, sizeof(text), format, arguments);
	if (size > (int)sizeof(text) - 1)
		size = sizeof(text) - 1;
	board_print(text, size);
	return size;
}

int shim_printf(const char *format, ...)
{
	int size;
	va_list arguments;
	va_start(arguments, format);
	size = shim_vprintf(format, arguments);
	va_end(arguments);
	return size;
}

void fxQueuePromiseJobs(txMachine *the)
{
	the->promiseJobs = 1;
}

void shim_beginTurn(txMachine *the)
{
	(void)the;
}

void shim_endTurn(txMachine *the)
{
	(void)the;
}

void shim_meter(txMachine *the, uint32_t interval)
{
	(void)the, (void)interval;
}

void shim_charge(txMachine *the, uint32_t computrons)
{
	(void)the, (void)computrons;
}

double shim_computrons(txMachine *the)
{
	(void)the;
	return 0;
}
