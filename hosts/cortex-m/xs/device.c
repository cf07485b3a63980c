/*
 * The device: what the shim's natives (hosts/simulator/engine/shim/natives.c) want of a board, by the chip's flash,
 * Ethernet, counter and serial port, and the loop that wakes the machine. What a product finds out of itself is in two
 * files of the computer: `flash`, and `boot.json`, its factory record.
 */
#include "board.h"

#include "nor-flash.h"
#include "program.h"
#include "udp.h"

/* The partitions of an ESP32, as hosts/simulator/board/presets.ts has them: room for everything. */
enum { slotA = 64 * 1024, slotBytes = 1536 * 1024, settings = 3136 * 1024, settingsBytes = 64 * 1024 };

/* The numbers of hosts/simulator/device/natives.ts. */
enum { alarmEvent = 1, readableEvent = 2, resolvedEvent = 3, shutDownEvent = 4, unreachableEvent = 6 };

enum { wantsNothing, wantsRestart, wantsOff };

/* What chip_restart leaves for the next life. */
enum { afterRestart = 1 };

/* What comes through the serial port; tools/qemu.ts has the same numbers. */
enum { typedShutDown = 3, typedReset = 4, typedHere = 5, typedFigures = 6 };

/* An emulator whose tool has died, and says "here" no more, ends. */
enum { lonelyMs = 20000, lonelyStatus = 4 };

static double alarmAtMs = C_INFINITY;
/* Ticks of the counter that turns took: not those of waiting. */
static double busyTicks;
static int wants;
static int entropyFile = -1;
static uint32_t resetWord;
/* The name that is asked for, empty for none; its answer when a literal needs no asking. */
static char asked[128];
static uint32_t literal;

/* --- time, chance, console --- */

double board_nowMs(void)
{
	return chip_nowMs();
}

static double clockOffsetS = C_NAN;

double board_wallTimeS(void)
{
	return clockOffsetS + floor(chip_nowMs() / 1000);
}

void board_setWallTimeS(double seconds)
{
	clockOffsetS = seconds - floor(chip_nowMs() / 1000);
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
		shim_printf("no entropy");
		chip_exit(1);
	}
}

int board_dice(int bound)
{
	uint32_t drawn;
	board_fillEntropy(&drawn, sizeof(drawn));
	return (int)(drawn % (uint32_t)bound);
}

void board_print(const char *text, int size)
{
	chip_writeSerial(text, size);
	chip_writeSerial("\n", 1);
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
	char factory[1536];
	int file = chip_open("boot.json", 0);
	int size = (file < 0) ? 0 : chip_readStream(file, factory, (int)sizeof(factory) - 1);
	factory[size] = 0;
	return snprintf(into, (size_t)capacity,
		"{\"platform\":\"mps2-an386\",\"resetCause\":\"%s\",\"hasCardReader\":false,\"factory\":%s}",
		(resetWord == afterRestart) ? "restart" : "powerOn", size ? factory : "{}");
}

void board_restart(void)
{
	wants = wantsRestart;
}

void board_off(void)
{
	wants = wantsOff;
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

/* --- flash --- */

double board_flashGeometry(int which)
{
	static const double geometry[] = { settingsBytes, flashSectorBytes, flashWriteBytes };
	return ((which >= 0) && (which < 3)) ? geometry[which] : 0;
}

static int say(const char *why, char *error, int capacity)
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
	return (offset >= 0) && (size >= 0) && (offset + size <= settingsBytes);
}

static const char outside[] = "flash: outside of the settings partition";

int board_flashRead(double offset, void *into, int size, char *error, int capacity)
{
	if (!isWithin(offset, size))
		return say(outside, error, capacity);
	memcpy(into, flash_at(settings + (uint32_t)offset), (size_t)size);
	return 0;
}

int board_flashWrite(double offset, const void *bytes, int size, char *error, int capacity)
{
	const char *why = isWithin(offset, size) ? flash_write(settings + (uint32_t)offset, bytes, (uint32_t)size) : outside;
	return say(why, error, capacity);
}

int board_flashErase(double offset, double size, char *error, int capacity)
{
	const char *why = isWithin(offset, size) ? flash_erase(settings + (uint32_t)offset, (uint32_t)size) : outside;
	return say(why, error, capacity);
}

/* --- globalThis.board, over and above --- */

static void hasAccelerator(txMachine *the)
{
	fxBoolean(the, mxResult, 0); /* hosts/psa's natives are there instead, where there is mbedTLS */
}

static const ShimNative natives[] = { { "hasAccelerator", hasAccelerator, 0 } };

void board_defineNatives(txMachine *the, txSlot *board)
{
	shim_defineNatives(the, board, natives, 1);
}

/* --- the loop --- */

static void sayFigures(void)
{
	double *figures = device_figures();
	shim_printf("{\"event\":\"figures\",\"ms\":%d,\"instructions\":%u,\"slotBytes\":%d,\"chunkBytes\":%d,\"stackBytes\":%d,"
		"\"cHeapBytes\":%d,\"cStackBytes\":%d,\"collections\":%d}", (int)chip_nowMs(),
		(unsigned)(busyTicks * chipInstructionsPerTick), 16 * (int)figures[figureSlots],
		(int)figures[figureChunks], 16 * (int)figures[figureStack], (int)figures[figureCHeap], (int)chip_stackPeak(),
		(int)figures[figureCollections]);
}

static int listen(void)
{
	static double heardAtMs;
	int typed = chip_readSerial();
	if (typed >= 0)
		heardAtMs = chip_nowMs();
	else if (chip_nowMs() - heardAtMs > lonelyMs)
		chip_exit(lonelyStatus);
	if (typed == typedShutDown)
		tell(shutDownEvent, 0, 0, C_NULL);
	else if (typed == typedReset)
		chip_restart(afterRestart);
	else if (typed == typedFigures)
		sayFigures();
	return typed >= 0;
}

/* One round: each that has something to say is heard once. @returns whether anybody had */
static int turn(void)
{
	uint32_t arrived = udp_poll();
	uint32_t address;
	int socket, port;
	int isBusy = (arrived != 0);
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

int main(void)
{
	static const uint8_t ethernet[6] = { 0x02, 0x44, 0x4f, 0x52, 0x4d, 0x01 };
	uint32_t size;
	const char *entry;
	chip_openSerial();
	resetWord = chip_afterReset();
	/* The addresses of QEMU's user network: 10.0.2.2 is the computer. */
	if (!flash_open("flash") || !udp_start(0x0A00020F, 0x0A000202, 0x0A000203, ethernet)) {
		shim_printf("no flash, or no network");
		return 2;
	}
	size = image_size(flash_at(slotA));
	if (!size || (size > slotBytes)) {
		shim_printf("no image in slot A");
		return 2;
	}
	memcpy(slotBegin, flash_at(slotA), size);
	fxInitializeSharedCluster();
	entry = image_makeRom(slotBegin);
	shim_printf("{\"event\":\"rom\",\"bytes\":%d}", (int)(shimRomSizes.slots + shimRomSizes.chunks + shimRomSizes.stack
		+ shimRomSizes.keys + shimRomSizes.tables + size));
	chip_paintStack();
	/* The memory of the presets, which is the same on each but the smallest. */
	device_create(128 * 1024, 576, 512, 64, 8 * 1024, 1024, 64, 32, 16 * 1024, 0);
	device_boot(entry);
	chip_startTicking();
	while (wants == wantsNothing)
		if (!turn() && (wants == wantsNothing))
			chip_wait();
	if (wants == wantsRestart)
		chip_restart(afterRestart);
	sayFigures();
	return 0;
}
