/* The network of a board: one of zephyr-link-*.c is in force, by what Zephyr was configured with. */
#ifndef ZEPHYR_LINK_H
#define ZEPHYR_LINK_H

#include <stdbool.h>
#include <stdint.h>

#if defined(CONFIG_LTE_LINK_CONTROL)
#define LINK_LTE 1
#elif defined(CONFIG_OPENTHREAD)
#define LINK_THREAD 1
#else
#define LINK_PLAIN 1
#endif

/* Brings the network up; linkChanged() says what became of it, in any thread. @returns 0, or an error of errno.h */
int linkBegin(void);
/* How long the radio may rest; 0: it listens again. @returns 0, or an error: it can not */
int linkRest(uint32_t restMs);

/* In zephyr-link.c. */
void linkChanged(bool isOnline);

#endif
