/* desktop-files.h on Windows. README.md of this folder says what of it has run, and where. */
#ifdef _WIN32
#include "desktop-files.h"

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static DWORD why = 0;

static int failed(void)
{
	why = GetLastError();
	return filesFailed;
}

/* UTF-8 as Windows spells paths. @returns 0, or filesFailed */
static int wide(const char *path, wchar_t *into)
{
	if (MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, into, FILES_PATH_MAX))
		return 0;
	return failed();
}

static HANDLE openFile(const char *path, DWORD access, DWORD how)
{
	wchar_t name[FILES_PATH_MAX];
	HANDLE file;
	if (wide(path, name))
		return INVALID_HANDLE_VALUE;
	/* Others may look at it meanwhile: the boot loader's power supply, people, tests. */
	file = CreateFileW(name, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, how,
		FILE_ATTRIBUTE_NORMAL, NULL);
	if (file == INVALID_HANDLE_VALUE)
		failed();
	return file;
}

/* A variable of the environment in UTF-8. @returns its bytes, or 0: not set, or too long */
static int variable(const wchar_t *name, char *into, size_t size)
{
	wchar_t text[FILES_PATH_MAX];
	DWORD found = GetEnvironmentVariableW(name, text, FILES_PATH_MAX);
	if (!found || (found >= FILES_PATH_MAX))
		return 0;
	return WideCharToMultiByte(CP_UTF8, 0, text, -1, into, (int)size, NULL, NULL);
}

int filesFolder(char *path, size_t size, const char *signature)
{
	size_t length;
	if (variable(L"DORMOUSE_STATE", path, size))
		return 0;
	if (!variable(L"LOCALAPPDATA", path, size))
		return filesFailed;
	length = strlen(path);
	return snprintf(path + length, size - length, "/%s", signature) >= (int)(size - length) ? filesFailed : 0;
}

int64_t filesSize(const char *path)
{
	wchar_t name[FILES_PATH_MAX];
	WIN32_FILE_ATTRIBUTE_DATA found;
	if (wide(path, name))
		return filesFailed;
	if (GetFileAttributesExW(name, GetFileExInfoStandard, &found))
		return ((int64_t)found.nFileSizeHigh << 32) | found.nFileSizeLow;
	failed();
	return (why == ERROR_FILE_NOT_FOUND) || (why == ERROR_PATH_NOT_FOUND) ? filesNone : filesFailed;
}

static OVERLAPPED at(uint64_t offset)
{
	OVERLAPPED place;
	memset(&place, 0, sizeof(place));
	place.Offset = (DWORD)offset;
	place.OffsetHigh = (DWORD)(offset >> 32);
	return place;
}

int filesRead(const char *path, uint64_t offset, void *into, size_t size)
{
	HANDLE file = openFile(path, GENERIC_READ, OPEN_EXISTING);
	OVERLAPPED place = at(offset);
	DWORD count = 0;
	int result = 0;
	if (file == INVALID_HANDLE_VALUE)
		return filesFailed;
	if (size && !ReadFile(file, into, (DWORD)size, &count, &place))
		result = failed();
	else if (count != size) {
		why = ERROR_HANDLE_EOF;
		result = filesFailed;
	}
	CloseHandle(file);
	return result;
}

static int writeAll(HANDLE file, uint64_t offset, const void *bytes, size_t size)
{
	OVERLAPPED place = at(offset);
	DWORD count = 0;
	if (size && !WriteFile(file, bytes, (DWORD)size, &count, &place))
		return failed();
	if (count != size) {
		why = ERROR_DISK_FULL;
		return filesFailed;
	}
	return 0;
}

int filesWrite(const char *path, uint64_t offset, const void *bytes, size_t size)
{
	HANDLE file = openFile(path, GENERIC_WRITE, OPEN_EXISTING);
	int result;
	if (file == INVALID_HANDLE_VALUE)
		return filesFailed;
	result = writeAll(file, offset, bytes, size);
	CloseHandle(file);
	return result;
}

static void makeParents(const char *path)
{
	wchar_t name[FILES_PATH_MAX];
	if (wide(path, name))
		return;
	for (wchar_t *end = name + 1; *end; end++) {
		wchar_t slash = *end;
		if ((slash != L'/') && (slash != L'\\'))
			continue;
		*end = 0;
		CreateDirectoryW(name, NULL);
		*end = slash;
	}
}

/* The draft is on the disk before it takes the old file's place, and the change of places is written through. */
int filesReplace(const char *path, const void *bytes, size_t size)
{
	char draft[FILES_PATH_MAX + sizeof(FILES_DRAFT)];
	wchar_t from[FILES_PATH_MAX], to[FILES_PATH_MAX];
	HANDLE file;
	int result;
	snprintf(draft, sizeof(draft), "%s" FILES_DRAFT, path);
	makeParents(draft);
	if (wide(draft, from) || wide(path, to))
		return filesFailed;
	file = openFile(draft, GENERIC_WRITE, CREATE_ALWAYS);
	if (file == INVALID_HANDLE_VALUE)
		return filesFailed;
	result = writeAll(file, 0, bytes, size);
	if (!result && !FlushFileBuffers(file))
		result = failed();
	CloseHandle(file);
	if (!result && !MoveFileExW(from, to, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
		result = failed();
	if (result)
		DeleteFileW(from);
	return result;
}

int filesRemove(const char *path)
{
	wchar_t name[FILES_PATH_MAX];
	if (wide(path, name))
		return filesFailed;
	if (DeleteFileW(name))
		return 0;
	failed();
	return (why == ERROR_FILE_NOT_FOUND) || (why == ERROR_PATH_NOT_FOUND) ? 0 : filesFailed;
}

int filesList(const char *path, void (*each)(void *to, const char *name), void *to)
{
	wchar_t pattern[FILES_PATH_MAX];
	char name[FILES_PATH_MAX];
	WIN32_FIND_DATAW entry;
	HANDLE folder;
	int result = 0;
	if (snprintf(name, sizeof(name), "%s/*", path) >= (int)sizeof(name)) {
		why = ERROR_FILENAME_EXCED_RANGE;
		return filesFailed;
	}
	if (wide(name, pattern))
		return filesFailed;
	folder = FindFirstFileW(pattern, &entry);
	if (folder == INVALID_HANDLE_VALUE) {
		failed();
		return (why == ERROR_FILE_NOT_FOUND) || (why == ERROR_PATH_NOT_FOUND) ? 0 : filesFailed;
	}
	do {
		if (!WideCharToMultiByte(CP_UTF8, 0, entry.cFileName, -1, name, sizeof(name), NULL, NULL))
			result = failed();
		else if (!strchr(name, '.')) /* ".", "..", and what a power failure left half written */
			(*each)(to, name);
	} while (!result && FindNextFileW(folder, &entry));
	if (!result && (GetLastError() != ERROR_NO_MORE_FILES))
		result = failed();
	FindClose(folder);
	return result;
}

void filesWhy(char *words, size_t size)
{
	DWORD length = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, why, 0, words,
		(DWORD)size, NULL);
	while (length && ((words[length - 1] == '\n') || (words[length - 1] == '\r')))
		words[--length] = 0;
	if (!length)
		snprintf(words, size, "error %lu of Windows", (unsigned long)why);
}
#endif
