/*
 * The system is asked as if something were to be sent: a connected UDP socket has the address that its route gives it,
 * and is refused where there is no route. A cable that is pulled takes no route away on Linux, so the interface with
 * that address is looked at, too. On Windows the system takes both away by itself.
 */
#include "network-way.h"

#include "../sockets/sockets-state.h"

#include <stdio.h>
#include <string.h>

#ifndef _WIN32
#include <ifaddrs.h>
#include <net/if.h>
#endif

/* Any will do: nothing is sent. */
#define PORT 5683

/* @returns 0 when there is no route, -1 when nobody knows, else 1 and our address towards it */
static int routeTo(const struct sockaddr_storage *to, socklen_t size, struct sockaddr_storage *own)
{
	socklen_t ownSize = sizeof(*own);
	int file = netSocket(to->ss_family, SOCK_DGRAM, IPPROTO_UDP);
	int answer = 1;
	if (file < 0)
		return -1;
	memset(own, 0, sizeof(*own));
	if (netConnect(file, (const struct sockaddr *)to, size))
		answer = (errno == EAGAIN || errno == ENOBUFS) ? -1 : 0; /* those are about ports and memory */
	else if (netGetName(file, (struct sockaddr *)own, &ownSize))
		answer = -1;
	netClose(file);
	return answer;
}

#ifndef _WIN32
static int isSame(const struct sockaddr *one, const struct sockaddr_storage *other)
{
	if (!one || one->sa_family != other->ss_family)
		return 0;
	if (one->sa_family == AF_INET)
		return ((const struct sockaddr_in *)one)->sin_addr.s_addr == ((const struct sockaddr_in *)other)->sin_addr.s_addr;
	return one->sa_family == AF_INET6 && !memcmp(&((const struct sockaddr_in6 *)one)->sin6_addr,
		&((const struct sockaddr_in6 *)other)->sin6_addr, sizeof(struct in6_addr));
}

/* Whether that address is of interfaces none of which has anybody at its other end. */
static int isCutOff(const struct sockaddr_storage *own)
{
	struct ifaddrs *all;
	int found = 0, running = 0;
	if (getifaddrs(&all))
		return 0;
	for (const struct ifaddrs *one = all; one; one = one->ifa_next) {
		if (!isSame(one->ifa_addr, own))
			continue;
		found = 1;
		if ((one->ifa_flags & IFF_UP) && (one->ifa_flags & IFF_RUNNING))
			running = 1;
	}
	freeifaddrs(all);
	return found && !running;
}
#else
static int isCutOff(const struct sockaddr_storage *own)
{
	(void)own;
	return 0;
}
#endif

NetworkWay networkWay(const char *host, char *own, size_t size)
{
	SocketAddress text;
	struct sockaddr_storage to, from;
	socklen_t toSize;
	int route;
	memset(&text, 0, sizeof(text));
	snprintf(text.host, sizeof(text.host), "%s", host);
	text.port = PORT;
	toSize = addressFromText(&text, &to);
	if (!toSize)
		return wayUnknown;
	route = routeTo(&to, toSize, &from);
	if (route < 0)
		return wayUnknown;
	if (!route || isCutOff(&from))
		return wayNone;
	addressToText(&from, &text);
	snprintf(own, size, "%s", text.host);
	return wayThere;
}
