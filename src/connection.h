/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * One client: what it has sent is received, parsed and answered, in order,
 * and what its socket does not take yet is kept.  Knows nothing of epoll or
 * of deadlines; it only tells what it waits for, and since when.
 *
 * All functions are called by the thread of the worker that owns the
 * connection, and only by it.
 */
#ifndef CONNECTION_H
#define CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log.h"
#include "request.h"
#include "response.h"
#include "tunables.h"

/* What a connection waits for.  The first four have a deadline each. */
enum connection_state {
	CONNECTION_IDLE,      /* the first octet of a request */
	CONNECTION_RECEIVING, /* the rest of a request */
	CONNECTION_SENDING,   /* room in the socket: the client reads slowly */
	CONNECTION_LINGERING, /* the client's close, after the last answer */
	CONNECTION_DONE,      /* nothing: to be freed */
};

/* A request that has not arrived whole, or that waits until its predecessor's
 * answer has left. */
struct connection_input {
	struct request request;
	uint32_t size, used;
	char octets[]; /* from the first one of the head on */
};

/* What a socket did not take of answers: a copy of what is short, then the
 * rest of large content, which stays where it is. */
struct connection_output {
	struct response *response; /* keeps content alive */
	size_t content_at, content_left;
	uint32_t at, bytes; /* of octets: what is left of them */
	char octets[];
};

/* An idle one owns nothing but this. */
struct connection {
	int fd;
	uint8_t state; /* enum connection_state */
	bool has_answered;
	bool closes;	   /* the last answer is given */
	bool has_sent_all; /* which the client has said, or ended its side */
	uint64_t since;	   /* when the wait began, in milliseconds */
	struct connection_input *input;
	struct connection_output *output;
	/* The worker's: a list of connections with the same kind of wait. */
	struct connection *previous, *next;
	uint8_t list;
	bool wants_room; /* epoll watches for room to send */
	bool has_place;	 /* is handed over, not closed, under a drain */
	bool is_passed;	 /* another process may hold its socket, too */
	uint32_t lingered_bytes;
	struct peer peer;
	const char *fd_name; /* of the socket it came through, or NULL */
};

/* Where the reading of received octets stands. */
struct reading {
	struct request *request;      /* the one in progress */
	const char *head;	      /* its first octet */
	const char *at, *end;	      /* what is not read yet */
	bool is_all;		      /* the socket had no more */
	enum request_verdict verdict; /* on the last one */
};

/* What the connections of one worker share, so that none needs memory of its
 * own while it is at rest.  The worker keeps it up to date. */
struct workspace {
	struct response *response; /* one reference */
	uint64_t max_body_bytes;
	bool is_draining; /* every answer closes where there is no place */
	enum log_requests log;
	struct log_lines lines;
	uint64_t now;	  /* monotonic, in milliseconds */
	time_t wall_time; /* of date */
	char date[RESPONSE_DATE_BYTES];
	uint64_t answers; /* given so far */
	/* connection.c's own from here on. */
	struct request request;
	struct reading reading;
	const struct answer *large; /* ends the batch with its content */
	size_t batch_bytes;
	char batch[BATCH_BYTES];
	char received[RECEIVE_BYTES];
};

/* fd, which has O_NONBLOCK, is the connection's from now on; calloc() has made
 * the rest zero. */
void connection_init(struct connection *connection, int fd, struct peer peer,
		     uint64_t now);

/* The socket has something to read, or room to send: goes on as far as it can
 * without waiting; state and since then tell what it waits for. */
void connection_advance(struct connection *connection,
			struct workspace *workspace);

/* The wait has lasted too long: a request that has begun is answered with
 * 408 (RFC 9110 15.5.9), everything else is done. */
void connection_expire(struct connection *connection,
		       struct workspace *workspace);

/* Is it at rest between two requests, so that another process can go on with
 * its socket?  An empty line ahead of the next one, which means nothing (RFC
 * 9112 2.2), is forgotten. */
bool connection_can_be_handed_over(struct connection *connection);

/* Closes the socket and frees what the connection owns, not itself. */
void connection_done(struct connection *connection);

#endif
