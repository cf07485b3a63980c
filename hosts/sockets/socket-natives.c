/*
 * The natives of socket-natives.ts: arguments of XS to the core and back, and the core's call into XS. What the
 * program did wrong is a RangeError; what the system refuses is a number below zero.
 */
#include "xsmc.h"
#include "mc.xs.h"

#include "sockets-core.h"

#include <string.h>

static xsMachine *machine = NULL;
static xsSlot program;

/* In the thread of XS. */
static void deliver(void *the, void *nothing, uint8_t *message, uint16_t size)
{
	(void)nothing, (void)message, (void)size;
	xsBeginHost(the);
	xsResult = xsAccess(program);
	xsCall0(xsResult, xsID_turn);
	xsEndHost(the);
}

#if defined(__linux__) && !defined(ESP_PLATFORM) && !defined(__ZEPHYR__)

#include <glib.h>

static gboolean deliverNow(gpointer the)
{
	deliver(the, NULL, NULL, 0);
	return G_SOURCE_REMOVE;
}

static int notify(void)
{
	g_idle_add_full(G_PRIORITY_DEFAULT, deliverNow, machine, NULL);
	return 0;
}

#elif defined(__APPLE__)

#include <dispatch/dispatch.h>

static void deliverNow(void *the)
{
	deliver(the, NULL, NULL, 0);
}

static int notify(void)
{
	dispatch_async_f(dispatch_get_main_queue(), machine, deliverNow);
	return 0;
}

#elif defined(_WIN32)

#define WINDOW_CLASS "dormouseSockets"

/* Nobody sees it: the machine's thread takes its messages beside all others. */
static HWND window = NULL;

static LRESULT CALLBACK take(HWND it, UINT message, WPARAM first, LPARAM second)
{
	if (message != WM_APP)
		return DefWindowProcA(it, message, first, second);
	deliver(machine, NULL, NULL, 0);
	return 0;
}

/* In the thread of XS. */
static void openWindow(void)
{
	WNDCLASSEXA shape;
	memset(&shape, 0, sizeof(shape));
	shape.cbSize = sizeof(shape);
	shape.lpfnWndProc = take;
	shape.lpszClassName = WINDOW_CLASS;
	RegisterClassExA(&shape);
	window = CreateWindowExA(0, WINDOW_CLASS, NULL, 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, NULL, NULL);
}

static int notify(void)
{
	return PostMessageA(window, WM_APP, 0, 0) ? 0 : -1;
}

#else

#include "xsHost.h"

static int notify(void)
{
	return modMessagePostToMachine(machine, NULL, 0, deliver, NULL) ? -1 : 0;
}

#endif

/* What the core said, if that is no mistake of the program's. */
static int32_t checked(xsMachine *the, int32_t answer)
{
	if (answer == socketsUnknown)
		xsRangeError("no such socket");
	return answer;
}

static void addressOf(xsMachine *the, int index, SocketAddress *address)
{
	xsIntegerValue port = xsmcToInteger(xsArg(index + 1));
	memset(address, 0, sizeof(*address));
	xsmcToStringBuffer(xsArg(index), address->host, sizeof(address->host));
	if ((port < 0) || (port > 65535))
		xsRangeError("no such port");
	address->port = (uint16_t)port;
}

/* Fills { host, port }; a host that is there already stays, because each string is one more for the collector. */
static void giveAddress(xsMachine *the, int index, const SocketAddress *address)
{
	char before[sizeof(address->host)] = "";
	xsmcVars(1);
	xsmcGet(xsVar(0), xsArg(index), xsID_host);
	if (xsmcTest(xsVar(0)) && (strlen(xsmcToString(xsVar(0))) < sizeof(before)))
		strcpy(before, xsmcToString(xsVar(0)));
	if (strcmp(before, address->host)) {
		xsmcSetString(xsVar(0), (xsStringValue)address->host);
		xsmcSet(xsArg(index), xsID_host, xsVar(0));
	}
	xsmcSetInteger(xsVar(0), address->port);
	xsmcSet(xsArg(index), xsID_port, xsVar(0));
}

/* (program) => whether it works; program.turn() is called when something has happened */
void xs_dormouse_sockets_begin(xsMachine *the)
{
	if (!machine) {
		program = xsArg(0);
		xsRemember(program);
		machine = the;
#ifdef _WIN32
		openWindow();
#endif
	}
	xsmcSetBoolean(xsResult, socketsBegin(notify) == 0);
}

/* (found: { id, what }) => boolean */
void xs_dormouse_sockets_take(xsMachine *the)
{
	int32_t id = 0;
	int what = 0;
	int isFound = socketsTake(&id, &what);
	xsmcVars(1);
	xsmcSetInteger(xsVar(0), id);
	xsmcSet(xsArg(0), xsID_id, xsVar(0));
	xsmcSetInteger(xsVar(0), what);
	xsmcSet(xsArg(0), xsID_what, xsVar(0));
	xsmcSetBoolean(xsResult, isFound);
}

