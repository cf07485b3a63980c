/*
 * Where macOS differs from Linux: no eventfd, so the wake-up is a socket that is connected to itself; and no
 * MSG_NOSIGNAL but an option of each socket. Read by compilers for other systems only, and never run.
 */
#ifndef SOCKETS_MAC_H
#define SOCKETS_MAC_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A broken pipe is an error, not a signal. */
static inline int netQuiet(int file)
{
	int on = 1;
	if (file >= 0)
		setsockopt(file, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof(on));
	return file;
}

static inline int netSocket(int family, int type, int protocol)
{
	return netQuiet(socket(family, type, protocol));
}

static inline int netAccept(int file, struct sockaddr *address, socklen_t *size)
{
	return netQuiet(accept(file, address, size));
}

/* Makes the wake-up. @returns its file, or -1 */
static inline int netBegin(void)
{
	struct sockaddr_in own;
	socklen_t size = sizeof(own);
	int file = netSocket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
	if (file < 0)
		return -1;
	memset(&own, 0, sizeof(own));
	own.sin_family = AF_INET;
	own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(file, (struct sockaddr *)&own, size) || getsockname(file, (struct sockaddr *)&own, &size) ||
		connect(file, (struct sockaddr *)&own, size) || fcntl(file, F_SETFL, O_NONBLOCK)) {
		close(file);
		return -1;
	}
	return file;
}

static inline void netWake(int file)
{
	char one = 1;
	ssize_t size = send(file, &one, sizeof(one), 0);
	(void)size; /* full: it is awake already */
}

/* Only after poll() said that it is readable. */
static inline void netWoken(int file)
{
	char some[16];
	while (recv(file, some, sizeof(some), 0) > 0)
		;
}

#endif
