/*
 * hosts/tls' core as a program: a TLS client over a socket, for the tests. Its arguments are name=value; it says a line
 * for each thing that happens, and how it ended.
 */
#include "tls-core.h"

#include <arpa/inet.h>
#include <poll.h>
#include <psa/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { fileMost = 8192, pieceMost = 4096 };

static uint8_t pin[fileMost], chain[fileMost], key[fileMost], psk[64];
static size_t pinSize, chainSize, keySize, pskSize;
static uint16_t suites[tlsSuitesMost];
static size_t suiteCount;
static const char *identity = "", *name = "", *protocol = "";
static int isHidden, port, toSend, pieceSize = pieceMost, patienceMs = 20000;

static size_t load(const char *path, uint8_t *into)
{
	FILE *file = fopen(path, "rb");
	size_t size = file ? fread(into, 1, fileMost, file) : 0;
	if (file)
		fclose(file);
	return size;
}

static size_t fromHex(const char *text, uint8_t *into, size_t most)
{
	size_t size = 0;
	unsigned byte;
	for (; (size < most) && (sscanf(text + 2 * size, "%2x", &byte) == 1); size++)
		into[size] = (uint8_t)byte;
	return size;
}

static void take(char *argument)
{
	char *value = strchr(argument, '=');
	if (!value)
		exit(2);
	*value++ = 0;
	if (!strcmp(argument, "port"))
		port = atoi(value);
	else if (!strcmp(argument, "identity"))
		identity = value;
	else if (!strcmp(argument, "psk"))
		pskSize = fromHex(value, psk, sizeof(psk));
	else if (!strcmp(argument, "pin"))
		pinSize = load(value, pin);
	else if (!strcmp(argument, "chain"))
		chainSize = load(value, chain);
	else if (!strcmp(argument, "key"))
		keySize = load(value, key);
	else if (!strcmp(argument, "name"))
		name = value;
	else if (!strcmp(argument, "protocol"))
		protocol = value;
	else if (!strcmp(argument, "suite"))
		suites[suiteCount++] = (uint16_t)strtol(value, NULL, 16);
	else if (!strcmp(argument, "send"))
		toSend = atoi(value);
	else if (!strcmp(argument, "piece"))
		pieceSize = atoi(value);
	else if (!strcmp(argument, "hidden"))
		isHidden = atoi(value);
	else if (!strcmp(argument, "patience"))
		patienceMs = atoi(value);
	else
		exit(2);
}

/* Lines of 64: gnutls-serv sends back text alone. */
static uint8_t patternAt(int index)
{
	return (uint8_t)((index % 64 == 63) ? '\n' : 'a' + (index * 7 + (index >> 8)) % 26);
}

static const char *wordOf(int answer)
{
	static const char *const words[] = { "nothing", "closed", "truncated", "alerted", "untrusted", "broken", "failed",
		"refused", "unknown" };
	return ((answer <= 0) && (answer >= tlsUnknown)) ? words[-answer] : "?";
}

static int isPinned(int32_t id)
{
	const uint8_t *bytes;
	int size = tlsCertificate(id, 0, &bytes);
	int count = 0;
	const uint8_t *other;
	while (tlsCertificate(id, count, &other) > 0)
		count++;
	printf("asked %d\n", count);
	return ((size_t)size == pinSize) && !memcmp(bytes, pin, pinSize);
}

/* The key goes to PSA, as a factory would leave it there. @returns its number */
static uint32_t hide(void)
{
	psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
	psa_key_id_t id = 0;
	psa_set_key_type(&attributes, PSA_KEY_TYPE_DERIVE);
	psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_DERIVE);
	psa_set_key_algorithm(&attributes, PSA_ALG_TLS12_PSK_TO_MS(PSA_ALG_SHA_256));
	if (psa_import_key(&attributes, psk, pskSize, &id) != PSA_SUCCESS)
		exit(7);
	pskSize = 0;
	return (uint32_t)id;
}

