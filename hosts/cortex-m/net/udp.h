/* UDP over IPv4 over Ethernet (RFC 768, 791, 826, 894): one address, one router, what an emulated network takes. */
#ifndef DORMOUSE_UDP_H
#define DORMOUSE_UDP_H

#include <stdint.h>

enum { udpSockets = 4, udpPayloadMax = 1472 };

/* @param own, router, nameServer IPv4 addresses. @returns 0 when there is no network */
int udp_start(uint32_t own, uint32_t router, uint32_t nameServer, const uint8_t *ethernet);
/* @param port 0: any. @returns a socket, -1 when there is none, or the port is taken */
int udp_open(int port);
void udp_close(int socket);
/* @returns the size, -1 when none waits; one that does not fit is dropped */
int udp_read(int socket, void *into, int capacity, uint32_t *from, int *port);
/* @returns 0 when it is too large or the socket is closed. Loss is no error */
int udp_write(int socket, const void *bytes, int size, uint32_t to, int port);
/* Takes in what has arrived. @returns a bit for each socket that has got something */
uint32_t udp_poll(void);
/* As udp_poll, with the radio off: what has arrived is lost. */
void udp_drop(void);

/* Whether somebody said that what a socket sent can not be delivered (RFC 792), since this was asked last. */
int udp_unreachable(int *socket, uint32_t *to, int *port);

/* Asks for the IPv4 address of a name (RFC 1035 §4): one question at a time, asked three times. @returns 0 when busy */
int dns_ask(const char *name, double nowMs);
/* @returns 1 when an answer, or none, is there: then `address` is 0 for none */
int dns_poll(double nowMs, uint32_t *address);

/* @returns 0 for anything but four decimal numbers */
uint32_t address_read(const char *text, int size);
/* @param into 16 bytes */
void address_write(uint32_t address, char *into);

#endif
