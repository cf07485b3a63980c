/* What is said and heard through the serial port, by the program and by a boot loader. */
#ifndef DORMOUSE_CONSOLE_H
#define DORMOUSE_CONSOLE_H

/* tools/qemu.ts has the same numbers. */
enum { typedShutDown = 3, typedReset = 4, typedHere = 5, typedFigures = 6, typedPin = 7 };

/* @returns what was typed, -1 for nothing; ends an emulator that nobody looks after */
int console_typed(void);
/* In deep sleep. @returns whether the pin is pulled */
int console_typedAsleep(void);
void board_print(const char *text, int size);

#endif
