/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * The parser's cases as a table: name, octets, verdict.  Prints TAP; exits 1
 * when a case failed.
 *
 * Each case is fed whole, octet by octet, and cut in two at each place, and
 * after each piece the verdict must be the one that the octets so far settle,
 * no matter how they came.  What a caller lends to the parser lies directly
 * against an inaccessible page and is overwritten after the call, so that
 * neither a read beyond it nor a pointer kept into it goes unseen.  Octets of
 * a next request follow each case and must be left alone.
 *
 * The table is followed by cases that are made: every octet value in each
 * place of the grammar, every two octets together, each limit at limit - 1,
 * limit and limit + 1, and cases that were damaged at random.  What must come
 * of all of them is told by a second parser, naive.c; what the table states
 * is held against that one, too.
 *
 * A name begins with the number of a rule, see HTTP.md.
 */
#include "reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#include "naive.h"
#include "request.h"
#include "tunables.h"

/* Whatever the parser is lent at once fits; so does the largest case. */
#define LENT_BYTES_MAX (128u * 1024)

/* Follows each case: a line, or more of a number, a field or content. */
#define NEXT "0\r\n\r\nGET /next HTTP/1.1\r\nHost: next\r\n\r\n"

/* Cases beyond this are cut at some places only. */
#define CUT_EVERYWHERE_BYTES_MAX 1500u

struct request_case {
	const char *name;
	const char *octets;
	size_t bytes;	   /* to its end, if the request completes */
	size_t head_bytes; /* 0: its head never completes */
	enum request_verdict verdict;
	unsigned status; /* if refused */
	enum request_method method;
	enum request_framing framing;
	unsigned facts;
	uint64_t max_bytes;
	/* NULL: not looked at. */
	const char *line;
	const char *referer;
	const char *user_agent;
};

/* --- What has failed, and TAP --- */

static unsigned tests_run;
static unsigned tests_failed;
static char failure[1024]; /* of the test that runs: the first one */

static void __attribute__((format(printf, 1, 2))) fail(const char *format, ...)
{
	va_list arguments;

	if (failure[0] != '\0')
		return;
	va_start(arguments, format);
	(void)vsnprintf(failure, sizeof(failure), format, arguments);
	va_end(arguments);
}

static const char *escape(const char *octets, size_t bytes)
{
	static char text[OCTETS_TEXT_BYTES];

	return octets_escape(octets, bytes, text);
}

/* Ends the test that runs. */
static void report(const char *name)
{
	const char *text = escape(name, strlen(name));

	tests_run++;
	if (failure[0] == '\0') {
		printf("ok %u - %s\n", tests_run, text);
		return;
	}
	tests_failed++;
	printf("not ok %u - %s\n# %s\n", tests_run, text, failure);
	failure[0] = '\0';
}

/* --- Octets that are lent to the parser --- */

static char *arena; /* between two inaccessible pages */
static char *lent;  /* what the parser had last */
static size_t lent_bytes;

static void open_arena(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *pages = mmap(NULL, LENT_BYTES_MAX + 2 * page, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED ||
	    mprotect(pages + page, LENT_BYTES_MAX, PROT_READ | PROT_WRITE)) {
		perror("Failed to map memory");
		exit(1);
	}
	arena = pages + page;
	lent = arena;
}

/* A copy with the inaccessible page behind it, or before it. */
static const char *lend(const char *octets, size_t bytes, bool is_at_end)
{
	memset(lent, 0xff, lent_bytes);
	lent = is_at_end ? arena + LENT_BYTES_MAX - bytes : arena;
	lent_bytes = bytes;
	memcpy(lent, octets, bytes);
	return lent;
}

/* --- Checking a case --- */

/* The case that is checked, NEXT behind it, and what must come of them. */
static char input[LENT_BYTES_MAX];
static size_t input_bytes;
static struct outcome due;
static size_t settled; /* by so many octets */

static struct outcome due_after(size_t given)
{
	struct outcome o = {.verdict = REQUEST_INCOMPLETE};

	if (given >= settled)
		return due;
	o.has_begun = given > 2 || memcmp(input, "\r\n", given) != 0;
	if (given >= due.head_bytes)
		o.head_bytes = due.head_bytes;
	return o;
}

static const char *lend_high(const char *octets, size_t bytes)
{
	return lend(octets, bytes, true);
}

static const char *lend_low(const char *octets, size_t bytes)
{
	return lend(octets, bytes, false);
}

static void compare(const struct request_case *c, const struct reader *r,
		    size_t given, const char *how)
{
	struct outcome expected = due_after(given);
	struct outcome got = reader_outcome(r);
	char expected_text[240];
	char got_text[240];

	if (r->fault)
		fail("%s, %zu of %zu octets: %s: %s", how, given, c->bytes,
		     r->fault, escape(c->octets, c->bytes));
	if (!outcome_is_same(&expected, &got))
		fail("%s, %zu of %zu octets: expected %s, got %s: %s", how,
		     given, c->bytes,
		     outcome_describe(&expected, expected_text),
		     outcome_describe(&got, got_text),
		     escape(c->octets, c->bytes));
}

static void compare_slice(const char *name, const char *text,
			  const struct request_slice *slice)
{
	if (text == NULL)
		return;
	if (strlen(text) != slice->bytes ||
	    memcmp(input + slice->at, text, slice->bytes) != 0)
		fail("expected %s \"%s\", got %u octets at %u: \"%s\"", name,
		     text, slice->bytes, slice->at,
		     escape(input + slice->at, slice->bytes));
}

static void compare_slices(const struct request_case *c, const struct reader *r)
{
	if (r->verdict == REQUEST_INCOMPLETE || c->verdict != r->verdict)
		return;
	compare_slice("line", c->line, &r->request.line);
	compare_slice("Referer", c->referer, &r->request.referer);
	compare_slice("User-Agent", c->user_agent, &r->request.user_agent);
}

/* What a case says of itself, the naive parser says of it, too. */
static void check_stated(const struct request_case *c)
{
	bool is_complete = c->verdict == REQUEST_COMPLETE;
	char text[240];

	if (due.verdict != c->verdict || due.status != c->status ||
	    due.head_bytes != c->head_bytes ||
	    (is_complete &&
	     (due.used != c->bytes || due.framing != c->framing ||
	      due.facts != c->facts)) ||
	    ((is_complete || c->method == REQUEST_METHOD_HEAD) &&
	     due.method != c->method))
		fail("tests/naive.c has another mind: %s: %s",
		     outcome_describe(&due, text), escape(c->octets, c->bytes));
}

static void load(const struct request_case *c)
{
	memcpy(input, c->octets, c->bytes);
	input_bytes = c->bytes;
	if (c->verdict != REQUEST_INCOMPLETE) {
		memcpy(input + input_bytes, NEXT, strlen(NEXT));
		input_bytes += strlen(NEXT);
	}
	due = naive_read(input, input_bytes, c->max_bytes);
	settled = naive_settles_at(input, input_bytes, c->max_bytes);
	check_stated(c);
}

static void check_whole(const struct request_case *c, bool is_low)
{
	struct reader r = {.max_bytes = c->max_bytes,
			   .lend = is_low ? lend_low : lend_high};

	reader_give(&r, input, input_bytes);
	compare(c, &r, input_bytes, "whole");
	compare_slices(c, &r);
}

/* Each stride-th place; in a long case the first 40, the last 80 and some. */
static size_t next_cut(size_t given, size_t stride)
{
	size_t left = input_bytes - given;

	if (input_bytes > CUT_EVERYWHERE_BYTES_MAX) {
		stride = given < 40 || left <= 80 ? 1 : 509;
		if (left > 80 && stride > left - 80)
			stride = left - 80;
	}
	return stride < left ? given + stride : input_bytes;
}

static void check_drip(const struct request_case *c)
{
	struct reader r = {.max_bytes = c->max_bytes, .lend = lend_high};

	for (size_t given = 0; given < input_bytes;) {
		given = next_cut(given, 1);
		reader_give(&r, input, given);
		compare(c, &r, given, "octet by octet");
	}
	compare_slices(c, &r);
}

static void check_cut(const struct request_case *c, size_t cut)
{
	struct reader r = {.max_bytes = c->max_bytes, .lend = lend_high};

	reader_give(&r, input, cut);
	compare(c, &r, cut, "the first of two pieces");
	reader_give(&r, input, input_bytes);
	compare(c, &r, input_bytes, "two pieces");
	compare_slices(c, &r);
}

/* Cut in two at each stride-th place. */
static void check_every(const struct request_case *c, size_t stride)
{
	load(c);
	check_whole(c, false);
	check_whole(c, true);
	check_drip(c);
	for (size_t cut = next_cut(0, stride); cut < input_bytes;
	     cut = next_cut(cut, stride))
		check_cut(c, cut);
	if (c->verdict != REQUEST_INCOMPLETE)
		check_cut(c, c->bytes);
}

static void check(const struct request_case *c)
{
	check_every(c, 1);
}

/* For the many: whole only. */
static void check_once(const struct request_case *c)
{
	load(c);
	check_whole(c, false);
}

/* --- The table --- */

#define CASE(name_, octets_, head_bytes_)                                      \
	.name = (name_), .octets = (octets_), .bytes = sizeof(octets_) - 1,    \
	.head_bytes = (head_bytes_), .max_bytes = MAX_BODY_BYTES_DEFAULT

#define COMPLETE(name, method_, framing_, facts_, head, content)               \
	{                                                                      \
		CASE(name, head content, sizeof(head) - 1),                    \
			.verdict = REQUEST_COMPLETE,                           \
			.method = REQUEST_METHOD_##method_,                    \
			.framing = REQUEST_FRAMING_##framing_,                 \
			.facts = (facts_)                                      \
	}

#define REFUSED(name, status_, octets)                                         \
	{                                                                      \
		CASE(name, octets, 0), .verdict = REQUEST_REFUSED,             \
				       .status = (status_)                     \
	}

#define REFUSED_CONTENT(name, status_, head, content)                          \
	{                                                                      \
		CASE(name, head content, sizeof(head) - 1),                    \
			.verdict = REQUEST_REFUSED, .status = (status_)        \
	}

#define INCOMPLETE(name, octets)                                               \
	{                                                                      \
		CASE(name, octets, 0), .verdict = REQUEST_INCOMPLETE           \
	}

#define INCOMPLETE_CONTENT(name, head, content)                                \
	{                                                                      \
		CASE(name, head content, sizeof(head) - 1),                    \
			.verdict = REQUEST_INCOMPLETE                          \
	}

#define LOGGED(name, line_, referer_, user_agent_, head)                       \
	{                                                                      \
		CASE(name, head, sizeof(head) - 1),                            \
			.verdict = REQUEST_COMPLETE,                           \
			.method = REQUEST_METHOD_GET, .line = (line_),         \
			.referer = (referer_), .user_agent = (user_agent_)     \
	}

#define REFUSED_LOGGED(name, status_, line_, octets)                           \
	{                                                                      \
		CASE(name, octets, 0), .verdict = REQUEST_REFUSED,             \
				       .status = (status_), .line = (line_)    \
	}

#define REFUSED_HEAD(name_, status_, octets_)                                  \
	{                                                                      \
		CASE("R02 " name_, octets_, 0), .verdict = REQUEST_REFUSED,    \
						.status = (status_),           \
						.method = REQUEST_METHOD_HEAD  \
	}

#define HOST "Host: a\r\n"
#define GET "GET / HTTP/1.1\r\n"
#define GET_1_0 "GET / HTTP/1.0\r\n"

/* A request with these field lines, or this request line, or this Host. */
#define WITH(fields) GET HOST fields "\r\n"
#define POST(fields) "POST / HTTP/1.1\r\n" HOST fields "\r\n"
#define LINE(line) line "\r\n" HOST "\r\n"
#define CHUNKED POST("Transfer-Encoding: chunked\r\n")

#define FIELD_OK(name, fields) COMPLETE(name, GET, NONE, 0, WITH(fields), "")
#define FIELD_BAD(name, fields) REFUSED(name, 400, WITH(fields))
#define LINE_BAD(name, line) REFUSED(name, 400, LINE(line))
#define TARGET_OK(name, target)                                                \
	COMPLETE(name ": " target, GET, NONE, 0,                               \
		 LINE("GET " target " HTTP/1.1"), "")
#define TARGET_BAD(name, target)                                               \
	LINE_BAD(name ": " target, "GET " target " HTTP/1.1")
#define CONNECT_OK(target)                                                     \
	COMPLETE("R23 authority-form: " target, CONNECT, NONE, CLOSES,         \
		 LINE("CONNECT " target " HTTP/1.1"), "")
#define CONNECT_BAD(target)                                                    \
	LINE_BAD("R23 no authority-form: " target,                             \
		 "CONNECT " target " HTTP/1.1")
#define HOST_OK(host)                                                          \
	COMPLETE("R26 valid Host: " host, GET, NONE, 0,                        \
		 GET "Host: " host "\r\n\r\n", "")
#define HOST_BAD(host)                                                         \
	REFUSED("R26 invalid Host: " host, 400, GET "Host: " host "\r\n\r\n")
#define LENGTH_BAD(value)                                                      \
	REFUSED("R34 Content-Length: " value, 400,                             \
		POST("Content-Length: " value "\r\n"))
#define CODING_REFUSED(row, status, value)                                     \
	REFUSED(row " Transfer-Encoding: " value, status,                      \
		POST("Transfer-Encoding: " value "\r\n"))
#define CHUNKS_OK(name, content)                                               \
	COMPLETE(name, POST, CHUNKED, 0, CHUNKED, content)
#define CHUNKS_BAD(name, content) REFUSED_CONTENT(name, 400, CHUNKED, content)
#define EXTENSION_OK(extension)                                                \
	CHUNKS_OK("R37 chunk extension " extension,                            \
		  "5" extension "\r\nhello\r\n0" extension "\r\n\r\n")
#define EXTENSION_BAD(extension)                                               \
	CHUNKS_BAD("R37 no chunk extension " extension,                        \
		   "5" extension "\r\nhello\r\n0\r\n\r\n")
#define OPTION_OK(value, facts)                                                \
	COMPLETE("R50 1.1 with Connection: " value, GET, NONE, facts,          \
		 WITH("Connection: " value "\r\n"), "")
#define OPTION_1_0(value, facts)                                               \
	COMPLETE("R48 1.0 with Connection: " value, GET, NONE,                 \
		 HTTP_1_0 | (facts), GET_1_0 "Connection: " value "\r\n\r\n",  \
		 "")
#define EXPECT(value, facts)                                                   \
	COMPLETE("R47 Expect: " value, POST, LENGTH, facts,                    \
		 POST("Content-Length: 2\r\nExpect: " value "\r\n"), "hi")

/* A first record of TLS 1.2 as curl sends it, short of its extensions. */
#define TLS_HELLO                                                              \
	"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x3d\x51\x8e\x77\xa4"     \
	"\xb1\x09\x5e\xc4\x16\x7f\x20\xde\x94\x88\x31\x6b\x47\xf2\xd0\x0e"     \
	"\x20\x13\x02\x13\x03\x13\x01\xc0\x2c\xc0\x30\x00\x9f\xcc\xa9\xcc"

