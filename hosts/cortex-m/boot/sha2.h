/* SHA-256 is the shim's (hosts/simulator/engine/shim/sha256.c); SHA-512 (FIPS 180-4) is here, for Ed25519. */
#ifndef DORMOUSE_SHA2_H
#define DORMOUSE_SHA2_H

#include "shim.h"

typedef struct {
	const uint8_t *bytes;
	uint32_t size;
} Piece;

/* SHA-512 of pieces, one behind the other. @param into 64 bytes */
void sha512(const Piece *pieces, int count, uint8_t *into);

#endif
