/* The life of a machine: the root from which ROM is made, the device cloned from it, its turns, and what it used. */
#include "shim.h"

extern void program_useSymbols(txMachine* the, char* names, uint32_t count);
extern void program_addModule(txMachine* the, const char* name, txByte* code, txSize size);

static txMachine* root;
static txMachine* device;

/* What an unused slot of the device's stack holds. */
static const uint32_t paint[4] = { 0xa5a5a5a5, 0xa5a5a5a5, 0xa5a5a5a5, 0xa5a5a5a5 };

/* --- ROM --- */

TO_BOARD(createRoot) void root_create(uint32_t arenaBytes, uint32_t keys, uint32_t nameModulo, uint32_t symbolModulo)
{
	txCreation creation;
	txMachine* the;
	memset(&creation, 0, sizeof(creation));
	creation.initialChunkSize = 16 * 1024;
	creation.incrementalChunkSize = 4 * 1024;
	creation.initialHeapCount = 4096;
	creation.incrementalHeapCount = 256;
	creation.stackCount = 16 * 1024; // a packed program has its variables on it, some thousands
	creation.initialKeyCount = keys;
	creation.incrementalKeyCount = 256;
	creation.nameModulo = nameModulo;
	creation.symbolModulo = symbolModulo;
	creation.parserBufferSize = 1024;
	creation.parserTableModulo = 127;
	shim_nextArena(arenaBytes);
	root = the = fxCreateMachine(&creation, "rom", NULL, XS_NO_ID);
	if (!the)
		shim_fail(XS_NOT_ENOUGH_MEMORY_EXIT);
	shim_meter(the, 1000000);
	fxBeginHost(the);
	shim_defineBoard(the);
	fxEndHost(the);
	shim_freezeBuiltIns(the);
}

TO_BOARD(useSymbols) void root_useSymbols(char* names, uint32_t count)
{
	program_useSymbols(root, names, count);
}

TO_BOARD(addModule) void root_addModule(const char* name, txByte* code, uint32_t size)
{
	program_addModule(root, name, code, (txSize)size);
}

/* Runs a module in the root, so that it will be in ROM. */
TO_BOARD(preload) void root_preload(const char* name)
{
	shim_beginTurn(root);
	shim_import(root, name);
	shim_endTurn(root);
}

TO_BOARD(burn) RomSizes* root_burn(void)
{
	shim_burn(root);
	return &shimRomSizes;
}

typedef struct {
	void* begin;
	uint32_t size;
} Region;

/* Where ROM lies in memory, for tests that it stays as it is. @returns regions, ended by one of size 0 */
TO_BOARD(romRegions) Region* root_regions(void)
{
	enum { most = 64 };
	static Region regions[most + 1];
	Region* region = regions;
	txSlot* heap;
	txBlock* block;
#define ADD(BEGIN, SIZE) \
	if (region < regions + most) { \
		region->begin = BEGIN; \
		region->size = SIZE; \
		region++; \
	}
	for (heap = root->firstHeap; heap; heap = heap->next)
		ADD(heap, (uint32_t)((txByte*)heap->value.reference - (txByte*)heap));
	for (block = root->firstBlock; block; block = block->nextBlock)
		ADD(block, (uint32_t)(block->current - (txByte*)block));
	ADD(root->stack, (uint32_t)((txByte*)root->stackTop - (txByte*)root->stack));
	ADD(root->keyArray, root->keyIndex * sizeof(txSlot*));
	ADD(root->nameTable, root->nameModulo * sizeof(txSlot*));
	ADD(root->symbolTable, root->symbolModulo * sizeof(txSlot*));
	region->size = 0;
	return regions;
}

/* --- the device --- */

/* Makes the device within its RAM. @param make a machine of that size: out of this root, or of what a linker made */
static void beginDevice(txMachine *(*make)(txCreation *), uint32_t arenaBytes, uint32_t stackSlots, uint32_t slots,
	uint32_t moreSlots, uint32_t chunkBytes, uint32_t moreChunkBytes, uint32_t keys, uint32_t moreKeys,
	uint32_t cHeapBytes)
{
	txCreation creation;
	memset(&creation, 0, sizeof(creation));
	creation.initialChunkSize = (txSize)chunkBytes;
	creation.incrementalChunkSize = (txSize)moreChunkBytes;
	creation.initialHeapCount = (txSize)slots;
	creation.incrementalHeapCount = (txSize)moreSlots;
	creation.stackCount = (txSize)stackSlots;
	creation.initialKeyCount = (txSize)keys;
	creation.incrementalKeyCount = (txSize)moreKeys;
	creation.parserBufferSize = 1024;
	creation.parserTableModulo = 127;
	if ((stackSlots + slots) * sizeof(txSlot) + chunkBytes + sizeof(txBlock) > arenaBytes)
		shim_fail(XS_NOT_ENOUGH_MEMORY_EXIT); /* XS does not ask whether it got its stack */
	shim_nextArena(arenaBytes);
	shim_beginDeviceHeap(cHeapBytes);
	device = make(&creation);
	if (!device)
		shim_fail(XS_NOT_ENOUGH_MEMORY_EXIT);
	memset(device->stackBottom, 0xa5, (char*)device->stack - (char*)device->stackBottom);
	shim_watchCollections(device);
}

