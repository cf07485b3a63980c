/*
 * The device's own key: the AES key that settings are sealed with. Chips with an HMAC peripheral (C3, C6, S3) compute it
 * of a key in eFuse that no program reads. The ESP32 has none: there it is made of the 32 bytes of eFuse block 3, which
 * programs read, so that it guards what a copy of the flash shows, and not against a program of somebody else's.
 */
#include "xsmc.h"
#include "mc.xs.h"
#include "mc.defines.h"

#include "esp_efuse.h"
#include "soc/soc_caps.h"
#if SOC_HMAC_SUPPORTED
#include "esp_hmac.h"
#else
#include "esp_efuse_table.h"
#include "psa/crypto.h"
#endif

#include <string.h>

static const char label[] = "dormouse: what settings are sealed with, 1";

#if SOC_HMAC_SUPPORTED

/* Of the first key block with the purpose HMAC_UP. */
static int makeKey(uint8_t hash[32])
{
	esp_efuse_block_t block;
	return esp_efuse_find_purpose(ESP_EFUSE_KEY_PURPOSE_HMAC_UP, &block) &&
		(esp_hmac_calculate((hmac_key_id_t)(block - EFUSE_BLK_KEY0), label, sizeof(label) - 1, hash) == ESP_OK);
}

#elif !CONFIG_BOOTLOADER_APP_ANTI_ROLLBACK

/* A random block has no more zeros, but once in 10^9; one with a MAC address or a calibration in it has. */
#define ZEROS_MAX 4

/* Of block 3, which is ours when it holds 32 random bytes, and nothing that Espressif or a product puts there. */
static int makeKey(uint8_t hash[32])
{
	uint8_t text[32 + sizeof(label) - 1];
	size_t size = 0;
	int zeros = 0;
	int isMade = 0;
	if (!esp_efuse_read_field_bit(ESP_EFUSE_BLK3_PART_RESERVE) &&
		(esp_efuse_read_block(EFUSE_BLK3, text, 0, 256) == ESP_OK)) {
		for (int index = 0; index < 32; index++)
			zeros += !text[index];
		memcpy(text + 32, label, sizeof(label) - 1);
		isMade = (zeros <= ZEROS_MAX) &&
			(psa_hash_compute(PSA_ALG_SHA_256, text, sizeof(text), hash, 32, &size) == PSA_SUCCESS);
	}
	explicit_bzero(text, sizeof(text));
	return isMade;
}

#else

/* Block 3 has the boot loader's counter in it, which changes. */
static int makeKey(uint8_t hash[32])
{
	(void)hash;
	return 0;
}

#endif

/* (into: 16 bytes) => boolean: whether the chip has such a key. After psa_crypto_init(). */
void xs_dormouse_esp_device_key(xsMachine *the)
{
	uint8_t hash[32];
	void *into;
	xsUnsignedValue size;
	int isThere;
	xsmcGetBufferWritable(xsArg(0), &into, &size);
	if (size != 16)
		xsRangeError("16 bytes expected");
	isThere = makeKey(hash);
	if (isThere)
		memcpy(into, hash, 16);
	explicit_bzero(hash, sizeof(hash));
	xsmcSetBoolean(xsResult, isThere);
}