static const struct request_case cases[] = {
	/* --- Methods, versions, the empty line before --- */
	COMPLETE("R01 GET", GET, NONE, 0, GET HOST "\r\n", ""),
	COMPLETE("R01 HEAD", HEAD, NONE, 0, LINE("HEAD / HTTP/1.1"), ""),
	COMPLETE("R19 POST", POST, NONE, 0, LINE("POST / HTTP/1.1"), ""),
	COMPLETE("R19 PUT", PUT, NONE, 0, LINE("PUT / HTTP/1.1"), ""),
	COMPLETE("R19 PATCH", PATCH, NONE, 0, LINE("PATCH / HTTP/1.1"), ""),
	COMPLETE("R19 DELETE", DELETE, NONE, 0, LINE("DELETE / HTTP/1.1"), ""),
	COMPLETE("R19 OPTIONS", OPTIONS, NONE, 0, LINE("OPTIONS / HTTP/1.1"),
		 ""),
	COMPLETE("R19 TRACE", TRACE, NONE, 0, LINE("TRACE / HTTP/1.1"), ""),
	COMPLETE("R19 nothing is read behind CONNECT", CONNECT, NONE, CLOSES,
		 LINE("CONNECT a:80 HTTP/1.1"), ""),
	COMPLETE("R19 nor where the client would go on", CONNECT, NONE, CLOSES,
		 LINE("CONNECT a:80 HTTP/1.1\r\nConnection: keep-alive"), ""),
	COMPLETE("R19 get is not GET", UNKNOWN, NONE, 0, LINE("get / HTTP/1.1"),
		 ""),
	COMPLETE("R19 Get is not GET", UNKNOWN, NONE, 0, LINE("Get / HTTP/1.1"),
		 ""),
	COMPLETE("R19 GE is not GET", UNKNOWN, NONE, 0, LINE("GE / HTTP/1.1"),
		 ""),
	COMPLETE("R19 GETS is not GET", UNKNOWN, NONE, 0,
		 LINE("GETS / HTTP/1.1"), ""),
	COMPLETE("R19 HEADER is not HEAD", UNKNOWN, NONE, 0,
		 LINE("HEADER / HTTP/1.1"), ""),
	COMPLETE("R19 OPTION is not OPTIONS", UNKNOWN, NONE, 0,
		 LINE("OPTION / HTTP/1.1"), ""),
	COMPLETE("R19 connect is not CONNECT", UNKNOWN, NONE, 0,
		 LINE("connect / HTTP/1.1"), ""),
	COMPLETE("R19 PROPFIND", UNKNOWN, NONE, 0, LINE("PROPFIND / HTTP/1.1"),
		 ""),
	COMPLETE("R19 a method of one octet", UNKNOWN, NONE, 0,
		 LINE("X / HTTP/1.1"), ""),
	COMPLETE("R19 a method of marks", UNKNOWN, NONE, 0,
		 LINE("!#$%&'*+-.^_`|~ / HTTP/1.1"), ""),
	LINE_BAD("R19 a method that is no token: G(T", "G(T / HTTP/1.1"),
	LINE_BAD("R19 a method that is no token: GET:", "GET: / HTTP/1.1"),
	LINE_BAD("R19 a method that is no token: \"GET\"",
		 "\"GET\" / HTTP/1.1"),
	LINE_BAD("R19 a method that is not ASCII", "G\xc9T / HTTP/1.1"),
	LINE_BAD("R19 a method with NUL", "GE\0T / HTTP/1.1"),
	LINE_BAD("R18 an empty method", " / HTTP/1.1"),
	COMPLETE("R10 HTTP/1.0", GET, NONE, HTTP_1_0 | CLOSES, GET_1_0 "\r\n",
		 ""),
	COMPLETE("R10 HTTP/1.2 counts as 1.1", GET, NONE, 0,
		 LINE("GET / HTTP/1.2"), ""),
	COMPLETE("R10 HTTP/1.9 counts as 1.1", GET, NONE, 0,
		 LINE("GET / HTTP/1.9"), ""),
	REFUSED("R25 HTTP/1.2 without Host", 400, "GET / HTTP/1.2\r\n\r\n"),
	REFUSED("R11 HTTP/2.0", 505, LINE("GET / HTTP/2.0")),
	REFUSED("R11 HTTP/2.1", 505, LINE("GET / HTTP/2.1")),
	REFUSED("R11 HTTP/3.0", 505, LINE("GET / HTTP/3.0")),
	REFUSED("R11 HTTP/9.9", 505, LINE("GET / HTTP/9.9")),
	REFUSED("R11 HTTP/0.9", 505, LINE("GET / HTTP/0.9")),
	REFUSED("R11 HTTP/0.0", 505, LINE("GET / HTTP/0.0")),
	REFUSED("R11 HTTP/2.0 preface", 505,
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
	LINE_BAD("R12 http/1.1", "GET / http/1.1"),
	LINE_BAD("R12 Http/1.1", "GET / Http/1.1"),
	LINE_BAD("R12 HTTp/1.1", "GET / HTTp/1.1"),
	LINE_BAD("R12 HTTP/1", "GET / HTTP/1"),
	LINE_BAD("R12 HTTP/1.", "GET / HTTP/1."),
	LINE_BAD("R12 HTTP/.1", "GET / HTTP/.1"),
	LINE_BAD("R12 HTTP/", "GET / HTTP/"),
	LINE_BAD("R12 HTTP", "GET / HTTP"),
	LINE_BAD("R12 HTTP/2", "GET / HTTP/2"),
	LINE_BAD("R12 HTTP/11", "GET / HTTP/11"),
	LINE_BAD("R12 HTTP/1.10", "GET / HTTP/1.10"),
	LINE_BAD("R12 HTTP/10.1", "GET / HTTP/10.1"),
	LINE_BAD("R12 HTTP/01.1", "GET / HTTP/01.1"),
	LINE_BAD("R12 HTTP/1.01", "GET / HTTP/1.01"),
	LINE_BAD("R12 HTTP/1,1", "GET / HTTP/1,1"),
	LINE_BAD("R12 HTTP/1.1.1", "GET / HTTP/1.1.1"),
	LINE_BAD("R12 HTTP/a.1", "GET / HTTP/a.1"),
	LINE_BAD("R12 HTTP/1.x", "GET / HTTP/1.x"),
	LINE_BAD("R12 HTTP/-1.1", "GET / HTTP/-1.1"),
	LINE_BAD("R12 HTTP/+1.1", "GET / HTTP/+1.1"),
	LINE_BAD("R12 HTTP 1.1", "GET / HTTP 1.1"),
	LINE_BAD("R12 HTTP\\1.1", "GET / HTTP\\1.1"),
	LINE_BAD("R12 HTTPS/1.1", "GET / HTTPS/1.1"),
	LINE_BAD("R12 HTTP/ 1.1", "GET / HTTP/ 1.1"),
	LINE_BAD("R12 ICY/1.1", "GET / ICY/1.1"),
	LINE_BAD("R12 RTSP/1.0", "OPTIONS / RTSP/1.0"),
	LINE_BAD("R12 SIP/2.0", "OPTIONS / SIP/2.0"),
	LINE_BAD("R12 HTTP/2.0x", "GET / HTTP/2.0x"),
	REFUSED("R13 HTTP/0.9: GET /", 400, "GET /\r\n"),
	REFUSED("R13 HTTP/0.9 with an empty line", 400, "GET /\r\n\r\n"),
	REFUSED("R13 HTTP/0.9 with fields", 400, "GET /\r\nHost: a\r\n\r\n"),
	REFUSED("R14 TLS hello with a line end", 400, TLS_HELLO "\r\n"),
	REFUSED("R14 TLS hello without a line end", 400, TLS_HELLO),
	REFUSED("R14 octets 0 to 7", 400, "\0\1\2\3\4\5\6\7"),
	REFUSED("R14 octets above 0x7f", 400, "\xff\xfe\x80\x81\r\n"),
	REFUSED("R14 SSH", 400, "SSH-2.0-OpenSSH_9.2p1\r\n"),
	REFUSED("R14 SMTP", 400, "EHLO mail.example.com\r\n"),
	REFUSED("R14 PROXY protocol, text", 400,
		"PROXY TCP4 192.0.2.1 192.0.2.2 5000 80\r\n"),
	REFUSED("R14 PROXY protocol, binary", 400,
		"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"),
	REFUSED("R14 SMB", 400, "\0\0\0\x54\xffSMBr\0\0\0\0\x18\x01\x28"),
	REFUSED("R14 a response", 400,
		"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
	REFUSED("R14 a UTF-8 byte order mark", 400, "\xef\xbb\xbf" WITH("")),
	REFUSED("R14 a field line first", 400, HOST GET "\r\n"),
	INCOMPLETE("R15 nothing", ""),
	INCOMPLETE("R15 CR of the empty line", "\r"),
	INCOMPLETE("R15 the empty line alone", "\r\n"),
	COMPLETE("R15 an empty line before", GET, NONE, 0, "\r\n" WITH(""), ""),
	COMPLETE("R15 an empty line before a request with content", POST,
		 LENGTH, 0, "\r\n" POST("Content-Length: 2\r\n"), "\r\n"),
	REFUSED("R15 two empty lines", 400, "\r\n\r\n" WITH("")),
	REFUSED("R15 two empty lines alone", 400, "\r\n\r\n"),
	REFUSED("R15 a line with a space before", 400, " \r\n" WITH("")),
	REFUSED("R15 a space after the empty line", 400, "\r\n " WITH("")),

	/* --- Line ends --- */
	REFUSED("R16 bare LF before the request line", 400, "\n" WITH("")),
	REFUSED("R16 bare LF after the empty line", 400, "\r\n\n" WITH("")),
	REFUSED("R16 bare CR before the request line", 400, "\r" WITH("")),
	REFUSED("R16 two CR before the request line", 400, "\r\r\n" WITH("")),
	REFUSED("R16 bare LF after the request line", 400,
		"GET / HTTP/1.1\n" HOST "\r\n"),
	REFUSED("R16 bare LF in the request line", 400,
		LINE("GET /\n HTTP/1.1")),
	REFUSED("R16 bare LF everywhere", 400, "GET / HTTP/1.1\nHost: a\n\n"),
	REFUSED("R16 bare LF after a field line", 400,
		GET "Host: a\nX: b\r\n\r\n"),
	REFUSED("R16 bare LF after the last field line", 400,
		GET "Host: a\n\r\n"),
	REFUSED("R16 bare LF as empty line", 400, GET HOST "\n"),
	REFUSED("R16 bare LF as empty line, then a field", 400,
		GET "\nHost: a\r\n\r\n"),
	REFUSED("R16 LF CR after the request line", 400,
		"GET / HTTP/1.1\n\r" HOST "\r\n"),
	REFUSED("R16 bare CR after the request line", 400,
		"GET / HTTP/1.1\rHost: a\r\n\r\n"),
	REFUSED("R16 bare CR in the request line", 400,
		LINE("GET /\r HTTP/1.1")),
	REFUSED("R16 bare CR in the version", 400, LINE("GET / HTTP/\r1.1")),
	REFUSED("R16 CR CR LF after the request line", 400,
		LINE("GET / HTTP/1.1\r")),
	REFUSED("R16 bare CR after a field line", 400,
		GET "Host: a\rX: b\r\n\r\n"),
	FIELD_BAD("R16 bare CR in a value", "X: a\rb\r\n"),
	FIELD_BAD("R16 bare CR before a value", "X:\ra\r\n"),
	FIELD_BAD("R16 CR CR LF after a value", "X: a\r\r\n"),
	FIELD_BAD("R16 bare LF in a value", "X: a\nb\r\n"),
	FIELD_BAD("R16 bare LF before a value", "X:\na\r\n"),
	FIELD_BAD("R16 bare CR in a name", "X\rY: a\r\n"),
	FIELD_BAD("R16 bare LF in a name", "X\nY: a\r\n"),
	FIELD_BAD("R16 a field hidden behind a bare LF",
		  "X: a\nTransfer-Encoding: chunked\r\n"),
	FIELD_BAD("R16 a field hidden behind a bare CR",
		  "X: a\rContent-Length: 5\r\n"),
	REFUSED("R16 bare CR as empty line", 400, GET HOST "\r" GET),
	REFUSED("R16 CR CR LF as empty line", 400, GET HOST "\r\r\n"),
	REFUSED("R17 space before the first field line", 400,
		GET " Host: a\r\n\r\n"),
	REFUSED("R17 tab before the first field line", 400,
		GET "\tHost: a\r\n\r\n"),
	REFUSED("R17 a line of white space first", 400,
		GET " \r\nHost: a\r\n\r\n"),
	REFUSED("R17 1.0: space before the first field line", 400,
		GET_1_0 " X: a\r\n\r\n"),

	/* --- The request line --- */
	LINE_BAD("R18 two spaces after the method", "GET  / HTTP/1.1"),
	LINE_BAD("R18 two spaces before the version", "GET /  HTTP/1.1"),
	LINE_BAD("R18 space after the version", "GET / HTTP/1.1 "),
	LINE_BAD("R18 space before the method", " GET / HTTP/1.1"),
	LINE_BAD("R18 tab after the method", "GET\t/ HTTP/1.1"),
	LINE_BAD("R18 tab before the version", "GET /\tHTTP/1.1"),
	LINE_BAD("R18 tab after the version", "GET / HTTP/1.1\t"),
	LINE_BAD("R18 tab beside the space", "GET \t/ HTTP/1.1"),
	LINE_BAD("R18 vertical tab after the method", "GET\v/ HTTP/1.1"),
	LINE_BAD("R18 form feed after the method", "GET\f/ HTTP/1.1"),
	LINE_BAD("R18 no-break space after the method", "GET\xa0/ HTTP/1.1"),
	LINE_BAD("R18 no target", "GET HTTP/1.1"),
	LINE_BAD("R18 an empty target", "GET  HTTP/1.1"),
	LINE_BAD("R18 a space in the target", "GET /a b HTTP/1.1"),
	LINE_BAD("R18 a version in the target", "GET / HTTP/1.1 HTTP/1.1"),
	LINE_BAD("R18 no space after the method", "GET/ HTTP/1.1"),
	LINE_BAD("R18 no space before the version", "GET /HTTP/1.1"),
	LINE_BAD("R18 the method alone", "GET"),
	LINE_BAD("R18 the method and a space", "GET "),
	LINE_BAD("R18 no version but its space", "GET / "),
	LINE_BAD("R18 the version alone", "HTTP/1.1"),
	LINE_BAD("R18 a space alone", " "),
	LINE_BAD("R18 a comma", "GET,/,HTTP/1.1"),

	/* --- The target --- */
	TARGET_OK("R01 origin-form", "/index.html"),
	TARGET_OK("R01 origin-form", "/a/b/../c;v=1?x=1&y=%20/?"),
	TARGET_OK("R01 origin-form", "//"),
	TARGET_OK("R01 origin-form", "//example.com/x"),
	TARGET_OK("R01 origin-form", "/?"),
	TARGET_OK("R01 origin-form", "/*"),
	TARGET_OK("R01 origin-form", "/http://u@h:99999/"),
	TARGET_OK("R01 origin-form", "/%"),
	TARGET_OK("R01 origin-form", "/%00%zz"),
	TARGET_OK("R01 origin-form", "/<>\"{}|\\^`[]"),
	TARGET_OK("R01 origin-form", "/HTTP/1.1"),
	LINE_BAD("R24 a fragment in origin-form", "GET /a#b HTTP/1.1"),
	LINE_BAD("R24 an empty fragment", "GET /# HTTP/1.1"),
	LINE_BAD("R24 a fragment after the query", "GET /?a#b HTTP/1.1"),
	LINE_BAD("R24 a fragment in absolute-form", "GET http://a/#b HTTP/1.1"),
	LINE_BAD("R24 a fragment after a host", "GET http://a#b HTTP/1.1"),
	LINE_BAD("R24 NUL in the target", "GET /a\0b HTTP/1.1"),
	LINE_BAD("R24 NUL after the target", "GET /\0 HTTP/1.1"),
	LINE_BAD("R24 a control in the target", "GET /a\1b HTTP/1.1"),
	LINE_BAD("R24 ESC in the target", "GET /\x1b[2J HTTP/1.1"),
	LINE_BAD("R24 DEL in the target", "GET /\x7f HTTP/1.1"),
	LINE_BAD("R24 tab in the target", "GET /a\tb HTTP/1.1"),
	LINE_BAD("R24 UTF-8 in the target", "GET /\xc3\xa4 HTTP/1.1"),
	LINE_BAD("R24 Latin-1 in the query", "GET /?\xe4 HTTP/1.1"),
	LINE_BAD("R24 octet 0xff in the target", "GET /\xff HTTP/1.1"),
	TARGET_OK("R21 absolute-form", "http://a"),
	TARGET_OK("R21 absolute-form", "http://a/"),
	TARGET_OK("R21 absolute-form", "http://b/c?d"),
	TARGET_OK("R21 absolute-form", "http://a?b"),
	TARGET_OK("R21 absolute-form", "http://a:80"),
	TARGET_OK("R21 absolute-form", "http://a:80/b"),
	TARGET_OK("R21 absolute-form", "http://a:/"),
	TARGET_OK("R21 absolute-form", "http://a:0/"),
	TARGET_OK("R21 absolute-form", "http://a:65535?b"),
	TARGET_OK("R21 absolute-form", "http://192.0.2.1/"),
	TARGET_OK("R21 absolute-form", "http://[2001:db8::1]:8000/"),
	TARGET_OK("R21 absolute-form", "http://[::]"),
	TARGET_OK("R21 absolute-form", "http://a%41b/"),
	TARGET_OK("R21 absolute-form", "https://a/"),
	TARGET_OK("R21 absolute-form", "https://a:443"),
	TARGET_OK("R21 absolute-form", "HTTP://A/"),
	TARGET_OK("R21 absolute-form", "hTtPs://a/"),
	TARGET_OK("R21 absolute-form", "http://a/@b:c"),
	TARGET_OK("R21 absolute-form", "http://a?@b:c/d"),
	TARGET_OK("R21 absolute-form", "http://a//b"),
	COMPLETE("R21 absolute-form in 1.0 needs no Host", GET, NONE,
		 HTTP_1_0 | CLOSES, "GET http://a/ HTTP/1.0\r\n\r\n", ""),
	COMPLETE("R21 absolute-form beside another Host", GET, NONE, 0,
		 "GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", ""),
	COMPLETE("R21 absolute-form beside an empty Host", GET, NONE, 0,
		 "GET http://a/ HTTP/1.1\r\nHost:\r\n\r\n", ""),
	COMPLETE("R21 absolute-form of POST", POST, NONE, 0,
		 LINE("POST http://a/ HTTP/1.1"), ""),
	COMPLETE("R21 absolute-form of OPTIONS", OPTIONS, NONE, 0,
		 LINE("OPTIONS http://a/ HTTP/1.1"), ""),
	COMPLETE("R21 absolute-form of an unknown method", UNKNOWN, NONE, 0,
		 LINE("get http://a/ HTTP/1.1"), ""),
	REFUSED("R25 absolute-form without Host", 400,
		"GET http://a/ HTTP/1.1\r\n\r\n"),
	REFUSED("R26 absolute-form with an invalid Host", 400,
		"GET http://a/ HTTP/1.1\r\nHost: a/b\r\n\r\n"),
	TARGET_BAD("R21 no absolute-form", "http://"),
	TARGET_BAD("R21 no absolute-form", "http:///"),
	TARGET_BAD("R21 no absolute-form", "http://?"),
	TARGET_BAD("R21 no absolute-form", "http://:80/"),
	TARGET_BAD("R21 no absolute-form", "http:/"),
	TARGET_BAD("R21 no absolute-form", "http:/a"),
	TARGET_BAD("R21 no absolute-form", "http:a"),
	TARGET_BAD("R21 no absolute-form", "http:"),
	TARGET_BAD("R21 no absolute-form", "http"),
	TARGET_BAD("R21 no absolute-form", "https:///"),
	TARGET_BAD("R21 no absolute-form", "httpss://a/"),
	TARGET_BAD("R21 no absolute-form", "htt://a/"),
	TARGET_BAD("R21 no absolute-form", "ftp://a/"),
	TARGET_BAD("R21 no absolute-form", "ws://a/"),
	TARGET_BAD("R21 no absolute-form", "file:///etc/passwd"),
	TARGET_BAD("R21 no absolute-form", "urn:a:b"),
	TARGET_BAD("R21 no absolute-form", "mailto:a@b"),
	TARGET_BAD("R21 no absolute-form", "://a/"),
	TARGET_BAD("R21 no absolute-form", "http://u@a/"),
	TARGET_BAD("R21 no absolute-form", "http://u:p@a:80/"),
	TARGET_BAD("R21 no absolute-form", "http://@a/"),
	TARGET_BAD("R21 no absolute-form", "http://a:65536/"),
	TARGET_BAD("R21 no absolute-form", "http://a:80b/"),
	TARGET_BAD("R21 no absolute-form", "http://a:-1/"),
	TARGET_BAD("R21 no absolute-form", "http://a:80:80/"),
	TARGET_BAD("R21 no absolute-form", "http://a%/"),
	TARGET_BAD("R21 no absolute-form", "http://a%4g/"),
	TARGET_BAD("R21 no absolute-form", "http://a\"b/"),
	TARGET_BAD("R21 no absolute-form", "http://a\\b/"),
	TARGET_BAD("R21 no absolute-form", "http://[::1/"),
	TARGET_BAD("R21 no absolute-form", "http://::1/"),
	TARGET_BAD("R21 no absolute-form", "http://[]/"),
	TARGET_BAD("R21 no absolute-form", "http://[1.2.3.4]/"),
	TARGET_BAD("R21 no absolute-form", "http://[::1]a/"),
	TARGET_BAD("R21 no absolute-form", "http://[::1]80/"),
	TARGET_BAD("R18 no form at all", "index.html"),
	TARGET_BAD("R18 no form at all", "a/b"),
	TARGET_BAD("R18 no form at all", "?a"),
	TARGET_BAD("R18 no form at all", "."),
	TARGET_BAD("R18 no form at all", "\\"),
	COMPLETE("R22 OPTIONS *", OPTIONS, NONE, ASTERISK,
		 LINE("OPTIONS * HTTP/1.1"), ""),
	COMPLETE("R22 OPTIONS * in 1.0", OPTIONS, NONE,
		 ASTERISK | HTTP_1_0 | CLOSES, "OPTIONS * HTTP/1.0\r\n\r\n",
		 ""),
	COMPLETE("R22 OPTIONS * with content", OPTIONS, LENGTH, ASTERISK,
		 "OPTIONS * HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\n",
		 "x"),
	LINE_BAD("R22 GET *", "GET * HTTP/1.1"),
	LINE_BAD("R22 HEAD *", "HEAD * HTTP/1.1"),
	LINE_BAD("R22 POST *", "POST * HTTP/1.1"),
	LINE_BAD("R22 TRACE *", "TRACE * HTTP/1.1"),
	LINE_BAD("R22 options *", "options * HTTP/1.1"),
	LINE_BAD("R22 an unknown method with *", "FOO * HTTP/1.1"),
	LINE_BAD("R22 OPTIONS **", "OPTIONS ** HTTP/1.1"),
	LINE_BAD("R22 OPTIONS */", "OPTIONS */ HTTP/1.1"),
	LINE_BAD("R22 OPTIONS *?", "OPTIONS *? HTTP/1.1"),
	LINE_BAD("R22 OPTIONS * a", "OPTIONS * a HTTP/1.1"),
	CONNECT_OK("*a:1"), /* a host, no asterisk-form */
	CONNECT_OK("a:1"),
	CONNECT_OK("a:443"),
	CONNECT_OK("example.com:65535"),
	CONNECT_OK("192.0.2.1:80"),
	CONNECT_OK("[::1]:443"),
	CONNECT_OK("[v1.a]:443"),
	CONNECT_OK("a%20b:80"),
	COMPLETE("R23 authority-form in 1.0", CONNECT, NONE, HTTP_1_0 | CLOSES,
		 "CONNECT a:80 HTTP/1.0\r\n\r\n", ""),
	CONNECT_BAD("a"),
	CONNECT_BAD("a:"),
	CONNECT_BAD(":80"),
	CONNECT_BAD(":"),
	CONNECT_BAD("a:0"),
	CONNECT_BAD("a:000"),
	CONNECT_BAD("a:65536"),
	CONNECT_BAD("a:99999999999999999999999"),
	CONNECT_BAD("a:18446744073709551617"),
	CONNECT_BAD("a:4294967297"),
	CONNECT_BAD("a:x"),
	CONNECT_BAD("a:80x"),
	CONNECT_BAD("a:+80"),
	CONNECT_BAD("a:80:80"),
	CONNECT_BAD("a:80/"),
	CONNECT_BAD("a:80?b"),
	CONNECT_BAD("u@a:80"),
	CONNECT_BAD("u:p@a:80"),
	CONNECT_BAD("/"),
	CONNECT_BAD("*"),
	CONNECT_BAD("http://a:80"),
	CONNECT_BAD("http://a:80/"),
	CONNECT_BAD("[::1]"),
	CONNECT_BAD("[::1]:"),
	CONNECT_BAD("[::1]:0"),
	CONNECT_BAD("::1:80"),
	CONNECT_BAD("[::1:80"),
	CONNECT_BAD("[]:80"),
	CONNECT_BAD("a%2:80"),
	LINE_BAD("R23 GET with authority-form", "GET a:80 HTTP/1.1"),
	LINE_BAD("R23 POST with authority-form", "POST a:80 HTTP/1.1"),
	LINE_BAD("R23 OPTIONS with authority-form", "OPTIONS a:80 HTTP/1.1"),
	LINE_BAD("R23 connect with authority-form", "connect a:80 HTTP/1.1"),
	REFUSED("R25 CONNECT without Host", 400,
		"CONNECT a:80 HTTP/1.1\r\n\r\n"),

	/* --- Host --- */
	REFUSED("R25 1.1 without Host", 400, GET "\r\n"),
	REFUSED("R25 1.1 with other fields only", 400,
		GET "X-Host: a\r\nHosts: b\r\nHos: c\r\n\r\n"),
	COMPLETE("R25 1.0 with Host", GET, NONE, HTTP_1_0 | CLOSES,
		 GET_1_0 HOST "\r\n", ""),
	COMPLETE("R25 host, in any case", GET, NONE, 0, GET "hOsT: a\r\n\r\n",
		 ""),
	COMPLETE("R25 Host as the last field", GET, NONE, 0,
		 GET "X: a\r\n" HOST "\r\n", ""),
	REFUSED("R26 two Host lines", 400, GET HOST "Host: b\r\n\r\n"),
	REFUSED("R26 the same Host twice", 400, GET HOST HOST "\r\n"),
	REFUSED("R26 two empty Host lines", 400, GET "Host:\r\nHost:\r\n\r\n"),
	REFUSED("R26 two Host lines in any case", 400,
		GET HOST "X: y\r\nhOST: a\r\n\r\n"),
	REFUSED("R26 two Host lines in 1.0", 400, GET_1_0 HOST HOST "\r\n"),
	REFUSED("R26 an invalid Host in 1.0", 400, GET_1_0 "Host: a b\r\n\r\n"),
	HOST_OK(""),
	HOST_OK("  "),
	HOST_OK("\t"),
	HOST_OK("a"),
	HOST_OK(" a\t "),
	HOST_OK("example.com"),
	HOST_OK("example.com."),
	HOST_OK("EXAMPLE.com:8000"),
	HOST_OK("a:"),
	HOST_OK("a:0"),
	HOST_OK("a:00080"),
	HOST_OK("a:65535"),
	HOST_OK("_a-b~c.d"),
	HOST_OK("a,b"),
	HOST_OK("!$&'()*+,;="),
	HOST_OK("%41"),
	HOST_OK("a%2fb%aF:1"),
	HOST_OK("%00"),
	HOST_OK("xn--bcher-kva.example"),
	HOST_OK("127.0.0.1"),
	HOST_OK("127.0.0.1:8000"),
	HOST_OK("999.999.999.999"),
	HOST_OK("1.2.3"),
	HOST_OK("0x7f.1"),
	HOST_OK("[::]"),
	HOST_OK("[::1]"),
	HOST_OK("[::1]:"),
	HOST_OK("[::1]:8000"),
	HOST_OK("[1::]"),
	HOST_OK("[1:2:3:4:5:6:7:8]"),
	HOST_OK("[ABCD:ef01:2345:6789:abcd:EF01:2345:6789]"),
	HOST_OK("[0001:0:00:000:0000:0:0:0]"),
	HOST_OK("[1:2:3:4:5:6:7::]"),
	HOST_OK("[::2:3:4:5:6:7:8]"),
	HOST_OK("[1:2:3::5:6:7:8]"),
	HOST_OK("[1:2:3:4:5:6:1.2.3.4]"),
	HOST_OK("[::1.2.3.4]"),
	HOST_OK("[::ffff:255.255.255.255]"),
	HOST_OK("[1:2:3:4:5::0.0.0.0]"),
	HOST_OK("[v1.a]"),
	HOST_OK("[V1.a]"),
	HOST_OK("[vF0.a:b]:80"),
	HOST_OK("[v1.~!$&'()*+,;=:-._]"),
	HOST_BAD(":80"),
	HOST_BAD(":"),
	HOST_BAD("a b"),
	HOST_BAD("a\tb"),
	HOST_BAD("a/"),
	HOST_BAD("http://a"),
	HOST_BAD("a/b"),
	HOST_BAD("a?b"),
	HOST_BAD("u@a"),
	HOST_BAD("u:p@a"),
	HOST_BAD("@"),
	HOST_BAD("a\\b"),
	HOST_BAD("\"a\""),
	HOST_BAD("<a>"),
	HOST_BAD("{a}"),
	HOST_BAD("a|b"),
	HOST_BAD("a^b"),
	HOST_BAD("a`b"),
	HOST_BAD("\xc3\xa4"),
	HOST_BAD("a\xff"),
	HOST_BAD("%"),
	HOST_BAD("a%"),
	HOST_BAD("a%4"),
	HOST_BAD("a%4:80"),
	HOST_BAD("a%g0"),
	HOST_BAD("a%0g"),
	HOST_BAD("%%41"),
	HOST_BAD("a:65536"),
	HOST_BAD("a:99999"),
	HOST_BAD("a:4294967376"),
	HOST_BAD("a:18446744073709551696"),
	HOST_BAD("a:-1"),
	HOST_BAD("a:+1"),
	HOST_BAD("a:x"),
	HOST_BAD("a:8o"),
	HOST_BAD("a:0x50"),
	HOST_BAD("a: 80"),
	HOST_BAD("a :80"),
	HOST_BAD("a:80:80"),
	HOST_BAD("a::80"),
	HOST_BAD("::"),
	HOST_BAD("::1"),
	HOST_BAD("1:2:3:4:5:6:7:8"),
	HOST_BAD("[]"),
	HOST_BAD("[]:80"),
	HOST_BAD("["),
	HOST_BAD("]"),
	HOST_BAD("[::1"),
	HOST_BAD("::1]"),
	HOST_BAD("a[::1]"),
	HOST_BAD("[::1]a"),
	HOST_BAD("[::1]80"),
	HOST_BAD("[::1]:x"),
	HOST_BAD("[::1]:65536"),
	HOST_BAD("[::1]]"),
	HOST_BAD("[[::1]]"),
	HOST_BAD("[::1][::1]"),
	HOST_BAD("[ ::1]"),
	HOST_BAD("[::1 ]"),
	HOST_BAD("[:]"),
	HOST_BAD("[:::]"),
	HOST_BAD("[1]"),
	HOST_BAD("[a]"),
	HOST_BAD("[1:2:3:4:5:6:7]"),
	HOST_BAD("[1:2:3:4:5:6:7:]"),
	HOST_BAD("[:2:3:4:5:6:7:8]"),
	HOST_BAD("[1:2:3:4:5:6:7:8:9]"),
	HOST_BAD("[1:2:3:4:5:6:7:8::]"),
	HOST_BAD("[::1:2:3:4:5:6:7:8]"),
	HOST_BAD("[1:2:3:4::5:6:7:8]"),
	HOST_BAD("[1::2::3]"),
	HOST_BAD("[1:::2]"),
	HOST_BAD("[::12345]"),
	HOST_BAD("[00001::]"),
	HOST_BAD("[::g]"),
	HOST_BAD("[1.2.3.4]"),
	HOST_BAD("[1.2.3.4::]"),
	HOST_BAD("[::1.2.3.4:5]"),
	HOST_BAD("[::1.2.3]"),
	HOST_BAD("[::1.2.3.4.5]"),
	HOST_BAD("[::1.2.3.]"),
	HOST_BAD("[::.2.3.4]"),
	HOST_BAD("[::1..3.4]"),
	HOST_BAD("[::256.2.3.4]"),
	HOST_BAD("[::1.2.3.256]"),
	HOST_BAD("[::01.2.3.4]"),
	HOST_BAD("[::1.2.3.00]"),
	HOST_BAD("[::1.2.3.1000]"),
	HOST_BAD("[::1.2.3.a]"),
	HOST_BAD("[1:2:3:4:5:6:7:1.2.3.4]"),
	HOST_BAD("[1:2:3:4:5:6::1.2.3.4]"),
	HOST_BAD("[fe80::1%eth0]"),
	HOST_BAD("[fe80::1%25eth0]"),
	HOST_BAD("[::1/64]"),
	HOST_BAD("[%3a%3a1]"),
	HOST_BAD("[v.a]"),
	HOST_BAD("[v1.]"),
	HOST_BAD("[v1a]"),
	HOST_BAD("[v1]"),
	HOST_BAD("[v]"),
	HOST_BAD("[vg.a]"),
	HOST_BAD("[1.a]"),
	HOST_BAD("[v1.a/b]"),
	HOST_BAD("[v1.a%41]"),
	HOST_BAD("[v1.a[b]"),
	FIELD_BAD("R26 NUL in Host", "X: y\r\n\0Host: a\r\n"),
	REFUSED("R26 Host with NUL", 400, GET "Host: a\0b\r\n\r\n"),
	REFUSED("R26 a list of hosts", 400, GET "Host: a, b\r\n\r\n"),

	/* --- Field lines --- */
	FIELD_BAD("R27 space before the colon", "X : a\r\n"),
	FIELD_BAD("R27 tab before the colon", "X\t: a\r\n"),
	REFUSED("R27 space after Host", 400, GET "Host : a\r\n\r\n"),
	REFUSED("R27 space after Content-Length", 400,
		POST("Content-Length : 5\r\n")),
	REFUSED("R27 tab after Transfer-Encoding", 400,
		POST("Transfer-Encoding\t: chunked\r\n")),
	FIELD_BAD("R28 an empty name", ": a\r\n"),
	FIELD_BAD("R28 a colon alone", ":\r\n"),
	FIELD_BAD("R28 no colon", "X\r\n"),
	FIELD_BAD("R28 no colon but a space", "X a\r\n"),
	FIELD_BAD("R28 an equals sign", "X=a\r\n"),
	FIELD_BAD("R28 a space in the name", "X Y: a\r\n"),
	FIELD_BAD("R28 parentheses in the name", "X(Y): a\r\n"),
	FIELD_BAD("R28 a quoted name", "\"X\": a\r\n"),
	FIELD_BAD("R28 a slash in the name", "X/Y: a\r\n"),
	FIELD_BAD("R28 braces in the name", "{X}: a\r\n"),
	FIELD_BAD("R28 NUL in the name", "X\0Y: a\r\n"),
	FIELD_BAD("R28 NUL before the colon", "X\0: a\r\n"),
	FIELD_BAD("R28 UTF-8 in the name", "\xc3\xa4: a\r\n"),
	FIELD_BAD("R28 a request line among the fields", "GET /b HTTP/1.1\r\n"),
	FIELD_OK("R28 every mark of a token in the name",
		 "!#$%&'*+-.^_`|~09AZaz: a\r\n"),
	FIELD_OK("R28 a colon in the value", "X:a:b\r\n"),
	FIELD_OK("R28 two colons", "X:: a\r\n"),
	FIELD_BAD("R29 obs-fold with a space", "X: a\r\n b\r\n"),
	FIELD_BAD("R29 obs-fold with a tab", "X: a\r\n\tb\r\n"),
	FIELD_BAD("R29 obs-fold of an empty value", "X:\r\n a\r\n"),
	FIELD_BAD("R29 obs-fold of white space", "X: a\r\n \r\n"),
	FIELD_BAD("R29 a field hidden in obs-fold",
		  "X: a\r\n Content-Length: 5\r\n"),
	REFUSED("R29 obs-fold of Host", 400, GET "Host: a\r\n b\r\n\r\n"),
	FIELD_BAD("R30 NUL in a value", "X: a\0b\r\n"),
	FIELD_BAD("R30 NUL as a value", "X: \0\r\n"),
	FIELD_BAD("R30 NUL at the end of a value", "X: a\0\r\n"),
	FIELD_BAD("R30 a control in a value", "X: a\1b\r\n"),
	FIELD_BAD("R30 ESC in a value", "X: \x1b[2J\r\n"),
	FIELD_BAD("R30 DEL in a value", "X: a\x7f\r\n"),
	FIELD_BAD("R30 vertical tab in a value", "X: a\vb\r\n"),
	FIELD_BAD("R30 form feed before a value", "X:\fa\r\n"),
	FIELD_OK("R30 tab in a value", "X: a\tb\r\n"),
	FIELD_OK("R30 octets above 0x7f in a value", "X: \x80\xa0\xff\r\n"),
	FIELD_OK("R30 UTF-8 in a value", "X: \xe2\x82\xac\r\n"),
	FIELD_OK("R31 no space after the colon", "X:a\r\n"),
	FIELD_OK("R31 white space around a value", "X: \t a \t \r\n"),
	FIELD_OK("R31 an empty value", "X:\r\n"),
	FIELD_OK("R31 a value of white space", "X: \t \r\n"),
	FIELD_OK("R31 a value at the colon of an empty one", "X:\r\nY:\r\n"),
	FIELD_OK("R31 spaces in a value", "X: a  b   c\r\n"),
	FIELD_OK("R31 quotes in a value", "X: \"a\\\"b\r\n"),
	FIELD_OK("R31 the same name often", "X: a\r\nX: b\r\nx: c\r\n"),
	COMPLETE("R31 1.0 without any field", HEAD, NONE, HTTP_1_0 | CLOSES,
		 "HEAD / HTTP/1.0\r\n\r\n", ""),
	FIELD_OK("R32 a browser's request",
		 "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) "
		 "Gecko/20100101 Firefox/128.0\r\n"
		 "Accept: text/html,application/xhtml+xml,application/xml;"
		 "q=0.9,*/*;q=0.8\r\n"
		 "Accept-Language: en-US,en;q=0.5\r\n"
		 "Accept-Encoding: gzip, deflate, br, zstd\r\n"
		 "Connection: keep-alive\r\n"
		 "Cookie: session=0123456789abcdef; theme=dark\r\n"
		 "Upgrade-Insecure-Requests: 1\r\n"
		 "Sec-Fetch-Dest: document\r\n"
		 "Sec-Fetch-Mode: navigate\r\n"
		 "Priority: u=0, i\r\n"),
	FIELD_OK("R55 Upgrade is ignored",
		 "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
		 "HTTP2-Settings: AAMAAABkAAQAAP__\r\n"),
	FIELD_OK("R56 Range is ignored", "Range: bytes=0-0,x\r\n"),
	FIELD_OK("R57 preconditions are ignored",
		 "If-Match: *\r\nIf-None-Match: *\r\n"
		 "If-Modified-Since: never\r\n"),
	INCOMPLETE("R33 a method", "GET"),
	INCOMPLETE("R33 a request line without its end", "GET / HTTP/1.1"),
	INCOMPLETE("R33 a request line with half its end", "GET / HTTP/1.1\r"),
	INCOMPLETE("R33 a request line", GET),
	INCOMPLETE("R33 a field line without its end", GET "Host: a"),
	INCOMPLETE("R33 a field line", GET HOST),
	INCOMPLETE("R33 half the empty line", GET HOST "\r"),
	INCOMPLETE("R33 1.1 without Host so far", GET "X: y\r\n"),

	/* --- Content-Length --- */
	COMPLETE("R34 Content-Length: 5", POST, LENGTH, 0,
		 POST("Content-Length: 5\r\n"), "hello"),
	COMPLETE("R34 Content-Length: 0", POST, NONE, 0,
		 POST("Content-Length: 0\r\n"), ""),
	COMPLETE("R34 Content-Length: 000", POST, NONE, 0,
		 POST("Content-Length: 000\r\n"), ""),
	COMPLETE("R34 Content-Length: 005", POST, LENGTH, 0,
		 POST("Content-Length: 005\r\n"), "hello"),
	COMPLETE("R34 Content-Length with 40 zeros before", POST, LENGTH, 0,
		 POST("Content-Length: "
		      "00000000000000000000000000000000000000005\r\n"),
		 "hello"),
	COMPLETE("R34 Content-Length in any case", POST, LENGTH, 0,
		 POST("cONTENT-lENGTH:5\r\n"), "hello"),
	COMPLETE("R34 white space around Content-Length", POST, LENGTH, 0,
		 POST("Content-Length: \t5 \t\r\n"), "hello"),
	COMPLETE("R34 content that looks like a request", POST, LENGTH, 0,
		 POST("Content-Length: 18\r\n"), "GET / HTTP/1.1\r\n\r\n"),
	COMPLETE("R34 content of line ends and NUL", POST, LENGTH, 0,
		 POST("Content-Length: 6\r\n"), "\r\n\r\n\0\n"),
	COMPLETE("R34 Content-Length in 1.0", POST, LENGTH, HTTP_1_0 | CLOSES,
		 "POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\n", "abc"),
	COMPLETE("R34 content of GET", GET, LENGTH, 0,
		 WITH("Content-Length: 2\r\n"), "ab"),
	COMPLETE("R34 content of HEAD", HEAD, LENGTH, 0,
		 "HEAD / HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n", "ab"),
	COMPLETE("R34 content of an unknown method", UNKNOWN, LENGTH, 0,
		 "FOO / HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n", "ab"),
	COMPLETE("R34 content of CONNECT", CONNECT, LENGTH, CLOSES,
		 "CONNECT a:1 HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n",
		 "ab"),
	COMPLETE("R34 content of TRACE", TRACE, LENGTH, 0,
		 "TRACE / HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n", "ab"),
	LENGTH_BAD("+5"),
	LENGTH_BAD("-1"),
	LENGTH_BAD("-0"),
	LENGTH_BAD("0x5"),
	LENGTH_BAD("5 5"),
	LENGTH_BAD("5\t5"),
	LENGTH_BAD(""),
	LENGTH_BAD(" \t"),
	LENGTH_BAD("5;"),
	LENGTH_BAD("5.0"),
	LENGTH_BAD("5e1"),
	LENGTH_BAD("a"),
	LENGTH_BAD("5a"),
	LENGTH_BAD("\"5\""),
	LENGTH_BAD("1_000"),
	LENGTH_BAD("chunked"),
	LENGTH_BAD("\xb2"),
	LENGTH_BAD("\xd9\xa5"),
	LENGTH_BAD("18446744073709551616"),
	LENGTH_BAD("18446744073709551617"),
	LENGTH_BAD("18446744073709551621"),
	LENGTH_BAD("18446744073709551620"),
	LENGTH_BAD("28446744073709551615"),
	LENGTH_BAD("184467440737095516150"),
	LENGTH_BAD("100000000000000000000000000000000000000000"),
	REFUSED("R34 Content-Length with NUL", 400,
		POST("Content-Length: 5\0\r\n")),
	REFUSED("R34 a bad Content-Length of GET", 400,
		WITH("Content-Length: +0\r\n")),
	REFUSED("R35 two lengths", 400,
		POST("Content-Length: 5\r\nContent-Length: 6\r\n") "hello"),
	REFUSED("R35 two equal lengths", 400,
		POST("Content-Length: 5\r\nContent-Length: 5\r\n") "hello"),
	REFUSED("R35 two equal lengths apart", 400,
		POST("Content-Length: 5\r\nX: y\r\ncontent-length: 5\r\n")),
	REFUSED("R35 two lengths of 0", 400,
		POST("Content-Length: 0\r\nContent-Length: 0\r\n")),
	REFUSED("R35 a list of equal lengths", 400,
		POST("Content-Length: 5, 5\r\n") "hello"),
	REFUSED("R35 a list of lengths", 400, POST("Content-Length: 5,6\r\n")),
	REFUSED("R35 a list of a length and nothing", 400,
		POST("Content-Length: 5,\r\n")),
	REFUSED("R35 a list of nothing and a length", 400,
		POST("Content-Length: ,5\r\n")),
	COMPLETE("R44 POST without a length", POST, NONE, 0, POST(""), ""),
	COMPLETE("R44 names that are like Content-Length", POST, NONE, 0,
		 POST("Content-Lengths: 5\r\nContent-Lengt: 5\r\n"
		      "X-Content-Length: x\r\nContent_Length: 5\r\n"),
		 ""),
	COMPLETE("R44 names that are like Transfer-Encoding", POST, NONE, 0,
		 POST("Transfer-Encodings: chunked\r\nTE: chunked\r\n"
		      "Transfer-Encodin: chunked\r\n"
		      "Content-Encoding: chunked\r\n"),
		 ""),
	INCOMPLETE_CONTENT("R45 no content yet", POST("Content-Length: 5\r\n"),
			   ""),
	INCOMPLETE_CONTENT("R45 content cut short",
			   POST("Content-Length: 5\r\n"), "hell"),
	INCOMPLETE_CONTENT("R45 no chunk yet", CHUNKED, ""),
	INCOMPLETE_CONTENT("R45 a chunk size cut short", CHUNKED, "5"),
	INCOMPLETE_CONTENT("R45 a chunk cut short", CHUNKED, "5\r\nhell"),
	INCOMPLETE_CONTENT("R45 a chunk without its end", CHUNKED,
			   "5\r\nhello"),
	INCOMPLETE_CONTENT("R45 no last chunk", CHUNKED, "5\r\nhello\r\n"),
	INCOMPLETE_CONTENT("R45 the last chunk cut short", CHUNKED, "0\r\n"),
	INCOMPLETE_CONTENT("R45 the last CR", CHUNKED, "0\r\n\r"),
	INCOMPLETE_CONTENT("R45 a trailer line", CHUNKED, "0\r\nX: y\r\n"),
	INCOMPLETE_CONTENT("R46 as much content as is allowed",
			   POST("Content-Length: 1048576\r\n"), "x"),
	REFUSED_CONTENT("R46 more content than is allowed", 413,
			POST("Content-Length: 1048577\r\n"), ""),
	REFUSED_CONTENT("R46 content of 2^32 octets", 413,
			POST("Content-Length: 4294967296\r\n"), ""),
	REFUSED_CONTENT("R46 content of 2^63 octets", 413,
			POST("Content-Length: 9223372036854775808\r\n"), ""),
	REFUSED_CONTENT("R46 content of 2^64-1 octets", 413,
			POST("Content-Length: 18446744073709551615\r\n"), ""),
	INCOMPLETE_CONTENT("R46 a chunk as large as is allowed", CHUNKED,
			   "100000\r\nx"),
	REFUSED_CONTENT("R46 a chunk larger than is allowed", 413, CHUNKED,
			"100001\r\n"),
	REFUSED_CONTENT("R46 a chunk of 2^32 octets", 413, CHUNKED,
			"100000000\r\n"),
	REFUSED_CONTENT("R46 a chunk of 2^64-1 octets", 413, CHUNKED,
			"FFFFFFFFFFFFFFFF\r\n"),
	REFUSED_CONTENT("R46 a second chunk goes beyond", 413, CHUNKED,
			"5\r\nhello\r\nfffff\r\n"),
	REFUSED_CONTENT("R46 a second chunk of 2^64-5 octets", 413, CHUNKED,
			"5\r\nhello\r\nfffffffffffffffb\r\n"),

	/* --- Chunked --- */
	CHUNKS_OK("R36 no chunk", "0\r\n\r\n"),
	CHUNKS_OK("R36 one chunk", "5\r\nhello\r\n0\r\n\r\n"),
	CHUNKS_OK("R36 three chunks",
		  "1\r\na\r\n2\r\nbc\r\n3\r\ndef\r\n0\r\n\r\n"),
	CHUNKS_OK("R36 a size in lower case", "b\r\nhello world\r\n0\r\n\r\n"),
	CHUNKS_OK("R36 a size in upper case", "B\r\nhello world\r\n0\r\n\r\n"),
	CHUNKS_OK("R36 a size of two digits",
		  "1a\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n"),
	CHUNKS_OK("R36 a size with zeros before",
		  "0000005\r\nhello\r\n0\r\n\r\n"),
	CHUNKS_OK("R36 a size of 16 digits",
		  "0000000000000005\r\nhello\r\n0\r\n\r\n"),
	CHUNKS_OK("R36 a last chunk of many zeros",
		  "5\r\nhello\r\n0000\r\n\r\n"),
	CHUNKS_OK("R36 a chunk that looks like the last one",
		  "5\r\n0\r\n\r\n\r\n0\r\n\r\n"),
	CHUNKS_OK("R36 a chunk of NUL and LF", "3\r\n\0\n\r\r\n0\r\n\r\n"),
	COMPLETE("R36 chunked in any case", POST, CHUNKED, 0,
		 POST("tRANSFER-eNCODING:CHUNKed\r\n"), "0\r\n\r\n"),
	COMPLETE("R36 white space around chunked", POST, CHUNKED, 0,
		 POST("Transfer-Encoding:\t chunked \t\r\n"), "0\r\n\r\n"),
	COMPLETE("R36 chunks of GET", GET, CHUNKED, 0,
		 WITH("Transfer-Encoding: chunked\r\n"), "1\r\nx\r\n0\r\n\r\n"),
	COMPLETE("R36 chunks of 1.2", POST, CHUNKED, 0,
		 "POST / HTTP/1.2\r\n" HOST
		 "Transfer-Encoding: chunked\r\n\r\n",
		 "0\r\n\r\n"),
	CHUNKS_BAD("R36 a size of 2^64", "10000000000000000\r\n"),
	CHUNKS_BAD("R36 a size of 2^64+5", "10000000000000005\r\nhello\r\n"),
	CHUNKS_BAD("R36 a size of 2^68+5", "100000000000000005\r\nhello\r\n"),
	CHUNKS_BAD("R36 a size of 32 digits",
		   "ffffffffffffffffffffffffffffffff\r\n"),
	EXTENSION_OK(";a"),
	EXTENSION_OK(";a=b"),
	EXTENSION_OK(";a=b;c;d=e"),
	EXTENSION_OK(";a=\"b\""),
	EXTENSION_OK(";a=\"\""),
	EXTENSION_OK(";a=\"b;c=d, \t\""),
	EXTENSION_OK(";a=\"b\\\"c\\\\\""),
	EXTENSION_OK(";a=\"b\";c"),
	EXTENSION_OK(";a=\"\x80\xff\""),
	EXTENSION_OK(" ;a"),
	EXTENSION_OK("\t; a = b ;\tc"),
	EXTENSION_OK(";0=5"),
	EXTENSION_BAD(";"),
	EXTENSION_BAD(";;"),
	EXTENSION_BAD("; "),
	EXTENSION_BAD(";=b"),
	EXTENSION_BAD(";a="),
	EXTENSION_BAD(";a=b=c"),
	EXTENSION_BAD(";a b"),
	EXTENSION_BAD(";a "),
	EXTENSION_BAD(";a=b "),
	EXTENSION_BAD(";a=\"b"),
	EXTENSION_BAD(";a=\"b\"c"),
	EXTENSION_BAD(";a=\"b\\\""),
	EXTENSION_BAD(";a=\"\x01\""),
	EXTENSION_BAD(";a=\"\\\x7f\""),
	EXTENSION_BAD(";\"a\""),
	EXTENSION_BAD(";a,b"),
	EXTENSION_BAD(" a"),
	EXTENSION_BAD(",a"),
	CHUNKS_BAD("R37 NUL in an extension", "5;a\0b\r\nhello\r\n0\r\n\r\n"),
	CHUNKS_BAD("R37 NUL in a quoted extension",
		   "5;a=\"\0\"\r\nhello\r\n0\r\n\r\n"),
	CHUNKS_BAD("R16 bare LF after an extension", "5;a\nhello\r\n0\r\n\r\n"),
	CHUNKS_BAD("R16 bare LF in a quoted extension",
		   "5;a=\"\n\"\r\nhello\r\n0\r\n\r\n"),
	CHUNKS_BAD("R16 bare CR in an extension",
		   "5;a\rb\r\nhello\r\n0\r\n\r\n"),
	CHUNKS_BAD("R16 CR CR LF after an extension",
		   "5;a\r\r\nhello\r\n0\r\n\r\n"),
	CHUNKS_BAD("R16 bare LF after a chunk size", "5\nhello\r\n0\r\n\r\n"),
	CHUNKS_BAD("R16 bare CR after a chunk size", "5\rhello\r\n0\r\n\r\n"),
	CHUNKS_BAD("R16 CR CR LF after a chunk size",
		   "5\r\r\nhello\r\n0\r\n\r\n"),
	CHUNKS_BAD("R16 bare LF after a chunk", "5\r\nhello\n0\r\n\r\n"),
	CHUNKS_BAD("R16 bare CR after a chunk", "5\r\nhello\r0\r\n\r\n"),
	CHUNKS_BAD("R16 bare LF after the last chunk", "0\n\r\n"),
	CHUNKS_BAD("R16 bare LF at the end", "0\r\n\n"),
	CHUNKS_BAD("R16 bare CR at the end", "0\r\n\rX"),
	CHUNKS_BAD("R16 bare LF after a trailer line", "0\r\nX: y\n\r\n"),
	CHUNKS_BAD("R16 bare CR in a trailer line", "0\r\nX: y\rz\r\n\r\n"),
	CHUNKS_BAD("R16 bare LF after the trailer", "0\r\nX: y\r\n\n"),
	CHUNKS_BAD("R39 no chunk size", "\r\nhello\r\n0\r\n\r\n"),
	CHUNKS_BAD("R39 an empty line before the last chunk",
		   "5\r\nhello\r\n\r\n0\r\n\r\n"),
	CHUNKS_BAD("R39 content that is not chunked", "hello"),
	CHUNKS_BAD("R39 a size of -1", "-1\r\nhello\r\n0\r\n\r\n"),
	CHUNKS_BAD("R39 a size of +5", "+5\r\nhello\r\n0\r\n\r\n"),
	CHUNKS_BAD("R39 a size of 0x5", "0x5\r\nhello\r\n0\r\n\r\n"),
	CHUNKS_BAD("R39 a size of 5h", "5h\r\nhello\r\n0\r\n\r\n"),
	CHUNKS_BAD("R39 a size of 5.0", "5.0\r\nhello\r\n0\r\n\r\n"),
	CHUNKS_BAD("R39 a size of g", "g\r\nhello\r\n0\r\n\r\n"),
	CHUNKS_BAD("R39 a size of \"5\"", "\"5\"\r\nhello\r\n0\r\n\r\n"),
	CHUNKS_BAD("R39 space before a size", " 5\r\nhello\r\n0\r\n\r\n"),
	CHUNKS_BAD("R39 tab before a size", "\t5\r\nhello\r\n0\r\n\r\n"),
	CHUNKS_BAD("R39 space after a size", "5 \r\nhello\r\n0\r\n\r\n"),
	CHUNKS_BAD("R39 tab after a size", "5\t\r\nhello\r\n0\r\n\r\n"),
	CHUNKS_BAD("R39 space in a size", "0 5\r\nhello\r\n0\r\n\r\n"),
	CHUNKS_BAD("R39 space after the last chunk", "0 \r\n\r\n"),
	CHUNKS_BAD("R39 an extension without a size",
		   ";a\r\nhello\r\n0\r\n\r\n"),
	CHUNKS_BAD("R39 NUL in a size", "5\0\r\nhello\r\n0\r\n\r\n"),
	CHUNKS_BAD("R39 a fullwidth digit", "\xef\xbc\x95\r\nhello\r\n"),
	CHUNKS_BAD("R39 a chunk longer than its size",
		   "5\r\nhello!\r\n0\r\n\r\n"),
	CHUNKS_BAD("R39 a chunk shorter than its size",
		   "5\r\nhell\r\n0\r\n\r\n"),
	CHUNKS_BAD("R39 no line end after a chunk", "5\r\nhello0\r\n\r\n"),
	CHUNKS_BAD("R39 the next request instead of a chunk",
		   "5\r\nhello\r\nGET / HTTP/1.1\r\n"),
	CHUNKS_OK("R38 a trailer line", "0\r\nX: y\r\n\r\n"),
	CHUNKS_OK("R38 two trailer lines after a chunk",
		  "1\r\na\r\n0\r\nX: y\r\nZ:\r\n\r\n"),
	CHUNKS_OK("R38 white space and octets above 0x7f in a trailer value",
		  "0\r\nX: \t\xff \t\r\n\r\n"),
	CHUNKS_OK("R38 trailer names close to those that frame",
		  "0\r\nContent-Lengt: 5\r\nContent-Lengths: 5\r\n"
		  "Transfer-Encodin: a\r\nTransfer-Encodings: a\r\n"
		  "Content-Encoding: a\r\nTransfer-Length: 5\r\n\r\n"),
	CHUNKS_OK("R38 Host in the trailer is not merged",
		  "0\r\nHost: a b\r\nHost: c\r\n\r\n"),
	CHUNKS_OK("R38 Connection in the trailer is not merged",
		  "0\r\nConnection: close\r\n\r\n"),
	CHUNKS_OK("R38 Expect in the trailer is not merged",
		  "0\r\nExpect: nothing\r\n\r\n"),
	CHUNKS_BAD("R38 Content-Length in the trailer",
		   "0\r\nContent-Length: 5\r\n\r\n"),
	CHUNKS_BAD("R38 Transfer-Encoding in the trailer",
		   "0\r\nTransfer-Encoding: chunked\r\n\r\n"),
	CHUNKS_BAD("R38 what frames a message in the trailer, in any case",
		   "0\r\nconTENT-lENGTH:\r\n\r\n"),
	CHUNKS_BAD("R38 what frames a message in the trailer, behind others",
		   "0\r\nX: y\r\nTransfer: a\r\ntransfer-encoding:a\r\n\r\n"),
	CHUNKS_BAD("R38 no colon in the trailer", "0\r\nX\r\n\r\n"),
	CHUNKS_BAD("R38 an empty name in the trailer", "0\r\n: y\r\n\r\n"),
	CHUNKS_BAD("R38 space before a trailer's colon", "0\r\nX : y\r\n\r\n"),
	CHUNKS_BAD("R38 a trailer name that is no token", "0\r\nX@: y\r\n\r\n"),
	CHUNKS_BAD("R38 space before a trailer line", "0\r\n X: y\r\n\r\n"),
	CHUNKS_BAD("R38 obs-fold in the trailer", "0\r\nX: y\r\n z\r\n\r\n"),
	CHUNKS_BAD("R38 NUL in a trailer value", "0\r\nX: \0\r\n\r\n"),
	CHUNKS_BAD("R38 a control in a trailer value", "0\r\nX: \1\r\n\r\n"),
	CHUNKS_BAD("R38 the next request as a trailer",
		   "0\r\nGET / HTTP/1.1\r\n\r\n"),

	/* --- Transfer-Encoding --- */
	REFUSED("R40 Transfer-Encoding, then Content-Length", 400,
		POST("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")),
	REFUSED("R40 Content-Length, then Transfer-Encoding", 400,
		POST("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")),
	REFUSED("R40 Content-Length: 0 and Transfer-Encoding", 400,
		POST("Content-Length: 0\r\nX: y\r\n"
		     "transfer-encoding: CHUNKED\r\n")),
	REFUSED("R40 Content-Length and an unknown coding", 400,
		POST("Content-Length: 5\r\nTransfer-Encoding: gzip\r\n")),
	REFUSED("R40 Content-Length and an empty Transfer-Encoding", 400,
		POST("Content-Length: 5\r\nTransfer-Encoding:\r\n")),
	CODING_REFUSED("R41", 400, "gzip"),
	CODING_REFUSED("R41", 400, "identity"),
	CODING_REFUSED("R41", 400, "chunked, gzip"),
	CODING_REFUSED("R41", 400, "chunked, identity"),
	CODING_REFUSED("R41", 400, ""),
	CODING_REFUSED("R41", 400, " \t"),
	CODING_REFUSED("R41", 400, ","),
	CODING_REFUSED("R41", 400, "chunked,"),
	CODING_REFUSED("R41", 400, ",chunked"),
	CODING_REFUSED("R41", 400, "gzip,, chunked"),
	CODING_REFUSED("R41", 400, "chunked , ,"),
	CODING_REFUSED("R41", 400, "gzip chunked"),
	CODING_REFUSED("R41", 400, "chunked gzip"),
	CODING_REFUSED("R41", 400, "\"chunked\""),
	CODING_REFUSED("R41", 400, "'chunked'"),
	CODING_REFUSED("R41", 400, "chunke"),
	CODING_REFUSED("R41", 400, "chunkedd"),
	CODING_REFUSED("R41", 400, "chunk ed"),
	CODING_REFUSED("R41", 400, "chunked\x80"),
	CODING_REFUSED("R41", 400,
		       "\x80"
		       "chunked"),
	CODING_REFUSED("R41", 400, "gzip;a=\", chunked\""),
	CODING_REFUSED("R42", 400, "xchunked"),
	CODING_REFUSED("R42", 400, "x-chunked"),
	CODING_REFUSED("R42", 400, "chunked;q"),
	CODING_REFUSED("R42", 400, "chunked;q=1"),
	CODING_REFUSED("R42", 400, "chunked;"),
	CODING_REFUSED("R42", 400, "chunked, chunked"),
	CODING_REFUSED("R42", 400, "chunked,CHUNKED"),
	CODING_REFUSED("R42", 400, "chunked, gzip, chunked"),
	CODING_REFUSED("R42", 501, "gzip, chunked"),
	CODING_REFUSED("R42", 501, "gzip,chunked"),
	CODING_REFUSED("R42", 501, "gzip\t,\tchunked"),
	CODING_REFUSED("R42", 501, "x, Chunked"),
	CODING_REFUSED("R42", 501, "identity, chunked"),
	CODING_REFUSED("R42", 501, "gzip, deflate, chunked"),
	CODING_REFUSED("R42", 501, "gzip;q=1, chunked"),
	CODING_REFUSED("R42", 501, "gzip;a=\"b, c\", chunked"),
	REFUSED("R42 gzip and chunked in two lines", 501,
		POST("Transfer-Encoding: gzip\r\nX: y\r\n"
		     "Transfer-Encoding: chunked\r\n")),
	REFUSED("R42 chunked in two lines", 400,
		POST("Transfer-Encoding: chunked\r\n"
		     "Transfer-Encoding: chunked\r\n")),
	REFUSED("R41 chunked and gzip in two lines", 400,
		POST("Transfer-Encoding: chunked\r\n"
		     "Transfer-Encoding: gzip\r\n")),
	REFUSED("R41 chunked and nothing in two lines", 400,
		POST("Transfer-Encoding: chunked\r\n"
		     "Transfer-Encoding:\r\n")),
	REFUSED("R41 bare CR behind chunked", 400,
		POST("Transfer-Encoding: chunked\r,gzip\r\n")),
	REFUSED("R41 vertical tab before chunked", 400,
		POST("Transfer-Encoding:\vchunked\r\n")),
	REFUSED("R41 NUL behind chunked", 400,
		POST("Transfer-Encoding: chunked\0\r\n")),
	REFUSED("R43 chunked in 1.0", 400,
		"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
	REFUSED("R43 chunked in 1.0 with keep-alive", 400,
		"POST / HTTP/1.0\r\nConnection: keep-alive\r\n"
		"Transfer-Encoding: chunked\r\n\r\n"),
	REFUSED("R43 Transfer-Encoding and Content-Length in 1.0", 400,
		"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n"
		"Content-Length: 5\r\n\r\n"),

	/* --- Expect --- */
	EXPECT("100-continue", CONTINUES),
	EXPECT("100-Continue", CONTINUES),
	EXPECT("\t100-CONTINUE ", CONTINUES),
	EXPECT("100-continue, 100-continue", CONTINUES),
	EXPECT("100", EXPECTS_OTHER),
	EXPECT("100-continu", EXPECTS_OTHER),
	EXPECT("100-continues", EXPECTS_OTHER),
	EXPECT("x100-continue", EXPECTS_OTHER),
	EXPECT("100-continue=x", EXPECTS_OTHER),
	EXPECT("200-ok", EXPECTS_OTHER),
	EXPECT("a=\"b, 100-continue\"", EXPECTS_OTHER),
	EXPECT("a=100-continue", EXPECTS_OTHER),
	COMPLETE("R47 no Expect", POST, LENGTH, 0,
		 POST("Content-Length: 2\r\nX-Expect: 100-continue\r\n"), "hi"),
	COMPLETE("R47 100-continue before chunks", POST, CHUNKED, CONTINUES,
		 POST("Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n"),
		 "0\r\n\r\n"),
	COMPLETE("R47 EXPECT in any case", POST, LENGTH, CONTINUES,
		 POST("eXPECT:100-continue\r\nContent-Length: 1\r\n"), "x"),
	COMPLETE("R47 100-continue from 1.0 is ignored", POST, LENGTH,
		 HTTP_1_0 | CLOSES,
		 "POST / HTTP/1.0\r\nExpect: 100-continue\r\n"
		 "Content-Length: 2\r\n\r\n",
		 "hi"),
	COMPLETE("R47 another expectation without content", GET, NONE,
		 EXPECTS_OTHER, WITH("Expect: more\r\n"), ""),

	/* --- Connection --- */
	OPTION_OK("close", CLOSES),
	OPTION_OK("Close", CLOSES),
	OPTION_OK("CLOSE", CLOSES),
	OPTION_OK("\tclose\t", CLOSES),
	OPTION_OK("close, x", CLOSES),
	OPTION_OK("x, close", CLOSES),
	OPTION_OK("x,close,y", CLOSES),
	OPTION_OK("x\t,\tcLoSe\t,\ty", CLOSES),
	OPTION_OK(",close", CLOSES),
	OPTION_OK(", ,close,,", CLOSES),
	OPTION_OK("close, keep-alive", CLOSES),
	OPTION_OK("keep-alive, close", CLOSES),
	OPTION_OK("close, close", CLOSES),
	OPTION_OK("keep-alive", 0),
	OPTION_OK("upgrade", 0),
	OPTION_OK("", 0),
	OPTION_OK(",", 0),
	OPTION_OK("closed", 0),
	OPTION_OK("clos", 0),
	OPTION_OK("xclose", 0),
	OPTION_OK("x-close", 0),
	OPTION_OK("not-close, close-not", 0),
	COMPLETE("R50 close in the second of two lines", GET, NONE, CLOSES,
		 WITH("Connection: keep-alive\r\nConnection: close\r\n"), ""),
	COMPLETE("R50 close in the first of two lines", GET, NONE, CLOSES,
		 WITH("Connection: close\r\nConnection: keep-alive\r\n"), ""),
	COMPLETE("R50 cONNECTION in any case", GET, NONE, CLOSES,
		 WITH("cONNECTION:close\r\n"), ""),
	COMPLETE("R50 close with content", POST, LENGTH, CLOSES,
		 POST("Connection: close\r\nContent-Length: 2\r\n"), "hi"),
	COMPLETE("R50 close with chunks", POST, CHUNKED, CLOSES,
		 POST("Transfer-Encoding: chunked\r\nConnection: close\r\n"),
		 "2\r\nhi\r\n0\r\n\r\n"),
	COMPLETE("R50 close in another field", GET, NONE, 0,
		 WITH("Proxy-Connection: close\r\nKeep-Alive: close\r\n"
		      "Connections: close\r\n"),
		 ""),
	OPTION_1_0("keep-alive", 0),
	OPTION_1_0("Keep-Alive", 0),
	OPTION_1_0("x, KEEP-ALIVE", 0),
	OPTION_1_0("keep-alive,x", 0),
	OPTION_1_0(",keep-alive,", 0),
	OPTION_1_0("close", CLOSES),
	OPTION_1_0("keep-alive, close", CLOSES),
	OPTION_1_0("close, keep-alive", CLOSES),
	OPTION_1_0("", CLOSES),
	OPTION_1_0("keep", CLOSES),
	OPTION_1_0("keep-alives", CLOSES),
	OPTION_1_0("keep alive", CLOSES),
	COMPLETE("R48 1.0 with keep-alive and content", POST, LENGTH, HTTP_1_0,
		 "POST / HTTP/1.0\r\nConnection: keep-alive\r\n"
		 "Content-Length: 2\r\n\r\n",
		 "hi"),
	COMPLETE("R48 1.0 with keep-alive in the second line", GET, NONE,
		 HTTP_1_0,
		 GET_1_0 "Connection: x\r\nConnection: keep-alive\r\n\r\n", ""),
	COMPLETE("R48 1.0 with Keep-Alive and Proxy-Connection only", GET, NONE,
		 HTTP_1_0 | CLOSES,
		 GET_1_0 "Keep-Alive: timeout=5\r\n"
			 "Proxy-Connection: keep-alive\r\n\r\n",
		 ""),

	/* --- What an answer to a refused request needs --- */
	REFUSED_HEAD("HEAD refused for a field", 400,
		     "HEAD / HTTP/1.1\r\n" HOST "X\r\n\r\n"),
	REFUSED_HEAD("HEAD refused for its target", 400,
		     LINE("HEAD x HTTP/1.1")),
	REFUSED_HEAD("HEAD refused for its version", 505,
		     LINE("HEAD / HTTP/2.0")),
	REFUSED_HEAD("HEAD refused for two spaces", 400,
		     LINE("HEAD  / HTTP/1.1")),
	REFUSED_HEAD("HEAD refused for a bare LF", 400,
		     "HEAD / HTTP/1.1\n" HOST "\r\n"),
	REFUSED_HEAD("HEAD refused for NUL", 400, LINE("HEAD /\0 HTTP/1.1")),
	REFUSED_HEAD("HEAD refused without Host", 400,
		     "\r\nHEAD / HTTP/1.1\r\n\r\n"),

	/* --- What goes into the request log --- */
	LOGGED("slices: neither Referer nor User-Agent", "GET / HTTP/1.1", "",
	       "", WITH("")),
	LOGGED("slices: both", "GET /a?b HTTP/1.1", "http://a/", "curl/7.88.1",
	       "GET /a?b HTTP/1.1\r\n" HOST "Referer: http://a/\r\n"
	       "User-Agent: curl/7.88.1\r\n\r\n"),
	LOGGED("slices: in any case and in the other order", "GET / HTTP/1.1",
	       "r", "u", WITH("uSER-aGENT:u\r\nX: y\r\nrEFERER:r\r\n")),
	LOGGED("slices: white space around them", "GET / HTTP/1.1", "a b",
	       "c  d", WITH("Referer: \t a b \t\r\nUser-Agent:\tc  d \r\n")),
	LOGGED("slices: empty ones", "GET / HTTP/1.1", "", "",
	       WITH("Referer:\r\nUser-Agent: \t \r\n")),
	LOGGED("slices: quotes and octets above 0x7f", "GET / HTTP/1.1", "\"\\",
	       "\xff", WITH("Referer: \"\\\r\nUser-Agent: \xff\r\n")),
	LOGGED("slices: names that are like theirs", "GET / HTTP/1.1", "", "",
	       WITH("Referrer: a\r\nReferers: b\r\nUser_Agent: c\r\n"
		    "User-Agents: d\r\nX-Referer: e\r\n")),
	LOGGED("slices: after an empty line", "GET / HTTP/1.1", "r", "u",
	       "\r\n" WITH("Referer: r\r\nUser-Agent: u\r\n")),
	REFUSED_LOGGED("slices: line of a request refused for a field", 400,
		       "GET / HTTP/1.1", WITH("X\r\n")),
	REFUSED_LOGGED("slices: line of a request without Host", 400,
		       "GET /a HTTP/1.1", "GET /a HTTP/1.1\r\n\r\n"),
	REFUSED_LOGGED("slices: line after an empty line", 400,
		       "GET / HTTP/1.1", "\r\n" WITH("X\r\n")),
	REFUSED_LOGGED("slices: line of another version", 505, "GET / HTTP/2.0",
		       LINE("GET / HTTP/2.0")),
	REFUSED_LOGGED("slices: line of HTTP/0.9", 400, "GET /", "GET /\r\n"),
	REFUSED_LOGGED("slices: line that ends in a bare LF", 400,
		       "GET / HTTP/1.1", "GET / HTTP/1.1\n" HOST "\r\n"),
	REFUSED_LOGGED("slices: line that ends in a bare CR", 400,
		       "GET / HTTP/1.1", "\r\nGET / HTTP/1.1\r" HOST "\r\n"),
	REFUSED_LOGGED("slices: line with a bad target", 400, "GET x HTTP/1.1",
		       LINE("GET x HTTP/1.1")),
};

static void test_table(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		check(&cases[i]);
		report(cases[i].name);
	}
}

/* --- Cases that are made: building them --- */

struct text {
	size_t bytes;
	char octets[LENT_BYTES_MAX - sizeof(NEXT)];
};

static void add_octets(struct text *t, const char *octets, size_t bytes)
{
	if (bytes > sizeof(t->octets) - t->bytes)
		abort();
	memcpy(t->octets + t->bytes, octets, bytes);
	t->bytes += bytes;
}

static void add(struct text *t, const char *string)
{
	add_octets(t, string, strlen(string));
}

static void begin(struct text *t, const char *string)
{
	t->bytes = 0;
	add(t, string);
}

static void add_octet(struct text *t, int octet)
{
	char c = (char)octet;

	add_octets(t, &c, 1);
}

static void add_many(struct text *t, char octet, size_t count)
{
	while (count-- > 0)
		add_octet(t, octet);
}

static void __attribute__((format(printf, 2, 3)))
add_format(struct text *t, const char *format, ...)
{
	char string[128];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(string, sizeof(string), format, arguments);
	va_end(arguments);
	add(t, string);
}

/* A case of which the head is all so far; its verdict is not yet set. */
static struct request_case case_of(const struct text *t)
{
	return (struct request_case){.octets = t->octets,
				     .bytes = t->bytes,
				     .head_bytes = t->bytes,
				     .max_bytes = MAX_BODY_BYTES_DEFAULT,
				     .method = REQUEST_METHOD_GET};
}

/* A case of which the naive parser alone tells what must come of it. */
static struct request_case judged(const struct text *t, uint64_t max_bytes)
{
	struct outcome o = naive_read(t->octets, t->bytes, max_bytes);

	return (struct request_case){
		.octets = t->octets,
		.bytes = o.verdict == REQUEST_COMPLETE ? o.used : t->bytes,
		.head_bytes = o.head_bytes,
		.verdict = o.verdict,
		.status = o.status,
		.method = o.method,
		.framing = o.framing,
		.facts = o.facts,
		.max_bytes = max_bytes};
}

/* status 0: it completes. */
static void set_status(struct request_case *c, unsigned status)
{
	c->verdict = status ? REQUEST_REFUSED : REQUEST_COMPLETE;
	c->status = status;
}

/* A head, complete or, if refused, never so. */
static void check_head(const struct text *t, unsigned status)
{
	struct request_case c = case_of(t);

	set_status(&c, status);
	if (status != 0)
		c.head_bytes = 0;
	check(&c);
}

static void check_incomplete_head(const struct text *t)
{
	struct request_case c = case_of(t);

	c.verdict = REQUEST_INCOMPLETE;
	c.head_bytes = 0;
	check(&c);
}

/* A POST with content behind head_bytes octets. */
static void check_content(const struct text *t, size_t head_bytes,
			  enum request_framing framing, uint64_t max_bytes,
			  unsigned status)
{
	struct request_case c = case_of(t);

	set_status(&c, status);
	c.head_bytes = head_bytes;
	c.method = REQUEST_METHOD_POST;
	c.framing = framing;
	c.max_bytes = max_bytes;
	check(&c);
}

static void check_chunks(const char *head, const struct text *chunks,
			 uint64_t max_bytes, unsigned status)
{
	struct text t;

	begin(&t, head);
	add_octets(&t, chunks->octets, chunks->bytes);
	check_content(&t, strlen(head), REQUEST_FRAMING_CHUNKED, max_bytes,
		      status);
}

/* Each limit is tried at limit - 1, limit and limit + 1. */
static unsigned status_beyond(size_t size, size_t limit, unsigned status)
{
	return size > limit ? status : 0;
}

/* --- Limits of the head --- */

/* A request line of that many octets, without its CRLF. */
static void add_request_line(struct text *t, size_t bytes)
{
	add(t, "GET /");
	add_many(t, 'a', bytes - strlen("GET / HTTP/1.1"));
	add(t, " HTTP/1.1");
}

static void check_request_line(const char *before, size_t bytes)
{
	struct text t;

	begin(&t, before);
	add_request_line(&t, bytes);
	add(&t, "\r\n" HOST "\r\n");
	check_head(&t, status_beyond(bytes, REQUEST_LINE_BYTES_MAX, 414));
}

static void test_request_line_limit(void)
{
	check_request_line("", 8000);
	report("R20 a request line of 8,000 octets");
	for (int more = -1; more <= 1; more++) {
		check_request_line("", REQUEST_LINE_BYTES_MAX + more);
		check_request_line("\r\n", REQUEST_LINE_BYTES_MAX + more);
	}
	report("R20 request line: limit - 1, limit, limit + 1");
	check_request_line("", 3 * REQUEST_LINE_BYTES_MAX);
	report("R20 a request line of 24,576 octets");
}

/* The limit holds before the line's end is there, if not to the octet. */
static void test_request_line_without_end(void)
{
	struct text t;

	begin(&t, "GET /");
	add_many(&t, 'a', REQUEST_LINE_BYTES_MAX - t.bytes);
	check_incomplete_head(&t);
	add(&t, "\r");
	check_incomplete_head(&t);
	report("R20 a request line at its limit, without its end");
	t.bytes--;
	add(&t, "aa");
	check_head(&t, 414);
	report("R20 a request line beyond its limit, without its end");
	begin(&t, "");
	add_many(&t, 'G', REQUEST_LINE_BYTES_MAX + 2);
	check_head(&t, 414);
	report("R20 a method beyond the limit");
}

static void test_line_of_long_request(void)
{
	struct text t;
	struct request_case c;
	char line[REQUEST_LINE_BYTES_MAX + 1];

	begin(&t, "GET /");
	add_many(&t, 'a', 2 * REQUEST_LINE_BYTES_MAX);
	memcpy(line, t.octets, REQUEST_LINE_BYTES_MAX);
	line[REQUEST_LINE_BYTES_MAX] = '\0';
	c = case_of(&t);
	set_status(&c, 414);
	c.head_bytes = 0;
	c.line = line;
	check(&c);
	report("slices: as much of a long line as is allowed");
}

/* Field lines of that many octets, as many as it takes lines of 8 KiB. */
static void add_fields(struct text *t, size_t bytes)
{
	while (bytes > 8200) {
		add(t, "X: ");
		add_many(t, 'y', 8192 - strlen("X: \r\n"));
		add(t, "\r\n");
		bytes -= 8192;
	}
	add(t, "X: ");
	add_many(t, 'z', bytes - strlen("X: \r\n"));
	add(t, "\r\n");
}

static void check_field_section(size_t bytes)
{
	struct text t;

	begin(&t, GET HOST);
	add_fields(&t, bytes - strlen(HOST));
	add(&t, "\r\n");
	check_head(&t, status_beyond(bytes, FIELD_SECTION_BYTES_MAX, 431));
}

static void check_one_field(size_t bytes)
{
	struct text t;

	begin(&t, GET "Host: \r\nX: ");
	add_many(&t, 'y', bytes - strlen("Host: \r\nX: \r\n"));
	add(&t, "\r\n\r\n");
	check_head(&t, status_beyond(bytes, FIELD_SECTION_BYTES_MAX, 431));
}

static void test_field_section_limit(void)
{
	check_field_section(8 * 1024);
	report("R32 a field section of 8 KiB");
	check_one_field(8 * 1024);
	report("R32 a field of 8 KiB");
	for (int more = -1; more <= 1; more++)
		check_field_section(FIELD_SECTION_BYTES_MAX + more);
	report("R32 field section: limit - 1, limit, limit + 1");
	for (int more = -1; more <= 1; more++)
		check_one_field(FIELD_SECTION_BYTES_MAX + more);
	report("R32 one field line: limit - 1, limit, limit + 1");
	check_field_section(2 * FIELD_SECTION_BYTES_MAX);
	report("R32 a field section of 32 KiB");
}

static void test_field_section_without_end(void)
{
	struct text t;

	begin(&t, GET HOST "X: ");
	add_many(&t, 'y', FIELD_SECTION_BYTES_MAX - strlen(HOST "X: \r\n"));
	check_incomplete_head(&t);
	report("R32 a field section that can still keep its limit");
	add_many(&t, 'y', 4);
	check_head(&t, 431);
	report("R32 a field line beyond the limit, without its end");
	begin(&t, GET);
	add_many(&t, 'y', FIELD_SECTION_BYTES_MAX + 2);
	check_head(&t, 431);
	report("R32 a field name beyond the limit");
}

static void check_both_limits(size_t line_bytes, size_t field_bytes,
			      unsigned status)
{
	struct text t;

	begin(&t, "\r\n");
	add_request_line(&t, line_bytes);
	add(&t, "\r\n" HOST);
	add_fields(&t, field_bytes - strlen(HOST));
	add(&t, "\r\n");
	check_head(&t, status);
}

static void test_largest_head(void)
{
	check_both_limits(REQUEST_LINE_BYTES_MAX, FIELD_SECTION_BYTES_MAX, 0);
	report("R32 the largest head of all");
	check_both_limits(REQUEST_LINE_BYTES_MAX, FIELD_SECTION_BYTES_MAX + 1,
			  431);
	report("R32 a long request line takes nothing from the fields");
	check_both_limits(REQUEST_LINE_BYTES_MAX + 1, 100, 414);
	report("R20 few fields give nothing to the request line");
}

static void add_lines(struct text *t, const char *line, size_t count)
{
	while (count-- > 0)
		add(t, line);
}

static void test_field_lines_limit(void)
{
	for (int more = -1; more <= 1; more++) {
		struct text t;
		size_t lines = (size_t)((int)FIELD_LINES_MAX + more);

		begin(&t, GET HOST);
		add_lines(&t, "X:\r\n", lines - 1);
		add(&t, "\r\n");
		check_head(&t, status_beyond(lines, FIELD_LINES_MAX, 431));
	}
	report("R32 field lines: limit - 1, limit, limit + 1");
}

/* Codings are counted in eight bits. */
static void test_codings_limit(void)
{
	struct text t;

	begin(&t, GET HOST "Transfer-Encoding:");
	add_lines(&t, "x,", 254);
	add(&t, "chunked\r\n\r\n");
	check_head(&t, 501);
	begin(&t, GET HOST "Transfer-Encoding:");
	add_lines(&t, "x,", 255);
	add(&t, "chunked\r\n\r\n");
	check_head(&t, 400);
	report("R42 255 and 256 codings");
}

/* --- Limits of the content --- */

/* field_bytes of fields in the head and the rest of total in the trailer. */
static void check_trailer_section(size_t field_bytes, size_t total)
{
	struct text t;
	size_t head_bytes;

	begin(&t, "POST / HTTP/1.1\r\n");
	add(&t, HOST "Transfer-Encoding: chunked\r\n");
	add_fields(&t,
		   field_bytes - strlen(HOST "Transfer-Encoding: chunked\r\n"));
	add(&t, "\r\n");
	head_bytes = t.bytes;
	add(&t, "1\r\na\r\n0\r\n");
	add_fields(&t, total - field_bytes);
	add(&t, "\r\n");
	check_content(&t, head_bytes, REQUEST_FRAMING_CHUNKED, 100,
		      status_beyond(total, FIELD_SECTION_BYTES_MAX, 431));
}

static void test_trailer_section_limit(void)
{
	for (int more = -1; more <= 1; more++)
		check_trailer_section(100, FIELD_SECTION_BYTES_MAX + more);
	report("R38 trailer section: limit - 1, limit, limit + 1");
	for (int more = -1; more <= 1; more++)
		check_trailer_section(FIELD_SECTION_BYTES_MAX - 50,
				      FIELD_SECTION_BYTES_MAX + more);
	report("R38 trailer after large fields: limit - 1, limit, limit + 1");
}

static void test_trailer_without_end(void)
{
	struct text chunks;

	begin(&chunks, "0\r\nX: ");
	add_many(&chunks, 'y', FIELD_SECTION_BYTES_MAX);
	check_chunks(CHUNKED, &chunks, 0, 431);
	report("R38 a trailer line beyond the limit, without its end");
}

static void check_trailer_lines(size_t head_lines, size_t total)
{
	struct text t;
	size_t head_bytes;

	begin(&t, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n");
	add_lines(&t, "X: y\r\n", head_lines - 2);
	add(&t, "\r\n");
	head_bytes = t.bytes;
	add(&t, "0\r\n");
	add_lines(&t, "Z:\r\n", total - head_lines);
	add(&t, "\r\n");
	check_content(&t, head_bytes, REQUEST_FRAMING_CHUNKED, 0,
		      status_beyond(total, FIELD_LINES_MAX, 431));
}

static void test_trailer_lines_limit(void)
{
	for (int more = -1; more <= 1; more++)
		check_trailer_lines(2, FIELD_LINES_MAX + more);
	report("R38 trailer lines: limit - 1, limit, limit + 1");
	for (int more = -1; more <= 1; more++)
		check_trailer_lines(FIELD_LINES_MAX - 1,
				    FIELD_LINES_MAX + more);
	report("R38 trailer after many lines: limit - 1, limit, limit + 1");
}

static void test_extension_limit(void)
{
	for (int more = -1; more <= 1; more++) {
		struct text chunks;
		size_t bytes = (size_t)((int)CHUNK_EXTENSION_BYTES_MAX + more);

		begin(&chunks, "1;");
		add_many(&chunks, 'a', bytes - 1);
		add(&chunks, "\r\nx\r\n0\r\n\r\n");
		check_chunks(
			CHUNKED, &chunks, 10,
			status_beyond(bytes, CHUNK_EXTENSION_BYTES_MAX, 400));
	}
	report("R37 one chunk extension: limit - 1, limit, limit + 1");
}

/* More digits than the largest size has say nothing, either. */
static void test_zeros_limit(void)
{
	for (int more = -1; more <= 1; more++) {
		struct text chunks;
		size_t bytes = (size_t)((int)CHUNK_EXTENSION_BYTES_MAX + more);

		begin(&chunks, "");
		add_many(&chunks, '0', bytes + 15);
		add(&chunks, "1\r\nx\r\n0\r\n\r\n");
		check_chunks(
			CHUNKED, &chunks, 10,
			status_beyond(bytes, CHUNK_EXTENSION_BYTES_MAX, 400));
	}
	report("R37 zeros before a size: limit - 1, limit, limit + 1");
}

/* Four octets of them in each of 256 chunks, or one less or more in one. */
static void test_extensions_limit(void)
{
	for (int more = -1; more <= 1; more++) {
		struct text chunks;

		begin(&chunks, "");
		add_lines(&chunks, "1;a=b\r\nx\r\n", 255);
		add(&chunks, "0;a");
		add_many(&chunks, 'a', (size_t)(2 + more));
		add(&chunks, "\r\n\r\n");
		check_chunks(CHUNKED, &chunks, 1000, more > 0 ? 400 : 0);
	}
	report("R37 extensions of all chunks: limit - 1, limit, limit + 1");
}

static void test_extension_without_end(void)
{
	struct text chunks;

	begin(&chunks, "0;a=\"");
	add_many(&chunks, ' ', CHUNK_EXTENSION_BYTES_MAX);
	check_chunks(CHUNKED, &chunks, 0, 400);
	report("R37 a chunk extension beyond the limit, without its end");
}

static void check_sized(uint64_t bytes, uint64_t max_bytes)
{
	struct text t;
	size_t head_bytes;

	begin(&t, "");
	add_format(&t,
		   "POST / HTTP/1.1\r\nHost:\r\nContent-Length: %ju\r\n\r\n",
		   (uintmax_t)bytes);
	head_bytes = t.bytes;
	if (bytes <= max_bytes)
		add_many(&t, 'x', bytes);
	/* Of no content there is no end to be found. */
	check_content(&t, head_bytes,
		      bytes ? REQUEST_FRAMING_LENGTH : REQUEST_FRAMING_NONE,
		      max_bytes, status_beyond(bytes, max_bytes, 413));
}

static void check_one_chunk(uint64_t bytes, uint64_t max_bytes)
{
	struct text chunks;

	begin(&chunks, "");
	add_format(&chunks, "%jx\r\n", (uintmax_t)bytes);
	if (bytes <= max_bytes) {
		add_many(&chunks, 'x', bytes);
		add(&chunks, bytes ? "\r\n0\r\n\r\n" : "\r\n");
	}
	check_chunks(CHUNKED, &chunks, max_bytes,
		     status_beyond(bytes, max_bytes, 413));
}

static void check_many_chunks(uint64_t count, uint64_t max_bytes)
{
	struct text chunks;

	begin(&chunks, "");
	add_lines(&chunks, "1\r\nx\r\n", count);
	if (count > max_bytes)
		chunks.bytes -= strlen("x\r\n");
	else
		add(&chunks, "0\r\n\r\n");
	check_chunks(CHUNKED, &chunks, max_bytes,
		     status_beyond(count, max_bytes, 413));
}

static void test_content_limit(void)
{
	static const uint64_t limits[] = {1, 2, 9, 16, 255, 4096, 65536};

	check_sized(0, 0);
	check_sized(1, 0);
	check_one_chunk(0, 0);
	check_one_chunk(1, 0);
	report("R46 no content allowed");
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++)
		for (uint64_t n = limits[i] - 1; n <= limits[i] + 1; n++)
			check_sized(n, limits[i]);
	report("R46 Content-Length: limit - 1, limit, limit + 1");
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++)
		for (uint64_t n = limits[i] - 1; n <= limits[i] + 1; n++)
			check_one_chunk(n, limits[i]);
	report("R46 one chunk: limit - 1, limit, limit + 1");
	for (uint64_t n = 99; n <= 101; n++)
		check_many_chunks(n, 100);
	report("R46 many chunks: limit - 1, limit, limit + 1");
}

static void check_announced(const char *head, const char *content,
			    enum request_verdict verdict, unsigned status)
{
	struct text t;
	struct request_case c;

	begin(&t, head);
	add(&t, content);
	c = case_of(&t);
	c.head_bytes = strlen(head);
	c.max_bytes = UINT64_MAX;
	c.verdict = verdict;
	c.status = status;
	check(&c);
}

/* Nothing is refused for its size here, but for what 64 bits cannot hold. */
static void test_64_bits(void)
{
	check_announced(POST("Content-Length: 18446744073709551615\r\n"), "x",
			REQUEST_INCOMPLETE, 0);
	report("R34 Content-Length of 2^64-1, all content allowed");
	check_announced(CHUNKED, "ffffffffffffffff\r\nx", REQUEST_INCOMPLETE,
			0);
	report("R36 a chunk of 2^64-1 octets, all content allowed");
	check_announced(CHUNKED, "1\r\nx\r\nfffffffffffffffe\r\nx",
			REQUEST_INCOMPLETE, 0);
	check_announced(CHUNKED, "1\r\nx\r\nffffffffffffffff\r\nx",
			REQUEST_REFUSED, 413);
	check_announced(CHUNKED, "8\r\n12345678\r\nfffffffffffffff8\r\n",
			REQUEST_REFUSED, 413);
	report("R36 chunks of 2^64 octets together, all content allowed");
}

/* --- Every octet value in every place --- */

/* What stands before and after the octet. */
struct place {
	const char *name;
	const char *before;
	const char *after;
};

#define IN_LINE(name, before, after)                                           \
	{                                                                      \
		name, before, after "\r\n" HOST "\r\n"                         \
	}
#define IN_FIELDS(name, before, after)                                         \
	{                                                                      \
		name, GET HOST before, after "\r\n\r\n"                        \
	}
#define IN_HOST(name, before, after)                                           \
	{                                                                      \
		name, GET "Host:" before, after "\r\n\r\n"                     \
	}
#define IN_CHUNKS(name, before, after)                                         \
	{                                                                      \
		name, CHUNKED before, after                                    \
	}
#define HELLO "\r\nhello\r\n0\r\n\r\n"

static const struct place places[] = {
	IN_LINE("R19 the first of a method", "", "ET / HTTP/1.1"),
	IN_LINE("R19 within a method", "G", "T / HTTP/1.1"),
	IN_LINE("R19 the last of a method", "GE", " / HTTP/1.1"),
	IN_LINE("R18 after the method", "GET", "/ HTTP/1.1"),
	IN_LINE("R24 the first of a target", "GET ", "a HTTP/1.1"),
	IN_LINE("R24 within a target", "GET /a", "b HTTP/1.1"),
	IN_LINE("R24 within a query", "GET /a?b", "c HTTP/1.1"),
	IN_LINE("R24 the last of a target", "GET /", " HTTP/1.1"),
	IN_LINE("R18 after the target", "GET /", "HTTP/1.1"),
	IN_LINE("R12 1st of the version", "GET / ", "TTP/1.1"),
	IN_LINE("R12 2nd of the version", "GET / H", "TP/1.1"),
	IN_LINE("R12 3rd of the version", "GET / HT", "P/1.1"),
	IN_LINE("R12 4th of the version", "GET / HTT", "/1.1"),
	IN_LINE("R12 5th of the version", "GET / HTTP", "1.1"),
	IN_LINE("R12 7th of the version", "GET / HTTP/1", "1"),
	IN_LINE("R18 after the version", "GET / HTTP/1.1", ""),
	IN_LINE("R21 after a scheme", "GET http", "//a HTTP/1.1"),
	IN_LINE("R21 within a scheme", "GET ht", "p://a HTTP/1.1"),
	IN_LINE("R21 the first of an authority", "GET http://", "a HTTP/1.1"),
	IN_LINE("R21 within an authority", "GET http://a", "b/ HTTP/1.1"),
	IN_LINE("R21 after an authority", "GET http://a", " HTTP/1.1"),
	IN_LINE("R21 within a port", "GET http://a:1", "2 HTTP/1.1"),
	IN_LINE("R21 within the path after it", "GET http://a/", "b HTTP/1.1"),
	IN_LINE("R23 within a host", "CONNECT a", "b:1 HTTP/1.1"),
	IN_LINE("R23 within a port", "CONNECT a:1", "2 HTTP/1.1"),
	IN_LINE("R22 the target of OPTIONS", "OPTIONS ", " HTTP/1.1"),
	IN_LINE("R22 the target of GET", "GET ", " HTTP/1.1"),
	{"R16 CR of the request line", "GET / HTTP/1.1", "\n" HOST "\r\n"},
	{"R16 LF of the request line", "GET / HTTP/1.1\r", HOST "\r\n"},
	{"R15 CR of the empty line before", "", "\n" GET HOST "\r\n"},
	{"R15 LF of the empty line before", "\r", GET HOST "\r\n"},
	IN_FIELDS("R28 the first of a name", "", "a: b"),
	IN_FIELDS("R28 within a name", "a", "b: c"),
	IN_FIELDS("R27 the last of a name", "a", ": b"),
	IN_FIELDS("R28 instead of the colon", "a", " b"),
	IN_FIELDS("R30 the first of a value", "a:", "b"),
	IN_FIELDS("R30 within a value", "a: b", "c"),
	IN_FIELDS("R30 the last of a value", "a: b", ""),
	IN_FIELDS("R31 an only octet of a value", "a:", ""),
	IN_FIELDS("R30 within Referer", "Referer: b", "c"),
	IN_FIELDS("R30 within User-Agent", "User-Agent: b", "c"),
	IN_FIELDS("R30 within Cookie", "Cookie: b", "c"),
	{"R16 CR of a field line", GET "Host: a", "\n\r\n"},
	{"R16 LF of a field line", GET "Host: a\r", "b: c\r\n\r\n"},
	{"R16 CR of the empty line", GET HOST, "\n"},
	{"R16 LF of the empty line", GET HOST "\r", ""},
	IN_HOST("R26 the first of Host", "", "a"),
	IN_HOST("R26 within Host", "a", "b"),
	IN_HOST("R26 before two digits in Host", "a", "11"),
	IN_HOST("R26 the last of Host", "a", ""),
	IN_HOST("R26 the first of a port", "a:", "1"),
	IN_HOST("R26 the last of a port", "a:1", ""),
	IN_HOST("R26 the first after %", "%", "0"),
	IN_HOST("R26 the second after %", "%0", ""),
	IN_HOST("R26 the first in brackets", "[", "::1]"),
	IN_HOST("R26 the last in brackets", "[::1", "]"),
	IN_HOST("R26 the closing bracket", "[::1", ""),
	IN_HOST("R26 after the closing bracket", "[::1]", "1"),
	IN_HOST("R26 after v in brackets", "[v", "1.a]"),
	IN_HOST("R26 after v1. in brackets", "[v1.", "]"),
	IN_CHUNKS("R37 after a chunk size", "5", "a=b" HELLO),
	IN_CHUNKS("R37 the first of an extension", "5;", "a" HELLO),
	IN_CHUNKS("R37 within an extension's name", "5;a", "b" HELLO),
	IN_CHUNKS("R37 within an extension's value", "5;a=b", "c" HELLO),
	IN_CHUNKS("R37 within a quoted extension", "5;a=\"b", "c\"" HELLO),
	IN_CHUNKS("R37 the first of a quoted extension", "5;a=\"", "\"" HELLO),
	IN_CHUNKS("R37 after a backslash", "5;a=\"\\", "\"" HELLO),
	IN_CHUNKS("R37 after a quoted extension", "5;a=\"b\"", "c" HELLO),
	IN_CHUNKS("R16 CR of a chunk size", "5", "\nhello\r\n0\r\n\r\n"),
	IN_CHUNKS("R16 LF of a chunk size", "5\r", "hello\r\n0\r\n\r\n"),
	IN_CHUNKS("R16 CR of an extension", "5;a", "\nhello\r\n0\r\n\r\n"),
	IN_CHUNKS("R16 LF of an extension", "5;a\r", "hello\r\n0\r\n\r\n"),
	IN_CHUNKS("R16 CR of a quoted extension", "5;a=\"b\"",
		  "\nhello\r\n0\r\n\r\n"),
	IN_CHUNKS("R39 CR after a chunk", "5\r\nhello", "\n0\r\n\r\n"),
	IN_CHUNKS("R39 LF after a chunk", "5\r\nhello\r", "0\r\n\r\n"),
	IN_CHUNKS("R39 CR of the last chunk", "0", "\n\r\n"),
	IN_CHUNKS("R39 LF of the last chunk", "0\r", "\r\n"),
	IN_CHUNKS("R39 CR at the end", "0\r\n", "\n"),
	IN_CHUNKS("R39 LF at the end", "0\r\n\r", ""),
	IN_CHUNKS("R38 the first of a trailer name", "0\r\n", "a: b\r\n\r\n"),
	IN_CHUNKS("R38 within a trailer name", "0\r\na", "b: c\r\n\r\n"),
	IN_CHUNKS("R38 the last of a trailer name", "0\r\na", ": b\r\n\r\n"),
	IN_CHUNKS("R38 instead of a trailer's colon", "0\r\na", " b\r\n\r\n"),
	IN_CHUNKS("R38 the first of a trailer value", "0\r\na:", "b\r\n\r\n"),
	IN_CHUNKS("R38 within a trailer value", "0\r\na: b", "c\r\n\r\n"),
	IN_CHUNKS("R38 the last of a trailer value", "0\r\na: b", "\r\n\r\n"),
	IN_CHUNKS("R38 CR of a trailer line", "0\r\na: b", "\n\r\n"),
	IN_CHUNKS("R38 LF of a trailer line", "0\r\na: b\r", "\r\n"),
	IN_CHUNKS("R38 CR after the trailer", "0\r\na: b\r\n", "\n"),
	IN_CHUNKS("R38 LF after the trailer", "0\r\na: b\r\n\r", ""),
	IN_CHUNKS("R36 within a chunk", "5\r\nhe", "lo\r\n0\r\n\r\n"),
	{"R34 within sized content", POST("Content-Length: 5\r\n") "he", "lo"},
};

static void check_octet(const char *before, int octet, const char *after,
			uint64_t max_bytes, size_t stride)
{
	struct text t;
	struct request_case c;

	begin(&t, before);
	add_octet(&t, octet);
	add(&t, after);
	c = judged(&t, max_bytes);
	check_every(&c, stride);
}

static void test_places(void)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		char name[120];

		for (int octet = 0; octet < 256; octet++)
			check_octet(places[i].before, octet, places[i].after,
				    MAX_BODY_BYTES_DEFAULT, 9);
		(void)snprintf(name, sizeof(name), "%s: every octet",
			       places[i].name);
		report(name);
	}
}

