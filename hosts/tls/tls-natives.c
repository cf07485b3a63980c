/*
 * The natives of tls-natives.ts: arguments of XS to tls-core.c and back. What the program did wrong is a RangeError;
 * what the other side or the library does is a number below zero.
 */
#include "xsmc.h"
#include "mc.xs.h"

#include "tls-core.h"

#include <string.h>

#if DORMOUSE_HAS_TLS

static int checked(xsMachine *the, int answer)
{
	if (answer == tlsUnknown)
		xsRangeError("no such connection");
	return answer;
}

static TlsBytes bytesOf(xsMachine *the, int index)
{
	void *bytes;
	xsUnsignedValue size;
	xsmcGetBufferReadable(xsArg(index), &bytes, &size);
	return (TlsBytes){ bytes, size };
}

void xs_dormouse_tls_begin(xsMachine *the)
{
	xsmcSetBoolean(xsResult, tlsBegin() == 0);
}

/* (identity, psk, pskId, chain, privateKey, suites, serverName, protocol) => id */
void xs_dormouse_tls_open(xsMachine *the)
{
	char name[tlsNameMost + 1];
	char protocol[tlsProtocolMost + 1];
	uint16_t numbers[tlsSuitesMost];
	TlsSettings settings;
	TlsBytes suites;
	size_t index;
	memset(&settings, 0, sizeof(settings));
	settings.pskId = (uint32_t)xsmcToNumber(xsArg(2));
	xsmcToStringBuffer(xsArg(6), name, sizeof(name));
	xsmcToStringBuffer(xsArg(7), protocol, sizeof(protocol));
	settings.serverName = name;
	settings.protocol = protocol;
	/* Nothing of XS is allocated from here on: buffers stay where they are. */
	settings.pskIdentity = bytesOf(the, 0);
	settings.psk = bytesOf(the, 1);
	settings.chain = bytesOf(the, 3);
	settings.privateKey = bytesOf(the, 4);
	suites = bytesOf(the, 5);
	settings.suites = numbers;
	for (index = 0; (index < tlsSuitesMost) && (2 * index + 1 < suites.size); index++)
		numbers[index] = (uint16_t)((suites.bytes[2 * index] << 8) | suites.bytes[2 * index + 1]);
	settings.suiteCount = index;
	xsmcSetInteger(xsResult, tlsOpen(&settings));
}

void xs_dormouse_tls_release(xsMachine *the)
{
	checked(the, tlsRelease(xsmcToInteger(xsArg(0))));
}

void xs_dormouse_tls_room(xsMachine *the)
{
	xsmcSetInteger(xsResult, checked(the, tlsRoom(xsmcToInteger(xsArg(0)))));
}

/* (id, bytes, end) => size */
void xs_dormouse_tls_take(xsMachine *the)
{
	int32_t id = xsmcToInteger(xsArg(0));
	xsIntegerValue end = xsmcToInteger(xsArg(2));
	TlsBytes from = bytesOf(the, 1);
	if ((end < 0) || ((size_t)end > from.size))
		xsRangeError("no such bytes");
	xsmcSetInteger(xsResult, checked(the, tlsTake(id, from.bytes, (size_t)end)));
}

void xs_dormouse_tls_end(xsMachine *the)
{
	checked(the, tlsEnd(xsmcToInteger(xsArg(0))));
}

/* (id, into) => size */
void xs_dormouse_tls_give(xsMachine *the)
{
	int32_t id = xsmcToInteger(xsArg(0));
	void *into;
	xsUnsignedValue size;
	xsmcGetBufferWritable(xsArg(1), &into, &size);
	xsmcSetInteger(xsResult, checked(the, tlsGive(id, into, size)));
}

void xs_dormouse_tls_step(xsMachine *the)
{
	xsmcSetInteger(xsResult, checked(the, tlsStep(xsmcToInteger(xsArg(0)))));
}

/* (id, index) => Uint8Array, or undefined */
void xs_dormouse_tls_certificate(xsMachine *the)
{
	const uint8_t *bytes = NULL;
	int size = checked(the, tlsCertificate(xsmcToInteger(xsArg(0)), (int)xsmcToInteger(xsArg(1)), &bytes));
	if (size <= 0)
		return;
	xsmcVars(1);
	xsmcSetArrayBuffer(xsVar(0), (void *)bytes, size);
	xsResult = xsNew1(xsGlobal, xsID_Uint8Array, xsVar(0));
}

void xs_dormouse_tls_trust(xsMachine *the)
{
	checked(the, tlsTrust(xsmcToInteger(xsArg(0)), xsmcTest(xsArg(1)) ? 1 : 0));
}

void xs_dormouse_tls_pending(xsMachine *the)
{
	xsmcSetInteger(xsResult, checked(the, tlsPending(xsmcToInteger(xsArg(0)))));
}

/* (id, into, at) => size */
void xs_dormouse_tls_read(xsMachine *the)
{
	int32_t id = xsmcToInteger(xsArg(0));
	xsIntegerValue at = xsmcToInteger(xsArg(2));
	void *into;
	xsUnsignedValue size;
	xsmcGetBufferWritable(xsArg(1), &into, &size);
	if ((at < 0) || ((xsUnsignedValue)at > size))
		xsRangeError("no such bytes");
	xsmcSetInteger(xsResult, checked(the, tlsRead(id, (uint8_t *)into + at, size - (xsUnsignedValue)at)));
}

/* (id, bytes, at, end) => size */
void xs_dormouse_tls_write(xsMachine *the)
{
	int32_t id = xsmcToInteger(xsArg(0));
	xsIntegerValue at = xsmcToInteger(xsArg(2));
	xsIntegerValue end = xsmcToInteger(xsArg(3));
	TlsBytes from = bytesOf(the, 1);
	if ((at < 0) || (end < at) || ((size_t)end > from.size))
		xsRangeError("no such bytes");
	xsmcSetInteger(xsResult, checked(the, tlsWrite(id, from.bytes + at, (size_t)(end - at))));
}

void xs_dormouse_tls_close(xsMachine *the)
{
	checked(the, tlsClose(xsmcToInteger(xsArg(0))));
}

/* (id, what) => number */
void xs_dormouse_tls_describe(xsMachine *the)
{
	int32_t id = xsmcToInteger(xsArg(0));
	xsIntegerValue what = xsmcToInteger(xsArg(1));
	xsmcSetInteger(xsResult, (what == 0) ? tlsWhy(id) : (what == 1) ? tlsVersion(id) : tlsSuite(id));
}

/* (id) => string, or undefined */
void xs_dormouse_tls_protocol(xsMachine *the)
{
	const char *protocol = tlsProtocol(xsmcToInteger(xsArg(0)));
	if (protocol)
		xsmcSetString(xsResult, (xsStringValue)protocol);
}

#else

#pragma message "no <mbedtls/ssl.h> with a client of TLS 1.2 (Debian: libmbedtls-dev): this image has no TLS"

void xs_dormouse_tls_begin(xsMachine *the)
{
	xsmcSetBoolean(xsResult, 0);
}

#define ABSENT(NAME) \
	void xs_dormouse_tls_##NAME(xsMachine *the) \
	{ \
		xsUnknownError("built without TLS"); \
	}

ABSENT(open)
ABSENT(release)
ABSENT(room)
ABSENT(take)
ABSENT(end)
ABSENT(give)
ABSENT(step)
ABSENT(certificate)
ABSENT(trust)
ABSENT(pending)
ABSENT(read)
ABSENT(write)
ABSENT(close)
ABSENT(describe)
ABSENT(protocol)

#endif
