/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * To be preloaded into the program under test (ld.so(8), LD_PRELOAD): leaves a
 * file in the directory HELLO_HTTP_RECORDS, of all that the program's clients
 * sent to it and were sent by it, in its order and with the time, for
 * tests/strict to read.  What is loaded with it in any other program does
 * nothing.
 *
 * A client's socket is what recv() was called with.  The file is mapped, so
 * that the program has no descriptor more than without, and what it did before
 * it was killed is there.  An event is a struct event and its octets, up to a
 * multiple of 8; large content, which sendfile() sends, is counted, not kept.
 */
/* What it replaces may not have a body already. */
#undef _FORTIFY_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define RECORD_BYTES (1ul << 30) /* sparse */
#define FDS_MAX 65536

enum kind { RECEIVED, SENT, SHUT, CLOSED };

struct event {
	uint32_t kind;
	int32_t fd;
	uint32_t kept;	  /* octets that follow */
	uint32_t error;	  /* errno of the call, or 0 */
	uint64_t offered; /* octets to be sent */
	uint64_t bytes;	  /* that were sent or received; 0 is the end */
	uint64_t time;	  /* now, in nanoseconds */
	uint64_t woken;	  /* when epoll_wait() had returned, in this thread */
};

struct record {
	uint64_t bytes; /* of events, which follow */
	char events[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct record *record;
static bool is_clients[FDS_MAX];
static __thread uint64_t woken;

/* What the call by this name would have been. */
#define REAL(name) REAL_BY(name, #name)
#define REAL_BY(name, symbol) ((__typeof__(name) *)dlsym(RTLD_NEXT, symbol))

static uint64_t now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* A test must not pass because nothing was recorded. */
static void give_up(const char *what)
{
	fprintf(stderr, "recorder: Failed to %s: %s\n", what, strerror(errno));
	abort();
}

/* Before main(), so that later no call is seen but the program's own. */
__attribute__((constructor)) static void open_record(void)
{
	char path[4096];
	void *memory;
	int fd;

	if (strcmp(program_invocation_short_name, "hello-http") != 0)
		return;
	snprintf(path, sizeof(path), "%s/%d.XXXXXX",
		 getenv("HELLO_HTTP_RECORDS"), (int)getpid());
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0 || ftruncate(fd, RECORD_BYTES) < 0)
		give_up(path);
	memory = mmap(NULL, RECORD_BYTES, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_NORESERVE, fd, 0);
	if (memory == MAP_FAILED)
		give_up("map");
	REAL(close)(fd);
	record = memory;
}

static void add_event(struct event event, const void *octets)
{
	size_t room = (event.kept + 7u) / 8 * 8;
	int error = errno;
	char *at;

	if (!record || event.fd < 0 || event.fd >= FDS_MAX)
		return;
	pthread_mutex_lock(&lock);
	if (event.kind == RECEIVED)
		is_clients[event.fd] = true;
	if (is_clients[event.fd]) {
		at = record->events + record->bytes;
		if (at + sizeof(event) + room > (char *)record + RECORD_BYTES)
			give_up("record more");
		event.time = now(CLOCK_REALTIME);
		event.woken = woken;
		memcpy(at, &event, sizeof(event));
		if (event.kept > 0)
			memcpy(at + sizeof(event), octets, event.kept);
		record->bytes += sizeof(event) + room;
	}
	if (event.kind == CLOSED)
		is_clients[event.fd] = false;
	pthread_mutex_unlock(&lock);
	errno = error;
}

/* The system names their parameters with underscores, which are its own.
 * NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */

int epoll_wait(int fd, struct epoll_event *events, int n, int timeout)
{
	int r = REAL(epoll_wait)(fd, events, n, timeout);
	int error = errno;

	/* The coarse clock never runs ahead of another. */
	woken = now(CLOCK_REALTIME_COARSE);
	errno = error;
	return r;
}

ssize_t recv(int fd, void *octets, size_t bytes, int flags)
{
	ssize_t n = REAL(recv)(fd, octets, bytes, flags);

	if (n >= 0)
		add_event((struct event){.kind = RECEIVED,
					 .fd = fd,
					 .bytes = (uint64_t)n,
					 .kept = (uint32_t)n},
			  octets);
	return n;
}

/* octets are NULL where none are kept. */
static void add_sent(int fd, ssize_t n, const void *octets, size_t bytes)
{
	size_t sent = n < 0 ? 0 : (size_t)n;

	add_event((struct event){.kind = SENT,
				 .fd = fd,
				 .offered = bytes,
				 .bytes = sent,
				 .kept = octets ? (uint32_t)sent : 0,
				 .error = n < 0 ? (uint32_t)errno : 0},
		  octets);
}

ssize_t send(int fd, const void *octets, size_t bytes, int flags)
{
	ssize_t n = REAL(send)(fd, octets, bytes, flags);

	add_sent(fd, n, octets, bytes);
	return n;
}

ssize_t sendfile(int fd, int from, off_t *offset, size_t bytes)
{
	/* off_t has 64 bits on every machine: the Makefile sees to that. */
	ssize_t n = REAL_BY(sendfile, "sendfile64")(fd, from, offset, bytes);

	add_sent(fd, n, NULL, bytes);
	return n;
}

int shutdown(int fd, int how)
{
	add_event((struct event){.kind = SHUT, .fd = fd}, NULL);
	return REAL(shutdown)(fd, how);
}

int close(int fd)
{
	add_event((struct event){.kind = CLOSED, .fd = fd}, NULL);
	return REAL(close)(fd);
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
