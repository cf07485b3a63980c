#include "peer.h"

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/oid.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_cache.h>
#include <mbedtls/ssl_cookie.h>
#include <mbedtls/ssl_ticket.h>
#include <mbedtls/version.h>
#include <stdio.h>
#include <string.h>

static const struct options *wanted;
static mbedtls_ssl_context ssl;
static mbedtls_ssl_config config;
static mbedtls_entropy_context entropy;
static mbedtls_ctr_drbg_context random_source;
static mbedtls_x509_crt chain, trusted;
static mbedtls_pk_context private_key;
static mbedtls_ssl_cookie_ctx cookies;
static mbedtls_ssl_cache_context cache;
static mbedtls_ssl_ticket_context ticket_keys;
static mbedtls_ssl_session kept;
static int has_kept;
static unsigned char kept_master[48];
static int ciphers[2];
static int last_error;
static char psk_seen[64];

static struct {
	long long start_ms, middle_ms, final_ms;
} timer;

static void set_timer(void *unused, uint32_t middle_ms, uint32_t final_ms) {
	(void)unused;
	timer.start_ms = now_ms();
	timer.middle_ms = middle_ms;
	timer.final_ms = final_ms;
}

static int get_timer(void *unused) {
	(void)unused;
	if (timer.final_ms == 0) return -1;
	long long passed_ms = now_ms() - timer.start_ms;
	return passed_ms >= timer.final_ms ? 2 : passed_ms >= timer.middle_ms ? 1 : 0;
}

static int put(void *unused, const unsigned char *bytes, size_t size) {
	(void)unused;
	return net_send(bytes, (int)size);
}

static int get(void *unused, unsigned char *into, size_t size) {
	(void)unused;
	int given = net_receive(into, (int)size);
	return given < 0 ? MBEDTLS_ERR_SSL_WANT_READ : given;
}

static const char *suite_name(void) {
	static const char *names[][2] = {
		{"PSK_CCM8", "TLS-PSK-WITH-AES-128-CCM-8"}, {"PSK_GCM", "TLS-PSK-WITH-AES-128-GCM-SHA256"},
		{"PSK_CBC", "TLS-PSK-WITH-AES-128-CBC-SHA256"}, {"ECDHE_CCM8", "TLS-ECDHE-ECDSA-WITH-AES-128-CCM-8"},
		{"ECDHE_GCM", "TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256"},
		{"ECDHE_CBC", "TLS-ECDHE-ECDSA-WITH-AES-128-CBC-SHA256"},
	};
	for (size_t at = 0; at < sizeof names / sizeof names[0]; at++) {
		if (strcmp(names[at][0], wanted->suite) == 0) return names[at][1];
	}
	return "";
}

static const char *version(void) {
	return MBEDTLS_VERSION_STRING;
}

static const char *why(void) {
	static char words[160], text[120];
	mbedtls_strerror(last_error, text, sizeof text);
	if (last_error == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE) {
		snprintf(words, sizeof words, "received alert %d; %s", ssl.in_msg[1], text);
	} else {
		snprintf(words, sizeof words, "-0x%x; %s", -last_error, text);
	}
	return words;
}

static int find_psk(void *unused, mbedtls_ssl_context *of, const unsigned char *identity, size_t size) {
	(void)unused;
	if (size != strlen(wanted->identity) || memcmp(identity, wanted->identity, size) != 0) return -1;
	snprintf(psk_seen, sizeof psk_seen, "%s", wanted->identity);
	return mbedtls_ssl_set_hs_psk(of, wanted->psk, wanted->psk_size);
}

static void load(void) {
	size_t size;
	unsigned char *bytes;
	if (wanted->ca) {
		bytes = file_bytes(wanted->ca, &size);
		if (mbedtls_x509_crt_parse(&trusted, bytes, size + 1) != 0) die(wanted->ca, "no certificate");
		mbedtls_ssl_conf_ca_chain(&config, &trusted, NULL);
	}
	if (wanted->cert) {
		bytes = file_bytes(wanted->cert, &size);
		if (mbedtls_x509_crt_parse(&chain, bytes, size + 1) != 0) die(wanted->cert, "no certificate");
		bytes = file_bytes(wanted->key, &size);
		if (mbedtls_pk_parse_key(&private_key, bytes, size + 1, NULL, 0) != 0) die(wanted->key, "no key");
		mbedtls_ssl_conf_own_cert(&config, &chain, &private_key);
	}
}

