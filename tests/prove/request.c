/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * What Frama-C's Eva is asked to prove of src/request.c: that no octets and no
 * order of calls make it read or write where it may not, read what was never
 * written, overflow a signed number, or keep a pointer too long.  tests/prove/
 * run runs the parts below, each a function, and fails on any alarm that has
 * no ALARM here, and on any ALARM that has no alarm.
 *
 * Eva knows between which bounds each variable lies, not how two of them lie
 * to each other: "at <= end" is lost where both can be anywhere.  So the proof
 * is cut where the end of what is read is known exactly:
 *
 * - content: request_read_content(), any content, in pieces of any size, of
 *   any number, after any head that may come, any max_bytes.
 * - head: request_parse(), called any number of times, each time for as much
 *   of the largest head as before, or more.  What reads a line is replaced by
 *   its contract.
 * - lines: what was replaced, and each function below it, of a line of any
 *   length that ends where the array ends: one octet too many is an alarm.
 *   The contracts' promises are checked here.
 * - short_...: all of it again, nothing replaced, with a few octets of any
 *   value behind octets that are given.  Eva is told to keep each state for
 *   itself, so that it knows every pointer exactly: nothing is argued here.
 *
 * Each loop ends: it moves a pointer, or an index, forward by one or more in
 * every round, up to an end that stays (skip, skip_text, the loops of
 * is_ipvfuture, skip_host, port_number, is_absolute_form, parse_content_length,
 * equals_ignoring_case, keep_line_of_refused, read_field_section, whose lines
 * end with two octets each, and read_chunked, where drop() is asked only while
 * neither the content nor the octets are at their end), or backward to a
 * beginning that stays (the white space behind a value or an element); or it
 * takes an element off a list, which then begins behind a comma or is NULL.
 *
 * Not asked for: -warn-unsigned-overflow and the -warn-..-downcast options.
 * skip_text() wraps around on purpose, and each cast in request.c is there
 * because someone thought of it; what comes of a wrong one, the second parser
 * sees (tests/exhaustive_test.c).
 */
#include <__fc_string_axiomatic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "request.h"
#include "tunables.h"

/* --- What the compiler and libc do, for a little-endian machine ---------- */

#define le64toh(octets) (octets)

/* Of 0 the result is undefined: there must be no such call. */
static int count_trailing_zeros(uint64_t bits)
{
	int count = 0;

	//@ assert bits != 0;
	while (count < 63 && !(bits >> count & 1))
		count++;
	return count;
}
#define __builtin_ctzll count_trailing_zeros

static bool multiply(uint64_t a, uint64_t b, uint64_t *ret_product)
{
	*ret_product = a * b;
	return b != 0 && a > UINT64_MAX / b;
}
#define __builtin_mul_overflow multiply

static bool add(uint64_t a, uint64_t b, uint64_t *ret_sum)
{
	*ret_sum = a + b;
	return *ret_sum < a;
}
#define __builtin_add_overflow add

/*@ requires \valid_read(a + (0 .. n - 1));
    requires \valid_read(b + (0 .. n - 1));
    assigns \result \from a[0 .. n - 1], b[0 .. n - 1]; */
int strncasecmp(const char *a, const char *b, size_t n);

/*@ requires valid_read_string(text);
    requires \valid((char *)address + (0 .. 15));
    assigns \result, ((char *)address)[0 .. 15] \from text[0 ..];
    ensures \result == 0 || \result == 1; */
int inet_pton(int family, const char *restrict text, void *restrict address);

/* --- What reads a line, for the part that has it replaced ---------------- */

/*@ requires line <= end;
    requires \valid_read(line + (0 .. end - line - 1));
    assigns \result, request->method \from line[0 ..]; */
static const char *parse_method(struct request *request, const char *line,
				const char *end);

/*@ requires line <= end;
    requires \valid_read(line + (0 .. end - line - 1));
    assigns \result, request->refusal, request->method, request->is_http_1_0,
	    request->is_asterisk \from line[0 ..];
    ensures \result == REQUEST_COMPLETE || \result == REQUEST_REFUSED;
    ensures request->is_http_1_0 == 0 || request->is_http_1_0 == 1; */
static enum request_verdict parse_request_line(struct request *request,
					       const char *line,
					       const char *end);

