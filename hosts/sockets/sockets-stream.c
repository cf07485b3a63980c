/* TCP: connections out and in. */
#include "sockets-state.h"

#include <string.h>

/* Under the lock. @returns the id, or socketsRefused and the file is closed */
static int32_t keep(int file, SocketKind kind, int what)
{
	Socket *socket = socketAdd(kind);
	if (!socket) {
		int32_t answer = socketRefused();
		netClose(file);
		return answer;
	}
	socket->files[0] = file;
	socketWants(socket, what);
	return socket->id;
}

static int32_t refuse(int file)
{
	int32_t answer = socketRefused();
	netClose(file);
	return answer;
}

int32_t streamConnect(const SocketAddress *to)
{
	struct sockaddr_storage address;
	socklen_t length = addressFromText(to, &address);
	int32_t id;
	int file;
	if (!length)
		return socketsNoAddress;
	file = netSocket(address.ss_family, SOCK_STREAM, IPPROTO_TCP);
	if (file < 0)
		return socketRefused();
	if (netNonBlocking(file))
		return refuse(file);
	if (netConnect(file, (struct sockaddr *)&address, length) && (errno != EINPROGRESS))
		return refuse(file);
	netLock(&socketsLock);
	id = keep(file, streamSocket, 0);
	if (id > 0) {
		Socket *socket = socketFor(id, streamSocket);
		socket->isConnecting = 1;
		socketWants(socket, socketWritable);
	}
	netUnlock(&socketsLock);
	return id;
}

/* One family: IPv6 that takes IPv4 as well would spell its senders ::ffff:192.0.2.1. */
int32_t streamListen(uint16_t port, uint16_t *bound)
{
	struct sockaddr_storage address;
	SocketAddress any = { .host = "0.0.0.0", .port = port };
	socklen_t length = addressFromText(&any, &address);
	int on = 1;
	int32_t id;
	int file = netSocket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	if (file < 0)
		return socketRefused();
	netSetOption(file, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (netNonBlocking(file) || netBind(file, (struct sockaddr *)&address, length) ||
		netListen(file, SOCKETS_BACKLOG))
		return refuse(file);
	length = sizeof(address);
	if (netGetName(file, (struct sockaddr *)&address, &length))
		return refuse(file);
	addressToText(&address, &any);
	*bound = any.port;
	netLock(&socketsLock);
	id = keep(file, listeningSocket, socketReadable);
	netUnlock(&socketsLock);
	return id;
}

int32_t streamAccept(int32_t id)
{
	Socket *socket;
	int file = -1;
	int32_t answer = socketsNothing;
	netLock(&socketsLock);
	socket = socketFor(id, listeningSocket);
	if (socket) {
		file = netAccept(socket->files[0], NULL, NULL);
		socketReadsOn(socket);
	}
	if (file >= 0) {
		if (netNonBlocking(file))
			answer = refuse(file);
		else
			answer = keep(file, streamSocket, socketReadable | socketWritable);
	}
	netUnlock(&socketsLock);
	return socket ? answer : socketsUnknown;
}

int32_t streamWaiting(int32_t id)
{
	Socket *socket;
	int32_t waiting;
	netLock(&socketsLock);
	socket = socketFor(id, noSocket);
	waiting = !socket ? socketsUnknown : socket->kind == streamSocket ? socket->waiting : 1;
	netUnlock(&socketsLock);
	return waiting;
}

int32_t streamRead(int32_t id, uint8_t *into, size_t size)
{
	Socket *socket;
	ssize_t received = 0;
	int mustTell = 0;
	netLock(&socketsLock);
	socket = socketFor(id, streamSocket);
	if (socket && !socket->isConnecting && !socket->hasEnded) {
		if (size)
			received = netReceive(socket->files[0], into, size, MSG_DONTWAIT);
		if (!size || (received > 0) || ((received < 0) && ((errno == EAGAIN) || (errno == EWOULDBLOCK))))
			socketReadsOn(socket);
		else {
			socketTell(socket, socketClosed);
			mustTell = 1;
		}
	}
	netUnlock(&socketsLock);
	if (mustTell)
		socketsNotify();
	return !socket ? socketsUnknown : received < 0 ? 0 : (int32_t)received;
}

int32_t streamWrite(int32_t id, const uint8_t *bytes, size_t size)
{
	Socket *socket;
	ssize_t sent = 0;
	int mustTell = 0;
	netLock(&socketsLock);
	socket = socketFor(id, streamSocket);
	if (socket && !socket->isConnecting && !socket->hasEnded && size) {
		sent = netSend(socket->files[0], bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
		if ((sent >= 0) ? ((size_t)sent < size) : ((errno == EAGAIN) || (errno == EWOULDBLOCK)))
			socketWants(socket, socketWritable);
		else if (sent < 0) {
			/* What came before the end is still to be read: the thread finds the end behind it. */
			socketWants(socket, socketReadable);
			if ((errno != EPIPE) && (errno != ECONNRESET)) {
				socketTell(socket, socketClosed);
				mustTell = 1;
			}
		}
	}
	netUnlock(&socketsLock);
	if (mustTell)
		socketsNotify();
	return !socket ? socketsUnknown : sent < 0 ? 0 : (int32_t)sent;
}
