/*
 * Software beside the program: a mod's partition, and a mod's modules run on the device itself, in RAM. Its code and
 * names are executed where they lie, as the program's; new names are keys of the device.
 */
#include "shim.h"

FROM_BOARD(modSize) double board_modSize(void);
FROM_BOARD(modRecord) int board_modRecord(char* into, int capacity);
FROM_BOARD(modRead) int board_modRead(double offset, void* into, int size, char* error, int errorSize);
FROM_BOARD(modWrite) int board_modWrite(double offset, const void* bytes, int size, char* error, int errorSize);
FROM_BOARD(modErase) int board_modErase(double offset, double size, char* error, int errorSize);
FROM_BOARD(modVerify) int board_modVerify(char* into, int capacity);
FROM_BOARD(modLoad) int board_modLoad(char* into, int capacity);

enum { longestText = 768 };

/* 0: there is no such partition, and none of the functions below works */
static void modSize(txMachine* the)
{
	fxNumber(the, mxResult, board_modSize());
}

static void answerText(txMachine* the, char* text, int size)
{
	text[(size < longestText) ? size : longestText - 1] = 0;
	fxString(the, mxResult, text);
}

/* An error for people, or nothing. */
static void answerError(txMachine* the, char* error, int size)
{
	if (size > 0)
		answerText(the, error, size);
}

static void modRecord(txMachine* the)
{
	char text[longestText];
	answerText(the, text, board_modRecord(text, longestText - 1));
}

static void modRead(txMachine* the)
{
	char error[longestText];
	txUnsigned size;
	double offset = fxToNumber(the, mxArgv(0));
	void* into = shim_bytesOf(the, mxArgv(1), &size, 1);
	answerError(the, error, board_modRead(offset, into, (int)size, error, longestText - 1));
}

static void modWrite(txMachine* the)
{
	char error[longestText];
	txUnsigned size;
	double offset = fxToNumber(the, mxArgv(0));
	void* bytes = shim_bytesOf(the, mxArgv(1), &size, 0);
	answerError(the, error, board_modWrite(offset, bytes, (int)size, error, longestText - 1));
}

static void modErase(txMachine* the)
{
	char error[longestText];
	double offset = fxToNumber(the, mxArgv(0));
	double size = fxToNumber(the, mxArgv(1));
	answerError(the, error, board_modErase(offset, size, error, longestText - 1));
}

static void modVerify(txMachine* the)
{
	char text[longestText];
	answerText(the, text, board_modVerify(text, longestText - 1));
}

/*
 * () => the default export of the mod's entry. The board gives the entry's name, and calls modSymbols and modModule
 * before it returns; or it gives an error, which begins with "!". What the mod throws is thrown.
 */
static void modLoad(txMachine* the)
{
	char text[longestText];
	int size = board_modLoad(text, longestText - 1);
	text[(size < longestText) ? size : longestText - 1] = 0;
	if (text[0] == '!')
		mxUnknownError("%s", text + 1);
	fxString(the, mxResult, text);
	mxPushSlot(mxResult);
	fxAwaitImport(the, XS_IMPORT_DEFAULT);
	mxPullSlot(mxResult);
}

static const ShimNative natives[] = {
	{ "modSize", modSize, 0 },
	{ "modRecord", modRecord, 0 },
	{ "modRead", modRead, 2 },
	{ "modWrite", modWrite, 2 },
	{ "modErase", modErase, 2 },
	{ "modVerify", modVerify, 0 },
	{ "modLoad", modLoad, 0 },
};

void shim_defineMods(txMachine* the, txSlot* board)
{
	shim_defineNatives(the, board, natives, sizeof(natives) / sizeof(natives[0]));
}
