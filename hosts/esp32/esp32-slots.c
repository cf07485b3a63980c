/*
 * The two OTA partitions, and what ESP-IDF's boot loader thinks of them (rollback). What follows from that is said in
 * slots.ts; here is only what has to be C.
 */
#include "xsmc.h"
#include "mc.xs.h"
#include "mc.defines.h"

#include "esp32-ota.h"

#include "esp_image_format.h"
#include "esp_ota_ops.h"
#include "esp_partition.h"
#include "hal/wdt_hal.h"
#include "soc/rtc.h"
#include "esp_private/esp_clk.h"

#include <string.h>

/* What the manifest's "defines": {"dormouse": {…}} say; without spaces or commas, as they come as tokens. */
#ifndef MODDEF_DORMOUSE_NAME
#define MODDEF_DORMOUSE_NAME dormouse
#endif
#ifndef MODDEF_DORMOUSE_VERSION
#define MODDEF_DORMOUSE_VERSION 0.0.0
#endif
#ifndef MODDEF_DORMOUSE_SECURITYCOUNTER
#define MODDEF_DORMOUSE_SECURITYCOUNTER 0
#endif
#define TEXT_OF(TOKENS) #TOKENS
#define TEXT(TOKENS) TEXT_OF(TOKENS)

/*
 * Our description. ESP-IDF's linker script puts this section right behind its own description, so that it lies at a
 * fixed place of each image: 288 bytes from its start. image-header.ts reads it.
 */
typedef struct {
	uint32_t magic;
	uint32_t securityCounter;
	char name[32];
	char version[32];
} ImageDescription;

const __attribute__((section(".rodata_custom_desc"))) ImageDescription dormouseDescription = {
	.magic = 0x524d5244, /* "DRMR" */
	.securityCounter = MODDEF_DORMOUSE_SECURITYCOUNTER,
	.name = TEXT(MODDEF_DORMOUSE_NAME),
	.version = TEXT(MODDEF_DORMOUSE_VERSION)
};

static const esp_partition_t *slot(int which)
{
	esp_partition_subtype_t subtype = (esp_partition_subtype_t)(ESP_PARTITION_SUBTYPE_APP_OTA_MIN + which);
	return (which == 0) || (which == 1) ? esp_partition_find_first(ESP_PARTITION_TYPE_APP, subtype, NULL) : NULL;
}

static int runningSlot(void)
{
	const esp_partition_t *running = esp_ota_get_running_partition();
	return running ? (int)running->subtype - ESP_PARTITION_SUBTYPE_APP_OTA_MIN : -1;
}

static const esp_partition_t *slotOf(xsMachine *the, int index)
{
	const esp_partition_t *found = slot((int)xsmcToInteger(xsArg(index)));
	if (!found)
		xsRangeError("no such slot");
	return found;
}

/* The one that does not run, or none at all. */
static const esp_partition_t *other(xsMachine *the)
{
	const esp_partition_t *found = slot(1 - runningSlot());
	if (!found)
		xsUnknownError("no other slot");
	return found;
}

static void checked(xsMachine *the, esp_err_t error)
{
	if (error != ESP_OK)
		xsUnknownError("slots: %d", (int)error);
}

/* Keeps dormouseDescription in the image. @returns 0 or 1, -1 without two OTA partitions */
void xs_dormouse_esp_slot_running(xsMachine *the)
{
	int running = runningSlot();
	int hasBoth = slot(0) && slot(1) && (*(const volatile uint32_t *)&dormouseDescription.magic != 0);
	xsmcSetInteger(xsResult, hasBoth && ((running == 0) || (running == 1)) ? running : -1);
}

void xs_dormouse_esp_slot_adopt(xsMachine *the)
{
	checked(the, otaAdopt());
}

/* (slot) => esp_ota_img_states_t; -1: undefined; -2: the boot loader knows nothing of it */
void xs_dormouse_esp_slot_state(xsMachine *the)
{
	esp_ota_img_states_t state;
	esp_err_t error = esp_ota_get_state_partition(slotOf(the, 0), &state);
	xsmcSetInteger(xsResult, error != ESP_OK ? -2 : state == ESP_OTA_IMG_UNDEFINED ? -1 : (xsIntegerValue)state);
}

