/*
 * An image of our modules (hosts/simulator/image/FORMAT.md), where it lies: all but the entry become ROM, as the SDK's
 * linker does it on the developer's computer.
 */
#include "program.h"

/* The shim's machine.c, which the simulator calls from outside. */
extern void root_create(uint32_t arenaBytes, uint32_t keys, uint32_t nameModulo, uint32_t symbolModulo);
extern void root_useSymbols(char *names, uint32_t count);
extern void root_addModule(const char *name, txByte *code, uint32_t size);
extern void root_preload(const char *name);
extern RomSizes *root_burn(void);

/* Where things stand in an image. */
enum { atSize = 12, atModules = 84, atEntry = 86, atSymbols = 88, atNamesSize = 92, atSymbolsSize = 96, atRows = 160 };
enum { rowSize = 12 };

static uint32_t read32(const uint8_t *at)
{
	return at[0] | (at[1] << 8) | (at[2] << 16) | ((uint32_t)at[3] << 24);
}

static uint32_t read16(const uint8_t *at)
{
	return at[0] | (at[1] << 8);
}

uint32_t image_size(const uint8_t *image)
{
	return memcmp(image, "DORMOUSE", 8) ? 0 : read32(image + atSize);
}

const char *image_makeRom(uint8_t *image)
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
