/*
 * The Crypto port over the PSA Crypto API 1.0. Written for mbedTLS 2.28 and 3.x, and for what has the same API around
 * it: ESP-IDF, Zephyr with mbedTLS or TF-M.
 */
#include "crypto-core.h"

#if DORMOUSE_HAS_PSA

#include "crypto-keys.h"

#include <stdlib.h>
#include <string.h>

/* mbedTLS lets one key serve two algorithms, which PSA itself does not know: then a key that signs can also agree. */
#ifndef DORMOUSE_CRYPTO_SECOND_ALGORITHM
	#define DORMOUSE_CRYPTO_SECOND_ALGORITHM 1
#endif

#define HMAC PSA_ALG_HMAC(PSA_ALG_SHA_256)
#define ECDSA PSA_ALG_ECDSA(PSA_ALG_SHA_256)
#define PSK_TO_MASTER PSA_ALG_TLS12_PSK_TO_MS(PSA_ALG_SHA_256)

enum { masterSize = 48 };

static CoreKey keys[DORMOUSE_CRYPTO_KEYS];

void coreWipe(void *bytes, size_t size)
{
	volatile uint8_t *byte = bytes;
	while (size-- > 0)
		*byte++ = 0;
}

int coreBegin(void)
{
	return (psa_crypto_init() == PSA_SUCCESS) ? 0 : coreFailed;
}

/* --- the table --- */

CoreKey *coreKeyOf(int32_t handle, uint8_t kind)
{
	CoreKey *key;
	if (handle <= 0)
		return NULL;
	key = &keys[handle % DORMOUSE_CRYPTO_KEYS];
	return ((key->kind == kind) && (key->uses == handle / DORMOUSE_CRYPTO_KEYS)) ? key : NULL;
}

static CoreKey *anyKeyOf(int32_t handle)
{
	CoreKey *key;
	if (handle <= 0)
		return NULL;
	key = &keys[handle % DORMOUSE_CRYPTO_KEYS];
	return ((key->kind != noKey) && (key->uses == handle / DORMOUSE_CRYPTO_KEYS)) ? key : NULL;
}

static CoreKey *freeKey(void)
{
	int index;
	for (index = 0; index < DORMOUSE_CRYPTO_KEYS; index++)
		if (keys[index].kind == noKey)
			return &keys[index];
	return NULL;
}

/* Makes a free entry a key. @returns its handle */
static int32_t take(CoreKey *key, uint8_t kind)
{
	key->kind = kind;
	key->uses = (uint16_t)((key->uses % 0xffff) + 1);
	return key->uses * DORMOUSE_CRYPTO_KEYS + (int32_t)(key - keys);
}

static int32_t takeBytes(uint8_t kind, const uint8_t *bytes, size_t size)
{
	CoreKey *key = freeKey();
	if (!key)
		return coreNoRoom;
	key->bytes = malloc(size + 1); /* not 0 */
	if (!key->bytes)
		return coreNoRoom;
	if (size)
		memcpy(key->bytes, bytes, size);
	key->size = (uint8_t)size;
	return take(key, kind);
}

static int32_t refusal(psa_status_t status)
{
	if ((status == PSA_ERROR_INSUFFICIENT_MEMORY) || (status == PSA_ERROR_INSUFFICIENT_STORAGE))
		return coreNoRoom;
	return (status == PSA_ERROR_INVALID_ARGUMENT) ? coreRefused : coreFailed;
}

static psa_status_t import(psa_key_type_t type, psa_key_usage_t usage, psa_algorithm_t algorithm, const uint8_t *bytes,
	size_t size, psa_key_id_t *id)
{
	psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
	psa_set_key_type(&attributes, type);
	psa_set_key_bits(&attributes, (type == PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1)) ? 256 : 0);
	psa_set_key_usage_flags(&attributes, usage);
	psa_set_key_algorithm(&attributes, algorithm);
#if DORMOUSE_CRYPTO_SECOND_ALGORITHM
	if (type == PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1))
		psa_set_key_enrollment_algorithm(&attributes, PSA_ALG_ECDH);
