/*
 * The services XS asks of its platform, passed on to the board: time, chance, console, metering, and how a device
 * ends.
 */
#include "shim.h"

FROM_BOARD(failed) void board_failed(int reason);
FROM_BOARD(explain) void board_explain(const char* text, int size);
FROM_BOARD(print) void board_print(const char* text, int size);
FROM_BOARD(meter) int board_meter(double computrons);
FROM_BOARD(wallTimeMs) double board_wallTimeMs(void);
FROM_BOARD(dice) int board_dice(int bound);

/* XS 17 counts in fractions of a computron, and XS 13.3 in whole ones; both say whole ones to their callback. */
#ifdef XS_CODE_METERING
	#define COMPUTRON 65536.0
typedef txU8 MeterIndex;
#else
	#define COMPUTRON 1.0
typedef txU4 MeterIndex;
#endif

static int failing = 0;
static double computronsBefore = 0; /* of the turns that have ended */

/*
 * With --stack-first the C stack ends at address 0: below this mark there is room for one more XS call that does
 * not check.
 */
char* fxCStackLimit()
{
	return (char*)6144;
}

/* XS's own version, of which bytecode is a part: major, minor, patch. */
TO_BOARD(xsVersion) uint32_t device_xsVersion(void)
{
	return (XS_MAJOR_VERSION << 16) | ((XS_MINOR_VERSION) << 8) | XS_PATCH_VERSION;
}

void shim_fail(int reason)
{
	board_failed(reason);
	__builtin_trap(); /* the board throws: not reached */
}

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

int shim_gettimeofday(struct timeval* now, void* zone)
{
	double ms = board_wallTimeMs();
	now->tv_sec = (time_t)(ms / 1000);
	now->tv_usec = (long)((ms - (double)now->tv_sec * 1000) * 1000);
	return 0;
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

static txBoolean meterReached(txMachine* the, MeterIndex computrons)
{
	return board_meter((double)computrons) ? 1 : 0;
}

void shim_meter(txMachine* the, uint32_t interval)
{
	computronsBefore = 0; /* what ROM was prepared with is no device's work */
	fxBeginMetering(the, meterReached, interval);
}

void shim_beginTurn(txMachine* the)
{
	the->meterIndex = 0;
	the->meterCount = the->meterInterval;
}

void shim_endTurn(txMachine* the)
{
	computronsBefore += (double)the->meterIndex / COMPUTRON;
	the->meterIndex = 0;
	the->meterCount = the->meterInterval;
}

void shim_charge(txMachine* the, uint32_t computrons)
{
	the->meterIndex += (MeterIndex)(computrons * COMPUTRON);
}

double shim_computrons(txMachine* the)
{
	return computronsBefore + (double)the->meterIndex / COMPUTRON;
}
