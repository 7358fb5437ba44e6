/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * usage: exhaustive_test [SECONDS [THREADS]]
 *
 * Every string, up to a length, of an alphabet: given to the parser in every
 * way that it can be cut into pieces, and to the naive parser, whole.  Each
 * family below has its place in a request and, for alphabet, one octet of each
 * class that the grammar tells apart there, or words where octets would take
 * too long to become any.  The families of every octet show to a smaller
 * length that an octet's class is all that matters of it.
 *
 * The strings of a family are a tree: each is its parent with a part more.
 *
 * - Every way to cut: from each state that the parser may be in after a
 *   beginning, it is given all of the string in one call.  Each time it must
 *   come to the state to which single octets led it, to the bit.  By induction
 *   over the pieces, so does every other way.
 * - What is settled stays so: a string that is refused or complete has none
 *   below it in the tree, since all of them would have its verdict.  This is
 *   tried with what the family has to follow, and up to a length the tree is
 *   walked as if it were not known.
 * - What follows a string (the rest of its line, of the head, of the content)
 *   makes a request of it where it is good.  That is tried for each, too.
 *
 * Each octet that the parser is lent ends at an inaccessible page.  Lengths
 * grow while there is time; some are reached without looking at the clock.
 * Prints TAP, with the length and the number of strings of each family.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "naive.h"
#include "reader.h"
#include "request.h"
#include "tunables.h"

#define PARTS_MAX 24u
#define STRING_BYTES_MAX (64u * 1024)

/* Beyond this the place before the strings is cut near its end only. */
#define CUT_EVERYWHERE_BYTES_MAX 200u
#define CUTS_MAX 1024u

/* The tree of so many strings is walked as if nothing were ever settled. */
#define BLIND_STRINGS 5000u

/* So many take no time worth looking at the clock for. */
#define CHEAP_STRINGS 2000u

/* Of strings: where a line can go on for ever, some families never end. */
#define LENGTH_MAX 16u

#define SECONDS_DEFAULT 5
#define THREADS_MAX 64u
#define FAILURE_BYTES 1200u

struct family {
	const char *name;
	const char *before;
	/* Between before and the strings, that often; NULL: nothing. */
	const char *padding;
	size_t padding_count;
	const char *after;
	uint64_t max_bytes;
	const char *parts[PARTS_MAX]; /* none: every octet */
};

#define GET "GET / HTTP/1.1\r\n"
#define GET_1_0 "GET / HTTP/1.0\r\n"
#define HOST "Host:a\r\n"
#define CODED "Transfer-Encoding:chunked\r\n"
#define CHUNKED GET HOST CODED "\r\n"
#define REST " HTTP/1.1\r\n" HOST "\r\n"
#define END "\r\n\r\n"
#define LAST_CHUNK "0\r\n\r\n"

/* An octet of no class is in each alphabet: no line may contain it. */
#define CONTROLS "\r", "\n", "\x01"
#define BLANKS " ", "\t"
#define OBS_TEXT "\x80"

