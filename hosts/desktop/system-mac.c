/*
 * The C half of desktop-system.ts for the SDK's simulator on macOS: what that has and no module of the SDK gives. Never
 * compiled on a Mac and never run: README.md. There is no boot loader there, so no slots, no deep sleep and no watchdog; a
 * restart ends the simulator's process, and a person starts it again.
 */
#include "xsmc.h"
#include "mc.xs.h"

#include "desktop-system.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

/* getentropy(2) gives so much at once. */
#define ENTROPY_MAX 256

double computerUpMs(void)
{
	struct timespec now;
	/* On macOS this clock goes on while the computer sleeps. */
	clock_gettime(CLOCK_MONOTONIC, &now);
	return ((double)now.tv_sec * 1000.0) + (double)(now.tv_nsec / 1000000);
}

/* Fills the whole buffer or throws. */
void xs_dormouse_entropy(xsMachine *the)
{
	void *bytes;
	xsUnsignedValue size;
	xsmcGetBufferWritable(xsArg(0), &bytes, &size);
	for (xsUnsignedValue done = 0; done < size;) {
		xsUnsignedValue piece = size - done < ENTROPY_MAX ? size - done : ENTROPY_MAX;
		if (getentropy((uint8_t *)bytes + done, piece) < 0)
			xsUnknownError("getentropy: %s", strerror(errno));
		done += piece;
	}
}

/* Nothing survives the process: always a first start. */
void xs_dormouse_reset_cause(xsMachine *the)
{
}

void xs_dormouse_restart(xsMachine *the)
{
	fprintf(stderr, "dormouse: the device wants to restart: start it again\n");
	exit(64);
}

void xs_dormouse_exit(xsMachine *the)
{
	exit(xsmcToInteger(xsArg(0)));
}

void xs_dormouse_watchdog(xsMachine *the)
{
}

void xs_dormouse_crash(xsMachine *the)
{
	fprintf(stderr, "dormouse: the device crashed\n");
	fflush(NULL);
	_exit(65);
}

void xs_dormouse_termination_destructor(void *data)
{
}

/* Nobody is told: SIGTERM and Ctrl-C end the simulator at once, and the server finds out by the lifetime. */
void xs_dormouse_termination(xsMachine *the)
{
	xsmcSetHostData(xsThis, (void *)1);
}
