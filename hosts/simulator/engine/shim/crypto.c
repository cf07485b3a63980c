/*
 * The board's crypto accelerator, in globalThis.board beside natives.c: hosts/simulator/device/crypto.ts makes the
 * port of it. The keys lie here, out of the program's reach, and the board computes; so a snapshot of memory holds
 * them, and a reset forgets them. Whoever breaks a rule (a released key, a stretch that is not there) gets an
 * exception.
 */
#include "effort.h"
#include "shim.h"

FROM_BOARD(hasAccelerator) int board_hasAccelerator(void);
FROM_BOARD(isScalar) int board_isScalar(const void* bytes, int size);
FROM_BOARD(drawScalar) void board_drawScalar(void* into);
FROM_BOARD(pointOf) void board_pointOf(const void* scalar, void* into);
FROM_BOARD(sharedX) int board_sharedX(const void* scalar, const void* point, int size, void* into);
FROM_BOARD(sign) void board_sign(const void* scalar, const void* hash, void* into);
FROM_BOARD(isSignature) int board_isSignature(const void* point, int size, const void* hash, int hashSize,
	const void* signature, int signatureSize);
FROM_BOARD(hmac) void board_hmac(const void* secret, int size, const void* bytes, int bytesSize, void* into);
FROM_BOARD(prf) void board_prf(const void* secret, int size, const void* seed, int seedSize, void* into, int intoSize);
FROM_BOARD(seal) void board_seal(int aead, const void* key, const void* nonce, const void* aad, int aadSize,
	const void* plain, int size, void* into);
FROM_BOARD(open) int board_open(int aead, const void* key, const void* nonce, const void* aad, int aadSize,
	const void* sealed, int size, void* into);
FROM_BOARD(cbc) void board_cbc(int isDecrypt, const void* key, const void* iv, void* bytes, int size);

enum { noKey, secretKey, aesKey, p256Key };
enum { mostKeys = 64, longestSecret = 64, blockSize = 16, nonceSize = 12, hashSize = 32, pointSize = 65 };
enum { noRoom = 0, refused = -1 };

typedef struct {
	uint32_t uses; /* so that a released key's number is never another's */
	uint8_t kind;
	uint8_t size;
	uint8_t bytes[longestSecret];
} Key;

static Key keys[mostKeys];

/* --- arguments --- */

typedef struct {
	uint8_t* bytes;
	uint32_t size;
} Stretch;

/* A Uint8Array or an ArrayBuffer, all of it. It moves at the next allocation: take numbers first. */
static Stretch whole(txMachine* the, txInteger index, txBoolean writable)
{
	Stretch stretch = { NULL, 0 };
	if (mxArgc <= index)
		mxTypeError("argument missing");
	stretch.bytes = shim_bytesOf(the, mxArgv(index), &stretch.size, writable);
	return stretch;
}

static Stretch exactly(txMachine* the, txInteger index, uint32_t size, txBoolean writable)
{
	Stretch stretch = whole(the, index, writable);
	if (stretch.size != size)
		mxRangeError("%d bytes expected", (int)size);
	return stretch;
}

static txInteger number(txMachine* the, txInteger index)
{
	return (mxArgc > index) ? fxToInteger(the, mxArgv(index)) : 0;
}

/* bytes, at and end in three arguments from `index` on */
static Stretch part(txMachine* the, txInteger index, txBoolean writable)
{
	txInteger at = number(the, index + 1);
	txInteger end = number(the, index + 2);
	Stretch stretch = whole(the, index, writable);
	if ((at < 0) || (end < at) || ((uint32_t)end > stretch.size))
		mxRangeError("no such bytes");
	stretch.bytes += at;
	stretch.size = (uint32_t)(end - at);
	return stretch;
}

/* --- keys --- */

static Key* anyKey(txMachine* the, txInteger index)
{
	uint32_t handle = (uint32_t)number(the, index);
	Key* key = &keys[handle % mostKeys];
	if ((key->kind == noKey) || (key->uses != handle / mostKeys))
		mxRangeError("no such key");
	return key;
}

static Key* keyOf(txMachine* the, txInteger index, uint8_t kind)
{
	Key* key = anyKey(the, index);
	if (key->kind != kind)
		mxRangeError("a key for something else");
	return key;
}

static Key* freeKey(void)
{
	int index;
	for (index = 0; index < mostKeys; index++)
		if (keys[index].kind == noKey)
			return &keys[index];
	return NULL;
}

/* Makes a free entry a key. Its bytes are there already, or come next. @returns its handle */
static txInteger take(Key* key, uint8_t kind, uint8_t size)
{
	key->uses = (key->uses % 0xffffff) + 1;
	key->kind = kind;
	key->size = size;
	return (txInteger)(key->uses * mostKeys + (uint32_t)(key - keys));
}

