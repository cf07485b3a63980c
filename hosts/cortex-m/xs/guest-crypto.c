/* The simulated board's accelerator (hosts/simulator/engine/shim/crypto.c), asked of the computer. */
#include "guest.h"

enum { scalarSize = 32, hashSize = 32, pointSize = 65, signatureSize = 64, keySize = 16, nonceSize = 12 };

static double ask(int what, const GuestPart *parts, int count, void *into, int capacity)
{
	int size;
	return guest_call(what, 0, 0, parts, count, into, capacity, &size);
}

int board_hasAccelerator(void)
{
	return (int)ask(askHasAccelerator, 0, 0, 0, 0);
}

int board_isScalar(const void *bytes, int size)
{
	GuestPart part = { bytes, size };
	return (int)ask(askIsScalar, &part, 1, 0, 0);
}

void board_drawScalar(void *into)
{
	ask(askDrawScalar, 0, 0, into, scalarSize);
}

void board_pointOf(const void *scalar, void *into)
{
	GuestPart part = { scalar, scalarSize };
	ask(askPointOf, &part, 1, into, pointSize);
}

int board_sharedX(const void *scalar, const void *point, int size, void *into)
{
	GuestPart parts[2] = { { scalar, scalarSize }, { point, size } };
	return (int)ask(askSharedX, parts, 2, into, scalarSize);
}

void board_sign(const void *scalar, const void *hash, void *into)
{
	GuestPart parts[2] = { { scalar, scalarSize }, { hash, hashSize } };
	ask(askSign, parts, 2, into, signatureSize);
}

int board_isSignature(const void *point, int size, const void *hash, int hashBytes, const void *signature, int signatureBytes)
{
	GuestPart parts[3] = { { point, size }, { hash, hashBytes }, { signature, signatureBytes } };
	return (int)ask(askIsSignature, parts, 3, 0, 0);
}

void board_hmac(const void *secret, int size, const void *bytes, int bytesSize, void *into)
{
	GuestPart parts[2] = { { secret, size }, { bytes, bytesSize } };
	ask(askHmac, parts, 2, into, hashSize);
}

void board_prf(const void *secret, int size, const void *seed, int seedSize, void *into, int intoSize)
{
	GuestPart parts[2] = { { secret, size }, { seed, seedSize } };
	ask(askPrf, parts, 2, into, intoSize);
}

static int aead(int what, int kind, const void *key, const void *nonce, const GuestPart *aad, const GuestPart *bytes,
	void *into, int capacity)
{
	double number = kind;
	GuestPart parts[4] = { { key, keySize }, { nonce, nonceSize }, *aad, *bytes };
	int size;
	return (int)guest_call(what, &number, 1, parts, 4, into, capacity, &size);
}

void board_seal(int kind, const void *key, const void *nonce, const void *aad, int aadSize, const void *plain, int size,
	void *into)
{
	GuestPart aadPart = { aad, aadSize }, part = { plain, size };
	aead(askSeal, kind, key, nonce, &aadPart, &part, into, size + 16);
}

int board_open(int kind, const void *key, const void *nonce, const void *aad, int aadSize, const void *sealed, int size,
	void *into)
{
	GuestPart aadPart = { aad, aadSize }, part = { sealed, size };
	return aead(askOpen, kind, key, nonce, &aadPart, &part, into, size);
}

void board_cbc(int isDecrypt, const void *key, const void *iv, void *bytes, int size)
{
	double number = isDecrypt;
	GuestPart parts[3] = { { key, keySize }, { iv, keySize }, { bytes, size } };
	int count;
	guest_call(askCbc, &number, 1, parts, 3, bytes, size, &count);
}
