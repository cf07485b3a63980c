/* The shim's natives by the names that device/board.ts has for them: the SDK's linker puts their addresses into ROM. */
#include "../../simulator/engine/shim/natives.c"

#define BIND(NAME, FUNCTION) \
	extern void xs_dormouse_board_##NAME(txMachine *the); \
	void xs_dormouse_board_##NAME(txMachine *the) \
	{ \
		FUNCTION(the); \
	}

BIND(nowMs, nowMs)
BIND(wallTimeS, wallTimeS)
BIND(setWallTimeS, setWallTimeS)
BIND(setAlarm, setAlarm)
BIND(dice, dice)
BIND(fillEntropy, fillEntropy)
BIND(log, writeLog)
BIND(print, print)
BIND(udpOpen, udpOpen)
BIND(udpRead, udpRead)
BIND(udpWrite, udpWrite)
BIND(udpClose, udpClose)
BIND(resolve, resolve)
BIND(flashGeometry, flashGeometry)
BIND(flashRead, flashRead)
BIND(flashWrite, flashWrite)
BIND(flashErase, flashErase)
BIND(slotSize, slotSize)
BIND(slotRecord, slotRecord)
BIND(slotRead, slotRead)
BIND(slotWrite, slotWrite)
BIND(slotErase, slotErase)
BIND(slotVerify, slotVerify)
BIND(slotMark, slotMark)
BIND(restart, restart)
BIND(off, off)
BIND(temperature, temperature)
BIND(bootRecord, bootRecord)
BIND(listen, listen)

/* Of a new machine, whose ROM has both. */
extern void linked_bind(txMachine *the);
void linked_bind(txMachine *the)
{
	hostId = fxID(the, "host");
	portId = fxID(the, "port");
}
