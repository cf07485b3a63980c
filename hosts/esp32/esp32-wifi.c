/*
 * Wi-Fi as a station, with IPv4 by DHCP and IPv6 by router advertisements. C tells what happened as numbers; when to
 * try again is decided in wifi.ts.
 */
#include "xsmc.h"
#include "xsHost.h"
#include "mc.xs.h"
#include "mc.defines.h"

#include "esp32-radio.h"

#include "esp_event.h"
#include "esp_mac.h"
#include "esp_netif.h"
#include "esp_wifi.h"

#include <stdio.h>
#include <string.h>

/*
 * Between two beacons a radio that saves power is off, and with it the noise that the generator of random numbers takes
 * ("Random Number Generation", ESP-IDF Programming Guide): PSA draws nonces and keys there at any time. So it stays on
 * while the device is awake, unless the manifest's "defines": {"dormouse": {"modemSleep": 1}} says otherwise.
 */
#if MODDEF_DORMOUSE_MODEMSLEEP
#define POWER_SAVE WIFI_PS_MAX_MODEM
#else
#define POWER_SAVE WIFI_PS_NONE
#endif

static xsMachine *machine = NULL;
static xsSlot program;
static esp_netif_t *station = NULL;
static int hasBegun = 0;
static int isOn = 0;

/* What happens to it, as wifi.ts has the numbers. */
enum { wifiStarted = 1, wifiLost = 2, wifiHasIPv4 = 3, wifiHasIPv6 = 4, wifiNoIPv4 = 5 };

int radioIsOn(void)
{
	return isOn;
}

/* In the thread of XS. */
static void deliver(void *the, void *nothing, uint8_t *message, uint16_t size)
{
	(void)nothing;
	int32_t why;
	if (size != 1 + sizeof(why))
		return;
	memcpy(&why, message + 1, sizeof(why));
	xsBeginHost(the);
	xsmcVars(2);
	xsResult = xsAccess(program);
	xsmcSetInteger(xsVar(0), message[0]);
	xsmcSetInteger(xsVar(1), why);
	xsCall2(xsResult, xsID_happened, xsVar(0), xsVar(1));
	xsEndHost(the);
}

static void tell(int what, int32_t why)
{
	uint8_t message[1 + sizeof(why)] = { (uint8_t)what };
	memcpy(message + 1, &why, sizeof(why));
	modMessagePostToMachine(machine, message, sizeof(message), deliver, NULL);
}

/* In the task of ESP-IDF's event loop. */
static void happened(void *nothing, esp_event_base_t base, int32_t id, void *data)
{
	(void)nothing;
	if (base == WIFI_EVENT) {
		if (id == WIFI_EVENT_STA_START)
			tell(wifiStarted, 0);
		else if (id == WIFI_EVENT_STA_CONNECTED)
			esp_netif_create_ip6_linklocal(station);
		else if (id == WIFI_EVENT_STA_DISCONNECTED)
			tell(wifiLost, ((wifi_event_sta_disconnected_t *)data)->reason);
	} else if (id == IP_EVENT_STA_GOT_IP)
		tell(wifiHasIPv4, (int32_t)((ip_event_got_ip_t *)data)->ip_info.ip.addr);
	else if (id == IP_EVENT_STA_LOST_IP)
		tell(wifiNoIPv4, 0);
	else if (id == IP_EVENT_GOT_IP6) {
		ip_event_got_ip6_t *got = data;
		/* a link-local address reaches no server */
		if (esp_netif_ip6_get_addr_type(&got->ip6_info.ip) == ESP_IP6_ADDR_IS_GLOBAL)
			tell(wifiHasIPv6, 0);
	}
}

static void begin(xsMachine *the)
{
	wifi_init_config_t config = WIFI_INIT_CONFIG_DEFAULT();
	esp_err_t error;
	if (hasBegun)
		return;
	config.nvs_enable = 0;
	error = esp_netif_init();
	if (error == ESP_OK)
		error = esp_event_loop_create_default();
	if (error == ESP_ERR_INVALID_STATE)
		error = ESP_OK; /* there is one already */
	/* Before our handlers: its own have to bring the interface up before ours give it an address. */
	if ((error == ESP_OK) && !station)
		station = esp_netif_create_default_wifi_sta();
	if (error == ESP_OK)
		error = esp_wifi_init(&config);
	if (error == ESP_OK)
		error = esp_wifi_set_storage(WIFI_STORAGE_RAM);
	if (error == ESP_OK)
		error = esp_wifi_set_mode(WIFI_MODE_STA);
	if (error == ESP_OK)
		error = esp_event_handler_register(WIFI_EVENT, ESP_EVENT_ANY_ID, happened, NULL);
	if (error == ESP_OK)
		error = esp_event_handler_register(IP_EVENT, ESP_EVENT_ANY_ID, happened, NULL);
	if (error != ESP_OK)
		xsUnknownError("Wi-Fi: %d", (int)error);
	hasBegun = 1;
}

/* (listener, ssid, password): switches the radio on; calls listener.happened(what, why). The first listener stays */
void xs_dormouse_esp_wifi_start(xsMachine *the)
{
	wifi_config_t config;
	memset(&config, 0, sizeof(config));
	xsmcToStringBuffer(xsArg(1), (char *)config.sta.ssid, sizeof(config.sta.ssid));
	xsmcToStringBuffer(xsArg(2), (char *)config.sta.password, sizeof(config.sta.password));
	config.sta.threshold.authmode = config.sta.password[0] ? WIFI_AUTH_WPA2_PSK : WIFI_AUTH_OPEN;
	config.sta.pmf_cfg.capable = true;
	config.sta.listen_interval = 3;
	if (!machine) {
		program = xsArg(0);
		xsRemember(program);
		machine = the;
	}
	begin(the);
	esp_err_t error = esp_wifi_set_config(WIFI_IF_STA, &config);
	explicit_bzero(&config, sizeof(config));
	if (error == ESP_OK)
		error = esp_wifi_start();
	if (error != ESP_OK)
		xsUnknownError("Wi-Fi: %d", (int)error);
	isOn = 1;
	esp_wifi_set_ps(POWER_SAVE);
}

/* => boolean */
void xs_dormouse_esp_wifi_connect(xsMachine *the)
{
	xsmcSetBoolean(xsResult, esp_wifi_connect() == ESP_OK);
}

/* Switches the radio off; no more is told of it. */
void xs_dormouse_esp_wifi_stop(xsMachine *the)
{
	(void)the;
	if (isOn)
		esp_wifi_stop();
	isOn = 0;
}

/* => the station's MAC address, 12 hexadecimal digits: of this device alone */
void xs_dormouse_esp_wifi_mac(xsMachine *the)
{
	uint8_t mac[6];
	char text[13];
	if (esp_read_mac(mac, ESP_MAC_WIFI_STA) != ESP_OK)
		return;
	snprintf(text, sizeof(text), "%02x%02x%02x%02x%02x%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	xsmcSetString(xsResult, text);
}
