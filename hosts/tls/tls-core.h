/*
 * TLS 1.2 and 1.3 in the client's role, over mbedTLS's ssl API (2.28, 3.6 and 4): plain C, nothing of XS, no sockets.
 * What comes from the other side is given with tlsTake(), what is to go there is fetched with tlsGive(); nothing here
 * blocks, waits or knows the time. Random numbers are PSA's.
 */
#ifndef DORMOUSE_TLS_CORE_H
#define DORMOUSE_TLS_CORE_H

#include <stddef.h>
#include <stdint.h>

/* Without the library there is no core, and tls-natives.c says so to the program. */
#ifndef DORMOUSE_HAS_TLS
	#if defined(__has_include)
		#if __has_include(<mbedtls/ssl.h>) && __has_include(<psa/crypto.h>)
			#include <mbedtls/ssl.h>
			#if defined(MBEDTLS_SSL_CLI_C) && defined(MBEDTLS_SSL_PROTO_TLS1_2) && defined(MBEDTLS_X509_CRT_PARSE_C)
				#define DORMOUSE_HAS_TLS 1
			#endif
		#endif
	#endif
#endif

/* Connections at once. Each takes what mbedTLS takes (MBEDTLS_SSL_IN_CONTENT_LEN, _OUT_CONTENT_LEN), and 3 KiB. */
#ifndef DORMOUSE_TLS_CONNECTIONS
	#define DORMOUSE_TLS_CONNECTIONS 3
#endif

enum {
	tlsInputSize = 1024, /* bytes of the other side that wait to be looked at */
	tlsOutputSize = 1536, /* bytes for the other side that wait to be fetched */
	tlsRecordMost = 1024, /* most plaintext in one record of ours */
	tlsSuitesMost = 8,
	tlsChainMost = 4, /* certificates that the other side may show */
	tlsCertificateMost = 2048, /* bytes of each */
	tlsNameMost = 255,
	tlsProtocolMost = 31
};

/* Answers. Those below tlsClosed end the connection; it is released with tlsRelease() all the same. */
enum {
	tlsNothing = 0,
	tlsReady = 1, /* the handshake is over */
	tlsAsks = 2, /* tlsCertificate() has what the other side shows: is it the right one? tlsTrust() goes on */
	tlsClosed = -1, /* the other side said close_notify: there is no more */
	tlsTruncated = -2, /* the stream ended without it: an attacker may have cut it */
	tlsAlerted = -3, /* the other side refuses us: a key or a name that it does not know, no suite in common */
	tlsUntrusted = -4, /* tlsTrust() said no, or there was nothing to ask about */
	tlsBroken = -5, /* what came is no TLS, or was changed on the way */
	tlsFailed = -6, /* the library: no memory, no random numbers */
	tlsRefused = -7, /* settings that the library does not take */
	tlsUnknown = -8 /* no such connection: the program's own mistake */
};

typedef struct {
	const uint8_t *bytes;
	size_t size;
} TlsBytes;

/* Everything is copied; whoever has secrets in it overwrites his own. */
typedef struct {
	/* A pre-shared key, and what it is called; or 0 bytes and PSA's number of one that nobody reads (TLS 1.2 alone). */
	TlsBytes pskIdentity;
	TlsBytes psk;
	uint32_t pskId;
	/* Our own certificates in DER, one behind the other, and the private key: 32 bytes of P-256, or PKCS #8, SEC 1. */
	TlsBytes chain;
	TlsBytes privateKey;
	/* IANA's numbers in our order; none: by what keys there are. */
	const uint16_t *suites;
	size_t suiteCount;
	/* What is said in SNI (RFC 6066), and in ALPN (RFC 7301): "" says nothing. */
	const char *serverName;
	const char *protocol;
} TlsSettings;

/* Call it first; again does no harm. @returns 0, or tlsFailed */
int tlsBegin(void);
/* @returns a connection, above 0, or 0: there are too many; tlsRefused, tlsFailed */
int32_t tlsOpen(const TlsSettings *settings);
/* Ends it and overwrites its secrets. Nobody is told: tlsClose() does that. */
int tlsRelease(int32_t id);

/* Bytes of the other side. @returns how many were taken: the rest again after tlsStep() or tlsRead() */
int tlsTake(int32_t id, const uint8_t *bytes, size_t size);
/* How many tlsTake() takes now. */
int tlsRoom(int32_t id);
/* The other side's stream has ended, all of it was taken. */
int tlsEnd(int32_t id);
/* Bytes for the other side. @returns how many */
int tlsGive(int32_t id, uint8_t *into, size_t size);

/* Goes on with the handshake as far as it goes. @returns tlsNothing, tlsReady, tlsAsks, or why it has ended */
int tlsStep(int32_t id);
/* After tlsAsks; index from 0 on, the other side's own first. @returns its size, 0 for no more */
int tlsCertificate(int32_t id, int index, const uint8_t **bytes);
int tlsTrust(int32_t id, int isTrusted);

/* How many bytes tlsRead() has now, as far as it has come; 0: none, give more; or why there will be none. */
int tlsPending(int32_t id);
/* @returns how many bytes, 0 for none now, or why there will be none */
int tlsRead(int32_t id, uint8_t *into, size_t size);
/* @returns how many were taken, 0: fetch with tlsGive() first; or why it has ended */
int tlsWrite(int32_t id, const uint8_t *bytes, size_t size);
/* Says close_notify: fetch it with tlsGive(). */
int tlsClose(int32_t id);

/* The library's own number of what ended a connection, or 0. */
int tlsWhy(int32_t id);
/* Of a connection that is tlsReady: 0x0303 is TLS 1.2, 0x0304 is 1.3; and the suite's number. */
int tlsVersion(int32_t id);
int tlsSuite(int32_t id);
/* The protocol that the server chose by ALPN; NULL: it chose none. */
const char *tlsProtocol(int32_t id);

#endif
