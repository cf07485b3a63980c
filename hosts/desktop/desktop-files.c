/*
 * Files of the simulated device: flash partitions and key-value domains live in them. The TypeScript side is
 * desktop-files.ts; what lies below is the system's, files-posix.c or files-win.c.
 */
#include "xsmc.h"
#include "mc.xs.h"
#include "mc.defines.h"

#include "desktop-files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef PIU_DOT_SIGNATURE
	#define PIU_DOT_SIGNATURE "dormouse"
#endif

/*
 * Where `name` lies: under $DORMOUSE_STATE, else under the user's data folder in one with the application's signature.
 * Names come from desktop-files.ts, which lets no path out of the folder.
 */
static void resolve(xsMachine *the, xsSlot *slot, char *path)
{
	char name[FILES_PATH_MAX];
	size_t length;
	fxToStringBuffer(the, slot, name, sizeof(name));
	if (name[0] == 0 || name[0] == '/' || strstr(name, "..") || strchr(name, '\\') || strchr(name, ':'))
		xsUnknownError("bad file name");
	if (filesFolder(path, FILES_PATH_MAX, PIU_DOT_SIGNATURE) < 0)
		xsUnknownError("path too long");
	length = strlen(path);
	if (length + strlen(name) + sizeof(FILES_DRAFT) + 1 > FILES_PATH_MAX)
		xsUnknownError("path too long");
	snprintf(path + length, FILES_PATH_MAX - length, "/%s", name);
}

static void failed(xsMachine *the, const char *path)
{
	char words[128];
	filesWhy(words, sizeof(words));
	xsUnknownError("%s: %s", path, words);
}

/* xs_dormouse_file_size(name): bytes, or undefined when there is no such file */
void xs_dormouse_file_size(xsMachine *the)
{
	char path[FILES_PATH_MAX];
	int64_t size;
	resolve(the, &xsArg(0), path);
	size = filesSize(path);
	if (size >= 0)
		xsmcSetNumber(xsResult, (xsNumberValue)size);
	else if (size != filesNone)
		failed(the, path);
}

/* xs_dormouse_file_read(name, offset, buffer): fills the buffer or throws */
void xs_dormouse_file_read(xsMachine *the)
{
	char path[FILES_PATH_MAX];
	void *bytes;
	xsUnsignedValue size;
	uint64_t offset = (uint64_t)xsmcToNumber(xsArg(1));
	resolve(the, &xsArg(0), path);
	xsmcGetBufferWritable(xsArg(2), &bytes, &size);
	if (filesRead(path, offset, bytes, size))
		failed(the, path);
}

/* xs_dormouse_file_write(name, offset, buffer): into an existing file */
void xs_dormouse_file_write(xsMachine *the)
{
	char path[FILES_PATH_MAX];
	void *bytes;
	xsUnsignedValue size;
	uint64_t offset = (uint64_t)xsmcToNumber(xsArg(1));
	resolve(the, &xsArg(0), path);
	xsmcGetBufferReadable(xsArg(2), &bytes, &size);
	if (filesWrite(path, offset, bytes, size))
		failed(the, path);
}

/* xs_dormouse_file_replace(name, buffer): the file then holds the old bytes or the new ones, whenever power fails */
void xs_dormouse_file_replace(xsMachine *the)
{
	char path[FILES_PATH_MAX];
	void *bytes;
	xsUnsignedValue size;
	resolve(the, &xsArg(0), path);
	xsmcGetBufferReadable(xsArg(1), &bytes, &size);
	if (filesReplace(path, bytes, size))
		failed(the, path);
}

/* xs_dormouse_file_remove(name): also when there is none */
void xs_dormouse_file_remove(xsMachine *the)
{
	char path[FILES_PATH_MAX];
	resolve(the, &xsArg(0), path);
	if (filesRemove(path))
		failed(the, path);
}

/* Names one behind the other, each with its 0: XS may not be called, and so may not throw, while a folder is open. */
typedef struct {
	char *names;
	size_t size;
	int isFull;
} Listed;

static void take(void *to, const char *name)
{
	Listed *listed = to;
	size_t size = strlen(name) + 1;
	char *names = listed->isFull ? NULL : realloc(listed->names, listed->size + size);
	if (!names) {
		listed->isFull = 1;
		return;
	}
	memcpy(names + listed->size, name, size);
	listed->names = names;
	listed->size += size;
}

/* xs_dormouse_file_list(folder): an array of names; empty when there is no such folder */
void xs_dormouse_file_list(xsMachine *the)
{
	char path[FILES_PATH_MAX];
	Listed listed = { NULL, 0, 0 };
	int result;
	xsmcVars(1);
	xsResult = xsNewArray(0);
	resolve(the, &xsArg(0), path);
	result = filesList(path, take, &listed);
	xsTry {
		int count = 0;
		if (result)
			failed(the, path);
		if (listed.isFull)
			xsUnknownError("no memory");
		for (size_t at = 0; at < listed.size; at += strlen(listed.names + at) + 1) {
			xsmcSetString(xsVar(0), listed.names + at);
			xsmcSetIndex(xsResult, count++, xsVar(0));
		}
	}
	xsCatch {
		free(listed.names);
		xsThrow(xsException);
	}
	free(listed.names);
}
