/* Deep sleep, what ended it, and RAM that outlives it. The TypeScript side is esp32-sleep.ts. */
#include "xsmc.h"
#include "mc.xs.h"
#include "mc.defines.h"

#include "driver/gpio.h"
#include "esp_attr.h"
#include "esp_pm.h"
#include "esp_sleep.h"
#include "soc/soc_caps.h"

#include <string.h>

#ifndef MODDEF_DORMOUSE_RETAINEDBYTES
#define MODDEF_DORMOUSE_RETAINEDBYTES 4096
#endif

/* Not initialised: it may hold anything after power came on, and is there after every other reset. */
static RTC_NOINIT_ATTR uint8_t retained[MODDEF_DORMOUSE_RETAINEDBYTES];

void xs_dormouse_esp_retained_size(xsMachine *the)
{
	xsmcSetInteger(xsResult, sizeof(retained));
}

static uint8_t *stretch(xsMachine *the, xsUnsignedValue size)
{
	xsIntegerValue offset = xsmcToInteger(xsArg(0));
	if ((offset < 0) || (size > sizeof(retained)) || ((xsUnsignedValue)offset > sizeof(retained) - size))
		xsRangeError("outside of the retained memory");
	return retained + offset;
}

/* (offset, into) */
void xs_dormouse_esp_retained_read(xsMachine *the)
{
	void *into;
	xsUnsignedValue size;
	xsmcGetBufferWritable(xsArg(1), &into, &size);
	memcpy(into, stretch(the, size), size);
}

/* (offset, bytes) */
void xs_dormouse_esp_retained_write(xsMachine *the)
{
	void *bytes;
	xsUnsignedValue size;
	xsmcGetBufferReadable(xsArg(1), &bytes, &size);
	memcpy(stretch(the, size), bytes, size);
}

/* => "alarm", "pin" or undefined: what ended the deep sleep before this boot */
void xs_dormouse_esp_wake_reason(xsMachine *the)
{
	uint32_t causes = esp_sleep_get_wakeup_causes();
	if (causes & (1U << ESP_SLEEP_WAKEUP_TIMER))
		xsmcSetString(xsResult, "alarm");
	else if (causes & ((1U << ESP_SLEEP_WAKEUP_EXT0) | (1U << ESP_SLEEP_WAKEUP_EXT1) | (1U << ESP_SLEEP_WAKEUP_GPIO)))
		xsmcSetString(xsResult, "pin");
}

/* (pin, level): a pin that ends deep sleep; it has to be one of the RTC's. => boolean */
void xs_dormouse_esp_wake_on_pin(xsMachine *the)
{
	xsIntegerValue pin = xsmcToInteger(xsArg(0));
	xsIntegerValue level = xsmcToInteger(xsArg(1));
	esp_err_t error = ESP_ERR_NOT_SUPPORTED;
	if ((pin < 0) || (pin >= GPIO_NUM_MAX))
		xsRangeError("no such pin");
#if SOC_PM_SUPPORT_EXT0_WAKEUP
	error = esp_sleep_enable_ext0_wakeup((gpio_num_t)pin, level ? 1 : 0);
#elif SOC_PM_SUPPORT_EXT1_WAKEUP
	error = esp_sleep_enable_ext1_wakeup_io(1ULL << pin, level ? ESP_EXT1_WAKEUP_ANY_HIGH : ESP_EXT1_WAKEUP_ANY_LOW);
#elif SOC_GPIO_SUPPORT_HP_PERIPH_PD_SLEEP_WAKEUP
	error = esp_sleep_enable_gpio_wakeup_on_hp_periph_powerdown(1ULL << pin,
		level ? ESP_GPIO_WAKEUP_GPIO_HIGH : ESP_GPIO_WAKEUP_GPIO_LOW);
#endif
	xsmcSetBoolean(xsResult, error == ESP_OK);
}

/* (ms): below 0: not because of time. Comes back only when the chip refuses. => boolean: false */
void xs_dormouse_esp_deep_sleep(xsMachine *the)
{
	xsNumberValue ms = xsmcToNumber(xsArg(0));
	int isRefused = 0;
	if (ms >= 0)
		isRefused = esp_sleep_enable_timer_wakeup((uint64_t)(ms * 1000.0)) != ESP_OK;
	else
		esp_sleep_disable_wakeup_source(ESP_SLEEP_WAKEUP_TIMER);
#if SOC_PM_SUPPORT_RTC_SLOW_MEM_PD
	esp_sleep_pd_config(ESP_PD_DOMAIN_RTC_SLOW_MEM, ESP_PD_OPTION_ON);
#endif
	if (!isRefused)
		esp_deep_sleep_try_to_start();
	xsmcSetBoolean(xsResult, 0);
}

/*
 * Automatic light sleep: the idle task sleeps whenever nothing is to be done for some milliseconds, and the radio's
 * driver wakes it for the beacons that it waits for. => boolean: whether the image is built for it (CONFIG_PM_ENABLE)
 */
void xs_dormouse_esp_sleep_lightly(xsMachine *the)
{
#if CONFIG_PM_ENABLE && CONFIG_FREERTOS_USE_TICKLESS_IDLE
	const esp_pm_config_t config = {
		.max_freq_mhz = CONFIG_ESP_DEFAULT_CPU_FREQ_MHZ,
		.min_freq_mhz = CONFIG_XTAL_FREQ,
		.light_sleep_enable = true
	};
	xsmcSetBoolean(xsResult, esp_pm_configure(&config) == ESP_OK);
#else
	xsmcSetBoolean(xsResult, 0);
#endif
}
