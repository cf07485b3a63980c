/*
 * Files of the simulated device: flash partitions and key-value domains live in them. The TypeScript side is
 * desktop-files.ts. Every call opens and closes its file, so that a crash or a restart never leaves one half open,
 * and uses pwrite rather than a mapping, so that a full disk is an error and not a signal.
 */
#include "xsmc.h"
#include "mc.xs.h"
#include "mc.defines.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef PIU_DOT_SIGNATURE
	#define PIU_DOT_SIGNATURE "dormouse"
#endif

static void makeParents(char *path)
{
	for (char *at = path + 1; *at; at++) {
		if (*at != '/')
			continue;
		*at = 0;
		mkdir(path, 0700);
		*at = '/';
	}
}

/*
 * Where `name` lies: under $DORMOUSE_STATE, else under the user's data folder (XDG Base Directory Specification §3) in
 * a folder with the application's signature. Names come from desktop-files.ts, which lets no path out of the folder.
 */
static void resolve(xsMachine *the, xsSlot *slot, char *path, size_t size)
{
	char name[NAME_MAX * 2];
	const char *state = getenv("DORMOUSE_STATE");
	const char *data = getenv("XDG_DATA_HOME");
	const char *home = getenv("HOME");
	int length;
	fxToStringBuffer(the, slot, name, sizeof(name));
	if (name[0] == 0 || name[0] == '/' || strstr(name, ".."))
		xsUnknownError("bad file name");
	if (state && state[0])
		length = snprintf(path, size, "%s/%s", state, name);
	else if (data && data[0] == '/')
		length = snprintf(path, size, "%s/%s/%s", data, PIU_DOT_SIGNATURE, name);
	else
		length = snprintf(path, size, "%s/.local/share/%s/%s", home ? home : "", PIU_DOT_SIGNATURE, name);
	if (length < 0 || (size_t)length >= size)
		xsUnknownError("path too long");
}

static void failed(xsMachine *the, const char *path)
{
	xsUnknownError("%s: %s", path, strerror(errno));
}

/* All bytes or -1, as write(2) may stop early. */
static int writeAll(int file, const uint8_t *bytes, size_t size, off_t offset)
{
	while (size > 0) {
		ssize_t count = pwrite(file, bytes, size, offset);
		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return -1;
		bytes += count;
		size -= (size_t)count;
		offset += count;
	}
	return 0;
}

/* xs_dormouse_file_size(name): bytes, or undefined when there is no such file */
void xs_dormouse_file_size(xsMachine *the)
{
	char path[PATH_MAX];
	struct stat status;
	resolve(the, &xsArg(0), path, sizeof(path));
	if (stat(path, &status) == 0)
		xsmcSetInteger(xsResult, (xsIntegerValue)status.st_size);
	else if (errno != ENOENT)
		failed(the, path);
}

/* xs_dormouse_file_read(name, offset, buffer): fills the buffer or throws */
void xs_dormouse_file_read(xsMachine *the)
{
	char path[PATH_MAX];
	void *bytes;
	xsUnsignedValue size;
	off_t offset = (off_t)xsmcToNumber(xsArg(1));
	resolve(the, &xsArg(0), path, sizeof(path));
	int file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		failed(the, path);
	xsmcGetBufferWritable(xsArg(2), &bytes, &size);
	ssize_t count = pread(file, bytes, size, offset);
	close(file);
	if (count < 0)
		failed(the, path);
	if ((xsUnsignedValue)count != size)
		xsUnknownError("%s: ends too early", path);
}

/* xs_dormouse_file_write(name, offset, buffer): into an existing file */
void xs_dormouse_file_write(xsMachine *the)
{
	char path[PATH_MAX];
	void *bytes;
	xsUnsignedValue size;
	off_t offset = (off_t)xsmcToNumber(xsArg(1));
	resolve(the, &xsArg(0), path, sizeof(path));
	int file = open(path, O_WRONLY | O_CLOEXEC);
	if (file < 0)
		failed(the, path);
	xsmcGetBufferReadable(xsArg(2), &bytes, &size);
	int result = writeAll(file, bytes, size, offset);
	close(file);
	if (result < 0)
		failed(the, path);
}

/* xs_dormouse_file_replace(name, buffer): the file then holds the old bytes or the new ones, whenever power fails */
void xs_dormouse_file_replace(xsMachine *the)
{
	char path[PATH_MAX], draft[PATH_MAX + 8];
	void *bytes;
	xsUnsignedValue size;
	resolve(the, &xsArg(0), path, sizeof(path));
	makeParents(path);
	snprintf(draft, sizeof(draft), "%s.new", path);
	int file = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (file < 0)
		failed(the, draft);
	xsmcGetBufferReadable(xsArg(1), &bytes, &size);
	int result = writeAll(file, bytes, size, 0);
	if (result == 0)
		result = fsync(file);
	close(file);
	if (result == 0)
		result = rename(draft, path);
	if (result < 0) {
		int why = errno;
		unlink(draft);
		errno = why;
		failed(the, path);
	}
}

/* xs_dormouse_file_remove(name): also when there is none */
void xs_dormouse_file_remove(xsMachine *the)
{
	char path[PATH_MAX];
	resolve(the, &xsArg(0), path, sizeof(path));
	if (unlink(path) < 0 && errno != ENOENT)
		failed(the, path);
}

/* xs_dormouse_file_list(folder): an array of names; empty when there is no such folder */
void xs_dormouse_file_list(xsMachine *the)
{
	char path[PATH_MAX];
	xsmcVars(1);
	xsResult = xsNewArray(0);
	resolve(the, &xsArg(0), path, sizeof(path));
	DIR *folder = opendir(path);
	if (!folder) {
		if (errno != ENOENT)
			failed(the, path);
		return;
	}
	xsTry {
		int count = 0;
		for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
			if (strchr(entry->d_name, '.')) /* ".", "..", and what a power failure left half written */
				continue;
			xsmcSetString(xsVar(0), entry->d_name);
			xsmcSetIndex(xsResult, count++, xsVar(0));
		}
	}
	xsCatch {
		closedir(folder);
		xsThrow(xsException);
	}
	closedir(folder);
}