/*@ requires octets <= line <= end;
    requires \valid_read(line + (0 .. end - line - 1));
    assigns \result, request->refusal, request->referer, request->user_agent,
	    request->content_left, request->has_host,
	    request->has_content_length, request->has_transfer_encoding,
	    request->connection_close, request->connection_keep_alive,
	    request->codings, request->chunked_codings,
	    request->last_coding_is_chunked, request->expects_continue,
	    request->expects_other \from line[0 ..];
    ensures \result == REQUEST_COMPLETE || \result == REQUEST_REFUSED;
    ensures request->has_host == 0 || request->has_host == 1;
    ensures request->has_content_length == 0 ||
	    request->has_content_length == 1;
    ensures request->has_transfer_encoding == 0 ||
	    request->has_transfer_encoding == 1;
    ensures request->connection_close == 0 || request->connection_close == 1;
    ensures request->connection_keep_alive == 0 ||
	    request->connection_keep_alive == 1;
    ensures request->last_coding_is_chunked == 0 ||
	    request->last_coding_is_chunked == 1; */
static enum request_verdict parse_field_line(struct request *request,
					     const char *octets,
					     const char *line, const char *end);

/* src/request.c, and hints.sed put in. */
#include "request_with_hints.c"

#include <__fc_builtin.h>

/* Each ALARM is a line of its own. */
/* clang-format off */
/* --- Alarms that are no faults -------------------------------------------
 *
 * All are of two pointers of which both bounds are known, but not which is the
 * larger; what settles it is said of each.
 *
 * ALARM head read_request_line: at <= end - 2
 * ALARM head read_field_section: at <= end - 2
 *	The hints: is_crlf(at, end) has just said that end - at >= 2.
 *
 * ALARM head read_request_line: line <= end
 * ALARM head read_request_line: \valid_read(line + (0 .. (end - line) - 1))
 *	Called with (line, at), at = skip_text(octets + scanned_to, end, LINE).
 *	It moves forward only, and scanned_to >= line_at: both are set to the
 *	same at the beginning of a line, and from then on scanned_to alone, to
 *	where skip_text() came.  at is before end, which is within the octets.
 *
 * ALARM head read_field_section: octets <= line <= end
 * ALARM head read_field_section: \valid_read(line + (0 .. (end - line) - 1))
 *	The same, with line = octets + line_at or, from the second line on,
 *	where the last one's CRLF ended, and at set with it.
 *
 * ALARM head keep_line_of_refused: line <= end
 * ALARM head keep_line_of_refused: \valid_read(line + (0 .. (end - line) - 1))
 *	line_at is 0, or 2 once there were two octets, and a caller never gives
 *	fewer than before (request.h).  end only moves back to an octet that
 *	the loop has found at or behind line.
 *
 * ALARM lines parse_request_line: \valid_read(line + (0 .. (end - line) - 1))
 * ALARM lines lines: \valid_read(line + (0 .. (end - line) - 1))
 *	That line <= end is proven: line is anywhere in the array, end its end.
 *
 * ALARM lines parse_request_line: \valid_read(version + 5)
 * ALARM lines parse_request_line: \valid_read(version + 7)
 *	is_version(version, end) has just said that end - version == 8.
 *
 * ALARM lines is_target: \valid_read(at)
 *	Its caller has refused a target that is empty.
 *
 * ALARM lines is_absolute_form: \valid_read(s1 + (0 .. n - 1))
 *	n is bytes, and end - at < bytes has just been ruled out.
 *
 * ALARM lines is_authority: \valid_read(colon)
 *	skip_host() returns no more than end, and colon == end is ruled out.
 *
 * ALARM lines skip_host: valid
 * ALARM lines skip_host: initialization
 * ALARM lines skip_host: danglingness
 *	memchr() in the end - at octets from at on; at < end was asked for.
 *
 * ALARM lines is_ipv6: valid_src
 *	memcpy() of the octets between at and end, fewer than text has: at is
 *	behind the bracket that opens, end the bracket that memchr() found
 *	behind it.
 *
 * ALARM lines is_ipv6: valid_read_string(src)
 * ALARM short_host is_ipv6: valid_read_string(src)
 * ALARM short_literal is_ipv6: valid_read_string(src)
 *	text[bytes] = '\0' stands before it, and all before that is copied.
 *
 * ALARM lines fold_four: valid_src
 *	equals_ignoring_case() has asked for end - at == bytes, reads four at a
 *	time while i + 4 < bytes, and the last four; no text has fewer.
 *
 * ALARM lines port_number: -2147483648 <= port * 10
 * ALARM lines port_number: -2147483648 <= (int32_t)(port * 10) + (int)((int)*at - (int)'0')
 *	Octets of class DIGIT are '0' to '9', which Eva does not see through the
 *	table: so port does not shrink, and it is at most 65535 before.
 */
/* clang-format on */

/* --- The parts ----------------------------------------------------------- */

