/* The table of sockets, and the thread that waits for them. */
#include "sockets-state.h"

#include <string.h>

#define WAIT_STACK_BYTES 4096
/* After poll() failed for no reason of ours. */
#define PAUSE_MS 100
/* A system without a wake-up has the thread look up so often (NET_POLL_MS). */
#ifdef NET_POLL_MS
#define NET_PATIENCE_MS NET_POLL_MS
#else
#define NET_PATIENCE_MS -1
#endif

/* The index of a socket in the table, below the count of sockets so far: an id is not used twice. */
#define INDEX_BITS 4
#define COUNT_MAX 0x7fffff

NetLock socketsLock = NET_LOCK;
static NetCondition hasClosed = NET_CONDITION;
static Socket table[SOCKETS_MAX];
static int32_t count = 0;
static int wakeFile = -1;
static int hasBegun = 0;
static int (*notifyProgram)(void) = NULL;
/* The program was told that something happened, and has not yet found that there is no more. */
static int isTold = 0;
/* Telling it failed; the thread tries again. */
static int isUntold = 0;
/* The thread waits for less than the program wants. */
static int mustWake = 0;
static int isTaking = 0;
static int why = 0;

int32_t socketRefused(void)
{
	why = errno;
	return socketsRefused;
}

int socketsWhy(void)
{
	return why;
}

Socket *socketFor(int32_t id, SocketKind kind)
{
	int index = id & ((1 << INDEX_BITS) - 1);
	Socket *socket = index < SOCKETS_MAX ? &table[index] : NULL;
	if ((id <= 0) || !socket || (socket->id != id) || socket->isClosing)
		return NULL;
	return (kind == noSocket) || (socket->kind == kind) ? socket : NULL;
}

Socket *socketAdd(SocketKind kind)
{
	for (int index = 0; index < SOCKETS_MAX; index++) {
		Socket *socket = &table[index];
		if (socket->kind != noSocket)
			continue;
		memset(socket, 0, sizeof(*socket));
		count = (count % COUNT_MAX) + 1;
		socket->id = (count << INDEX_BITS) | index;
		socket->kind = kind;
		socket->files[0] = socket->files[1] = -1;
		return socket;
	}
	errno = EMFILE;
	return NULL;
}

static void wakeUp(void)
{
#ifndef NET_POLL_MS
	netWake(wakeFile);
#endif
}

void socketWants(Socket *socket, int what)
{
	what &= ~(socket->wants | socket->ready);
	if (!what || socket->hasEnded)
		return;
	socket->wants |= (uint8_t)what;
	if (isTaking)
		mustWake = 1;
	else
		wakeUp();
}

void socketReadsOn(Socket *socket)
{
	socket->ready &= (uint8_t)~socketReadable;
	socketWants(socket, socketReadable);
}

void socketTell(Socket *socket, int what)
{
	if (socket->hasEnded)
		return;
	if (what & socketClosed) {
		socket->hasEnded = 1;
		socket->wants = 0;
	}
	socket->ready |= (uint8_t)what;
}

void socketsNotify(void)
{
	int isNew;
	netLock(&socketsLock);
	isNew = !isTold;
	isTold = 1;
	isUntold = 0;
	netUnlock(&socketsLock);
	if (!isNew || !(*notifyProgram)())
		return;
	netLock(&socketsLock);
	isTold = 0;
	isUntold = 1;
	wakeUp();
	netUnlock(&socketsLock);
}

/* What poll() said of one file. Under the lock. */
static void examine(Socket *socket, int file, int events)
{
	uint8_t peeked[64];
	ssize_t size;
	if (socket->kind == datagramSocket) {
#ifdef NET_HEARS_ERRORS
		struct sockaddr_storage to;
		for (int errors = 0; (events & POLLERR) && (errors < 16) && netNextError(file, &to); errors++) {
			addressToText(&to, &socket->unreachable);
			socket->ready |= socketUnreachable;
		}
#endif
		if (events & POLLIN) {
			socket->wants &= (uint8_t)~socketReadable;
			socket->ready |= socketReadable;
		}
		return;
	}
	if (socket->kind == listeningSocket) {
		socket->wants = 0;
		socket->ready |= socketReadable;
		return;
	}
	if (socket->isConnecting) {
		int failure = 0;
		socklen_t length = sizeof(failure);
		if (netGetOption(file, SOL_SOCKET, SO_ERROR, &failure, &length) || failure) {
			socketTell(socket, socketClosed);
			return;
		}
		socket->isConnecting = 0;
		socket->wants = socketReadable;
		socket->ready |= socketWritable;
		return;
	}
	if (events & POLLOUT) {
		socket->wants &= (uint8_t)~socketWritable;
		socket->ready |= socketWritable;
	}
	if (!(socket->wants & socketReadable) || !(events & (POLLIN | POLLERR | POLLHUP)))
		return;
	size = netReceive(file, peeked, sizeof(peeked), MSG_PEEK | MSG_DONTWAIT);
	if (size > 0) {
		socket->wants &= (uint8_t)~socketReadable;
		socket->waiting = (uint8_t)size;
		socket->ready |= socketReadable;
	} else if ((size == 0) || ((errno != EAGAIN) && (errno != EWOULDBLOCK)))
		socketTell(socket, socketClosed);
}

