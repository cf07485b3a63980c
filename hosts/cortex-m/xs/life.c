#include "life.h"

#include "board.h"
#include "nor-flash.h"

/* So many failures in a row, none of which the program outlived for a minute, end the emulator. */
enum { failuresMax = 6, hopelessStatus = 1 };

/* What ended a life that noted nothing: the chip's watchdog. */
enum { unannounced = 0x100 };

/* From a boot loader to the program that it starts, which has the same place for it. */
__attribute__((section(".noinit.life"))) static Life handed;

/* An unfed watchdog bites after so long, and resets the chip after twice as long; making ROM gets a minute. */
enum { loadingMs = 60000 };
static uint32_t watchdogMs = loadingMs;

Life life;

static const char *const causeNames[] = { "powerOn", "restart", "watchdog", "crash", "deepSleep" };

int json_write(const char *text, char *into, int capacity)
{
	int size = 0;
	for (; *text && (size < capacity - 7); text++) {
		uint8_t byte = (uint8_t)*text;
		if ((byte < 0x20) || (byte == '"') || (byte == '\\'))
			size += snprintf(into + size, 7, "\\u%04x", byte);
		else
			into[size++] = *text;
	}
	into[size] = 0;
	return size;
}

/* --- how it ends --- */

void life_restart(ResetCause cause)
{
	chip_restart(cause);
}

void life_sleep(double untilMs)
{
	life.kept->wakeAtMs = untilMs;
	chip_restartForgetting(causeDeepSleep);
}

/* A board that fails without an end would fill the console of whoever looks at it. */
static void countFailure(void)
{
	if (life.kept && (++life.kept->failures >= failuresMax)) {
		shim_printf("%d failures in a row: it stays off", (int)failuresMax);
		chip_exit(hopelessStatus);
	}
}

void life_fail(const char *reason, const char *explanation)
{
	char text[160];
	if (!life.kept)
		chip_exit(hopelessStatus);
	json_write(explanation, text, sizeof(text));
	shim_printf("{\"event\":\"deviceFailed\",\"reason\":\"%s\",\"explanation\":\"%s\",\"restarts\":true}", reason, text);
	countFailure();
	life_restart(causeCrash);
}

void chip_failed(const char *text)
{
	life_fail("fault", text);
}

/* A turn without an end. */
void chip_bite(void)
{
	shim_printf("{\"event\":\"watchdog\",\"why\":\"turn\"}");
	countFailure();
	life_restart(causeWatchdog);
}

void life_goOn(void)
{
	double nowMs = chip_nowMs();
	static double beganMs = -1;
	ChipLife *kept = life.kept;
	if (beganMs < 0)
		beganMs = nowMs;
	if (nowMs - beganMs > 60000)
		kept->failures = 0;
	if (kept->trialSinceMs >= 0) {
		if (!boot_isTrial(&life.loader))
			kept->trialSinceMs = -1;
		else if (nowMs - kept->trialSinceMs >= life.loader.reason.leftMs) {
			shim_printf("{\"event\":\"watchdog\",\"why\":\"trial\"}");
			life_restart(causeWatchdog);
		}
	}
	kept->nowMs = nowMs;
	chip_feedWatchdog();
}

/* --- how it begins --- */

static uint32_t numberIn(const char *text, const char *name, uint32_t otherwise)
{
	const char *found = strstr(text, name);
	return found ? (uint32_t)strtoul(found + strlen(name), C_NULL, 10) : otherwise;
}

/* The radio is off, and the rest of RAM is lost already. */
static void sleepOn(int (*poll)(void))
{
	chip_startTicking();
	for (;;) {
		life.kept->nowMs = chip_nowMs();
		if (life.kept->nowMs >= life.kept->wakeAtMs) {
			life.wakeReason = wokeByAlarm;
			return;
		}
		if (poll()) {
			life.wakeReason = wokeByPin;
			return;
		}
		chip_wait();
	}
}

void life_begin(int (*poll)(void))
{
	char options[128];
	ChipLife *kept;
	life.clockWentOn = chip_findLife(&kept);
	life.kept = kept;
	chip_argument(options, sizeof(options));
	watchdogMs = numberIn(options, "watchdog=", watchdogMs);
	life.cause = (kept->cause == unannounced) ? causeWatchdog : (ResetCause)kept->cause; /* zeros: powerOn */
	if (!life.clockWentOn) {
		kept->wallOffsetS = chip_timeS();
		kept->trialSinceMs = -1;
	}
	if (kept->cause == unannounced)
		kept->nowMs += 2.0 * watchdogMs;
	chip_startClock(kept->nowMs);
	if (life.cause == causeDeepSleep)
		sleepOn(poll);
	kept->cause = unannounced;
}

