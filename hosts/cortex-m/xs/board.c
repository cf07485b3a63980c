/*
 * The board, as the shim's natives (hosts/simulator/engine/shim/natives.c) want it: what the simulator answers in
 * TypeScript, answered by the chip. It has no network and no flash yet.
 */
#include "bench.h"

char boardRecord[160];
int boardSide;
static uint32_t chance[2];

void board_seed(void)
{
	chance[0] = 0x2545f491;
	chance[1] = 0x9e3779b9;
	boardSide = 0;
}

/* xorshift: the same numbers in every run, for a bench; no source of keys. */
static uint32_t draw(void)
{
	uint32_t *state = &chance[boardSide];
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

void board_fillEntropy(void *bytes, int size)
{
	uint8_t *byte = bytes;
	while (size-- > 0)
		*byte++ = (uint8_t)(draw() >> 24);
}

int board_dice(int bound)
{
	return (int)(draw() % (uint32_t)bound);
}

void board_explain(const char *text, int size)
{
	board_print(text, size);
}

void board_fail(int reason)
{
	shim_printf("the device failed: XS exit %d", reason);
	chip_exit(1);
}

double board_nowMs(void)
{
	return chip_ticks() / 25000;
}

double board_wallTimeS(void)
{
	return C_NAN;
}

void board_setWallTimeS(double seconds)
{
	(void)seconds;
}

void board_setAlarm(double atMs)
{
	(void)atMs;
}

void board_print(const char *text, int size)
{
	chip_write(text, size);
	chip_write("\n", 1);
}

void board_log(const char *json, int size)
{
	board_print(json, size);
}

int board_bootRecord(char *into, int capacity)
{
	int size = (int)strlen(boardRecord);
	memcpy(into, boardRecord, (size < capacity) ? size : capacity);
	return size;
}

void board_restart(void)
{
	chip_exit(0);
}

void board_off(void)
{
	chip_exit(0);
}

double board_temperature(void)
{
	return C_NAN;
}

/* --- not there yet --- */

int board_udpOpen(int port)
{
	(void)port;
	return -1;
}

int board_udpRead(int socket, void *into, int capacity, void *from)
{
	(void)socket, (void)into, (void)capacity, (void)from;
	return -1;
}

int board_udpWrite(int socket, const void *bytes, int size, const char *host, int hostSize, int port)
{
	(void)socket, (void)bytes, (void)size, (void)host, (void)hostSize, (void)port;
	return 0;
}

void board_udpClose(int socket)
{
	(void)socket;
}

void board_resolve(const char *name, int size)
{
	(void)name, (void)size;
}

double board_flashGeometry(int which)
{
	(void)which;
	return C_NAN;
}

static int noFlash(char *error, int capacity)
{
	static const char text[] = "no flash";
	int size = (int)sizeof(text) - 1;
	memcpy(error, text, (size < capacity) ? size : capacity);
	return size;
}

int board_flashRead(double offset, void *into, int size, char *error, int capacity)
{
	(void)offset, (void)into, (void)size;
	return noFlash(error, capacity);
}

int board_flashWrite(double offset, const void *bytes, int size, char *error, int capacity)
{
	(void)offset, (void)bytes, (void)size;
	return noFlash(error, capacity);
}

int board_flashErase(double offset, double size, char *error, int capacity)
{
	(void)offset, (void)size;
	return noFlash(error, capacity);
}
