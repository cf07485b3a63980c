/*
 * The program of a device: its modules as bytecode in flash. Code and strings are executed where they lie; a
 * module's symbols are numbered once, when ROM is prepared, as the SDK's linker does it.
 */
#include "shim.h"

enum { longestPath = 128 };

typedef struct Module {
	struct Module* next;
	const char* name;
	txByte* code;
	txSize size;
} Module;

static Module* modules;
static txID* symbolIds; /* of the image's symbols, by their number in the image */

static Module* moduleNamed(const char* name)
{
	Module* module = modules;
	while (module && strcmp(module->name, name))
		module = module->next;
	return module;
}

/* Takes the image's symbols, `count` strings end to end that stay in flash. They are keys of `the` from here on. */
void program_useSymbols(txMachine* the, char* names, uint32_t count)
{
	uint32_t index;
	symbolIds = malloc((count + 1) * sizeof(txID));
	symbolIds[0] = XS_NO_ID;
	for (index = 1; index <= count; index++) {
		symbolIds[index] = fxNewNameX(the, names);
		names += strlen(names) + 1;
	}
}

/* Takes one module. `name` and `code` stay in flash; the symbols' numbers in the code are replaced in place, once. */
void program_addModule(txMachine* the, const char* name, txByte* code, txSize size)
{
	Module* module = malloc(sizeof(Module));
	module->next = modules;
	module->name = name;
	module->code = code;
	module->size = size;
	modules = module;
	fxRemapIDs(the, code, size, symbolIds);
}

/*
 * Resolves ./ and ../ against the importing module; any other specifier is a module's full name. Extensions do not
 * count.
 */
static int resolve(const char* base, const char* specifier, char* path, size_t limit)
{
	size_t length = 0;
	size_t size;
	if (specifier[0] == '.') {
		const char* slash = base ? strrchr(base, '/') : NULL;
		length = slash ? (size_t)(slash - base) : 0;
		if (length >= limit)
			return 0;
		memcpy(path, base ? base : "", length);
		while (specifier[0] == '.') {
			if (!strncmp(specifier, "./", 2))
				specifier += 2;
			else if (!strncmp(specifier, "../", 3)) {
				if (!length)
					return 0;
				while (length && (path[length - 1] != '/'))
					length--;
				if (length)
					length--;
				specifier += 3;
			}
			else
				return 0;
		}
		if (length)
			path[length++] = '/';
	}
	size = strlen(specifier);
	if ((size > 3) && !strcmp(specifier + size - 3, ".js"))
		size -= 3;
	if (length + size >= limit)
		return 0;
	memcpy(path + length, specifier, size);
	path[length + size] = 0;
	return 1;
}

txID fxFindModule(txMachine* the, txSlot* realm, txID moduleID, txSlot* slot)
{
	char specifier[longestPath];
	char path[longestPath];
	Module* module;
	fxToStringBuffer(the, slot, specifier, sizeof(specifier));
	if (!resolve((moduleID == XS_NO_ID) ? NULL : fxGetKeyName(the, moduleID), specifier, path, sizeof(path)))
		return XS_NO_ID;
	module = moduleNamed(path);
	return module ? fxNewNameX(the, (txString)module->name) : XS_NO_ID;
}

void fxLoadModule(txMachine* the, txSlot* slot, txID moduleID)
{
	Module* module = moduleNamed(fxGetKeyName(the, moduleID));
	if (module) {
		txScript script;
		memset(&script, 0, sizeof(script));
		script.codeBuffer = module->code;
		script.codeSize = module->size;
		script.path = (txString)module->name;
		script.version[0] = XS_MAJOR_VERSION;
		script.version[1] = XS_MINOR_VERSION;
		script.version[2] = XS_PATCH_VERSION;
		fxResolveModule(the, slot, moduleID, &script, C_NULL, C_NULL);
	}
}

/* A board has no parser: eval and new Function do not exist there. */
txScript* fxParseScript(txMachine* the, void* stream, txGetter getter, txUnsigned flags)
{
	mxSyntaxError("no parser on this device");
	return C_NULL;
}

void shim_runJobs(txMachine* the)
{
	do {
		while (the->promiseJobs) {
			the->promiseJobs = 0;
			fxRunPromiseJobs(the);
		}
		fxEndJob(the);
	} while (the->promiseJobs);
	/* Mode 1: at once. Mode 0 would stay silent until the promise is collected. */
	fxCheckUnhandledRejections(the, 1);
}

void shim_import(txMachine* the, const char* name)
{
	the = fxBeginHost(the);
	mxTry(the) {
		mxPushStringC((txString)name);
		fxAwaitImport(the, 0);
		mxPop();
	}
	mxCatch(the) {
		fxAbort(the, XS_UNHANDLED_EXCEPTION_EXIT);
	}
	fxEndHost(the);
	shim_runJobs(the);
}
