#include "peer.h"

#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/time.h>

static const struct options *wanted;
static SSL_CTX *context;
static SSL *ssl;
static SSL_SESSION *kept;
static unsigned char cookie_secret[16];
static char reason[256] = "no reason";
static char alert_seen[64];

static const char *suite_name(void) {
	static const char *names[][2] = {
		{"PSK_CCM8", "PSK-AES128-CCM8"}, {"PSK_GCM", "PSK-AES128-GCM-SHA256"}, {"PSK_CBC", "PSK-AES128-CBC-SHA256"},
		{"ECDHE_CCM8", "ECDHE-ECDSA-AES128-CCM8"}, {"ECDHE_GCM", "ECDHE-ECDSA-AES128-GCM-SHA256"},
		{"ECDHE_CBC", "ECDHE-ECDSA-AES128-SHA256"},
	};
	for (size_t at = 0; at < sizeof names / sizeof names[0]; at++) {
		if (strcmp(names[at][0], wanted->suite) == 0) return names[at][1];
	}
	return "";
}

/* A BIO that hands datagrams to and from peer.c. */
static int bio_write(BIO *bio, const char *bytes, int size) {
	(void)bio;
	return net_send((const unsigned char *)bytes, size);
}

static int bio_read(BIO *bio, char *into, int size) {
	BIO_clear_retry_flags(bio);
	int given = net_receive((unsigned char *)into, size);
	if (given < 0) BIO_set_retry_read(bio);
	return given;
}

static long bio_control(BIO *bio, int command, long number, void *pointer) {
	(void)bio, (void)number, (void)pointer;
	if (command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP) return 1;
	if (command == BIO_CTRL_DGRAM_GET_FALLBACK_MTU) return 228; /* what the library's own gives for IPv4 */
	return 0;
}

static int bio_create(BIO *bio) {
	BIO_set_init(bio, 1);
	return 1;
}

static BIO *datagram_bio(void) {
	static BIO_METHOD *method;
	if (!method) {
		method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams");
		BIO_meth_set_write(method, bio_write);
		BIO_meth_set_read(method, bio_read);
		BIO_meth_set_ctrl(method, bio_control);
		BIO_meth_set_create(method, bio_create);
	}
	return BIO_new(method);
}

static unsigned int give_psk(SSL *of, const char *hint, char *identity, unsigned int identity_size, unsigned char *psk,
	unsigned int psk_size) {
	(void)of, (void)hint;
	if (wanted->psk_size > psk_size) return 0;
	strncpy(identity, wanted->identity, identity_size - 1);
	memcpy(psk, wanted->psk, wanted->psk_size);
	return wanted->psk_size;
}

static unsigned int find_psk(SSL *of, const char *identity, unsigned char *psk, unsigned int psk_size) {
	(void)of;
	if (strcmp(identity, wanted->identity) != 0 || wanted->psk_size > psk_size) return 0;
	memcpy(psk, wanted->psk, wanted->psk_size);
	return wanted->psk_size;
}

static int make_cookie(SSL *of, unsigned char *cookie, unsigned int *size) {
	(void)of;
	size_t address_size;
	const unsigned char *address = net_remote(&address_size);
	unsigned char whole[32];
	unsigned int whole_size;
	HMAC(EVP_sha256(), cookie_secret, sizeof cookie_secret, address, address_size, whole, &whole_size);
	*size = 16;
	memcpy(cookie, whole, 16);
	return 1;
}

static int check_cookie(SSL *of, const unsigned char *cookie, unsigned int size) {
	unsigned char good[32];
	unsigned int good_size;
	make_cookie(of, good, &good_size);
	return size == good_size && memcmp(cookie, good, size) == 0;
}

static void see_alert(const SSL *of, int where, int value) {
	(void)of;
	if (!(where & SSL_CB_ALERT)) return;
	const char *way = where & SSL_CB_READ ? "received" : "sent";
	snprintf(alert_seen, sizeof alert_seen, "%s alert %d", way, value & 255);
}

static int keep_session(SSL *of, SSL_SESSION *session) {
	(void)of;
	SSL_SESSION_free(kept);
	kept = session;
	return 1;
}

static const char *version(void) {
	return OpenSSL_version(OPENSSL_VERSION_STRING);
}

static const char *why(void) {
	unsigned long error = ERR_get_error();
	const char *words = error ? ERR_reason_error_string(error) : NULL;
	snprintf(reason, sizeof reason, "%s; %s", alert_seen[0] ? alert_seen : "no alert", words ? words : "no error");
	ERR_clear_error();
	return reason;
}

