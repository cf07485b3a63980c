/* What the accelerator's work counts as: a program on a chip would wait for it. */
#ifndef DORMOUSE_EFFORT_H
#define DORMOUSE_EFFORT_H

#include <stdint.h>

/*
 * What a Cortex-M4 takes for it in software, in computrons: 50 machine instructions each (board/presets.ts). Estimates,
 * not measured: AES and SHA-256 in C at some 80 and 60 instructions for a byte, P-256 at 4.5 million for a multiple of
 * the base point, 12 million for one of another point, 16 million for a verification.
 */
enum {
	perCall = 20,
	perAesBlock = 26,
	perHashBlock = 77,
	perBasePoint = 90000, /* generate, publicPoint, sign */
	perPoint = 240000, /* agree */
	perVerification = 320000,
};

static inline uint32_t hashCost(uint32_t size)
{
	return perHashBlock * (1 + (size + 8) / 64);
}

static inline uint32_t hmacCost(uint32_t size)
{
	return perHashBlock * 3 + hashCost(size);
}

/* CCM runs AES twice over the text, GCM once and a multiplication. */
static inline uint32_t aeadCost(uint32_t aadSize, uint32_t size)
{
	return perCall + perAesBlock * (3 + (aadSize + 17) / 16 + 2 * ((size + 15) / 16));
}

static inline uint32_t prfCost(uint32_t seedSize, uint32_t size)
{
	return perCall + ((size + 31) / 32) * (hmacCost(32) + hmacCost(32 + seedSize));
}

#endif
