/*
 * globalThis.board: what a device program calls. Thin: each native moves bytes and numbers between XS and the
 * board; the typed view and the ports of modules/host.ts are built on top of it, in JavaScript.
 */
#include "shim.h"

FROM_BOARD(nowMs) double board_nowMs(void);
FROM_BOARD(wallTimeS) double board_wallTimeS(void);
FROM_BOARD(setWallTimeS) void board_setWallTimeS(double seconds);
FROM_BOARD(setAlarm) void board_setAlarm(double atMs);
FROM_BOARD(dice) int board_dice(int bound);
FROM_BOARD(fillEntropy) void board_fillEntropy(void* bytes, int size);
FROM_BOARD(log) void board_log(const char* json, int size);
FROM_BOARD(print) void board_print(const char* text, int size);
FROM_BOARD(udpOpen) int board_udpOpen(int port);
FROM_BOARD(udpRead) int board_udpRead(int socket, void* into, int capacity, void* from);
FROM_BOARD(udpWrite) int board_udpWrite(int socket, const void* bytes, int size, const char* host, int hostSize,
	int port);
FROM_BOARD(udpClose) void board_udpClose(int socket);
FROM_BOARD(resolve) void board_resolve(const char* name, int size);
FROM_BOARD(flashGeometry) double board_flashGeometry(int which);
FROM_BOARD(flashRead) int board_flashRead(double offset, void* into, int size, char* error, int errorSize);
FROM_BOARD(flashWrite) int board_flashWrite(double offset, const void* bytes, int size, char* error, int errorSize);
FROM_BOARD(flashErase) int board_flashErase(double offset, double size, char* error, int errorSize);
FROM_BOARD(slotSize) double board_slotSize(void);
FROM_BOARD(slotRecord) int board_slotRecord(int slot, char* into, int capacity);
FROM_BOARD(slotRead) int board_slotRead(double offset, void* into, int size, char* error, int errorSize);
FROM_BOARD(slotWrite) int board_slotWrite(double offset, const void* bytes, int size, char* error, int errorSize);
FROM_BOARD(slotErase) int board_slotErase(double offset, double size, char* error, int errorSize);
FROM_BOARD(slotVerify) int board_slotVerify(char* into, int capacity);
FROM_BOARD(slotMark) int board_slotMark(int what, const char* why, int whySize, char* error, int errorSize);
FROM_BOARD(restart) void board_restart(void);
FROM_BOARD(off) void board_off(void);
FROM_BOARD(temperature) double board_temperature(void);
FROM_BOARD(bootRecord) int board_bootRecord(char* into, int capacity);

enum { longestHost = 64, longestError = 160, longestBootRecord = 2048, longestSlotRecord = 768 };

/* The sender of a datagram, as the board writes it. */
typedef struct {
	uint32_t port;
	char host[longestHost]; /* ends with 0 */
} Sender;

extern int _xsmcGetBuffer(txMachine* the, txSlot* slot, void** data, txUnsigned* size, txBoolean writable);

txSlot shimListener;
uint32_t shimCollections;
static txID hostId;
static txID portId;

void* shim_bytesOf(txMachine* the, txSlot* slot, txUnsigned* size, txBoolean writable)
{
	void* data;
	_xsmcGetBuffer(the, slot, &data, size, writable);
	return data;
}

static void nowMs(txMachine* the)
{
	fxNumber(the, mxResult, board_nowMs());
}

static void wallTimeS(txMachine* the)
{
	double seconds = board_wallTimeS();
	if (seconds == seconds) /* NaN: nobody has set the clock */
		fxNumber(the, mxResult, seconds);
}

static void setWallTimeS(txMachine* the)
{
	board_setWallTimeS(fxToNumber(the, mxArgv(0)));
}

static void setAlarm(txMachine* the)
{
	board_setAlarm(((mxArgc > 0) && !mxIsUndefined(mxArgv(0))) ? fxToNumber(the, mxArgv(0)) : C_NAN);
}

static void dice(txMachine* the)
{
	fxInteger(the, mxResult, board_dice(fxToInteger(the, mxArgv(0))));
}

static void fillEntropy(txMachine* the)
{
	txUnsigned size;
	void* bytes = shim_bytesOf(the, mxArgv(0), &size, 1);
	board_fillEntropy(bytes, (int)size);
}

static void writeLog(txMachine* the)
{
	txString json = fxToString(the, mxArgv(0));
	board_log(json, (int)strlen(json));
}