/* (kind, bytes) => handle; 0: no room, -1: no such key */
static void keyImport(txMachine* the)
{
	txInteger kind = number(the, 0);
	Stretch from = whole(the, 1, 0);
	Key* key = freeKey();
	txInteger handle = noRoom;
	if ((kind == p256Key) ? !board_isScalar(from.bytes, (int)from.size) : (from.size > longestSecret))
		handle = refused;
	else if ((kind < secretKey) || (kind > p256Key) || ((kind == aesKey) && (from.size != blockSize)))
		handle = refused;
	else if (key) {
		memcpy(key->bytes, from.bytes, from.size);
		handle = take(key, (uint8_t)kind, (uint8_t)from.size);
	}
	fxInteger(the, mxResult, handle);
}

static void keyGenerate(txMachine* the)
{
	Key* key = freeKey();
	if (key)
		board_drawScalar(key->bytes);
	fxInteger(the, mxResult, key ? take(key, p256Key, 32) : noRoom);
}

static void keyRelease(txMachine* the)
{
	Key* key = anyKey(the, 0);
	memset(key->bytes, 0, sizeof(key->bytes));
	key->kind = noKey;
	key->size = 0;
}

/* (key, into) => size, -1 when it is no secret; `into` may be too small: ask with none */
static void keyExport(txMachine* the)
{
	Key* key = anyKey(the, 0);
	Stretch into = whole(the, 1, 1);
	if ((key->kind == secretKey) && (into.size >= key->size))
		memcpy(into.bytes, key->bytes, key->size);
	fxInteger(the, mxResult, (key->kind == secretKey) ? key->size : -1);
}

/* --- P-256 --- */

static void hasAccelerator(txMachine* the)
{
	fxBoolean(the, mxResult, board_hasAccelerator() ? 1 : 0);
}

static void publicPoint(txMachine* the)
{
	Key* key = keyOf(the, 0, p256Key);
	Stretch into = exactly(the, 1, pointSize, 1);
	board_pointOf(key->bytes, into.bytes);
	shim_charge(the, perBasePoint);
}

/* (key, point) => handle; 0: no room, -1: no point */
static void agree(txMachine* the)
{
	Key* key = keyOf(the, 0, p256Key);
	Stretch point = whole(the, 1, 0);
	Key* shared = freeKey();
	txInteger handle = noRoom;
	if (shared)
		handle = board_sharedX(key->bytes, point.bytes, (int)point.size, shared->bytes)
			? take(shared, secretKey, 32) : refused;
	fxInteger(the, mxResult, handle);
	shim_charge(the, perPoint);
}

static void sign(txMachine* the)
{
	Key* key = keyOf(the, 0, p256Key);
	Stretch hash = exactly(the, 1, hashSize, 0);
	Stretch into = exactly(the, 2, 64, 1);
	board_sign(key->bytes, hash.bytes, into.bytes);
	shim_charge(the, perBasePoint);
}

/* (point, hash, signature) => boolean */
static void verify(txMachine* the)
{
	Stretch point = whole(the, 0, 0);
	Stretch hash = whole(the, 1, 0);
	Stretch signature = whole(the, 2, 0);
	int answer = board_isSignature(point.bytes, (int)point.size, hash.bytes, (int)hash.size, signature.bytes,
		(int)signature.size);
	fxBoolean(the, mxResult, answer ? 1 : 0);
	shim_charge(the, perVerification);
}

/* --- HMAC and what is made of it --- */

/* (key, bytes, at, end, into) */
static void hmac(txMachine* the)
{
	Key* key = keyOf(the, 0, secretKey);
	Stretch bytes = part(the, 1, 0);
	Stretch into = exactly(the, 4, hashSize, 1);
	board_hmac(key->bytes, key->size, bytes.bytes, (int)bytes.size, into.bytes);
	shim_charge(the, perCall + hmacCost(bytes.size));
}

/* (key, labelAndSeed, into) */
static void prf(txMachine* the)
{
	Key* key = keyOf(the, 0, secretKey);
	Stretch seed = whole(the, 1, 0);
	Stretch into = whole(the, 2, 1);
	board_prf(key->bytes, key->size, seed.bytes, (int)seed.size, into.bytes, (int)into.size);
	shim_charge(the, prfCost(seed.size, into.size));
}

/* RFC 4279 section 2: size, zeros, size, key. */
static int pskPremaster(const Key* psk, uint8_t* into)
{
	memset(into, 0, (size_t)psk->size + 4);
	into[1] = psk->size;
	into[psk->size + 3] = psk->size;
	memcpy(into + psk->size + 4, psk->bytes, psk->size);
	return 2 * (psk->size + 2);
}

