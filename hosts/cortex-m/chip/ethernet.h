/* The board's Ethernet: SMSC's LAN9118. One frame at a time, without its check sum. */
#ifndef DORMOUSE_ETHERNET_H
#define DORMOUSE_ETHERNET_H

#include <stdint.h>

enum { ethernetFrameMax = 1514 };

/* @returns 0 when there is none */
int ethernet_open(const uint8_t *address);
/* @returns the size of the next frame that came, 0 when there is none; damaged ones are passed over */
int ethernet_read(uint8_t *into);
void ethernet_write(const uint8_t *frame, int size);

#endif