void xs_dormouse_sockets_why(xsMachine *the)
{
	xsmcSetInteger(xsResult, socketsWhy());
}

void xs_dormouse_socket_close(xsMachine *the)
{
	socketClose(xsmcToInteger(xsArg(0)));
}

/* (port) => id */
void xs_dormouse_datagrams_open(xsMachine *the)
{
	xsIntegerValue port = xsmcToInteger(xsArg(0));
	if ((port < 0) || (port > 65535))
		xsRangeError("no such port");
	xsmcSetInteger(xsResult, datagramsOpen((uint16_t)port));
}

/* (id, into, from) => size */
void xs_dormouse_datagrams_read(xsMachine *the)
{
	int32_t id = xsmcToInteger(xsArg(0));
	SocketAddress from;
	void *into;
	xsUnsignedValue size;
	int32_t answer;
	xsmcGetBufferWritable(xsArg(1), &into, &size);
	answer = checked(the, datagramsRead(id, into, size, &from));
	if (answer >= 0)
		giveAddress(the, 2, &from);
	xsmcSetInteger(xsResult, answer);
}

/* (id, bytes, host, port) => 0 */
void xs_dormouse_datagrams_write(xsMachine *the)
{
	int32_t id = xsmcToInteger(xsArg(0));
	SocketAddress to;
	void *bytes;
	xsUnsignedValue size;
	addressOf(the, 2, &to);
	xsmcGetBufferReadable(xsArg(1), &bytes, &size);
	xsmcSetInteger(xsResult, checked(the, datagramsWrite(id, bytes, size, &to)));
}

/* (id, to) */
void xs_dormouse_datagrams_unreachable(xsMachine *the)
{
	SocketAddress to;
	checked(the, datagramsUnreachable(xsmcToInteger(xsArg(0)), &to));
	giveAddress(the, 1, &to);
}

/* (host, port) => id */
void xs_dormouse_stream_connect(xsMachine *the)
{
	SocketAddress to;
	addressOf(the, 0, &to);
	xsmcSetInteger(xsResult, streamConnect(&to));
}

/* (wanted: { port }) => id; port becomes what it is */
void xs_dormouse_stream_listen(xsMachine *the)
{
	uint16_t bound = 0;
	xsIntegerValue port;
	int32_t id;
	xsmcVars(1);
	xsmcGet(xsVar(0), xsArg(0), xsID_port);
	port = xsmcToInteger(xsVar(0));
	if ((port < 0) || (port > 65535))
		xsRangeError("no such port");
	id = streamListen((uint16_t)port, &bound);
	xsmcSetInteger(xsVar(0), bound);
	xsmcSet(xsArg(0), xsID_port, xsVar(0));
	xsmcSetInteger(xsResult, id);
}

void xs_dormouse_stream_accept(xsMachine *the)
{
	xsmcSetInteger(xsResult, checked(the, streamAccept(xsmcToInteger(xsArg(0)))));
}

void xs_dormouse_stream_waiting(xsMachine *the)
{
	xsmcSetInteger(xsResult, checked(the, streamWaiting(xsmcToInteger(xsArg(0)))));
}

/* (id, into) => size */
void xs_dormouse_stream_read(xsMachine *the)
{
	int32_t id = xsmcToInteger(xsArg(0));
	void *into;
	xsUnsignedValue size;
	xsmcGetBufferWritable(xsArg(1), &into, &size);
	xsmcSetInteger(xsResult, checked(the, streamRead(id, into, size)));
}

/* (id, bytes, at, end) => size */
void xs_dormouse_stream_write(xsMachine *the)
{
	int32_t id = xsmcToInteger(xsArg(0));
	xsIntegerValue at = xsmcToInteger(xsArg(2));
	xsIntegerValue end = xsmcToInteger(xsArg(3));
	void *bytes;
	xsUnsignedValue size;
	xsmcGetBufferReadable(xsArg(1), &bytes, &size);
	if ((at < 0) || (end < at) || ((xsUnsignedValue)end > size))
		xsRangeError("no such bytes");
	xsmcSetInteger(xsResult, checked(the, streamWrite(id, (const uint8_t *)bytes + at, (size_t)(end - at))));
}

/* (name) => id */
void xs_dormouse_name_resolve(xsMachine *the)
{
	char name[SOCKETS_NAME_MAX + 1];
	xsmcToStringBuffer(xsArg(0), name, sizeof(name));
	xsmcSetInteger(xsResult, nameResolve(name));
}

/* (id, index) => string or undefined */
void xs_dormouse_name_host(xsMachine *the)
{
	SocketAddress host;
	int32_t id = xsmcToInteger(xsArg(0));
	if (checked(the, nameHost(id, (int)xsmcToInteger(xsArg(1)), &host)) == 0)
		xsmcSetString(xsResult, host.host);
}
