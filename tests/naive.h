/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * A second parser of requests to hold the first against: naive, slow and
 * literal, so that it can be read beside the RFCs.  It shares nothing with
 * src/request.c but the words for a verdict and the limits in tunables.h, and
 * has no state: it is given a stream's octets from the first one on, and each
 * time reads all of them anew.
 *
 * It judges any octets at all, and to the octet: the limits included, and
 * when a line that is still under way is known to be wrong.
 */
#ifndef NAIVE_H
#define NAIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "request.h"

enum facts {
	CLOSES = 1, /* the client does not want to go on */
	HTTP_1_0 = 2,
	ASTERISK = 4,
	CONTINUES = 8, /* expects 100 */
	EXPECTS_OTHER = 16,
};

/* What comes of a stream's first request.  All is zero that is not known
 * yet, or not said of a request that is refused. */
struct outcome {
	enum request_verdict verdict;
	unsigned status; /* if refused */
	bool has_begun;
	enum request_method method; /* complete or refused */
	size_t head_bytes;	    /* once the head is complete, and good */

	/* Of a request that is complete. */
	size_t used; /* its octets, content included */
	enum request_framing framing;
	unsigned facts;
	struct request_slice line, referer, user_agent;
};

/* max_bytes: of content. */
struct outcome naive_read(const char *octets, size_t bytes, uint64_t max_bytes);

/* The length of the shortest beginning of the octets that is not incomplete;
 * SIZE_MAX: they all are. */
size_t naive_settles_at(const char *octets, size_t bytes, uint64_t max_bytes);

/* As request_is_token() and request_is_field_value(). */
bool naive_is_token(const char *octets, size_t bytes);
bool naive_is_field_value(const char *octets, size_t bytes);

#endif
