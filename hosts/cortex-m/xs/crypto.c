/*
 * The natives of a Crypto port over hosts/psa, in globalThis.board; device/psa-crypto.ts makes the port of them. In a
 * build without mbedTLS there are none. How many instructions C takes is counted, so that a bench can tell them from
 * the interpreter's.
 */
#include "bench.h"

double cryptoInstructions;

#ifdef DORMOUSE_PSA

#include "crypto-core.h"

#define COUNTED(STATEMENT) \
	do { \
		uint32_t began = chip_ticks(); \
		STATEMENT; \
		cryptoInstructions += (double)(chip_ticks() - began) * chipInstructionsPerTick; \
	} while (0)

/* How device/psa-crypto.ts numbers kinds of keys. */
enum { secretKind = 1, aesKind = 2, p256Kind = 3 };

typedef struct {
	uint8_t *bytes;
	txUnsigned size;
} Stretch;

/* A Uint8Array, all of it. It moves at the next allocation in XS: take numbers first. */
static Stretch whole(txMachine *the, txInteger index, txBoolean writable)
{
	Stretch stretch = { NULL, 0 };
	if (mxArgc <= index)
		mxTypeError("argument missing");
	stretch.bytes = shim_bytesOf(the, mxArgv(index), &stretch.size, writable);
	return stretch;
}

static Stretch exactly(txMachine *the, txInteger index, txUnsigned size, txBoolean writable)
{
	Stretch stretch = whole(the, index, writable);
	if (stretch.size != size)
		mxRangeError("%d bytes expected", (int)size);
	return stretch;
}

static txInteger number(txMachine *the, txInteger index)
{
	return (mxArgc > index) ? fxToInteger(the, mxArgv(index)) : 0;
}

/* bytes, at and end in three arguments from `index` on */
static Stretch part(txMachine *the, txInteger index, txBoolean writable)
{
	txInteger at = number(the, index + 1);
	txInteger end = number(the, index + 2);
	Stretch stretch = whole(the, index, writable);
	if ((at < 0) || (end < at) || ((txUnsigned)end > stretch.size))
		mxRangeError("no such bytes");
	stretch.bytes += at;
	stretch.size = (txUnsigned)(end - at);
	return stretch;
}

/* What is below 0 and not to be told to the program is a bug. */
static void answer(txMachine *the, int32_t result)
{
	if (result < coreRefused)
		mxUnknownError("crypto: %d", (int)result);
	fxInteger(the, mxResult, result);
}

/* (kind, bytes) => handle; 0: no room, -1: no such key */
static void keyImport(txMachine *the)
{
	txInteger kind = number(the, 0);
	Stretch from = whole(the, 1, 0);
	int32_t key = coreRefused;
	if (kind == secretKind)
		COUNTED(key = coreImportSecret(from.bytes, from.size));
	else if ((kind == aesKind) && (from.size == 16))
		COUNTED(key = coreImportAes(from.bytes));
	else if (kind == p256Kind)
		COUNTED(key = coreImportPrivate(from.bytes, from.size));
	answer(the, key);
}

static void keyGenerate(txMachine *the)
{
	int32_t key;
	COUNTED(key = coreGenerate());
	answer(the, key);
}

static void keyRelease(txMachine *the)
{
	int32_t key = number(the, 0);
	COUNTED(answer(the, coreRelease(key)));
}

/* (key, into) => size, -1 when it is not to be read */
static void keyExport(txMachine *the)
{
	int32_t key = number(the, 0);
	Stretch into = exactly(the, 1, coreLongestSecret, 1);
	answer(the, coreExport(key, into.bytes));
}

static void publicPoint(txMachine *the)
{
	int32_t key = number(the, 0);
	Stretch into = exactly(the, 1, corePointSize, 1);
	int result;
	COUNTED(result = corePublicPoint(key, into.bytes));
	answer(the, result);
}

/* (key, point) => handle; 0: no room, -1: no point */
static void agree(txMachine *the)
{
	int32_t key = number(the, 0);
	Stretch point = whole(the, 1, 0);
	int32_t shared;
	COUNTED(shared = coreAgree(key, point.bytes, point.size));
	answer(the, shared);
}

static void sign(txMachine *the)
{
	int32_t key = number(the, 0);
	Stretch hash = exactly(the, 1, coreHashSize, 0);
	Stretch into = exactly(the, 2, coreSignatureSize, 1);
	int result;
	COUNTED(result = coreSign(key, hash.bytes, into.bytes));
	answer(the, result);
}

/* (point, hash, signature) => boolean */
static void verify(txMachine *the)
{
	Stretch point = whole(the, 0, 0);
	Stretch hash = whole(the, 1, 0);
	Stretch signature = whole(the, 2, 0);
	int result;
	COUNTED(result = coreVerify(point.bytes, point.size, hash.bytes, hash.size, signature.bytes, signature.size));
	fxBoolean(the, mxResult, result ? 1 : 0);
}

/* (key, bytes, at, end, into) */
static void hmac(txMachine *the)
{
	int32_t key = number(the, 0);
	Stretch bytes = part(the, 1, 0);
	Stretch into = exactly(the, 4, coreHashSize, 1);
	int result;
	COUNTED(result = coreHmac(key, bytes.bytes, bytes.size, into.bytes));
	answer(the, result);
}

