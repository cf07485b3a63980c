/* Whether this computer has a way to somebody, as its routes and interfaces are now. Nothing is sent. */
#ifndef NETWORK_WAY_H
#define NETWORK_WAY_H

#include <stddef.h>

/* What a host is: an address that there is a way to, or none, or no address at all. */
typedef enum { wayNone = 0, wayThere = 1, wayUnknown = 2 } NetworkWay;

/*
 * own: receives the address of ours that would send there, at most `size` bytes with its 0; for wayThere alone.
 * What the system does not answer counts as wayUnknown: a device that is silenced by mistake stays so.
 */
NetworkWay networkWay(const char *host, char *own, size_t size);

#endif