static void check_version(int major, int minor)
{
	char before[] = "GET / HTTP/1.";

	before[11] = (char)major;
	check_octet(before, minor, "\r\n" HOST "\r\n", 0, 1);
}

static void test_versions(void)
{
	for (int octet = 1; octet < 256; octet++)
		check_version(octet, '1');
	report("R11 6th of the version: every octet");
	for (int octet = 0; octet < 256; octet++)
		check_version('1', octet);
	report("R12 8th of the version: every octet");
	for (int major = '0'; major <= '9'; major++)
		for (int minor = '0'; minor <= '9'; minor++)
			check_version(major, minor);
	report("R11 every version of two digits");
}

/* Content long enough for each size of two digits. */
#define XS_16 "xxxxxxxxxxxxxxxx"
#define XS_32 XS_16 XS_16
#define SIZED GET HOST "Content-Length:"
#define CODED GET HOST "Transfer-Encoding:"

static void test_framing_octets(void)
{
	for (int octet = 0; octet < 256; octet++)
		check_octet(SIZED " 1", octet, "\r\n\r\n" XS_32, 100, 1);
	report("R34 the last of Content-Length: every octet");
	for (int octet = 0; octet < 256; octet++)
		check_octet(CHUNKED, octet, "\r\n" XS_16, 100, 1);
	report("R39 the only octet of a chunk size: every octet");
	for (int octet = 0; octet < 256; octet++)
		check_octet(CHUNKED "1", octet, "\r\n" XS_32, 100, 1);
	report("R39 the last of a chunk size: every octet");
	for (int octet = 0; octet < 256; octet++) {
		check_octet(CODED, octet, "chunked\r\n\r\n0\r\n\r\n", 0, 1);
		check_octet(CODED "chunked", octet, "\r\n\r\n0\r\n\r\n", 0, 1);
		check_octet(CODED "chun", octet, "ed\r\n\r\n0\r\n\r\n", 0, 1);
	}
	report("R42 before, within and after chunked: every octet");
}

