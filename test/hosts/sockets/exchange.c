/*
 * The core of hosts/sockets against the sockets of this computer, over loopback: a program that says a line for each
 * case. The first case that fails ends it with status 1.
 */
#include "sockets-core.h"

#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 5000

static int bell[2];
static int refuseNotify = 0;
static int notified = 0;

static int notify(void)
{
	if (refuseNotify-- > 0)
		return -1;
	refuseNotify = 0;
	notified++;
	return write(bell[1], "!", 1) == 1 ? 0 : -1;
}

#define CHECK(CONDITION) \
	do { \
		if (!(CONDITION)) { \
			printf("not ok %s:%d %s\n", __func__, __LINE__, #CONDITION); \
			exit(1); \
		} \
	} while (0)

/* What happened to each id so far, and not looked at. */
static struct { int32_t id; int what; } seen[64];
static int seenSize = 0;

static void gatherEvents(int patienceMs)
{
	struct pollfd wait = { .fd = bell[0], .events = POLLIN };
	char byte;
	int32_t id;
	int what;
	if (poll(&wait, 1, patienceMs) == 1 && read(bell[0], &byte, 1) == 1) {
		while (socketsTake(&id, &what)) {
			CHECK(seenSize < 64);
			seen[seenSize].id = id;
			seen[seenSize++].what = what;
		}
	}
}

/* Waits until `what` has happened to `id`. */
static int happens(int32_t id, int what, int patienceMs)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	int64_t end = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + patienceMs;
	for (;;) {
		for (int index = 0; index < seenSize; index++) {
			if ((seen[index].id == id) && (seen[index].what & what)) {
				seen[index].what &= ~what;
				return 1;
			}
		}
		clock_gettime(CLOCK_MONOTONIC, &now);
		int64_t left = end - ((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
		if (left <= 0)
			return 0;
		gatherEvents((int)left);
	}
}

/* A port that nobody has just now. */
static uint16_t freePort(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET };
	socklen_t size = sizeof(any);
	int file = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK(!bind(file, (struct sockaddr *)&any, size) && !getsockname(file, (struct sockaddr *)&any, &size));
	close(file);
	return ntohs(any.sin_port);
}

static SocketAddress at(const char *host, uint16_t port)
{
	SocketAddress address = { .port = port };
	snprintf(address.host, sizeof(address.host), "%s", host);
	return address;
}

static void datagramsOf(const char *host, uint16_t port)
{
	uint8_t into[64];
	SocketAddress from, there = at(host, port);
	int32_t here = datagramsOpen(0), server = datagramsOpen(port);
	CHECK(here > 0 && server > 0 && here != server);
	CHECK(datagramsRead(server, into, sizeof(into), &from) == socketsNothing);
	CHECK(datagramsWrite(here, (const uint8_t *)"one", 3, &there) == 0);
	CHECK(happens(server, socketReadable, PATIENCE_MS));
	CHECK(datagramsRead(server, into, sizeof(into), &from) == 3 && !memcmp(into, "one", 3));
	CHECK(!strcmp(from.host, host) && from.port != 0);
	CHECK(datagramsRead(server, into, sizeof(into), &from) == socketsNothing);
	/* the answer goes to where it came from; an empty one is one, too */
	CHECK(datagramsWrite(server, NULL, 0, &from) == 0);
	CHECK(happens(here, socketReadable, PATIENCE_MS));
	CHECK(datagramsRead(here, into, sizeof(into), &from) == 0);
	/* one that does not fit is dropped, the next one is read */
	CHECK(datagramsWrite(here, (const uint8_t *)"a long datagram", 15, &there) == 0);
	CHECK(datagramsWrite(here, (const uint8_t *)"short", 5, &there) == 0);
	CHECK(happens(server, socketReadable, PATIENCE_MS));
	usleep(50000);
	CHECK(datagramsRead(server, into, 5, &from) == 5 && !memcmp(into, "short", 5));
	CHECK(datagramsRead(server, into, 5, &from) == socketsNothing);
	/* whoever does not read is not called again, and reading one of two is called for the other */
	CHECK(datagramsWrite(here, (const uint8_t *)"1", 1, &there) == 0);
	CHECK(happens(server, socketReadable, PATIENCE_MS));
	CHECK(datagramsWrite(here, (const uint8_t *)"2", 1, &there) == 0);
	CHECK(!happens(server, socketReadable, 100));
	CHECK(datagramsRead(server, into, 5, &from) == 1);
	CHECK(happens(server, socketReadable, PATIENCE_MS));
	CHECK(datagramsRead(server, into, 5, &from) == 1 && into[0] == '2');
	/* a port is taken while it is, and free at once afterwards */
	CHECK(datagramsOpen(port) == socketsRefused && socketsWhy() != 0);
	CHECK(socketClose(server) == 0);
	CHECK(datagramsRead(server, into, 5, &from) == socketsUnknown);
	CHECK(socketClose(server) == socketsUnknown);
	server = datagramsOpen(port);
	CHECK(server > 0);
	CHECK(socketClose(server) == 0 && socketClose(here) == 0);
	printf("ok datagrams %s\n", host);
}

static void unreachableOf(const char *host)
{
	uint16_t port = freePort();
	SocketAddress nobody = at(host, port), told;
	int32_t here = datagramsOpen(0);
	CHECK(datagramsWrite(here, (const uint8_t *)"?", 1, &nobody) == 0);
	CHECK(happens(here, socketUnreachable, PATIENCE_MS));
	CHECK(datagramsUnreachable(here, &told) == 0 && !strcmp(told.host, host) && told.port == port);
	CHECK(datagramsWrite(here, (const uint8_t *)"?", 1, &nobody) == 0);
	CHECK(socketClose(here) == 0);
	printf("ok unreachable %s\n", host);
}

static void refusals(void)
{
	int32_t ids[SOCKETS_MAX];
	SocketAddress bad = at("example.org", 5683), far = at("127.0.0.1", 9);
	static uint8_t large[70000];
	for (int index = 0; index < SOCKETS_MAX; index++)
		CHECK((ids[index] = datagramsOpen(0)) > 0);
	CHECK(datagramsOpen(0) == socketsRefused);
	CHECK(datagramsWrite(ids[0], large, 1, &bad) == socketsNoAddress);
	CHECK(datagramsWrite(ids[0], large, sizeof(large), &far) == socketsRefused);
	CHECK(datagramsWrite(0x7fffffff, large, 1, &far) == socketsUnknown);
	CHECK(datagramsWrite(-1, large, 1, &far) == socketsUnknown);
	for (int index = 0; index < SOCKETS_MAX; index++)
		CHECK(socketClose(ids[index]) == 0);
	printf("ok refusals\n");
}

static void notifyAgain(void)
{
	uint8_t into[4];
	uint16_t port = freePort();
	SocketAddress from, there = at("127.0.0.1", port);
	int32_t server = datagramsOpen(port);
	refuseNotify = 3;
	CHECK(datagramsWrite(server, (const uint8_t *)"x", 1, &there) == 0);
	CHECK(happens(server, socketReadable, PATIENCE_MS));
	CHECK(datagramsRead(server, into, 4, &from) == 1);
	CHECK(socketClose(server) == 0);
	printf("ok told again when telling failed\n");
}

static void stream(const char *host)
{
	static uint8_t out[8000000], in[8000000];
	uint16_t port;
	int32_t listener = streamListen(0, &port);
	int32_t client, server;
	SocketAddress to;
	size_t sent = 0, received = 0;
	int wasFull = 0;
	for (size_t index = 0; index < sizeof(out); index++)
		out[index] = (uint8_t)(index * 7 + (index >> 8));
	CHECK(listener > 0 && port != 0);
	CHECK(streamAccept(listener) == socketsNothing);
	to = at(host, port);
	client = streamConnect(&to);
	CHECK(client > 0 && happens(client, socketWritable, PATIENCE_MS));
	CHECK(happens(listener, socketReadable, PATIENCE_MS));
	server = streamAccept(listener);
	CHECK(server > 0 && happens(server, socketWritable, PATIENCE_MS));
	/* a full connection takes no more, and says when it does again */
	for (;;) {
		int32_t taken = streamWrite(client, out + sent, sizeof(out) - sent);
		CHECK(taken >= 0);
		sent += (size_t)taken;
		if (sent == sizeof(out))
			break;
		if (taken)
			continue;
		wasFull = 1;
		while (received < sent) {
			CHECK(happens(server, socketReadable, PATIENCE_MS));
			CHECK(streamWaiting(server) > 0);
			for (int32_t size = 1; size > 0; received += (size_t)size)
				CHECK((size = streamRead(server, in + received, sizeof(in) - received)) >= 0);
		}
		CHECK(happens(client, socketWritable, PATIENCE_MS));
	}
	/* what was written before close() still arrives, then the end, once */
	CHECK(socketClose(client) == 0);
	while (!happens(server, socketClosed, 0)) {
		if (happens(server, socketReadable, 10))
			for (int32_t size = 1; size > 0; received += (size_t)size)
				CHECK((size = streamRead(server, in + received, sizeof(in) - received)) >= 0);
	}
	CHECK(wasFull && received == sizeof(out) && !memcmp(in, out, sizeof(out)));
	CHECK(streamRead(server, in, 1) == 0 && streamWrite(server, out, 1) == 0);
	CHECK(!happens(server, socketClosed, 50));
	CHECK(socketClose(server) == 0 && socketClose(listener) == 0);
	/* nobody listens any more */
	client = streamConnect(&to);
	CHECK(client == socketsRefused || happens(client, socketClosed, PATIENCE_MS));
	if (client > 0)
		CHECK(socketClose(client) == 0);
	printf("ok stream %s\n", host);
}

/* The other side goes while nobody reads: no end before what it sent is read. */
static void endBehindData(void)
{
	uint16_t port;
	uint8_t in[16];
	int32_t listener = streamListen(0, &port), client, server;
	SocketAddress to = at("127.0.0.1", port);
	client = streamConnect(&to);
	CHECK(happens(listener, socketReadable, PATIENCE_MS));
	server = streamAccept(listener);
	CHECK(happens(client, socketWritable, PATIENCE_MS));
	CHECK(streamWrite(client, (const uint8_t *)"last", 4) == 4);
	CHECK(socketClose(client) == 0);
	CHECK(happens(server, socketReadable, PATIENCE_MS));
	CHECK(!happens(server, socketClosed, 100));
	CHECK(streamRead(server, in, 2) == 2 && streamRead(server, in, 16) == 2);
	CHECK(happens(server, socketClosed, PATIENCE_MS));
	CHECK(socketClose(server) == 0 && socketClose(listener) == 0);
	printf("ok the end comes behind what was sent\n");
}

static void names(void)
{
	SocketAddress host;
	int32_t ids[SOCKETS_QUERIES_MAX];
	int hasLoopback = 0, index = 0;
	char tooLong[SOCKETS_NAME_MAX + 2];
	int32_t id = nameResolve("localhost");
	CHECK(id > 0 && happens(id, nameResolved, PATIENCE_MS));
	while (nameHost(id, index++, &host) == 0)
		hasLoopback |= !strcmp(host.host, "127.0.0.1") || !strcmp(host.host, "::1");
	CHECK(hasLoopback && nameHost(id, 0, &host) == socketsUnknown);
	id = nameResolve("2001:DB8:0:0:0:0:0:1");
	CHECK(happens(id, nameResolved, PATIENCE_MS));
	CHECK(nameHost(id, 0, &host) == 0 && !strcmp(host.host, "2001:db8::1"));
	CHECK(nameHost(id, 1, &host) == socketsNothing);
	memset(tooLong, 'a', sizeof(tooLong));
	tooLong[sizeof(tooLong) - 1] = 0;
	CHECK(nameResolve(tooLong) == socketsNoAddress);
	for (index = 0; index < SOCKETS_QUERIES_MAX; index++)
		CHECK((ids[index] = nameResolve("192.0.2.1")) > 0);
	CHECK(nameResolve("192.0.2.1") == socketsRefused);
	for (index = 0; index < SOCKETS_QUERIES_MAX; index++) {
		CHECK(happens(ids[index], nameResolved, PATIENCE_MS));
		CHECK(nameHost(ids[index], 0, &host) == 0 && !strcmp(host.host, "192.0.2.1"));
		CHECK(nameHost(ids[index], 1, &host) == socketsNothing);
	}
	printf("ok names\n");
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	CHECK(!pipe(bell));
	CHECK(socketsBegin(notify) == 0 && socketsBegin(notify) == 0);
	datagramsOf("127.0.0.1", freePort());
	datagramsOf("::1", freePort());
	unreachableOf("127.0.0.1");
	unreachableOf("::1");
	refusals();
	notifyAgain();
	stream("127.0.0.1");
	endBehindData();
	names();
	CHECK(notified > 10);
	return 0;
}
