/* Images as a boot loader reads them: hosts/simulator/image/FORMAT.md. Nothing of a header is true before the check. */
#ifndef DORMOUSE_IMAGE_CHECK_H
#define DORMOUSE_IMAGE_CHECK_H

#include <stdint.h>

/* ImageVerdict of modules/slots.ts, by verdictNames; unseen: not looked at. */
typedef enum { verdictUnseen, verdictOk, verdictImage, verdictSignature, verdictProduct, verdictCounter, verdictSize } Verdict;
extern const char *const verdictNames[];

enum { imageHeaderBytes = 160, imageHashBytes = 32 };

typedef struct {
	const char *name;
	const char *version;
	const uint8_t *hash;
	uint32_t sizeBytes;
	uint32_t securityCounter;
	uint8_t isMod;
	uint8_t xs[3];
} ImageHeader;

/* A public key that images may be signed with. */
typedef struct {
	uint8_t id[8];
	uint8_t algorithm; /* 1: Ed25519, 32 bytes; 2: ECDSA on P-256, x and y */
	uint8_t key[64];
} TrustedKey;

/* Those of this firmware, ended by one of algorithm 0, and the XS that it has. */
extern const TrustedKey trustedKeys[];
extern const uint8_t ownXs[3];

/* @param into points into the slot. @returns why it is no header, 0 when it is one */
const char *image_header(const uint8_t *slot, ImageHeader *into);
/* Size, hash, layout, signature, XS, kind. @param why a word for people, when it is not verdictOk */
Verdict image_check(const uint8_t *slot, uint32_t room, int isMod, const char **why);

#endif
