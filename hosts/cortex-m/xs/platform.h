/*
 * What XS must know about this board: 32-bit, little-endian, newlib, one thread. XS includes this file in the place
 * of its own platform headers (-DXSPLATFORM). The engine's shim of the simulator (hosts/simulator/engine/shim) is built
 * with it too.
 */
#ifndef DORMOUSE_PLATFORM_H
#define DORMOUSE_PLATFORM_H

#undef mxLittleEndian
#define mxLittleEndian 1

#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>

#define mxExport extern
#define mxImport extern
#define XS_FUNCTION_NORETURN __attribute__((noreturn))

typedef struct timeval c_timeval;
#define c_timezone timezone
extern int shim_gettimeofday(struct timeval *now, void *zone);
#define c_gettimeofday shim_gettimeofday
extern int shim_rand(void);
#define c_rand shim_rand
#define c_srand(SEED) ((void)(SEED))
#define C_RAND_MAX 0x7fffffff

extern int shim_printf(const char *format, ...);
extern int shim_vprintf(const char *format, va_list arguments);
#define c_printf shim_printf
#define c_vprintf shim_vprintf

/* Counted, so that the figures say what XS takes beside slots and chunks. */
extern void *shim_malloc(size_t size);
extern void *shim_calloc(size_t count, size_t size);
extern void *shim_realloc(void *block, size_t size);
extern void shim_free(void *block);
#define c_malloc shim_malloc
#define c_calloc shim_calloc
#define c_realloc shim_realloc
#define c_free shim_free
#define c_malloc_uint32 shim_malloc
#define c_free_uint32 shim_free

#define c_exit(STATUS) __builtin_trap()
#define c_abort() __builtin_trap()
#define c_signal(NUMBER, HANDLER)

#define mxUseDefaultBuildKeys 1
#define mxUseDefaultSharedChunks 1
#define mxUseDefaultCStackLimit 0

struct Arena;
#define mxMachinePlatform \
	struct Arena *arena; \
	int promiseJobs; \
	void *host; \
	void *waiterCondition; \
	void *waiterData; \
	void *waiterLink;

#endif
