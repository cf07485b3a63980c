/* AES and SHA-256 of the Crypto port over the PSA Crypto API. */
#include "crypto-core.h"

#if DORMOUSE_HAS_PSA

#include "crypto-keys.h"

#include <stdlib.h>
#include <string.h>

enum { nonceSize = 12 };

struct CoreHash {
	psa_hash_operation_t operation;
};

static psa_algorithm_t algorithmOf(int aead)
{
	return (aead == coreGcm) ? PSA_ALG_GCM : CORE_CCM8;
}

static size_t tagSizeOf(int aead)
{
	return (aead == coreGcm) ? 16 : 8;
}

/* PSA does not promise to work in place, so there is a copy, which malloc may not give for nothing. */
static uint8_t *draft(size_t size)
{
	return malloc(size ? size : 1);
}

/* Puts the draft's first bytes where they belong, and forgets it. */
static void deliver(uint8_t *from, size_t draftSize, uint8_t *into, size_t size)
{
	if (size)
		memcpy(into, from, size);
	coreWipe(from, draftSize);
	free(from);
}

int coreSeal(int aead, int32_t handle, const uint8_t *nonce, const uint8_t *aad, size_t aadSize, const uint8_t *plain,
	size_t size, uint8_t *into, size_t room)
{
	CoreKey *key = coreKeyOf(handle, aesKey);
	size_t sealedSize = size + tagSizeOf(aead);
	size_t written = 0;
	psa_key_id_t id;
	psa_status_t status;
	uint8_t *sealed;
	if (!key)
		return coreNoKey;
	if (sealedSize > room)
		return coreFailed;
	sealed = draft(sealedSize);
	if (!sealed)
		return coreFailed;
	status = coreLendAes(key, algorithmOf(aead), &id);
	if (status == PSA_SUCCESS) {
		status = psa_aead_encrypt(id, algorithmOf(aead), nonce, nonceSize, aad, aadSize, plain, size, sealed, sealedSize,
			&written);
		psa_destroy_key(id);
	}
	if (status != PSA_SUCCESS)
		written = 0;
	deliver(sealed, sealedSize, into, written);
	return written ? (int)written : coreFailed;
}

int coreOpen(int aead, int32_t handle, const uint8_t *nonce, const uint8_t *aad, size_t aadSize, const uint8_t *sealed,
	size_t size, uint8_t *into, size_t room)
{
	CoreKey *key = coreKeyOf(handle, aesKey);
	size_t plainSize = size - tagSizeOf(aead);
	size_t written = 0;
	psa_key_id_t id;
	psa_status_t status;
	uint8_t *plain;
	if (!key)
		return coreNoKey;
	if (size < tagSizeOf(aead))
		return coreRefused;
	if (plainSize > room)
		return coreFailed;
	plain = draft(plainSize);
	if (!plain)
		return coreFailed;
	status = coreLendAes(key, algorithmOf(aead), &id);
	if (status == PSA_SUCCESS) {
		status = psa_aead_decrypt(id, algorithmOf(aead), nonce, nonceSize, aad, aadSize, sealed, size, plain, plainSize,
			&written);
		psa_destroy_key(id);
	}
	if (status != PSA_SUCCESS)
		written = 0;
	deliver(plain, plainSize, into, written);
	if (status == PSA_SUCCESS)
		return (int)written;
	return (status == PSA_ERROR_INVALID_SIGNATURE) ? coreRefused : coreFailed;
}

int coreCbc(int isDecrypt, int32_t handle, const uint8_t *iv, uint8_t *bytes, size_t size)
{
	psa_cipher_operation_t operation = PSA_CIPHER_OPERATION_INIT;
	CoreKey *key = coreKeyOf(handle, aesKey);
	size_t written = 0;
	size_t rest = 0;
	psa_key_id_t id;
	psa_status_t status;
	uint8_t *text;
	if (!key)
		return coreNoKey;
	if (size % coreAesBlock)
		return coreFailed;
	text = draft(size + coreAesBlock);
	if (!text)
		return coreFailed;
	status = coreLendAes(key, PSA_ALG_CBC_NO_PADDING, &id);
	if (status != PSA_SUCCESS) {
		free(text);
		return coreFailed;
	}
	status = isDecrypt ? psa_cipher_decrypt_setup(&operation, id, PSA_ALG_CBC_NO_PADDING)
		: psa_cipher_encrypt_setup(&operation, id, PSA_ALG_CBC_NO_PADDING);
	if (status == PSA_SUCCESS)
		status = psa_cipher_set_iv(&operation, iv, coreAesBlock);
	if (status == PSA_SUCCESS)
		status = psa_cipher_update(&operation, bytes, size, text, size + coreAesBlock, &written);
	if (status == PSA_SUCCESS)
		status = psa_cipher_finish(&operation, text + written, size + coreAesBlock - written, &rest);
	psa_cipher_abort(&operation);
	psa_destroy_key(id);
	deliver(text, size + coreAesBlock, bytes, (status == PSA_SUCCESS) ? written + rest : 0);
	return ((status == PSA_SUCCESS) && (written + rest == size)) ? 0 : coreFailed;
}

/* --- SHA-256 --- */

CoreHash *coreHashBegin(void)
{
	CoreHash *hash = calloc(1, sizeof(CoreHash));
	if (hash && (psa_hash_setup(&hash->operation, PSA_ALG_SHA_256) != PSA_SUCCESS)) {
		free(hash);
		hash = NULL;
	}
	return hash;
}

int coreHashUpdate(CoreHash *hash, const uint8_t *bytes, size_t size)
{
	return (!size || (psa_hash_update(&hash->operation, bytes, size) == PSA_SUCCESS)) ? 0 : coreFailed;
}

int coreHashDigest(CoreHash *hash, uint8_t *into)
{
	psa_hash_operation_t copy = PSA_HASH_OPERATION_INIT;
	size_t size;
	psa_status_t status = psa_hash_clone(&hash->operation, &copy);
	if (status == PSA_SUCCESS)
		status = psa_hash_finish(&copy, into, coreHashSize, &size);
	psa_hash_abort(&copy);
	return (status == PSA_SUCCESS) ? 0 : coreFailed;
}

void coreHashEnd(CoreHash *hash)
{
	if (!hash)
		return;
	psa_hash_abort(&hash->operation);
	free(hash);
}

#endif