static void closeAll(void)
{
	for (int index = 0; index < SOCKETS_MAX; index++) {
		Socket *socket = &table[index];
		if (!socket->isClosing)
			continue;
		for (int which = 0; which < 2; which++) {
			if (socket->files[which] >= 0)
				netClose(socket->files[which]);
		}
		memset(socket, 0, sizeof(*socket));
		netSignal(&hasClosed);
	}
}

/* @returns how many files to wait for; who[] says whose they are */
static int gather(NetPoll *polls, int32_t *who)
{
	int size = 0;
#ifndef NET_POLL_MS
	polls[size] = (NetPoll){ .fd = wakeFile, .events = POLLIN };
	who[size++] = 0;
#endif
	for (int index = 0; index < SOCKETS_MAX; index++) {
		Socket *socket = &table[index];
		short events = 0;
		if (socket->wants & socketReadable)
			events |= POLLIN;
		if (socket->wants & socketWritable)
			events |= POLLOUT;
		for (int which = 0; events && (which < 2); which++) {
			if (socket->files[which] < 0)
				continue;
			polls[size] = (NetPoll){ .fd = socket->files[which], .events = events };
			who[size++] = socket->id;
		}
	}
	return size;
}

static void *waitForAll(void *nothing)
{
	static NetPoll polls[2 * SOCKETS_MAX + 1];
	static int32_t who[2 * SOCKETS_MAX + 1];
	(void)nothing;
	for (;;) {
		int size, mustTell;
		netLock(&socketsLock);
		closeAll();
		size = gather(polls, who);
		mustTell = isUntold;
		netUnlock(&socketsLock);
		if (netPoll(polls, (unsigned)size, mustTell ? PAUSE_MS : NET_PATIENCE_MS) < 0) {
			netPause(PAUSE_MS);
			continue;
		}
#ifndef NET_POLL_MS
		if (polls[0].revents)
			netWoken(wakeFile);
#endif
		netLock(&socketsLock);
		for (int index = 0; index < size; index++) {
			Socket *socket = polls[index].revents ? socketFor(who[index], noSocket) : NULL;
			if (!socket)
				continue;
			examine(socket, polls[index].fd, polls[index].revents);
			mustTell |= socket->ready;
		}
		netUnlock(&socketsLock);
		if (mustTell)
			socketsNotify();
	}
	return NULL;
}

int socketsBegin(int (*notify)(void))
{
	notifyProgram = notify;
	if (hasBegun)
		return 0;
	wakeFile = netBegin();
	if ((wakeFile < 0) || netThread(waitForAll, WAIT_STACK_BYTES))
		return -1;
	hasBegun = 1;
	return 0;
}

int socketsTake(int32_t *id, int *what)
{
	int found = 0;
	netLock(&socketsLock);
	isTaking = 1;
	for (int index = 0; !found && (index < SOCKETS_MAX); index++) {
		Socket *socket = &table[index];
		if (!socket->ready || socket->isClosing)
			continue;
		*id = socket->id;
		*what = socket->ready;
		socket->ready = 0;
		found = 1;
	}
	if (!found) {
		*id = namesTake();
		*what = nameResolved;
		found = *id != 0;
	}
	if (!found) {
		isTold = isTaking = 0;
		if (mustWake)
			wakeUp();
		mustWake = 0;
	}
	netUnlock(&socketsLock);
	return found;
}

int socketClose(int32_t id)
{
	Socket *socket;
	netLock(&socketsLock);
	socket = socketFor(id, noSocket);
	if (socket) {
		socket->isClosing = 1;
		socket->ready = socket->wants = 0;
		wakeUp();
		/* lwIP forbids to close what another thread waits for, so that thread does it. */
		while (socket->id == id)
			netWait(&hasClosed, &socketsLock);
	}
	netUnlock(&socketsLock);
	return socket ? 0 : socketsUnknown;
}
