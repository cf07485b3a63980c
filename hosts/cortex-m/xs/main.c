/*
 * Boots an image of our modules (hosts/simulator/image/FORMAT.md) from its slot: makes ROM of all but the entry, as the
 * SDK's linker does on the developer's computer, and runs the entry on one machine after the other.
 */
#include "bench.h"

/* The shim's machine.c, which the simulator calls from outside. */
extern void root_create(uint32_t arenaBytes, uint32_t keys, uint32_t nameModulo, uint32_t symbolModulo);
extern void root_useSymbols(char *names, uint32_t count);
extern void root_addModule(const char *name, txByte *code, uint32_t size);
extern void root_preload(const char *name);
extern RomSizes *root_burn(void);
extern void device_create(uint32_t arenaBytes, uint32_t stackSlots, uint32_t slots, uint32_t moreSlots,
	uint32_t chunkBytes, uint32_t moreChunkBytes, uint32_t keys, uint32_t moreKeys, uint32_t cHeapBytes,
	uint32_t meterInterval);
extern void device_boot(const char *name);
extern double *device_figures(void);

extern uint8_t slotBegin[];

/* Where things stand in an image. */
enum { atSize = 12, atModules = 84, atEntry = 86, atSymbols = 88, atNamesSize = 92, atSymbolsSize = 96, atRows = 160 };
enum { rowSize = 12 };

/* Of device_figures. */
enum { slotsLimit = 6, chunksLimit = 9, stackPeak = 11, cHeapPeak = 17, collections = 19 };

static uint32_t read32(const uint8_t *at)
{
	return at[0] | (at[1] << 8) | (at[2] << 16) | ((uint32_t)at[3] << 24);
}

static uint32_t read16(const uint8_t *at)
{
	return at[0] | (at[1] << 8);
}

/* @returns the name of the entry */
static const char *makeRom(uint8_t *image)
{
	uint32_t count = read16(image + atModules);
	uint32_t entry = read16(image + atEntry);
	char *names = (char *)image + atRows + count * rowSize;
	char *symbols = names + read32(image + atNamesSize);
	uint8_t *code = (uint8_t *)symbols + read32(image + atSymbolsSize);
	const uint8_t *row = image + atRows;
	uint32_t index;
	root_create(4096 * 1024, 1024, 53, 3);
	root_useSymbols(symbols, read32(image + atSymbols));
	for (index = 0; index < count; index++)
		root_addModule(names + read32(row + index * rowSize), (txByte *)code + read32(row + index * rowSize + 4),
			read32(row + index * rowSize + 8));
	for (index = 0; index < count; index++)
		if (index != entry)
			root_preload(names + read32(row + index * rowSize));
	root_burn();
	return names + read32(row + entry * rowSize);
}

/*
 * One machine, one run. Where instructions are counted there is ample memory, so that the garbage collector's part,
 * which depends on the memory, is not in it. The heap that shall fit begins with little and grows by little, after a
 * collection that did not help: what it has in the end is what it needs.
 */
static void run(const char *entry, const char *argument, int pass)
{
	const char *blank = strchr(argument, ' ');
	int size = blank ? (int)(blank - argument) : (int)strlen(argument);
	double *figures;
	snprintf(boardRecord, sizeof(boardRecord), "{\"scenario\":\"%.*s\",\"crypto\":\"%s\",\"pass\":%d}", size, argument,
		blank ? blank + 1 : "portable", pass);
	board_seed();
	cryptoInstructions = 0;
	shimCollections = 0;
	if (pass == fitting)
		device_create(768 * 1024, 576, 64, 32, 512, 256, 64, 32, 0, 0);
	else
		device_create(3072 * 1024, 576, 32768, 4096, 2048 * 1024, 65536, 512, 64, 0, 0);
	device_boot(entry);
	figures = device_figures();
	shim_printf("{\"pass\":%d,\"slots\":%d,\"chunkBytes\":%d,\"stackSlots\":%d,\"cHeapBytes\":%d,\"collections\":%d}", pass,
		(int)figures[slotsLimit], (int)figures[chunksLimit], (int)figures[stackPeak], (int)figures[cHeapPeak],
		(int)figures[collections]);
}

int main(void)
{
	char argument[80];
	const char *entry;
	if (!chip_argument(argument, sizeof(argument)))
		return 2;
	fxInitializeSharedCluster();
	entry = makeRom(slotBegin);
	run(entry, argument, rehearsal);
	run(entry, argument, counting);
	run(entry, argument, fitting);
	shim_printf("{\"romBytes\":%d}", (int)(shimRomSizes.slots + shimRomSizes.chunks + shimRomSizes.stack
		+ shimRomSizes.keys + shimRomSizes.tables + read32(slotBegin + atSize)));
	return 0;
}