#endif
	if (bytes)
		return psa_import_key(&attributes, bytes, size, id);
	return psa_generate_key(&attributes, id);
}

int32_t coreImportSecret(const uint8_t *bytes, size_t size)
{
	return (size <= coreLongestSecret) ? takeBytes(secretKey, bytes, size) : coreRefused;
}

int32_t coreImportAes(const uint8_t *bytes)
{
	return takeBytes(aesKey, bytes, coreAesBlock);
}

psa_status_t coreLendAes(const CoreKey *key, psa_algorithm_t algorithm, psa_key_id_t *id)
{
	return import(PSA_KEY_TYPE_AES, PSA_KEY_USAGE_ENCRYPT | PSA_KEY_USAGE_DECRYPT, algorithm, key->bytes, coreAesBlock,
		id);
}

/* PSA has no empty keys; to HMAC a zero is the same (RFC 2104 section 2). */
static psa_status_t lendSecret(const uint8_t *bytes, size_t size, psa_key_id_t *id)
{
	static const uint8_t zero = 0;
	return import(PSA_KEY_TYPE_HMAC, PSA_KEY_USAGE_SIGN_MESSAGE, HMAC, size ? bytes : &zero, size ? size : 1, id);
}

static int32_t takePrivate(const uint8_t *bytes)
{
	CoreKey *key = freeKey();
	psa_status_t status;
	if (!key)
		return coreNoRoom;
	status = import(PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1), PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_DERIVE,
		(bytes || DORMOUSE_CRYPTO_SECOND_ALGORITHM) ? ECDSA : PSA_ALG_ECDH, bytes, coreScalarSize, &key->id);
	return (status == PSA_SUCCESS) ? take(key, p256Key) : refusal(status);
}

int32_t coreImportPrivate(const uint8_t *bytes, size_t size)
{
	return (size == coreScalarSize) ? takePrivate(bytes) : coreRefused;
}

int32_t coreGenerate(void)
{
	return takePrivate(NULL);
}

int32_t coreUsePsk(uint32_t id)
{
	psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
	psa_status_t status = psa_get_key_attributes((psa_key_id_t)id, &attributes);
	int fits = (status == PSA_SUCCESS) && (psa_get_key_algorithm(&attributes) == PSK_TO_MASTER)
		&& (psa_get_key_usage_flags(&attributes) & PSA_KEY_USAGE_DERIVE);
	CoreKey *key = freeKey();
	psa_reset_key_attributes(&attributes);
	if (!fits)
		return coreRefused;
	if (!key)
		return coreNoRoom;
	key->id = (psa_key_id_t)id;
	return take(key, pskKey);
}

int coreRelease(int32_t handle)
{
	CoreKey *key = anyKeyOf(handle);
	if (!key)
		return coreNoKey;
	if (key->kind == p256Key)
		psa_destroy_key(key->id); /* PSA overwrites it */
	if (key->bytes)
		coreWipe(key->bytes, key->size);
	free(key->bytes);
	key->bytes = NULL;
	key->kind = noKey;
	return 0;
}

int coreExport(int32_t handle, uint8_t *into)
{
	CoreKey *key = anyKeyOf(handle);
	if (!key)
		return coreNoKey;
	if (key->kind != secretKey)
		return coreRefused;
	memcpy(into, key->bytes, key->size);
	return key->size;
}

/* --- P-256 --- */

int corePublicPoint(int32_t handle, uint8_t *into)
{
	CoreKey *key = coreKeyOf(handle, p256Key);
	size_t size;
	if (!key)
		return coreNoKey;
	return (psa_export_public_key(key->id, into, corePointSize, &size) == PSA_SUCCESS) ? 0 : coreFailed;
}

static int isUncompressed(const uint8_t *point, size_t size)
{
	return (size == corePointSize) && (point[0] == 4);
}

