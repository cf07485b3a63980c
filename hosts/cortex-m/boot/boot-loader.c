#include "boot-loader.h"

#include "nor-flash.h"

#include <string.h>

const char *const slotNames[2] = { "a", "b" };
const char *const bootActionNames[] = { "keep", "try", "tryAgain", "revert", "fallBack", "startOver", "stop" };
const char *const storeConditionNames[] = { "blank", "good", "repaired", "damaged", "lost" };
const char *const revertReasonNames[] = { "", "crash", "watchdog", "boots", "deadline", "image", "refused" };

static const BootState newDevice = { slotA, trialNone, 0, whyNothing, otherUnknown, { 0 }, 0, 0 };
static const char cannotWrite[] = "the boot state can not be written";
static const char outside[] = "flash: outside of the partition";

const BootState *boot_state(const BootLoader *loader)
{
	return loader->store.hasState ? &loader->store.state : &newDevice;
}

int boot_isTrial(const BootLoader *loader)
{
	const BootState *state = boot_state(loader);
	return (loader->reason.kind == reasonTrial) && (state->trial == trialRunning) && (state->kept != loader->running);
}

/* --- what lies in slots --- */

static const uint8_t *slotAt(const BootLoader *loader, uint8_t slot)
{
	return flash_at(loader->map.slots[slot]);
}

int slot_header(const BootLoader *loader, uint8_t slot, ImageHeader *into)
{
	return !image_header(slotAt(loader, slot), into);
}

/* The first bytes of an image's hash; zeros for none. */
static void idOf(const BootLoader *loader, uint8_t slot, uint8_t *into)
{
	ImageHeader header;
	memset(into, 0, bootIdBytes);
	if (slot_header(loader, slot, &header))
		memcpy(into, header.hash, bootIdBytes);
}

static uint32_t counterOf(const BootLoader *loader, uint8_t slot)
{
	ImageHeader header;
	return slot_header(loader, slot, &header) ? header.securityCounter : 0;
}

static Verdict examine(const BootLoader *loader, uint8_t slot, uint32_t securityCounter, const char **why)
{
	Verdict verdict = image_check(slotAt(loader, slot), loader->map.slotBytes, 0, why);
	if ((verdict == verdictOk) && (counterOf(loader, slot) < securityCounter)) {
		*why = "below the device's security counter";
		return verdictCounter;
	}
	return verdict;
}

static int isGood(BootLoader *loader, uint8_t slot, uint32_t securityCounter)
{
	if (loader->verdicts[slot] == verdictUnseen)
		loader->verdicts[slot] = (uint8_t)examine(loader, slot, securityCounter, &loader->whys[slot]);
	return loader->verdicts[slot] == verdictOk;
}

/* --- the decision --- */

/* Looks at as many slots as the decision needs. */
static Bootable look(BootLoader *loader, const BootState *state, const BootRules *rules)
{
	uint8_t kept = state->kept, other = slot_other(kept);
	uint8_t id[bootIdBytes];
	uint32_t counter = state->securityCounter;
	Situation situation = boot_situation(state, rules);
	if ((situation == situationPending) || (situation == situationRunning)) {
		if (isGood(loader, other, counter))
			return bootsOther; /* decides as both */
		return isGood(loader, kept, counter) ? bootsKept : bootsNeither;
	}
	if (isGood(loader, kept, counter))
		return bootsKept; /* decides as both */
	idOf(loader, other, id);
	if ((state->otherIs == otherFailed) && !memcmp(id, state->otherId, bootIdBytes))
		return bootsNeither;
	return isGood(loader, other, counter) ? bootsOther : bootsNeither;
}

/* Nothing is known of which was kept. What the other could not replace any more has to prove itself anew. */
static BootState lostState(BootLoader *loader)
{
	BootState state = newDevice;
	int isA = isGood(loader, slotA, 0), isB = isGood(loader, slotB, 0);
	uint32_t a = isA ? counterOf(loader, slotA) : 0, b = isB ? counterOf(loader, slotB) : 0;
	if (!isA || !isB || (a == b)) {
		state.kept = (isB && !isA) ? slotB : slotA;
		state.securityCounter = (a > b) ? a : b;
		return state;
	}
	state.kept = (a < b) ? slotA : slotB;
	state.trial = trialPending;
	state.securityCounter = (a < b) ? a : b;
	return state;
}

static BootState stateAtReset(BootLoader *loader, uint32_t ranMs)
{
	BootState state = *boot_state(loader);
	if (!loader->store.hasState && (loader->store.condition == storeLost))
		return lostState(loader);
	if (state.trial == trialRunning)
		state.elapsedMs = (state.elapsedMs + ranMs < ranMs) ? 0xFFFFFFFF : state.elapsedMs + ranMs;
	return state;
}

/* Writes a decision down; what can not be counted is not tried, unless there is nothing else. */
static void note(BootLoader *loader, BootDecision *decision, const BootState *before)
{
	int isChanged = !boot_isSame(&decision->state, before);
	if (!isChanged && (loader->store.condition != storeLost))
		return;
	if (store_write(&loader->store, &decision->state))
		return;
	if ((decision->reason.kind != reasonTrial) || !isGood(loader, before->kept, before->securityCounter))
		return;
	decision->action = actKeep;
	decision->start = before->kept;
	decision->reason = boot_settledReason(before);
}

