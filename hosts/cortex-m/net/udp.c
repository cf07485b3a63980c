#include "udp.h"

#include "ethernet.h"

#include <stdio.h>
#include <string.h>

enum { framesMax = 12, neighboursMax = 8, firstPort = 49152, ipHeader = 20, udpHeader = 8, ethernetHeader = 14 };

typedef struct {
	uint32_t address;
	uint8_t ethernet[6];
	uint8_t isKnown;
	/* The one frame that waits for the address; what else comes meanwhile is lost. */
	int waitingSize;
	uint8_t waiting[ethernetFrameMax];
} Neighbour;

typedef struct {
	int socket; /* -1: free */
	uint32_t from;
	uint16_t port;
	int size;
	uint32_t number;
	uint8_t payload[udpPayloadMax];
} Datagram;

static uint8_t ownEthernet[6];
static uint32_t ownAddress, routerAddress;
static uint16_t ports[udpSockets];
static Datagram datagrams[framesMax];
static uint32_t arrivals;
static Neighbour neighbours[neighboursMax];
static int nextNeighbour;
static uint16_t identification;
/* The last report of RFC 792 that nobody has asked for; socket -1: none. */
static struct {
	int socket;
	uint32_t to;
	int port;
} unreachable = { -1, 0, 0 };

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)((at[0] << 8) | at[1]);
}

static uint32_t get32(const uint8_t *at)
{
	return ((uint32_t)get16(at) << 16) | get16(at + 2);
}

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value);
}

/* RFC 1071 */
static uint32_t sumOf(const uint8_t *bytes, int size, uint32_t sum)
{
	for (; size > 1; size -= 2, bytes += 2)
		sum += get16(bytes);
	if (size)
		sum += (uint32_t)bytes[0] << 8;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xFFFF) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Of the pseudo-header too (RFC 768). */
static uint16_t checkSumOf(const uint8_t *ip, const uint8_t *udp, int size)
{
	return fold(sumOf(udp, size, sumOf(ip + 12, 8, 17 + (uint32_t)size)));
}

/* --- neighbours: ARP --- */

static void writeArp(uint16_t operation, const uint8_t *toEthernet, uint32_t to)
{
	static const uint8_t everybody[6] = { 255, 255, 255, 255, 255, 255 };
	uint8_t frame[60];
	memset(frame, 0, sizeof(frame));
	memcpy(frame, toEthernet ? toEthernet : everybody, 6);
	memcpy(frame + 6, ownEthernet, 6);
	put16(frame + 12, 0x0806);
	put16(frame + 14, 1);
	put16(frame + 16, 0x0800);
	frame[18] = 6;
	frame[19] = 4;
	put16(frame + 20, operation);
	memcpy(frame + 22, ownEthernet, 6);
	put32(frame + 28, ownAddress);
	if (toEthernet)
		memcpy(frame + 32, toEthernet, 6);
	put32(frame + 38, to);
	ethernet_write(frame, sizeof(frame));
}

static Neighbour *neighbourAt(uint32_t address)
{
	Neighbour *neighbour;
	int index;
	for (index = 0; index < neighboursMax; index++)
		if (neighbours[index].address == address)
			return &neighbours[index];
	neighbour = &neighbours[nextNeighbour++ % neighboursMax];
	neighbour->address = address;
	neighbour->isKnown = 0;
	neighbour->waitingSize = 0;
	return neighbour;
}

/* Sends a frame to whom its IP packet goes, or asks for the neighbour's address first. */
static void writeFrame(uint8_t *frame, int size, uint32_t to)
{
	uint32_t hop = ((to ^ ownAddress) & 0xFFFFFF00) ? routerAddress : to;
	Neighbour *neighbour = neighbourAt(hop);
	if (neighbour->isKnown) {
		memcpy(frame, neighbour->ethernet, 6);
		ethernet_write(frame, size);
		return;
	}
	memcpy(neighbour->waiting, frame, (size_t)size);
	neighbour->waitingSize = size;
	writeArp(1, 0, hop);
}

