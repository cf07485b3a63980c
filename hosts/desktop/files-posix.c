/* desktop-files.h on Linux and macOS: pwrite rather than a mapping, so that a full disk is an error, not a signal. */
#define _GNU_SOURCE
#include "desktop-files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Read to its end too early. */
static int endsTooEarly = 0;

/* XDG Base Directory Specification §3. */
int filesFolder(char *path, size_t size, const char *signature)
{
	const char *state = getenv("DORMOUSE_STATE");
	const char *data = getenv("XDG_DATA_HOME");
	const char *home = getenv("HOME");
	int length;
	if (state && state[0])
		length = snprintf(path, size, "%s", state);
	else if (data && data[0] == '/')
		length = snprintf(path, size, "%s/%s", data, signature);
	else
		length = snprintf(path, size, "%s/.local/share/%s", home ? home : "", signature);
	return length < 0 || (size_t)length >= size ? filesFailed : 0;
}

int64_t filesSize(const char *path)
{
	struct stat status;
	endsTooEarly = 0;
	if (stat(path, &status) == 0)
		return status.st_size;
	return errno == ENOENT ? filesNone : filesFailed;
}

int filesRead(const char *path, uint64_t offset, void *into, size_t size)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	endsTooEarly = 0;
	if (file < 0)
		return filesFailed;
	ssize_t count = pread(file, into, size, (off_t)offset);
	int why = errno;
	close(file);
	errno = why;
	endsTooEarly = count >= 0 && (size_t)count < size;
	return count == (ssize_t)size ? 0 : filesFailed;
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

int filesWrite(const char *path, uint64_t offset, const void *bytes, size_t size)
{
	int file = open(path, O_WRONLY | O_CLOEXEC);
	endsTooEarly = 0;
	if (file < 0)
		return filesFailed;
	int result = writeAll(file, bytes, size, (off_t)offset);
	int why = errno;
	close(file);
	errno = why;
	return result;
}

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

int filesReplace(const char *path, const void *bytes, size_t size)
{
	char draft[FILES_PATH_MAX + sizeof(FILES_DRAFT)];
	endsTooEarly = 0;
	snprintf(draft, sizeof(draft), "%s" FILES_DRAFT, path);
	makeParents(draft);
	int file = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (file < 0)
		return filesFailed;
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
	}
	return result;
}

int filesRemove(const char *path)
{
	endsTooEarly = 0;
	return unlink(path) < 0 && errno != ENOENT ? filesFailed : 0;
}

int filesList(const char *path, void (*each)(void *to, const char *name), void *to)
{
	DIR *folder = opendir(path);
	endsTooEarly = 0;
	if (!folder)
		return errno == ENOENT ? 0 : filesFailed;
	for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
		if (!strchr(entry->d_name, '.')) /* ".", "..", and what a power failure left half written */
			(*each)(to, entry->d_name);
	}
	closedir(folder);
	return 0;
}

void filesWhy(char *words, size_t size)
{
	snprintf(words, size, "%s", endsTooEarly ? "ends too early" : strerror(errno));
}
