/* The natives of mods (hosts/simulator/engine/shim) on a board without a place for them: there are none. */
#include "board.h"

double board_modSize(void);
int board_modRecord(char *into, int capacity);
int board_modRead(double offset, void *into, int size, char *error, int capacity);
int board_modWrite(double offset, const void *bytes, int size, char *error, int capacity);
int board_modErase(double offset, double size, char *error, int capacity);
int board_modVerify(char *into, int capacity);
int board_modLoad(char *into, int capacity);

static int refuse(char *error, int capacity)
{
	static const char text[] = "no mods";
	int size = (int)sizeof(text) - 1;
	memcpy(error, text, (size_t)((size < capacity) ? size : capacity));
	return size;
}

double board_modSize(void)
{
	return 0;
}

int board_modRecord(char *into, int capacity)
{
	return refuse(into, capacity);
}

int board_modRead(double offset, void *into, int size, char *error, int capacity)
{
	(void)offset, (void)into, (void)size;
	return refuse(error, capacity);
}

int board_modWrite(double offset, const void *bytes, int size, char *error, int capacity)
{
	(void)offset, (void)bytes, (void)size;
	return refuse(error, capacity);
}

int board_modErase(double offset, double size, char *error, int capacity)
{
	(void)offset, (void)size;
	return refuse(error, capacity);
}

int board_modVerify(char *into, int capacity)
{
	return refuse(into, capacity);
}

int board_modLoad(char *into, int capacity)
{
	return refuse(into, capacity);
}
