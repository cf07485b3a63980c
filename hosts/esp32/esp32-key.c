/*
 * The device's own key. Chips with an HMAC peripheral (C3, C6, S3) compute with a key in eFuse that no program reads:
 * what it says of a fixed text is the AES key that settings are sealed with. The ESP32 has no such thing.
 */
#include "xsmc.h"
#include "mc.xs.h"
#include "mc.defines.h"

#include "soc/soc_caps.h"
#if SOC_HMAC_SUPPORTED
#include "esp_efuse.h"
#include "esp_hmac.h"
#endif

#include <string.h>

/* (into: 16 bytes) => boolean: whether a key block has the purpose HMAC_UP */
void xs_dormouse_esp_device_key(xsMachine *the)
{
	int isThere = 0;
#if SOC_HMAC_SUPPORTED
	static const char text[] = "dormouse: what settings are sealed with, 1";
	uint8_t hash[32];
	esp_efuse_block_t block;
	void *into;
	xsUnsignedValue size;
	xsmcGetBufferWritable(xsArg(0), &into, &size);
	if (size != 16)
		xsRangeError("16 bytes expected");
	if (esp_efuse_find_purpose(ESP_EFUSE_KEY_PURPOSE_HMAC_UP, &block) &&
		(esp_hmac_calculate((hmac_key_id_t)(block - EFUSE_BLK_KEY0), text, sizeof(text) - 1, hash) == ESP_OK)) {
		memcpy(into, hash, 16);
		isThere = 1;
	}
	memset(hash, 0, sizeof(hash));
#endif
	xsmcSetBoolean(xsResult, isThere);
}