static const struct family families[] = {
	/* --- The request line --- */
	{.name = "R18 the first octets",
	 .before = "",
	 .after = " /" REST,
	 .parts = {"G", "1", "/", ":", "#", "%", BLANKS, OBS_TEXT, CONTROLS}},
	{.name = "R18 request lines of words",
	 .before = "",
	 .after = "\r\n" HOST "\r\n",
	 .parts = {"GET", "OPTIONS", "CONNECT", "a:1", "/", "*", "HTTP/1.1",
		   "HTTP/1.0", "HTTP/2.0", BLANKS, "\r\n", CONTROLS}},
	{.name = "R19 methods of their letters",
	 .before = "",
	 .after = " /" REST,
	 .parts = {"G", "E", "T", "H", "A", "D", "P", "U", "S", "O", "R", "C",
		   "t", " ", "("}},
	{.name = "R12 versions",
	 .before = "GET / ",
	 .after = "\r\n" HOST "\r\n",
	 .parts = {"HTTP", "http", "/", ".", "1", "0", "2", "a", " ",
		   CONTROLS}},
	{.name = "R24 targets",
	 .before = "GET ",
	 .after = REST,
	 .parts = {"/", "*", "a", "1", "?", "#", "%", "\"", ":", "@",
		   "http:", "HTTPS:", "//", BLANKS, OBS_TEXT, CONTROLS}},
	{.name = "R21 authorities of an absolute-form",
	 .before = "GET http://",
	 .after = REST,
	 .parts = {"a", "g", "1", ":", "/", "?", "%", "[", "]", "[::1]", "@",
		   "#", "|", " "}},
	{.name = "R23 authorities of a CONNECT",
	 .before = "CONNECT ",
	 .after = REST,
	 .parts = {"a", "g", "0", "1", "65535", ":", "/", "%", "[", "]",
		   "[::1]", "@", "?", " "}},
	{.name = "R20 at the limit of a request line",
	 .before = "GET /",
	 .padding = "a",
	 .padding_count = REQUEST_LINE_BYTES_MAX - 5 - 9 - 3,
	 .after = REST,
	 .parts = {"a", " HTTP/1.1", "\r\n", HOST, "#", CONTROLS}},

	/* --- The field section --- */
	{.name = "R28 field lines",
	 .before = GET HOST,
	 .after = END,
	 .parts = {"a", "(", ":", ",", BLANKS, OBS_TEXT, CONTROLS}},
	{.name = "R26 hosts",
	 .before = GET "Host:",
	 .after = END,
	 .parts = {"a", "g", "1", ":", "[", "]", "%", ".", "/", "@", BLANKS,
		   OBS_TEXT, CONTROLS}},
	{.name = "R26 IP literals",
	 .before = GET "Host:[",
	 .after = "]" END,
	 .parts = {"1", "256", "ffff", "g", ":", "::", ".", "1.2.3.4", "v", "%",
		   "]", "\r\n"}},
	{.name = "R26 ports",
	 .before = GET "Host:a:",
	 .after = END,
	 .parts = {"0", "1", "5", "6", "6553", "a", ":", " ", "\r"}},
	{.name = "R34 lengths",
	 .before = GET HOST "Content-Length:",
	 .after = END "xx",
	 .max_bytes = 2,
	 .parts = {"0", "1", "2", "9", "+", ",", "a", BLANKS, OBS_TEXT,
		   "\r\nContent-Length:", "\r\nTransfer-Encoding:chunked",
		   CONTROLS}},
	{.name = "R34 lengths near 2^64",
	 .before = GET HOST "Content-Length:184467440737095516",
	 .after = END,
	 .max_bytes = UINT64_MAX,
	 .parts = {"0", "1", "5", "6", "9"}},
	{.name = "R42 codings",
	 .before = GET HOST "Transfer-Encoding:",
	 .after = END LAST_CHUNK,
	 .parts = {"chunked", "CHUNKED", "x", ",", ";", "\"", BLANKS, OBS_TEXT,
		   "\r\nTransfer-Encoding:", "\r\nContent-Length:0\r\n",
		   CONTROLS}},
	{.name = "R50 connection options",
	 .before = GET HOST "Connection:",
	 .after = END,
	 .parts = {"close", "Close", "keep-alive", "x", ",", ";", BLANKS,
		   OBS_TEXT, "\r\nConnection:", "\r"}},
	{.name = "R48 connection options of 1.0",
	 .before = GET_1_0 "Connection:",
	 .after = END,
	 .parts = {"close", "keep-alive", "KEEP-ALIVE", "x", ",", ";", BLANKS,
		   OBS_TEXT, "\r\nConnection:", "\r"}},
	{.name = "R47 expectations",
	 .before = GET HOST "Expect:",
	 .after = END,
	 .parts = {"100-continue", "100-Continue", "x", ",", "=", BLANKS,
		   OBS_TEXT, "\r\nExpect:", "\r"}},
#define FIELDS                                                                 \
	"Host:\r\n", "HOST:a\r\n", "Host:@\r\n", "Content-Length:0\r\n",       \
		"Content-Length:1\r\n", "Content-Length:3\r\n", CODED,         \
		"Transfer-Encoding:x\r\n", "Connection:close\r\n",             \
		"Connection:keep-alive\r\n", "Expect:100-continue\r\n",        \
		"Expect:x\r\n", "Referer:r\r\n", "User-Agent:u\r\n", "X:\r\n", \
		"\r\n"
	{.name = "R40 field sections of whole lines",
	 .before = GET,
	 .after = "\r\n" LAST_CHUNK,
	 .max_bytes = 2,
	 .parts = {FIELDS}},
	{.name = "R43 field sections of 1.0",
	 .before = GET_1_0,
	 .after = "\r\n" LAST_CHUNK,
	 .max_bytes = 2,
	 .parts = {FIELDS}},
	{.name = "R32 at the limit of a field section",
	 .before = GET HOST "X:",
	 .padding = "a",
	 .padding_count = FIELD_SECTION_BYTES_MAX - 8 - 2 - 4,
	 .after = END,
	 .parts = {"a", ":", "\r\n", CONTROLS}},
	{.name = "R32 at the limit of field lines",
	 .before = GET HOST,
	 .padding = "X:\r\n",
	 .padding_count = FIELD_LINES_MAX - 3,
	 .after = "\r\n",
	 .parts = {"X:\r\n", "X\r\n", "a", CONTROLS}},

	/* --- The content --- */
	{.name = "R39 chunks",
	 .before = CHUNKED,
	 .after = "\r\n" LAST_CHUNK,
	 .max_bytes = 2,
	 .parts = {"0", "1", "f", "g", ";", "=", "\"", "(", BLANKS, OBS_TEXT,
		   CONTROLS}},
	{.name = "R39 chunks of words",
	 .before = CHUNKED,
	 .after = END,
	 .max_bytes = 2,
	 .parts = {"0", "1", "2", "x", ";a", "\r\n", "1\r\nx\r\n", "0\r\n",
		   "X:\r\n", " ", CONTROLS}},
	{.name = "R36 sizes near 2^64",
	 .before = CHUNKED "1fffffffffffff",
	 .after = "\r\n",
	 .max_bytes = UINT64_MAX,
	 .parts = {"0", "7", "8", "f", "F", "\r\n"}},
	{.name = "R37 chunk extensions",
	 .before = CHUNKED "1",
	 .after = "\r\nx\r\n" LAST_CHUNK,
	 .max_bytes = 2,
	 .parts = {";", "=", "g", "\"", "\\", ",", BLANKS, OBS_TEXT, CONTROLS}},
	{.name = "R37 at the limit of chunk extensions",
	 .before = CHUNKED "1;",
	 .padding = "a",
	 .padding_count = CHUNK_EXTENSION_BYTES_MAX - 1 - 4,
	 .after = "\r\nx\r\n" LAST_CHUNK,
	 .max_bytes = 2,
	 .parts = {"a", ";", "=", "\"", " ", "\r\nx\r\n0", CONTROLS}},
	{.name = "R36 chunk data and its end",
	 .before = CHUNKED "2\r\n",
	 .after = "\r\n" LAST_CHUNK,
	 .max_bytes = 3,
	 .parts = {"0", "1", "2", "x", CONTROLS}},
	{.name = "R38 trailer sections",
	 .before = CHUNKED "0\r\n",
	 .after = END,
	 .parts = {"a", "(", ":", BLANKS, OBS_TEXT, CONTROLS}},
	{.name = "R38 names in a trailer section",
	 .before = CHUNKED "0\r\n",
	 .after = ":" END,
	 .parts = {"content-length", "CONTENT-", "Length", "transfer-encoding",
		   "Transfer-", "EnCoding", "-", "x", ":", "\r\n"}},
	{.name = "R38 at the limit of a trailer section",
	 .before = CHUNKED "0\r\nX:",
	 .padding = "a",
	 .padding_count = FIELD_SECTION_BYTES_MAX - sizeof(HOST CODED) - 1 - 4,
	 .after = END,
	 .parts = {"a", ":", CONTROLS}},
	{.name = "R38 at the limit of trailer lines",
	 .before = CHUNKED "0\r\n",
	 .padding = "X:\r\n",
	 .padding_count = FIELD_LINES_MAX - 4,
	 .after = "\r\n",
	 .parts = {"X:\r\n", "X\r\n", "a", CONTROLS}},

	/* --- Every octet --- */
	{.name = "R14 every octet first", .before = "", .after = " /" REST},
	{.name = "R18 every octet in a target",
	 .before = "GET /",
	 .after = REST},
	{.name = "R23 every octet in an authority",
	 .before = "CONNECT a",
	 .after = ":1" REST},
	{.name = "R12 every octet in a version",
	 .before = "GET / HTTP/",
	 .after = "\r\n" HOST "\r\n"},
	{.name = "R28 every octet in a field name",
	 .before = GET HOST "a",
	 .after = ":" END},
	{.name = "R30 every octet in a value",
	 .before = GET HOST "X:a",
	 .after = END},
	{.name = "R26 every octet in a host",
	 .before = GET "Host:a",
	 .after = END},
	{.name = "R26 every octet in an IP literal",
	 .before = GET "Host:[v1.a",
	 .after = "]" END},
	{.name = "R34 every octet in a length",
	 .before = GET HOST "Content-Length:1",
	 .after = END,
	 .max_bytes = UINT64_MAX},
	{.name = "R42 every octet in a coding",
	 .before = GET HOST "Transfer-Encoding:chunk",
	 .after = END LAST_CHUNK},
	{.name = "R39 every octet in a chunk size",
	 .before = CHUNKED "1",
	 .after = "\r\n",
	 .max_bytes = UINT64_MAX},
	{.name = "R37 every octet in a chunk extension",
	 .before = CHUNKED "1;a",
	 .after = "\r\nx\r\n" LAST_CHUNK,
	 .max_bytes = 2},
	{.name = "R37 every octet in a quoted extension",
	 .before = CHUNKED "1;a=\"",
	 .after = "\"\r\nx\r\n" LAST_CHUNK,
	 .max_bytes = 2},
	{.name = "R36 every octet in a chunk",
	 .before = CHUNKED "2\r\n",
	 .after = "\r\n" LAST_CHUNK,
	 .max_bytes = 2},
	{.name = "R38 every octet in a trailer",
	 .before = CHUNKED "0\r\na",
	 .after = ":" END},
};

