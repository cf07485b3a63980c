/*
 * What desktop-system.ts asks and all systems answer alike; the rest of its C half is in system-lin.c, system-mac.c and
 * system-win.c.
 */
#include "xsmc.h"
#include "mc.xs.h"

#include "desktop-system.h"
#include "network-way.h"

#include <stdlib.h>
#include <time.h>

static double startMs = -1;

double deviceUpMs(void)
{
	if (startMs < 0)
		startMs = computerUpMs();
	return computerUpMs() - startMs;
}

void xs_dormouse_monotonic_ms(xsMachine *the)
{
	xsmcSetNumber(xsResult, deviceUpMs());
}

/* From now on, times count from `poweredAtMs` of the computer's: the boot loader's, so that they go on over resets. */
void xs_dormouse_count_from(xsMachine *the)
{
	startMs = xsmcToNumber(xsArg(0));
}

void xs_dormouse_wall_time_s(xsMachine *the)
{
	xsmcSetNumber(xsResult, (double)time(NULL));
}

void xs_dormouse_platform(xsMachine *the)
{
#if defined(_WIN32)
	xsmcSetString(xsResult, "win");
#elif defined(__APPLE__)
	xsmcSetString(xsResult, "mac");
#else
	xsmcSetString(xsResult, "lin");
#endif
}

#ifndef _WIN32
/* A variable of the environment in which the simulator runs, or undefined. Windows' are not in UTF-8: system-win.c. */
void xs_dormouse_environment(xsMachine *the)
{
	char name[64];
	const char *value;
	xsmcToStringBuffer(xsArg(0), name, sizeof(name));
	value = getenv(name);
	if (value)
		xsmcSetString(xsResult, (xsStringValue)value);
}
#endif

/* xs_dormouse_way(host): our address towards it, "" where nobody knows, undefined: there is no way */
void xs_dormouse_way(xsMachine *the)
{
	char host[64], own[64] = "";
	xsmcToStringBuffer(xsArg(0), host, sizeof(host));
	if (networkWay(host, own, sizeof(own)) != wayNone)
		xsmcSetString(xsResult, own);
}
