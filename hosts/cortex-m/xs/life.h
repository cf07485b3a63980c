/* A life of the device: from reset to the program, and what ends it. */
#ifndef DORMOUSE_LIFE_H
#define DORMOUSE_LIFE_H

#include "boot-loader.h"
#include "chip.h"

/* The partitions of an ESP32, as hosts/simulator/board/presets.ts has them: room for everything. */
enum {
	mapBoot = 52 * 1024,
	mapBootBytes = 8 * 1024,
	mapSlotA = 64 * 1024,
	mapSlotB = 1600 * 1024,
	mapSlotBytes = 1536 * 1024,
	mapSettings = 3136 * 1024,
	mapSettingsBytes = 64 * 1024
};

typedef struct {
	ResetCause cause;
	/* Of the deep sleep before; 0: nothing. */
	uint32_t wakeReason;
	/* Whether chip_nowMs has counted on. */
	int clockWentOn;
	ChipLife *kept;
	BootLoader loader;
} Life;

/* WakeReason of modules/power.ts. */
enum { wokeByNothing, wokeByAlarm, wokeByPin };

extern Life life;

/* What happened before this reset; then sleeps on, when a deep sleep is not over. `poll` is called meanwhile: whether
 * somebody pulls the pin that wakes. */
void life_begin(int (*poll)(void));
/* @returns the slot to be started, noSlot for none; says on the console what the boot loader found and did */
uint8_t life_boot(void);
/* A boot loader that is a program of its own: leaves all this in RAM that no start clears, and the program takes it. */
void life_handOver(void);
void life_takeOver(void);
/* The program is loaded: from here on it has to be quick. */
void life_begun(void);
/* Feeds the watchdog, but for one whose trial is over: that is reset. */
void life_goOn(void);
/* Ends this life as a failure of the program. @param reason one of hosts/simulator/engine/failure.ts */
void life_fail(const char *reason, const char *explanation) __attribute__((noreturn));
/* "restart", or the one that is given. */
void life_restart(ResetCause cause) __attribute__((noreturn));
/* @param untilMs infinite for never */
void life_sleep(double untilMs) __attribute__((noreturn));

/* ResetCause and BootReason as the boot record has them, JSON. @returns the size */
int life_record(char *into, int capacity);
/* A text as JSON has it, without its quotation marks. @returns the size */
int json_write(const char *text, char *into, int capacity);

#endif