static int32_t begin(void)
{
	uint32_t hidden = isHidden ? hide() : 0;
	TlsSettings settings = {
		.pskIdentity = { (const uint8_t *)identity, strlen(identity) },
		.psk = { psk, pskSize },
		.pskId = hidden,
		.chain = { chain, chainSize },
		.privateKey = { key, keySize },
		.suites = suites,
		.suiteCount = suiteCount,
		.serverName = name,
		.protocol = protocol
	};
	return tlsOpen(&settings);
}

static int flush(int file, int32_t id)
{
	uint8_t piece[pieceMost];
	int size;
	int all = 0;
	while ((size = tlsGive(id, piece, (size_t)pieceSize)) > 0) {
		if (send(file, piece, (size_t)size, MSG_NOSIGNAL) != size)
			return -1;
		all += size;
	}
	return all;
}

/* Reads what fits from the socket. @returns 0 at its end */
static int feed(int file, int32_t id)
{
	uint8_t piece[pieceMost];
	struct pollfd waiting = { .fd = file, .events = POLLIN };
	int room = tlsRoom(id);
	ssize_t size;
	if (room > pieceSize)
		room = pieceSize;
	if (room <= 0)
		return 1;
	if (poll(&waiting, 1, patienceMs) != 1) {
		printf("end silence\n");
		exit(0);
	}
	size = recv(file, piece, (size_t)room, 0);
	if (size <= 0) {
		tlsEnd(id);
		return 0;
	}
	if (tlsTake(id, piece, (size_t)size) != (int)size)
		exit(3);
	return 1;
}

static int shake(int file, int32_t id)
{
	int isOpen = 1;
	for (;;) {
		int answer = tlsStep(id);
		(void)flush(file, id);
		if (answer == tlsAsks)
			tlsTrust(id, isPinned(id));
		else if (answer != tlsNothing)
			return answer;
		else if (!isOpen)
			return tlsTruncated;
		else
			isOpen = feed(file, id);
	}
}

/* Sends the pattern and expects it back. @returns why it ended */
static int echo(int file, int32_t id)
{
	uint8_t piece[1000];
	int sent = 0, heard = 0, isSame = 1;
	for (;;) {
		int answer;
		int index;
		for (answer = 1; (sent < toSend) && (answer > 0); sent += (answer > 0) ? answer : 0) {
			int size = (toSend - sent < (int)sizeof(piece)) ? toSend - sent : (int)sizeof(piece);
			for (index = 0; index < size; index++)
				piece[index] = patternAt(sent + index);
			answer = tlsWrite(id, piece, (size_t)size);
			(void)flush(file, id);
		}
		while ((tlsPending(id) >= 0) && ((answer = tlsRead(id, piece, sizeof(piece))) > 0)) {
			for (index = 0; index < answer; index++)
				isSame = isSame && (piece[index] == patternAt(heard + index));
			heard += answer;
		}
		(void)flush(file, id);
		answer = tlsPending(id);
		if (answer > 0)
			continue;
		if ((answer < 0) || ((heard >= toSend) && toSend)) {
			printf("heard %d %s\n", heard, isSame ? "same" : "other");
			return answer;
		}
		(void)feed(file, id);
	}
}

int main(int count, char **arguments)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	int file = socket(AF_INET, SOCK_STREAM, 0);
	int32_t id;
	int answer;
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (--count > 0)
		take(*++arguments);
	if (tlsBegin())
		return 4;
	id = begin();
	if (id <= 0) {
		printf("open %s\n", wordOf(id));
		return 0;
	}
	to.sin_port = htons((uint16_t)port);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(file, (struct sockaddr *)&to, sizeof(to)))
		return 5;
	answer = shake(file, id);
	if (answer == tlsReady) {
		const char *chosen = tlsProtocol(id);
		printf("ready %04x %04x %s\n", tlsVersion(id), tlsSuite(id), chosen ? chosen : "-");
		answer = echo(file, id);
	}
	printf("end %s\n", wordOf(answer));
	tlsClose(id);
	(void)flush(file, id);
	close(file);
	if ((tlsRelease(id) != 0) || (tlsRelease(id) != tlsUnknown) || (tlsStep(id) != tlsUnknown))
		return 6;
	return 0;
}
