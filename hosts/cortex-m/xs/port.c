/*
 * The services XS and the shim ask of their platform, beside those of the shim's platform.c: time, and how a device ends.
 * No metering.
 */
#include "bench.h"

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

int shim_gettimeofday(struct timeval *now, void *zone)
{
	(void)zone;
	now->tv_sec = 0;
	now->tv_usec = 0;
	return 0;
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
