/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * The parser of HTTP/1.x requests (RFC 9110, RFC 9112): octets in, verdict
 * out.  Pure: no I/O, no allocation, no log, no clock; any thread.
 *
 * Whatever way a stream of octets is cut into pieces, the verdict is the
 * same: each depends only on the shortest beginning of the stream that
 * settles it.
 */
#ifndef REQUEST_H
#define REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum request_verdict {
	REQUEST_INCOMPLETE, /* nothing wrong so far, more octets are needed */
	REQUEST_COMPLETE,
	REQUEST_REFUSED, /* request.refusal is the status to answer with */
};

/* RFC 9110 9.3 and RFC 5789.  UNKNOWN is a token that names none of them. */
enum request_method {
	REQUEST_METHOD_UNKNOWN,
	REQUEST_METHOD_GET,
	REQUEST_METHOD_HEAD,
	REQUEST_METHOD_POST,
	REQUEST_METHOD_PUT,
	REQUEST_METHOD_PATCH,
	REQUEST_METHOD_DELETE,
	REQUEST_METHOD_OPTIONS,
	REQUEST_METHOD_TRACE,
	REQUEST_METHOD_CONNECT,
};

/* RFC 9112 6.3: how the end of the content is found. */
enum request_framing {
	REQUEST_FRAMING_NONE,
	REQUEST_FRAMING_LENGTH,
	REQUEST_FRAMING_CHUNKED,
};

/* Octets of the head, counted from its first one: true of every copy. */
struct request_slice {
	uint16_t at;
	uint16_t bytes;
};

/* All zero before a request's first octet.  What it says is of use once the
 * head is complete, line, method and refusal also after REQUEST_REFUSED.  A
 * cache line: each request begins with setting one to zero. */
struct request {
	/* The head, request line to empty line, in octets; 0: incomplete. */
	uint16_t head_bytes;
	uint16_t refusal;
	uint8_t method;	 /* enum request_method */
	uint8_t framing; /* enum request_framing; NONE for a length of 0 too */
	bool has_begun; /* an octet beyond the one empty line of RFC 9112 2.2 */
	bool is_http_1_0;
	bool is_asterisk; /* OPTIONS * */
	bool keep_alive;  /* RFC 9112 9.3: the client wants to go on, and may */
	bool expects_continue;
	bool expects_other; /* an expectation that cannot be met */
	/* For the request log; without their line ends. */
	struct request_slice line;
	struct request_slice referer;
	struct request_slice user_agent;

	/* The rest is request.c's own. */
	uint64_t content_left; /* of the content, or of a chunk's data */
	uint64_t content_read; /* chunks let in so far */
	uint16_t line_at;      /* the first line that is not parsed yet */
	uint16_t scanned_to;   /* no line end between line_at and here */
	uint16_t section_at;   /* the first field line; 0: not yet known */
	uint16_t trailer_bytes;
	uint16_t extension_bytes;
	uint8_t field_lines; /* trailer section included */
	bool has_host;
	bool has_content_length;
	bool has_transfer_encoding;
	bool connection_close;
	bool connection_keep_alive;
	uint8_t codings; /* of Transfer-Encoding, saturating */
	uint8_t chunked_codings;
	bool last_coding_is_chunked;
	uint8_t chunk_state;
	uint8_t chunk_digits;
	uint8_t trailer_name_bytes;   /* saturating */
	uint8_t trailer_name_differs; /* a bit for each framing field */
};

/* Reads a request's head.  octets is always its beginning, bytes all there is
 * of it by now; request is what the last call left.  On REQUEST_COMPLETE
 * head_bytes octets are used up and the framing is known.  Refuses with 400,
 * 414, 431, 501 or 505. */
enum request_verdict request_parse(struct request *request, const char *octets,
				   size_t bytes);

/* Reads the content that follows a complete head and drops it.  octets are
 * new on each call; *ret_used tells how many belong to this request (RFC 9112
 * 6 and 7.1).  Refuses with 400, with 431 for the trailer section, and with
 * 413 as soon as more than max_bytes are announced. */
enum request_verdict request_read_content(struct request *request,
					  const char *octets, size_t bytes,
					  uint64_t max_bytes, size_t *ret_used);

/* RFC 9110 5.6.2: token. */
bool request_is_token(const char *octets, size_t bytes);

/* RFC 9110 5.5: field-value, empty included, white space at its ends not. */
bool request_is_field_value(const char *octets, size_t bytes);

#endif
