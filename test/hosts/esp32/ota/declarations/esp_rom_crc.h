/* Of the header of this name in ESP-IDF, what esp_ota_ops.c takes: enough for a computer. See ../../ota.test.ts. */
#pragma once
