/* What the files of the core share. */
#ifndef SOCKETS_STATE_H
#define SOCKETS_STATE_H

#include "sockets-core.h"
#include "sockets-platform.h"

typedef enum { noSocket = 0, datagramSocket, streamSocket, listeningSocket } SocketKind;

typedef struct {
	int32_t id;
	SocketKind kind;
	/* Datagrams: one of IPv4 and one of IPv6; others: the first. -1: none. */
	int files[2];
	/* For what the thread waits, and what it found that the program was not told. */
	uint8_t wants;
	uint8_t ready;
	uint8_t isConnecting;
	uint8_t isClosing;
	/* socketClosed was found, and is told once. */
	uint8_t hasEnded;
	/* Bytes that wait at least. */
	uint8_t waiting;
	SocketAddress unreachable;
} Socket;

extern NetLock socketsLock;

/* All under the lock. */
Socket *socketFor(int32_t id, SocketKind kind);
Socket *socketAdd(SocketKind kind);
/* Has the thread wait for more; it is woken when the program is done with all that has happened. */
void socketWants(Socket *socket, int what);
/* The program has read: what was found before is out of date. */
void socketReadsOn(Socket *socket);
/* The program finds something out by itself. */
void socketTell(Socket *socket, int what);
int32_t socketRefused(void);
/* Of the resolver: what is done and was not told. @returns an id, or 0 */
int32_t namesTake(void);
/* Tells the program, in whichever thread. Not under the lock. */
void socketsNotify(void);

/* Text to address. @returns its size, or 0 */
socklen_t addressFromText(const SocketAddress *text, struct sockaddr_storage *address);
void addressToText(const struct sockaddr_storage *address, SocketAddress *text);

#endif
