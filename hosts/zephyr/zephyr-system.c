/*
 * What the Zephyr host asks of Zephyr's kernel and drivers: time, chance, resets, power, the watchdog, RAM that
 * outlives resets, the die's temperature. The TypeScript side is zephyr-natives.ts.
 *
 * From the devicetree: nodelabel `retainedmem0` (zephyr,retained-ram), alias `watchdog0`, alias `die-temp0`,
 * `wakeup-gpios` of /zephyr,user. What a board does not have, this host does without.
 */
#include "xsmc.h"
#include "mc.xs.h"
#include "xsHost.h"

#include <zephyr/device.h>
#include <zephyr/devicetree.h>
#include <zephyr/drivers/gpio.h>
#include <zephyr/drivers/hwinfo.h>
#include <zephyr/drivers/retained_mem.h>
#include <zephyr/drivers/sensor.h>
#include <zephyr/drivers/watchdog.h>
#include <zephyr/fatal.h>
#include <zephyr/init.h>
#include <zephyr/kernel.h>
#include <zephyr/random/random.h>
#include <zephyr/sys/poweroff.h>
#include <zephyr/sys/printk.h>
#include <zephyr/sys/reboot.h>

#include <stdio.h>
#include <string.h>

#define PRINTED_MAX 512

/* XS says why it ends (fxAbort) without the end of a line, and resets: what waits in a buffer would be lost. */
static int printAtOnce(void)
{
	(void)setvbuf(stdout, NULL, _IONBF, 0);
	return 0;
}
SYS_INIT(printAtOnce, APPLICATION, CONFIG_APPLICATION_INIT_PRIORITY);

void xs_dormouse_uptime(xsMachine *the)
{
	xsmcSetNumber(xsResult, (double)k_uptime_get());
}

/* Fills the whole buffer or throws: a caller never sees fewer bytes, or bytes of another source. */
void xs_dormouse_random(xsMachine *the)
{
	void *bytes;
	xsUnsignedValue size;
	xsmcGetBufferWritable(xsArg(0), &bytes, &size);
	if ((size > 0) && sys_csrand_get(bytes, size))
		xsUnknownError("sys_csrand_get failed");
}

/* In pieces, because a line of the log may be longer than the stack of this thread has room for. */
void xs_dormouse_print(xsMachine *the)
{
	const char *text = xsmcToString(xsArg(0));
	for (size_t left = strlen(text); left > 0;) {
		int size = (left > PRINTED_MAX) ? PRINTED_MAX : (int)left;
		printk("%.*s", size, text);
		text += size;
		left -= (size_t)size;
	}
}

void xs_dormouse_reset_flags(xsMachine *the)
{
	static bool isTaken = false;
	uint32_t cause = 0;
	int error = isTaken ? 0 : hwinfo_get_reset_cause(&cause);
	isTaken = true;
	if (error) {
		xsmcSetInteger(xsResult, error);
		return;
	}
	(void)hwinfo_clear_reset_cause(); /* they add up otherwise, and the next boot would see ours */
	xsmcSetInteger(xsResult, (xsIntegerValue)(cause & 0x7fffffff));
}

void xs_dormouse_reboot(xsMachine *the)
{
	(void)the;
	sys_reboot(SYS_REBOOT_COLD);
}

#define WAKE_PINS DT_NODE_HAS_PROP(DT_PATH(zephyr_user), wakeup_gpios)

void xs_dormouse_can_power_off(xsMachine *the)
{
	xsmcSetBoolean(xsResult, IS_ENABLED(CONFIG_POWEROFF) && WAKE_PINS);
}

void xs_dormouse_power_off(xsMachine *the)
{
#if defined(CONFIG_POWEROFF) && WAKE_PINS
	static const struct gpio_dt_spec pin = GPIO_DT_SPEC_GET(DT_PATH(zephyr_user), wakeup_gpios);
	int error = gpio_pin_configure_dt(&pin, GPIO_INPUT);
	if (!error)
		error = gpio_pin_interrupt_configure_dt(&pin, GPIO_INT_LEVEL_ACTIVE);
	if (error)
		xsUnknownError("wake-up pin: error %d", error);
	sys_poweroff();
#else
	xsUnknownError("no way back from system off on this board");
#endif
}

/* The watchdog stands still while the processor sleeps: it guards turns, and no timer has to feed it in between. */
#if DT_NODE_EXISTS(DT_ALIAS(watchdog0))
static const struct device *const watchdog = DEVICE_DT_GET(DT_ALIAS(watchdog0));
static int watchdogChannel = -1;
#endif

