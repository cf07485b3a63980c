/*
 * The device: what the shim's natives (hosts/simulator/engine/shim/natives.c) want of a board, by the chip's flash,
 * Ethernet, counter and serial port, and the loop that wakes the machine. What a product finds out of itself is in two
 * files of the computer: `flash`, and `boot.json`, its factory record.
 */
#include "board.h"

#include "console.h"
#include "life.h"
#include "nor-flash.h"
#include "program.h"
#include "udp.h"

/* The numbers of hosts/simulator/device/natives.ts. */
enum { alarmEvent = 1, readableEvent = 2, resolvedEvent = 3, shutDownEvent = 4, unreachableEvent = 6, pinEvent = 7 };

enum { wantsNothing, wantsRestart, wantsOff, wantsDeepSleep };

/* The numbers of depthNumbers in hosts/simulator/device/natives.ts. */
enum { lightSleep = 1, deepSleep = 2 };

static double alarmAtMs = C_INFINITY;
/* Ticks of the counter that the program's boot and turns took: not those of waiting. */
static double busyTicks;
static int wants;
static int entropyFile = -1;
/* A sleep's end, infinite for never; of a light one while it lasts, else NaN. */
static double wakeAtMs;
static double lightUntilMs = C_NAN;
/* The name that is asked for, empty for none; its answer when a literal needs no asking. */
static char asked[128];
static uint32_t literal;

/* --- time, chance, console --- */

double board_nowMs(void)
{
	return floor(chip_nowMs());
}

double board_wallTimeS(void)
{
	return life.kept->wallOffsetS + floor(chip_nowMs() / 1000);
}

void board_setWallTimeS(double seconds)
{
	life.kept->wallOffsetS = seconds - floor(chip_nowMs() / 1000);
}

void board_setAlarm(double atMs)
{
	alarmAtMs = (atMs == atMs) ? atMs : C_INFINITY;
}

/* The emulated board has no source of entropy; its computer has. */
void board_fillEntropy(void *bytes, int size)
{
	if (entropyFile < 0)
		entropyFile = chip_open("/dev/urandom", 0);
	if ((entropyFile < 0) || (chip_readStream(entropyFile, bytes, size) != size)) {
		life_fail("host", "no entropy");
	}
}

int board_dice(int bound)
{
	uint32_t drawn;
	board_fillEntropy(&drawn, sizeof(drawn));
	return (int)(drawn % (uint32_t)bound);
}

void board_log(const char *json, int size)
{
	board_print(json, size);
}

double board_temperature(void)
{
	return 21.5;
}

/* --- life --- */

int board_bootRecord(char *into, int capacity)
{
	char factory[1536], record[256];
	int file = chip_open("boot.json", 0);
	int size = (file < 0) ? 0 : chip_readStream(file, factory, (int)sizeof(factory) - 1);
	factory[size] = 0;
	life_record(record, sizeof(record));
	return snprintf(into, (size_t)capacity, "{\"platform\":\"mps2-an386\",\"hasCardReader\":false,%s,\"factory\":%s}",
		record, size ? factory : "{}");
}

void board_explain(const char *text, int size)
{
	board_print(text, size);
}

void board_fail(int reason)
{
	static const char *const names[] = { "debugger", "outOfMemory", "stackOverflow", "fatalCheck", "deadStrip",
		"unhandledException", "outOfKeys", "tooMuchComputation", "unhandledRejection", "stackOverflow" };
	life_fail(((reason >= 0) && (reason < 10)) ? names[reason] : "engineTrap", "");
}

void board_restart(void)
{
	wants = wantsRestart;
}

void board_off(void)
{
	wants = wantsOff;
}

/* Where it sleeps so. */
static void wakeFromLight(uint32_t reason)
{
	if (lightUntilMs == lightUntilMs)
		life.wakeReason = reason;
	lightUntilMs = C_NAN;
}

void device_sleep(double untilMs, int depth)
{
	wakeAtMs = untilMs;
	if (depth == lightSleep)
		lightUntilMs = untilMs;
	else
		wants = (depth == deepSleep) ? wantsDeepSleep : wantsOff;
}

/* --- network --- */

int board_udpOpen(int port)
{
	return udp_open(port);
}

int board_udpRead(int socket, void *into, int capacity, void *from)
{
	struct {
		uint32_t port;
		char host[64];
	} *sender = from; /* natives.c's Sender */
	uint32_t address;
	int port;
	int size = udp_read(socket, into, capacity, &address, &port);
	if (size < 0)
		return -1;
	sender->port = (uint32_t)port;
	address_write(address, sender->host);
	return size;
}

