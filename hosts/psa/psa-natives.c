/*
 * The natives of psa-natives.ts: arguments of XS to crypto-core.c and back. What the program did wrong (a key that is
 * none, a stretch that is not there) is a RangeError, a failure of PSA an Error.
 */
#include "xsmc.h"
#include "mc.xs.h"

#include "crypto-core.h"

#include <string.h>

#if DORMOUSE_HAS_PSA

typedef struct {
	uint8_t *bytes;
	xsUnsignedValue size;
} Stretch;

enum { secretKey = 1, aesKey, p256Key };

/* All of a buffer. It moves when XS allocates: take numbers first. */
static Stretch whole(xsMachine *the, int index, int isWritten)
{
	Stretch stretch;
	void *bytes;
	if (isWritten)
		xsmcGetBufferWritable(xsArg(index), &bytes, &stretch.size);
	else
		xsmcGetBufferReadable(xsArg(index), &bytes, &stretch.size);
	stretch.bytes = bytes;
	return stretch;
}

static Stretch exactly(xsMachine *the, int index, xsUnsignedValue size, int isWritten)
{
	Stretch stretch = whole(the, index, isWritten);
	if (stretch.size != size)
		xsRangeError("%d bytes expected", (int)size);
	return stretch;
}

/* bytes, at and end in three arguments from `index` on */
static Stretch part(xsMachine *the, int index, int isWritten)
{
	xsIntegerValue at = xsmcToInteger(xsArg(index + 1));
	xsIntegerValue end = xsmcToInteger(xsArg(index + 2));
	Stretch stretch = whole(the, index, isWritten);
	if ((at < 0) || (end < at) || ((xsUnsignedValue)end > stretch.size))
		xsRangeError("no such bytes");
	stretch.bytes += at;
	stretch.size = (xsUnsignedValue)(end - at);
	return stretch;
}

/* What the core said, if that is no bug and no failure. */
static int checked(xsMachine *the, int answer)
{
	if (answer == coreNoKey)
		xsRangeError("no such key");
	if (answer == coreFailed)
		xsUnknownError("PSA failed");
	return answer;
}

/* () => boolean: whether there is a PSA that works */
void xs_dormouse_psa_begin(xsMachine *the)
{
	xsmcSetBoolean(xsResult, coreBegin() == 0);
}

/* (kind, bytes) => handle, 0, -1 */
void xs_dormouse_psa_import(xsMachine *the)
{
	int kind = (int)xsmcToInteger(xsArg(0));
	Stretch from = whole(the, 1, 0);
	int32_t answer = coreRefused;
	if (kind == p256Key)
		answer = coreImportPrivate(from.bytes, from.size);
	else if (kind == secretKey)
		answer = coreImportSecret(from.bytes, from.size);
	else if ((kind == aesKey) && (from.size == 16))
		answer = coreImportAes(from.bytes);
	xsmcSetInteger(xsResult, checked(the, answer));
}

/* () => handle, 0 */
void xs_dormouse_psa_generate(xsMachine *the)
{
	xsmcSetInteger(xsResult, checked(the, coreGenerate()));
}

/* (id) => handle, 0, -1 */
void xs_dormouse_psa_use(xsMachine *the)
{
	xsmcSetInteger(xsResult, checked(the, coreUsePsk((uint32_t)xsmcToNumber(xsArg(0)))));
}

void xs_dormouse_psa_release(xsMachine *the)
{
	checked(the, coreRelease(xsmcToInteger(xsArg(0))));
}

/* (key, 64 bytes) => size, -1 */
void xs_dormouse_psa_export(xsMachine *the)
{
	int32_t key = xsmcToInteger(xsArg(0));
	Stretch into = exactly(the, 1, coreLongestSecret, 1);
	xsmcSetInteger(xsResult, checked(the, coreExport(key, into.bytes)));
}

void xs_dormouse_psa_point(xsMachine *the)
{
	int32_t key = xsmcToInteger(xsArg(0));
	Stretch into = exactly(the, 1, corePointSize, 1);
	checked(the, corePublicPoint(key, into.bytes));
}

/* (key, point) => handle, 0, -1 */
void xs_dormouse_psa_agree(xsMachine *the)
{
	int32_t key = xsmcToInteger(xsArg(0));
	Stretch point = whole(the, 1, 0);
	xsmcSetInteger(xsResult, checked(the, coreAgree(key, point.bytes, point.size)));
}

void xs_dormouse_psa_sign(xsMachine *the)
{
	int32_t key = xsmcToInteger(xsArg(0));
	Stretch hash = exactly(the, 1, coreHashSize, 0);
	Stretch into = exactly(the, 2, coreSignatureSize, 1);
	checked(the, coreSign(key, hash.bytes, into.bytes));
}

void xs_dormouse_psa_verify(xsMachine *the)
{
	Stretch point = whole(the, 0, 0);
	Stretch hash = whole(the, 1, 0);
	Stretch signature = whole(the, 2, 0);
	int answer = coreVerify(point.bytes, point.size, hash.bytes, hash.size, signature.bytes, signature.size);
	xsmcSetBoolean(xsResult, answer == 1);
}