#define FAMILIES (sizeof(families) / sizeof(*families))

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static unsigned parts_of(const struct family *family)
{
	unsigned count = 0;

	while (count < PARTS_MAX && family->parts[count])
		count++;
	return count > 0 ? count : 256;
}

/* --- A walk through the tree of a family --- */

struct walk {
	const struct family *family;
	unsigned parts;
	unsigned length;       /* parts of the longest strings */
	unsigned blind_length; /* up to which nothing is known to be settled */
	char octets[STRING_BYTES_MAX];
	size_t before_bytes;
	size_t first_cut; /* but for the one before the first octet */
	/* After each beginning of octets that is a cut, octet by octet. */
	struct reader readers[CUTS_MAX];
	char *arena_end; /* where an inaccessible page begins */
	uint64_t strings_run;
	uint64_t parser_calls;
	double gives_up_at; /* 0: never */
	bool is_late;
	char failure[FAILURE_BYTES];
};

static struct reader *reader_at(struct walk *w, size_t bytes)
{
	size_t i = bytes == 0 ? 0 : bytes - w->first_cut + 1;

	if (i >= CUTS_MAX)
		abort();
	return &w->readers[i];
}

static void fail(struct walk *w, size_t cut, size_t bytes,
		 const struct outcome *due, const struct reader *got)
{
	struct outcome got_outcome = reader_outcome(got);
	char text[OCTETS_TEXT_BYTES], due_text[240], got_text[240];

	if (w->failure[0] != '\0')
		return;
	(void)snprintf(w->failure, sizeof(w->failure),
		       "%s, %zu octets, the first %zu one by one: expected %s, "
		       "got %s%s%s",
		       octets_escape(w->octets, bytes, text), bytes, cut,
		       outcome_describe(due, due_text),
		       outcome_describe(&got_outcome, got_text),
		       got->fault ? ": " : "", got->fault ? got->fault : "");
}

