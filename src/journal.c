/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * Between workers, which wait for nothing, and the journal, which takes its
 * time: sd_journal_sendv(3) blocks while the journal's socket is full, as it
 * is when journald is stopped or busy.  So a thread calls it that has nothing
 * else to do.
 *
 * There are two buffers.  Workers fill the one while the thread sends what is
 * in the other; then they change places.  So memory is bounded, nothing is
 * allocated for an entry, and no lock is held while an entry is sent.  Asleep,
 * the thread waits for a condition variable, without a timeout.
 */
#include "journal.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Where in the source an entry was made would say: here, every time. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "tunables.h"

/* As systemd.journal-fields(7) has it, sd_journal_sendv(3)'s destination. */
#define JOURNAL_SOCKET "/run/systemd/journal/socket"

struct buffer {
	char *octets;
	size_t used;
};

static struct {
	pthread_mutex_t mutex;
	pthread_cond_t news; /* something to send, or to end */
	struct buffer filled;
	struct buffer sent; /* the thread's own, while it runs */
	bool is_running, is_ending;
	int error; /* of an entry that could not be sent, not told yet */
	pthread_t thread;
} journal = {.mutex = PTHREAD_MUTEX_INITIALIZER,
	     .news = PTHREAD_COND_INITIALIZER};

bool journal_has(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char own[2 * 20 + 2];
	struct stat status;

	if (!stream || fstat(fd, &status) < 0)
		return false;
	snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)status.st_dev,
		 (uintmax_t)status.st_ino);
	return !strcmp(stream, own);
}

bool journal_is_reachable(void)
{
	/* sd_journal_sendv(3) would say that all is well. */
	return access(JOURNAL_SOCKET, W_OK) == 0;
}

/* --- The thread ---------------------------------------------------------- */

#define CONSTANT(text)                                                         \
	{                                                                      \
		.iov_base = (void *)(text), .iov_len = sizeof(text) - 1        \
	}

/* Returns what is behind the part. */
static char *take_part(char *at, struct iovec *ret_part)
{
	uint32_t bytes;

	memcpy(&bytes, at, sizeof(bytes));
	at += sizeof(bytes);
	*ret_part = (struct iovec){.iov_base = at, .iov_len = bytes};
	return at + bytes;
}

static int send_entry(const struct iovec *entry)
{
	/* What journald adds by itself to a line on standard output. */
	struct iovec fields[3 + JOURNAL_FIELDS_MAX] = {
		CONSTANT("SYSLOG_IDENTIFIER=hello-http"),
		CONSTANT("SYSLOG_FACILITY=3"), /* LOG_DAEMON */
		CONSTANT("PRIORITY=6"),	       /* LOG_INFO */
	};
	char *at = entry->iov_base, *end = at + entry->iov_len;
	int n = 3;

	while (at < end) {
		assert(n < 3 + JOURNAL_FIELDS_MAX);
		at = take_part(at, &fields[n++]);
	}
	return sd_journal_sendv(fields, n);
}

/* Returns 0, or the last error. */
static int send_all(struct buffer *buffer)
{
	char *at = buffer->octets, *end = at + buffer->used;
	struct iovec entry;
	int error = 0, r;

	while (at < end) {
		at = take_part(at, &entry);
		r = send_entry(&entry);
		if (r < 0)
			error = r;
	}
	buffer->used = 0;
	return error;
}

static void *run(void *argument)
{
	struct buffer filled;
	int r;

	pthread_mutex_lock(&journal.mutex);
	while (journal.filled.used > 0 || !journal.is_ending) {
		if (journal.filled.used == 0) {
			pthread_cond_wait(&journal.news, &journal.mutex);
			continue;
		}
		filled = journal.filled;
		journal.filled = journal.sent;
		journal.sent = filled;
		pthread_mutex_unlock(&journal.mutex);
		r = send_all(&journal.sent);
		pthread_mutex_lock(&journal.mutex);
		if (r < 0)
			journal.error = r;
	}
	pthread_mutex_unlock(&journal.mutex);
	return argument;
}

/* --- Called by others ---------------------------------------------------- */

static void free_buffers(void)
{
	free(journal.filled.octets);
	free(journal.sent.octets);
	journal.filled = journal.sent = (struct buffer){0};
}

/* Without any signal: the main thread reads those that it waits for, and the
 * others are not for a thread that may be asleep in the kernel. */
static int create_thread(void)
{
	sigset_t all, old;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(&journal.thread, NULL, run, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -error;
}

int journal_start(void)
{
	int r;

	if (journal.is_running)
		return 0;
	/* Pages that no entry has ever reached cost nothing. */
	journal.filled.octets = malloc(JOURNAL_QUEUE_BYTES);
	journal.sent.octets = malloc(JOURNAL_QUEUE_BYTES);
	r = journal.filled.octets && journal.sent.octets ? create_thread()
							 : -ENOMEM;
	if (r < 0)
		free_buffers();
	journal.is_running = r == 0;
	return r;
}

int journal_queue(const char *entries, size_t bytes)
{
	struct buffer *filled = &journal.filled;
	int r;

	pthread_mutex_lock(&journal.mutex);
	r = journal.error;
	journal.error = 0;
	if (journal.is_ending || bytes > JOURNAL_QUEUE_BYTES - filled->used) {
		r = -EAGAIN;
	} else {
		memcpy(filled->octets + filled->used, entries, bytes);
		filled->used += bytes;
	}
	pthread_cond_signal(&journal.news);
	pthread_mutex_unlock(&journal.mutex);
	return r;
}

/* By the wall clock: see worker.c. */
static int join(void)
{
	struct timespec until = {0};

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += JOURNAL_END_MSEC / 1000;
	return -pthread_timedjoin_np(journal.thread, NULL, &until);
}

int journal_stop(void)
{
	int r;

	if (!journal.is_running)
		return 0;
	pthread_mutex_lock(&journal.mutex);
	journal.is_ending = true;
	pthread_cond_signal(&journal.news);
	pthread_mutex_unlock(&journal.mutex);
	r = join();
	/* A thread that waits for the journal is left behind with what it
	 * has: the process ends anyway. */
	if (r < 0)
		return r;
	journal.is_running = false;
	/* A worker that was left behind may be about to queue something. */
	pthread_mutex_lock(&journal.mutex);
	free_buffers();
	r = journal.error;
	pthread_mutex_unlock(&journal.mutex);
	return r;
}
