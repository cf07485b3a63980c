/* Addresses as text and back. Each has one spelling only, because the program compares texts. */
#include "sockets-state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 8

socklen_t addressFromText(const SocketAddress *text, struct sockaddr_storage *address)
{
	struct sockaddr_in *four = (struct sockaddr_in *)address;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;
	char host[sizeof(text->host)];
	char *zone;
	memset(address, 0, sizeof(*address));
	if (netFromText(AF_INET, text->host, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		four->sin_port = htons(text->port);
		return sizeof(*four);
	}
	memset(address, 0, sizeof(*address));
	memcpy(host, text->host, sizeof(host));
	host[sizeof(host) - 1] = 0;
	zone = strchr(host, '%');
	if (zone)
		*zone++ = 0;
	if (netFromText(AF_INET6, host, &six->sin6_addr) != 1)
		return 0;
	six->sin6_family = AF_INET6;
	six->sin6_port = htons(text->port);
	if (zone)
		six->sin6_scope_id = (uint32_t)strtoul(zone, NULL, 10);
	return sizeof(*six);
}

/* RFC 5952 §4: lower case, no leading zeros, "::" for the longest run of zeros, the first of equal ones. */
static void spell(const uint8_t *bytes, char *text, size_t size)
{
	unsigned words[WORDS];
	int best = -1, bestLength = 1;
	size_t at = 0;
	for (int index = 0; index < WORDS; index++)
		words[index] = ((unsigned)bytes[2 * index] << 8) | bytes[2 * index + 1];
	for (int index = 0; index < WORDS; index++) {
		int length = 0;
		while ((index + length < WORDS) && !words[index + length])
			length++;
		if (length > bestLength) {
			best = index;
			bestLength = length;
		}
	}
	for (int index = 0; index < WORDS;) {
		const char *colon = index && (index != best + bestLength || best < 0) ? ":" : "";
		if (index == best) {
			at += (size_t)snprintf(text + at, size - at, "::");
			index += bestLength;
			continue;
		}
		at += (size_t)snprintf(text + at, size - at, "%s%x", colon, words[index]);
		index++;
	}
}

void addressToText(const struct sockaddr_storage *address, SocketAddress *text)
{
	const struct sockaddr_in *four = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
	if (address->ss_family == AF_INET) {
		const uint8_t *bytes = (const uint8_t *)&four->sin_addr;
		snprintf(text->host, sizeof(text->host), "%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
		text->port = ntohs(four->sin_port);
		return;
	}
	const uint8_t *bytes = (const uint8_t *)&six->sin6_addr;
	spell(bytes, text->host, sizeof(text->host));
	/* fe80::/10: the same address may be on every link */
	if ((bytes[0] == 0xfe) && ((bytes[1] & 0xc0) == 0x80) && six->sin6_scope_id) {
		size_t at = strlen(text->host);
		snprintf(text->host + at, sizeof(text->host) - at, "%%%u", (unsigned)six->sin6_scope_id);
	}
	text->port = ntohs(six->sin6_port);
}
