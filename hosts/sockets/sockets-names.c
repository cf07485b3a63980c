/* Names to addresses, by the system's resolver, which blocks: in a thread that lives as long as there is a question. */
#include "sockets-state.h"

#include <stdlib.h>
#include <string.h>

#define NAME_STACK_BYTES 4096
/* Ids of questions lie above all of sockets. */
#define FIRST_ID 0x40000000

typedef struct Query Query;
struct Query {
	Query *next;
	int32_t id;
	enum { isWaiting, isDone, isTaken } state;
	int count;
	SocketAddress hosts[SOCKETS_HOSTS_MAX];
	char name[SOCKETS_NAME_MAX + 1];
};

static Query *queries = NULL;
static int32_t lastId = 0;
static int isRunning = 0;

static void add(Query *query, const struct sockaddr *found, size_t size)
{
	struct sockaddr_storage address;
	SocketAddress *host = &query->hosts[query->count];
	if ((query->count == SOCKETS_HOSTS_MAX) || (size > sizeof(address)))
		return;
	memset(&address, 0, sizeof(address));
	memcpy(&address, found, size);
	addressToText(&address, host);
	for (int index = 0; index < query->count; index++) {
		if (!strcmp(query->hosts[index].host, host->host))
			return;
	}
	query->count++;
}

/* Blocks for seconds. Nobody else touches a query that waits. */
static void ask(Query *query)
{
	static const int families[] = NET_FAMILIES;
	for (size_t which = 0; which < sizeof(families) / sizeof(*families); which++) {
		struct addrinfo hints = { .ai_family = families[which], .ai_socktype = SOCK_DGRAM };
		struct addrinfo *found = NULL;
		if (netGetAddressInfo(query->name, NULL, &hints, &found))
			continue;
		for (struct addrinfo *at = found; at; at = at->ai_next) {
			if ((at->ai_family == AF_INET) || (at->ai_family == AF_INET6))
				add(query, at->ai_addr, at->ai_addrlen);
		}
		if (found)
			netFreeAddressInfo(found);
	}
}

static Query *oldest(int state)
{
	Query *query = queries;
	while (query && ((int)query->state != state))
		query = query->next;
	return query;
}

static void *askForAll(void *nothing)
{
	(void)nothing;
	for (;;) {
		Query *query;
		netLock(&socketsLock);
		query = oldest(isWaiting);
		if (!query)
			isRunning = 0;
		netUnlock(&socketsLock);
		if (!query)
			return NULL;
		ask(query);
		netLock(&socketsLock);
		query->state = isDone;
		netUnlock(&socketsLock);
		socketsNotify();
	}
}

int32_t namesTake(void)
{
	Query *query = oldest(isDone);
	if (!query)
		return 0;
	query->state = isTaken;
	return query->id;
}

int32_t nameResolve(const char *name)
{
	size_t size = strlen(name) + 1;
	Query *query, **end = &queries;
	int waiting = 0;
	int32_t id = socketsRefused;
	if (size > sizeof(query->name))
		return socketsNoAddress;
	netLock(&socketsLock);
	for (; *end; end = &(*end)->next)
		waiting++;
	query = waiting < SOCKETS_QUERIES_MAX ? calloc(1, sizeof(*query)) : NULL;
	if (query) {
		lastId = (lastId % 0xffffff) + 1;
		query->id = id = FIRST_ID + lastId;
		memcpy(query->name, name, size);
		*end = query;
		if (!isRunning && netThread(askForAll, NAME_STACK_BYTES)) {
			*end = NULL;
			free(query);
			id = socketsRefused;
		} else
			isRunning = 1;
	}
	netUnlock(&socketsLock);
	return id;
}

int nameHost(int32_t id, int index, SocketAddress *host)
{
	Query **at = &queries;
	int answer = socketsUnknown;
	netLock(&socketsLock);
	while (*at && ((*at)->id != id))
		at = &(*at)->next;
	if (*at && ((*at)->state == isTaken)) {
		Query *query = *at;
		if ((index >= 0) && (index < query->count)) {
			*host = query->hosts[index];
			answer = 0;
		} else {
			*at = query->next;
			free(query);
			answer = socketsNothing;
		}
	}
	netUnlock(&socketsLock);
	return answer;
}
