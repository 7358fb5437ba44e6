/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * The journal, for those who must not wait for it: entries are queued, and a
 * thread of its own sends them, by sd_journal_sendv(3).  Part of the log; who
 * wants to log something wants log.h.
 */
#ifndef JOURNAL_H
#define JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

/* An entry's fields, its text and its constants aside. */
#define JOURNAL_FIELDS_MAX 16

/* Is this descriptor the journal's (JOURNAL_STREAM in systemd.exec(5))? */
bool journal_has(int fd);

/* Can entries be sent?  In a root directory of its own (RootDirectory=), a
 * process may have the one descriptor and not find the journal's socket. */
bool journal_is_reachable(void);

/* Starts the thread, if it does not run yet.  Returns 0 or a negative errno.
 * Not from two threads at once. */
int journal_start(void);

/* Queues all of the entries, or none of them.  An entry is a uint32_t, the
 * size of what follows, which is its fields; a field is a uint32_t, the size
 * of what follows, which is "NAME=value", octets of any kind.  Never waits for
 * the journal.  Returns 0, or a negative errno: entries are lost, these or
 * earlier ones; -EAGAIN: the queue is full.  Any thread. */
int journal_queue(const char *entries, size_t bytes);

/* Waits until all has been sent, but only so long, and ends the thread; what
 * is queued later is lost.  Returns 0, or a negative errno: entries are lost.
 * Needs no start. */
int journal_stop(void);

#endif
