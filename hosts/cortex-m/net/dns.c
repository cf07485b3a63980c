/* One question for one IPv4 address (RFC 1035 §4). */
#include "udp.h"

#include <string.h>

enum { serverPort = 53, tries = 3, tryMs = 2000, longestName = 128 };

uint32_t dnsServer;

static int socket = -1;
static int triesLeft;
static double nextTryMs;
static uint16_t question;
static int querySize;
static uint8_t query[12 + longestName + 2 + 4];

int dns_ask(const char *name, double nowMs)
{
	int size = (int)strlen(name);
	uint8_t *at = query + 12;
	if (socket >= 0)
		return 0;
	triesLeft = 0;
	nextTryMs = nowMs;
	socket = udp_open(0);
	if ((socket < 0) || !size || (size > longestName))
		return socket >= 0; /* the answer is that there is none */
	memset(query, 0, sizeof(query));
	question++;
	query[0] = (uint8_t)(question >> 8);
	query[1] = (uint8_t)question;
	query[2] = 1; /* recursion desired */
	query[5] = 1; /* one question */
	while (size > 0) {
		const char *dot = memchr(name, '.', (size_t)size);
		int label = dot ? (int)(dot - name) : size;
		if ((label < 1) || (label > 63))
			return 1;
		*at++ = (uint8_t)label;
		memcpy(at, name, (size_t)label);
		at += label;
		name += label + 1;
		size -= label + 1;
	}
	*at++ = 0;
	at[1] = 1; /* A */
	at[3] = 1; /* IN */
	querySize = (int)(at + 4 - query);
	triesLeft = tries;
	return 1;
}

/* @returns the offset behind a name at `at`, or -1 */
static int skipName(const uint8_t *bytes, int size, int at)
{
	while (at < size) {
		if (bytes[at] >= 0xC0)
			return at + 2;
		if (bytes[at] == 0)
			return at + 1;
		at += 1 + bytes[at];
	}
	return -1;
}

/* @returns whether it is the answer to our question */
static int readAnswer(const uint8_t *bytes, int size, uint32_t *address)
{
	int at = 12;
	int count;
	*address = 0;
	if ((size < 12) || (bytes[0] != query[0]) || (bytes[1] != query[1]) || !(bytes[2] & 0x80))
		return 0;
	at = skipName(bytes, size, at);
	if (at < 0)
		return 1;
	at += 4;
	for (count = (bytes[6] << 8) | bytes[7]; count > 0; count--) {
		int length;
		at = skipName(bytes, size, at);
		if ((at < 0) || (at + 10 > size))
			return 1;
		length = (bytes[at + 8] << 8) | bytes[at + 9];
		if ((bytes[at + 1] == 1) && (length == 4) && (at + 14 <= size)) {
			const uint8_t *value = bytes + at + 10;
			*address = ((uint32_t)value[0] << 24) | ((uint32_t)value[1] << 16) | ((uint32_t)value[2] << 8) | value[3];
			return 1;
		}
		at += 10 + length;
	}
	return 1;
}

int dns_poll(double nowMs, uint32_t *address)
{
	static uint8_t reply[512];
	uint32_t from;
	int port, size;
	if (socket < 0)
		return 0;
	while ((size = udp_read(socket, reply, sizeof(reply), &from, &port)) >= 0) {
		if ((from != dnsServer) || (port != serverPort) || !readAnswer(reply, size, address))
			continue;
		udp_close(socket);
		socket = -1;
		return 1;
	}
	if (nowMs < nextTryMs)
		return 0;
	if (triesLeft-- > 0) {
		nextTryMs = nowMs + tryMs;
		udp_write(socket, query, querySize, dnsServer, serverPort);
		return 0;
	}
	udp_close(socket);
	socket = -1;
	*address = 0;
	return 1;
}
