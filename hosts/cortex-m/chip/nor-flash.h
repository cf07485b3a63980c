/* The chip's flash, by the rules of NOR: a file of the computer, so that it outlives the emulator. */
#ifndef DORMOUSE_NOR_FLASH_H
#define DORMOUSE_NOR_FLASH_H

#include <stdint.h>

enum { flashBytes = 4096 * 1024, flashSectorBytes = 4096, flashWriteBytes = 4 };

/* @returns 0 when there is no such file of this size */
int flash_open(const char *file);
const uint8_t *flash_at(uint32_t offset);
/* These return 0, or why not, for people. */
const char *flash_write(uint32_t offset, const uint8_t *bytes, uint32_t size);
const char *flash_erase(uint32_t offset, uint32_t size);
/*
 * Since power on, over resets: counts writes and erases, and lets the power go within the one of that number, 1 for the
 * first one, when half of it is done; 0: it does not.
 */
void flash_cutAt(uint32_t operation);
uint32_t flash_operations(void);
/* The emulator's exit status then. */
enum { flashCutStatus = 9 };

#endif
