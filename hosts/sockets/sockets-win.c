/* sockets-win.h: WinSock as the core wants it. Empty elsewhere. */
#ifdef _WIN32
#include "sockets-platform.h"

#include <mswsock.h>
#include <string.h>

#ifndef SIO_UDP_CONNRESET
#define SIO_UDP_CONNRESET _WSAIOW(IOC_VENDOR, 12)
#endif

/* The errors that the core tells from others; the rest keep WinSock's number, which is above all of errno's. */
static int refused(void)
{
	int why = WSAGetLastError();
	switch (why) {
	case WSAEWOULDBLOCK: errno = EWOULDBLOCK; break;
	case WSAEINPROGRESS: errno = EINPROGRESS; break;
	case WSAENOBUFS: errno = ENOBUFS; break;
	case WSAEMFILE: errno = EMFILE; break;
	case WSAECONNRESET: errno = ECONNRESET; break;
	case WSAESHUTDOWN: errno = EPIPE; break;
	case WSAEAFNOSUPPORT: errno = EAFNOSUPPORT; break;
	case WSAEPROTONOSUPPORT: errno = EPROTONOSUPPORT; break;
	case WSAEADDRINUSE: errno = EADDRINUSE; break;
	default: errno = why;
	}
	return -1;
}

int netSocket(int family, int type, int protocol)
{
	SOCKET socket = WSASocketW(family, type, protocol, NULL, 0, WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
	BOOL off = FALSE;
	DWORD size;
	if (socket == INVALID_SOCKET)
		return refused();
	/* Else a datagram that found nobody makes the next receive fail, without a word about whose it was. */
	if (type == SOCK_DGRAM)
		WSAIoctl(socket, SIO_UDP_CONNRESET, &off, sizeof(off), NULL, 0, &size, NULL, NULL);
	return (int)socket;
}

int netBind(int file, const struct sockaddr *address, socklen_t size)
{
	return bind((SOCKET)file, address, size) ? refused() : 0;
}

int netConnect(int file, const struct sockaddr *address, socklen_t size)
{
	if (!connect((SOCKET)file, address, size))
		return 0;
	refused();
	if (errno == EWOULDBLOCK)
		errno = EINPROGRESS;
	return -1;
}

int netListen(int file, int backlog)
{
	return listen((SOCKET)file, backlog) ? refused() : 0;
}

int netAccept(int file, struct sockaddr *address, socklen_t *size)
{
	SOCKET socket = accept((SOCKET)file, address, size);
	return socket == INVALID_SOCKET ? refused() : (int)socket;
}

ssize_t netSend(int file, const void *bytes, size_t size, int flags)
{
	int sent = send((SOCKET)file, bytes, (int)size, flags);
	return sent < 0 ? refused() : sent;
}

ssize_t netSendTo(int file, const void *bytes, size_t size, int flags, const struct sockaddr *to, socklen_t toSize)
{
	int sent = sendto((SOCKET)file, bytes, (int)size, flags, to, toSize);
	return sent < 0 ? refused() : sent;
}

ssize_t netReceive(int file, void *into, size_t size, int flags)
{
	int received = recv((SOCKET)file, into, (int)size, flags);
	return received < 0 ? refused() : received;
}

ssize_t netReceiveFrom(int file, uint8_t *into, size_t size, struct sockaddr_storage *from)
{
	int fromSize = sizeof(*from);
	int received = recvfrom((SOCKET)file, (char *)into, (int)size, 0, (struct sockaddr *)from, &fromSize);
	if (received >= 0)
		return received;
	return WSAGetLastError() == WSAEMSGSIZE ? (ssize_t)size + 1 : refused();
}

int netClose(int file)
{
	return closesocket((SOCKET)file) ? refused() : 0;
}

/* What POSIX's SO_REUSEADDR is for, Windows does by itself; under that name it lets others take a taken port. */
int netSetOption(int file, int level, int name, const void *value, socklen_t size)
{
	if (level == SOL_SOCKET && name == SO_REUSEADDR)
		return 0;
	return setsockopt((SOCKET)file, level, name, value, size) ? refused() : 0;
}

int netGetOption(int file, int level, int name, void *value, socklen_t *size)
{
	return getsockopt((SOCKET)file, level, name, value, size) ? refused() : 0;
}

int netGetName(int file, struct sockaddr *address, socklen_t *size)
{
	return getsockname((SOCKET)file, address, size) ? refused() : 0;
}

int netNonBlocking(int file)
{
	u_long on = 1;
	return ioctlsocket((SOCKET)file, FIONBIO, &on) ? refused() : 0;
}

static DWORD WINAPI runThread(LPVOID run)
{
	((void *(*)(void *))run)(NULL);
	return 0;
}

int netThread(void *(*run)(void *), size_t stackBytes)
{
	HANDLE thread = CreateThread(NULL, 0, runThread, (LPVOID)run, 0, NULL);
	(void)stackBytes; /* figures for lwIP */
	if (!thread)
		return -1;
	CloseHandle(thread);
	return 0;
}

int netBegin(void)
{
	WSADATA about;
	struct sockaddr_in own;
	int size = sizeof(own);
	int file;
	if (WSAStartup(MAKEWORD(2, 2), &about))
		return -1;
	file = netSocket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
	if (file < 0)
		return -1;
	memset(&own, 0, sizeof(own));
	own.sin_family = AF_INET;
	own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (netBind(file, (struct sockaddr *)&own, size) || netGetName(file, (struct sockaddr *)&own, &size) ||
		netConnect(file, (struct sockaddr *)&own, size) || netNonBlocking(file)) {
		netClose(file);
		return -1;
	}
	return file;
}

void netWake(int file)
{
	char one = 1;
	send((SOCKET)file, &one, 1, 0); /* full: it is awake already */
}

void netWoken(int file)
{
	char some[16];
	while (recv((SOCKET)file, some, sizeof(some), 0) > 0)
		;
}
#endif
