/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * The data plane: a thread with an epoll instance that accepts clients, lets
 * their connections advance when their sockets are ready, and keeps their
 * deadlines.  Workers share nothing but the listeners, the current response,
 * and how many connections are open and may still be handed over.
 *
 * A worker ends by itself, by the one rule of the program: no listener left
 * and no connection left.
 */
#ifndef WORKER_H
#define WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log.h"
#include "response.h"
#include "sockets.h"

struct worker;

struct worker_settings {
	uint64_t keepalive_msec; /* INFINITE_MSEC: no deadline */
	uint64_t request_msec;
	uint64_t max_body_bytes;
	unsigned int max_connections; /* of this worker */
	enum log_requests log;
	/* How many workers there are, and connections of all of them together:
	 * so that each can have its share. */
	unsigned int n_workers;
	_Atomic unsigned int *all_open;
	/* How many connections may still be handed over, instead of closed, by
	 * all workers together; read at a drain. */
	_Atomic unsigned int *places;
	/* An eventfd(2) that a worker writes to when there is news: it has
	 * obeyed, it has ended, it hands connections over, or what it was
	 * asked to tell. */
	int news_fd;
};

/* What a worker counts; read by another thread, each number is right but
 * they need not be of the same instant. */
struct worker_counts {
	uint64_t accepted;
	uint64_t answers;
	unsigned int open;
	uint64_t empty_since; /* CLOCK_MONOTONIC msec; while open is 0 */
};

/* A client without its connection: the socket, and the name it came by. */
struct handed_over {
	int fd;
	const char *fd_name;
};

enum worker_order {
	WORKER_DRAIN = 1 << 0,	   /* no new clients, finish what has begun; who
				    * has no place is closed then */
	WORKER_HAND_OVER = 1 << 1, /* the others, as soon as all are at rest */
	WORKER_ABORT = 1 << 2,	   /* end at once, answers cut short */
	WORKER_LOOK = 1 << 3, /* is somebody in a queue that nobody serves? */
};

enum worker_news {
	WORKER_TELL_ACTIVITY = 1 << 0, /* the next coming, answer or going */
	WORKER_TELL_EMPTY = 1 << 1,    /* the next time that open becomes 0 */
};

/* --- The rest is called by the control plane's thread -------------------- */

/* Watches all listeners, which must outlive the worker; takes a reference to
 * the response.  Returns 0 or a negative errno. */
int worker_create(const struct worker_settings *settings,
		  const struct sockets *sockets, struct response *response,
		  struct worker **ret_worker);

/* Takes over a client that arrived connected, also on failure; its name must
 * outlive the worker.  Only before worker_start(). */
int worker_add_client(struct worker *worker, struct passed_client *client);

/* Starts the thread, which inherits the signal mask. */
int worker_start(struct worker *worker);

/* Orders are carried out in the worker's thread; has_obeyed tells when. */
void worker_order(struct worker *worker, enum worker_order order);

/* Takes a reference to the response, which is used from the next request
 * on; has_obeyed tells when. */
void worker_set_response(struct worker *worker, struct response *response);

/* Asks for a sign of life, without an order; has_obeyed tells when. */
void worker_ping(struct worker *worker);

/* Has it seen everything that it was told?  An ended one has. */
bool worker_has_obeyed(const struct worker *worker);

/* Has it left a client in a queue, since it was last asked?  News. */
bool worker_has_declined(struct worker *worker);

/* Under a drain, has everybody what was begun, at this moment?  With an ended
 * one they have.  News. */
bool worker_is_at_rest(const struct worker *worker);

bool worker_has_ended(const struct worker *worker);

/* The next connection that the worker has let go of at the end of a drain,
 * between two requests; the socket is the caller's, the name is its listener's.
 * News. False: none; after has_ended there will be none any more. */
bool worker_take_over(struct worker *worker, struct handed_over *ret_client);

/* Asks to be told once; combine by |. */
void worker_tell(struct worker *worker, unsigned int news);

struct worker_counts worker_counts(const struct worker *worker);

/* Waits for the thread, if it was started, for at most msec.  False: it does
 * not end, and what it was given has to stay. */
bool worker_join(struct worker *worker, uint64_t msec);

/* Closes its connections and frees it; it was joined. */
void worker_destroy(struct worker *worker);

/* CLOCK_MONOTONIC, in milliseconds. */
uint64_t worker_now(void);

#endif
