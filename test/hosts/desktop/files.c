/* desktop-files.h over the files of this system: a line for each case; the first one that fails ends it with status 1. */
#include "desktop-files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char folder[FILES_PATH_MAX];

static void expect(int holds, const char *what)
{
	char words[128] = "";
	if (holds)
		return;
	filesWhy(words, sizeof(words));
	printf("FAILED %s (%s)\n", what, words);
	exit(1);
}

static const char *in(const char *name)
{
	static char path[2 * FILES_PATH_MAX];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static int count = 0;
static char seen[256];

static void take(void *to, const char *name)
{
	expect(to == seen, "the listener's own word");
	count++;
	strncat(seen, name, sizeof(seen) - strlen(seen) - 1);
}

static void keeps(void)
{
	uint8_t bytes[8] = { 0 };
	char words[128];
	expect(filesSize(in("new/deep/one")) == filesNone, "no such file");
	expect(filesRead(in("new/deep/one"), 0, bytes, 1) == filesFailed, "read of no file");
	expect(filesWrite(in("new/deep/one"), 0, bytes, 1) == filesFailed, "write into no file");
	expect(filesReplace(in("new/deep/one"), "abcdef", 6) == 0, "make it, and its folders");
	expect(filesSize(in("new/deep/one")) == 6, "its size");
	expect(filesRead(in("new/deep/one"), 2, bytes, 4) == 0 && !memcmp(bytes, "cdef", 4), "from an offset");
	expect(filesRead(in("new/deep/one"), 4, bytes, 4) == filesFailed, "over its end");
	filesWhy(words, sizeof(words));
	expect(words[0] != 0, "why, in words");
	expect(filesWrite(in("new/deep/one"), 1, "XY", 2) == 0, "write into it");
	expect(filesRead(in("new/deep/one"), 0, bytes, 6) == 0 && !memcmp(bytes, "aXYdef", 6), "what was written");
	expect(filesReplace(in("new/deep/one"), "z", 1) == 0 && filesSize(in("new/deep/one")) == 1, "replace it");
	expect(filesReplace(in("new/deep/one"), "", 0) == 0 && filesSize(in("new/deep/one")) == 0, "by nothing");
	puts("ok files keep their bytes");
}

static void lists(void)
{
	expect(filesList(in("nowhere"), take, seen) == 0 && count == 0, "no such folder");
	expect(filesReplace(in("list/b-\xc3\xbc"), "1", 1) == 0, "a name with an umlaut");
	expect(filesReplace(in("list/half" FILES_DRAFT), "1", 1) == 0, "a draft");
	expect(filesList(in("list"), take, seen) == 0, "list");
	expect(count == 1 && !strcmp(seen, "b-\xc3\xbc"), "one name, and no draft");
	puts("ok names");
}

static void removes(void)
{
	expect(filesRemove(in("new/deep/one")) == 0 && filesSize(in("new/deep/one")) == filesNone, "remove");
	expect(filesRemove(in("new/deep/one")) == 0 && filesRemove(in("nowhere/one")) == 0, "what is not there");
	expect(filesReplace(in("list"), "1", 1) == filesFailed, "in the place of a folder");
	expect(filesList(in("list"), take, seen) == 0 && count == 2, "the folder is as it was");
	puts("ok removed");
}

int main(void)
{
	char small[4];
	expect(filesFolder(folder, sizeof(folder), "x") == 0, "the folder");
	expect(filesFolder(small, sizeof(small), "x") == filesFailed, "no room for it");
	keeps();
	lists();
	removes();
	return 0;
}
