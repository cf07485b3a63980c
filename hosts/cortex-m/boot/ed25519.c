/* Ed25519 (RFC 8032 §5.1), the check of a signature alone: [S]B - [k]A is R, as bytes. */
#include "field.h"
#include "sha2.h"
#include "signature.h"

static const Number prime = { 0xFFFFFFED, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF,
	0x7FFFFFFF };
static const Number order = { 0x5CF5D3ED, 0x5812631A, 0xA2F79CD6, 0x14DEF9DE, 0, 0, 0, 0x10000000 };
static const uint8_t basePoint[32] = { 0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
	0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66 };

/* Extended coordinates (§5.1.4): x = X/Z, y = Y/Z, x y = T/Z. */
typedef struct {
	Number x, y, z, t;
} Point;

typedef struct {
	Field field;
	Number d; /* -121665/121666 */
	Number root; /* of -1 */
} Curve;

static void begin(Curve *curve)
{
	static const Number numerator = { 121665 }, denominator = { 121666 }, two = { 2 };
	const Field *field = &curve->field;
	Number exponent, number, zero = { 0 };
	field_begin(&curve->field, prime);
	field_enter(field, number, denominator);
	field_invert(field, number, number);
	field_enter(field, curve->d, numerator);
	field_multiply(field, curve->d, curve->d, number);
	field_subtract(field, curve->d, zero, curve->d);
	/* 2^((p-1)/4), where (p-1)/4 = 2^253 - 5 */
	memset(exponent, 0xFF, sizeof(exponent));
	exponent[0] = 0xFFFFFFFB;
	exponent[7] = 0x1FFFFFFF;
	field_enter(field, number, two);
	field_power(field, curve->root, number, exponent);
}

/* §5.1.3. @returns 0 when it is no point */
static int decode(const Curve *curve, const uint8_t *bytes, Point *point)
{
	static const Number eighth = { 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF,
		0x0FFFFFFF }; /* (p+3)/8 */
	const Field *field = &curve->field;
	Number y, u, v, square, plain, zero = { 0 };
	int sign = bytes[31] >> 7;
	number_fromLittle(y, bytes);
	y[7] &= 0x7FFFFFFF;
	if (!number_isBelow(y, prime))
		return 0;
	field_enter(field, point->y, y);
	field_multiply(field, square, point->y, point->y);
	field_subtract(field, u, square, field->one);
	field_multiply(field, v, square, curve->d);
	field_add(field, v, v, field->one);
	field_invert(field, v, v);
	field_multiply(field, u, u, v); /* x^2 */
	field_power(field, point->x, u, eighth);
	field_multiply(field, square, point->x, point->x);
	if (!number_isSame(square, u)) {
		field_multiply(field, point->x, point->x, curve->root);
		field_multiply(field, square, point->x, point->x);
		if (!number_isSame(square, u))
			return 0;
	}
	field_leave(field, plain, point->x);
	if (number_isZero(plain) && sign)
		return 0;
	if ((int)(plain[0] & 1) != sign)
		field_subtract(field, point->x, zero, point->x);
	memcpy(point->z, field->one, sizeof(Number));
	field_multiply(field, point->t, point->x, point->y);
	return 1;
}

/* §5.1.4; of a point to itself, too. */
static void add(const Curve *curve, Point *into, const Point *one, const Point *two)
{
	const Field *field = &curve->field;
	Number a, b, c, d, e, f, g, h;
	field_subtract(field, a, one->y, one->x);
	field_subtract(field, e, two->y, two->x);
	field_multiply(field, a, a, e);
	field_add(field, b, one->y, one->x);
	field_add(field, e, two->y, two->x);
	field_multiply(field, b, b, e);
	field_multiply(field, c, one->t, two->t);
	field_multiply(field, c, c, curve->d);
	field_add(field, c, c, c);
	field_multiply(field, d, one->z, two->z);
	field_add(field, d, d, d);
	field_subtract(field, e, b, a);
	field_subtract(field, f, d, c);
	field_add(field, g, d, c);
	field_add(field, h, b, a);
	field_multiply(field, into->x, e, f);
	field_multiply(field, into->y, g, h);
	field_multiply(field, into->t, e, h);
	field_multiply(field, into->z, f, g);
}

/* 512 bits modulo the order, which fields keep below it whatever they are given. */
static void reduce(uint32_t *into, const uint8_t *bytes)
{
	Field field;
	Number low, high;
	field_begin(&field, order);
	number_fromLittle(low, bytes);
	number_fromLittle(high, bytes + 32);
	field_enter(&field, low, low);
	field_leave(&field, low, low);
	field_enter(&field, high, high); /* times 2^256 */
	field_add(&field, into, low, high);
}

int ed25519_verify(const uint8_t *key, const uint8_t *message, uint32_t size, const uint8_t *signature)
{
	const Piece pieces[3] = { { signature, 32 }, { key, 32 }, { message, size } };
	Curve curve;
	Point a, base, both, sum;
	Number s, k, zero = { 0 };
	uint8_t hash[64], encoded[32];
	int index;
	number_fromLittle(s, signature + 32);
	begin(&curve);
	if (!number_isBelow(s, order) || !decode(&curve, key, &a) || !decode(&curve, basePoint, &base))
		return 0;
	sha512(pieces, 3, hash);
	reduce(k, hash);
	field_subtract(&curve.field, a.x, zero, a.x); /* -A */
	field_subtract(&curve.field, a.t, zero, a.t);
	add(&curve, &both, &a, &base);
	memset(&sum, 0, sizeof(sum));
	memcpy(sum.y, curve.field.one, sizeof(Number));
	memcpy(sum.z, curve.field.one, sizeof(Number));
	for (index = 252; index >= 0; index--) {
		int isS = number_bit(s, index), isK = number_bit(k, index);
		add(&curve, &sum, &sum, &sum);
		if (isS || isK)
			add(&curve, &sum, &sum, (isS && isK) ? &both : isS ? &base : &a);
	}
	field_invert(&curve.field, sum.z, sum.z);
	field_multiply(&curve.field, sum.y, sum.y, sum.z);
	field_multiply(&curve.field, sum.x, sum.x, sum.z);
	field_leave(&curve.field, sum.y, sum.y);
	field_leave(&curve.field, sum.x, sum.x);
	number_toLittle(sum.y, encoded);
	encoded[31] |= (uint8_t)((sum.x[0] & 1) << 7);
	return !memcmp(encoded, signature, sizeof(encoded));
}