void xs_dormouse_watchdog_start(xsMachine *the)
{
	bool runs = false;
#if DT_NODE_EXISTS(DT_ALIAS(watchdog0))
	struct wdt_timeout_cfg config = {
		.window = { .min = 0, .max = (uint32_t)xsmcToInteger(xsArg(0)) },
		.flags = WDT_FLAG_RESET_SOC,
	};
	if (device_is_ready(watchdog)) {
		int channel = wdt_install_timeout(watchdog, &config);
		if ((channel >= 0) && !wdt_setup(watchdog, WDT_OPT_PAUSE_IN_SLEEP | WDT_OPT_PAUSE_HALTED_BY_DBG)) {
			watchdogChannel = channel;
			runs = true;
		}
	}
#endif
	xsmcSetBoolean(xsResult, runs);
}

void xs_dormouse_watchdog_feed(xsMachine *the)
{
	(void)the;
#if DT_NODE_EXISTS(DT_ALIAS(watchdog0))
	if (watchdogChannel >= 0)
		(void)wdt_feed(watchdog, watchdogChannel);
#endif
}

static void deadlineReached(struct k_timer *timer)
{
	ARG_UNUSED(timer);
	sys_reboot(SYS_REBOOT_COLD);
}

static K_TIMER_DEFINE(deadline, deadlineReached, NULL);

void xs_dormouse_deadline(xsMachine *the)
{
	int delayMs = xsmcToInteger(xsArg(0));
	if (delayMs > 0)
		k_timer_start(&deadline, K_MSEC(delayMs), K_NO_WAIT);
	else
		k_timer_stop(&deadline);
}

#define RETAINED DT_NODE_EXISTS(DT_NODELABEL(retainedmem0))
#if RETAINED
static const struct device *const retained = DEVICE_DT_GET(DT_NODELABEL(retainedmem0));
#endif

void xs_dormouse_retained_size(xsMachine *the)
{
	int size = 0;
#if RETAINED
	ssize_t there = device_is_ready(retained) ? retained_mem_size(retained) : 0;
	size = (there > 0) ? (int)there : 0;
#endif
	xsmcSetInteger(xsResult, size);
}

void xs_dormouse_retained_read(xsMachine *the)
{
	void *bytes;
	xsUnsignedValue size;
	off_t offset = xsmcToInteger(xsArg(0));
	xsmcGetBufferWritable(xsArg(1), &bytes, &size);
#if RETAINED
	if (!retained_mem_read(retained, offset, bytes, size))
		return;
#endif
	(void)offset;
	xsUnknownError("retained memory: not read");
}

void xs_dormouse_retained_write(xsMachine *the)
{
	void *bytes;
	xsUnsignedValue size;
	off_t offset = xsmcToInteger(xsArg(0));
	xsmcGetBufferReadable(xsArg(1), &bytes, &size);
#if RETAINED
	if (!retained_mem_write(retained, offset, bytes, size))
		return;
#endif
	(void)offset;
	xsUnknownError("retained memory: not written");
}

/*
 * A fault of the processor or an assertion of Zephyr. There is no machine to ask any more: leaves the note that a boot
 * reads as a crash (hosts/chips/noted-memory.ts: magic, kind 2, no time, sum; big-endian) and restarts.
 */
void k_sys_fatal_error_handler(unsigned int reason, const struct arch_esf *frame)
{
	ARG_UNUSED(reason);
	ARG_UNUSED(frame);
#if RETAINED
	static const uint8_t note[16] = {
		0x44, 0x6f, 0x52, 0x4d, 0, 0, 0, 2, 0, 0, 0, 0, 0x44, 0x6f, 0x52, 0x4d ^ 62
	};
	(void)retained_mem_write(retained, 0, note, sizeof(note));
#endif
	sys_reboot(SYS_REBOOT_COLD);
}

/* Hundredths of a degree, so that XS needs no floating point for it. */
void xs_dormouse_temperature(xsMachine *the)
{
	int32_t centi = -100000;
#if DT_NODE_EXISTS(DT_ALIAS(die_temp0))
	static const struct device *const sensor = DEVICE_DT_GET(DT_ALIAS(die_temp0));
	struct sensor_value value;
	if (device_is_ready(sensor) && !sensor_sample_fetch(sensor) &&
		!sensor_channel_get(sensor, SENSOR_CHAN_DIE_TEMP, &value))
		centi = (value.val1 * 100) + (value.val2 / 10000);
#endif
	xsmcSetInteger(xsResult, centi);
}
