#include "peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { datagram_max = 65536, line_max = 65536 };

static struct options options;
static int net = -1;
static struct sockaddr_in remote;
static struct sockaddr_in next_remote;
static int has_remote;
static enum { idle, shaking, established } state;

/* A server's first look at a datagram tells who sent it; the library then reads the same one. */
static unsigned char held[datagram_max];
static int held_size = -1;
/* What is held comes from a client that began anew: for the next session, not for the one under way. */
static int is_held_for_next;

void die(const char *what, const char *why) {
	fprintf(stderr, "%s: %s\n", what, why);
	exit(1);
}

long long now_ms(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

unsigned char *file_bytes(const char *path, size_t *size) {
	FILE *file = fopen(path, "rb");
	if (!file) die(path, strerror(errno));
	unsigned char *bytes = malloc(65536);
	*size = fread(bytes, 1, 65535, file);
	bytes[*size] = 0;
	fclose(file);
	return bytes;
}

int net_descriptor(void) {
	return net;
}

const unsigned char *net_remote(size_t *size) {
	static unsigned char address[6];
	memcpy(address, &remote.sin_addr, 4);
	memcpy(address + 4, &remote.sin_port, 2);
	*size = sizeof address;
	return address;
}

int net_send(const unsigned char *bytes, int size) {
	/* A refused datagram is a lost one. */
	sendto(net, bytes, size, MSG_NOSIGNAL, (struct sockaddr *)&remote, sizeof remote);
	return size;
}

/* Takes the next datagram that concerns us into `held`. 1: there is one for the session under way. */
static int look(void) {
	while (held_size < 0) {
		struct sockaddr_in from;
		socklen_t from_size = sizeof from;
		int size = recvfrom(net, held, sizeof held, MSG_DONTWAIT, (struct sockaddr *)&from, &from_size);
		if (size < 0 && errno == ECONNREFUSED) continue;
		if (size < 0) return 0;
		int is_same = has_remote && from.sin_port == remote.sin_port;
		int is_hello = size > 13 && held[0] == 22 && held[3] == 0 && held[4] == 0 && held[13] == 1;
		if (!is_same && !(options.is_server && is_hello)) continue;
		is_held_for_next = !is_same && state != idle;
		next_remote = from;
		has_remote = 1;
		held_size = size;
		if (!is_held_for_next) remote = from;
	}
	return !is_held_for_next;
}

int net_has_waiting(void) {
	return look();
}

int net_receive(unsigned char *into, int size) {
	if (!look()) return -1;
	int given = held_size < size ? held_size : size;
	memcpy(into, held, given);
	held_size = -1;
	return given;
}

static void print_hex(const unsigned char *bytes, int size) {
	for (int at = 0; at < size; at++) printf("%02x", bytes[at]);
}

static void over(const char *event) {
	printf("{\"event\":\"%s\",\"why\":\"%s\"}\n", event, backend.why());
	backend.end();
	state = idle;
}

static void shake(void) {
	int step = backend.handshake();
	if (step == step_failed) {
		over("failed");
	} else if (step == step_done) {
		struct established facts = {0};
		backend.tell(&facts);
		state = established;
		const char *ems = facts.has_ems < 0 ? "null" : facts.has_ems ? "true" : "false";
		printf("{\"event\":\"established\",\"resumed\":%s,\"ems\":%s,\"suite\":\"%s\",\"peer\":\"%s\"}\n",
			facts.is_resumed ? "true" : "false", ems, facts.suite, facts.peer);
	}
}

static void converse(void) {
	static unsigned char plain[datagram_max];
	for (;;) {
		int size = backend.read(plain, sizeof plain);
		if (size == read_waiting) return;
		if (size < 0) {
			over(size == read_closed ? "closed" : "failed");
			return;
		}
		printf("{\"event\":\"received\",\"hex\":\"");
		print_hex(plain, size);
		printf("\"}\n");
		if (options.is_server) backend.write(plain, size);
	}
}

static void turn(void) {
	if (held_size >= 0 && is_held_for_next) {
		backend.end();
		state = idle;
		remote = next_remote;
		is_held_for_next = 0;
	}
	if (options.is_server && state == idle && look()) {
		if (held[0] != 22 || held[3] != 0 || held[4] != 0) held_size = -1; /* of a session that is over */
		else if (backend.start(0)) state = shaking;
	}
	if (state == shaking) shake();
	if (state == established) converse();
	if (state == idle && !options.is_server && look()) held_size = -1;
}

static int unhex(const char *text, unsigned char *into, int size) {
	int count = 0;
	for (unsigned byte; count < size && sscanf(text + 2 * count, "%2x", &byte) == 1; count++) into[count] = byte;
	return count;
}

static void obey(char *order) {
	static unsigned char bytes[line_max / 2];
	order[strcspn(order, "\n")] = 0;
	if (strncmp(order, "send ", 5) == 0 && state == established) {
		backend.write(bytes, unhex(order + 5, bytes, sizeof bytes));
	} else if (strcmp(order, "close") == 0 && state != idle) {
		backend.close();
		over("closed");
	} else if (strcmp(order, "again") == 0 || strcmp(order, "fresh") == 0) {
		if (state == established) backend.close(); /* or the server takes the hello for the old session's */
		if (state != idle) backend.end();
		state = shaking;
		if (!backend.start(order[0] == 'a')) over("failed");
	}
}

static void open_socket(void) {
	struct sockaddr_in local = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	net = socket(AF_INET, SOCK_DGRAM, 0);
	if (options.is_server) local.sin_port = htons(options.port);
	if (net < 0 || bind(net, (struct sockaddr *)&local, sizeof local) < 0) die("socket", strerror(errno));
	if (!options.is_server) {
		remote = local;
		remote.sin_port = htons(options.port);
		has_remote = 1;
	}
}

static void set(const char *key, const char *value) {
	if (strcmp(key, "role") == 0) options.is_server = strcmp(value, "server") == 0;
	else if (strcmp(key, "port") == 0) options.port = atoi(value);
	else if (strcmp(key, "auth") == 0) options.auth = value;
	else if (strcmp(key, "suite") == 0) options.suite = value;
	else if (strcmp(key, "identity") == 0) options.identity = value;
	else if (strcmp(key, "psk") == 0) options.psk_size = unhex(value, options.psk, sizeof options.psk);
	else if (strcmp(key, "cert") == 0) options.cert = value;
	else if (strcmp(key, "key") == 0) options.key = value;
	else if (strcmp(key, "pub") == 0) options.pub = value;
	else if (strcmp(key, "ca") == 0) options.ca = value;
	else if (strcmp(key, "name") == 0) options.name = value;
	else if (strcmp(key, "verify") == 0) options.verify = atoi(value);
	else if (strcmp(key, "mtu") == 0) options.mtu = atoi(value);
	else if (strcmp(key, "tickets") == 0) options.tickets = atoi(value);
	else if (strcmp(key, "fragment") == 0) options.fragment_bytes = atoi(value);
	else die(key, "not known here");
}

int main(int count, char **words) {
	if (count == 2 && strcmp(words[1], "version") == 0) {
		printf("%s %s\n", backend.name, backend.version());
		return 0;
	}
	for (int at = 1; at < count; at++) {
		char *value = strchr(words[at], '=');
		if (!value) die(words[at], "not KEY=VALUE");
		*value = 0;
		set(words[at], value + 1);
	}
	setvbuf(stdin, NULL, _IONBF, 0); /* poll() must see what fgets() has not yet given */
	setvbuf(stdout, NULL, _IOLBF, 0);
	open_socket();
	if (!backend.set_up(&options)) die("set up", backend.why());
	printf("{\"port\":%d}\n", options.port);
	static char line[line_max];
	if (!options.is_server) obey(strcpy(line, "fresh"));
	for (;;) {
		turn();
		struct pollfd waits[] = {{.fd = 0, .events = POLLIN}, {.fd = net, .events = POLLIN}};
		int due_ms = held_size >= 0 ? 0 : state == shaking ? backend.timer_ms() : -1;
		int ready = poll(waits, 2, due_ms);
		if (ready == 0 && state == shaking && held_size < 0) backend.on_timer();
		if (waits[0].revents) {
			if (!fgets(line, sizeof line, stdin)) return 0;
			obey(line);
		}
	}
}
