/*
 * What the core asks of a system: BSD sockets under their POSIX names, threads, and a wake-up that poll() sees.
 * Linux, macOS and ESP-IDF (lwIP behind its VFS) have the same names; Zephyr's are in sockets-zephyr.h, those of
 * Windows in sockets-win.h. A system whose poll() can not be woken defines NET_POLL_MS: the thread looks up so often,
 * netBegin() answers 0, and there is no netWake().
 */
#ifndef SOCKETS_PLATFORM_H
#define SOCKETS_PLATFORM_H

#ifdef __ZEPHYR__
#include "sockets-zephyr.h"
#elif defined(_WIN32)
#include "sockets-win.h"
#else

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/poll.h>
#include <sys/socket.h>
#include <unistd.h>

#ifdef ESP_PLATFORM
/* socket() and the others: inline functions of ESP-IDF, in a folder that the SDK's makefile does not name. */
#include "lwip/include/lwip/netdb.h"
#include "lwip/include/lwip/sockets.h"

#include "esp_netif.h"
#include "esp_vfs_eventfd.h"
#elif defined(__APPLE__)
#include "sockets-mac.h"
#else
#include <sys/eventfd.h>
#endif

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

#ifndef __APPLE__
#define netSocket socket
#define netAccept accept
#endif
#define netBind bind
#define netConnect connect
#define netListen listen
#define netSend send
#define netSendTo sendto
#define netReceive recv
#define netClose close
#define netPoll poll
#define netSetOption setsockopt
#define netGetOption getsockopt
#define netGetName getsockname
#define netFromText inet_pton
#define netGetAddressInfo getaddrinfo
#define netFreeAddressInfo freeaddrinfo
typedef struct pollfd NetPoll;

/* How many bytes a socket that poll() calls writable takes at least: lwIP and Linux both wait for more than that. */
#define NET_WRITABLE_BYTES 1024

typedef pthread_mutex_t NetLock;
typedef pthread_cond_t NetCondition;
#define NET_LOCK PTHREAD_MUTEX_INITIALIZER
#define NET_CONDITION PTHREAD_COND_INITIALIZER
#define netLock pthread_mutex_lock
#define netUnlock pthread_mutex_unlock
#define netWait pthread_cond_wait
#define netSignal pthread_cond_broadcast

/* Starts a thread that nobody waits for. @returns 0, or -1 */
static inline int netThread(void *(*run)(void *), size_t stackBytes)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int answer = -1;
	if (pthread_attr_init(&attributes))
		return -1;
#ifdef ESP_PLATFORM
	pthread_attr_setstacksize(&attributes, stackBytes);
#else
	(void)stackBytes; /* figures for lwIP; a computer's default is more */
#endif
	if (!pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED))
		answer = pthread_create(&thread, &attributes, run, NULL) ? -1 : 0;
	pthread_attr_destroy(&attributes);
	return answer;
}

static inline void netPause(int ms)
{
	usleep((unsigned)ms * 1000);
}

#ifndef __APPLE__
/* Makes the wake-up, and whatever sockets need beforehand. @returns its file, or -1 */
static inline int netBegin(void)
{
#ifdef ESP_PLATFORM
	const esp_vfs_eventfd_config_t config = { .max_fds = 2 };
	esp_err_t began = esp_vfs_eventfd_register(&config);
	if ((began != ESP_OK) && (began != ESP_ERR_INVALID_STATE))
		return -1;
	if (esp_netif_init() != ESP_OK)
		return -1;
#endif
	return eventfd(0, 0);
}

static inline void netWake(int file)
{
	uint64_t one = 1;
	ssize_t size = write(file, &one, sizeof(one));
	(void)size; /* full: it is awake already */
}

/* Only after poll() said that it is readable. */
static inline void netWoken(int file)
{
	uint64_t count;
	ssize_t size = read(file, &count, sizeof(count));
	(void)size;
}
#endif

static inline int netNonBlocking(int file)
{
	int flags = fcntl(file, F_GETFL, 0);
	return (flags < 0) ? -1 : fcntl(file, F_SETFL, flags | O_NONBLOCK);
}

/* As recvfrom, but more than `size` for a datagram that does not fit. */
static inline ssize_t netReceiveFrom(int file, uint8_t *into, size_t size, struct sockaddr_storage *from)
{
	uint8_t spill;
	struct iovec parts[2] = { { .iov_base = into, .iov_len = size }, { .iov_base = &spill, .iov_len = 1 } };
	struct msghdr message = {
		.msg_name = from, .msg_namelen = sizeof(*from), .msg_iov = parts, .msg_iovlen = 2
	};
	return recvmsg(file, &message, MSG_DONTWAIT);
}

#if defined(__linux__) && !defined(ESP_PLATFORM)
/* ICMP errors of an unconnected socket come in a queue of their own (ip(7), IP_RECVERR). */
#define NET_HEARS_ERRORS 1
#define NET_IP_RECVERR 11
#define NET_IPV6_RECVERR 25

static inline void netHearErrors(int file, int family)
{
	int on = 1;
	if (family == AF_INET)
		netSetOption(file, IPPROTO_IP, NET_IP_RECVERR, &on, sizeof(on));
	else
		netSetOption(file, IPPROTO_IPV6, NET_IPV6_RECVERR, &on, sizeof(on));
}

/* @returns 1 and where the datagram was sent that did not arrive, 0 for no more */
static inline int netNextError(int file, struct sockaddr_storage *to)
{
	char control[256];
	struct msghdr message = {
		.msg_name = to, .msg_namelen = sizeof(*to), .msg_control = control, .msg_controllen = sizeof(control)
	};
	return recvmsg(file, &message, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0;
}
#endif

#endif /* POSIX's names */

/* lwIP's resolver answers one family at a time, and one address; elsewhere one question gets all, the best first. */
#ifndef NET_FAMILIES
#ifdef ESP_PLATFORM
#define NET_FAMILIES { AF_INET, AF_INET6 }
#else
#define NET_FAMILIES { AF_UNSPEC }
#endif
#endif

#endif
