/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * The parser as its caller drives it, one request long: the head until it is
 * complete, from its first octet each time, then the content, new octets only.
 * What comes of it is told in the words of naive.h, to be held against that.
 */
#ifndef READER_H
#define READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "naive.h"
#include "request.h"

/* All zero but max_bytes and lend before a request's first octet. */
struct reader {
	uint64_t max_bytes; /* of content */
	/* Where the parser is to find these octets; NULL: where they are. */
	const char *(*lend)(const char *octets, size_t bytes);

	struct request request;
	struct request head; /* as it was when the head was complete */
	size_t used;
	enum request_verdict verdict;
	const char *fault; /* what the parser may never do, and did */
};

/* octets is the request's beginning, given what has arrived of it by now.
 * Once the request is settled, nothing is read any more. */
void reader_give(struct reader *r, const char *octets, size_t given);

struct outcome reader_outcome(const struct reader *r);

bool outcome_is_same(const struct outcome *a, const struct outcome *b);

/* The last octets, in words; the end of a long string tells more than its
 * beginning.  Both return text. */
#define OCTETS_TEXT_BYTES 420
const char *octets_escape(const char *octets, size_t bytes,
			  char text[OCTETS_TEXT_BYTES]);
const char *outcome_describe(const struct outcome *o, char text[240]);

#endif
