/* The natives of flash (hosts/simulator/engine/shim/natives.c): the partition of settings. */
#include "board.h"
#include "life.h"
#include "nor-flash.h"

double board_flashGeometry(int which);
int board_flashRead(double offset, void *into, int size, char *error, int capacity);
int board_flashWrite(double offset, const void *bytes, int size, char *error, int capacity);
int board_flashErase(double offset, double size, char *error, int capacity);

double board_flashGeometry(int which)
{
	static const double geometry[] = { mapSettingsBytes, flashSectorBytes, flashWriteBytes, 0, -1, chipRetainedBytes };
	return ((which >= 0) && (which < 6)) ? geometry[which] : 0;
}

int board_sayWhy(const char *why, char *error, int capacity)
{
	int size = why ? (int)strlen(why) : 0;
	if (size > capacity)
		size = capacity;
	if (size)
		memcpy(error, why, (size_t)size);
	return size;
}

static int isWithin(double offset, double size)
{
	return (offset >= 0) && (size >= 0) && (offset + size <= mapSettingsBytes);
}

static const char outside[] = "flash: outside of the settings partition";

int board_flashRead(double offset, void *into, int size, char *error, int capacity)
{
	if (!isWithin(offset, size))
		return board_sayWhy(outside, error, capacity);
	memcpy(into, flash_at(mapSettings + (uint32_t)offset), (size_t)size);
	return 0;
}

int board_flashWrite(double offset, const void *bytes, int size, char *error, int capacity)
{
	const char *why = isWithin(offset, size) ? flash_write(mapSettings + (uint32_t)offset, bytes, (uint32_t)size) : outside;
	return board_sayWhy(why, error, capacity);
}

int board_flashErase(double offset, double size, char *error, int capacity)
{
	const char *why = isWithin(offset, size) ? flash_erase(mapSettings + (uint32_t)offset, (uint32_t)size) : outside;
	return board_sayWhy(why, error, capacity);
}
