/*
 * What MCUboot has noted in the trailers of its slots, by Zephyr's own calls. What it means is slots.ts's business.
 * Without CONFIG_BOOTLOADER_MCUBOOT, or in a mode that overwrites, runs in place or in RAM, there are no slots.
 */
#include "xsmc.h"
#include "mc.xs.h"
#include "xsHost.h"

#include <errno.h>

#if defined(CONFIG_BOOTLOADER_MCUBOOT) && \
	(defined(CONFIG_MCUBOOT_BOOTLOADER_MODE_SWAP_USING_MOVE) || \
	 defined(CONFIG_MCUBOOT_BOOTLOADER_MODE_SWAP_USING_OFFSET) || \
	 defined(CONFIG_MCUBOOT_BOOTLOADER_MODE_SWAP_SCRATCH) || \
	 defined(CONFIG_MCUBOOT_BOOTLOADER_MODE_SWAP_WITHOUT_SCRATCH))
#define SWAPPING 1
#include <zephyr/dfu/mcuboot.h>
#include <zephyr/drivers/flash.h>
#include <zephyr/storage/flash_map.h>

/*
 * Of bootutil/bootutil_public.h, which is linked (CONFIG_MCUBOOT_BOOTUTIL_LIB) but is not in an application's search
 * path unless its CMake lists say so, and the SDK writes those. The numbers are MCUboot's documented ones.
 */
struct boot_swap_state {
	uint8_t magic;
	uint8_t swap_type;
	uint8_t copy_done;
	uint8_t image_ok;
	uint8_t image_num;
};
int boot_read_swap_state_by_id(int area, struct boot_swap_state *state);
#define BOOT_MAGIC_GOOD 1
#define BOOT_FLAG_SET 1
#else
#define SWAPPING 0
#endif

#if SWAPPING
static int lastSwap(void)
{
	struct boot_swap_state state;
	if (boot_read_swap_state_by_id(DT_FIXED_PARTITION_ID(DT_CHOSEN(zephyr_code_partition)), &state))
		return -EIO;
	/* A swap that is not done yet says nothing; neither does a slot that was flashed by a cable. */
	if ((state.magic != BOOT_MAGIC_GOOD) || (state.copy_done != BOOT_FLAG_SET))
		return BOOT_SWAP_TYPE_NONE;
	return state.swap_type;
}

static int firstSector(void)
{
	struct flash_sector sector;
	uint32_t count = 1;
	int error = flash_area_get_sectors(FIXED_PARTITION_ID(slot1_partition), &count, &sector);
	return ((error == 0) || (error == -ENOMEM)) ? (int)sector.fs_size : -EIO;
}

/* Moving needs a sector of the primary slot to move into; by offset the new image lies behind a sector of its own. */
static int imageFact(int what)
{
	int sector = firstSector();
	bool isOffset = IS_ENABLED(CONFIG_MCUBOOT_BOOTLOADER_MODE_SWAP_USING_OFFSET);
	if (sector < 0)
		return sector;
	if (what == 5)
		return isOffset ? sector : 0;
	return (int)MIN(FIXED_PARTITION_SIZE(slot0_partition), FIXED_PARTITION_SIZE(slot1_partition)) - sector;
}
#endif

void xs_dormouse_boot_fact(xsMachine *the)
{
	int what = xsmcToInteger(xsArg(0));
	int answer = -ENOTSUP;
#if SWAPPING
	switch (what) {
	case 0: answer = 1; break;
	case 1: answer = mcuboot_swap_type(); break;
	case 2: answer = boot_is_img_confirmed() ? 1 : 0; break;
	case 3: answer = lastSwap(); break;
	default: answer = imageFact(what); break;
	}
#else
	if (what == 0)
		answer = 0;
#endif
	xsmcSetInteger(xsResult, answer);
}

void xs_dormouse_boot_mark(xsMachine *the)
{
	int what = xsmcToInteger(xsArg(0));
	int answer = -ENOTSUP;
#if SWAPPING
	answer = (what == 0) ? boot_request_upgrade(BOOT_UPGRADE_TEST) : boot_write_img_confirmed();
	if (answer > 0)
		answer = -EIO; /* numbers of MCUboot itself, not of errno.h */
#else
	(void)what;
#endif
	xsmcSetInteger(xsResult, answer);
}