static txMachine *cloneOfRoot(txCreation *creation)
{
	creation->nameModulo = root->nameModulo;
	creation->symbolModulo = root->symbolModulo;
	return fxCloneMachine(creation, root, "device", NULL);
}

TO_BOARD(createDevice) void device_create(uint32_t arenaBytes, uint32_t stackSlots, uint32_t slots, uint32_t moreSlots,
	uint32_t chunkBytes, uint32_t moreChunkBytes, uint32_t keys, uint32_t moreKeys, uint32_t cHeapBytes,
	uint32_t meterInterval)
{
	beginDevice(cloneOfRoot, arenaBytes, stackSlots, slots, moreSlots, chunkBytes, moreChunkBytes, keys, moreKeys,
		cHeapBytes);
	shim_meter(device, meterInterval);
}

TO_BOARD(boot) void device_boot(const char* name)
{
	shim_beginTurn(device);
	shim_import(device, name);
	shim_endTurn(device);
}

/* The symbols of a mod, and its modules: called by the board while the device asks for its mod. */
TO_BOARD(modSymbols) void device_modSymbols(char* names, uint32_t count)
{
	program_useSymbols(device, names, count);
}

TO_BOARD(modModule) void device_modModule(const char* name, txByte* code, uint32_t size)
{
	program_addModule(device, name, code, (txSize)size);
}

/* One event, one turn. `text` may be NULL. Without a listener an event is lost, as an interrupt that nobody enabled. */
TO_BOARD(turn) void device_turn(int kind, double first, double second, const char* text)
{
	txMachine* the = device;
	if (shimListener.kind != XS_REFERENCE_KIND)
		return;
	shim_beginTurn(the);
	fxBeginHost(the);
	mxTry(the) {
		mxPushUndefined();
		mxPushSlot(&shimListener);
		mxCall();
		mxPushInteger(kind);
		mxPushNumber(first);
		mxPushNumber(second);
		if (text)
			mxPushStringC((txString)text);
		else
			mxPushUndefined();
		mxRunCount(4);
		mxPop();
	}
	mxCatch(the) {
		fxAbort(the, XS_UNHANDLED_EXCEPTION_EXIT);
	}
	fxEndHost(the);
	shim_runJobs(the);
	shim_endTurn(the);
}

TO_BOARD(collect) void device_collect(void)
{
	fxCollectGarbage(device);
}

/*
 * The most the stack has held. It grows down through painted slots, and whatever is pushed changes a slot's first
 * two words. XS's number conversion borrows the far end of the free part, so this looks from the near end.
 */
static uint32_t stackPeak(txMachine* the)
{
	const txSlot* slot = the->stackTop;
	while ((slot > the->stackBottom) && memcmp(slot - 1, paint, sizeof(paint)))
		slot--;
	return (uint32_t)(the->stackTop - slot);
}

/* In the order of `figureNames` in figures.ts. */
TO_BOARD(figures) double* device_figures(void)
{
	static double figures[32];
	double* figure = figures;
	txMachine* the = device;
	if (!the)
		return NULL;
	*figure++ = the->arena->end - the->arena->base;
	*figure++ = the->arena->low - the->arena->base;
	*figure++ = the->arena->end - the->arena->high;
	*figure++ = sizeof(txSlot);
	*figure++ = the->currentHeapCount;
	*figure++ = the->peakHeapCount;
	*figure++ = the->maximumHeapCount;
	*figure++ = the->currentChunksSize;
	*figure++ = the->peakChunksSize;
	*figure++ = the->maximumChunksSize;
	*figure++ = the->stackTop - the->stack;
	*figure++ = stackPeak(the);
	*figure++ = the->stackTop - the->stackBottom;
	*figure++ = the->keyIndex - the->keyOffset;
	*figure++ = the->keyCount - the->keyOffset;
	*figure++ = the->aliasCount;
	*figure++ = shimCHeap.used;
	*figure++ = shimCHeap.peak;
	*figure++ = shimCHeap.limit;
	*figure++ = shimCollections;
	*figure++ = shim_computrons(the);
	*figure++ = -1; /* the end, which figures.ts looks for */
	return figures;
}
