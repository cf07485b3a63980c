/* The debugger's door, which the emulator answers: console, command line, files of the computer, the end. */
#include "chip.h"

#include <string.h>

static int ask(int operation, void *block)
{
	register int r0 __asm("r0") = operation;
	register void *r1 __asm("r1") = block;
	__asm volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
	return r0;
}
void chip_exit(int status)
{
	int block[2] = { 0x20026, status }; /* ADP_Stopped_ApplicationExit */
	for (;;)
		ask(0x20, block); /* SYS_EXIT_EXTENDED */
}

int chip_argument(char *into, int capacity)
{
	struct {
		char *text;
		int size;
	} line = { into, capacity };
	const char *blank;
	if (ask(0x15, &line)) /* SYS_GET_CMDLINE */
		line.size = 0;
	into[line.size] = 0;
	blank = strchr(into, ' '); /* the first word is the program's name */
	memmove(into, blank ? blank + 1 : "", strlen(blank ? blank + 1 : "") + 1);
	return (int)strlen(into);
}

/* Not the serial port: to wait for that would make two runs differ. */
void chip_write(const char *text, int size)
{
	while (size-- > 0)
		ask(0x03, (void *)text++); /* SYS_WRITEC */
}

int chip_open(const char *name, int isWritten)
{
	struct {
		const char *name;
		int mode;
		int size;
	} block = { name, isWritten ? 3 : 1, (int)strlen(name) }; /* "r+b", "rb" */
	return ask(0x01, &block); /* SYS_OPEN */
}

/* SYS_READ and SYS_WRITE say how many bytes they left over. */
static int move(int operation, int file, uint32_t at, void *bytes, int size)
{
	struct {
		int file;
		void *bytes;
		int size;
	} transfer = { file, bytes, size };
	struct {
		int file;
		uint32_t at;
	} seek = { file, at };
	if (ask(0x0A, &seek) != 0) /* SYS_SEEK */
		return 0;
	return size - ask(operation, &transfer);
}

int chip_readFile(int file, uint32_t at, void *into, int size)
{
	return move(0x06, file, at, into, size);
}

int chip_writeFile(int file, uint32_t at, const void *bytes, int size)
{
	return move(0x05, file, at, (void *)bytes, size);
}

int chip_readStream(int file, void *into, int size)
{
	struct {
		int file;
		void *into;
		int size;
	} block = { file, into, size };
	return size - ask(0x06, &block);
}

int chip_openStream(const char *name, int isWritten)
{
	struct {
		const char *name;
		int mode;
		int size;
	} block = { name, isWritten ? 5 : 1, (int)strlen(name) }; /* "wb", "rb" */
	return ask(0x01, &block);
}

int chip_writeStream(int file, const void *bytes, int size)
{
	struct {
		int file;
		const void *bytes;
		int size;
	} block = { file, bytes, size };
	return size - ask(0x05, &block);
}

uint32_t chip_timeS(void)
{
	return (uint32_t)ask(0x11, 0); /* SYS_TIME */
}
