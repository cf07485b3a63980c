/* The natives of sleep, and of the memory that outlives it (hosts/simulator/engine/shim/power.c). */
#include "board.h"
#include "life.h"

int board_sleep(double untilMs, int depth, char *error, int capacity);
int board_wakeReason(void);
int board_retainedRead(double offset, void *into, int size, char *error, int capacity);
int board_retainedWrite(double offset, const void *bytes, int size, char *error, int capacity);

/* The numbers of depthNumbers in hosts/simulator/device/natives.ts; 0 is what happens between turns anyway. */
enum { idleDepth };

static const char outside[] = "outside of the retained memory";

int board_sleep(double untilMs, int depth, char *error, int capacity)
{
	(void)error, (void)capacity;
	if (depth != idleDepth)
		device_sleep((untilMs == untilMs) ? untilMs : C_INFINITY, depth);
	return 0;
}

int board_wakeReason(void)
{
	return (int)life.wakeReason;
}

static int isWithin(double offset, int size)
{
	return (offset >= 0) && (offset + size <= chipRetainedBytes);
}

int board_retainedRead(double offset, void *into, int size, char *error, int capacity)
{
	if (!isWithin(offset, size))
		return board_sayWhy(outside, error, capacity);
	memcpy(into, life.kept->retained + (uint32_t)offset, (size_t)size);
	return 0;
}

int board_retainedWrite(double offset, const void *bytes, int size, char *error, int capacity)
{
	if (!isWithin(offset, size))
		return board_sayWhy(outside, error, capacity);
	memcpy(life.kept->retained + (uint32_t)offset, bytes, (size_t)size);
	return 0;
}

/* --- globalThis.board, over and above --- */

static void hasAccelerator(txMachine *the)
{
	fxBoolean(the, mxResult, 0); /* hosts/psa's natives are there instead, where there is mbedTLS */
}

static const ShimNative natives[] = { { "hasAccelerator", hasAccelerator, 0 } };

void board_defineNatives(txMachine *the, txSlot *board)
{
	shim_defineNatives(the, board, natives, sizeof(natives) / sizeof(natives[0]));
}
