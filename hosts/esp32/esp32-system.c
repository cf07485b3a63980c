/*
 * What the ESP32 host asks of ESP-IDF itself: time that goes on through resets, unpredictable bytes, why it was reset,
 * a line on the console, a thermometer. The TypeScript side is esp32-system.ts.
 */
#include "xsmc.h"
#include "mc.xs.h"

#include "esp32-radio.h"

#include "bootloader_random.h"
#include "esp_attr.h"
#include "esp_random.h"
#include "esp_rtc_time.h"
#include "esp_system.h"
#include "esp_timer.h"
#include "soc/soc_caps.h"
#if SOC_TEMP_SENSOR_SUPPORTED
#include "driver/temperature_sensor.h"
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

/*
 * The clock. Awake it is the timer of the crystal; from one boot to the next it is the RTC's counter, which goes on
 * through deep sleep and every reset but power loss. What both said is noted in RTC memory, so that time never goes
 * back: the RTC may be slower than the crystal by some percent.
 */
#define CLOCK_MAGIC 0x446f726dU

typedef struct {
	uint32_t magic;
	uint32_t sum;
	int64_t nowUs;
	uint64_t rtcUs;
} ClockNote;

static RTC_NOINIT_ATTR ClockNote clockNote;
static int64_t atBootUs = -1;
static int hasGoneOn = 0;

static uint32_t sumOf(const ClockNote *note)
{
	const uint8_t *bytes = (const uint8_t *)&note->nowUs;
	uint32_t sum = 2166136261U; /* FNV-1a */
	for (size_t index = 0; index < sizeof(note->nowUs) + sizeof(note->rtcUs); index++)
		sum = (sum ^ bytes[index]) * 16777619U;
	return sum;
}

static void beginClock(void)
{
	uint64_t rtcUs = esp_rtc_get_time_us();
	esp_reset_reason_t reason = esp_reset_reason();
	int isCold = (reason == ESP_RST_POWERON) || (reason == ESP_RST_BROWNOUT) || (reason == ESP_RST_PWR_GLITCH);
	hasGoneOn = !isCold && (clockNote.magic == CLOCK_MAGIC) && (clockNote.sum == sumOf(&clockNote)) &&
		(rtcUs >= clockNote.rtcUs);
	atBootUs = hasGoneOn ? clockNote.nowUs + (int64_t)(rtcUs - clockNote.rtcUs) - esp_timer_get_time() : 0;
	if (atBootUs < 0)
		atBootUs = 0;
}

/* Milliseconds since the power came on. */
void xs_dormouse_esp_now(xsMachine *the)
{
	int64_t nowUs;
	if (atBootUs < 0)
		beginClock();
	nowUs = atBootUs + esp_timer_get_time();
	clockNote.magic = 0;
	clockNote.nowUs = nowUs;
	clockNote.rtcUs = esp_rtc_get_time_us();
	clockNote.sum = sumOf(&clockNote);
	clockNote.magic = CLOCK_MAGIC;
	xsmcSetNumber(xsResult, (double)(nowUs / 1000));
}

void xs_dormouse_esp_went_on(xsMachine *the)
{
	if (atBootUs < 0)
		beginClock();
	xsmcSetBoolean(xsResult, hasGoneOn);
}

/* Seconds since 1970: ESP-IDF keeps them as long as its RTC runs. undefined while nobody has set them. */
void xs_dormouse_esp_wall(xsMachine *the)
{
	struct timeval now;
	if (!gettimeofday(&now, NULL) && (now.tv_sec > 1600000000))
		xsmcSetNumber(xsResult, (double)now.tv_sec);
}

void xs_dormouse_esp_set_wall(xsMachine *the)
{
	struct timeval now = { .tv_sec = (time_t)xsmcToNumber(xsArg(0)) };
	settimeofday(&now, NULL);
}

/*
 * The generator is a true one only while the radio runs, or the internal source that the boot loader uses ("Random
 * Number Generation", ESP-IDF Programming Guide). Without a radio we switch that on for the moment.
 */
void xs_dormouse_esp_entropy(xsMachine *the)
{
	void *bytes;
	xsUnsignedValue size;
	int mustEnable = !radioIsOn();
	xsmcGetBufferWritable(xsArg(0), &bytes, &size);
	if (mustEnable)
		bootloader_random_enable();
	esp_fill_random(bytes, size);
	if (mustEnable)
		bootloader_random_disable();
}

/* As ResetCause has it. */
void xs_dormouse_esp_reset_cause(xsMachine *the)
{
	const char *cause = "powerOn";
	switch (esp_reset_reason()) {
	case ESP_RST_SW:
	case ESP_RST_USB:
	case ESP_RST_JTAG:
		cause = "restart";
		break;
	case ESP_RST_PANIC:
	case ESP_RST_CPU_LOCKUP:
		cause = "crash";
		break;
	case ESP_RST_INT_WDT:
	case ESP_RST_TASK_WDT:
	case ESP_RST_WDT:
		cause = "watchdog";
		break;
	case ESP_RST_DEEPSLEEP:
		cause = "deepSleep";
		break;
	default:
		break;
	}
	xsmcSetString(xsResult, (xsStringValue)cause);
}

/* Whether it was the RTC's watchdog: nobody but the end of a trial sets that one (esp32-slots.c). */
void xs_dormouse_esp_was_deadline(xsMachine *the)
{
	xsmcSetBoolean(xsResult, esp_reset_reason() == ESP_RST_WDT);
}

void xs_dormouse_esp_restart(xsMachine *the)
{
	(void)the;
	esp_restart();
}

/* A panic: resetCause "crash" after it. */
void xs_dormouse_esp_crash(xsMachine *the)
{
	(void)the;
	abort();
}

/* @returns whether there is a console that is not the debugger's */
void xs_dormouse_esp_print(xsMachine *the)
{
#if defined(mxDebug) || CONFIG_ESP_CONSOLE_NONE
	xsmcSetBoolean(xsResult, 0);
#else
	fputs(xsmcToString(xsArg(0)), stdout);
	fflush(stdout);
	xsmcSetBoolean(xsResult, 1);
#endif
}

/* "esp32", "esp32c3", … */
void xs_dormouse_esp_target(xsMachine *the)
{
	xsmcSetString(xsResult, (xsStringValue)CONFIG_IDF_TARGET);
}

/* Degrees Celsius of the chip itself, or undefined. */
void xs_dormouse_esp_celsius(xsMachine *the)
{
#if SOC_TEMP_SENSOR_SUPPORTED
	static temperature_sensor_handle_t sensor = NULL;
	float celsius;
	if (!sensor) {
		temperature_sensor_config_t config = TEMPERATURE_SENSOR_CONFIG_DEFAULT(-10, 80);
		if ((temperature_sensor_install(&config, &sensor) != ESP_OK) || (temperature_sensor_enable(sensor) != ESP_OK)) {
			sensor = NULL;
			return;
		}
	}
	if (temperature_sensor_get_celsius(sensor, &celsius) == ESP_OK)
		xsmcSetNumber(xsResult, (double)celsius);
#else
	(void)the;
#endif
}