/* (key, isPsk, labelAndSeed) => handle; 0: no room */
static void masterSecret(txMachine* the)
{
	uint8_t premaster[2 * (longestSecret + 2)];
	Key* key = keyOf(the, 0, secretKey);
	txInteger isPsk = number(the, 1);
	Stretch seed = whole(the, 2, 0);
	Key* master = freeKey();
	if (master && isPsk)
		board_prf(premaster, pskPremaster(key, premaster), seed.bytes, (int)seed.size, master->bytes, 48);
	else if (master)
		board_prf(key->bytes, key->size, seed.bytes, (int)seed.size, master->bytes, 48);
	memset(premaster, 0, sizeof(premaster));
	fxInteger(the, mxResult, master ? take(master, secretKey, 48) : noRoom);
	shim_charge(the, prfCost(seed.size, 48));
}

/* --- AES --- */

/* The part of the arguments that sealing and opening share; 0: CCM_8, 1: GCM. */
typedef struct {
	txInteger aead;
	uint32_t tagSize;
	Key* key;
	Stretch nonce;
	Stretch aad;
	Stretch from;
	Stretch into;
} Sealing;

static Sealing sealing(txMachine* the)
{
	Sealing call;
	txInteger intoAt = number(the, 8);
	call.aead = number(the, 0);
	call.tagSize = (call.aead == 1) ? 16 : 8;
	call.key = keyOf(the, 1, aesKey);
	call.nonce = exactly(the, 2, nonceSize, 0);
	call.aad = whole(the, 3, 0);
	call.from = part(the, 4, 0);
	call.into = whole(the, 7, 1);
	if ((intoAt < 0) || ((uint32_t)intoAt > call.into.size))
		mxRangeError("no such bytes");
	call.into.bytes += intoAt;
	call.into.size -= (uint32_t)intoAt;
	shim_charge(the, aeadCost(call.aad.size, call.from.size));
	return call;
}

/* (aead, key, nonce, aad, bytes, at, end, into, intoAt) => size */
static void seal(txMachine* the)
{
	Sealing call = sealing(the);
	uint32_t size = call.from.size + call.tagSize;
	if (size > call.into.size)
		mxRangeError("no room for the ciphertext");
	board_seal(call.aead, call.key->bytes, call.nonce.bytes, call.aad.bytes, (int)call.aad.size, call.from.bytes,
		(int)call.from.size, call.into.bytes);
	fxInteger(the, mxResult, (txInteger)size);
}

/* as seal() => size, or -1 */
static void openSealed(txMachine* the)
{
	Sealing call = sealing(the);
	txInteger size = -1;
	if (call.from.size >= call.tagSize) {
		if (call.from.size - call.tagSize > call.into.size)
			mxRangeError("no room for the plaintext");
		if (board_open(call.aead, call.key->bytes, call.nonce.bytes, call.aad.bytes, (int)call.aad.size,
				call.from.bytes, (int)call.from.size, call.into.bytes))
			size = (txInteger)(call.from.size - call.tagSize);
	}
	fxInteger(the, mxResult, size);
}

/* (isDecrypt, key, iv, bytes, at, end) */
static void cbc(txMachine* the)
{
	txInteger isDecrypt = number(the, 0);
	Key* key = keyOf(the, 1, aesKey);
	Stretch iv = exactly(the, 2, blockSize, 0);
	Stretch bytes = part(the, 3, 1);
	if (bytes.size % blockSize)
		mxRangeError("CBC takes whole blocks");
	board_cbc(isDecrypt, key->bytes, iv.bytes, bytes.bytes, (int)bytes.size);
	shim_charge(the, perCall + perAesBlock * (bytes.size / blockSize));
}

/* --- SHA-256, whose running state the program holds --- */

/* (state, bytes, at, end): `state` is as many zeros at first as ShimHash has bytes */
static void hashUpdate(txMachine* the)
{
	ShimHash hash;
	Stretch state = exactly(the, 0, sizeof(hash), 1);
	Stretch bytes = part(the, 1, 0);
	memcpy(&hash, state.bytes, sizeof(hash));
	shim_hash(&hash, bytes.bytes, bytes.size);
	memcpy(state.bytes, &hash, sizeof(hash));
	shim_charge(the, perHashBlock * (bytes.size / 64) + perCall);
}

/* (state, into): leaves `state` as it is */
static void hashDigest(txMachine* the)
{
	ShimHash hash;
	Stretch state = exactly(the, 0, sizeof(hash), 0);
	Stretch into = exactly(the, 1, hashSize, 1);
	memcpy(&hash, state.bytes, sizeof(hash));
	shim_endHash(&hash, into.bytes);
	shim_charge(the, 2 * perHashBlock);
}

static const ShimNative cryptoNatives[] = {
	{ "hasAccelerator", hasAccelerator, 0 },
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
	{ "hashUpdate", hashUpdate, 4 },
	{ "hashDigest", hashDigest, 2 },
};

void shim_defineCrypto(txMachine* the, txSlot* board)
{
	shim_defineNatives(the, board, cryptoNatives, sizeof(cryptoNatives) / sizeof(cryptoNatives[0]));
}