static int set_up(const struct options *options) {
	wanted = options;
	RAND_bytes(cookie_secret, sizeof cookie_secret);
	context = SSL_CTX_new(options->is_server ? DTLS_server_method() : DTLS_client_method());
	SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION);
	char ciphers[128];
	snprintf(ciphers, sizeof ciphers, "%s:@SECLEVEL=0", suite_name());
	if (!SSL_CTX_set_cipher_list(context, ciphers)) return 0;
	SSL_CTX_set_options(context, SSL_OP_COOKIE_EXCHANGE | (options->tickets ? 0 : SSL_OP_NO_TICKET));
	if (options->mtu) SSL_CTX_set_options(context, SSL_OP_NO_QUERY_MTU);
	SSL_CTX_set_cookie_generate_cb(context, make_cookie);
	SSL_CTX_set_cookie_verify_cb(context, check_cookie);
	SSL_CTX_set_info_callback(context, see_alert);
	SSL_CTX_set_session_id_context(context, (const unsigned char *)"dormouse", 8);
	SSL_CTX_set_session_cache_mode(context, options->is_server ? SSL_SESS_CACHE_SERVER : SSL_SESS_CACHE_CLIENT);
	if (!options->is_server) SSL_CTX_sess_set_new_cb(context, keep_session);
	SSL_CTX_set_psk_client_callback(context, give_psk);
	SSL_CTX_set_psk_server_callback(context, find_psk);
	if (options->fragment_bytes) {
		int code = TLSEXT_max_fragment_length_512;
		for (int size = 512; size < options->fragment_bytes; size *= 2) code++;
		SSL_CTX_set_tlsext_max_fragment_length(context, code);
	}
	if (strcmp(options->auth, "psk") == 0) return 1;
	if (options->cert && SSL_CTX_use_certificate_chain_file(context, options->cert) != 1) return 0;
	if (options->key && SSL_CTX_use_PrivateKey_file(context, options->key, SSL_FILETYPE_PEM) != 1) return 0;
	if (options->ca && SSL_CTX_load_verify_locations(context, options->ca, NULL) != 1) return 0;
	int must = options->is_server ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
	SSL_CTX_set_verify(context, options->verify ? SSL_VERIFY_PEER | must : SSL_VERIFY_NONE, NULL);
	return 1;
}

static int start(int resumes) {
	alert_seen[0] = 0;
	ssl = SSL_new(context);
	BIO *bio = datagram_bio();
	SSL_set_bio(ssl, bio, bio);
	if (wanted->mtu) DTLS_set_link_mtu(ssl, wanted->mtu + 28);
	if (wanted->is_server) {
		SSL_set_accept_state(ssl);
		return 1;
	}
	if (wanted->name) {
		SSL_set_tlsext_host_name(ssl, wanted->name);
		SSL_set1_host(ssl, wanted->name);
	}
	if (resumes && kept) SSL_set_session(ssl, kept);
	SSL_set_connect_state(ssl);
	return 1;
}

static int handshake(void) {
	int result = SSL_do_handshake(ssl);
	if (result == 1) return step_done;
	int error = SSL_get_error(ssl, result);
	return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? step_waiting : step_failed;
}

static void tell(struct established *into) {
	into->is_resumed = SSL_session_reused(ssl);
	into->has_ems = SSL_get_extms_support(ssl) == 1;
	into->suite = SSL_get_cipher_name(ssl);
	X509 *certificate = SSL_get0_peer_certificate(ssl);
	const char *identity = SSL_get_psk_identity(ssl);
	if (certificate) {
		X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, into->peer, sizeof into->peer);
	} else if (identity) {
		snprintf(into->peer, sizeof into->peer, "%s", identity);
	}
}

static int read_plain(unsigned char *into, int size) {
	int result = SSL_read(ssl, into, size);
	if (result > 0) return result;
	int error = SSL_get_error(ssl, result);
	if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return read_waiting;
	return error == SSL_ERROR_ZERO_RETURN ? read_closed : read_failed;
}

static int write_plain(const unsigned char *bytes, int size) {
	return SSL_write(ssl, bytes, size);
}

static void close_session(void) {
	SSL_shutdown(ssl);
}

static int timer_ms(void) {
	struct timeval left;
	if (!DTLSv1_get_timeout(ssl, &left)) return -1;
	return left.tv_sec * 1000 + left.tv_usec / 1000 + 1;
}

static void on_timer(void) {
	DTLSv1_handle_timeout(ssl);
}

static void end(void) {
	/* A session that ended without our close_notify may be resumed all the same. */
	SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(ssl);
	ssl = NULL;
	ERR_clear_error();
}

const struct backend backend = {
	.name = "OpenSSL", .version = version, .set_up = set_up, .start = start, .handshake = handshake, .tell = tell,
	.read = read_plain, .write = write_plain, .close = close_session, .timer_ms = timer_ms, .on_timer = on_timer,
	.why = why, .end = end,
};
