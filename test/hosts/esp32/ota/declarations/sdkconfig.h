/* Of the header of this name in ESP-IDF, what esp_ota_ops.c takes: enough for a computer. See ../../ota.test.ts. */
#pragma once
#define CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE 1
#define CONFIG_PARTITION_TABLE_OFFSET 0x8000
#define CONFIG_IDF_TARGET_LINUX 1
#define CONFIG_BOOTLOADER_OFFSET_IN_FLASH 0
