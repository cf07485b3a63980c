/*
 * TLS over mbedTLS's ssl API. Each connection has its own configuration, because keys belong to one server; its input
 * and output are two small buffers in front of the library's own.
 */
#include "tls-core.h"

#if DORMOUSE_HAS_TLS

#include "tls-connection.h"

#include <stdlib.h>
#include <string.h>

/* Tickets and the like are records without anything for us: so many of them, then the next call goes on. */
enum { recordsPerCall = 8 };

static TlsConnection *connections[DORMOUSE_TLS_CONNECTIONS];
static uint16_t uses;

void tlsWipe(void *bytes, size_t size)
{
	volatile uint8_t *byte = bytes;
	while (size-- > 0)
		*byte++ = 0;
}

static TlsConnection *connectionOf(int32_t id)
{
	TlsConnection *it = (id > 0) ? connections[id % DORMOUSE_TLS_CONNECTIONS] : NULL;
	return (it && (it->id == id)) ? it : NULL;
}

int tlsBegin(void)
{
	return (psa_crypto_init() == PSA_SUCCESS) ? 0 : tlsFailed;
}

/* --- the library's two ends --- */

static int sendNow(void *context, const unsigned char *bytes, size_t size)
{
	TlsConnection *it = context;
	size_t room = sizeof(it->output) - it->outputSize;
	if (room == 0)
		return MBEDTLS_ERR_SSL_WANT_WRITE;
	if (size > room)
		size = room;
	memcpy(it->output + it->outputSize, bytes, size);
	it->outputSize += size;
	return (int)size;
}

static int receiveNow(void *context, unsigned char *into, size_t size)
{
	TlsConnection *it = context;
	size_t waiting = it->inputSize - it->inputAt;
	if (waiting == 0)
		return it->isEnded ? 0 : MBEDTLS_ERR_SSL_WANT_READ;
	if (size > waiting)
		size = waiting;
	memcpy(into, it->input + it->inputAt, size);
	it->inputAt += size;
	return (int)size;
}

/* Has the connection end, once. @returns why */
static int end(TlsConnection *it, int why, int library)
{
	if (it->why == tlsNothing) {
		it->why = why;
		it->library = library;
	}
	return it->why;
}

/* What an answer of the library's means. @returns tlsNothing when it only waits */
static int meaning(TlsConnection *it, int answer)
{
	switch (answer) {
	case MBEDTLS_ERR_SSL_WANT_READ:
	case MBEDTLS_ERR_SSL_WANT_WRITE:
	case MBEDTLS_ERR_SSL_CRYPTO_IN_PROGRESS:
#ifdef MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET
	case MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET: /* not kept */
#endif
		return tlsNothing;
	case 0: /* of a read: the stream has ended */
	case MBEDTLS_ERR_SSL_CONN_EOF:
		return end(it, tlsTruncated, answer);
	case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
		return end(it, tlsClosed, 0);
	case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE:
		return end(it, tlsAlerted, answer);
	case MBEDTLS_ERR_SSL_ALLOC_FAILED:
	case MBEDTLS_ERR_SSL_NO_RNG:
	case MBEDTLS_ERR_SSL_INTERNAL_ERROR:
		return end(it, tlsFailed, answer);
	default:
		return end(it, tlsBroken, answer);
	}
}

/* --- beginning and end --- */

int32_t tlsOpen(const TlsSettings *settings)
{
	TlsConnection *it;
	int answer;
	int index = 0;
	while ((index < DORMOUSE_TLS_CONNECTIONS) && connections[index])
		index++;
	if (index == DORMOUSE_TLS_CONNECTIONS)
		return 0;
	it = calloc(1, sizeof(*it));
	if (!it)
		return tlsFailed;
	answer = tlsConfigure(it, settings);
	if (answer == 0) {
		mbedtls_ssl_set_bio(&it->ssl, it, sendNow, receiveNow, NULL);
		uses = (uint16_t)((uses % 0x7fff) + 1);
		it->id = uses * DORMOUSE_TLS_CONNECTIONS + index;
		connections[index] = it;
		return it->id;
	}
	tlsUnconfigure(it);
	tlsWipe(it, sizeof(*it));
	free(it);
	return answer;
}

int tlsRelease(int32_t id)
{
	TlsConnection *it = connectionOf(id);
	if (!it)
		return tlsUnknown;
	connections[id % DORMOUSE_TLS_CONNECTIONS] = NULL;
	tlsUnconfigure(it);
	tlsWipe(it, sizeof(*it));
	free(it);
	return 0;
}

/* --- bytes of the other side, and for it --- */

int tlsRoom(int32_t id)
{
	TlsConnection *it = connectionOf(id);
	return it ? (int)(sizeof(it->input) - (it->inputSize - it->inputAt)) : tlsUnknown;
}

int tlsTake(int32_t id, const uint8_t *bytes, size_t size)
{
	TlsConnection *it = connectionOf(id);
	size_t room;
	if (!it)
		return tlsUnknown;
	if (it->inputAt) {
		memmove(it->input, it->input + it->inputAt, it->inputSize - it->inputAt);
		it->inputSize -= it->inputAt;
		it->inputAt = 0;
	}
	room = sizeof(it->input) - it->inputSize;
	if (size > room)
		size = room;
	if (size)
		memcpy(it->input + it->inputSize, bytes, size);
	it->inputSize += size;
	return (int)size;
}

int tlsEnd(int32_t id)
{
	TlsConnection *it = connectionOf(id);
	if (!it)
		return tlsUnknown;
	it->isEnded = 1;
	return 0;
}

