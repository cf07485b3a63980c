/* The natives of slots (hosts/simulator/engine/shim/natives.c) by the boot loader. */
#include "board.h"
#include "life.h"

double board_slotSize(void);
int board_slotRecord(int slot, char *into, int capacity);
int board_slotRead(double offset, void *into, int size, char *error, int capacity);
int board_slotWrite(double offset, const void *bytes, int size, char *error, int capacity);
int board_slotErase(double offset, double size, char *error, int capacity);
int board_slotVerify(char *into, int capacity);
int board_slotMark(int what, const char *why, int whySize, char *error, int capacity);

static const char outside[] = "flash: outside of the partition";

double board_slotSize(void)
{
	return mapSlotBytes;
}

int board_slotRecord(int slot, char *into, int capacity)
{
	ImageHeader header;
	char name[200], version[200], hash[2 * imageHashBytes + 1];
	int index;
	uint8_t which = (slot == slotB) ? slotB : slotA;
	const char *state = slot_state(&life.loader, which);
	if (!slot_header(&life.loader, which, &header))
		return snprintf(into, (size_t)capacity, "{\"state\":\"%s\"}", state);
	json_write(header.name, name, sizeof(name));
	json_write(header.version, version, sizeof(version));
	for (index = 0; index < imageHashBytes; index++)
		snprintf(hash + 2 * index, 3, "%02x", header.hash[index]);
	return snprintf(into, (size_t)capacity,
		"{\"state\":\"%s\",\"image\":{\"name\":\"%s\",\"version\":\"%s\",\"sizeBytes\":%u,\"hash\":\"%s\","
		"\"securityCounter\":%u}}",
		state, name, version, (unsigned)header.sizeBytes, hash, (unsigned)header.securityCounter);
}

static int isNumber(double offset, double size)
{
	return (offset >= 0) && (size >= 0) && (offset + size <= mapSlotBytes);
}

int board_slotRead(double offset, void *into, int size, char *error, int capacity)
{
	return board_sayWhy(isNumber(offset, size) ? slot_read(&life.loader, (uint32_t)offset, into, (uint32_t)size) : outside,
		error, capacity);
}

int board_slotWrite(double offset, const void *bytes, int size, char *error, int capacity)
{
	return board_sayWhy(isNumber(offset, size) ? slot_write(&life.loader, (uint32_t)offset, bytes, (uint32_t)size) : outside,
		error, capacity);
}

int board_slotErase(double offset, double size, char *error, int capacity)
{
	return board_sayWhy(isNumber(offset, size) ? slot_erase(&life.loader, (uint32_t)offset, (uint32_t)size) : outside, error,
		capacity);
}

int board_slotVerify(char *into, int capacity)
{
	return snprintf(into, (size_t)capacity, "%s", verdictNames[slot_verify(&life.loader)]);
}

/* @param what 0: mark the other slot, 1: confirm, 2: revert */
int board_slotMark(int what, const char *why, int whySize, char *error, int capacity)
{
	uint8_t reason = whyRefused;
	uint8_t index;
	for (index = whyCrash; index < whyCount; index++)
		if (((int)strlen(revertReasonNames[index]) == whySize) && !memcmp(revertReasonNames[index], why, (size_t)whySize))
			reason = index;
	return board_sayWhy((what == 0) ? slot_markPending(&life.loader)
		: (what == 1) ? slot_confirm(&life.loader) : slot_revert(&life.loader, reason), error, capacity);
}
