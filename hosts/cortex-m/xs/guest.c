/*
 * The chip as the machine of a simulated board: XS and the image run here, and what the shim's natives ask of a board is
 * asked of hosts/simulator on the computer, which waits for the answer and is waited for. Two pipes, "asked" and
 * "answered", carry it; tools/guest.ts is the other end and has the same numbers.
 */
#include "board.h"

#include "guest.h"
#include "program.h"

enum { mostNumbers = 12 };

static int toComputer, fromComputer;
/* Ticks that calls of the computer took. */
static uint32_t calling;

/* --- the pipes --- */

static void receive(void *into, int size)
{
	uint8_t *byte = into;
	while (size > 0) {
		int count = chip_readStream(fromComputer, byte, size);
		if (count <= 0)
			chip_exit(0); /* the computer's end is closed: nobody wants us any more */
		byte += count;
		size -= count;
	}
}

static void put(uint8_t **at, const void *bytes, size_t size)
{
	memcpy(*at, bytes, size);
	*at += size;
}

double guest_call(int what, const double *numbers, int count, const GuestPart *parts, int partCount, void *into,
	int capacity, int *size)
{
	static uint8_t head[8 + 8 * mostNumbers + 4];
	uint8_t *at = head + 4;
	uint8_t counts[4] = { (uint8_t)what, (uint8_t)count, (uint8_t)partCount, 0 };
	struct {
		double result;
		uint32_t size;
	} answer;
	uint32_t all = (uint32_t)(8 + 8 * count);
	uint32_t began = chip_ticks();
	int index;
	put(&at, counts, 4);
	put(&at, &capacity, 4);
	put(&at, numbers, 8 * (size_t)count);
	for (index = 0; index < partCount; index++)
		all += 4 + (uint32_t)parts[index].size;
	memcpy(head, &all, 4);
	chip_writeStream(toComputer, head, (int)(at - head));
	for (index = 0; index < partCount; index++) {
		chip_writeStream(toComputer, &parts[index].size, 4);
		chip_writeStream(toComputer, parts[index].bytes, parts[index].size);
	}
	receive(&answer.result, 8);
	receive(&answer.size, 4);
	receive(into, (int)answer.size);
	if (size)
		*size = (int)answer.size;
	calling += chip_ticks() - began;
	return answer.result;
}

double guest_ask(int what, double number)
{
	return guest_call(what, &number, 1, C_NULL, 0, C_NULL, 0, C_NULL);
}

static void tellText(int what, const char *text, int size)
{
	GuestPart part = { text, size };
	guest_call(what, C_NULL, 0, &part, 1, C_NULL, 0, C_NULL);
}

/* --- time, chance, console, life --- */

double board_nowMs(void)
{
	return guest_ask(askNowMs, 0);
}

double board_wallTimeS(void)
{
	return guest_ask(askWallTimeS, 0);
}

void board_setWallTimeS(double seconds)
{
	guest_ask(askSetWallTimeS, seconds);
}

void board_setAlarm(double atMs)
{
	guest_ask(askSetAlarm, atMs);
}

int board_dice(int bound)
{
	return (int)guest_ask(askDice, (double)(uint32_t)bound);
}

void board_fillEntropy(void *bytes, int size)
{
	double wanted = size;
	guest_call(askEntropy, &wanted, 1, C_NULL, 0, bytes, size, C_NULL);
}

void board_print(const char *text, int size)
{
	tellText(askPrint, text, size);
}

void board_log(const char *json, int size)
{
	tellText(askLog, json, size);
}

double board_temperature(void)
{
	return guest_ask(askTemperature, 0);
}

int board_bootRecord(char *into, int capacity)
{
	return guest_text(askBootRecord, 0, into, capacity);
}

void board_restart(void)
{
	guest_ask(askRestart, 0);
}

void board_off(void)
{
	guest_ask(askOff, 0);
}

void board_explain(const char *text, int size)
{
	tellText(askExplain, text, size);
}

