/*
 * What the boot loader remembers, what it decides, and where it writes that down: modules/firmware/FORMAT.md, as
 * modules/firmware/boot-decision.ts and boot-store.ts have it. A test holds the two to each other.
 */
#ifndef DORMOUSE_BOOT_STATE_H
#define DORMOUSE_BOOT_STATE_H

#include <stdint.h>

/* Slots. */
enum { slotA, slotB, noSlot };

/* The numbers are those of the bytes in flash. */
enum { trialNone, trialPending, trialRunning };
enum { whyNothing, whyCrash, whyWatchdog, whyBoots, whyDeadline, whyImage, whyRefused, whyCount };
enum { otherUnknown, otherFailed, otherConfirmed };

typedef enum { causePowerOn, causeRestart, causeWatchdog, causeCrash, causeDeepSleep } ResetCause;

enum { bootIdBytes = 8 };

typedef struct {
	uint8_t kept;
	uint8_t trial;
	uint8_t boots;
	uint8_t reverted;
	uint8_t otherIs;
	uint8_t otherId[bootIdBytes]; /* zeros while unknown */
	uint32_t elapsedMs;
	uint32_t securityCounter;
} BootState;

typedef struct {
	uint32_t bootsMax;
	uint32_t trialMs;
} BootRules;

typedef enum { bootsBoth, bootsKept, bootsOther, bootsNeither } Bootable;
typedef enum { situationSettled, situationPending, situationRunning, situationSpent } Situation;
typedef enum { actKeep, actTry, actTryAgain, actRevert, actFallBack, actStartOver, actStop } BootAction;

typedef enum { reasonNormal, reasonTrial, reasonReverted } ReasonKind;

typedef struct {
	ReasonKind kind;
	uint8_t why; /* of a revert */
	uint32_t bootsLeft, leftMs; /* of a trial */
} BootReason;

typedef struct {
	BootAction action;
	uint8_t start; /* noSlot: nothing can be */
	BootState state; /* to be written before that */
	BootReason reason;
} BootDecision;

uint8_t slot_other(uint8_t slot);
/* @param elapsedMs of the state: with all that the trial has run until this reset */
Situation boot_situation(const BootState *state, const BootRules *rules);
BootReason boot_settledReason(const BootState *state);
BootDecision boot_decide(const BootState *state, Bootable bootable, ResetCause cause, const uint8_t *failedId,
	const BootRules *rules);
/* What becomes of the state when the running program says so; a new state each. */
BootState boot_marked(const BootState *state, uint32_t securityCounter);
BootState boot_left(const BootState *state, uint8_t why, const uint8_t *failedId);
BootState boot_confirmed(const BootState *state, const uint8_t *keptId, uint32_t securityCounter);
BootState boot_released(const BootState *state);
int boot_isSame(const BootState *one, const BootState *two);

/* --- the memory: a ring of sectors --- */

typedef enum { storeBlank, storeGood, storeRepaired, storeDamaged, storeLost } StoreCondition;

typedef struct {
	StoreCondition condition;
	int hasState;
	BootState state;
	/* Where it lies, and where the next state goes. */
	uint32_t begin, size;
	uint32_t sequence, sector, place;
} BootStore;

/* @param begin, size of its partition: two sectors at least */
void store_open(BootStore *store, uint32_t begin, uint32_t size);
/* @returns 0 when no sector takes it: then the state before is in force */
int store_write(BootStore *store, const BootState *state);

#endif
