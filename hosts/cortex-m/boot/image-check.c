/* Checks an image in the order of hosts/simulator/board/loader.ts; reads no byte beyond the slot, whatever lies there. */
#include "image-check.h"

#include "sha2.h"
#include "signature.h"

#include <string.h>

/* Where things stand. */
enum {
	atFormat = 8,
	atHeaderSize = 10,
	atSize = 12,
	atHash = 16,
	atHashEnd = 48,
	atKind = 51,
	atVersion = 52,
	atModules = 84,
	atEntry = 86,
	atSymbolCount = 88,
	atNamesSize = 92,
	atSymbolsSize = 96,
	atCodeSize = 100,
	atCounter = 104,
	atSignatureSize = 108,
	atName = 112,
	atReserved = 144
};
enum { formatVersion = 2, textBytes = 32, rowBytes = 12, signatureBytes = 96 };

const char *const verdictNames[] = { "", "ok", "image", "signature", "product", "counter", "size" };

static uint32_t read16(const uint8_t *at)
{
	return at[0] | ((uint32_t)at[1] << 8);
}

static uint32_t read32(const uint8_t *at)
{
	return read16(at) | (read16(at + 2) << 16);
}

/* RFC 3629 §4. */
static int isUtf8(const uint8_t *at, const uint8_t *end)
{
	static const uint32_t least[4] = { 0, 0x80, 0x800, 0x10000 };
	while (at < end) {
		uint8_t first = *at++;
		int more = (first < 0x80) ? 0 : (first < 0xC0) ? -1 : (first < 0xE0) ? 1 : (first < 0xF0) ? 2 : (first < 0xF8) ? 3 : -1;
		uint32_t point = (more <= 0) ? first : first & (0x3Fu >> more);
		int index;
		if ((more < 0) || (end - at < more))
			return 0;
		for (index = 0; index < more; index++, at++) {
			if ((*at & 0xC0) != 0x80)
				return 0;
			point = (point << 6) | (*at & 0x3F);
		}
		if ((point < least[more]) || (point > 0x10FFFF) || ((point >= 0xD800) && (point < 0xE000)))
			return 0;
	}
	return 1;
}

/* A text of a fixed field, which ends with 0 before the field does. */
static const char *textAt(const uint8_t *at)
{
	const uint8_t *end = memchr(at, 0, textBytes);
	return (end && isUtf8(at, end)) ? (const char *)at : 0;
}

const char *image_header(const uint8_t *slot, ImageHeader *into)
{
	uint32_t format = read16(slot + atFormat);
	if (memcmp(slot, "DORMOUSE", 8))
		return "image.magic";
	if (format != formatVersion)
		return (format == 1) ? "image.unsignedFormat" : "image.formatVersion";
	into->sizeBytes = read32(slot + atSize);
	if ((into->sizeBytes < imageHeaderBytes) || (read16(slot + atHeaderSize) != imageHeaderBytes))
		return "image.layout";
	into->version = textAt(slot + atVersion);
	into->name = textAt(slot + atName);
	if (!into->version || !into->name)
		return "image.text";
	if (slot[atKind] > 1)
		return "image.layout";
	into->isMod = slot[atKind];
	into->hash = slot + atHash;
	into->securityCounter = read32(slot + atCounter);
	memcpy(into->xs, slot + 48, 3);
	return 0;
}

/* @returns how many strings that end with 0 there are, -1 when that is not what lies there */
static long countTexts(const uint8_t *at, const uint8_t *end)
{
	long count = 0;
	while (at < end) {
		const uint8_t *stop = memchr(at, 0, (size_t)(end - at));
		if (!stop || !isUtf8(at, stop))
			return -1;
		at = stop + 1;
		count++;
	}
	return count;
}

/* Rows must lie end to end: no byte of the image belongs to nothing. */
static int areRowsGood(const uint8_t *image, const uint8_t *name, uint32_t codeSize)
{
	const uint8_t *row = image + imageHeaderBytes;
	uint32_t count = read16(image + atModules);
	uint32_t nameAt = 0, codeAt = 0;
	while (count-- > 0) {
		uint32_t nameSize = (uint32_t)strlen((const char *)name) + 1;
		uint32_t size = read32(row + 8);
		if ((read32(row) != nameAt) || (read32(row + 4) != codeAt) || (size > codeSize - codeAt))
			return 0;
		nameAt += nameSize;
		name += nameSize;
		codeAt += size;
		row += rowBytes;
	}
	return codeAt == codeSize;
}

