/*
 * Thread, as a sleepy end device: the radio sleeps, and asks its parent once per poll period for what came meanwhile
 * (CONFIG_OPENTHREAD_POLL_PERIOD). A light sleep is a long poll period; the parent keeps datagrams of a sleepy child
 * for a while only, and may lose it when it is silent for longer than the child's timeout, which OpenThread sees to.
 */
#include "xsmc.h"
#include "xsHost.h"
#include "zephyr-link.h"

#ifdef LINK_THREAD
#include <errno.h>

#include <openthread.h>
#include <openthread/link.h>
#include <openthread/thread.h>

static uint32_t usualPollMs;

static void heard(otChangedFlags flags, void *context)
{
	otDeviceRole role;
	ARG_UNUSED(context);
	if (!(flags & OT_CHANGED_THREAD_ROLE))
		return;
	role = otThreadGetDeviceRole(openthread_get_default_instance()); /* called with the lock */
	linkChanged((role == OT_DEVICE_ROLE_CHILD) || (role == OT_DEVICE_ROLE_ROUTER) || (role == OT_DEVICE_ROLE_LEADER));
}

static struct openthread_state_changed_callback hearing = { .otCallback = heard };

int linkBegin(void)
{
	int error = openthread_state_changed_callback_register(&hearing);
	if (!error)
		error = openthread_run();
	openthread_mutex_lock();
	usualPollMs = otLinkGetPollPeriod(openthread_get_default_instance());
	openthread_mutex_unlock();
	return error;
}

int linkRest(uint32_t restMs)
{
	/* OpenThread's own bounds (OPENTHREAD_CONFIG_MAC_MINIMUM_POLL_PERIOD, and 26 bits). */
	uint32_t pollMs = (restMs == 0) ? usualPollMs : CLAMP(restMs, 10, 0x3ffffff);
	otError error;
	openthread_mutex_lock();
	error = otLinkSetPollPeriod(openthread_get_default_instance(), pollMs);
	openthread_mutex_unlock();
	return (error == OT_ERROR_NONE) ? 0 : -EINVAL;
}
#endif