static void readArp(const uint8_t *frame, int size)
{
	uint32_t sender;
	Neighbour *neighbour;
	if ((size < 42) || (get16(frame + 16) != 0x0800) || (get32(frame + 38) != ownAddress))
		return;
	sender = get32(frame + 28);
	if (get16(frame + 20) == 1) {
		writeArp(2, frame + 22, sender);
		return;
	}
	neighbour = neighbourAt(sender);
	memcpy(neighbour->ethernet, frame + 22, 6);
	neighbour->isKnown = 1;
	if (neighbour->waitingSize == 0)
		return;
	memcpy(neighbour->waiting, neighbour->ethernet, 6);
	ethernet_write(neighbour->waiting, neighbour->waitingSize);
	neighbour->waitingSize = 0;
}

/* --- IP and UDP --- */

static int socketOf(uint16_t port)
{
	int socket;
	for (socket = 0; socket < udpSockets; socket++)
		if (port && (ports[socket] == port))
			return socket;
	return -1;
}

/* Destination unreachable (RFC 792), with the header of what it is about, and eight bytes of that. */
static void readIcmp(const uint8_t *icmp, int size)
{
	const uint8_t *ip = icmp + 8;
	int header = (size >= 8 + ipHeader) ? 4 * (ip[0] & 15) : 0;
	if ((header < ipHeader) || (size < 8 + header + udpHeader) || (icmp[0] != 3) || (ip[9] != 17)
		|| (get32(ip + 12) != ownAddress) || (fold(sumOf(icmp, size, 0)) != 0))
		return;
	unreachable.socket = socketOf(get16(ip + header));
	unreachable.to = get32(ip + 16);
	unreachable.port = get16(ip + header + 2);
}

int udp_unreachable(int *socket, uint32_t *to, int *port)
{
	*socket = unreachable.socket;
	*to = unreachable.to;
	*port = unreachable.port;
	unreachable.socket = -1;
	return *socket >= 0;
}

/* @returns the socket that it is for, -1 for none */
static int readIp(const uint8_t *frame, int size)
{
	const uint8_t *ip = frame + ethernetHeader;
	int header = 4 * (ip[0] & 15);
	int total = get16(ip + 2);
	const uint8_t *udp = ip + header;
	int length, socket, index;
	if (((ip[0] >> 4) != 4) || (header < ipHeader) || (total > size - ethernetHeader) || (total < header + udpHeader))
		return -1;
	if ((ip[9] == 1) && (get32(ip + 16) == ownAddress))
		readIcmp(ip + header, total - header);
	if ((ip[9] != 17) || (get32(ip + 16) != ownAddress) || (get16(ip + 6) & 0x3FFF)) /* fragments are not put together */
		return -1;
	length = get16(udp + 4);
	if ((length < udpHeader) || (length > total - header) || (fold(sumOf(ip, header, 0)) != 0))
		return -1;
	if (get16(udp + 6) && (checkSumOf(ip, udp, length) != 0))
		return -1;
	socket = socketOf(get16(udp + 2));
	length -= udpHeader;
	for (index = 0; (socket >= 0) && (length <= udpPayloadMax) && (index < framesMax); index++) {
		Datagram *datagram = &datagrams[index];
		if (datagram->socket >= 0)
			continue;
		datagram->socket = socket;
		datagram->from = get32(ip + 12);
		datagram->port = get16(udp);
		datagram->size = length;
		datagram->number = arrivals++;
		memcpy(datagram->payload, udp + udpHeader, (size_t)length);
		return socket;
	}
	return -1;
}

int udp_start(uint32_t own, uint32_t router, uint32_t nameServer, const uint8_t *ethernet)
{
	extern uint32_t dnsServer;
	int index;
	ownAddress = own;
	routerAddress = router;
	dnsServer = nameServer;
	memcpy(ownEthernet, ethernet, 6);
	for (index = 0; index < framesMax; index++)
		datagrams[index].socket = -1;
	return ethernet_open(ethernet);
}

uint32_t udp_poll(void)
{
	static uint8_t frame[ethernetFrameMax + 2];
	uint32_t sockets = 0;
	int size, socket;
	while ((size = ethernet_read(frame)) > 0) {
		if (size < ethernetHeader + ipHeader)
			continue;
		if (get16(frame + 12) == 0x0806)
			readArp(frame, size);
		else if (get16(frame + 12) == 0x0800) {
			socket = readIp(frame, size);
			if (socket >= 0)
				sockets |= 1u << socket;
		}
	}
	return sockets;
}

