/* As board-natives.c, for sleep. */
#include "../../simulator/engine/shim/power.c"

#define BIND(NAME, FUNCTION) \
	extern void xs_dormouse_board_##NAME(txMachine *the); \
	void xs_dormouse_board_##NAME(txMachine *the) \
	{ \
		FUNCTION(the); \
	}

BIND(sleep, sleepUntil)
BIND(wakeReason, wakeReason)
BIND(retainedRead, retainedRead)
BIND(retainedWrite, retainedWrite)
