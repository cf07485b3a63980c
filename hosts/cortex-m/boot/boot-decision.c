/* The boot decision table of modules/firmware/FORMAT.md. Pure: starts nothing, writes nothing. */
#include "boot-state.h"

#include <string.h>

static const uint8_t decisions[4][4] = {
	/* both, kept, other, neither */
	{ actKeep, actKeep, actFallBack, actStop },
	{ actTry, actRevert, actTry, actStop },
	{ actTryAgain, actRevert, actTryAgain, actStop },
	{ actRevert, actRevert, actStartOver, actStop },
};

uint8_t slot_other(uint8_t slot)
{
	return (slot == slotA) ? slotB : slotA;
}

Situation boot_situation(const BootState *state, const BootRules *rules)
{
	if (state->trial == trialNone)
		return situationSettled;
	if (state->trial == trialPending)
		return situationPending;
	return ((state->boots >= rules->bootsMax) || (state->elapsedMs >= rules->trialMs)) ? situationSpent : situationRunning;
}

static uint8_t whySpent(const BootState *state, ResetCause cause, const BootRules *rules)
{
	if (state->elapsedMs >= rules->trialMs)
		return whyDeadline;
	return (cause == causeCrash) ? whyCrash : (cause == causeWatchdog) ? whyWatchdog : whyBoots;
}

/* A state of which nothing is known but these two. */
static BootState fresh(uint8_t kept, uint32_t securityCounter)
{
	BootState state;
	memset(&state, 0, sizeof(state));
	state.kept = kept;
	state.securityCounter = securityCounter;
	return state;
}

BootReason boot_settledReason(const BootState *state)
{
	BootReason reason = { reasonNormal, state->reverted, 0, 0 };
	if (state->reverted != whyNothing)
		reason.kind = reasonReverted;
	return reason;
}

BootDecision boot_decide(const BootState *state, Bootable bootable, ResetCause cause, const uint8_t *failedId,
	const BootRules *rules)
{
	Situation situation = boot_situation(state, rules);
	BootDecision decision = { (BootAction)decisions[situation][bootable], state->kept, *state, { reasonNormal, 0, 0, 0 } };
	switch (decision.action) {
	case actTry:
	case actStartOver:
		decision.state.trial = trialRunning;
		decision.state.boots = 1;
		decision.state.elapsedMs = 0;
		decision.state.reverted = whyNothing;
		break;
	case actTryAgain:
		decision.state.boots++;
		break;
	case actRevert:
		decision.state = boot_left(state, (situation == situationSpent) ? whySpent(state, cause, rules) : whyImage, failedId);
		break;
	case actFallBack:
		decision.start = slot_other(state->kept);
		decision.state = fresh(decision.start, state->securityCounter);
		decision.state.reverted = whyImage;
		break;
	case actStop:
		decision.start = noSlot;
		break;
	case actKeep:
		break;
	}
	decision.reason = boot_settledReason(&decision.state);
	if ((decision.action == actTry) || (decision.action == actStartOver) || (decision.action == actTryAgain)) {
		decision.start = slot_other(state->kept);
		decision.reason.kind = reasonTrial;
		decision.reason.bootsLeft = rules->bootsMax - decision.state.boots;
		decision.reason.leftMs = rules->trialMs - decision.state.elapsedMs;
	}
	return decision;
}

static uint32_t greater(uint32_t one, uint32_t two)
{
	return (one > two) ? one : two;
}

BootState boot_marked(const BootState *state, uint32_t securityCounter)
{
	BootState next = fresh(state->kept, greater(state->securityCounter, securityCounter));
	next.trial = trialPending;
	return next;
}

BootState boot_left(const BootState *state, uint8_t why, const uint8_t *failedId)
{
	BootState next = fresh(state->kept, state->securityCounter);
	next.reverted = why;
	next.otherIs = otherFailed;
	memcpy(next.otherId, failedId, bootIdBytes);
	return next;
}

BootState boot_confirmed(const BootState *state, const uint8_t *keptId, uint32_t securityCounter)
{
	BootState next = *state;
	next.securityCounter = greater(state->securityCounter, securityCounter);
	if (state->trial != trialRunning) {
		next.reverted = whyNothing;
		return next;
	}
	next = fresh(slot_other(state->kept), next.securityCounter);
	next.otherIs = otherConfirmed;
	memcpy(next.otherId, keptId, bootIdBytes);
	return next;
}

BootState boot_released(const BootState *state)
{
	BootState next = *state;
	next.trial = trialNone;
	next.boots = 0;
	next.elapsedMs = 0;
	next.otherIs = otherUnknown;
	memset(next.otherId, 0, bootIdBytes);
	return next;
}

int boot_isSame(const BootState *one, const BootState *two)
{
	return (one->kept == two->kept) && (one->trial == two->trial) && (one->boots == two->boots)
		&& (one->reverted == two->reverted) && (one->otherIs == two->otherIs) && (one->elapsedMs == two->elapsedMs)
		&& (one->securityCounter == two->securityCounter) && !memcmp(one->otherId, two->otherId, bootIdBytes);
}
