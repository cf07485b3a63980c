/* What tls-core.c and tls-settings.c share: a connection, and how it is configured. */
#ifndef DORMOUSE_TLS_CONNECTION_H
#define DORMOUSE_TLS_CONNECTION_H

#include "tls-core.h"

#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ciphersuites.h>
#include <mbedtls/x509_crt.h>
#include <psa/crypto.h>

typedef struct {
	uint8_t *bytes;
	size_t size;
} TlsCertificate;

typedef struct {
	int32_t id;
	mbedtls_ssl_context ssl;
	mbedtls_ssl_config config;
	mbedtls_x509_crt chain;
	mbedtls_pk_context key;
	int suites[tlsSuitesMost + 1];
	char protocol[tlsProtocolMost + 1];
	const char *protocols[2];
	/* What the other side shows, until the handshake is over. */
	TlsCertificate certificates[tlsChainMost];
	int chainCount;
	uint8_t input[tlsInputSize];
	size_t inputAt;
	size_t inputSize;
	uint8_t output[tlsOutputSize];
	size_t outputSize;
	/* tlsNothing while it goes on. */
	int why;
	int library;
	uint8_t isEnded;
	uint8_t isOver;
	uint8_t isClosing;
	uint8_t isTrusted;
	/* Whether the other side has to show a certificate. */
	uint8_t hasTrustToAsk;
} TlsConnection;

/* @returns 0, tlsRefused or tlsFailed: then tlsUnconfigure() is still to be called */
int tlsConfigure(TlsConnection *it, const TlsSettings *settings);
void tlsUnconfigure(TlsConnection *it);
int tlsIsOver(const TlsConnection *it);
void tlsForgetChain(TlsConnection *it);
/* Overwrites what held a secret; the compiler may not leave it out. */
void tlsWipe(void *bytes, size_t size);

#endif
