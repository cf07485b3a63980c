/*
 * The services XS asks of its platform, passed on to the board, beside those of platform.c: time, metering, and how a
 * device ends.
 */
#include "shim.h"

FROM_BOARD(failed) void board_failed(int reason);
FROM_BOARD(meter) int board_meter(double computrons);
FROM_BOARD(wallTimeMs) double board_wallTimeMs(void);

/* XS 17 counts in fractions of a computron, and XS 13.3 in whole ones; both say whole ones to their callback. */
#ifdef XS_CODE_METERING
	#define COMPUTRON 65536.0
typedef txU8 MeterIndex;
#else
	#define COMPUTRON 1.0
typedef txU4 MeterIndex;
#endif

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

int shim_gettimeofday(struct timeval* now, void* zone)
{
	double ms = board_wallTimeMs();
	now->tv_sec = (time_t)(ms / 1000);
	now->tv_usec = (long)((ms - (double)now->tv_sec * 1000) * 1000);
	return 0;
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
