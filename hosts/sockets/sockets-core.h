/*
 * UDP, TCP and names over BSD sockets, in C: nothing of XS in it. One thread waits for all sockets and says so once;
 * the program then asks what has happened. All functions but socketsBegin's `notify` belong to one thread of the
 * program's, none of them blocks but socketClose (until the waiting thread lets go of it: at once).
 */
#ifndef SOCKETS_CORE_H
#define SOCKETS_CORE_H

#include <stddef.h>
#include <stdint.h>

/* Sockets of all kinds at once; a socket for datagrams takes two of the system's: one for each family. */
#define SOCKETS_MAX 12
/* Names that are being looked up at once, and addresses that one name may have. */
#define SOCKETS_QUERIES_MAX 6
#define SOCKETS_HOSTS_MAX 6
/* Connections that wait for accept(). */
#define SOCKETS_BACKLOG 4
#define SOCKETS_NAME_MAX 253

/* Answers below zero. */
enum {
	socketsNothing = -1, /* nothing waits */
	socketsNoAddress = -2, /* the text is no address */
	socketsRefused = -3, /* the system says no: socketsWhy() */
	socketsUnknown = -4 /* no such socket: a mistake in the program */
};

/* What has happened to a socket. */
enum { socketReadable = 1, socketWritable = 2, socketClosed = 4, socketUnreachable = 8, nameResolved = 16 };

/* An address as text: 192.0.2.1, 2001:db8::1 (RFC 5952), fe80::1%2 where only a link makes it one. */
typedef struct {
	char host[56];
	uint16_t port;
} SocketAddress;

/*
 * Starts the thread. notify: called in other threads than the program's, and once until socketsTake() has answered 0;
 * it answers 0, or -1 to be called again, and never waits for the program without end. @returns 0, or -1
 */
int socketsBegin(int (*notify)(void));
/* The next thing that has happened. @returns 0 for nothing more, else 1 and who and what */
int socketsTake(int32_t *id, int *what);
/* errno of the last socketsRefused. */
int socketsWhy(void);
int socketClose(int32_t id);

/* @returns an id above 0, or socketsRefused */
int32_t datagramsOpen(uint16_t port);
/* A datagram that does not fit is dropped. @returns its size, or socketsNothing */
int32_t datagramsRead(int32_t id, uint8_t *into, size_t size, SocketAddress *from);
int datagramsWrite(int32_t id, const uint8_t *bytes, size_t size, const SocketAddress *to);
/* The address of the last socketUnreachable. */
int datagramsUnreachable(int32_t id, SocketAddress *to);

/* @returns an id at once; socketWritable: it is there; socketClosed: it failed, or ended and all has been read */
int32_t streamConnect(const SocketAddress *to);
int32_t streamListen(uint16_t port, uint16_t *bound);
/* @returns an id, or socketsNothing */
int32_t streamAccept(int32_t id);
/* @returns how many were taken, 0 for none */
int32_t streamRead(int32_t id, uint8_t *into, size_t size);
/* How many bytes at least wait, after socketReadable, or connections of a listener. */
int32_t streamWaiting(int32_t id);
int32_t streamWrite(int32_t id, const uint8_t *bytes, size_t size);

/* Starts to look a name up: nameResolved says when it is done. @returns an id, or socketsRefused when too many are */
int32_t nameResolve(const char *name);
/* After nameResolved; index from 0 on. @returns 0 and the host, or socketsNothing: no more, and the id is free */
int nameHost(int32_t id, int index, SocketAddress *host);

#endif