/* (key, labelAndSeed, into) */
static void prf(txMachine *the)
{
	int32_t key = number(the, 0);
	Stretch seed = whole(the, 1, 0);
	Stretch into = whole(the, 2, 1);
	int result;
	COUNTED(result = corePrf(key, seed.bytes, seed.size, into.bytes, into.size));
	answer(the, result);
}

/* (key, isPsk, labelAndSeed) => handle; 0: no room */
static void masterSecret(txMachine *the)
{
	int32_t key = number(the, 0);
	int isPsk = number(the, 1);
	Stretch seed = whole(the, 2, 0);
	int32_t master;
	COUNTED(master = coreMaster(key, isPsk, seed.bytes, seed.size));
	answer(the, master);
}

/* (aead, key, nonce, aad, bytes, at, end, into, intoAt) => size, or -1 */
static void aead(txMachine *the, int isOpen)
{
	int which = number(the, 0);
	int32_t key = number(the, 1);
	txInteger intoAt = number(the, 8);
	Stretch nonce = exactly(the, 2, 12, 0);
	Stretch aad = whole(the, 3, 0);
	Stretch from = part(the, 4, 0);
	Stretch into = whole(the, 7, 1);
	int size;
	if ((intoAt < 0) || ((txUnsigned)intoAt > into.size))
		mxRangeError("no such bytes");
	into.bytes += intoAt;
	into.size -= (txUnsigned)intoAt;
	COUNTED(size = isOpen
		? coreOpen(which, key, nonce.bytes, aad.bytes, aad.size, from.bytes, from.size, into.bytes, into.size)
		: coreSeal(which, key, nonce.bytes, aad.bytes, aad.size, from.bytes, from.size, into.bytes, into.size));
	answer(the, size);
}

static void seal(txMachine *the)
{
	aead(the, 0);
}

static void openSealed(txMachine *the)
{
	aead(the, 1);
}

/* (isDecrypt, key, iv, bytes, at, end) */
static void cbc(txMachine *the)
{
	int isDecrypt = number(the, 0);
	int32_t key = number(the, 1);
	Stretch iv = exactly(the, 2, 16, 0);
	Stretch bytes = part(the, 3, 1);
	int result;
	COUNTED(result = coreCbc(isDecrypt, key, iv.bytes, bytes.bytes, bytes.size));
	answer(the, result);
}

/* --- SHA-256: a run is a host object, and ends when it is collected --- */

static void endHash(void *data)
{
	coreHashEnd(data);
}

static void hashBegin(txMachine *the)
{
	CoreHash *hash;
	COUNTED(hash = coreHashBegin());
	if (!hash)
		mxUnknownError("no room for another hash");
	fxNewHostObject(the, endHash);
	fxSetHostData(the, the->stack, hash);
	mxPullSlot(mxResult);
}

/* (hash, bytes, at, end) */
static void hashUpdate(txMachine *the)
{
	CoreHash *hash = fxGetHostData(the, mxArgv(0));
	Stretch bytes = part(the, 1, 0);
	COUNTED(answer(the, coreHashUpdate(hash, bytes.bytes, bytes.size)));
}

/* (hash, into) */
static void hashDigest(txMachine *the)
{
	CoreHash *hash = fxGetHostData(the, mxArgv(0));
	Stretch into = exactly(the, 1, coreHashSize, 1);
	COUNTED(answer(the, coreHashDigest(hash, into.bytes)));
}

static const ShimNative cryptoNatives[] = {
	{ "keyImport", keyImport, 2 },
	{ "keyGenerate", keyGenerate, 0 },
	{ "keyRelease", keyRelease, 1 },
	{ "keyExport", keyExport, 2 },
	{ "publicPoint", publicPoint, 2 },
	{ "agree", agree, 2 },
	{ "sign", sign, 3 },
	{ "verify", verify, 3 },
	{ "hmac", hmac, 5 },
	{ "prf", prf, 3 },
	{ "masterSecret", masterSecret, 3 },
	{ "seal", seal, 9 },
	{ "open", openSealed, 9 },
	{ "cbc", cbc, 6 },
	{ "hashBegin", hashBegin, 0 },
	{ "hashUpdate", hashUpdate, 4 },
	{ "hashDigest", hashDigest, 2 },
};

/* mbedTLS draws here (MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG): the bench's numbers, the same in every run. No source of keys. */
extern void board_fillEntropy(void *bytes, int size);

int mbedtls_psa_external_get_random(void *context, uint8_t *into, size_t room, size_t *size);
int mbedtls_psa_external_get_random(void *context, uint8_t *into, size_t room, size_t *size)
{
	(void)context;
	board_fillEntropy(into, (int)room);
	*size = room;
	return 0;
}

#endif

void shim_defineCrypto(txMachine *the, txSlot *board)
{
	bench_defineNatives(the, board);
#ifdef DORMOUSE_PSA
	if (coreBegin())
		shim_fail(XS_FATAL_CHECK_EXIT);
	shim_defineNatives(the, board, cryptoNatives, sizeof(cryptoNatives) / sizeof(cryptoNatives[0]));
#endif
}
