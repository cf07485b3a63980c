/* SHA-256 (FIPS 180-4) over a state that lies with the caller, which node:crypto does not offer. */
#include "shim.h"

static const uint32_t constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};
static const uint32_t initial[8] = {
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

static uint32_t rotated(uint32_t value, int by)
{
	return (value >> by) | (value << (32 - by));
}

static void compress(ShimHash* hash)
{
	uint32_t words[64];
	uint32_t v[8];
	int index;
	for (index = 0; index < 16; index++) {
		const uint8_t* byte = hash->block + 4 * index;
		words[index] = ((uint32_t)byte[0] << 24) | ((uint32_t)byte[1] << 16) | ((uint32_t)byte[2] << 8) | byte[3];
	}
	for (; index < 64; index++) {
		uint32_t early = words[index - 15];
		uint32_t late = words[index - 2];
		words[index] = words[index - 16] + (rotated(early, 7) ^ rotated(early, 18) ^ (early >> 3)) + words[index - 7]
			+ (rotated(late, 17) ^ rotated(late, 19) ^ (late >> 10));
	}
	memcpy(v, hash->state, sizeof(v));
	for (index = 0; index < 64; index++) {
		uint32_t one = v[7] + (rotated(v[4], 6) ^ rotated(v[4], 11) ^ rotated(v[4], 25))
			+ ((v[4] & v[5]) ^ (~v[4] & v[6])) + constants[index] + words[index];
		uint32_t two = (rotated(v[0], 2) ^ rotated(v[0], 13) ^ rotated(v[0], 22))
			+ ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
		memmove(v + 1, v, 7 * sizeof(uint32_t));
		v[4] += one;
		v[0] = one + two;
	}
	for (index = 0; index < 8; index++)
		hash->state[index] += v[index];
}

void shim_hash(ShimHash* hash, const uint8_t* bytes, uint32_t size)
{
	if (hash->size == 0)
		memcpy(hash->state, initial, sizeof(initial));
	while (size > 0) {
		uint32_t at = hash->size % 64;
		uint32_t count = (size < 64 - at) ? size : 64 - at;
		memcpy(hash->block + at, bytes, count);
		hash->size += count;
		bytes += count;
		size -= count;
		if (at + count == 64)
			compress(hash);
	}
}

void shim_endHash(ShimHash* hash, uint8_t* into)
{
	static const uint8_t padding[64] = { 0x80 };
	uint8_t count[8] = { 0 };
	uint32_t size = hash->size;
	int index;
	for (index = 0; index < 4; index++)
		count[7 - index] = (uint8_t)((size << 3) >> (8 * index));
	count[3] = (uint8_t)(size >> 29);
	shim_hash(hash, padding, 1 + (119 - size % 64) % 64);
	shim_hash(hash, count, sizeof(count));
	for (index = 0; index < 32; index++)
		into[index] = (uint8_t)(hash->state[index / 4] >> (24 - 8 * (index % 4)));
}
