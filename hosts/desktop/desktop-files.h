/*
 * Files of the simulated device, as the systems of computers have them: files-posix.c, files-win.c. Nothing of XS.
 * Paths are UTF-8 with "/" between their parts. Every call opens and closes its file, so that a crash or a restart
 * never leaves one half open. What fails answers below zero; filesWhy() then says why, in words.
 */
#ifndef DESKTOP_FILES_H
#define DESKTOP_FILES_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of a path, its ending 0 included. */
#define FILES_PATH_MAX 1024
/* What a file is called while it is written: nothing with a "." is ever listed. */
#define FILES_DRAFT ".new"

enum { filesFailed = -1, filesNone = -2 };

/*
 * Where all lies: $DORMOUSE_STATE, else the application's folder, of that signature, among those of this user.
 * @returns 0, or filesFailed: too long
 */
int filesFolder(char *path, size_t size, const char *signature);
/* @returns bytes, filesNone, or filesFailed */
int64_t filesSize(const char *path);
/* Fills all of `into`, or fails. @returns 0 */
int filesRead(const char *path, uint64_t offset, void *into, size_t size);
/* Into an existing file. @returns 0 when all is written */
int filesWrite(const char *path, uint64_t offset, const void *bytes, size_t size);
/* Makes folders, too. The file then holds the old bytes or the new ones, whenever power fails. @returns 0 */
int filesReplace(const char *path, const void *bytes, size_t size);
/* Also when there is none. @returns 0 */
int filesRemove(const char *path);
/* Calls `each` for the files without a "." in their names. @returns 0 also for no such folder */
int filesList(const char *path, void (*each)(void *to, const char *name), void *to);
/* Why the last call failed. */
void filesWhy(char *words, size_t size);

#endif
