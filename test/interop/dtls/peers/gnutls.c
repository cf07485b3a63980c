#include "peer.h"

#include <errno.h>
#include <gnutls/abstract.h>
#include <gnutls/dtls.h>
#include <gnutls/gnutls.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct options *wanted;
static gnutls_session_t session;
static gnutls_priority_t priority;
static gnutls_psk_client_credentials_t psk_client;
static gnutls_psk_server_credentials_t psk_server;
static gnutls_certificate_credentials_t certificates;
static gnutls_datum_t cookie_key, ticket_key, kept;
static gnutls_dtls_prestate_st prestate;
static int has_cookie;
static int last_error;

/* The cookie exchange comes before a session of GnuTLS: the first datagram with a good cookie is given to it again. */
static unsigned char first[2048];
static int first_size;

/*
 * Datagrams that a handshake may take before it is asked again: one. GnuTLS 3.7.9 reads a Finished that waits right behind
 * the ChangeCipherSpec, says GNUTLS_E_AGAIN, and then waits for another one for ever.
 */
static int left_to_take;

/* Sessions that clients may resume by id. */
enum { sessions_max = 16 };
static struct {
	gnutls_datum_t id, data;
} sessions[sessions_max];
static int next_session;

static gnutls_datum_t copy(gnutls_datum_t from) {
	gnutls_datum_t to = {gnutls_malloc(from.size), from.size};
	memcpy(to.data, from.data, from.size);
	return to;
}

static int store_session(void *unused, gnutls_datum_t id, gnutls_datum_t data) {
	(void)unused;
	int at = next_session++ % sessions_max;
	sessions[at].id = copy(id);
	sessions[at].data = copy(data);
	return 0;
}

static gnutls_datum_t find_session(void *unused, gnutls_datum_t id) {
	(void)unused;
	for (int at = 0; at < sessions_max; at++) {
		if (sessions[at].id.size == id.size && memcmp(sessions[at].id.data, id.data, id.size) == 0) {
			return copy(sessions[at].data);
		}
	}
	return (gnutls_datum_t){NULL, 0};
}

static int remove_session(void *unused, gnutls_datum_t id) {
	(void)unused, (void)id;
	return 0;
}

static ssize_t push(gnutls_transport_ptr_t unused, const void *bytes, size_t size) {
	(void)unused;
	return net_send(bytes, (int)size);
}

static ssize_t pull(gnutls_transport_ptr_t unused, void *into, size_t size) {
	(void)unused;
	int given = left_to_take > 0 ? net_receive(into, (int)size) : -1;
	if (given < 0) gnutls_transport_set_errno(session, EAGAIN);
	else left_to_take--;
	return given;
}

static int pull_timeout(gnutls_transport_ptr_t unused, unsigned int ms) {
	(void)unused, (void)ms;
	return first_size > 0 || (left_to_take > 0 && net_has_waiting()); /* without this it never sends a flight again */
}

static int find_psk(gnutls_session_t of, const char *identity, gnutls_datum_t *key) {
	(void)of;
	if (strcmp(identity, wanted->identity) != 0) return -1;
	*key = copy((gnutls_datum_t){(unsigned char *)wanted->psk, wanted->psk_size});
	return 0;
}

static const char *version(void) {
	return gnutls_check_version(NULL);
}

static const char *why(void) {
	static char words[160];
	const char *text = gnutls_strerror(last_error);
	if (last_error == GNUTLS_E_FATAL_ALERT_RECEIVED || last_error == GNUTLS_E_WARNING_ALERT_RECEIVED) {
		snprintf(words, sizeof words, "received alert %d; %s", gnutls_alert_get(session), text);
	} else {
		snprintf(words, sizeof words, "%d; %s", last_error, text);
	}
	return words;
}

