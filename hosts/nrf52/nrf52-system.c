/*
 * What the nRF52840 host asks of the chip by way of the SDK's port and Nordic's nRF5 SDK: time, chance, resets, and 32 KiB
 * of flash for the settings. The TypeScript side is nrf52-natives.ts. Sleep is the SDK's own (modSleep.c).
 */
#include "xsmc.h"
#include "mc.xs.h"
#include "xsHost.h"

#include "nrf_crypto.h"

/* Settings take the last of the flash that the SDK leaves to mods, if the program and its mods end before it. */
#define SETTINGS_BYTES 0x8000
#define SETTINGS_START ((uint32_t)(kModulesEnd - SETTINGS_BYTES))

/* The SDK's counter has 32 bits of milliseconds. */
void xs_dormouse_nrf52_uptime(xsMachine *the)
{
	static uint32_t before = 0;
	static uint32_t rounds = 0;
	uint32_t now = modMilliseconds();
	if (now < before)
		rounds += 1;
	before = now;
	xsmcSetNumber(xsResult, ((double)rounds * 4294967296.0) + (double)now);
}

void xs_dormouse_nrf52_time(xsMachine *the)
{
	modTimeVal now;
	modGetTimeOfDay(&now, NULL);
	xsmcSetNumber(xsResult, (double)now.tv_sec);
}

/* Fills the whole buffer or throws: a caller never sees fewer bytes, or bytes of another source. */
void xs_dormouse_nrf52_random(xsMachine *the)
{
	static bool hasBegun = false;
	void *bytes;
	xsUnsignedValue size;
	xsmcGetBufferWritable(xsArg(0), &bytes, &size);
	if (!hasBegun) {
		/* Begins its generator too: NRF_CRYPTO_RNG_AUTO_INIT_ENABLED in the SDK's sdk_config.h. */
		ret_code_t error = nrf_crypto_init();
		if (error != NRF_SUCCESS)
			xsUnknownError("nrf_crypto: error %d", (int)error);
		hasBegun = true;
	}
	if ((size > 0) && (nrf_crypto_rng_vector_generate(bytes, size) != NRF_SUCCESS))
		xsUnknownError("nrf_crypto_rng failed");
}

void xs_dormouse_nrf52_reboot(xsMachine *the)
{
	(void)the;
	nrf52_reset();
}

void xs_dormouse_nrf52_reset_reason(xsMachine *the)
{
	xsmcSetInteger(xsResult, (xsIntegerValue)(nrf52_get_reset_reason() & 0x7fffffff));
}

void xs_dormouse_nrf52_flash_fact(xsMachine *the)
{
	int answer = 0;
	if (modSPIFlashInit() && (SETTINGS_START >= (uint32_t)kModulesStart))
		answer = (xsmcToInteger(xsArg(0)) == 0) ? SETTINGS_BYTES : (int)kFlashSectorSize;
	xsmcSetInteger(xsResult, answer);
}

void xs_dormouse_nrf52_flash_read(xsMachine *the)
{
	void *bytes;
	xsUnsignedValue size;
	uint32_t offset = (uint32_t)xsmcToInteger(xsArg(0));
	xsmcGetBufferWritable(xsArg(1), &bytes, &size);
	xsmcSetBoolean(xsResult, (size == 0) || modSPIRead(SETTINGS_START + offset, size, bytes));
}

void xs_dormouse_nrf52_flash_write(xsMachine *the)
{
	void *bytes;
	xsUnsignedValue size;
	uint32_t offset = (uint32_t)xsmcToInteger(xsArg(0));
	xsmcGetBufferReadable(xsArg(1), &bytes, &size);
	xsmcSetBoolean(xsResult, (size == 0) || modSPIWrite(SETTINGS_START + offset, size, bytes));
}

void xs_dormouse_nrf52_flash_erase(xsMachine *the)
{
	uint32_t offset = (uint32_t)xsmcToInteger(xsArg(0));
	uint32_t size = (uint32_t)xsmcToInteger(xsArg(1));
	xsmcSetBoolean(xsResult, modSPIErase(SETTINGS_START + offset, size));
}
