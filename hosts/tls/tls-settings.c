/* How a connection is configured: keys, suites, names, and what is asked of the other side's certificate. */
#include "tls-core.h"

#if DORMOUSE_HAS_TLS

#include "tls-connection.h"

#include <mbedtls/pk.h>
#include <mbedtls/version.h>
#include <stdlib.h>
#include <string.h>

/* 4: PSA alone; 3: PSA beside the older interface, which 2 has alone. */
#define LIBRARY (MBEDTLS_VERSION_NUMBER >> 24)

/* Without certificates, and with them. What the library was built without it leaves out by itself. */
static const uint16_t pskSuites[] = { 0x1301, 0x1304, 0xc0a8, 0x00a8, 0xc0a4, 0x00ae };
static const uint16_t certificateSuites[] = { 0x1301, 0x1304, 0xc0ae, 0xc02b, 0xc0ac, 0xc023 };

enum { scalarSize = 32 };

#if LIBRARY < 4
static int draw(void *nothing, unsigned char *into, size_t size)
{
	(void)nothing;
	return (psa_generate_random(into, size) == PSA_SUCCESS) ? 0 : MBEDTLS_ERR_SSL_NO_RNG;
}
#endif

/*
 * Called for each certificate on the way from the root to the other side's own, which comes last: then all that it
 * sent is kept, to be looked at between two steps. Whether the library likes the path does not matter: it has no roots.
 */
static int keep(void *context, mbedtls_x509_crt *shown, int depth, uint32_t *flags)
{
	TlsConnection *it = context;
	if (depth != 0)
		return 0;
	(void)flags;
	for (; shown && shown->raw.p; shown = shown->next) {
		TlsCertificate *next = &it->certificates[it->chainCount];
		if ((it->chainCount == tlsChainMost) || (shown->raw.len > tlsCertificateMost))
			return MBEDTLS_ERR_X509_FATAL_ERROR;
		next->bytes = malloc(shown->raw.len);
		if (!next->bytes)
			return MBEDTLS_ERR_X509_ALLOC_FAILED;
		memcpy(next->bytes, shown->raw.p, shown->raw.len);
		next->size = shown->raw.len;
		it->chainCount++;
	}
	return 0;
}

void tlsForgetChain(TlsConnection *it)
{
	while (it->chainCount > 0)
		free(it->certificates[--it->chainCount].bytes);
}

/* --- keys --- */

static int refusal(int answer)
{
	if (answer == 0)
		return 0;
	if ((answer == MBEDTLS_ERR_SSL_ALLOC_FAILED) || (answer == MBEDTLS_ERR_X509_ALLOC_FAILED))
		return tlsFailed;
	return tlsRefused;
}

static int usePsk(TlsConnection *it, const TlsSettings *settings)
{
	const TlsBytes *identity = &settings->pskIdentity;
	if (settings->psk.size)
		return refusal(mbedtls_ssl_conf_psk(&it->config, settings->psk.bytes, settings->psk.size, identity->bytes,
			identity->size));
#if defined(MBEDTLS_USE_PSA_CRYPTO) || (LIBRARY >= 4)
	return refusal(mbedtls_ssl_conf_psk_opaque(&it->config, (psa_key_id_t)settings->pskId, identity->bytes,
		identity->size));
#else
	return tlsRefused;
#endif
}

static int parseKey(TlsConnection *it, const uint8_t *bytes, size_t size)
{
#if LIBRARY >= 4
	return mbedtls_pk_parse_key(&it->key, bytes, size, NULL, 0);
#elif LIBRARY == 3
	return mbedtls_pk_parse_key(&it->key, bytes, size, NULL, 0, draw, NULL);
#else
	return mbedtls_pk_parse_key(&it->key, bytes, size, NULL, 0);
#endif
}

