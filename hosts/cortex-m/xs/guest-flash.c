/* What guest.c does not have: flash, slots, mods, and the memory that outlives a sleep, asked of the computer. */
#include "board.h"

#include "guest.h"

extern void device_modSymbols(char *names, uint32_t count);
extern void device_modModule(const char *name, txByte *code, uint32_t codeSize);

/* Offset, and what is written there; an error for people comes back. */
static int put3(int what, double offset, const void *bytes, int size, char *error, int capacity)
{
	GuestPart part = { bytes, size };
	guest_call(what, &offset, 1, &part, 1, error, capacity, &size);
	return size;
}

/* The first number says where in the answer the error begins: the bytes that were read come first. */
static int get3(int what, double offset, void *into, int size, char *error, int capacity)
{
	double numbers[2] = { offset, size };
	int errorSize = 0;
	if (guest_call(what, numbers, 2, C_NULL, 0, into, size, C_NULL) == 0)
		return 0;
	guest_call(askError, C_NULL, 0, C_NULL, 0, error, capacity, &errorSize);
	return errorSize;
}

static int erase3(int what, double offset, double count, char *error, int capacity)
{
	double numbers[2] = { offset, count };
	int size;
	guest_call(what, numbers, 2, C_NULL, 0, error, capacity, &size);
	return size;
}

int guest_text(int what, double number, char *into, int capacity)
{
	int size;
	guest_call(what, &number, 1, C_NULL, 0, into, capacity, &size);
	return size;
}

/* --- flash, slots, mods --- */

double board_flashGeometry(int which)
{
	return guest_ask(askFlashGeometry, which);
}

int board_flashRead(double offset, void *into, int size, char *error, int capacity)
{
	return get3(askFlashRead, offset, into, size, error, capacity);
}

int board_flashWrite(double offset, const void *bytes, int size, char *error, int capacity)
{
	return put3(askFlashWrite, offset, bytes, size, error, capacity);
}

int board_flashErase(double offset, double size, char *error, int capacity)
{
	return erase3(askFlashErase, offset, size, error, capacity);
}

double board_slotSize(void)
{
	return guest_ask(askSlotSize, 0);
}

int board_slotRecord(int slot, char *into, int capacity)
{
	return guest_text(askSlotRecord, slot, into, capacity);
}

int board_slotRead(double offset, void *into, int size, char *error, int capacity)
{
	return get3(askSlotRead, offset, into, size, error, capacity);
}

int board_slotWrite(double offset, const void *bytes, int size, char *error, int capacity)
{
	return put3(askSlotWrite, offset, bytes, size, error, capacity);
}

int board_slotErase(double offset, double size, char *error, int capacity)
{
	return erase3(askSlotErase, offset, size, error, capacity);
}

int board_slotVerify(char *into, int capacity)
{
	return guest_text(askSlotVerify, 0, into, capacity);
}

int board_slotMark(int what, const char *why, int whySize, char *error, int capacity)
{
	return put3(askSlotMark, what, why, whySize, error, capacity);
}

double board_modSize(void)
{
	return guest_ask(askModSize, 0);
}

int board_modRecord(char *into, int capacity)
{
	return guest_text(askModRecord, 0, into, capacity);
}

int board_modRead(double offset, void *into, int size, char *error, int capacity)
{
	return get3(askModRead, offset, into, size, error, capacity);
}

int board_modWrite(double offset, const void *bytes, int size, char *error, int capacity)
{
	return put3(askModWrite, offset, bytes, size, error, capacity);
}

int board_modErase(double offset, double size, char *error, int capacity)
{
	return erase3(askModErase, offset, size, error, capacity);
}

int board_modVerify(char *into, int capacity)
{
	return guest_text(askModVerify, 0, into, capacity);
}

/* @returns a piece of the mod that is being loaded, in memory that stays */
static char *fetch(int index, int *size)
{
	char *bytes;
	double number = index;
	*size = (int)guest_call(askModPart, &number, 1, C_NULL, 0, C_NULL, 0, C_NULL);
	bytes = malloc((size_t)*size + 1);
	if (!bytes)
		board_fail(1);
	number = -1 - index; /* the same again, with its bytes */
	guest_call(askModPart, &number, 1, C_NULL, 0, bytes, *size, C_NULL);
	bytes[*size] = 0;
	return bytes;
}

int board_modLoad(char *into, int capacity)
{
	int size, length, index, modules;
	double counts[1] = { 0 };
	guest_call(askModLoad, counts, 1, C_NULL, 0, into, capacity, &size);
	if (size && (into[0] == '!'))
		return size;
	modules = (int)guest_ask(askModCount, 0);
	device_modSymbols(fetch(0, &length), (uint32_t)guest_ask(askModCount, 1));
	for (index = 0; index < modules; index++) {
		char *name = fetch(1 + 2 * index, &length);
		char *code = fetch(2 + 2 * index, &length);
		device_modModule(name, (txByte *)code, (uint32_t)length);
	}
	return size;
}

int board_sleep(double untilMs, int depth, char *error, int capacity)
{
	double numbers[2] = { untilMs, depth };
	int size;
	guest_call(askSleep, numbers, 2, C_NULL, 0, error, capacity, &size);
	return size;
}

int board_wakeReason(void)
{
	return (int)guest_ask(askWakeReason, 0);
}

int board_retainedRead(double offset, void *into, int size, char *error, int capacity)
{
	return get3(askRetainedRead, offset, into, size, error, capacity);
}

int board_retainedWrite(double offset, const void *bytes, int size, char *error, int capacity)
{
	return put3(askRetainedWrite, offset, bytes, size, error, capacity);
}
