/* Integers of 256 bits modulo an odd number, after Montgomery: what both curves compute with. */
#ifndef DORMOUSE_FIELD_H
#define DORMOUSE_FIELD_H

#include <stdint.h>

/* Words from the least on. */
typedef uint32_t Number[8];

typedef struct {
	Number modulus;
	Number one; /* R modulo it, R = 2^256 */
	Number square; /* R^2 modulo it */
	uint32_t inverse; /* -1 / modulus, modulo 2^32 */
} Field;

void field_begin(Field *field, const uint32_t *modulus);
/* into = a * b / R; `a` may be any number, `b` is below the modulus; into may be one of them */
void field_multiply(const Field *field, uint32_t *into, const uint32_t *a, const uint32_t *b);
void field_add(const Field *field, uint32_t *into, const uint32_t *a, const uint32_t *b);
void field_subtract(const Field *field, uint32_t *into, const uint32_t *a, const uint32_t *b);
/* Into and out of the form that is multiplied. */
void field_enter(const Field *field, uint32_t *into, const uint32_t *number);
void field_leave(const Field *field, uint32_t *into, const uint32_t *number);
void field_power(const Field *field, uint32_t *into, const uint32_t *base, const uint32_t *exponent);
/* 1 / number, of a prime modulus. */
void field_invert(const Field *field, uint32_t *into, const uint32_t *number);

int number_isBelow(const uint32_t *a, const uint32_t *b);
int number_isZero(const uint32_t *a);
int number_isSame(const uint32_t *a, const uint32_t *b);
int number_bit(const uint32_t *a, int index);
/* 32 bytes, the least or the greatest first. */
void number_fromLittle(uint32_t *into, const uint8_t *bytes);
void number_fromBig(uint32_t *into, const uint8_t *bytes);
void number_toLittle(const uint32_t *number, uint8_t *into);

#endif