void boot_begin(BootLoader *loader, const BootMap *map, ResetCause cause, uint32_t ranMs, const BootRules *rules)
{
	BootState state;
	BootDecision decision;
	Bootable bootable;
	uint8_t failedId[bootIdBytes];
	memset(loader, 0, sizeof(*loader));
	loader->map = *map;
	store_open(&loader->store, map->boot, map->bootBytes);
	state = stateAtReset(loader, ranMs);
	bootable = look(loader, &state, rules);
	idOf(loader, slot_other(state.kept), failedId);
	decision = boot_decide(&state, bootable, cause, failedId, rules);
	note(loader, &decision, &state);
	loader->action = decision.action;
	loader->start = decision.start;
	loader->reason = decision.reason;
	loader->running = (decision.start == noSlot) ? state.kept : decision.start;
}

/* --- the Slots port --- */

const char *slot_state(const BootLoader *loader, uint8_t slot)
{
	const BootState *state = boot_state(loader);
	ImageHeader header;
	if (!slot_header(loader, slot, &header))
		return "empty";
	if (slot == state->kept)
		return (loader->verdicts[slot] <= verdictOk) ? "confirmed" : "bad";
	if (state->trial != trialNone)
		return "trial";
	if ((state->otherIs == otherUnknown) || memcmp(header.hash, state->otherId, bootIdBytes))
		return "valid";
	return (state->otherIs == otherFailed) ? "bad" : "confirmed";
}

/* 0 when the other slot is nobody's way back. */
static const char *unlessSettled(const BootLoader *loader)
{
	return (loader->running == boot_state(loader)->kept) ? 0 : "slots: on trial, the other slot is the way back";
}

/* Before the other slot is changed: nothing must go back to it, or be said of it, any more. */
static const char *release(BootLoader *loader)
{
	const BootState *state = boot_state(loader);
	const char *why = unlessSettled(loader);
	BootState next;
	if (why)
		return why;
	loader->isVerified = 0;
	if ((state->trial == trialNone) && (state->otherIs == otherUnknown))
		return 0;
	next = boot_released(state);
	return store_write(&loader->store, &next) ? 0 : cannotWrite;
}

static int isWithin(const BootLoader *loader, uint32_t offset, uint32_t size)
{
	return (offset <= loader->map.slotBytes) && (size <= loader->map.slotBytes - offset);
}

static uint32_t otherAt(const BootLoader *loader)
{
	return loader->map.slots[slot_other(loader->running)];
}

const char *slot_read(const BootLoader *loader, uint32_t offset, void *into, uint32_t size)
{
	if (!isWithin(loader, offset, size))
		return outside;
	memcpy(into, flash_at(otherAt(loader) + offset), size);
	return 0;
}

const char *slot_write(BootLoader *loader, uint32_t offset, const uint8_t *bytes, uint32_t size)
{
	const char *why = release(loader);
	if (why)
		return why;
	return isWithin(loader, offset, size) ? flash_write(otherAt(loader) + offset, bytes, size) : outside;
}

const char *slot_erase(BootLoader *loader, uint32_t offset, uint32_t size)
{
	const char *why = release(loader);
	if (why)
		return why;
	return isWithin(loader, offset, size) ? flash_erase(otherAt(loader) + offset, size) : outside;
}

Verdict slot_verify(BootLoader *loader)
{
	const char *why;
	uint8_t other = slot_other(loader->running);
	ImageHeader own, header;
	uint32_t counter = counterOf(loader, loader->running), least = boot_state(loader)->securityCounter;
	Verdict verdict = image_check(slotAt(loader, other), loader->map.slotBytes, 0, &why);
	loader->isVerified = 0;
	if (verdict != verdictOk)
		return verdict;
	/* An image of another product is none for it. */
	if (slot_header(loader, loader->running, &own) && slot_header(loader, other, &header) && strcmp(own.name, header.name))
		return verdictProduct;
	if (counterOf(loader, other) < ((counter > least) ? counter : least))
		return verdictCounter;
	loader->isVerified = 1;
	return verdictOk;
}

static const char *put(BootLoader *loader, const BootState *next)
{
	return store_write(&loader->store, next) ? 0 : cannotWrite;
}

const char *slot_markPending(BootLoader *loader)
{
	const char *why = unlessSettled(loader);
	BootState next;
	if (!loader->isVerified)
		return "slots: only an image that was verified can be marked";
	if (why)
		return why;
	next = boot_marked(boot_state(loader), counterOf(loader, loader->running));
	return put(loader, &next);
}

const char *slot_confirm(BootLoader *loader)
{
	const BootState *state = boot_state(loader);
	uint8_t id[bootIdBytes];
	BootState next;
	if ((state->trial != trialNone) && ((state->trial != trialRunning) || (loader->running == state->kept)))
		return 0; /* the other one is marked: its trial is not ours to confirm */
	idOf(loader, slot_other(loader->running), id);
	next = boot_confirmed(state, id, counterOf(loader, loader->running));
	return boot_isSame(&next, state) ? 0 : put(loader, &next);
}

const char *slot_revert(BootLoader *loader, uint8_t why)
{
	const BootState *state = boot_state(loader);
	uint8_t id[bootIdBytes];
	BootState next;
	if ((state->trial != trialRunning) || (loader->running == state->kept))
		return 0;
	idOf(loader, loader->running, id);
	next = boot_left(state, why, id);
	return put(loader, &next);
}
