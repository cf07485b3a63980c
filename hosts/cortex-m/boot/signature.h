/* Checks of signatures over what is public: nothing here is secret, and nothing takes care to be constant in time. */
#ifndef DORMOUSE_SIGNATURE_H
#define DORMOUSE_SIGNATURE_H

#include <stdint.h>

/* RFC 8032 §5.1.7. @param key 32 bytes, signature 64 */
int ed25519_verify(const uint8_t *key, const uint8_t *message, uint32_t size, const uint8_t *signature);
/* ECDSA (FIPS 186-5 §6.4.2) on P-256. @param key x and y, hash 32 bytes, signature r and s, 32 bytes each */
int p256_verify(const uint8_t *key, const uint8_t *hash, const uint8_t *signature);

#endif