static int set_up(const struct options *options) {
	wanted = options;
	mbedtls_ssl_init(&ssl);
	mbedtls_ssl_config_init(&config);
	mbedtls_entropy_init(&entropy);
	mbedtls_ctr_drbg_init(&random_source);
	mbedtls_ssl_cookie_init(&cookies);
	mbedtls_ssl_cache_init(&cache);
	mbedtls_ssl_ticket_init(&ticket_keys);
	mbedtls_ctr_drbg_seed(&random_source, mbedtls_entropy_func, &entropy, NULL, 0);
	int role = options->is_server ? MBEDTLS_SSL_IS_SERVER : MBEDTLS_SSL_IS_CLIENT;
	mbedtls_ssl_config_defaults(&config, role, MBEDTLS_SSL_TRANSPORT_DATAGRAM, MBEDTLS_SSL_PRESET_DEFAULT);
	mbedtls_ssl_conf_rng(&config, mbedtls_ctr_drbg_random, &random_source);
	ciphers[0] = mbedtls_ssl_get_ciphersuite_id(suite_name());
	mbedtls_ssl_conf_ciphersuites(&config, ciphers);
	mbedtls_ssl_conf_session_tickets(&config, options->tickets);
	mbedtls_ssl_conf_authmode(&config, options->verify ? MBEDTLS_SSL_VERIFY_REQUIRED : MBEDTLS_SSL_VERIFY_NONE);
	if (options->fragment_bytes) {
		int code = MBEDTLS_SSL_MAX_FRAG_LEN_512;
		for (int size = 512; size < options->fragment_bytes; size *= 2) code++;
		mbedtls_ssl_conf_max_frag_len(&config, code);
	}
	load();
	if (strcmp(options->auth, "psk") == 0) {
		const unsigned char *identity = (const unsigned char *)options->identity;
		mbedtls_ssl_conf_psk(&config, options->psk, options->psk_size, identity, strlen(options->identity));
		if (options->is_server) mbedtls_ssl_conf_psk_cb(&config, find_psk, NULL);
	}
	if (options->is_server) {
		mbedtls_ssl_cookie_setup(&cookies, mbedtls_ctr_drbg_random, &random_source);
		mbedtls_ssl_conf_dtls_cookies(&config, mbedtls_ssl_cookie_write, mbedtls_ssl_cookie_check, &cookies);
		mbedtls_ssl_conf_session_cache(&config, &cache, mbedtls_ssl_cache_get, mbedtls_ssl_cache_set);
		mbedtls_ssl_ticket_setup(&ticket_keys, mbedtls_ctr_drbg_random, &random_source, MBEDTLS_CIPHER_AES_256_GCM, 86400);
		if (options->tickets) {
			mbedtls_ssl_conf_session_tickets_cb(&config, mbedtls_ssl_ticket_write, mbedtls_ssl_ticket_parse, &ticket_keys);
		}
	}
	last_error = mbedtls_ssl_setup(&ssl, &config);
	mbedtls_ssl_set_bio(&ssl, NULL, put, get, NULL);
	mbedtls_ssl_set_timer_cb(&ssl, NULL, set_timer, get_timer);
	if (options->mtu) mbedtls_ssl_set_mtu(&ssl, options->mtu);
	return last_error == 0;
}

static void name_remote(void) {
	size_t size;
	const unsigned char *address = net_remote(&size);
	if (wanted->is_server) mbedtls_ssl_set_client_transport_id(&ssl, address, size);
}

static int start(int resumes) {
	mbedtls_ssl_session_reset(&ssl);
	name_remote();
	if (wanted->name) mbedtls_ssl_set_hostname(&ssl, wanted->name);
	if (resumes && has_kept) mbedtls_ssl_set_session(&ssl, &kept);
	return 1;
}

static int handshake(void) {
	last_error = mbedtls_ssl_handshake(&ssl);
	if (last_error == MBEDTLS_ERR_SSL_HELLO_VERIFY_REQUIRED) {
		mbedtls_ssl_session_reset(&ssl);
		name_remote();
		return step_waiting;
	}
	if (last_error == 0) return step_done;
	int is_waiting = last_error == MBEDTLS_ERR_SSL_WANT_READ || last_error == MBEDTLS_ERR_SSL_WANT_WRITE;
	return is_waiting ? step_waiting : step_failed;
}

static void tell(struct established *into) {
	const mbedtls_ssl_session *now = ssl.session;
	into->is_resumed = memcmp(kept_master, now->master, 48) == 0;
	into->has_ems = -1; /* not to be had from outside */
	into->suite = mbedtls_ssl_get_ciphersuite(&ssl);
	const mbedtls_x509_crt *certificate = mbedtls_ssl_get_peer_cert(&ssl);
	if (certificate) {
		mbedtls_x509_dn_gets(into->peer, sizeof into->peer, &certificate->subject);
	} else {
		snprintf(into->peer, sizeof into->peer, "%s", psk_seen);
	}
	if (!wanted->is_server) {
		mbedtls_ssl_session_free(&kept);
		has_kept = mbedtls_ssl_get_session(&ssl, &kept) == 0;
	}
	memcpy(kept_master, now->master, 48);
}

static int read_plain(unsigned char *into, int size) {
	int result = mbedtls_ssl_read(&ssl, into, size);
	if (result > 0) return result;
	if (result == MBEDTLS_ERR_SSL_WANT_READ || result == MBEDTLS_ERR_SSL_WANT_WRITE) return read_waiting;
	last_error = result;
	return result == 0 || result == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY ? read_closed : read_failed;
}

static int write_plain(const unsigned char *bytes, int size) {
	return mbedtls_ssl_write(&ssl, bytes, size);
}

static void close_session(void) {
	mbedtls_ssl_close_notify(&ssl);
}

static int timer_ms(void) {
	if (timer.final_ms == 0) return -1;
	long long left_ms = timer.start_ms + timer.final_ms - now_ms();
	return left_ms < 0 ? 0 : (int)left_ms + 1;
}

static void on_timer(void) {
	/* the next handshake() sees it */
}

static void end(void) {
	mbedtls_ssl_session_reset(&ssl);
	psk_seen[0] = 0;
}

const struct backend backend = {
	.name = "mbedTLS", .version = version, .set_up = set_up, .start = start, .handshake = handshake, .tell = tell,
	.read = read_plain, .write = write_plain, .close = close_session, .timer_ms = timer_ms, .on_timer = on_timer,
	.why = why, .end = end,
};