/* (key, bytes, at, end, into) */
void xs_dormouse_psa_hmac(xsMachine *the)
{
	int32_t key = xsmcToInteger(xsArg(0));
	Stretch bytes = part(the, 1, 0);
	Stretch into = exactly(the, 4, coreHashSize, 1);
	checked(the, coreHmac(key, bytes.bytes, bytes.size, into.bytes));
}

/* (key, labelAndSeed, into) */
void xs_dormouse_psa_prf(xsMachine *the)
{
	int32_t key = xsmcToInteger(xsArg(0));
	Stretch seed = whole(the, 1, 0);
	Stretch into = whole(the, 2, 1);
	checked(the, corePrf(key, seed.bytes, seed.size, into.bytes, into.size));
}

/* (key, isPsk, labelAndSeed) => handle, 0 */
void xs_dormouse_psa_master(xsMachine *the)
{
	int32_t key = xsmcToInteger(xsArg(0));
	int isPsk = (int)xsmcToInteger(xsArg(1));
	Stretch seed = whole(the, 2, 0);
	xsmcSetInteger(xsResult, checked(the, coreMaster(key, isPsk, seed.bytes, seed.size)));
}

typedef int (*Aead)(int, int32_t, const uint8_t *, const uint8_t *, size_t, const uint8_t *, size_t, uint8_t *, size_t);

/* (aead, key, nonce, aad, bytes, at, end, into, intoAt) => size, -1 */
static void runAead(xsMachine *the, Aead run)
{
	int aead = (int)xsmcToInteger(xsArg(0));
	int32_t key = xsmcToInteger(xsArg(1));
	xsIntegerValue intoAt = xsmcToInteger(xsArg(8));
	Stretch nonce = exactly(the, 2, 12, 0);
	Stretch aad = whole(the, 3, 0);
	Stretch from = part(the, 4, 0);
	Stretch into = whole(the, 7, 1);
	if ((intoAt < 0) || ((xsUnsignedValue)intoAt > into.size))
		xsRangeError("no such bytes");
	xsmcSetInteger(xsResult, checked(the, (*run)(aead, key, nonce.bytes, aad.bytes, aad.size, from.bytes, from.size,
		into.bytes + intoAt, into.size - (xsUnsignedValue)intoAt)));
}

void xs_dormouse_psa_seal(xsMachine *the)
{
	runAead(the, coreSeal);
}

void xs_dormouse_psa_open(xsMachine *the)
{
	runAead(the, coreOpen);
}

/* (isDecrypt, key, iv, bytes, at, end) */
void xs_dormouse_psa_cbc(xsMachine *the)
{
	int isDecrypt = (int)xsmcToInteger(xsArg(0));
	int32_t key = xsmcToInteger(xsArg(1));
	Stretch iv = exactly(the, 2, 16, 0);
	Stretch bytes = part(the, 3, 1);
	if (bytes.size % 16)
		xsRangeError("CBC takes whole blocks");
	checked(the, coreCbc(isDecrypt, key, iv.bytes, bytes.bytes, bytes.size));
}

void xs_dormouse_psa_hash_destructor(void *data)
{
	coreHashEnd(data);
}

void xs_dormouse_psa_hash(xsMachine *the)
{
	CoreHash *hash = coreHashBegin();
	if (!hash)
		xsUnknownError("no room for another hash");
	xsmcSetHostData(xsThis, hash);
}

/* (bytes, at, end) */
void xs_dormouse_psa_hash_update(xsMachine *the)
{
	CoreHash *hash = xsmcGetHostData(xsThis);
	Stretch bytes = part(the, 0, 0);
	checked(the, coreHashUpdate(hash, bytes.bytes, bytes.size));
}

/* (into) */
void xs_dormouse_psa_hash_digest(xsMachine *the)
{
	CoreHash *hash = xsmcGetHostData(xsThis);
	Stretch into = exactly(the, 0, coreHashSize, 1);
	checked(the, coreHashDigest(hash, into.bytes));
}

#else

#pragma message "no <psa/crypto.h> (Debian: libmbedtls-dev): this image computes its cryptography in JavaScript"

void xs_dormouse_psa_begin(xsMachine *the)
{
	xsmcSetBoolean(xsResult, 0);
}

void xs_dormouse_psa_hash_destructor(void *data)
{
}

#define ABSENT(NAME) \
	void xs_dormouse_psa_##NAME(xsMachine *the) \
	{ \
		xsUnknownError("built without PSA"); \
	}

ABSENT(import)
ABSENT(generate)
ABSENT(use)
ABSENT(release)
ABSENT(export)
ABSENT(point)
ABSENT(agree)
ABSENT(sign)
ABSENT(verify)
ABSENT(hmac)
ABSENT(prf)
ABSENT(master)
ABSENT(seal)
ABSENT(open)
ABSENT(cbc)
ABSENT(hash)
ABSENT(hash_update)
ABSENT(hash_digest)

#endif