static int set_priority(void) {
	char text[400];
	const char *suite = wanted->suite;
	const char *exchange = strncmp(suite, "PSK", 3) == 0 ? "+PSK" : "+ECDHE-ECDSA";
	const char *cipher = strstr(suite, "CCM8") ? "+AES-128-CCM-8:+AEAD"
		: strstr(suite, "GCM") ? "+AES-128-GCM:+AEAD" : "+AES-128-CBC:+SHA256";
	snprintf(text, sizeof text, "NONE:+VERS-DTLS1.2:%s:%s:+COMP-NULL:+SIGN-ECDSA-SHA256:+GROUP-SECP256R1%s%s", exchange,
		cipher, strcmp(wanted->auth, "rpk") == 0 ? ":+CTYPE-CLI-RAWPK:+CTYPE-SRV-RAWPK" : ":+CTYPE-X509",
		wanted->tickets ? "" : ":%NO_TICKETS");
	const char *at;
	last_error = gnutls_priority_init(&priority, text, &at);
	return last_error == 0;
}

static int load_certificates(void) {
	gnutls_certificate_allocate_credentials(&certificates);
	if (strcmp(wanted->auth, "rpk") == 0) {
		unsigned int usage = GNUTLS_KEY_DIGITAL_SIGNATURE;
		last_error = gnutls_certificate_set_rawpk_key_file(certificates, wanted->pub, wanted->key, GNUTLS_X509_FMT_PEM,
			NULL, usage, NULL, 0, 0, 0);
		return last_error >= 0;
	}
	if (wanted->ca) gnutls_certificate_set_x509_trust_file(certificates, wanted->ca, GNUTLS_X509_FMT_PEM);
	if (wanted->cert) {
		last_error = gnutls_certificate_set_x509_key_file(certificates, wanted->cert, wanted->key, GNUTLS_X509_FMT_PEM);
	}
	return last_error >= 0;
}

static int set_up(const struct options *options) {
	wanted = options;
	gnutls_key_generate(&cookie_key, GNUTLS_COOKIE_KEY_SIZE);
	gnutls_session_ticket_key_generate(&ticket_key);
	if (!set_priority()) return 0;
	if (strcmp(options->auth, "psk") != 0) return load_certificates();
	gnutls_datum_t key = {(unsigned char *)options->psk, options->psk_size};
	gnutls_psk_allocate_client_credentials(&psk_client);
	gnutls_psk_set_client_credentials(psk_client, options->identity, &key, GNUTLS_PSK_KEY_RAW);
	gnutls_psk_allocate_server_credentials(&psk_server);
	gnutls_psk_set_server_credentials_function(psk_server, find_psk);
	return 1;
}

static void use_credentials(void) {
	if (strcmp(wanted->auth, "psk") == 0) {
		gnutls_credentials_set(session, GNUTLS_CRD_PSK, wanted->is_server ? (void *)psk_server : (void *)psk_client);
		return;
	}
	gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, certificates);
	if (wanted->is_server) {
		gnutls_certificate_server_set_request(session, wanted->verify ? GNUTLS_CERT_REQUIRE : GNUTLS_CERT_IGNORE);
	}
	if (wanted->verify && strcmp(wanted->auth, "x509") == 0) {
		gnutls_session_set_verify_cert(session, wanted->is_server ? NULL : wanted->name, 0);
	}
}

static int start(int resumes) {
	int role = wanted->is_server ? GNUTLS_SERVER : GNUTLS_CLIENT;
	int no_extensions = wanted->tickets ? 0 : GNUTLS_NO_TICKETS;
	gnutls_init(&session, role | GNUTLS_DATAGRAM | GNUTLS_NONBLOCK | GNUTLS_ENABLE_RAWPK | no_extensions);
	gnutls_priority_set(session, priority);
	use_credentials();
	gnutls_transport_set_push_function(session, push);
	gnutls_transport_set_pull_function(session, pull);
	gnutls_transport_set_pull_timeout_function(session, pull_timeout);
	gnutls_dtls_set_mtu(session, wanted->mtu ? wanted->mtu : 1400);
	gnutls_dtls_set_timeouts(session, 1000, 60000);
	if (wanted->fragment_bytes) gnutls_record_set_max_recv_size(session, wanted->fragment_bytes);
	if (wanted->is_server) {
		has_cookie = 0;
		gnutls_db_set_store_function(session, store_session);
		gnutls_db_set_retrieve_function(session, find_session);
		gnutls_db_set_remove_function(session, remove_session);
		if (wanted->tickets) gnutls_session_ticket_enable_server(session, &ticket_key);
		return 1;
	}
	if (wanted->name) gnutls_server_name_set(session, GNUTLS_NAME_DNS, wanted->name, strlen(wanted->name));
	if (resumes && kept.size) gnutls_session_set_data(session, kept.data, kept.size);
	return 1;
}

