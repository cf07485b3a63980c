#include "console.h"

#include "board.h"
#include "life.h"

/* An emulator whose tool has died, and says "here" no more, ends. */
enum { lonelyMs = 20000, lonelyStatus = 4 };

void board_print(const char *text, int size)
{
	chip_writeSerial(text, size);
	chip_writeSerial("\n", 1);
}

int console_typed(void)
{
	static double heardAtMs = -1;
	int key = chip_readSerial();
	if ((key >= 0) || (heardAtMs < 0))
		heardAtMs = chip_nowMs();
	else if (chip_nowMs() - heardAtMs > lonelyMs)
		chip_exit(lonelyStatus);
	return key;
}

int console_typedAsleep(void)
{
	int key = console_typed();
	if (key == typedShutDown)
		chip_exit(0);
	if (key == typedReset)
		life_restart(causeRestart);
	return key == typedPin;
}
