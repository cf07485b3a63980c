/*
 * What the core asks of Zephyr: zsock_*, which serve its own stack, OpenThread and sockets that a modem offers alike,
 * its threads and its eventfd. The names of types and constants come with CONFIG_NET_NAMESPACE_COMPAT_MODE (the
 * default).
 */
#ifndef SOCKETS_ZEPHYR_H
#define SOCKETS_ZEPHYR_H

#include <zephyr/kernel.h>
#include <zephyr/net/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>

#ifdef CONFIG_NET_SOCKETS_OFFLOAD
/* zsock_poll() of offloaded sockets is the modem's and knows no eventfd: so often the thread looks up. */
#define NET_POLL_MS 100
#else
#include <zephyr/zvfs/eventfd.h>
#endif

#ifndef POLLIN
#define POLLIN ZSOCK_POLLIN
#define POLLOUT ZSOCK_POLLOUT
#define POLLERR ZSOCK_POLLERR
#define POLLHUP ZSOCK_POLLHUP
#endif
#ifndef MSG_PEEK
#define MSG_PEEK ZSOCK_MSG_PEEK
#endif
#ifndef MSG_TRUNC
#define MSG_TRUNC ZSOCK_MSG_TRUNC
#endif
#ifndef MSG_DONTWAIT
#define MSG_DONTWAIT ZSOCK_MSG_DONTWAIT
#endif
#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif
#ifndef addrinfo
#define addrinfo zsock_addrinfo
#endif
/* Before Zephyr 4.0 zsock_fcntl() takes the C library's. */
#ifndef ZVFS_F_GETFL
#define ZVFS_F_GETFL F_GETFL
#define ZVFS_F_SETFL F_SETFL
#define ZVFS_O_NONBLOCK O_NONBLOCK
#endif

#define netSocket zsock_socket
#define netBind zsock_bind
#define netConnect zsock_connect
#define netListen zsock_listen
#define netAccept zsock_accept
#define netSend zsock_send
#define netSendTo zsock_sendto
#define netReceive zsock_recv
#define netClose zsock_close
#define netPoll(polls, size, ms) zsock_poll((polls), (int)(size), (ms))
#define netSetOption zsock_setsockopt
#define netGetOption zsock_getsockopt
#define netGetName zsock_getsockname
#define netFromText zsock_inet_pton
#define netGetAddressInfo zsock_getaddrinfo
#define netFreeAddressInfo zsock_freeaddrinfo
typedef struct zsock_pollfd NetPoll;

/* What a TCP socket of Zephyr that is called writable takes at least is a network buffer. */
#define NET_WRITABLE_BYTES 128
/* Zephyr's resolver asks for A or AAAA; without a family, for both where both are compiled in. */
#define NET_FAMILIES { AF_UNSPEC }

typedef struct k_mutex NetLock;
typedef struct k_condvar NetCondition;
/* The initializers of Zephyr want the name of what they begin: there is one lock and one condition. */
#define NET_LOCK Z_MUTEX_INITIALIZER(socketsLock)
#define NET_CONDITION Z_CONDVAR_INITIALIZER(hasClosed)
#define netLock(lock) ((void)k_mutex_lock((lock), K_FOREVER))
#define netUnlock(lock) ((void)k_mutex_unlock(lock))
#define netWait(condition, lock) ((void)k_condvar_wait((condition), (lock), K_FOREVER))
#define netSignal(condition) ((void)k_condvar_broadcast(condition))

/* In sockets-zephyr.c: two threads at once, the one that waits and the one that asks for names. @returns 0, or -1 */
int netThread(void *(*run)(void *), size_t stackBytes);

#ifdef NET_POLL_MS
static inline int netBegin(void)
{
	return 0;
}
#else
static inline int netBegin(void)
{
	return zvfs_eventfd(0, ZVFS_EFD_NONBLOCK);
}

static inline void netWake(int file)
{
	(void)zvfs_eventfd_write(file, 1); /* full: it is awake already */
}

static inline void netWoken(int file)
{
	zvfs_eventfd_t count;
	(void)zvfs_eventfd_read(file, &count);
}
#endif

static inline void netPause(int ms)
{
	k_msleep(ms);
}

static inline int netNonBlocking(int file)
{
	int flags = zsock_fcntl(file, ZVFS_F_GETFL, 0);
	return (flags < 0) ? -1 : zsock_fcntl(file, ZVFS_F_SETFL, flags | ZVFS_O_NONBLOCK);
}

/* As recvfrom, but more than `size` for a datagram that does not fit: with MSG_TRUNC the true size is answered. */
static inline ssize_t netReceiveFrom(int file, uint8_t *into, size_t size, struct sockaddr_storage *from)
{
	socklen_t length = sizeof(*from);
	return zsock_recvfrom(file, into, size, MSG_DONTWAIT | MSG_TRUNC, (struct sockaddr *)from, &length);
}

#endif
