/* The device whose image is bytecode: boot loader, XS and board are this one program, which makes ROM of the image. */
#include "board.h"
#include "console.h"
#include "life.h"
#include "nor-flash.h"
#include "program.h"

static const char *load(uint8_t slot)
{
	const uint8_t *image = flash_at((slot == slotA) ? mapSlotA : mapSlotB);
	const char *entry;
	uint32_t size = image_size(image);
	memcpy(slotBegin, image, size);
	fxInitializeSharedCluster();
	entry = image_makeRom(slotBegin);
	shim_printf("{\"event\":\"rom\",\"bytes\":%d}", (int)(shimRomSizes.slots + shimRomSizes.chunks + shimRomSizes.stack
		+ shimRomSizes.keys + shimRomSizes.tables + size));
	return entry;
}

int main(void)
{
	uint8_t slot;
	chip_openSerial();
	life_begin(console_typedAsleep);
	if (!flash_open("flash") || !device_begin()) {
		shim_printf("no flash, or no network");
		return 2;
	}
	slot = life_boot();
	if (slot == noSlot) {
		shim_printf("no image that can be started");
		return 2;
	}
	return device_live(load(slot));
}