/* --- Every short string of an alphabet --- */

#define STRING_BYTES_MAX 256

typedef void check_string(const char *string, size_t bytes);

/* Each string of up to count parts behind the bytes that there are of it. */
static void for_each_string(const char *const *parts, unsigned count,
			    check_string *check_one, char *string, size_t bytes)
{
	check_one(string, bytes);
	if (count == 0)
		return;
	for (size_t i = 0; parts[i] != NULL; i++) {
		size_t length = strlen(parts[i]);

		memcpy(string + bytes, parts[i], length);
		for_each_string(parts, count - 1, check_one, string,
				bytes + length);
	}
}

static void check_text(const struct text *t)
{
	struct request_case c = judged(t, MAX_BODY_BYTES_DEFAULT);

	check_once(&c);
}

/* Two octets that may change what is seen of each other, at each offset from
 * where a parser may look at several at once. */
static void check_pair(int first, int second)
{
	struct text t;

	begin(&t, GET HOST "X:");
	add_octet(&t, first);
	add_octet(&t, second);
	add(&t, "aa\r\n\r\n");
	check_text(&t);
	begin(&t, "GET /");
	add_many(&t, 'a', (size_t)(first + second) % 8);
	add_octet(&t, first);
	add_octet(&t, second);
	add(&t, "a HTTP/1.1\r\n" HOST "\r\n");
	check_text(&t);
}

