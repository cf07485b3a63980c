/* What crypto-core.c and crypto-cipher.c share: the table of keys. */
#ifndef DORMOUSE_CRYPTO_KEYS_H
#define DORMOUSE_CRYPTO_KEYS_H

#include <psa/crypto.h>
#include <stdint.h>

#define CORE_CCM8 PSA_ALG_AEAD_WITH_SHORTENED_TAG(PSA_ALG_CCM, 8)

enum { noKey, secretKey, pskKey, aesKey, p256Key };
enum { coreAesBlock = 16 };

/*
 * Secrets and AES keys came from the program or may be read by it, and lie in the heap; PSA, whose store is small, holds
 * one only while it computes. Private keys, and pre-shared keys that PSA was given before, never leave it.
 */
typedef struct {
	psa_key_id_t id; /* of a private or hidden key */
	uint8_t *bytes; /* of the others */
	uint16_t uses; /* so that a released key's handle is not soon another's */
	uint8_t kind;
	uint8_t size;
} CoreKey;

/* @returns NULL when the handle is nobody's, or names another kind of key */
CoreKey *coreKeyOf(int32_t handle, uint8_t kind);
/* Gives PSA an AES key for one algorithm; destroy it after the call that it is for. */
psa_status_t coreLendAes(const CoreKey *key, psa_algorithm_t algorithm, psa_key_id_t *id);
/* Overwrites what held a secret; the compiler may not leave it out. */
void coreWipe(void *bytes, size_t size);

#endif
