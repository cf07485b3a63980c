/*
 * Whatever Zephyr's own stack has: Ethernet, Wi-Fi that somebody else has connected, a network over serial. It counts
 * as online when the connection manager says so. Its radio, if any, rests by nobody's word.
 */
#include "xsmc.h"
#include "xsHost.h"
#include "zephyr-link.h"

#ifdef LINK_PLAIN
#include <errno.h>

#include <zephyr/net/conn_mgr_monitor.h>
#include <zephyr/net/net_event.h>
#include <zephyr/net/net_if.h>
#include <zephyr/net/net_mgmt.h>

static struct net_mgmt_event_callback hearing;

/* 64 bits since Zephyr 4.2, 32 before. */
typedef __typeof__(((struct net_mgmt_event_callback *)NULL)->event_mask) NetEvent;

static void heard(struct net_mgmt_event_callback *callback, NetEvent event, struct net_if *interface)
{
	ARG_UNUSED(callback);
	ARG_UNUSED(interface);
	/* Before Zephyr 4.2 the mask lets others through, whose numbers have a bit in common (NET_EVENT_L4_IPV4_CONNECTED). */
	if (event == NET_EVENT_L4_CONNECTED)
		linkChanged(true);
	else if (event == NET_EVENT_L4_DISCONNECTED)
		linkChanged(false);
}

int linkBegin(void)
{
	net_mgmt_init_event_callback(&hearing, heard, NET_EVENT_L4_CONNECTED | NET_EVENT_L4_DISCONNECTED);
	net_mgmt_add_event_callback(&hearing);
	conn_mgr_mon_resend_status(); /* it may have connected before anybody listened */
	return 0;
}

int linkRest(uint32_t restMs)
{
	return (restMs == 0) ? 0 : -ENOTSUP;
}
#endif
