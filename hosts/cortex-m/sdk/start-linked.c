/* The device as the SDK linked it: a boot loader put it here and decided that it runs. */
#include "board.h"
#include "life.h"
#include "nor-flash.h"
#include "program.h"

extern uint8_t dataImage[], dataBegin[], dataEnd[];

int main(void)
{
	chip_openSerial();
	life_takeOver();
	if (!flash_open("flash") || !device_begin()) {
		shim_printf("no flash, or no network");
		return 2;
	}
	fxInitializeSharedCluster(C_NULL);
	shim_printf("{\"event\":\"rom\",\"bytes\":%d}", (int)(dataImage + (dataEnd - dataBegin) - slotBegin));
	return device_live(linked_entry());
}
