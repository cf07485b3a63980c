/*
 * The partitions of the devicetree as flash_area: raw NOR, whatever chip it is on. The TypeScript side is flash.ts,
 * which has checked offsets and sizes. Partitions that a board does not have answer -ENOENT.
 */
#include "xsmc.h"
#include "mc.xs.h"
#include "xsHost.h"

#include <errno.h>

#include <zephyr/drivers/flash.h>
#include <zephyr/storage/flash_map.h>

/* As flash.ts numbers them. @returns the opened area, or NULL */
static const struct flash_area *areaOf(int number)
{
	static const struct flash_area *areas[4];
	int id = -1;
	if ((number < 0) || (number > 3))
		return NULL;
	if (areas[number])
		return areas[number];
	switch (number) {
#if FIXED_PARTITION_EXISTS(settings_partition)
	case 0: id = FIXED_PARTITION_ID(settings_partition); break;
#endif
#if FIXED_PARTITION_EXISTS(factory_partition)
	case 1: id = FIXED_PARTITION_ID(factory_partition); break;
#endif
#if FIXED_PARTITION_EXISTS(slot0_partition)
	case 2: id = FIXED_PARTITION_ID(slot0_partition); break;
#endif
#if FIXED_PARTITION_EXISTS(slot1_partition)
	case 3: id = FIXED_PARTITION_ID(slot1_partition); break;
#endif
	default: break;
	}
	if ((id < 0) || flash_area_open((uint8_t)id, &areas[number]))
		areas[number] = NULL;
	return areas[number];
}

/* The largest of a partition's sectors: where they differ, whole ones of this size are whole ones of each. */
static int sectorBytes(const struct flash_area *area)
{
	struct flash_pages_info page;
	size_t largest = 0;
	for (off_t at = area->fa_off; at < (off_t)(area->fa_off + area->fa_size); at = page.start_offset + (off_t)page.size) {
		if (flash_get_page_info_by_offs(area->fa_dev, at, &page))
			return -EIO;
		if (page.size > largest)
			largest = page.size;
	}
	return (int)largest;
}

void xs_dormouse_flash_fact(xsMachine *the)
{
	const struct flash_area *area = areaOf(xsmcToInteger(xsArg(0)));
	int answer = -ENOENT;
	if (area) {
		switch (xsmcToInteger(xsArg(1))) {
		case 0: answer = (int)area->fa_size; break;
		case 1: answer = sectorBytes(area); break;
		case 2: answer = (int)flash_area_align(area); break;
		case 3: answer = flash_area_erased_val(area); break;
		default: answer = -EINVAL; break;
		}
	}
	xsmcSetInteger(xsResult, answer);
}

void xs_dormouse_flash_read(xsMachine *the)
{
	const struct flash_area *area = areaOf(xsmcToInteger(xsArg(0)));
	off_t offset = xsmcToInteger(xsArg(1));
	void *bytes;
	xsUnsignedValue size;
	xsmcGetBufferWritable(xsArg(2), &bytes, &size);
	xsmcSetInteger(xsResult, area ? flash_area_read(area, offset, bytes, size) : -ENOENT);
}

/* Drivers that write by DMA copy from RAM; what comes from a constant of the image lies in flash, so it is copied. */
void xs_dormouse_flash_write(xsMachine *the)
{
	const struct flash_area *area = areaOf(xsmcToInteger(xsArg(0)));
	off_t offset = xsmcToInteger(xsArg(1));
	void *bytes;
	xsUnsignedValue size;
	uint8_t piece[64] __aligned(4);
	int error = area ? 0 : -ENOENT;
	xsmcGetBufferReadable(xsArg(2), &bytes, &size);
	for (xsUnsignedValue at = 0; !error && (at < size); at += sizeof(piece)) {
		xsUnsignedValue part = ((size - at) > sizeof(piece)) ? sizeof(piece) : (size - at);
		memcpy(piece, (uint8_t *)bytes + at, part);
		error = flash_area_write(area, offset + (off_t)at, piece, part);
	}
	xsmcSetInteger(xsResult, error);
}

void xs_dormouse_flash_erase(xsMachine *the)
{
	const struct flash_area *area = areaOf(xsmcToInteger(xsArg(0)));
	xsmcSetInteger(xsResult,
		area ? flash_area_erase(area, xsmcToInteger(xsArg(1)), (size_t)xsmcToInteger(xsArg(2))) : -ENOENT);
}
