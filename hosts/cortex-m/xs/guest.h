/* What guest.c and guest-crypto.c ask of the computer: tools/guest-calls.ts has the same numbers. */
#ifndef DORMOUSE_GUEST_H
#define DORMOUSE_GUEST_H

typedef struct {
	const void *bytes;
	int size;
} GuestPart;

enum {
	askNext, askText, askError, askSender, askMemory, askFailed, askExplain,
	askNowMs, askWallTimeS, askSetWallTimeS, askSetAlarm, askDice, askEntropy, askPrint, askLog, askTemperature,
	askBootRecord, askRestart, askOff,
	askUdpOpen, askUdpRead, askUdpWrite, askUdpClose, askResolve,
	askFlashGeometry, askFlashRead, askFlashWrite, askFlashErase,
	askSlotSize, askSlotRecord, askSlotRead, askSlotWrite, askSlotErase, askSlotVerify, askSlotMark,
	askModSize, askModRecord, askModRead, askModWrite, askModErase, askModVerify, askModLoad, askModCount, askModPart,
	askHasAccelerator, askIsScalar, askDrawScalar, askPointOf, askSharedX, askSign, askIsSignature, askHmac, askPrf,
	askSeal, askOpen, askCbc,
	askSleep, askWakeReason, askRetainedRead, askRetainedWrite
};

/* @param into gets the answer's bytes, `size` says how many. @returns its number */
double guest_call(int what, const double *numbers, int count, const GuestPart *parts, int partCount, void *into,
	int capacity, int *size);

double guest_ask(int what, double number);
/* @returns the size of the text that is the answer */
int guest_text(int what, double number, char *into, int capacity);

#endif
