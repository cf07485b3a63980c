/* The network's state, told to the machine in a turn of its own: at most one message waits, however often it changes */
#include "xsmc.h"
#include "mc.xs.h"
#include "xsHost.h"

#include <zephyr/kernel.h>
#include <zephyr/sys/atomic.h>

#include "zephyr-link.h"

static atomic_t isOnline = ATOMIC_INIT(0);
static atomic_t isTold = ATOMIC_INIT(0);
static xsMachine *machine;
static xsSlot callback;
static bool hasBegun;

static void tell(void *the, void *refcon, uint8_t *message, uint16_t size)
{
	ARG_UNUSED(refcon);
	ARG_UNUSED(message);
	ARG_UNUSED(size);
	(void)atomic_set(&isTold, 0);
	xsBeginHost((xsMachine *)the);
		xsmcVars(1);
		xsVar(0) = xsAccess(callback);
		xsCallFunction0(xsVar(0), xsGlobal);
	xsEndHost((xsMachine *)the);
}

void linkChanged(bool now)
{
	if (atomic_set(&isOnline, now ? 1 : 0) == (now ? 1 : 0))
		return;
	if (atomic_set(&isTold, 1) == 0)
		(void)modMessagePostToMachine(machine, NULL, 0, tell, NULL);
}

void xs_dormouse_link_start(xsMachine *the)
{
	int error;
	if (hasBegun)
		xsUnknownError("link: begun before");
	hasBegun = true;
	machine = the;
	callback = xsArg(0);
	xsRemember(callback); /* lives as long as the machine */
	error = linkBegin();
	if (error)
		xsUnknownError("link: error %d", error);
}

void xs_dormouse_link_state(xsMachine *the)
{
	xsmcSetInteger(xsResult, (int)atomic_get(&isOnline));
}

void xs_dormouse_link_rest(xsMachine *the)
{
	xsmcSetInteger(xsResult, linkRest((uint32_t)xsmcToInteger(xsArg(0))));
}
