/* What the slots ask of ESP-IDF's account of them (otadata) in more than one call. Nothing of XS in it. */
#ifndef ESP32_OTA_H
#define ESP32_OTA_H

#include "esp_err.h"
#include "esp_partition.h"

/*
 * What runs was put here by cable, and the boot loader keeps no account of it: makes one, that it is good. Without it
 * ESP-IDF sees nothing to go back to from the first update.
 */
esp_err_t otaAdopt(void);
/* The other slot is not started any more, whatever it was, and if it was to be started next. */
esp_err_t otaForget(const esp_partition_t *other);

#endif
