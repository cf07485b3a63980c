/*
 * What the desktop host asks of Linux itself and no module of the SDK gives: a monotonic clock, unpredictable bytes,
 * a restart, an end, and the wish of a person that the device ends. The TypeScript side is desktop-system.ts; what is
 * the same on all systems is in desktop-system.c.
 *
 * The device is a library inside of the SDK's simulator. With a boot loader (launcher/), a reset is the end of the
 * simulator's process with a status that says why. Without one "restart" is the process starting itself again: all RAM
 * is lost, as on a chip, and the process keeps its number, so that whoever started it can still end it.
 */
#define _GNU_SOURCE
#include "xsmc.h"
#include "mc.xs.h"

#include "desktop-system.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

/* Carried over a restart in the environment, which is the only thing that survives it where nobody boots us. */
#define CAUSE_VARIABLE "DORMOUSE_RESET_CAUSE"
/* Set by whoever boots this process and starts it again by its exit status: scripts/desktop-simulator.mjs has the same. */
#define BOOT_VARIABLE "DORMOUSE_BOOT"
enum { STATUS_OFF = 0, STATUS_RESTART = 64, STATUS_CRASH = 65, STATUS_WATCHDOG = 66, STATUS_DEEP_SLEEP = 67 };
#define CRASHES_VARIABLE "DORMOUSE_CRASHES"

/* A device that crashes at once each time would otherwise keep a processor busy for ever. */
#define CRASHES_IN_A_ROW_MAX 3
#define STABLE_AFTER_MS 60000.0

double computerUpMs(void)
{
	struct timespec now;
	clock_gettime(CLOCK_BOOTTIME, &now);
	return ((double)now.tv_sec * 1000.0) + (double)(now.tv_nsec / 1000000);
}

/* Runs when the simulator loads the image. */
__attribute__((constructor)) static void loaded(void)
{
	deviceUpMs();
	/* The simulator's stdout is block-buffered when it is a pipe: whoever reads the log would wait for 4 KB. */
	setvbuf(stdout, NULL, _IOLBF, 0);
}

static unsigned watchdogS = 0;

/* Nothing but calls that a signal handler may make. */
static void bite(int signal)
{
	static const char words[] = "dormouse: the watchdog bites\n";
	if (write(STDERR_FILENO, words, sizeof(words) - 1) < 0) {
		/* nobody to tell */
	}
	_exit(STATUS_WATCHDOG);
}

static gboolean feed(gpointer data)
{
	alarm(watchdogS);
	return G_SOURCE_CONTINUE;
}

/* A program that keeps the main loop from turning for so many seconds ends; whoever boots us starts it again. */
void xs_dormouse_watchdog(xsMachine *the)
{
	watchdogS = (unsigned)xsmcToInteger(xsArg(0));
	signal(SIGALRM, bite);
	alarm(watchdogS);
	g_timeout_add_seconds(1, feed, NULL);
}

/* Fills the whole buffer or throws: a caller never sees fewer bytes, or bytes of another source. */
void xs_dormouse_entropy(xsMachine *the)
{
	void *bytes;
	xsUnsignedValue size;
	xsmcGetBufferWritable(xsArg(0), &bytes, &size);
	while (size > 0) {
		ssize_t count = getrandom(bytes, size, 0);
		if (count < 0) {
			if (errno == EINTR)
				continue;
			xsUnknownError("getrandom: %s", strerror(errno));
		}
		if (count == 0)
			xsUnknownError("getrandom gave nothing");
		bytes = (uint8_t *)bytes + count;
		size -= (xsUnsignedValue)count;
	}
}

/* @returns the cause that the process before this restart left, or undefined at a first start */
void xs_dormouse_reset_cause(xsMachine *the)
{
	const char *cause = getenv(CAUSE_VARIABLE);
	if (cause)
		xsmcSetString(xsResult, (xsStringValue)cause);
	unsetenv(CAUSE_VARIABLE);
}

