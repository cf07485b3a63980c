/* The natives of slots and sleep (hosts/simulator/engine/shim) on a board without them, the bench. */
#include "board.h"

double board_slotSize(void);
int board_slotRecord(int slot, char *into, int capacity);
int board_slotRead(double offset, void *into, int size, char *error, int capacity);
int board_slotWrite(double offset, const void *bytes, int size, char *error, int capacity);
int board_slotErase(double offset, double size, char *error, int capacity);
int board_slotVerify(char *into, int capacity);
int board_slotMark(int what, const char *why, int whySize, char *error, int capacity);
int board_sleep(double untilMs, int depth, char *error, int capacity);
int board_wakeReason(void);
int board_retainedRead(double offset, void *into, int size, char *error, int capacity);
int board_retainedWrite(double offset, const void *bytes, int size, char *error, int capacity);

static int refuse(char *error, int capacity)
{
	static const char text[] = "neither slots nor sleep";
	int size = (int)sizeof(text) - 1;
	memcpy(error, text, (size_t)((size < capacity) ? size : capacity));
	return size;
}

double board_slotSize(void)
{
	return 0;
}

int board_slotRecord(int slot, char *into, int capacity)
{
	(void)slot;
	return refuse(into, capacity);
}

int board_slotRead(double offset, void *into, int size, char *error, int capacity)
{
	(void)offset, (void)into, (void)size;
	return refuse(error, capacity);
}

int board_slotWrite(double offset, const void *bytes, int size, char *error, int capacity)
{
	(void)offset, (void)bytes, (void)size;
	return refuse(error, capacity);
}

int board_slotErase(double offset, double size, char *error, int capacity)
{
	(void)offset, (void)size;
	return refuse(error, capacity);
}

int board_slotVerify(char *into, int capacity)
{
	return refuse(into, capacity);
}

int board_slotMark(int what, const char *why, int whySize, char *error, int capacity)
{
	(void)what, (void)why, (void)whySize;
	return refuse(error, capacity);
}

int board_sleep(double untilMs, int depth, char *error, int capacity)
{
	(void)untilMs, (void)depth;
	return refuse(error, capacity);
}

int board_wakeReason(void)
{
	return 0;
}

int board_retainedRead(double offset, void *into, int size, char *error, int capacity)
{
	(void)offset, (void)into, (void)size;
	return refuse(error, capacity);
}

int board_retainedWrite(double offset, const void *bytes, int size, char *error, int capacity)
{
	(void)offset, (void)bytes, (void)size;
	return refuse(error, capacity);
}