/* To the bit, but for where the head's lines were found: that is of no use any
 * more once it is complete. */
static bool is_same_state(struct reader a, struct reader b)
{
	const unsigned char *of_a = (const unsigned char *)&a;
	const unsigned char *of_b = (const unsigned char *)&b;

	if (a.head.head_bytes > 0) {
		a.request.line_at = b.request.line_at;
		a.request.scanned_to = b.request.scanned_to;
		a.head.line_at = b.head.line_at;
		a.head.scanned_to = b.head.scanned_to;
	}
	return memcmp(of_a, of_b, sizeof(a)) == 0;
}

/* That the first bytes of octets come to what they should when the last piece
 * of them begins at a cut.  state: which the reader must be in; NULL: what
 * follows the request's end has come, too, and may be seen in it. */
static void check_cut(struct walk *w, size_t cut, size_t bytes,
		      const struct outcome *due, const struct reader *state)
{
	struct reader r = *reader_at(w, cut);
	struct outcome got;

	reader_give(&r, w->arena_end - bytes, bytes);
	w->parser_calls++;
	got = reader_outcome(&r);
	if (r.fault || !outcome_is_same(&got, due) ||
	    (state && !is_same_state(r, *state)))
		fail(w, cut, bytes, due, &r);
}

/* Of all cuts up to last. */
static void check_cuts(struct walk *w, size_t last, size_t bytes,
		       const struct outcome *due, const struct reader *state)
{
	check_cut(w, 0, bytes, due, state);
	for (size_t cut = w->first_cut; cut <= last; cut++)
		check_cut(w, cut, bytes, due, state);
}

