/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * What is said to a client: the configured answer, and the answers that the
 * protocol asks for beside it.  All of them are rendered once, at start and at
 * a reload, into one immutable object that every worker shares; only the Date
 * is set in each copy that leaves.
 */
#ifndef RESPONSE_H
#define RESPONSE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct message;

/* What the configured answer consists of.  NULL: the default; the strings
 * need to last for the call only. */
struct response_source {
	unsigned int status;
	const char *content_type;
	const char **fields; /* "NAME: VALUE" */
	size_t n_fields;
	const char *body;
	const char *body_file;
};

enum response_kind {
	RESPONSE_CONFIGURED,
	RESPONSE_TO_OPTIONS,  /* the configured answer with Allow beside */
	RESPONSE_TO_ASTERISK, /* OPTIONS * (RFC 9110 9.3.7) */
	RESPONSE_BAD_REQUEST,
	RESPONSE_METHOD_NOT_ALLOWED,
	RESPONSE_REQUEST_TIMEOUT,
	RESPONSE_CONTENT_TOO_LARGE,
	RESPONSE_URI_TOO_LONG,
	RESPONSE_EXPECTATION_FAILED,
	RESPONSE_FIELDS_TOO_LARGE,
	RESPONSE_NOT_IMPLEMENTED,
	RESPONSE_VERSION_NOT_SUPPORTED,
	RESPONSE_KINDS,
};

/* RFC 9112 9.3: what becomes of the connection after the answer. */
enum response_persistence {
	RESPONSE_KEEPS,
	RESPONSE_KEEPS_1_0, /* said, as a client of HTTP/1.0 needs it */
	RESPONSE_CLOSES,
	RESPONSE_PERSISTENCES,
};

struct answer {
	const char *octets; /* the head, and behind it small content */
	size_t content_bytes;
	uint32_t bytes; /* of octets */
	uint32_t head_bytes;
	uint32_t date_at; /* where in the head its RESPONSE_DATE_BYTES go */
	unsigned int status;
	bool is_large; /* content is the response's content_fd */
};

/* Immutable; the references and the text are response.c's own. */
struct response {
	/* What the parser refuses has the one that closes alone. */
	struct answer answers[RESPONSE_KINDS][RESPONSE_PERSISTENCES];
	/* Content beyond CONTENT_COPY_BYTES_MAX: a file in memory, which
	 * sendfile(2) sends without a copy for each client.  What has been sent
	 * so may lie in sockets' queues for long, still as pages of the file:
	 * it is sealed, so that nobody changes it there.  Else -1. */
	int content_fd;
	atomic_uint references;
	char *text; /* every answer's octets */
};

/* IMF-fixdate (RFC 9110 5.6.7). */
#define RESPONSE_DATE_BYTES 29

/* RFC 9110 15.2.1: sent as it is, without a Date. */
#define RESPONSE_CONTINUE "HTTP/1.1 100 Continue\r\n\r\n"

/* Renders all answers; *ret_response has one reference, the caller's.  Returns
 * 0; -EINVAL where source asks for what no response may be (misuse); another
 * negative errno where the system says no.  ret_message says which. */
int response_create(const struct response_source *source,
		    struct response **ret_response,
		    struct message *ret_message);

/* Any thread. */
struct response *response_ref(struct response *response);

/* Frees the response with its last reference.  NULL is let through. */
void response_unref(struct response *response);

/* The kind that says an error status of the parser. */
enum response_kind response_kind_of_refusal(unsigned int status);

/* Writes RESPONSE_DATE_BYTES octets, no NUL. */
void response_render_date(time_t now, char *ret_date);

#endif
