/*
 * What the Crypto port (modules/host.ts) asks of a platform, over the PSA Crypto API: plain C, nothing of XS. Keys are
 * handles, and the keys behind them lie where PSA keeps them: in mbedTLS, in a secure partition, in a chip's vault.
 */
#ifndef DORMOUSE_CRYPTO_CORE_H
#define DORMOUSE_CRYPTO_CORE_H

#include <stddef.h>
#include <stdint.h>

/* Without the API there is no core, and psa-natives.c says so to the program. */
#ifndef DORMOUSE_HAS_PSA
	#if defined(__has_include)
		#if __has_include(<psa/crypto.h>)
			#define DORMOUSE_HAS_PSA 1
		#endif
	#endif
#endif

/* Keys at once. */
#ifndef DORMOUSE_CRYPTO_KEYS
	#define DORMOUSE_CRYPTO_KEYS 64
#endif

/* Answers below 1 in the place of a handle, and below 0 in the place of a size. */
enum {
	coreNoRoom = 0,
	coreRefused = -1, /* no such point, no such private key; a tag that does not verify; a secret not to be read */
	coreNoKey = -2, /* a handle of nothing, or of another kind of key: the caller's bug */
	coreFailed = -3 /* PSA failed */
};

enum { coreCcm8, coreGcm };
enum { coreHashSize = 32, corePointSize = 65, coreScalarSize = 32, coreSignatureSize = 64, coreLongestSecret = 64 };

/* Answers 0, or coreFailed. Call it first; again does no harm. */
int coreBegin(void);

/* Each copies its bytes. @returns a handle */
int32_t coreImportSecret(const uint8_t *bytes, size_t size);
int32_t coreImportAes(const uint8_t *bytes); /* 16 */
int32_t coreImportPrivate(const uint8_t *bytes, size_t size);
int32_t coreGenerate(void);
/*
 * A pre-shared key that PSA holds already (provisioned, perhaps in hardware) and nobody reads: PSA_KEY_TYPE_DERIVE for
 * PSA_ALG_TLS12_PSK_TO_MS(PSA_ALG_SHA_256). It serves coreMaster(…, isPsk 1, …) alone, and release leaves it there.
 */
int32_t coreUsePsk(uint32_t id);
int coreRelease(int32_t key);
/* @param into coreLongestSecret bytes @returns the size */
int coreExport(int32_t key, uint8_t *into);

int corePublicPoint(int32_t key, uint8_t *into);
/* @returns the handle of the shared secret */
int32_t coreAgree(int32_t key, const uint8_t *point, size_t size);
int coreSign(int32_t key, const uint8_t *hash, uint8_t *into);
/* @returns 1 or 0, whatever the bytes are */
int coreVerify(const uint8_t *point, size_t pointSize, const uint8_t *hash, size_t hashSize, const uint8_t *signature,
	size_t signatureSize);

int coreHmac(int32_t key, const uint8_t *bytes, size_t size, uint8_t *into);
/* RFC 5246 section 5. */
int corePrf(int32_t key, const uint8_t *seed, size_t seedSize, uint8_t *into, size_t size);
/* @returns the handle of a secret of 48 bytes */
int32_t coreMaster(int32_t key, int isPsk, const uint8_t *seed, size_t seedSize);

/* @param nonce 12 bytes @param into may be where `plain` is @returns the size with the tag */
int coreSeal(int aead, int32_t key, const uint8_t *nonce, const uint8_t *aad, size_t aadSize, const uint8_t *plain,
	size_t size, uint8_t *into, size_t room);
/* @returns the plaintext's size; coreRefused leaves `into` as it was */
int coreOpen(int aead, int32_t key, const uint8_t *nonce, const uint8_t *aad, size_t aadSize, const uint8_t *sealed,
	size_t size, uint8_t *into, size_t room);
/* In place; `size` is a multiple of 16. */
int coreCbc(int isDecrypt, int32_t key, const uint8_t *iv, uint8_t *bytes, size_t size);

/* A running SHA-256. coreHashBegin allocates it; it ends with coreHashEnd. */
typedef struct CoreHash CoreHash;
CoreHash *coreHashBegin(void);
int coreHashUpdate(CoreHash *hash, const uint8_t *bytes, size_t size);
/* Of all so far; the run goes on. */
int coreHashDigest(CoreHash *hash, uint8_t *into);
void coreHashEnd(CoreHash *hash);

#endif