static void test_pairs(void)
{
	for (int first = 0; first < 256; first++)
		for (int second = 0; second < 256; second++)
			check_pair(first, second);
	report("R30 every two octets in a value and in a target");
}

/* --- Made at random, the same on each run --- */

static uint64_t random_state = 20260101;

/* Below that many; Steele and Vigna's splitmix64. */
static unsigned pick(unsigned count)
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return (unsigned)((z ^ (z >> 31)) % count);
}

static void add_group(struct text *t, bool is_last)
{
	if (is_last && pick(3) == 0)
		add_format(t, "%u.%u.%u.%u", pick(300), pick(256), pick(256),
			   pick(256));
	else
		add_format(t, pick(2) ? "%x" : "%04X",
			   pick(pick(20) ? 0x10000 : 0x100000));
}

/* Some six to nine groups, often with one gap. */
static void check_random_literal(void)
{
	struct text t;
	size_t at = strlen(GET "Host:[");
	unsigned groups = 5 + pick(5);
	unsigned gap = pick(2) ? pick(groups + 1) : groups + 1;

	begin(&t, GET "Host:[");
	add(&t, gap == 0 ? "::" : "");
	for (unsigned i = 1; i <= groups; i++) {
		add_group(&t, i == groups);
		if (i == gap)
			add(&t, "::");
		else if (i < groups)
			add(&t, ":");
	}
	if (pick(10) == 0)
		t.octets[at + pick((unsigned)(t.bytes - at))] = ":.g"[pick(3)];
	add(&t, "]\r\n\r\n");
	check_text(&t);
}