static ssize_t pull_first(gnutls_transport_ptr_t unused, void *into, size_t size) {
	if (first_size == 0) return pull(unused, into, size);
	int given = first_size < (int)size ? first_size : (int)size;
	memcpy(into, first, given);
	first_size = 0;
	return given;
}

static int has_good_cookie(void) {
	size_t address_size;
	void *address = (void *)net_remote(&address_size);
	for (;;) {
		int size = net_receive(first, sizeof first);
		if (size < 0) return 0;
		memset(&prestate, 0, sizeof prestate);
		if (gnutls_dtls_cookie_verify(&cookie_key, address, address_size, first, size, &prestate) >= 0) {
			first_size = size;
			gnutls_dtls_prestate_set(session, &prestate);
			gnutls_transport_set_pull_function(session, pull_first);
			return 1;
		}
		gnutls_dtls_cookie_send(&cookie_key, address, address_size, &prestate, NULL, push);
	}
}

static int handshake(void) {
	if (wanted->is_server && !has_cookie && !(has_cookie = has_good_cookie())) return step_waiting;
	left_to_take = 1;
	do {
		last_error = gnutls_handshake(session);
	} while (last_error == GNUTLS_E_WARNING_ALERT_RECEIVED || last_error == GNUTLS_E_INTERRUPTED);
	if (last_error == 0) return step_done;
	if (!gnutls_error_is_fatal(last_error)) return step_waiting;
	gnutls_alert_send_appropriate(session, last_error);
	return step_failed;
}

static void tell(struct established *into) {
	into->is_resumed = gnutls_session_is_resumed(session);
	into->has_ems = gnutls_session_ext_master_secret_status(session) != 0;
	into->suite = gnutls_ciphersuite_get(session);
	unsigned int count;
	const gnutls_datum_t *list = gnutls_certificate_get_peers(session, &count);
	if (strcmp(wanted->auth, "psk") == 0) {
		const char *identity = wanted->is_server ? gnutls_psk_server_get_username(session) : "";
		snprintf(into->peer, sizeof into->peer, "%s", identity ? identity : "");
	} else if (list && strcmp(wanted->auth, "rpk") == 0) {
		snprintf(into->peer, sizeof into->peer, "raw public key of %u bytes", list[0].size);
	} else if (list) {
		snprintf(into->peer, sizeof into->peer, "certificate of %u bytes", list[0].size);
	}
	if (!wanted->is_server) {
		gnutls_free(kept.data);
		kept.size = 0;
		gnutls_session_get_data2(session, &kept);
	}
}

static int read_plain(unsigned char *into, int size) {
	left_to_take = INT_MAX;
	int result = gnutls_record_recv(session, into, size);
	if (result > 0) return result;
	last_error = result;
	if (result == 0) return read_closed;
	return gnutls_error_is_fatal(result) ? read_failed : read_waiting;
}

static int write_plain(const unsigned char *bytes, int size) {
	return gnutls_record_send(session, bytes, size);
}

static void close_session(void) {
	last_error = gnutls_bye(session, GNUTLS_SHUT_WR);
}

static int timer_ms(void) {
	/* Before a good cookie there is nothing to send again. */
	return wanted->is_server && !has_cookie ? -1 : (int)gnutls_dtls_get_timeout(session) + 1;
}

static void on_timer(void) {
	/* the next handshake() sees it */
}

static void end(void) {
	gnutls_deinit(session);
	session = NULL;
}

const struct backend backend = {
	.name = "GnuTLS", .version = version, .set_up = set_up, .start = start, .handshake = handshake, .tell = tell,
	.read = read_plain, .write = write_plain, .close = close_session, .timer_ms = timer_ms, .on_timer = on_timer,
	.why = why, .end = end,
};
