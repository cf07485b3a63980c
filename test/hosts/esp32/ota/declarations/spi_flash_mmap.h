/* Of the header of this name in ESP-IDF, what esp_ota_ops.c takes: enough for a computer. See ../../ota.test.ts. */
#pragma once
#define SPI_FLASH_SEC_SIZE 4096
#include <stddef.h>
#define SPI_FLASH_CACHE2PHYS_FAIL 0xffffffffU
size_t spi_flash_cache2phys(const void *p);