int board_udpWrite(int socket, const void *bytes, int size, const char *host, int hostSize, int port)
{
	wakeFromLight(wokeByNothing);
	return udp_write(socket, bytes, size, address_read(host, hostSize), port);
}

void board_udpClose(int socket)
{
	udp_close(socket);
}

/* One name at a time: a second one, meanwhile, has no address. The device asks again later. */
void board_resolve(const char *name, int size)
{
	if (asked[0] || (size >= (int)sizeof(asked)))
		return;
	memcpy(asked, name, (size_t)size);
	asked[size] = 0;
	literal = address_read(name, size);
	if (!literal)
		dns_ask(asked, chip_nowMs());
}

/* One event, one turn of the machine. */
static void tell(int kind, double first, double second, const char *text)
{
	uint32_t began = chip_ticks();
	device_turn(kind, first, second, text);
	busyTicks += (double)(chip_ticks() - began);
}

static int answerName(void)
{
	char text[sizeof(asked) + 20];
	uint32_t address = literal;
	int size = (int)strlen(asked);
	if (!size || (!literal && !dns_poll(chip_nowMs(), &address)))
		return 0;
	memcpy(text, asked, (size_t)size);
	text[size] = 0;
	if (address) {
		text[size++] = '\n';
		address_write(address, text + size);
	}
	asked[0] = 0;
	tell(resolvedEvent, address ? 1 : 0, 0, text);
	return 1;
}

/* --- the loop --- */

static void sayFigures(void)
{
	double *figures = device_figures();
	shim_printf("{\"event\":\"figures\",\"ms\":%d,\"instructions\":%u,\"slotBytes\":%d,\"chunkBytes\":%d,\"stackBytes\":%d,"
		"\"cHeapBytes\":%d,\"cStackBytes\":%d,\"collections\":%d,\"flashOperations\":%u}", (int)chip_nowMs(),
		(unsigned)(busyTicks * chipInstructionsPerTick), 16 * (int)figures[figureSlots],
		(int)figures[figureChunks], 16 * (int)figures[figureStack], (int)figures[figureCHeap], (int)chip_stackPeak(),
		(int)figures[figureCollections], (unsigned)flash_operations());
}

static int listen(void)
{
	int key = console_typed();
	if (key == typedShutDown)
		tell(shutDownEvent, 0, 0, C_NULL);
	else if (key == typedReset)
		life_restart(causeRestart);
	else if (key == typedFigures)
		sayFigures();
	else if (key == typedPin) {
		wakeFromLight(wokeByPin);
		tell(pinEvent, 0, 0, C_NULL);
	}
	return key >= 0;
}

/* One round: each that has something to say is heard once. @returns whether anybody had */
static int turn(void)
{
	uint32_t arrived = 0;
	uint32_t address;
	int socket, port;
	int isBusy;
	if (chip_nowMs() >= lightUntilMs)
		wakeFromLight(wokeByAlarm);
	if (lightUntilMs == lightUntilMs)
		udp_drop();
	else
		arrived = udp_poll();
	isBusy = (arrived != 0);
	if (udp_unreachable(&socket, &address, &port)) {
		char host[16];
		address_write(address, host);
		tell(unreachableEvent, socket, port, host);
		isBusy = 1;
	}
	for (socket = 0; socket < udpSockets; socket++)
		if (arrived & (1u << socket))
			tell(readableEvent, socket, 1, C_NULL);
	isBusy |= answerName();
	if (chip_nowMs() >= alarmAtMs) {
		alarmAtMs = C_INFINITY;
		tell(alarmEvent, 0, 0, C_NULL);
		isBusy = 1;
	}
	return isBusy | listen();
}

int device_begin(void)
{
	static const uint8_t ethernet[6] = { 0x02, 0x44, 0x4f, 0x52, 0x4d, 0x01 };
	/* The addresses of QEMU's user network: 10.0.2.2 is the computer. */
	return udp_start(0x0A00020F, 0x0A000202, 0x0A000203, ethernet);
}

int device_live(const char *entry)
{
	life_begun();
	chip_paintStack();
	/* The memory of the presets, which is the same on each but the smallest. */
	device_create(128 * 1024, 576, 512, 64, 8 * 1024, 1024, 64, 32, 16 * 1024, 0);
	busyTicks = -(double)chip_ticks();
	device_boot(entry);
	busyTicks += (double)chip_ticks();
	chip_startTicking();
	while (wants == wantsNothing) {
		life_goOn();
		if (!turn() && (wants == wantsNothing))
			chip_wait();
	}
	if (wants == wantsRestart)
		life_restart(causeRestart);
	if (wants == wantsDeepSleep)
		life_sleep(wakeAtMs);
	sayFigures();
	return 0;
}
