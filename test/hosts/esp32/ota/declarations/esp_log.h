/* Of the header of this name in ESP-IDF, what esp_ota_ops.c takes: enough for a computer. See ../../ota.test.ts. */
#pragma once
#define ESP_LOGE(t, ...) ((void)t)
#define ESP_LOGW(t, ...) ((void)t)
#define ESP_LOGI(t, ...) ((void)t)
#define ESP_LOGD(t, ...) ((void)t)
#define ESP_LOGV(t, ...) ((void)t)
