/* ECDSA on P-256 (FIPS 186-5 §6.4.2, SP 800-186 §3.2.1.3), the check of a signature alone. */
#include "field.h"
#include "signature.h"

#include <string.h>

static const Number prime = { 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0, 0, 0, 1, 0xFFFFFFFF };
static const Number order = { 0xFC632551, 0xF3B9CAC2, 0xA7179E84, 0xBCE6FAAD, 0xFFFFFFFF, 0xFFFFFFFF, 0, 0xFFFFFFFF };
static const Number b = { 0x27D2604B, 0x3BCE3C3E, 0xCC53B0F6, 0x651D06B0, 0x769886BC, 0xB3EBBD55, 0xAA3A93E7, 0x5AC635D8 };
static const Number baseX = { 0xD898C296, 0xF4A13945, 0x2DEB33A0, 0x77037D81, 0x63A440F2, 0xF8BCE6E5, 0xE12C4247,
	0x6B17D1F2 };
static const Number baseY = { 0x37BF51F5, 0xCBB64068, 0x6B315ECE, 0x2BCE3357, 0x7C0F9E16, 0x8EE7EB4A, 0xFE1A7F9B,
	0x4FE342E2 };

/* Jacobian: x = X/Z^2, y = Y/Z^3; Z = 0 is the point at infinity. */
typedef struct {
	Number x, y, z;
} Point;

static void doubled(const Field *field, Point *into, const Point *point)
{
	Number delta, gamma, beta, alpha, number;
	field_multiply(field, delta, point->z, point->z);
	field_multiply(field, gamma, point->y, point->y);
	field_multiply(field, beta, point->x, gamma);
	field_subtract(field, alpha, point->x, delta);
	field_add(field, number, point->x, delta);
	field_multiply(field, alpha, alpha, number);
	field_add(field, number, alpha, alpha);
	field_add(field, alpha, number, alpha); /* 3 (x - z^2) (x + z^2) */
	field_multiply(field, number, point->y, point->z);
	field_add(field, into->z, number, number);
	field_add(field, beta, beta, beta);
	field_add(field, beta, beta, beta); /* 4 x y^2 */
	field_multiply(field, into->x, alpha, alpha);
	field_subtract(field, into->x, into->x, beta);
	field_subtract(field, into->x, into->x, beta);
	field_subtract(field, number, beta, into->x);
	field_multiply(field, number, alpha, number);
	field_multiply(field, gamma, gamma, gamma);
	field_add(field, gamma, gamma, gamma);
	field_add(field, gamma, gamma, gamma);
	field_add(field, gamma, gamma, gamma); /* 8 y^4 */
	field_subtract(field, into->y, number, gamma);
}

static void add(const Field *field, Point *into, const Point *one, const Point *two)
{
	Number z1, z2, u1, u2, s1, s2, h, r, number;
	if (number_isZero(one->z) || number_isZero(two->z)) {
		*into = number_isZero(one->z) ? *two : *one;
		return;
	}
	field_multiply(field, z1, one->z, one->z);
	field_multiply(field, z2, two->z, two->z);
	field_multiply(field, u1, one->x, z2);
	field_multiply(field, u2, two->x, z1);
	field_multiply(field, s1, one->y, z2);
	field_multiply(field, s1, s1, two->z);
	field_multiply(field, s2, two->y, z1);
	field_multiply(field, s2, s2, one->z);
	field_subtract(field, h, u2, u1);
	field_subtract(field, r, s2, s1);
	if (number_isZero(h)) {
		if (number_isZero(r))
			doubled(field, into, one);
		else
			memset(into, 0, sizeof(*into));
		return;
	}
	field_multiply(field, number, one->z, two->z);
	field_multiply(field, into->z, number, h);
	field_multiply(field, z1, h, h);
	field_multiply(field, z2, z1, h); /* h^3 */
	field_multiply(field, u1, u1, z1);
	field_multiply(field, into->x, r, r);
	field_subtract(field, into->x, into->x, z2);
	field_subtract(field, into->x, into->x, u1);
	field_subtract(field, into->x, into->x, u1);
	field_subtract(field, number, u1, into->x);
	field_multiply(field, number, r, number);
	field_multiply(field, s1, s1, z2);
	field_subtract(field, into->y, number, s1);
}

/* y^2 = x^3 - 3x + b */
static int isOnCurve(const Field *field, const Point *point)
{
	Number left, right, number;
	field_multiply(field, left, point->y, point->y);
	field_multiply(field, right, point->x, point->x);
	field_multiply(field, right, right, point->x);
	field_subtract(field, right, right, point->x);
	field_subtract(field, right, right, point->x);
	field_subtract(field, right, right, point->x);
	field_enter(field, number, b);
	field_add(field, right, right, number);
	return number_isSame(left, right);
}

/* u1 G + u2 Q */
static void sumOf(const Field *field, Point *sum, const Point *const *points, const uint32_t *u1, const uint32_t *u2)
{
	Point both;
	int index;
	add(field, &both, points[0], points[1]);
	memset(sum, 0, sizeof(*sum));
	for (index = 255; index >= 0; index--) {
		int first = number_bit(u1, index), second = number_bit(u2, index);
		doubled(field, sum, sum);
		if (first || second)
			add(field, sum, sum, (first && second) ? &both : first ? points[0] : points[1]);
	}
}

int p256_verify(const uint8_t *key, const uint8_t *hash, const uint8_t *signature)
{
	Field curve, scalars;
	Point base, own, sum;
	const Point *const points[2] = { &base, &own };
	Number r, s, e, u1, u2, x, y;
	number_fromBig(r, signature);
	number_fromBig(s, signature + 32);
	number_fromBig(e, hash);
	number_fromBig(x, key);
	number_fromBig(y, key + 32);
	if (number_isZero(r) || number_isZero(s) || !number_isBelow(r, order) || !number_isBelow(s, order)
		|| !number_isBelow(x, prime) || !number_isBelow(y, prime))
		return 0;
	field_begin(&curve, prime);
	field_begin(&scalars, order);
	field_enter(&curve, own.x, x);
	field_enter(&curve, own.y, y);
	memcpy(own.z, curve.one, sizeof(Number));
	field_enter(&curve, base.x, baseX);
	field_enter(&curve, base.y, baseY);
	memcpy(base.z, curve.one, sizeof(Number));
	if (!isOnCurve(&curve, &own))
		return 0;
	field_enter(&scalars, s, s);
	field_invert(&scalars, s, s);
	field_multiply(&scalars, u1, e, s);
	field_multiply(&scalars, u2, r, s);
	sumOf(&curve, &sum, points, u1, u2);
	if (number_isZero(sum.z))
		return 0;
	field_invert(&curve, x, sum.z);
	field_multiply(&curve, x, x, x);
	field_multiply(&curve, x, sum.x, x);
	field_leave(&curve, x, x);
	if (!number_isBelow(x, order)) /* the prime is below twice the order */
		field_subtract(&scalars, x, x, order);
	return number_isSame(x, r);
}
