/* Whose images this firmware starts, and for which XS; tools/firmware.ts says the keys. */
#include "image-check.h"
#include "shim.h"

const TrustedKey trustedKeys[] = { DORMOUSE_TRUSTED { { 0 }, 0, { 0 } } };
const uint8_t ownXs[3] = { XS_MAJOR_VERSION, XS_MINOR_VERSION, XS_PATCH_VERSION };