static void test_random_literals(void)
{
	for (int i = 0; i < 5000; i++)
		check_random_literal();
	report("R26 5,000 random IPv6 literals");
}

static const struct request_case *pick_case(void)
{
	return &cases[pick(sizeof(cases) / sizeof(*cases))];
}

static int pick_octet(void)
{
	static const char likely[] =
		"\r\n\r\n \t:;,=\"\\/0159afAFx*#@[]%\0\x7f";

	return pick(4) ? likely[pick(sizeof(likely) - 1)] : (int)pick(256);
}

/* One octet is replaced, left out, or added. */
static void damage(struct text *t)
{
	struct text rest;
	size_t at = pick((unsigned)t->bytes + 1);
	unsigned way = pick(3);
	size_t after = at + (way < 2 && at < t->bytes);

	begin(&rest, "");
	add_octets(&rest, t->octets + after, t->bytes - after);
	t->bytes = at;
	if (way > 0)
		add_octet(t, pick_octet());
	add_octets(t, rest.octets, rest.bytes);
}

static void test_damaged(void)
{
	for (int i = 0; i < 4000; i++) {
		const struct request_case *whole = pick_case();
		struct request_case c;
		struct text t;

		begin(&t, "");
		add_octets(&t, whole->octets, whole->bytes);
		for (unsigned times = 1 + pick(3); times > 0; times--)
			damage(&t);
		c = judged(&t, MAX_BODY_BYTES_DEFAULT);
		check_every(&c, 1 + pick(20));
	}
	report("R33 4,000 damaged cases are the same however they are cut");
}