/* A bare scalar becomes the shortest ECPrivateKey there is (RFC 5915 §3): the library computes the point. */
static int useKey(TlsConnection *it, const TlsBytes *key)
{
	static const uint8_t before[] = { 0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20 };
	static const uint8_t behind[] = { 0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
	uint8_t der[sizeof(before) + scalarSize + sizeof(behind)];
	int answer;
	if (key->size != scalarSize)
		return refusal(parseKey(it, key->bytes, key->size));
	memcpy(der, before, sizeof(before));
	memcpy(der + sizeof(before), key->bytes, scalarSize);
	memcpy(der + sizeof(before) + scalarSize, behind, sizeof(behind));
	answer = refusal(parseKey(it, der, sizeof(der)));
	tlsWipe(der, sizeof(der));
	return answer;
}

/* Our own certificates, one behind the other: each says its size itself. */
static int useChain(TlsConnection *it, const TlsBytes *chain)
{
	size_t at = 0;
	while (at < chain->size) {
		size_t size;
		int answer;
		if ((chain->size - at < 4) || (chain->bytes[at] != 0x30) || (chain->bytes[at + 1] != 0x82))
			return tlsRefused; /* a certificate is longer than 255 bytes, and shorter than 65,536 */
		size = 4 + ((size_t)chain->bytes[at + 2] << 8) + chain->bytes[at + 3];
		if (size > chain->size - at)
			return tlsRefused;
		answer = refusal(mbedtls_x509_crt_parse_der(&it->chain, chain->bytes + at, size));
		if (answer)
			return answer;
		at += size;
	}
	return refusal(mbedtls_ssl_conf_own_cert(&it->config, &it->chain, &it->key));
}

/* --- all of it --- */

static void useSuites(TlsConnection *it, const TlsSettings *settings)
{
	int hasPsk = settings->pskIdentity.size > 0;
	const uint16_t *suites = hasPsk ? pskSuites : certificateSuites;
	size_t count = hasPsk ? sizeof(pskSuites) / sizeof(*pskSuites) : sizeof(certificateSuites) / sizeof(*suites);
	size_t index;
	if (settings->suiteCount) {
		suites = settings->suites;
		count = (settings->suiteCount < tlsSuitesMost) ? settings->suiteCount : tlsSuitesMost;
	}
	for (index = 0; index < count; index++)
		it->suites[index] = suites[index];
	it->suites[count] = 0;
	mbedtls_ssl_conf_ciphersuites(&it->config, it->suites);
}

static void useVersions(TlsConnection *it, const TlsSettings *settings)
{
#if LIBRARY >= 3
	mbedtls_ssl_conf_min_tls_version(&it->config, MBEDTLS_SSL_VERSION_TLS1_2);
	if (settings->pskId && !settings->psk.size) /* a key for TLS12_PSK_TO_MS can not be HKDF's */
		mbedtls_ssl_conf_max_tls_version(&it->config, MBEDTLS_SSL_VERSION_TLS1_2);
	#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
	/* Who has a pre-shared key wants nothing else: a server that shows a certificate instead is another one. */
	mbedtls_ssl_conf_tls13_key_exchange_modes(&it->config, settings->pskIdentity.size ?
		MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_ALL : MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL);
	#endif
#else
	(void)settings;
	mbedtls_ssl_conf_min_version(&it->config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
#endif
#if defined(MBEDTLS_SSL_RENEGOTIATION)
	mbedtls_ssl_conf_renegotiation(&it->config, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
#endif
#if defined(MBEDTLS_SSL_SESSION_TICKETS)
	mbedtls_ssl_conf_session_tickets(&it->config, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
#endif
#if defined(MBEDTLS_SSL_MAX_FRAGMENT_LENGTH) && (MBEDTLS_SSL_IN_CONTENT_LEN < 16384)
	/* Room for less than the largest record: the other side is asked not to send such ones (RFC 6066 §4). */
	(void)mbedtls_ssl_conf_max_frag_len(&it->config,
		(MBEDTLS_SSL_IN_CONTENT_LEN >= 4096) ? MBEDTLS_SSL_MAX_FRAG_LEN_4096 :
		(MBEDTLS_SSL_IN_CONTENT_LEN >= 2048) ? MBEDTLS_SSL_MAX_FRAG_LEN_2048 :
		(MBEDTLS_SSL_IN_CONTENT_LEN >= 1024) ? MBEDTLS_SSL_MAX_FRAG_LEN_1024 : MBEDTLS_SSL_MAX_FRAG_LEN_512);
#endif
}

static int useProtocol(TlsConnection *it, const char *protocol)
{
	if (!protocol || !*protocol)
		return 0;
#if defined(MBEDTLS_SSL_ALPN)
	if (strlen(protocol) > tlsProtocolMost)
		return tlsRefused;
	strcpy(it->protocol, protocol);
	it->protocols[0] = it->protocol;
	return refusal(mbedtls_ssl_conf_alpn_protocols(&it->config, it->protocols));
#else
	return tlsRefused;
#endif
}

int tlsConfigure(TlsConnection *it, const TlsSettings *settings)
{
	int hasPsk = settings->pskIdentity.size > 0;
	int answer;
	const char *name = settings->serverName;
	mbedtls_ssl_init(&it->ssl);
	mbedtls_ssl_config_init(&it->config);
	mbedtls_x509_crt_init(&it->chain);
	mbedtls_pk_init(&it->key);
	answer = refusal(mbedtls_ssl_config_defaults(&it->config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
		MBEDTLS_SSL_PRESET_DEFAULT));
	if (answer)
		return answer;
#if LIBRARY < 4
	mbedtls_ssl_conf_rng(&it->config, draw, NULL);
#endif
	useVersions(it, settings);
	useSuites(it, settings);
	/* No roots here: tlsTrust() is the one who decides, and without it there is no handshake. */
	it->hasTrustToAsk = !hasPsk;
	mbedtls_ssl_conf_authmode(&it->config, MBEDTLS_SSL_VERIFY_OPTIONAL);
	mbedtls_ssl_conf_verify(&it->config, keep, it);
	if (hasPsk)
		answer = usePsk(it, settings);
	if (!answer && settings->chain.size)
		answer = useKey(it, &settings->privateKey);
	if (!answer && settings->chain.size)
		answer = useChain(it, &settings->chain);
	if (!answer)
		answer = useProtocol(it, settings->protocol);
	if (!answer)
		answer = refusal(mbedtls_ssl_setup(&it->ssl, &it->config));
	if (!answer)
		answer = refusal(mbedtls_ssl_set_hostname(&it->ssl, (name && *name) ? name : NULL));
	return answer;
}

void tlsUnconfigure(TlsConnection *it)
{
	tlsForgetChain(it);
	mbedtls_ssl_free(&it->ssl);
	mbedtls_ssl_config_free(&it->config);
	mbedtls_x509_crt_free(&it->chain);
	mbedtls_pk_free(&it->key);
}

int tlsIsOver(const TlsConnection *it)
{
#if LIBRARY >= 3
	return mbedtls_ssl_is_handshake_over((mbedtls_ssl_context *)&it->ssl);
#else
	return it->ssl.state == MBEDTLS_SSL_HANDSHAKE_OVER;
#endif
}

#endif