static struct outcome judge(struct walk *w, size_t bytes)
{
	memcpy(w->arena_end - bytes, w->octets, bytes);
	return naive_read(w->octets, bytes, w->family->max_bytes);
}

/* The octet more that makes it bytes.  Returns whether that settles it. */
static bool take_octet(struct walk *w, size_t bytes)
{
	struct outcome due = judge(w, bytes);
	struct reader *reader = reader_at(w, bytes);
	struct outcome got;

	*reader = *reader_at(w, bytes - 1);
	reader_give(reader, w->arena_end - bytes, bytes);
	w->parser_calls++;
	got = reader_outcome(reader);
	if (reader->fault || !outcome_is_same(&got, &due))
		fail(w, bytes - 1, bytes, &due, reader);
	if (due.verdict == REQUEST_INCOMPLETE)
		check_cuts(w, bytes, bytes, &due, reader);
	else
		check_cuts(w, bytes - 1, bytes, &due, NULL);
	return due.verdict != REQUEST_INCOMPLETE;
}

/* More octets behind the string's, which is settled by some of them, or not
 * yet (0). */
static void check_beyond(struct walk *w, size_t string_bytes, size_t bytes,
			 size_t settled)
{
	struct outcome due = judge(w, bytes);

	check_cuts(w, settled ? settled - 1 : string_bytes, bytes, &due, NULL);
	if (settled > 0) {
		struct outcome before = reader_outcome(reader_at(w, settled));

		if (!outcome_is_same(&before, &due))
			fail(w, settled, bytes, &due, reader_at(w, settled));
	}
}

static void check_with_rest(struct walk *w, size_t bytes, size_t settled)
{
	size_t rest = strlen(w->family->after);

	memcpy(w->octets + bytes, w->family->after, rest);
	check_beyond(w, bytes, bytes + rest, settled);
}

static size_t put_part(const struct walk *w, unsigned part, char *at)
{
	const char *octets;

	if (!w->family->parts[0]) {
		*at = (char)part;
		return 1;
	}
	octets = w->family->parts[part];
	memcpy(at, octets, strlen(octets));
	return strlen(octets);
}

static void walk_below(struct walk *w, size_t bytes, size_t settled,
		       unsigned length);

