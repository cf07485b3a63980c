#include "field.h"

#include <string.h>

enum { words = 8 };

int number_isBelow(const uint32_t *a, const uint32_t *b)
{
	int index = words;
	while (index-- > 0)
		if (a[index] != b[index])
			return a[index] < b[index];
	return 0;
}

int number_isZero(const uint32_t *a)
{
	static const Number zero;
	return !memcmp(a, zero, sizeof(zero));
}

int number_isSame(const uint32_t *a, const uint32_t *b)
{
	return !memcmp(a, b, sizeof(Number));
}

int number_bit(const uint32_t *a, int index)
{
	return (int)((a[index / 32] >> (index % 32)) & 1);
}

void number_fromLittle(uint32_t *into, const uint8_t *bytes)
{
	int index;
	for (index = 0; index < words; index++, bytes += 4)
		into[index] = bytes[0] | ((uint32_t)bytes[1] << 8) | ((uint32_t)bytes[2] << 16) | ((uint32_t)bytes[3] << 24);
}

void number_fromBig(uint32_t *into, const uint8_t *bytes)
{
	uint8_t turned[32];
	int index;
	for (index = 0; index < 32; index++)
		turned[index] = bytes[31 - index];
	number_fromLittle(into, turned);
}

void number_toLittle(const uint32_t *number, uint8_t *into)
{
	int index;
	for (index = 0; index < 32; index++)
		into[index] = (uint8_t)(number[index / 4] >> (8 * (index % 4)));
}

/* @returns the carry */
static uint32_t add(uint32_t *into, const uint32_t *a, const uint32_t *b)
{
	uint64_t sum = 0;
	int index;
	for (index = 0; index < words; index++) {
		sum += (uint64_t)a[index] + b[index];
		into[index] = (uint32_t)sum;
		sum >>= 32;
	}
	return (uint32_t)sum;
}

/* @returns 1 when it went below zero */
static uint32_t subtract(uint32_t *into, const uint32_t *a, const uint32_t *b)
{
	uint64_t borrow = 0;
	int index;
	for (index = 0; index < words; index++) {
		uint64_t difference = (uint64_t)a[index] - b[index] - borrow;
		into[index] = (uint32_t)difference;
		borrow = (difference >> 32) & 1;
	}
	return (uint32_t)borrow;
}

void field_add(const Field *field, uint32_t *into, const uint32_t *a, const uint32_t *b)
{
	uint32_t carry = add(into, a, b);
	if (carry || !number_isBelow(into, field->modulus))
		subtract(into, into, field->modulus);
}

void field_subtract(const Field *field, uint32_t *into, const uint32_t *a, const uint32_t *b)
{
	if (subtract(into, a, b))
		add(into, into, field->modulus);
}

void field_multiply(const Field *field, uint32_t *into, const uint32_t *a, const uint32_t *b)
{
	uint32_t t[words + 2];
	int round, index;
	memset(t, 0, sizeof(t));
	for (round = 0; round < words; round++) {
		uint64_t sum = 0;
		uint32_t factor;
		for (index = 0; index < words; index++) {
			sum += (uint64_t)a[round] * b[index] + t[index];
			t[index] = (uint32_t)sum;
			sum >>= 32;
		}
		sum += t[words];
		t[words] = (uint32_t)sum;
		t[words + 1] = (uint32_t)(sum >> 32);
		factor = t[0] * field->inverse;
		sum = ((uint64_t)factor * field->modulus[0] + t[0]) >> 32;
		for (index = 1; index < words; index++) {
			sum += (uint64_t)factor * field->modulus[index] + t[index];
			t[index - 1] = (uint32_t)sum;
			sum >>= 32;
		}
		sum += t[words];
		t[words - 1] = (uint32_t)sum;
		t[words] = t[words + 1] + (uint32_t)(sum >> 32);
	}
	if (t[words] || !number_isBelow(t, field->modulus))
		subtract(t, t, field->modulus);
	memcpy(into, t, sizeof(Number));
}

void field_begin(Field *field, const uint32_t *modulus)
{
	uint32_t inverse = 1;
	int index;
	memcpy(field->modulus, modulus, sizeof(Number));
	for (index = 0; index < 5; index++)
		inverse *= 2 - modulus[0] * inverse; /* twice as many bits each time */
	field->inverse = 0 - inverse;
	memset(field->one, 0, sizeof(Number));
	field->one[0] = 1;
	for (index = 0; index < 256; index++)
		field_add(field, field->one, field->one, field->one);
	memcpy(field->square, field->one, sizeof(Number));
	for (index = 0; index < 256; index++)
		field_add(field, field->square, field->square, field->square);
}

void field_enter(const Field *field, uint32_t *into, const uint32_t *number)
{
	field_multiply(field, into, number, field->square);
}

void field_leave(const Field *field, uint32_t *into, const uint32_t *number)
{
	static const Number plainOne = { 1 };
	field_multiply(field, into, number, plainOne);
}

void field_power(const Field *field, uint32_t *into, const uint32_t *base, const uint32_t *exponent)
{
	Number result, factor;
	int index;
	memcpy(result, field->one, sizeof(Number));
	memcpy(factor, base, sizeof(Number));
	for (index = 255; index >= 0; index--) {
		field_multiply(field, result, result, result);
		if (number_bit(exponent, index))
			field_multiply(field, result, result, factor);
	}
	memcpy(into, result, sizeof(Number));
}

void field_invert(const Field *field, uint32_t *into, const uint32_t *number)
{
	static const Number two = { 2 };
	Number exponent;
	subtract(exponent, field->modulus, two); /* Fermat */
	field_power(field, into, number, exponent);
}