void board_fail(int reason)
{
	guest_ask(askFailed, reason);
	chip_exit(0);
}

void chip_failed(const char *text)
{
	tellText(askExplain, text, (int)strlen(text));
	board_fail(-1);
	chip_exit(0);
}

/* A turn without an end: XS's number for it. */
void chip_bite(void)
{
	board_fail(7);
}

/* --- network --- */

int board_udpOpen(int port)
{
	return (int)guest_ask(askUdpOpen, port);
}

int board_udpRead(int socket, void *into, int capacity, void *from)
{
	struct {
		uint32_t port;
		char host[64];
	} *sender = from; /* natives.c's Sender */
	double number = socket;
	int size = (int)guest_call(askUdpRead, &number, 1, C_NULL, 0, into, capacity, C_NULL);
	int hostSize;
	if (size < 0)
		return -1;
	sender->port = (uint32_t)guest_call(askSender, C_NULL, 0, C_NULL, 0, sender->host, (int)sizeof(sender->host) - 1,
		&hostSize);
	sender->host[hostSize] = 0;
	return size;
}

int board_udpWrite(int socket, const void *bytes, int size, const char *host, int hostSize, int port)
{
	double numbers[2] = { socket, port };
	GuestPart parts[2] = { { bytes, size }, { host, hostSize } };
	return (int)guest_call(askUdpWrite, numbers, 2, parts, 2, C_NULL, 0, C_NULL);
}

void board_udpClose(int socket)
{
	guest_ask(askUdpClose, socket);
}

void board_resolve(const char *name, int size)
{
	tellText(askResolve, name, size);
}

/* --- turns --- */

/* Behind device_figures, in its array: what the chip alone can say. */
enum { figureInstructions = 30, figureCStack = 31, figureCount = 32 };

static double spent;

static void begin(uint32_t *began)
{
	calling = 0;
	*began = chip_ticks();
}

/* Less what the computer was asked for: with an instruction a nanosecond, those of the machine alone. */
static void end(uint32_t began)
{
	spent += (double)(chip_ticks() - began - calling) * chipInstructionsPerTick;
}

static void create(void)
{
	double m[10];
	guest_call(askMemory, C_NULL, 0, C_NULL, 0, m, sizeof(m), C_NULL);
	device_create((uint32_t)m[0], (uint32_t)m[1], (uint32_t)m[2], (uint32_t)m[3], (uint32_t)m[4], (uint32_t)m[5],
		(uint32_t)m[6], (uint32_t)m[7], (uint32_t)m[8], 0);
	chip_startWatchdog((uint32_t)m[9]);
}

int main(void)
{
	static char text[2048];
	const char *entry;
	GuestPart part;
	uint32_t began;
	int size, kind, image = chip_open("image", 0);
	toComputer = chip_openStream("asked", 1);
	fromComputer = chip_openStream("answered", 0);
	if ((image < 0) || (toComputer < 0) || (fromComputer < 0))
		chip_exit(2);
	chip_readFile(image, 0, slotBegin, (int)(slotEnd - slotBegin));
	fxInitializeSharedCluster();
	entry = image_makeRom(slotBegin);
	chip_paintStack();
	create();
	begin(&began);
	device_boot(entry);
	end(began);
	for (;;) {
		double event[2];
		double *figures = device_figures();
		figures[figureInstructions] = spent;
		figures[figureCStack] = chip_stackPeak();
		part.bytes = figures;
		part.size = figureCount * 8;
		chip_feedWatchdog();
		kind = (int)guest_call(askNext, C_NULL, 0, &part, 1, event, sizeof(event), C_NULL);
		chip_feedWatchdog();
		guest_call(askText, C_NULL, 0, C_NULL, 0, text, (int)sizeof(text) - 1, &size);
		text[size] = 0;
		begin(&began);
		device_turn(kind, event[0], event[1], size ? text : C_NULL);
		end(began);
	}
}
