/*
 * The memory of a simulated board: a C heap that is counted and capped, and one arena per machine for slots and
 * chunks.
 */
#include "shim.h"

/* Stands before every block. Its size keeps blocks aligned for doubles. */
typedef struct {
	uint32_t size;
	uint32_t owner; /* the era in which it was allocated */
} Header;

CHeap shimCHeap;
static uint32_t era = 0;
static Arena* nextArena;

void shim_beginDeviceHeap(uint32_t limit)
{
	era++;
	shimCHeap.used = 0;
	shimCHeap.peak = 0;
	shimCHeap.limit = limit;
}

void* shim_malloc(size_t size)
{
	Header* header;
	if (shimCHeap.limit && (shimCHeap.used + size > shimCHeap.limit))
		return NULL;
	header = malloc(sizeof(Header) + size);
	if (!header)
		return NULL;
	header->size = size;
	header->owner = era;
	shimCHeap.used += size;
	if (shimCHeap.peak < shimCHeap.used)
		shimCHeap.peak = shimCHeap.used;
	return header + 1;
}

void* shim_calloc(size_t count, size_t size)
{
	void* block = shim_malloc(count * size);
	if (block)
		memset(block, 0, count * size);
	return block;
}

void shim_free(void* block)
{
	if (block) {
		Header* header = (Header*)block - 1;
		if (header->owner == era)
			shimCHeap.used -= header->size;
		free(header);
	}
}

void* shim_realloc(void* block, size_t size)
{
	void* larger = shim_malloc(size);
	if (larger && block) {
		Header* header = (Header*)block - 1;
		memcpy(larger, block, (header->size < size) ? header->size : size);
		shim_free(block);
	}
	return larger;
}

void shim_nextArena(uint32_t size)
{
	nextArena = calloc(1, sizeof(Arena));
	nextArena->base = calloc(1, size);
	if (!nextArena->base)
		__builtin_trap();
	nextArena->low = nextArena->base;
	nextArena->high = nextArena->end = nextArena->base + (size & ~15u);
}

void fxCreateMachinePlatform(txMachine* the)
{
	the->arena = nextArena;
}

void fxDeleteMachinePlatform(txMachine* the)
{
}

void* fxAllocateChunks(txMachine* the, txSize size)
{
	Arena* arena = the->arena;
	void* chunks = arena->low;
	if (arena->high - arena->low < size)
		return C_NULL;
	arena->low += size;
	return chunks;
}

txSlot* fxAllocateSlots(txMachine* the, txSize count)
{
	Arena* arena = the->arena;
	size_t size = count * sizeof(txSlot);
	if ((size_t)(arena->high - arena->low) < size)
		return C_NULL;
	arena->high -= size;
	return (txSlot*)arena->high;
}

/* A chip's static block is never given back either. */
void fxFreeChunks(txMachine* the, void* chunks)
{
}

void fxFreeSlots(txMachine* the, void* slots)
{
}

/* Memory of the host's side (flash, texts on their way in): no RAM of the device. */
TO_BOARD(allocate) void* device_allocate(uint32_t size)
{
	void* block = malloc(size ? size : 1);
	if (!block)
		__builtin_trap();
	return block;
}

TO_BOARD(release) void device_release(void* block)
{
	free(block);
}
