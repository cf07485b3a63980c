/* What esp_ota_ops.c names and none of these boots calls. */
#include <stdlib.h>

#define UNUSED(NAME) \
	void NAME(void) \
	{ \
		abort(); \
	}

UNUSED(esp_efuse_is_flash_encryption_enabled)
UNUSED(esp_flash_set_dangerous_write_protection)
UNUSED(esp_image_bootloader_offset_set)
UNUSED(esp_partition_copy)
UNUSED(esp_partition_table_verify)
UNUSED(esp_restart)
