/*
 * hosts/psa/crypto-core.c as a program, so that the tests can call it without XS: one request after another on stdin,
 * one answer each on stdout. A request is an operation and five fields, each with its size in front; an answer is a
 * number and bytes. Numbers are 32 bits, as this machine has them.
 */
#include "crypto-core.h"

#include <psa/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { fieldsPerRequest = 5, longestField = 1 << 20, mostHashes = 8192 };

typedef struct {
	uint8_t *bytes;
	uint32_t size;
} Field;

static CoreHash *hashes[mostHashes];

static void take(void *into, size_t size)
{
	if (size && (fread(into, 1, size, stdin) != size))
		exit(0); /* the tests have ended */
}

static int32_t numberOf(const Field *field)
{
	int32_t number = 0;
	if (field->size == sizeof(number))
		memcpy(&number, field->bytes, sizeof(number));
	return number;
}

static void answer(int32_t number, const uint8_t *bytes, int32_t size)
{
	uint32_t count = (size > 0) ? (uint32_t)size : 0;
	fwrite(&number, sizeof(number), 1, stdout);
	fwrite(&count, sizeof(count), 1, stdout);
	fwrite(bytes, 1, count, stdout);
	fflush(stdout);
}

/* A pre-shared key in PSA that nobody can read: what a factory would leave there. @returns its id */
static int32_t provision(const Field *psk)
{
	psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
	psa_key_id_t id = 0;
	psa_set_key_type(&attributes, PSA_KEY_TYPE_DERIVE);
	psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_DERIVE);
	psa_set_key_algorithm(&attributes, PSA_ALG_TLS12_PSK_TO_MS(PSA_ALG_SHA_256));
	return (psa_import_key(&attributes, psk->bytes, psk->size, &id) == PSA_SUCCESS) ? (int32_t)id : 0;
}

static int32_t beginHash(void)
{
	int32_t index;
	for (index = 0; index < mostHashes; index++)
		if (!hashes[index]) {
			hashes[index] = coreHashBegin();
			return hashes[index] ? index : coreFailed;
		}
	return coreFailed;
}

static void perform(uint8_t operation, const Field *f)
{
	static uint8_t out[longestField + 64];
	const int32_t key = numberOf(&f[0]);
	int32_t number = 0;
	int32_t size = 0;
	switch (operation) {
		case 's': number = coreImportSecret(f[0].bytes, f[0].size); break;
		case 'a': number = coreImportAes(f[0].bytes); break;
		case 'p': number = coreImportPrivate(f[0].bytes, f[0].size); break;
		case 'g': number = coreGenerate(); break;
		case 'r': number = coreRelease(key); break;
		case 'e': number = size = coreExport(key, out); break;
		case 'P': number = corePublicPoint(key, out); size = corePointSize; break;
		case 'A': number = coreAgree(key, f[1].bytes, f[1].size); break;
		case 'S': number = coreSign(key, f[1].bytes, out); size = coreSignatureSize; break;
		case 'V':
			number = coreVerify(f[0].bytes, f[0].size, f[1].bytes, f[1].size, f[2].bytes, f[2].size);
			break;
		case 'h': number = coreHmac(key, f[1].bytes, f[1].size, out); size = coreHashSize; break;
		case 'f':
			size = numberOf(&f[2]);
			number = corePrf(key, f[1].bytes, f[1].size, out, (size_t)size);
			break;
		case 'm': number = coreMaster(key, 0, f[1].bytes, f[1].size); break;
		case 'M': number = coreMaster(key, 1, f[1].bytes, f[1].size); break;
		case 'c': case 'G':
			number = size = coreSeal(operation == 'G', key, f[1].bytes, f[2].bytes, f[2].size, f[3].bytes, f[3].size, out,
				sizeof(out));
			break;
		case 'C': case 'H':
			memcpy(out, f[3].bytes, f[3].size); /* in place, as records are opened */
			number = size = coreOpen(operation == 'H', key, f[1].bytes, f[2].bytes, f[2].size, out, f[3].size, out,
				sizeof(out));
			break;
		case 'b': case 'B':
			memcpy(out, f[2].bytes, f[2].size);
			size = (int32_t)f[2].size;
			number = coreCbc(operation == 'B', key, f[1].bytes, out, f[2].size);
			break;
		case '1': number = beginHash(); break;
		case '2': number = coreHashUpdate(hashes[key], f[1].bytes, f[1].size); break;
		case '3': number = coreHashDigest(hashes[key], out); size = coreHashSize; break;
		case '4':
			coreHashEnd(hashes[key]);
			hashes[key] = NULL;
			break;
		case 'k': number = provision(&f[0]); break;
		case 'u': number = coreUsePsk((uint32_t)key); break;
		default: exit(2);
	}
	answer(number, out, size);
}

int main(void)
{
	static uint8_t bytes[fieldsPerRequest][longestField];
	alarm(300); /* a test that died leaves nobody behind */
	if (coreBegin())
		return 1;
	for (;;) {
		Field fields[fieldsPerRequest];
		uint8_t operation;
		int index;
		take(&operation, 1);
		for (index = 0; index < fieldsPerRequest; index++) {
			take(&fields[index].size, sizeof(uint32_t));
			if (fields[index].size > longestField)
				return 3;
			fields[index].bytes = bytes[index];
			take(bytes[index], fields[index].size);
		}
		perform(operation, fields);
	}
}
