/*
 * The SDK's simulator for Windows without its window: loads an image (mc.dll), launches it as the simulator does, and
 * takes messages until the image ends the process. Its words are the simulator's: headless.exe SIMULATORS IMAGE.
 * `headless.exe --uptime` says the milliseconds that the device's clock counts from, for its boot loader.
 * screen.h is the SDK's.
 */
#include <winsock2.h>
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define mxWindows 1
#include "screen.h"

/* hosts/desktop/system-win.c has the same. */
#define STATUS_CRASH 65

static void nothing(txScreen *screen)
{
	(void)screen;
}

static void start(txScreen *screen, double interval)
{
	(void)screen, (void)interval;
}

static void post(txScreen *screen, char *buffer, int size)
{
	(void)screen, (void)buffer, (void)size;
}

/* The machine has stopped: where the device did not end the process itself, as behind an overflow of the stack. */
static void stopped(txScreen *screen, int status)
{
	(void)screen, (void)status;
	fflush(NULL);
	ExitProcess(STATUS_CRASH);
}

int main(int argc, char **argv)
{
	static txScreen screen;
	txScreenLaunchProc launch = NULL;
	HMODULE image;
	MSG message;
	if (argc == 2 && !strcmp(argv[1], "--uptime")) {
		printf("%llu\n", (unsigned long long)GetTickCount64());
		return 0;
	}
	if (argc != 3) {
		fprintf(stderr, "headless SIMULATORS IMAGE\n");
		return 2;
	}
	image = LoadLibraryA(argv[2]);
	if (image)
		launch = (txScreenLaunchProc)(void *)GetProcAddress(image, "fxScreenLaunch");
	if (!launch) {
		fprintf(stderr, "%s: no image of the simulator (error %lu)\n", argv[2], (unsigned long)GetLastError());
		return 2;
	}
	screen.width = screen.height = 0;
	screen.abort = stopped;
	screen.bufferChanged = screen.formatChanged = nothing;
	screen.start = start;
	screen.stop = nothing;
	screen.post = post;
	mxCreateMutex(&screen.workersMutex);
	(*launch)(&screen);
	if (!screen.machine) {
		fprintf(stderr, "no machine\n");
		return 1;
	}
	while (GetMessageA(&message, NULL, 0, 0) > 0) {
		TranslateMessage(&message);
		DispatchMessageA(&message);
	}
	return 0;
}