void udp_drop(void)
{
	static uint8_t frame[ethernetFrameMax + 2];
	while (ethernet_read(frame) > 0) {
	}
}

int udp_open(int port)
{
	static uint16_t nextPort = firstPort;
	int socket;
	if ((port < 0) || (port > 0xFFFF) || (socketOf((uint16_t)port) >= 0))
		return -1;
	for (socket = 0; socket < udpSockets; socket++) {
		if (ports[socket])
			continue;
		while (!port) {
			if (socketOf(nextPort) < 0)
				port = nextPort;
			nextPort = (nextPort == 0xFFFF) ? firstPort : (uint16_t)(nextPort + 1);
		}
		ports[socket] = (uint16_t)port;
		return socket;
	}
	return -1;
}

void udp_close(int socket)
{
	int index;
	if ((socket < 0) || (socket >= udpSockets))
		return;
	ports[socket] = 0;
	for (index = 0; index < framesMax; index++)
		if (datagrams[index].socket == socket)
			datagrams[index].socket = -1;
}

int udp_read(int socket, void *into, int capacity, uint32_t *from, int *port)
{
	for (;;) {
		Datagram *first = 0;
		int index;
		for (index = 0; index < framesMax; index++) {
			Datagram *datagram = &datagrams[index];
			if ((datagram->socket == socket) && (!first || ((int32_t)(datagram->number - first->number) < 0)))
				first = datagram;
		}
		if (!first || (socket < 0))
			return -1;
		first->socket = -1;
		if (first->size > capacity)
			continue;
		memcpy(into, first->payload, (size_t)first->size);
		*from = first->from;
		*port = first->port;
		return first->size;
	}
}

int udp_write(int socket, const void *bytes, int size, uint32_t to, int port)
{
	static uint8_t frame[ethernetFrameMax + 2];
	uint8_t *ip = frame + ethernetHeader;
	uint8_t *udp = ip + ipHeader;
	uint16_t sum;
	if ((socket < 0) || (socket >= udpSockets) || !ports[socket] || (size > udpPayloadMax) || !to)
		return 0;
	memset(frame, 0, ethernetHeader + ipHeader + udpHeader);
	memcpy(frame + 6, ownEthernet, 6);
	put16(frame + 12, 0x0800);
	ip[0] = 0x45;
	put16(ip + 2, (uint32_t)(ipHeader + udpHeader + size));
	put16(ip + 4, identification++);
	put16(ip + 6, 0x4000); /* not to be fragmented */
	ip[8] = 64;
	ip[9] = 17;
	put32(ip + 12, ownAddress);
	put32(ip + 16, to);
	put16(ip + 10, fold(sumOf(ip, ipHeader, 0)));
	put16(udp, ports[socket]);
	put16(udp + 2, (uint32_t)port);
	put16(udp + 4, (uint32_t)(udpHeader + size));
	memcpy(udp + udpHeader, bytes, (size_t)size);
	sum = checkSumOf(ip, udp, udpHeader + size);
	put16(udp + 6, sum ? sum : 0xFFFF);
	writeFrame(frame, ethernetHeader + ipHeader + udpHeader + size, to);
	return 1;
}

uint32_t address_read(const char *text, int size)
{
	uint32_t address = 0;
	int part, at = 0;
	for (part = 0; part < 4; part++) {
		uint32_t value = 0;
		int digits = 0;
		for (; (at < size) && (text[at] >= '0') && (text[at] <= '9') && (digits < 3); at++, digits++)
			value = 10 * value + (uint32_t)(text[at] - '0');
		if (!digits || (value > 255) || ((part < 3) && ((at >= size) || (text[at++] != '.'))))
			return 0;
		address = (address << 8) | value;
	}
	return (at == size) ? address : 0;
}

void address_write(uint32_t address, char *into)
{
	snprintf(into, 16, "%d.%d.%d.%d", (int)(address >> 24), (int)(address >> 16) & 255, (int)(address >> 8) & 255,
		(int)address & 255);
}