/* The empty line before, both limits, three line ends. */
#define HEAD_BYTES_MAX                                                         \
	(2 + REQUEST_LINE_BYTES_MAX + 2 + FIELD_SECTION_BYTES_MAX + 2)

void content(void)
{
	static char octets[RECEIVE_BYTES];
	struct request request = {0};
	uint64_t max_bytes = Frama_C_unsigned_long_long_interval(0, UINT64_MAX);
	enum request_verdict verdict = REQUEST_INCOMPLETE;

	request.framing = Frama_C_interval(0, REQUEST_FRAMING_CHUNKED);
	request.section_at =
		Frama_C_interval(16, 2 + REQUEST_LINE_BYTES_MAX + 2);
	request.head_bytes = request.section_at + 2 +
			     Frama_C_interval(0, FIELD_SECTION_BYTES_MAX);
	request.field_lines = Frama_C_interval(0, FIELD_LINES_MAX);
	if (request.framing == REQUEST_FRAMING_LENGTH)
		request.content_left =
			Frama_C_unsigned_long_long_interval(1, UINT64_MAX);
	while (verdict == REQUEST_INCOMPLETE) {
		size_t used;

		Frama_C_make_unknown(octets, sizeof(octets));
		verdict = request_read_content(
			&request, octets,
			Frama_C_size_t_interval(0, sizeof(octets)), max_bytes,
			&used);
		//@ assert \initialized(&used);
	}
}

void head(void)
{
	static char octets[HEAD_BYTES_MAX];
	struct request request = {0};
	enum request_verdict verdict = REQUEST_INCOMPLETE;
	size_t bytes = 0;

	Frama_C_make_unknown(octets, sizeof(octets));
	while (verdict == REQUEST_INCOMPLETE) {
		bytes = Frama_C_size_t_interval(bytes, sizeof(octets));
		verdict = request_parse(&request, octets, bytes);
	}
}

#define LINE_BYTES_MAX FIELD_SECTION_BYTES_MAX

static char any_line[LINE_BYTES_MAX];
#define LINE_END (any_line + sizeof(any_line))

static size_t any_length(void)
{
	return Frama_C_size_t_interval(0, sizeof(any_line));
}

static const char *any_start(void)
{
	return any_line + any_length();
}

void lines(void)
{
	struct request request = {0};

	Frama_C_make_unknown(any_line, sizeof(any_line));
	request.method = Frama_C_interval(0, REQUEST_METHOD_CONNECT);
	(void)skip_text(any_start(), LINE_END, LINE);
	(void)skip_text(any_start(), LINE_END, VALUE);
	(void)parse_method(&request, any_start(), LINE_END);
	(void)parse_request_line(&request, any_start(), LINE_END);
	(void)is_version(any_start(), LINE_END);
	(void)is_absolute_form(any_start(), LINE_END);
	(void)is_authority(any_start(), LINE_END, Frama_C_interval(0, 1));
	(void)skip_host(any_start(), LINE_END);
	(void)port_number(any_start(), LINE_END);
	(void)parse_field_line(&request, any_line, any_start(), LINE_END);
	(void)parse_host(&request, any_start(), LINE_END);
	(void)parse_content_length(&request, any_start(), LINE_END);
	(void)parse_transfer_encoding(&request, any_start(), LINE_END);
	(void)parse_connection(&request, any_start(), LINE_END);
	(void)parse_expect(&request, any_start(), LINE_END);
	(void)request_is_token(any_line, any_length());
	(void)request_is_field_value(any_line, any_length());
}

/* Any octets behind the given ones: two calls, for a part and for all. */
#define SHORT(name, given, any_bytes)                                          \
	void short_##name(void)                                                \
	{                                                                      \
		static char octets[sizeof(given) - 1 + (any_bytes)] = given;   \
		struct request request = {0};                                  \
                                                                               \
		Frama_C_make_unknown(octets + sizeof(given) - 1, any_bytes);   \
		if (request_parse(&request, octets,                            \
				  sizeof(octets) - (any_bytes) / 2) ==         \
		    REQUEST_INCOMPLETE)                                        \
			(void)request_parse(&request, octets, sizeof(octets)); \
	}

SHORT(line, "", 5)
SHORT(target, "GET ", 5)
SHORT(authority, "CONNECT a", 5)
SHORT(version, "GET / HTTP/1", 4)
SHORT(fields, "GET / HTTP/1.1\r\n", 5)
SHORT(host, "GET / HTTP/1.1\r\nHost:", 5)
SHORT(literal, "GET / HTTP/1.1\r\nHost:[::", 4)
SHORT(coding, "GET / HTTP/1.1\r\nTransfer-Encoding:chun", 5)