/* --- Many requests in one stream --- */

#define STREAM_REQUESTS 1000u

static const struct request_case *stream_cases[STREAM_REQUESTS];
static char stream[LENT_BYTES_MAX];
static size_t stream_bytes;

static void make_stream(void)
{
	for (size_t i = 0; i < STREAM_REQUESTS;) {
		const struct request_case *c = pick_case();

		if (c->verdict != REQUEST_COMPLETE)
			continue;
		if (c->bytes > sizeof(stream) - stream_bytes)
			abort();
		memcpy(stream + stream_bytes, c->octets, c->bytes);
		stream_bytes += c->bytes;
		stream_cases[i++] = c;
	}
}

/* The request that begins at at, behind which more arrives in such steps. */
static void check_request_of_stream(const struct request_case *c, size_t at,
				    size_t *arrived, size_t step)
{
	struct reader r = {.max_bytes = c->max_bytes, .lend = lend_high};

	reader_give(&r, stream + at, *arrived - at);
	while (*arrived < at + c->bytes) {
		*arrived += step < stream_bytes - *arrived
				    ? step
				    : stream_bytes - *arrived;
		reader_give(&r, stream + at, *arrived - at);
	}
	compare(c, &r, input_bytes, "in a stream");
}

static void check_stream(size_t step)
{
	size_t at = 0;
	size_t arrived = 0;

	for (size_t i = 0; i < STREAM_REQUESTS; i++) {
		load(stream_cases[i]);
		check_request_of_stream(stream_cases[i], at, &arrived, step);
		at += stream_cases[i]->bytes;
	}
}

