/* The two threads of the core on Zephyr, with stacks of their own: nothing here is allocated. Empty elsewhere. */
#ifdef __ZEPHYR__
#include "sockets-platform.h"

#define NET_THREADS 2
/* What the core asks for is lwIP's measure, whose resolver is deeper. */
#define NET_STACK_BYTES 3072
/* Below the machine's own (3), so that a turn is not interrupted for datagrams that it will read later anyway. */
#define NET_PRIORITY K_PRIO_PREEMPT(4)

static K_THREAD_STACK_ARRAY_DEFINE(netStacks, NET_THREADS, NET_STACK_BYTES);
static struct k_thread netThreads[NET_THREADS];
static uint8_t hasBegun[NET_THREADS];

static void runThread(void *run, void *second, void *third)
{
	ARG_UNUSED(second);
	ARG_UNUSED(third);
	((void *(*)(void *))run)(NULL);
}

/* Called by the program's thread alone, so no two of these run at once. */
int netThread(void *(*run)(void *), size_t stackBytes)
{
	ARG_UNUSED(stackBytes);
	for (int index = 0; index < NET_THREADS; index++) {
		if (hasBegun[index] && k_thread_join(&netThreads[index], K_NO_WAIT))
			continue; /* still runs */
		hasBegun[index] = 1;
		k_thread_create(&netThreads[index], netStacks[index], K_THREAD_STACK_SIZEOF(netStacks[index]), runThread,
			(void *)run, NULL, NULL, NET_PRIORITY, 0, K_NO_WAIT);
		return 0;
	}
	return -1;
}
#endif