void xs_dormouse_esp_slot_size(xsMachine *the)
{
	xsmcSetInteger(xsResult, (xsIntegerValue)other(the)->size);
}

/* (slot, offset, into) */
void xs_dormouse_esp_slot_read(xsMachine *the)
{
	const esp_partition_t *from = slotOf(the, 0);
	xsIntegerValue offset = xsmcToInteger(xsArg(1));
	void *into;
	xsUnsignedValue size;
	if (offset < 0)
		xsRangeError("no such offset");
	xsmcGetBufferWritable(xsArg(2), &into, &size);
	checked(the, esp_partition_read(from, (size_t)offset, into, size));
}

/* (offset, size) of the other slot: from now on it is not started any more, whatever it was */
void xs_dormouse_esp_slot_erase(xsMachine *the)
{
	const esp_partition_t *of = other(the);
	xsIntegerValue offset = xsmcToInteger(xsArg(0));
	xsIntegerValue size = xsmcToInteger(xsArg(1));
	if ((offset < 0) || (size < 0))
		xsRangeError("no such offset");
	checked(the, otaForget(of));
	checked(the, esp_partition_erase_range(of, (size_t)offset, (size_t)size));
}

/* (offset, bytes) of the other slot */
void xs_dormouse_esp_slot_write(xsMachine *the)
{
	const esp_partition_t *to = other(the);
	xsIntegerValue offset = xsmcToInteger(xsArg(0));
	void *bytes;
	xsUnsignedValue size;
	if (offset < 0)
		xsRangeError("no such offset");
	xsmcGetBufferReadable(xsArg(1), &bytes, &size);
	checked(the, esp_partition_write(to, (size_t)offset, bytes, size));
}

/*
 * Checks the other slot as the boot loader does: segments, checksum, SHA-256, and the signature where the image is
 * built with one. Takes about a second for a megabyte. @returns 0: good, 1: no image, or damaged, 2: signature
 */
void xs_dormouse_esp_slot_verify(xsMachine *the)
{
	static esp_image_metadata_t found;
	const esp_partition_t *of = other(the);
	esp_partition_pos_t place = { .offset = of->address, .size = of->size };
	int verdict = 0;
	memset(&found, 0, sizeof(found));
	found.start_addr = of->address;
	if (esp_image_verify(ESP_IMAGE_VERIFY_SILENT, &place, &found) != ESP_OK) {
		uint8_t hash[32];
		/* The hash at the end of an image is compared by this, too; the signature is not. */
		verdict = esp_partition_get_sha256(of, hash) == ESP_OK ? 2 : 1;
	}
	xsmcSetInteger(xsResult, verdict);
}

/* The other slot is started on trial at the next boot. */
void xs_dormouse_esp_slot_pend(xsMachine *the)
{
	checked(the, esp_ota_set_boot_partition(other(the)));
}

void xs_dormouse_esp_slot_confirm(xsMachine *the)
{
	checked(the, esp_ota_mark_app_valid_cancel_rollback());
}

/* What runs is not started any more. The restart is the caller's. */
void xs_dormouse_esp_slot_refuse(xsMachine *the)
{
	checked(the, esp_ota_mark_app_invalid_rollback());
}

/*
 * The RTC's watchdog, which the boot loader leaves off: nothing feeds it. (ms): 0 ends it. A trial that nobody confirms
 * ends with it, however well the program seems to run.
 */
void xs_dormouse_esp_slot_deadline(xsMachine *the)
{
	wdt_hal_context_t watchdog = RWDT_HAL_CONTEXT_DEFAULT();
	xsNumberValue ms = xsmcToNumber(xsArg(0));
	wdt_hal_write_protect_disable(&watchdog);
	if (ms > 0) {
		uint32_t ticks = (uint32_t)(ms * ((double)rtc_clk_slow_freq_get_hz() / 1000.0));
		wdt_hal_config_stage(&watchdog, WDT_STAGE0, ticks, WDT_STAGE_ACTION_RESET_SYSTEM);
		wdt_hal_feed(&watchdog);
		wdt_hal_enable(&watchdog);
	} else
		wdt_hal_disable(&watchdog);
	wdt_hal_write_protect_enable(&watchdog);
}