int tlsGive(int32_t id, uint8_t *into, size_t size)
{
	TlsConnection *it = connectionOf(id);
	if (!it)
		return tlsUnknown;
	if (size > it->outputSize)
		size = it->outputSize;
	if (size == 0)
		return 0;
	memcpy(into, it->output, size);
	it->outputSize -= size;
	memmove(it->output, it->output + size, it->outputSize);
	return (int)size;
}

/* --- the handshake --- */

int tlsStep(int32_t id)
{
	TlsConnection *it = connectionOf(id);
	if (!it)
		return tlsUnknown;
	while ((it->why == tlsNothing) && !it->isOver) {
		int answer;
		/* Between two steps: what the other side shows is looked at before anything is believed that it signed. */
		if ((it->chainCount > 0) && !it->isTrusted)
			return tlsAsks;
		if (tlsIsOver(it)) {
			/* Nobody is let in who has shown nothing, and has no key in common with us. */
			if (it->hasTrustToAsk && !it->isTrusted)
				return end(it, tlsUntrusted, 0);
			it->isOver = 1;
			tlsForgetChain(it);
			break;
		}
		answer = mbedtls_ssl_handshake_step(&it->ssl);
		if ((answer < 0) && (meaning(it, answer) == tlsNothing))
			return tlsNothing;
	}
	return (it->why == tlsNothing) ? tlsReady : it->why;
}

int tlsCertificate(int32_t id, int index, const uint8_t **bytes)
{
	TlsConnection *it = connectionOf(id);
	if (!it)
		return tlsUnknown;
	if ((index < 0) || (index >= it->chainCount))
		return 0;
	*bytes = it->certificates[index].bytes;
	return (int)it->certificates[index].size;
}

int tlsTrust(int32_t id, int isTrusted)
{
	TlsConnection *it = connectionOf(id);
	if (!it)
		return tlsUnknown;
	if (it->chainCount == 0)
		return tlsUnknown;
	if (isTrusted) {
		it->isTrusted = 1;
		return 0;
	}
	if (it->why == tlsNothing) /* best effort: the alert may find no room */
		(void)mbedtls_ssl_send_alert_message(&it->ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL, MBEDTLS_SSL_ALERT_MSG_BAD_CERT);
	(void)end(it, tlsUntrusted, 0);
	return 0;
}

/* --- what it is for --- */

int tlsPending(int32_t id)
{
	TlsConnection *it = connectionOf(id);
	int tries;
	if (!it)
		return tlsUnknown;
	/* A read of nothing has the library open the next record. */
	for (tries = 0; (tries < recordsPerCall) && (it->why == tlsNothing) && it->isOver; tries++) {
		uint8_t none;
		size_t size = mbedtls_ssl_get_bytes_avail(&it->ssl);
		int answer = size ? 0 : mbedtls_ssl_read(&it->ssl, &none, 0);
		if (size || ((answer == 0) && ((size = mbedtls_ssl_get_bytes_avail(&it->ssl)) > 0)))
			return (int)size;
		if ((meaning(it, answer) == tlsNothing) && (it->inputAt == it->inputSize))
			return 0;
	}
	return it->why;
}

int tlsRead(int32_t id, uint8_t *into, size_t size)
{
	TlsConnection *it = connectionOf(id);
	int tries;
	if (!it)
		return tlsUnknown;
	if ((it->why != tlsNothing) || !it->isOver || (size == 0))
		return (it->why != tlsNothing) ? it->why : 0;
	for (tries = 0; tries < recordsPerCall; tries++) {
		int answer = mbedtls_ssl_read(&it->ssl, into, size);
		if (answer > 0)
			return answer;
		if (meaning(it, answer) != tlsNothing)
			return it->why;
		if (it->inputAt == it->inputSize)
			break;
	}
	return 0;
}

int tlsWrite(int32_t id, const uint8_t *bytes, size_t size)
{
	TlsConnection *it = connectionOf(id);
	int answer;
	if (!it)
		return tlsUnknown;
	if (it->why != tlsNothing)
		return it->why;
	/* Only with room for all of a record: then the library never has to be asked again with the same bytes. */
	if (!it->isOver || it->isClosing || (size == 0) || (it->outputSize > sizeof(it->output) - tlsRecordMost - 256))
		return 0;
	if (size > tlsRecordMost)
		size = tlsRecordMost;
	answer = mbedtls_ssl_write(&it->ssl, bytes, size);
	if (answer >= 0)
		return answer;
	return meaning(it, answer);
}

int tlsClose(int32_t id)
{
	TlsConnection *it = connectionOf(id);
	if (!it)
		return tlsUnknown;
	if (it->isClosing)
		return 0;
	it->isClosing = 1;
	if ((it->why == tlsNothing) || (it->why == tlsClosed))
		(void)mbedtls_ssl_close_notify(&it->ssl);
	return 0;
}

int tlsWhy(int32_t id)
{
	TlsConnection *it = connectionOf(id);
	return it ? it->library : 0;
}

int tlsSuite(int32_t id)
{
	TlsConnection *it = connectionOf(id);
	if (!it || !it->isOver)
		return 0;
	return mbedtls_ssl_get_ciphersuite_id(mbedtls_ssl_get_ciphersuite(&it->ssl));
}

int tlsVersion(int32_t id)
{
	TlsConnection *it = connectionOf(id);
	const char *name = (it && it->isOver) ? mbedtls_ssl_get_version(&it->ssl) : "";
	if (!strcmp(name, "TLSv1.2"))
		return 0x0303;
	return strcmp(name, "TLSv1.3") ? 0 : 0x0304;
}

const char *tlsProtocol(int32_t id)
{
	TlsConnection *it = connectionOf(id);
#if defined(MBEDTLS_SSL_ALPN)
	return (it && it->isOver) ? mbedtls_ssl_get_alpn_protocol(&it->ssl) : NULL;
#else
	(void)it;
	return NULL;
#endif
}

#endif