/* Replaces this process by a fresh one with the same arguments. Comes back only when that fails. */
static void startAgain(const char *cause)
{
	static char arguments[16384];
	static char *argv[256];
	int file = open("/proc/self/cmdline", O_RDONLY);
	ssize_t size = file < 0 ? -1 : read(file, arguments, sizeof(arguments) - 1);
	int argc = 0;
	if (size <= 0)
		return;
	for (char *at = arguments; at < arguments + size && argc < 255; at += strlen(at) + 1)
		argv[argc++] = at;
	argv[argc] = NULL;
	setenv(CAUSE_VARIABLE, cause, 1);
	/* Sockets of the SDK would survive and keep their ports. */
	for (int other = 3; other < 1024; other++)
		fcntl(other, F_SETFD, FD_CLOEXEC);
	fflush(NULL);
	execv("/proc/self/exe", argv);
}

static gboolean restartNow(gpointer data)
{
	if (getenv(BOOT_VARIABLE))
		exit(STATUS_RESTART);
	startAgain("restart");
	fprintf(stderr, "dormouse: cannot restart: %s\n", strerror(errno));
	exit(1);
	return G_SOURCE_REMOVE;
}

/* The turn that asks goes on to its end; nothing else runs before the restart. */
void xs_dormouse_restart(xsMachine *the)
{
	unsetenv(CRASHES_VARIABLE);
	g_idle_add_full(G_PRIORITY_HIGH, restartNow, NULL, NULL);
}

static gboolean exitNow(gpointer data)
{
	exit(GPOINTER_TO_INT(data));
	return G_SOURCE_REMOVE;
}

/* xs_dormouse_exit(status): behind the current turn, as above */
void xs_dormouse_exit(xsMachine *the)
{
	g_idle_add_full(G_PRIORITY_HIGH, exitNow, GINT_TO_POINTER(xsmcToInteger(xsArg(0))), NULL);
}

/* Called by XS with its machine already broken: says why and restarts at once, as a chip resets. Never returns. */
void xs_dormouse_crash(xsMachine *the)
{
	if (getenv(BOOT_VARIABLE)) {
		fflush(NULL);
		_exit(STATUS_CRASH);
	}
	const char *before = getenv(CRASHES_VARIABLE);
	int crashes = before && deviceUpMs() < STABLE_AFTER_MS ? atoi(before) + 1 : 1;
	char count[16];
	if (crashes < CRASHES_IN_A_ROW_MAX) {
		snprintf(count, sizeof(count), "%d", crashes);
		setenv(CRASHES_VARIABLE, count, 1);
		startAgain("crash");
	}
	fprintf(stderr, "dormouse: crashed %d times in a row, giving up\n", crashes);
	fflush(NULL);
	_exit(1);
}

/* SIGTERM and SIGINT, told to the device in a turn of its own. */
typedef struct {
	xsMachine *the;
	xsSlot self;
	xsSlot *callback;
	guint sources[2];
	int told;
} Termination;

void xs_dormouse_termination_destructor(void *data)
{
	Termination *termination = data;
	if (!termination)
		return;
	for (int index = 0; index < 2; index++)
		if (termination->sources[index])
			g_source_remove(termination->sources[index]);
	free(termination);
}

static void markTermination(xsMachine *the, void *data, xsMarkRoot markRoot)
{
	Termination *termination = data;
	if (termination->callback)
		(*markRoot)(the, termination->callback);
}

static const xsHostHooks terminationHooks = { xs_dormouse_termination_destructor, markTermination, NULL };

static gboolean terminate(gpointer data)
{
	Termination *termination = data;
	if (termination->told) /* asked twice: the person does not want to wait for the server */
		exit(128 + SIGTERM);
	termination->told = 1;
	xsBeginHost(termination->the);
		xsCallFunction0(xsReference(termination->callback), xsGlobal);
	xsEndHost(termination->the);
	return G_SOURCE_CONTINUE;
}

void xs_dormouse_termination(xsMachine *the)
{
	Termination *termination = calloc(1, sizeof(Termination));
	if (!termination)
		xsUnknownError("no memory");
	xsmcSetHostData(xsThis, termination);
	xsSetHostHooks(xsThis, (xsHostHooks *)&terminationHooks);
	termination->the = the;
	termination->callback = xsmcToReference(xsArg(0));
	termination->self = xsThis;
	xsRemember(termination->self); /* lives as long as the machine */
	termination->sources[0] = g_unix_signal_add(SIGTERM, terminate, termination);
	termination->sources[1] = g_unix_signal_add(SIGINT, terminate, termination);
}