int32_t coreAgree(int32_t handle, const uint8_t *point, size_t size)
{
	CoreKey *key = coreKeyOf(handle, p256Key);
	uint8_t shared[32];
	size_t sharedSize;
	int32_t secret = coreRefused;
	psa_status_t status;
	if (!key)
		return coreNoKey;
	if (!isUncompressed(point, size))
		return coreRefused;
	status = psa_raw_key_agreement(PSA_ALG_ECDH, key->id, point, size, shared, sizeof(shared), &sharedSize);
	if (status == PSA_SUCCESS)
		secret = coreImportSecret(shared, sharedSize);
	else if (status == PSA_ERROR_NOT_PERMITTED)
		secret = coreFailed;
	coreWipe(shared, sizeof(shared));
	return secret;
}

int coreSign(int32_t handle, const uint8_t *hash, uint8_t *into)
{
	CoreKey *key = coreKeyOf(handle, p256Key);
	size_t size;
	if (!key)
		return coreNoKey;
	if (psa_sign_hash(key->id, ECDSA, hash, coreHashSize, into, coreSignatureSize, &size) != PSA_SUCCESS)
		return coreFailed;
	return (size == coreSignatureSize) ? 0 : coreFailed;
}

int coreVerify(const uint8_t *point, size_t pointSize, const uint8_t *hash, size_t hashSize, const uint8_t *signature,
	size_t signatureSize)
{
	psa_key_id_t id;
	psa_status_t status;
	if (!isUncompressed(point, pointSize) || (hashSize != coreHashSize) || (signatureSize != coreSignatureSize))
		return 0;
	status = import(PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1), PSA_KEY_USAGE_VERIFY_HASH, ECDSA, point,
		pointSize, &id);
	if (status != PSA_SUCCESS)
		return 0;
	status = psa_verify_hash(id, ECDSA, hash, hashSize, signature, signatureSize);
	psa_destroy_key(id);
	return status == PSA_SUCCESS;
}

/* --- HMAC and what is made of it --- */

/* HMAC over one stretch behind another. */
static int hmacOf(psa_key_id_t id, const uint8_t *first, size_t firstSize, const uint8_t *second, size_t secondSize,
	uint8_t *into)
{
	psa_mac_operation_t operation = PSA_MAC_OPERATION_INIT;
	size_t size;
	psa_status_t status = psa_mac_sign_setup(&operation, id, HMAC);
	if ((status == PSA_SUCCESS) && firstSize)
		status = psa_mac_update(&operation, first, firstSize);
	if ((status == PSA_SUCCESS) && secondSize)
		status = psa_mac_update(&operation, second, secondSize);
	if (status == PSA_SUCCESS)
		status = psa_mac_sign_finish(&operation, into, coreHashSize, &size);
	if (status != PSA_SUCCESS)
		psa_mac_abort(&operation);
	return (status == PSA_SUCCESS) ? 0 : coreFailed;
}

int coreHmac(int32_t handle, const uint8_t *bytes, size_t size, uint8_t *into)
{
	CoreKey *key = coreKeyOf(handle, secretKey);
	psa_key_id_t id;
	int failed;
	if (!key)
		return coreNoKey;
	if (lendSecret(key->bytes, key->size, &id) != PSA_SUCCESS)
		return coreFailed;
	failed = hmacOf(id, bytes, size, NULL, 0, into);
	psa_destroy_key(id);
	return failed;
}

/* P_SHA256. PSA's own TLS 1.2 PRF wants the secret as another type of key, and a label apart from the seed. */
static int prfOf(const uint8_t *secret, size_t secretSize, const uint8_t *seed, size_t seedSize, uint8_t *into,
	size_t size)
{
	psa_key_id_t id;
	uint8_t a[coreHashSize];
	uint8_t block[coreHashSize];
	size_t done = 0;
	int failed;
	if (lendSecret(secret, secretSize, &id) != PSA_SUCCESS)
		return coreFailed;
	failed = hmacOf(id, seed, seedSize, NULL, 0, a);
	while (!failed && (done < size)) {
		size_t count = (size - done < coreHashSize) ? size - done : coreHashSize;
		failed = hmacOf(id, a, sizeof(a), seed, seedSize, block);
		if (!failed)
			memcpy(into + done, block, count);
		done += count;
		if (!failed && (done < size))
			failed = hmacOf(id, a, sizeof(a), NULL, 0, a);
	}
	psa_destroy_key(id);
	coreWipe(a, sizeof(a));
	coreWipe(block, sizeof(block));
	return failed;
}

