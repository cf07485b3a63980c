/*
 * The C half of desktop-system.ts on Windows; README.md says what of it has run, and where. As on Linux the device is
 * a library inside of a simulator, whose messages it shares: what is to happen behind the current turn is posted to a
 * window that nobody sees.
 *
 * There are no signals between processes on Windows: with a boot loader (launcher/), the end of stdin asks the device to
 * end, as Ctrl-C does in a console.
 */
#ifdef _WIN32
#include "xsmc.h"
#include "mc.xs.h"

#include "desktop-system.h"

#include <windows.h>
#include <bcrypt.h>
#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef _MSC_VER
#pragma comment(lib, "bcrypt")
#endif

/* system-lin.c has the same, and says what they are. */
#define CAUSE_VARIABLE "DORMOUSE_RESET_CAUSE"
#define BOOT_VARIABLE "DORMOUSE_BOOT"
#define CRASHES_VARIABLE "DORMOUSE_CRASHES"
enum { STATUS_OFF = 0, STATUS_RESTART = 64, STATUS_CRASH = 65, STATUS_WATCHDOG = 66, STATUS_DEEP_SLEEP = 67 };
#define STATUS_TERMINATED (128 + 15)
#define CRASHES_IN_A_ROW_MAX 3
#define STABLE_AFTER_MS 60000.0

#define WINDOW_CLASS "dormouseSystem"
enum { TURN_RESTART = WM_APP, TURN_EXIT, TURN_TERMINATE };

static HWND window = NULL;

/* In steps of 10 to 16 ms. */
double computerUpMs(void)
{
	return (double)GetTickCount64();
}

/* Fills the whole buffer or throws. */
void xs_dormouse_entropy(xsMachine *the)
{
	void *bytes;
	xsUnsignedValue size;
	NTSTATUS status;
	xsmcGetBufferWritable(xsArg(0), &bytes, &size);
	status = BCryptGenRandom(NULL, bytes, size, BCRYPT_USE_SYSTEM_PREFERRED_RNG);
	if (status < 0)
		xsUnknownError("BCryptGenRandom: 0x%08lx", (unsigned long)status);
}

/* A variable of the environment in which the simulator runs, or undefined. */
void xs_dormouse_environment(xsMachine *the)
{
	char name[64];
	wchar_t wideName[64];
	wchar_t *text;
	char *value;
	DWORD count;
	int size;
	xsmcToStringBuffer(xsArg(0), name, sizeof(name));
	MultiByteToWideChar(CP_UTF8, 0, name, -1, wideName, 64);
	count = GetEnvironmentVariableW(wideName, NULL, 0);
	if (!count)
		return;
	text = malloc(count * sizeof(wchar_t));
	value = malloc(count * 3 + 1); /* UTF-8 has 3 bytes at most for each of UTF-16's units */
	size = text && value && (GetEnvironmentVariableW(wideName, text, count) < count)
		? WideCharToMultiByte(CP_UTF8, 0, text, -1, value, (int)count * 3 + 1, NULL, NULL) : 0;
	free(text);
	if (!size) {
		free(value);
		xsUnknownError("no memory");
	}
	xsTry {
		xsmcSetString(xsResult, value);
	}
	xsCatch {
		free(value);
		xsThrow(xsException);
	}
	free(value);
}

/* @returns the cause that the process before this restart left, or undefined at a first start */
void xs_dormouse_reset_cause(xsMachine *the)
{
	char cause[32];
	DWORD size = GetEnvironmentVariableA(CAUSE_VARIABLE, cause, sizeof(cause));
	if (size && (size < sizeof(cause)))
		xsmcSetString(xsResult, cause);
	SetEnvironmentVariableA(CAUSE_VARIABLE, NULL);
}

static int isBooted(void)
{
	return GetEnvironmentVariableA(BOOT_VARIABLE, NULL, 0) != 0;
}

/* Starts a fresh process with the same words, which then takes this one's place. @returns whether it did */
static int startAgain(const char *cause)
{
	STARTUPINFOW how;
	PROCESS_INFORMATION process;
	SetEnvironmentVariableA(CAUSE_VARIABLE, cause);
	fflush(NULL);
	GetStartupInfoW(&how);
	return CreateProcessW(NULL, GetCommandLineW(), NULL, NULL, TRUE, 0, NULL, NULL, &how, &process);
}

static void restartNow(void)
{
	if (isBooted())
		exit(STATUS_RESTART);
	if (startAgain("restart"))
		exit(0);
	fprintf(stderr, "dormouse: cannot restart: error %lu\n", (unsigned long)GetLastError());
	exit(1);
}

static void terminate(void);

static LRESULT CALLBACK takeTurn(HWND it, UINT message, WPARAM first, LPARAM second)
{
	switch (message) {
	case TURN_RESTART:
		restartNow();
		return 0;
	case TURN_EXIT:
		exit((int)first);
		return 0;
	case TURN_TERMINATE:
		terminate();
		return 0;
	}
	return DefWindowProc(it, message, first, second);
}

/* Has something happen behind the current turn. */
static void post(UINT message, WPARAM first)
{
	if (!window) {
		WNDCLASSEXA shape;
		memset(&shape, 0, sizeof(shape));
		shape.cbSize = sizeof(shape);
		shape.lpfnWndProc = takeTurn;
		shape.lpszClassName = WINDOW_CLASS;
		RegisterClassExA(&shape);
		window = CreateWindowExA(0, WINDOW_CLASS, NULL, 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, NULL, NULL);
	}
	if (message)
		PostMessageA(window, message, first, 0);
}