/* The string, of which the last part is new. */
static void visit(struct walk *w, size_t parent_bytes, size_t bytes,
		  size_t settled, unsigned length)
{
	w->strings_run++;
	for (size_t n = parent_bytes + 1; n <= bytes && settled == 0; n++)
		if (take_octet(w, n))
			settled = n;
	if (settled > 0 && settled < bytes)
		check_beyond(w, bytes, bytes, settled);
	check_with_rest(w, bytes, settled);
	if (settled == 0 || length < w->blind_length)
		walk_below(w, bytes, settled, length);
}

static bool has_to_stop(struct walk *w)
{
	if (w->gives_up_at > 0 && w->strings_run % 256 == 0 &&
	    now() > w->gives_up_at)
		w->is_late = true;
	return w->is_late || w->failure[0] != '\0';
}

static void walk_below(struct walk *w, size_t bytes, size_t settled,
		       unsigned length)
{
	if (length == w->length)
		return;
	for (unsigned i = 0; i < w->parts && !has_to_stop(w); i++) {
		size_t part = put_part(w, i, w->octets + bytes);

		visit(w, bytes, bytes + part, settled, length + 1);
	}
}

/* --- A family --- */

static char *open_arena(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *pages = mmap(NULL, STRING_BYTES_MAX + page, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED ||
	    mprotect(pages, STRING_BYTES_MAX, PROT_READ | PROT_WRITE)) {
		perror("Failed to map memory");
		exit(1);
	}
	return pages + STRING_BYTES_MAX;
}

static void put_before(struct walk *w)
{
	const struct family *family = w->family;
	const char *padding = family->padding ? family->padding : "";

	w->before_bytes = strlen(family->before);
	memcpy(w->octets, family->before, w->before_bytes);
	for (size_t i = 0; i < family->padding_count; i++) {
		memcpy(w->octets + w->before_bytes, padding, strlen(padding));
		w->before_bytes += strlen(padding);
	}
	w->first_cut = w->before_bytes > CUT_EVERYWHERE_BYTES_MAX
			       ? w->before_bytes - 20
			       : 1;
}

/* Up to the strings; the octets before the first cut in one piece. */
static void read_before(struct walk *w)
{
	struct reader *reader = reader_at(w, 0);

	*reader = (struct reader){.max_bytes = w->family->max_bytes};
	if (w->first_cut > 1) {
		(void)judge(w, w->first_cut);
		*reader_at(w, w->first_cut) = *reader;
		reader_give(reader_at(w, w->first_cut),
			    w->arena_end - w->first_cut, w->first_cut);
	}
	for (size_t n = w->first_cut > 1 ? w->first_cut + 1 : 1;
	     n <= w->before_bytes; n++)
		if (take_octet(w, n))
			abort(); /* the family is of no use */
}

/* The largest length of which there are no more than so many strings. */
static unsigned length_of_strings(unsigned parts, uint64_t strings)
{
	unsigned length = 0;

	while (strings >= parts) {
		strings /= parts;
		length++;
	}
	return length;
}

/* All strings of up to length parts, the empty one included. */
static void walk_family(struct walk *w, const struct family *family,
			unsigned length)
{
	w->family = family;
	w->parts = parts_of(family);
	w->length = length;
	w->blind_length = length_of_strings(w->parts, BLIND_STRINGS);
	w->strings_run = 1;
	w->parser_calls = 0;
	w->is_late = false;
	w->failure[0] = '\0';
	put_before(w);
	read_before(w);
	check_with_rest(w, w->before_bytes, 0);
	walk_below(w, w->before_bytes, 0, 0);
}

/* --- Growing lengths --- */

struct progress {
	unsigned length;
	uint64_t strings_run; /* of that length */
	double growth;	      /* to it from the one before */
	double seconds;
	bool is_walked; /* by a thread, a length more */
	bool has_ended;
	bool is_all;
	char failure[FAILURE_BYTES];
};

/* The rest of this section is under the lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct progress progress[FAMILIES];
static uint64_t parser_calls;
static double deadline;

/* Lengths that cost next to nothing are reached whatever the time is. */
static bool is_cheap(const struct progress *p)
{
	return (double)p->strings_run * p->growth <= CHEAP_STRINGS;
}

