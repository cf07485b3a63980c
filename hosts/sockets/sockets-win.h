/*
 * What the core asks of Windows: WinSock under POSIX's names, with its errors in errno. A socket's handle fits into an
 * int (Microsoft: "Interprocess communication between 32-bit and 64-bit applications"). WSAPoll() tells failed
 * connections from Windows 10, version 2004, on.
 */
#ifndef SOCKETS_WIN_H
#define SOCKETS_WIN_H

#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0601
#endif
#define WIN32_LEAN_AND_MEAN
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>

#include <errno.h>
#include <stdint.h>

#ifdef _MSC_VER
#pragma comment(lib, "ws2_32")
typedef SSIZE_T ssize_t;
#endif

/* All sockets of the core are non-blocking, and a broken pipe is an error here, never a signal. */
#define MSG_DONTWAIT 0
#define MSG_NOSIGNAL 0

typedef WSAPOLLFD NetPoll;
/* What a TCP socket that WSAPoll() calls writable takes. */
#define NET_WRITABLE_BYTES 1024

/* In sockets-win.c. Answers and errno are POSIX's. */
int netSocket(int family, int type, int protocol);
int netBind(int file, const struct sockaddr *address, socklen_t size);
int netConnect(int file, const struct sockaddr *address, socklen_t size);
int netListen(int file, int backlog);
int netAccept(int file, struct sockaddr *address, socklen_t *size);
ssize_t netSend(int file, const void *bytes, size_t size, int flags);
ssize_t netSendTo(int file, const void *bytes, size_t size, int flags, const struct sockaddr *to, socklen_t toSize);
ssize_t netReceive(int file, void *into, size_t size, int flags);
/* As recvfrom, but more than `size` for a datagram that does not fit. */
ssize_t netReceiveFrom(int file, uint8_t *into, size_t size, struct sockaddr_storage *from);
int netClose(int file);
int netSetOption(int file, int level, int name, const void *value, socklen_t size);
int netGetOption(int file, int level, int name, void *value, socklen_t *size);
int netGetName(int file, struct sockaddr *address, socklen_t *size);
int netNonBlocking(int file);
int netThread(void *(*run)(void *), size_t stackBytes);
/* The wake-up is a socket that is connected to itself. */
int netBegin(void);
void netWake(int file);
void netWoken(int file);

#define netPoll(polls, size, ms) WSAPoll((polls), (ULONG)(size), (ms))
#define netFromText inet_pton
#define netGetAddressInfo getaddrinfo
#define netFreeAddressInfo freeaddrinfo
#define netPause(ms) Sleep((DWORD)(ms))

typedef SRWLOCK NetLock;
typedef CONDITION_VARIABLE NetCondition;
#define NET_LOCK SRWLOCK_INIT
#define NET_CONDITION CONDITION_VARIABLE_INIT
#define netLock AcquireSRWLockExclusive
#define netUnlock ReleaseSRWLockExclusive
#define netWait(condition, lock) ((void)SleepConditionVariableSRW((condition), (lock), INFINITE, 0))
#define netSignal WakeAllConditionVariable

#endif
