/* What crypto-core.c and crypto-cipher.c share: the table of keys. */
#ifndef DORMOUSE_CRYPTO_KEYS_H
#define DORMOUSE_CRYPTO_KEYS_H

#include <psa/crypto.h>
#include <stdint.h>

#define CORE_CCM8 PSA_ALG_AEAD_WITH_SHORTENED_TAG(PSA_ALG_CCM, 8)

enum { noKey, secretKey, pskKey, aesKey, p256Key };
enum { coreAesBlock = 16 };

typedef struct {
	psa_key_id_t id;
	psa_algorithm_t algorithm; /* of an AES key: what it may be used for at present */
	uint16_t uses; /* so that a released key's handle is not soon another's */
	uint8_t kind;
	uint8_t size; /* of a secret */
} CoreKey;

/* @returns NULL when the handle is nobody's, or names another kind of key */
CoreKey *coreKeyOf(int32_t handle, uint8_t kind);
/*
 * Makes an AES key one for `algorithm`. In PSA a key is for one algorithm, and the port tells which only with its first
 * use: the key is imported again then.
 */
int coreDedicate(CoreKey *key, psa_algorithm_t algorithm);
/* Overwrites what held a secret; the compiler may not leave it out. */
void coreWipe(void *bytes, size_t size);

#endif
