/* UDP: a socket for each family. */
#include "sockets-state.h"

#include <string.h>

/* @returns a bound socket of one family, or -1 */
static int openDatagrams(int family, uint16_t port)
{
	struct sockaddr_storage any;
	SocketAddress text = { .host = "0.0.0.0", .port = port };
	int file = netSocket(family, SOCK_DGRAM, IPPROTO_UDP);
	int on = 1;
	socklen_t size;
	if (file < 0)
		return -1;
	if (family == AF_INET6) {
		memcpy(text.host, "::", 3);
		netSetOption(file, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	}
	size = addressFromText(&text, &any);
	if (netNonBlocking(file) || netBind(file, (struct sockaddr *)&any, size)) {
		int failure = errno;
		netClose(file);
		errno = failure;
		return -1;
	}
#ifdef NET_HEARS_ERRORS
	netHearErrors(file, family);
#endif
	return file;
}

int32_t datagramsOpen(uint16_t port)
{
	int32_t id = socketsRefused;
	int four = openDatagrams(AF_INET, port);
	int failure = errno;
	int six = -1;
	Socket *socket;
	/* One port for both, unless it is the system that chooses. A system may have one family only. */
	if ((four >= 0) || (failure == EAFNOSUPPORT) || (failure == EPROTONOSUPPORT))
		six = openDatagrams(AF_INET6, port);
	if ((four < 0) && (six < 0)) {
		errno = failure;
		return socketRefused();
	}
	netLock(&socketsLock);
	socket = socketAdd(datagramSocket);
	if (socket) {
		socket->files[0] = four;
		socket->files[1] = six;
		id = socket->id;
		socketWants(socket, socketReadable);
	} else
		socketRefused();
	netUnlock(&socketsLock);
	if (id < 0) {
		if (four >= 0)
			netClose(four);
		if (six >= 0)
			netClose(six);
	}
	return id;
}

int32_t datagramsRead(int32_t id, uint8_t *into, size_t size, SocketAddress *from)
{
	struct sockaddr_storage address;
	Socket *socket;
	int32_t answer = socketsNothing;
	netLock(&socketsLock);
	socket = socketFor(id, datagramSocket);
	for (int which = 0; socket && (which < 2); which++) {
		/* Errors of earlier writes come first, and some datagrams do not fit: an end to both. */
		for (int tries = 0; (answer < 0) && (socket->files[which] >= 0) && (tries < 16); tries++) {
			ssize_t received = netReceiveFrom(socket->files[which], into, size, &address);
			if ((received < 0) && ((errno == EAGAIN) || (errno == EWOULDBLOCK)))
				break;
			if ((received >= 0) && ((size_t)received <= size))
				answer = (int32_t)received;
		}
	}
	if (socket)
		socketReadsOn(socket);
	netUnlock(&socketsLock);
	if (!socket)
		return socketsUnknown;
	if (answer >= 0)
		addressToText(&address, from);
	return answer;
}

int datagramsWrite(int32_t id, const uint8_t *bytes, size_t size, const SocketAddress *to)
{
	struct sockaddr_storage address;
	socklen_t length = addressFromText(to, &address);
	Socket *socket;
	int file = -1;
	if (!length)
		return socketsNoAddress;
	netLock(&socketsLock);
	socket = socketFor(id, datagramSocket);
	if (socket)
		file = socket->files[address.ss_family == AF_INET ? 0 : 1];
	netUnlock(&socketsLock);
	if (!socket)
		return socketsUnknown;
	if (file < 0) {
		errno = EAFNOSUPPORT;
		return socketRefused();
	}
	/* The first try may be told of an earlier datagram's end (ICMP). */
	for (int tries = 0; tries < 2; tries++) {
		if (netSendTo(file, bytes, size, MSG_NOSIGNAL, (struct sockaddr *)&address, length) >= 0)
			return 0;
		if ((errno == EAGAIN) || (errno == EWOULDBLOCK) || (errno == ENOBUFS))
			return 0; /* no room just now: lost, as any datagram may be */
	}
	return socketRefused();
}

int datagramsUnreachable(int32_t id, SocketAddress *to)
{
	Socket *socket;
	netLock(&socketsLock);
	socket = socketFor(id, datagramSocket);
	if (socket)
		*to = socket->unreachable;
	netUnlock(&socketsLock);
	return socket ? 0 : socketsUnknown;
}