/* The turn that asks goes on to its end. */
void xs_dormouse_restart(xsMachine *the)
{
	SetEnvironmentVariableA(CRASHES_VARIABLE, NULL);
	post(TURN_RESTART, 0);
}

/* xs_dormouse_exit(status) */
void xs_dormouse_exit(xsMachine *the)
{
	post(TURN_EXIT, (WPARAM)xsmcToInteger(xsArg(0)));
}

/* Called by XS with its machine already broken: says why and restarts at once, as a chip resets. Never returns. */
void xs_dormouse_crash(xsMachine *the)
{
	char count[16] = "";
	int crashes = 1;
	fflush(NULL);
	if (isBooted())
		_exit(STATUS_CRASH);
	if (deviceUpMs() < STABLE_AFTER_MS &&
		GetEnvironmentVariableA(CRASHES_VARIABLE, count, sizeof(count)))
		crashes = atoi(count) + 1;
	if (crashes < CRASHES_IN_A_ROW_MAX) {
		snprintf(count, sizeof(count), "%d", crashes);
		SetEnvironmentVariableA(CRASHES_VARIABLE, count);
		if (startAgain("crash"))
			_exit(0);
	}
	fprintf(stderr, "dormouse: crashed %d times in a row, giving up\n", crashes);
	fflush(NULL);
	_exit(1);
}

/* When the main thread has last been seen to take messages. */
static volatile LONG64 fedMs = 0;
static LONG64 patienceMs = 0;

static VOID CALLBACK feed(HWND none, UINT message, UINT_PTR id, DWORD ms)
{
	InterlockedExchange64(&fedMs, (LONG64)GetTickCount64());
}

/* In a thread of the system's. */
static VOID CALLBACK watch(PVOID nothing, BOOLEAN isTimer)
{
	static const char words[] = "dormouse: the watchdog bites\n";
	DWORD written;
	if ((LONG64)GetTickCount64() - fedMs < patienceMs)
		return;
	WriteFile(GetStdHandle(STD_ERROR_HANDLE), words, sizeof(words) - 1, &written, NULL);
	TerminateProcess(GetCurrentProcess(), STATUS_WATCHDOG);
}

/* A program that keeps the main loop from turning for so many seconds ends; whoever boots us starts it again. */
void xs_dormouse_watchdog(xsMachine *the)
{
	HANDLE timer;
	patienceMs = (LONG64)xsmcToInteger(xsArg(0)) * 1000;
	feed(NULL, 0, 0, 0);
	if (!SetTimer(NULL, 0, 1000, feed) || !CreateTimerQueueTimer(&timer, NULL, watch, NULL, 1000, 1000, 0))
		xsUnknownError("no timer for a watchdog");
}

/* Ctrl-C, the console's end, or the end of stdin, told to the device in a turn of its own. */
typedef struct {
	xsMachine *the;
	xsSlot self;
	xsSlot *callback;
	int told;
} Termination;

static Termination *termination = NULL;

void xs_dormouse_termination_destructor(void *data)
{
	if (termination == data)
		termination = NULL;
	free(data);
}

static void markTermination(xsMachine *the, void *data, xsMarkRoot markRoot)
{
	Termination *it = data;
	if (it->callback)
		(*markRoot)(the, it->callback);
}

static const xsHostHooks terminationHooks = { xs_dormouse_termination_destructor, markTermination, NULL };

static void terminate(void)
{
	Termination *it = termination;
	if (!it)
		return;
	if (it->told) /* asked twice: the person does not want to wait for the server */
		exit(STATUS_TERMINATED);
	it->told = 1;
	xsBeginHost(it->the);
		xsCallFunction0(xsReference(it->callback), xsGlobal);
	xsEndHost(it->the);
}

/* In a thread of the system's. The window is there already, so posting is all that is left to do. */
static BOOL WINAPI hear(DWORD what)
{
	PostMessageA(window, TURN_TERMINATE, 0, 0);
	if (what == CTRL_C_EVENT || what == CTRL_BREAK_EVENT)
		return TRUE;
	Sleep(5000); /* the console closes, or the person logs off: so much time there is */
	return TRUE;
}

static DWORD WINAPI readToEnd(LPVOID nothing)
{
	char words[64];
	DWORD size;
	while (ReadFile(GetStdHandle(STD_INPUT_HANDLE), words, sizeof(words), &size, NULL) && size)
		;
	PostMessageA(window, TURN_TERMINATE, 0, 0);
	return 0;
}

void xs_dormouse_termination(xsMachine *the)
{
	Termination *it = calloc(1, sizeof(Termination));
	if (!it)
		xsUnknownError("no memory");
	xsmcSetHostData(xsThis, it);
	xsSetHostHooks(xsThis, (xsHostHooks *)&terminationHooks);
	it->the = the;
	it->callback = xsmcToReference(xsArg(0));
	it->self = xsThis;
	xsRemember(it->self); /* lives as long as the machine */
	termination = it;
	post(0, 0);
	SetConsoleCtrlHandler(hear, TRUE);
	if (isBooted())
		CloseHandle(CreateThread(NULL, 0, readToEnd, NULL, 0, NULL));
	/* Whoever reads the log would wait for 4 KB, and find a carriage return in each line. */
	setvbuf(stdout, NULL, _IONBF, 0);
	_setmode(_fileno(stdout), _O_BINARY);
}
#endif
