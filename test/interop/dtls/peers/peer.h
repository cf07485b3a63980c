/*
 * One DTLS endpoint of a foreign library, for tests: peer.c has the socket, the orders and what is told; a backend has
 * the library. Everything stays on 127.0.0.1.
 */
#ifndef DORMOUSE_DTLS_PEER_H
#define DORMOUSE_DTLS_PEER_H

#include <stddef.h>

struct options {
	int is_server;
	int port;              /* the server's */
	const char *auth;      /* psk, rpk, x509 */
	const char *suite;     /* PSK_CCM8, PSK_GCM, PSK_CBC, ECDHE_CCM8, ECDHE_GCM, ECDHE_CBC */
	const char *identity;
	unsigned char psk[64];
	size_t psk_size;
	const char *cert;      /* PEM files; absent: NULL */
	const char *key;
	const char *pub;
	const char *ca;
	const char *name;      /* the name of the server that a client asks for and checks */
	int verify;            /* a server asks for the client's certificate; a client checks the server's */
	int mtu;               /* largest datagram, 0: the library's own choice */
	int tickets;           /* 1: session tickets are wanted, 0: only session ids */
	int fragment_bytes;    /* max_fragment_length or record_size_limit, 0: none */
};

enum { step_failed = -1, step_waiting = 0, step_done = 1 };
enum { read_failed = -2, read_closed = -1, read_waiting = 0 };

struct established {
	int is_resumed;
	int has_ems;           /* -1: the library does not tell */
	const char *suite;
	char peer[128];        /* PSK identity, or the certificate's subject */
};

/* What a library does. One session at a time. */
struct backend {
	const char *name;
	const char *(*version)(void);
	int (*set_up)(const struct options *options);
	/* Begins a session; a client resumes the one before where it may. */
	int (*start)(int resumes);
	int (*handshake)(void);
	void (*tell)(struct established *into);
	int (*read)(unsigned char *into, int size);
	int (*write)(const unsigned char *bytes, int size);
	/* Sends close_notify. */
	void (*close)(void);
	/* Milliseconds until on_timer is due, -1: none. */
	int (*timer_ms)(void);
	void (*on_timer)(void);
	/* Why it failed, or how it was closed. */
	const char *(*why)(void);
	/* Forgets the session under way, keeps what can be resumed. */
	void (*end)(void);
};

extern const struct backend backend;

/* For the backends: datagrams from and to the one remote endpoint. -1: none waits. */
int net_receive(unsigned char *into, int size);
int net_has_waiting(void);
int net_send(const unsigned char *bytes, int size);
int net_descriptor(void);
/* The remote endpoint's address and port, for cookies. */
const unsigned char *net_remote(size_t *size);
long long now_ms(void);
/* A file's bytes, ended by a 0 that is not counted; ends the program when there is none. */
unsigned char *file_bytes(const char *path, size_t *size);
void die(const char *what, const char *why);

#endif