int corePrf(int32_t handle, const uint8_t *seed, size_t seedSize, uint8_t *into, size_t size)
{
	CoreKey *key = coreKeyOf(handle, secretKey);
	return key ? prfOf(key->bytes, key->size, seed, seedSize, into, size) : coreNoKey;
}

/* The PRF over the premaster secret that RFC 4279 section 2 makes of a pre-shared key. */
static int masterOfReadable(const CoreKey *psk, const uint8_t *seed, size_t seedSize, uint8_t *into)
{
	uint8_t premaster[2 * (coreLongestSecret + 2)] = { 0 };
	uint8_t hashed[coreHashSize];
	size_t size = 2 * ((size_t)psk->size + 2);
	int failed = coreFailed;
	premaster[1] = premaster[psk->size + 3] = psk->size;
	memcpy(premaster + psk->size + 4, psk->bytes, psk->size);
	if (size <= coreLongestSecret)
		failed = prfOf(premaster, size, seed, seedSize, into, masterSize);
	else if (psa_hash_compute(PSA_ALG_SHA_256, premaster, size, hashed, sizeof(hashed), &size) == PSA_SUCCESS)
		failed = prfOf(hashed, size, seed, seedSize, into, masterSize); /* RFC 2104: longer than a block */
	coreWipe(premaster, sizeof(premaster));
	coreWipe(hashed, sizeof(hashed));
	return failed;
}

/* The same inside of PSA, for a key that nobody reads. PSA wants seed and label apart and joins them. */
static int masterOfHidden(const CoreKey *psk, const uint8_t *seed, size_t seedSize, uint8_t *into)
{
	psa_key_derivation_operation_t operation = PSA_KEY_DERIVATION_OPERATION_INIT;
	size_t labelSize = (seedSize > 64) ? seedSize - 64 : seedSize / 2;
	psa_status_t status = psa_key_derivation_setup(&operation, PSK_TO_MASTER);
	if (status == PSA_SUCCESS)
		status = psa_key_derivation_input_bytes(&operation, PSA_KEY_DERIVATION_INPUT_SEED, seed + labelSize,
			seedSize - labelSize);
	if (status == PSA_SUCCESS)
		status = psa_key_derivation_input_key(&operation, PSA_KEY_DERIVATION_INPUT_SECRET, psk->id);
	if (status == PSA_SUCCESS)
		status = psa_key_derivation_input_bytes(&operation, PSA_KEY_DERIVATION_INPUT_LABEL, seed, labelSize);
	if (status == PSA_SUCCESS)
		status = psa_key_derivation_output_bytes(&operation, into, masterSize);
	psa_key_derivation_abort(&operation);
	return (status == PSA_SUCCESS) ? 0 : coreFailed;
}

int32_t coreMaster(int32_t handle, int isPsk, const uint8_t *seed, size_t seedSize)
{
	CoreKey *key = anyKeyOf(handle);
	uint8_t master[masterSize];
	int32_t answer;
	if (!key || ((key->kind != secretKey) && !((key->kind == pskKey) && isPsk)))
		return coreNoKey;
	if (key->kind == pskKey)
		answer = masterOfHidden(key, seed, seedSize, master);
	else if (isPsk)
		answer = masterOfReadable(key, seed, seedSize, master);
	else
		answer = prfOf(key->bytes, key->size, seed, seedSize, master, masterSize);
	if (answer == 0)
		answer = coreImportSecret(master, sizeof(master));
	coreWipe(master, sizeof(master));
	return answer;
}

#endif