static void print(txMachine* the)
{
	txString text = fxToString(the, mxArgv(0));
	board_print(text, (int)strlen(text));
}

static void udpOpen(txMachine* the)
{
	fxInteger(the, mxResult, board_udpOpen(fxToInteger(the, mxArgv(0))));
}

/* (socket, into, from) => size, or -1; the sender goes into from.host and from.port */
static void udpRead(txMachine* the)
{
	Sender sender;
	txUnsigned capacity;
	int socket = fxToInteger(the, mxArgv(0));
	void* into = shim_bytesOf(the, mxArgv(1), &capacity, 1);
	int size = board_udpRead(socket, into, (int)capacity, &sender);
	if (size >= 0) {
		mxPushUndefined();
		fxString(the, the->stack, sender.host);
		mxPushSlot(mxArgv(2));
		fxSetID(the, hostId);
		mxPop();
		mxPushInteger((txInteger)sender.port);
		mxPushSlot(mxArgv(2));
		fxSetID(the, portId);
		mxPop();
	}
	fxInteger(the, mxResult, size);
}

static void udpWrite(txMachine* the)
{
	txUnsigned size;
	int socket = fxToInteger(the, mxArgv(0));
	int port = fxToInteger(the, mxArgv(3));
	txString host = fxToString(the, mxArgv(2));
	void* bytes = shim_bytesOf(the, mxArgv(1), &size, 0);
	fxBoolean(the, mxResult, board_udpWrite(socket, bytes, (int)size, host, (int)strlen(host), port) ? 1 : 0);
}

static void udpClose(txMachine* the)
{
	board_udpClose(fxToInteger(the, mxArgv(0)));
}

static void resolve(txMachine* the)
{
	txString name = fxToString(the, mxArgv(0));
	board_resolve(name, (int)strlen(name));
}

static void flashGeometry(txMachine* the)
{
	fxNumber(the, mxResult, board_flashGeometry(fxToInteger(the, mxArgv(0))));
}

/* A board answers 0, or the size of an error text for people, which becomes the result. */
static void answerError(txMachine* the, char* error, int size)
{
	if (size > 0) {
		error[(size < longestError) ? size : longestError - 1] = 0;
		fxString(the, mxResult, error);
	}
}

static void flashRead(txMachine* the)
{
	char error[longestError];
	txUnsigned size;
	double offset = fxToNumber(the, mxArgv(0));
	void* into = shim_bytesOf(the, mxArgv(1), &size, 1);
	answerError(the, error, board_flashRead(offset, into, (int)size, error, longestError - 1));
}

static void flashWrite(txMachine* the)
{
	char error[longestError];
	txUnsigned size;
	double offset = fxToNumber(the, mxArgv(0));
	void* bytes = shim_bytesOf(the, mxArgv(1), &size, 0);
	answerError(the, error, board_flashWrite(offset, bytes, (int)size, error, longestError - 1));
}

static void flashErase(txMachine* the)
{
	char error[longestError];
	double offset = fxToNumber(the, mxArgv(0));
	double size = fxToNumber(the, mxArgv(1));
	answerError(the, error, board_flashErase(offset, size, error, longestError - 1));
}

/* 0: there is no boot loader, and none of the functions down to slotMark works */
static void slotSize(txMachine* the)
{
	fxNumber(the, mxResult, board_slotSize());
}

static void slotRecord(txMachine* the)
{
	char record[longestSlotRecord];
	int size = board_slotRecord(fxToInteger(the, mxArgv(0)), record, longestSlotRecord - 1);
	record[(size < longestSlotRecord) ? size : longestSlotRecord - 1] = 0;
	fxString(the, mxResult, record);
}

static void slotRead(txMachine* the)
{
	char error[longestError];
	txUnsigned size;
	double offset = fxToNumber(the, mxArgv(0));
	void* into = shim_bytesOf(the, mxArgv(1), &size, 1);
	answerError(the, error, board_slotRead(offset, into, (int)size, error, longestError - 1));
}

static void slotWrite(txMachine* the)
{
	char error[longestError];
	txUnsigned size;
	double offset = fxToNumber(the, mxArgv(0));
	void* bytes = shim_bytesOf(the, mxArgv(1), &size, 0);
	answerError(the, error, board_slotWrite(offset, bytes, (int)size, error, longestError - 1));
}

static void slotErase(txMachine* the)
{
	char error[longestError];
	double offset = fxToNumber(the, mxArgv(0));
	double size = fxToNumber(the, mxArgv(1));
	answerError(the, error, board_slotErase(offset, size, error, longestError - 1));
}