static void sayDecision(const BootLoader *loader)
{
	char found[96] = "", more[48] = "";
	uint8_t slot;
	if ((loader->store.condition != storeBlank) && (loader->store.condition != storeGood))
		shim_printf("{\"event\":\"bootState\",\"condition\":\"%s\"}", storeConditionNames[loader->store.condition]);
	if (loader->action == actKeep)
		return;
	for (slot = slotA; slot <= slotB; slot++)
		if (loader->verdicts[slot] > verdictOk)
			snprintf(found + strlen(found), sizeof(found) - strlen(found), "%sslot %s: %s", found[0] ? "; " : ",\"found\":\"",
				slotNames[slot], loader->whys[slot]);
	if (found[0])
		snprintf(found + strlen(found), sizeof(found) - strlen(found), "\"");
	if (loader->reason.kind == reasonTrial)
		snprintf(more, sizeof(more), ",\"bootsLeft\":%u,\"leftMs\":%u", (unsigned)loader->reason.bootsLeft,
			(unsigned)loader->reason.leftMs);
	else if (loader->reason.kind == reasonReverted)
		snprintf(more, sizeof(more), ",\"why\":\"%s\"", revertReasonNames[loader->reason.why]);
	shim_printf("{\"event\":\"bootDecision\",\"action\":\"%s\",\"slot\":%s%s%s%s%s}", bootActionNames[loader->action],
		(loader->start == noSlot) ? "null" : "\"", (loader->start == noSlot) ? "" : slotNames[loader->start],
		(loader->start == noSlot) ? "" : "\"", more, found);
}

uint8_t life_boot(void)
{
	/* Three tries, ten minutes, as the simulated boards have it. */
	static const BootRules usual = { 3, 600000 };
	static const BootMap map = { mapBoot, mapBootBytes, { mapSlotA, mapSlotB }, mapSlotBytes };
	ChipLife *kept = life.kept;
	BootRules rules = usual;
	char options[128];
	double ranMs = (kept->trialSinceMs >= 0) ? kept->nowMs - kept->trialSinceMs : 0;
	chip_argument(options, sizeof(options));
	rules.bootsMax = numberIn(options, "boots=", rules.bootsMax);
	rules.trialMs = numberIn(options, "trial=", rules.trialMs);
	kept->trialSinceMs = -1;
	if (life.cause == causePowerOn)
		flash_cutAt(numberIn(options, "cut=", 0));
	boot_begin(&life.loader, &map, life.cause, (ranMs > 0) ? (uint32_t)ranMs : 0, &rules);
	sayDecision(&life.loader);
	if (life.loader.reason.kind == reasonTrial)
		kept->trialSinceMs = chip_nowMs();
	chip_startWatchdog(loadingMs);
	return life.loader.start;
}

void life_handOver(void)
{
	life.kept->nowMs = chip_nowMs();
	handed = life;
}

void life_takeOver(void)
{
	char options[128];
	chip_argument(options, sizeof(options));
	watchdogMs = numberIn(options, "watchdog=", watchdogMs);
	life = handed;
	chip_startClock(life.kept->nowMs);
}

void life_begun(void)
{
	life_goOn();
	chip_startWatchdog(watchdogMs);
}

int life_record(char *into, int capacity)
{
	static const char *const wakeNames[] = { "", "alarm", "pin" };
	const BootReason *reason = &life.loader.reason;
	char why[64];
	if (reason->kind == reasonTrial)
		snprintf(why, sizeof(why), "\"kind\":\"trial\",\"bootsLeft\":%u,\"leftMs\":%u", (unsigned)reason->bootsLeft,
			(unsigned)reason->leftMs);
	else if (reason->kind == reasonReverted)
		snprintf(why, sizeof(why), "\"kind\":\"reverted\",\"why\":\"%s\"", revertReasonNames[reason->why]);
	else
		snprintf(why, sizeof(why), "\"kind\":\"normal\"");
	return snprintf(into, (size_t)capacity,
		"\"resetCause\":\"%s\",\"wakeReason\":\"%s\",\"clockWentOn\":%s,\"slots\":{\"running\":\"%s\",\"bootReason\":{%s}}",
		causeNames[life.cause], wakeNames[life.wakeReason], life.clockWentOn ? "true" : "false",
		slotNames[life.loader.running], why);
}
