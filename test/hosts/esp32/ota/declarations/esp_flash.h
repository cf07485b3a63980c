/* Of the header of this name in ESP-IDF, what esp_ota_ops.c takes: enough for a computer. See ../../ota.test.ts. */
#pragma once
#include "esp_err.h"
#include <stdbool.h>
#include <stdint.h>
typedef struct esp_flash_t esp_flash_t;
extern esp_flash_t *esp_flash_default_chip;