static void slotVerify(txMachine* the)
{
	char verdict[longestError];
	int size = board_slotVerify(verdict, longestError - 1);
	verdict[size] = 0;
	fxString(the, mxResult, verdict);
}

/* (what, why): 0 marks the other slot, 1 confirms, 2 reverts */
static void slotMark(txMachine* the)
{
	char error[longestError];
	int what = fxToInteger(the, mxArgv(0));
	txString why = fxToString(the, mxArgv(1));
	answerError(the, error, board_slotMark(what, why, (int)strlen(why), error, longestError - 1));
}

static void restart(txMachine* the)
{
	board_restart();
}

static void off(txMachine* the)
{
	board_off();
}

static void temperature(txMachine* the)
{
	fxNumber(the, mxResult, board_temperature());
}

static void bootRecord(txMachine* the)
{
	char record[longestBootRecord];
	int size = board_bootRecord(record, longestBootRecord - 1);
	if (size >= longestBootRecord)
		mxRangeError("boot record too long");
	record[size] = 0;
	fxString(the, mxResult, record);
}

/* (handler): who gets the board's events, as (kind, number, number, text or undefined); one turn each */
static void listen(txMachine* the)
{
	fxForget(the, &shimListener);
	shimListener = *mxArgv(0);
	fxRemember(the, &shimListener);
}

static const ShimNative natives[] = {
	{ "nowMs", nowMs, 0 },
	{ "wallTimeS", wallTimeS, 0 },
	{ "setWallTimeS", setWallTimeS, 1 },
	{ "setAlarm", setAlarm, 1 },
	{ "dice", dice, 1 },
	{ "fillEntropy", fillEntropy, 1 },
	{ "log", writeLog, 1 },
	{ "print", print, 1 },
	{ "udpOpen", udpOpen, 1 },
	{ "udpRead", udpRead, 3 },
	{ "udpWrite", udpWrite, 4 },
	{ "udpClose", udpClose, 1 },
	{ "resolve", resolve, 1 },
	{ "flashGeometry", flashGeometry, 1 },
	{ "flashRead", flashRead, 2 },
	{ "flashWrite", flashWrite, 2 },
	{ "flashErase", flashErase, 2 },
	{ "slotSize", slotSize, 0 },
	{ "slotRecord", slotRecord, 1 },
	{ "slotRead", slotRead, 2 },
	{ "slotWrite", slotWrite, 2 },
	{ "slotErase", slotErase, 2 },
	{ "slotVerify", slotVerify, 0 },
	{ "slotMark", slotMark, 2 },
	{ "restart", restart, 0 },
	{ "off", off, 0 },
	{ "temperature", temperature, 0 },
	{ "bootRecord", bootRecord, 0 },
	{ "listen", listen, 1 },
};

static const txFlag constant = XS_DONT_DELETE_FLAG | XS_DONT_SET_FLAG;

void shim_defineNatives(txMachine* the, txSlot* board, const ShimNative* list, size_t count)
{
	size_t index;
	for (index = 0; index < count; index++) {
		txID id = fxID(the, (txString)list[index].name);
		fxNewHostFunction(the, list[index].call, list[index].length, id, XS_NO_ID);
		mxPushSlot(board);
		fxDefineID(the, id, constant, constant);
		mxPop();
	}
}

void shim_defineBoard(txMachine* the)
{
	txSlot* board;
	hostId = fxID(the, "host");
	portId = fxID(the, "port");
	fxNewObject(the);
	board = the->stack;
	shim_defineNatives(the, board, natives, sizeof(natives) / sizeof(natives[0]));
	shim_defineCrypto(the, board);
	shim_defineMods(the, board);
	shim_definePower(the, board);
	mxPush(mxGlobal);
	fxDefineID(the, fxID(the, "board"), constant, constant);
	mxPop();
}

/*
 * Called whenever the garbage collector marks, because `watcher` hangs on the machine's roots. Costs the device no
 * RAM.
 */
static void countCollection(txMachine* the, void* data, txMarkRoot markRoot)
{
	shimCollections++;
}

void shim_watchCollections(txMachine* the)
{
	static txHostHooks hooks;
	static txSlot watcher;
	hooks.marker = countCollection;
	watcher.kind = XS_HOST_KIND;
	watcher.flag = XS_HOST_HOOKS_FLAG;
	watcher.value.host.data = &watcher;
	watcher.value.host.variant.hooks = &hooks;
	fxRemember(the, &watcher);
}
