#include "nor-flash.h"

#include "chip.h"

#include <string.h>

__attribute__((section(".cells"))) static uint8_t cells[flashBytes];
static int file;

/* Both outlive resets. */
__attribute__((section(".noinit.flash"))) static uint32_t cutAt, operations;

int flash_open(const char *name)
{
	file = chip_open(name, 1);
	return (file >= 0) && (chip_readFile(file, 0, cells, flashBytes) == flashBytes);
}

const uint8_t *flash_at(uint32_t offset)
{
	return cells + offset;
}

void flash_cutAt(uint32_t operation)
{
	cutAt = operation;
	operations = 0;
}

uint32_t flash_operations(void)
{
	return operations;
}

/* @returns how much of an operation comes to pass */
static uint32_t beforeCut(uint32_t size)
{
	return (cutAt == operations + 1) ? size / 2 : size;
}

static const char *keep(uint32_t offset, uint32_t size)
{
	if (++operations == cutAt) {
		chip_writeFile(file, offset, cells + offset, (int)size);
		chip_exit(flashCutStatus);
	}
	return (chip_writeFile(file, offset, cells + offset, (int)size) == (int)size) ? 0 : "flash: the file can not be written";
}

const char *flash_write(uint32_t offset, const uint8_t *bytes, uint32_t size)
{
	uint32_t index;
	if ((offset % flashWriteBytes) || (size % flashWriteBytes) || (offset > flashBytes) || (size > flashBytes - offset))
		return "flash: misaligned, or outside";
	for (index = 0; index < size; index++)
		if (bytes[index] & ~cells[offset + index])
			return "flash: bits that are not erased";
	for (index = 0; index < beforeCut(size); index++)
		cells[offset + index] &= bytes[index];
	return keep(offset, size);
}

const char *flash_erase(uint32_t offset, uint32_t size)
{
	if ((offset % flashSectorBytes) || (size % flashSectorBytes) || (offset > flashBytes) || (size > flashBytes - offset))
		return "flash: misaligned, or outside";
	memset(cells + offset, 0xFF, beforeCut(size));
	return keep(offset, size);
}
