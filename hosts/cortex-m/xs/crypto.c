/*
 * What hosts/psa asks of a linker that binds TypeScript to C, which this board has not: its natives are functions of
 * globalThis.board, by their names in C (tools/image.ts does the other half). And how many instructions the core below
 * them takes, so that a bench can tell C from the interpreter: the linker calls a function's __wrap_ in its place.
 */
#include "board.h"

#include "crypto-core.h"

double cryptoInstructions;

/* --- natives --- */

#define EACH_NATIVE(DO) \
	DO(begin) DO(import) DO(generate) DO(use) DO(release) DO(export) DO(point) DO(agree) DO(sign) DO(verify) DO(hmac) \
	DO(prf) DO(master) DO(seal) DO(open) DO(cbc) DO(hash) DO(hash_update) DO(hash_digest)

#define DECLARE(NAME) extern void xs_dormouse_psa_##NAME(txMachine *the);
EACH_NATIVE(DECLARE)
extern void xs_dormouse_psa_hash_destructor(void *data);

/* The base class that Native("xs_dormouse_psa_hash_destructor") is: makes objects that hold data of C. */
static void makeHostObject(txMachine *the)
{
	txSlot *host;
	txSlot *instance;
	if (mxIsUndefined(mxTarget))
		mxTypeError("a class");
	mxPushSlot(mxTarget);
	fxGetPrototypeFromConstructor(the, &mxObjectPrototype);
	instance = fxNewHostInstance(the);
	mxPullSlot(mxResult);
	host = fxNewSlot(the);
	instance->next = host;
	host->flag = XS_INTERNAL_FLAG;
	host->kind = XS_HOST_KIND;
	host->value.host.data = C_NULL;
	host->value.host.variant.destructor = xs_dormouse_psa_hash_destructor;
}

#define ROW(NAME) { "xs_dormouse_psa_" #NAME, xs_dormouse_psa_##NAME, 0 },
static const ShimNative cryptoNatives[] = { EACH_NATIVE(ROW) };

void shim_defineCrypto(txMachine *the, txSlot *board)
{
	txID id = fxID(the, "xs_dormouse_psa_hash_destructor");
	board_defineNatives(the, board);
	shim_defineNatives(the, board, cryptoNatives, sizeof(cryptoNatives) / sizeof(cryptoNatives[0]));
	fxNewObject(the);
	fxNewHostConstructor(the, makeHostObject, 0, id);
	mxPushSlot(board);
	fxDefineID(the, id, XS_DONT_DELETE_FLAG | XS_DONT_SET_FLAG, XS_DONT_DELETE_FLAG | XS_DONT_SET_FLAG);
	mxPop();
}

#if DORMOUSE_HAS_PSA

/* --- what the core takes --- */

#define COUNTED(TYPE, NAME, PARAMETERS, ARGUMENTS) \
	extern TYPE __real_##NAME PARAMETERS; \
	TYPE __wrap_##NAME PARAMETERS; \
	TYPE __wrap_##NAME PARAMETERS \
	{ \
		uint32_t began = chip_ticks(); \
		TYPE result = __real_##NAME ARGUMENTS; \
		cryptoInstructions += (double)(chip_ticks() - began) * chipInstructionsPerTick; \
		return result; \
	}

typedef const uint8_t *In;
typedef uint8_t *Out;

COUNTED(int32_t, coreImportSecret, (In bytes, size_t size), (bytes, size))
COUNTED(int32_t, coreImportAes, (In bytes), (bytes))
COUNTED(int32_t, coreImportPrivate, (In bytes, size_t size), (bytes, size))
COUNTED(int32_t, coreGenerate, (void), ())
COUNTED(int, coreRelease, (int32_t key), (key))
COUNTED(int, coreExport, (int32_t key, Out into), (key, into))
COUNTED(int, corePublicPoint, (int32_t key, Out into), (key, into))
COUNTED(int32_t, coreAgree, (int32_t key, In point, size_t size), (key, point, size))
COUNTED(int, coreSign, (int32_t key, In hash, Out into), (key, hash, into))
COUNTED(int, coreVerify, (In point, size_t pointSize, In hash, size_t hashSize, In signature, size_t signatureSize),
	(point, pointSize, hash, hashSize, signature, signatureSize))
COUNTED(int, coreHmac, (int32_t key, In bytes, size_t size, Out into), (key, bytes, size, into))
COUNTED(int, corePrf, (int32_t key, In seed, size_t seedSize, Out into, size_t size), (key, seed, seedSize, into, size))
COUNTED(int32_t, coreMaster, (int32_t key, int isPsk, In seed, size_t seedSize), (key, isPsk, seed, seedSize))
COUNTED(int, coreSeal, (int aead, int32_t key, In nonce, In aad, size_t aadSize, In plain, size_t size, Out into,
	size_t room), (aead, key, nonce, aad, aadSize, plain, size, into, room))
COUNTED(int, coreOpen, (int aead, int32_t key, In nonce, In aad, size_t aadSize, In sealed, size_t size, Out into,
	size_t room), (aead, key, nonce, aad, aadSize, sealed, size, into, room))
COUNTED(int, coreCbc, (int isDecrypt, int32_t key, In iv, Out bytes, size_t size), (isDecrypt, key, iv, bytes, size))
COUNTED(CoreHash *, coreHashBegin, (void), ())
COUNTED(int, coreHashUpdate, (CoreHash * hash, In bytes, size_t size), (hash, bytes, size))
COUNTED(int, coreHashDigest, (CoreHash * hash, Out into), (hash, into))

/* mbedTLS draws here (MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG): the bench's numbers, which are no source of keys, or
 * the computer's. */
int mbedtls_psa_external_get_random(void *context, uint8_t *into, size_t room, size_t *size);
int mbedtls_psa_external_get_random(void *context, uint8_t *into, size_t room, size_t *size)
{
	(void)context;
	board_fillEntropy(into, (int)room);
	*size = room;
	return 0;
}

#endif