/* The hash is right, so these bytes are what somebody wrote; what remains is whether that was an image. */
static const char *checkContent(const uint8_t *image, uint32_t size)
{
	uint32_t modules = read16(image + atModules);
	uint64_t namesAt = imageHeaderBytes + (uint64_t)modules * rowBytes;
	uint64_t symbolsAt = namesAt + read32(image + atNamesSize);
	uint64_t codeAt = symbolsAt + read32(image + atSymbolsSize);
	uint64_t codeEnd = codeAt + read32(image + atCodeSize);
	uint32_t signatureSize = read32(image + atSignatureSize);
	long names, symbols;
	uint32_t index;
	if ((codeEnd + signatureSize != size) || ((signatureSize != signatureBytes) && (signatureSize != 0)))
		return "image.layout";
	for (index = atReserved; index < imageHeaderBytes; index++)
		if (image[index] != 0)
			return "image.layout";
	names = countTexts(image + namesAt, image + symbolsAt);
	symbols = countTexts(image + symbolsAt, image + codeAt);
	if ((names < 0) || (symbols < 0))
		return "image.text";
	if ((names != (long)modules) || (symbols != (long)read32(image + atSymbolCount)) || (read16(image + atEntry) >= modules)
		|| !areRowsGood(image, image + namesAt, read32(image + atCodeSize)))
		return "image.layout";
	return 0;
}

static const char *checkHash(const uint8_t *image, uint32_t size)
{
	ShimHash run;
	uint8_t hash[imageHashBytes];
	uint32_t end = (read32(image + atSignatureSize) == signatureBytes) ? size - signatureBytes : size;
	if (end < atHashEnd)
		end = atHashEnd;
	memset(&run, 0, sizeof(run));
	shim_hash(&run, image, atHash);
	shim_hash(&run, image + atHashEnd, end - atHashEnd);
	shim_endHash(&run, hash);
	return memcmp(hash, image + atHash, imageHashBytes) ? "image.hash" : 0;
}

static const char *checkSignature(const uint8_t *image, uint32_t size)
{
	static const char purpose[] = "DORMOUSE image 2"; /* with its 0 */
	const uint8_t *block = image + size - signatureBytes;
	const TrustedKey *key = trustedKeys;
	uint8_t message[sizeof(purpose) + imageHashBytes];
	int index, isGood;
	if (read32(image + atSignatureSize) != signatureBytes)
		return "not signed";
	while (key->algorithm && memcmp(key->id, block + 8, sizeof(key->id)))
		key++;
	if (!key->algorithm)
		return "not signed by a trusted key";
	for (index = 1; index < signatureBytes; index++)
		if (((index < 8) || (index >= 80)) && block[index])
			return "the signature's block is not as it has to be";
	memcpy(message, purpose, sizeof(purpose));
	memcpy(message + sizeof(purpose), image + atHash, imageHashBytes);
	if (block[0] != key->algorithm)
		isGood = 0;
	else if (key->algorithm == 1)
		isGood = ed25519_verify(key->key, message, sizeof(message), block + 16);
	else
		isGood = p256_verify(key->key, image + atHash, block + 16);
	return isGood ? 0 : "not signed by a trusted key";
}

Verdict image_check(const uint8_t *slot, uint32_t room, int isMod, const char **why)
{
	ImageHeader header;
	*why = image_header(slot, &header);
	if (!*why && (header.sizeBytes > room)) {
		*why = "larger than the slot";
		return verdictSize;
	}
	if (!*why)
		*why = checkHash(slot, header.sizeBytes);
	if (!*why)
		*why = checkContent(slot, header.sizeBytes);
	if (*why)
		return verdictImage;
	*why = checkSignature(slot, header.sizeBytes);
	if (*why)
		return verdictSignature;
	if (memcmp(header.xs, ownXs, sizeof(ownXs)))
		*why = "for another XS";
	else if (header.isMod != isMod)
		*why = isMod ? "a firmware, not a mod" : "a mod, not a firmware";
	return *why ? verdictProduct : verdictOk;
}
