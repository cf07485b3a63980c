/*
 * LTE-M and NB-IoT of an nRF91, by the nRF Connect SDK's LTE link control. The modem rests by itself: in power saving
 * mode (PSM, 3GPP TS 23.682 §4.5.4) between the times that it asked the network for (CONFIG_LTE_PSM_REQ_RPTAU, _RAT),
 * and by eDRX in between (CONFIG_LTE_EDRX_REQ). So a light sleep asks nothing of it but that PSM is granted.
 */
#include "xsmc.h"
#include "xsHost.h"
#include "zephyr-link.h"

#ifdef LINK_LTE
#include <errno.h>

#include <modem/lte_lc.h>
#include <modem/nrf_modem_lib.h>

/* What the network grants, in seconds; below zero: it does not. */
static int activeTimeS = -1;

static void heard(const struct lte_lc_evt *const event)
{
	switch (event->type) {
	case LTE_LC_EVT_NW_REG_STATUS:
		linkChanged((event->nw_reg_status == LTE_LC_NW_REG_REGISTERED_HOME) ||
			(event->nw_reg_status == LTE_LC_NW_REG_REGISTERED_ROAMING));
		break;
	case LTE_LC_EVT_PSM_UPDATE:
		activeTimeS = event->psm_cfg.active_time;
		break;
	default:
		break;
	}
}

int linkBegin(void)
{
	int error = nrf_modem_lib_init();
	if (error)
		return (error < 0) ? error : -EIO; /* above zero: the modem's firmware was updated, and wants a restart */
	error = lte_lc_psm_req(true);
	if (!error && IS_ENABLED(CONFIG_LTE_EDRX_REQ))
		error = lte_lc_edrx_req(true);
	return error ? error : lte_lc_connect_async(heard);
}

int linkRest(uint32_t restMs)
{
	if (restMs == 0)
		return 0;
	return (activeTimeS >= 0) ? 0 : -EAGAIN;
}
#endif
