#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include <wolfssl/error-ssl.h>
#include <wolfssl/version.h>

#include "peer.h"

#include <stdio.h>
#include <string.h>

/* Debian's library has no cipher suites with pre-shared keys alone, no raw public keys and no Connection ID. */

static const struct options *wanted;
static WOLFSSL_CTX *context;
static WOLFSSL *ssl;
static WOLFSSL_SESSION *kept;
static int last_error;

static int put(WOLFSSL *of, char *bytes, int size, void *unused) {
	(void)of, (void)unused;
	return net_send((const unsigned char *)bytes, size);
}

static int get(WOLFSSL *of, char *into, int size, void *unused) {
	(void)of, (void)unused;
	int given = net_receive((unsigned char *)into, size);
	return given < 0 ? WOLFSSL_CBIO_ERR_WANT_READ : given;
}

/* The library's own asks the socket who sends. */
static int make_cookie(WOLFSSL *of, unsigned char *cookie, int size, void *unused) {
	(void)of, (void)unused;
	size_t address_size;
	const unsigned char *address = net_remote(&address_size);
	for (int at = 0; at < size; at++) cookie[at] = address[at % address_size] ^ (0x5a + at);
	return size;
}

static const char *suite_name(void) {
	if (strcmp(wanted->suite, "ECDHE_CCM8") == 0) return "ECDHE-ECDSA-AES128-CCM-8";
	if (strcmp(wanted->suite, "ECDHE_GCM") == 0) return "ECDHE-ECDSA-AES128-GCM-SHA256";
	return strcmp(wanted->suite, "ECDHE_CBC") == 0 ? "ECDHE-ECDSA-AES128-SHA256" : "";
}

static const char *version(void) {
	return LIBWOLFSSL_VERSION_STRING;
}

static const char *why(void) {
	static char words[200], text[WOLFSSL_MAX_ERROR_SZ];
	WOLFSSL_ALERT_HISTORY history;
	wolfSSL_ERR_error_string(last_error, text);
	if (ssl && wolfSSL_get_alert_history(ssl, &history) == WOLFSSL_SUCCESS && history.last_rx.code >= 0) {
		snprintf(words, sizeof words, "received alert %d; %s", history.last_rx.code, text);
	} else {
		snprintf(words, sizeof words, "%d; %s", last_error, text);
	}
	return words;
}

static int set_up(const struct options *options) {
	wanted = options;
	wolfSSL_Init();
	context = wolfSSL_CTX_new(options->is_server ? wolfDTLSv1_2_server_method() : wolfDTLSv1_2_client_method());
	if (wolfSSL_CTX_set_cipher_list(context, suite_name()) != WOLFSSL_SUCCESS) return 0;
	wolfSSL_CTX_SetIOSend(context, put);
	wolfSSL_CTX_SetIORecv(context, get);
	wolfSSL_CTX_SetGenCookie(context, make_cookie);
	if (options->ca && wolfSSL_CTX_load_verify_locations(context, options->ca, NULL) != WOLFSSL_SUCCESS) return 0;
	if (options->cert) {
		if (wolfSSL_CTX_use_certificate_chain_file(context, options->cert) != WOLFSSL_SUCCESS) return 0;
		if (wolfSSL_CTX_use_PrivateKey_file(context, options->key, WOLFSSL_FILETYPE_PEM) != WOLFSSL_SUCCESS) return 0;
	}
	int must = options->is_server ? WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
	wolfSSL_CTX_set_verify(context, options->verify ? WOLFSSL_VERIFY_PEER | must : WOLFSSL_VERIFY_NONE, NULL);
	return 1;
}

static int start(int resumes) {
	ssl = wolfSSL_new(context);
	wolfSSL_dtls_set_using_nonblock(ssl, 1);
	if (wanted->is_server) return 1;
	if (wanted->name) {
		wolfSSL_UseSNI(ssl, WOLFSSL_SNI_HOST_NAME, wanted->name, (unsigned short)strlen(wanted->name));
		wolfSSL_check_domain_name(ssl, wanted->name);
	}
	if (resumes && kept) wolfSSL_set_session(ssl, kept);
	return 1;
}

static int handshake(void) {
	int result = wanted->is_server ? wolfSSL_accept(ssl) : wolfSSL_connect(ssl);
	if (result == WOLFSSL_SUCCESS) return step_done;
	last_error = wolfSSL_get_error(ssl, result);
	return last_error == WOLFSSL_ERROR_WANT_READ || last_error == WOLFSSL_ERROR_WANT_WRITE ? step_waiting : step_failed;
}

static void tell(struct established *into) {
	into->is_resumed = wolfSSL_session_reused(ssl);
	into->has_ems = -1;
	into->suite = wolfSSL_get_cipher_name(ssl);
	into->peer[0] = 0;
	if (!wanted->is_server) {
		wolfSSL_SESSION_free(kept);
		kept = wolfSSL_get1_session(ssl);
	}
}

static int read_plain(unsigned char *into, int size) {
	int result = wolfSSL_read(ssl, into, size);
	if (result > 0) return result;
	last_error = wolfSSL_get_error(ssl, result);
	if (last_error == WOLFSSL_ERROR_WANT_READ || last_error == WOLFSSL_ERROR_WANT_WRITE) return read_waiting;
	return last_error == WOLFSSL_ERROR_ZERO_RETURN ? read_closed : read_failed;
}

static int write_plain(const unsigned char *bytes, int size) {
	return wolfSSL_write(ssl, bytes, size);
}

static void close_session(void) {
	wolfSSL_shutdown(ssl);
}

static int timer_ms(void) {
	return wolfSSL_dtls_get_current_timeout(ssl) * 1000;
}

static void on_timer(void) {
	wolfSSL_dtls_got_timeout(ssl);
}

static void end(void) {
	wolfSSL_free(ssl);
	ssl = NULL;
	last_error = 0;
}

const struct backend backend = {
	.name = "wolfSSL", .version = version, .set_up = set_up, .start = start, .handshake = handshake, .tell = tell,
	.read = read_plain, .write = write_plain, .close = close_session, .timer_ms = timer_ms, .on_timer = on_timer,
	.why = why, .end = end,
};
