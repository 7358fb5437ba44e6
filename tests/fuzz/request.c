/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * The parser alone, head and content, over a stream of requests.
 *
 * Each request is read twice, in one piece and in several, and both times what
 * comes of it must be what the second, naive parser says.  What the parser is
 * lent lies in memory of exactly its size, which is freed before it is lent
 * more, so that neither a read outside of it nor a pointer kept into it goes
 * unseen.
 *
 * The first six octets say how, the others are the stream:
 *   0     how it is cut into pieces, how much content may come, and whether it
 *         is stretched: see enum how
 *   1     a seed for the places of the cuts
 *   2, 3  where the stream is stretched, by repeating an octet or a line
 *   4, 5  how often: so a short input comes up to the limits, and beyond
 */
#include "fuzz.h"

#include <stdbool.h>

#include "../naive.h"
#include "../reader.h"
#include "tunables.h"

#define CONTROL_BYTES 6
/* Beyond each limit of a head and of a trailer section. */
#define STREAM_BYTES_MAX (20u * 1024)
#define REQUESTS_MAX 8

enum how {
	HOW_CUT = 3,	      /* enum cut */
	HOW_CONTENT = 3 << 2, /* max_bytes */
	HOW_LINE = 1 << 4,    /* a line is repeated, not an octet */
	/* All of these: it takes long, so it is not to come often. */
	HOW_STRETCHED = 7 << 5,
};

enum cut {
	CUT_ANYWHERE,
	CUT_SMALL,
	CUT_EVENLY,
	CUT_OCTETS, /* one by one */
};

/* --- Pieces -------------------------------------------------------------- */

struct cuts {
	enum cut how;
	uint32_t seed;
};

/* As many as it takes to see each kind of place, few enough to be quick. */
#define PIECES 12

/* The end of the piece that begins at from; end or less. */
static size_t next_cut(struct cuts *cuts, size_t from, size_t end)
{
	size_t left = end - from, piece;

	cuts->seed = cuts->seed * 1664525 + 1013904223;
	switch (cuts->how) {
	case CUT_SMALL:
		piece = (cuts->seed >> 16) % (1 + end / PIECES);
		break;
	case CUT_EVENLY:
		piece = end / PIECES;
		break;
	case CUT_OCTETS:
		piece = end > 512 ? end / 64 : 0;
		break;
	default:
		piece = (cuts->seed >> 8) % left;
		break;
	}
	return piece < left ? from + piece + 1 : end;
}

/* --- One request --------------------------------------------------------- */

/* What the parser was lent last is gone before it is lent more. */
static const char *lend(const char *octets, size_t bytes)
{
	static char *lent;

	free(lent);
	lent = exact_copy(octets, bytes);
	return lent;
}

static void check_outcome(const struct reader *r, const struct outcome *due,
			  size_t given, size_t bytes)
{
	struct outcome got = reader_outcome(r);
	char due_text[240], got_text[240];

	CHECK(!r->fault, "%s", r->fault);
	CHECK(outcome_is_same(&got, due), "%zu of %zu octets: %s, should be %s",
	      given, bytes, outcome_describe(&got, got_text),
	      outcome_describe(due, due_text));
}

static void check_whole(const char *octets, size_t bytes, uint64_t max_bytes,
			const struct outcome *due)
{
	struct reader r = {.max_bytes = max_bytes, .lend = lend};

	reader_give(&r, octets, bytes);
	check_outcome(&r, due, bytes, bytes);
}

/* It is settled neither earlier nor later than it should be, too. */
static void check_in_pieces(const char *octets, size_t bytes,
			    uint64_t max_bytes, const struct outcome *due,
			    struct cuts *cuts)
{
	struct reader r = {.max_bytes = max_bytes, .lend = lend}, before;
	size_t given = 0, given_before;
	struct outcome due_before;

	do {
		before = r;
		given_before = given;
		given = next_cut(cuts, given, bytes);
		reader_give(&r, octets, given);
	} while (r.verdict == REQUEST_INCOMPLETE && given < bytes);
	check_outcome(&r, due, given, bytes);
	if (given_before == 0)
		return;
	due_before = naive_read(octets, given_before, max_bytes);
	check_outcome(&before, &due_before, given_before, bytes);
}

/* --- The stream ---------------------------------------------------------- */

/* The octet at place, or the line that it is in. */
static void find_piece(const char *octets, size_t bytes, size_t place,
		       bool is_line, size_t *ret_at, size_t *ret_end)
{
	size_t at = place, end = place + 1;

	while (is_line && at > 0 && octets[at - 1] != '\n')
		at--;
	while (is_line && end < bytes && octets[end - 1] != '\n')
		end++;
	*ret_at = at;
	*ret_end = end;
}

/* Copies the stream into ret_stream, one piece of it times over.  Returns its
 * size. */
static size_t stretch(const char *octets, size_t bytes, size_t place,
		      size_t times, bool is_line, char *ret_stream)
{
	size_t at, end, piece, most;
	char *from, *to;

	find_piece(octets, bytes, place % bytes, is_line, &at, &end);
	most = (STREAM_BYTES_MAX - bytes) / (end - at);
	memcpy(ret_stream, octets, end);
	from = ret_stream + at;
	to = ret_stream + end;
	/* Each copy doubles what the next one can be made from. */
	for (size_t left = (times < most ? times : most) * (end - at); left > 0;
	     left -= piece) {
		piece = (size_t)(to - from) < left ? (size_t)(to - from) : left;
		memcpy(to, from, piece);
		to += piece;
	}
	memcpy(to, octets + end, bytes - end);
	return (size_t)(to - ret_stream) + bytes - end;
}

static void check_stream(const char *octets, size_t bytes, uint64_t max_bytes,
			 struct cuts *cuts)
{
	for (int i = 0; i < REQUESTS_MAX && bytes > 0; i++) {
		struct outcome due = naive_read(octets, bytes, max_bytes);

		check_whole(octets, bytes, max_bytes, &due);
		check_in_pieces(octets, bytes, max_bytes, &due, cuts);
		if (due.verdict != REQUEST_COMPLETE)
			return;
		octets += due.used;
		bytes -= due.used;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t bytes)
{
	static const uint64_t max_bytes[] = {MAX_BODY_BYTES_DEFAULT, 0, 5,
					     INT64_MAX};
	static char stretched[STREAM_BYTES_MAX];
	const char *stream = (const char *)octets + CONTROL_BYTES;
	struct cuts cuts;
	uint8_t how;

	if (bytes <= CONTROL_BYTES || bytes > STREAM_BYTES_MAX)
		return 0;
	bytes -= CONTROL_BYTES;
	how = octets[0];
	cuts = (struct cuts){.how = how & HOW_CUT, .seed = octets[1]};
	if ((how & HOW_STRETCHED) == HOW_STRETCHED) {
		bytes = stretch(stream, bytes, octets[2] << 8 | octets[3],
				octets[4] << 8 | octets[5], how & HOW_LINE,
				stretched);
		stream = stretched;
	}
	check_stream(stream, bytes, max_bytes[(how & HOW_CONTENT) >> 2], &cuts);
	return 0;
}
