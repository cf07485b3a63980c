/* Of the header of this name in ESP-IDF, what esp_ota_ops.c takes: enough for a computer. See ../../ota.test.ts. */
#pragma once
#define NOINLINE_ATTR __attribute__((noinline))
#define IRAM_ATTR
#define FORCE_INLINE_ATTR static inline
#define WORD_ALIGNED_ATTR __attribute__((aligned(4)))