/* The family whose next length takes the least time; NULL: none is left that
 * can be done in time. */
static struct progress *next_family(void)
{
	struct progress *next = NULL;
	double left = deadline - now();

	for (size_t i = 0; i < FAMILIES; i++) {
		struct progress *p = &progress[i];

		if (p->length == LENGTH_MAX ||
		    (!is_cheap(p) && p->seconds * p->growth > left))
			p->has_ended = true;
		if (p->has_ended || p->is_walked)
			continue;
		if (!next ||
		    p->seconds * p->growth < next->seconds * next->growth)
			next = p;
	}
	return next;
}

static void keep(struct progress *p, const struct walk *w, double seconds)
{
	p->is_walked = false;
	parser_calls += w->parser_calls;
	memcpy(p->failure, w->failure, sizeof(p->failure));
	if (w->is_late || w->failure[0] != '\0') {
		p->has_ended = true;
		return;
	}
	/* No string is left that is not settled. */
	p->is_all = w->strings_run == p->strings_run;
	p->has_ended = p->is_all;
	p->growth = (double)w->strings_run / (double)p->strings_run;
	p->length = w->length;
	p->strings_run = w->strings_run;
	p->seconds = seconds;
}

static void *walk_families(void *unused)
{
	struct walk *w = calloc(1, sizeof(*w));
	struct progress *p;

	(void)unused;
	if (!w)
		abort();
	w->arena_end = open_arena();
	(void)pthread_mutex_lock(&lock);
	while ((p = next_family())) {
		double start = now();

		p->is_walked = true;
		w->gives_up_at = is_cheap(p) ? 0 : deadline;
		(void)pthread_mutex_unlock(&lock);
		walk_family(w, &families[p - progress], p->length + 1);
		(void)pthread_mutex_lock(&lock);
		keep(p, w, now() - start);
	}
	(void)pthread_mutex_unlock(&lock);
	free(w);
	return NULL;
}

/* --- The story --- */

static uint64_t strings_of(unsigned parts, unsigned length)
{
	uint64_t strings = 1;

	while (length-- > 0)
		strings = strings * parts + 1;
	return strings;
}

static void report(size_t i)
{
	const struct progress *p = &progress[i];
	unsigned parts = parts_of(&families[i]);

	printf("%sok %zu - %s: ", p->failure[0] ? "not " : "", i + 1,
	       families[i].name);
	if (p->is_all)
		printf("each string of any length");
	else
		printf("each of the %" PRIu64 " strings of up to %u",
		       strings_of(parts, p->length), p->length);
	printf(" of %u %s (%" PRIu64 " were run, and settle the rest)\n", parts,
	       families[i].parts[0] ? "parts" : "octets", p->strings_run);
	if (p->failure[0])
		printf("# %s\n", p->failure);
}

static void walk_all(unsigned threads, double seconds)
{
	pthread_t others[THREADS_MAX];

	for (size_t i = 0; i < FAMILIES; i++)
		progress[i] = (struct progress){.strings_run = 1, .growth = 1};
	deadline = now() + seconds;
	for (unsigned i = 1; i < threads; i++)
		if (pthread_create(&others[i], NULL, walk_families, NULL))
			abort();
	(void)walk_families(NULL);
	for (unsigned i = 1; i < threads; i++)
		(void)pthread_join(others[i], NULL);
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? strtod(argv[1], NULL) : SECONDS_DEFAULT;
	unsigned long threads = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
	uint64_t run = 0;
	unsigned failed = 0;

	walk_all(threads < THREADS_MAX ? (unsigned)threads : THREADS_MAX,
		 seconds);
	for (size_t i = 0; i < FAMILIES; i++) {
		report(i);
		run += progress[i].strings_run;
		failed += progress[i].failure[0] != '\0';
	}
	printf("# %" PRIu64 " strings were run, by %" PRIu64
	       " calls of the parser\n",
	       run, parser_calls);
	printf("1..%zu\n", FAMILIES);
	return failed > 0;
}
