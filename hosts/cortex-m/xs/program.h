/* Images of our modules, and the machine that the shim makes for them. */
#ifndef DORMOUSE_PROGRAM_H
#define DORMOUSE_PROGRAM_H

#include "chip.h"
#include "shim.h"

/* Where an image is put to be run: its code is changed in place. */
extern uint8_t slotBegin[], slotEnd[];

/* @returns the bytes of an image, 0 when there is none */
uint32_t image_size(const uint8_t *image);
/* Once. @returns the name of the entry */
const char *image_makeRom(uint8_t *image);

/* The shim's machine.c, which the simulator calls from outside. */
extern void device_create(uint32_t arenaBytes, uint32_t stackSlots, uint32_t slots, uint32_t moreSlots,
	uint32_t chunkBytes, uint32_t moreChunkBytes, uint32_t keys, uint32_t moreKeys, uint32_t cHeapBytes,
	uint32_t meterInterval);
extern void device_boot(const char *name);
extern void device_turn(int kind, double first, double second, const char *text);
extern double *device_figures(void);

/* device.c: what it has beside a program. @returns 0 when there is no network */
int device_begin(void);
/* Runs a program until the device goes off. @returns the emulator's exit status */
int device_live(const char *entry);
/* sdk/linked-machine.c: the entry of the modules that the SDK linked. */
const char *linked_entry(void);

/* Of device_figures. */
enum {
	figureSlots = 5,
	figureSlotsLimit = 6,
	figureChunks = 8,
	figureChunksLimit = 9,
	figureStack = 11,
	figureCHeap = 17,
	figureCollections = 19
};

#endif