static void test_stream(void)
{
	make_stream();
	for (size_t step = 1; step <= 300; step += step < 8 ? 1 : step / 3)
		check_stream(step);
	check_stream(1024);
	check_stream(RECEIVE_BYTES);
	report("R51 1,000 requests in one stream, in pieces of many sizes");
}

/* --- What options are checked with --- */

static void check_words(const char *octets, size_t bytes)
{
	const char *word = lend(octets, bytes, true);

	if (request_is_token(word, bytes) != naive_is_token(octets, bytes))
		fail("request_is_token(\"%s\")", escape(octets, bytes));
	if (request_is_field_value(word, bytes) !=
	    naive_is_field_value(octets, bytes))
		fail("request_is_field_value(\"%s\")", escape(octets, bytes));
}

static void test_words(void)
{
	static const char *const parts[] = {"a",  ":",	  " ",	  "\t", "\r",
					    "\n", "\x80", "\x7f", NULL};
	char string[STRING_BYTES_MAX];

	for (int octet = 0; octet < 256; octet++) {
		char word[] = {'a', (char)octet, 'b'};

		check_words(word, 3);
		check_words(word, 2);
		check_words(word + 1, 2);
		check_words(word + 1, 1);
	}
	report("R09 tokens and field values: every octet");
	for_each_string(parts, 4, check_words, string, 0);
	report("R09 tokens and field values of up to 4 octets");
}

/* --- The story --- */

static void test_limits(void)
{
	test_request_line_limit();
	test_request_line_without_end();
	test_line_of_long_request();
	test_field_section_limit();
	test_field_section_without_end();
	test_field_lines_limit();
	test_codings_limit();
	test_largest_head();
	test_trailer_section_limit();
	test_trailer_without_end();
	test_trailer_lines_limit();
	test_extension_limit();
	test_zeros_limit();
	test_extensions_limit();
	test_extension_without_end();
	test_content_limit();
	test_64_bits();
}

int main(void)
{
	/* When the parser crashes, the last line tells which case is next. */
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	open_arena();
	test_table();
	test_limits();
	test_places();
	test_versions();
	test_framing_octets();
	test_pairs();
	test_random_literals();
	test_damaged();
	test_stream();
	test_words();
	printf("1..%u\n", tests_run);
	return tests_failed > 0;
}
