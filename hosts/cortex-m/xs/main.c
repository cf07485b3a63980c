/* The bench: makes ROM of the image in its slot, and runs the entry on one machine after the other. */
#include "bench.h"
#include "program.h"

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
		(int)figures[figureSlotsLimit], (int)figures[figureChunksLimit], (int)figures[figureStack], (int)figures[figureCHeap],
		(int)figures[figureCollections]);
}

int main(void)
{
	char argument[80];
	const char *entry;
	if (!chip_argument(argument, sizeof(argument)))
		return 2;
	fxInitializeSharedCluster();
	entry = image_makeRom(slotBegin);
	run(entry, argument, rehearsal);
	run(entry, argument, counting);
	run(entry, argument, fitting);
	shim_printf("{\"romBytes\":%d}", (int)(shimRomSizes.slots + shimRomSizes.chunks + shimRomSizes.stack
		+ shimRomSizes.keys + shimRomSizes.tables + image_size(slotBegin)));
	return 0;
}
