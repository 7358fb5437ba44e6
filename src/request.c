/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * The grammar and the framing of HTTP/1.x requests.
 *
 * The head is read line by line.  The end of a line is looked for in new
 * octets only, and the line is parsed once, when its end has come, so that a
 * client that drips octets costs no more than one that sends them at once.
 * On the way, an octet that no line may contain and a line that is too long
 * are refused at once: a TLS hello never has to time out.  The content is read
 * by a machine with a state per kind of octet, since none of it is kept.
 *
 * Strict on purpose: where the RFC lets a recipient be lenient, two that
 * differ in it can be played against each other (request smuggling).  What
 * is wrong gets 400 and is not repaired.
 */
#include "request.h"

#include <arpa/inet.h>
#include <assert.h>
#include <endian.h>
#include <string.h>
#include <strings.h>

#include "tunables.h"

/* Kept out of the functions that every request goes through, so that these
 * stay small and need no stack. */
#define RARE __attribute__((noinline))

/* --- Classes of octets, as the RFCs' ABNF has them ----------------------- */

enum {
	TOKEN = 1 << 0,	 /* tchar, RFC 9110 5.6.2 */
	TARGET = 1 << 1, /* visible ASCII but "#": see is_target() */
	VALUE = 1 << 2,	 /* field-vchar, SP and HTAB, RFC 9110 5.5 */
	HOST = 1 << 3,	 /* unreserved and sub-delims, RFC 3986 2.2 and 2.3 */
	DIGIT = 1 << 4,
	HEXDIG = 1 << 5,
	LINE = 1 << 6, /* VCHAR and SP: what a request line consists of */
	BLANK = 1 << 7,
};

#define IS_DIGIT(c) ((c) >= '0' && (c) <= '9')
#define IS_ALPHA(c) (((c) | 0x20) >= 'a' && ((c) | 0x20) <= 'z')
#define IS_HEXDIG(c)                                                           \
	(IS_DIGIT(c) || (((c) | 0x20) >= 'a' && ((c) | 0x20) <= 'f'))
#define IS_VCHAR(c) ((c) > 0x20 && (c) < 0x7f)
#define IS_SUB_DELIM(c)                                                        \
	((c) == '!' || (c) == '$' || (c) == '&' || (c) == '\'' ||              \
	 (c) == '(' || (c) == ')' || (c) == '*' || (c) == '+' || (c) == ',' || \
	 (c) == ';' || (c) == '=')
#define IS_UNRESERVED(c)                                                       \
	(IS_ALPHA(c) || IS_DIGIT(c) || (c) == '-' || (c) == '.' ||             \
	 (c) == '_' || (c) == '~')
#define IS_TCHAR(c)                                                            \
	(IS_ALPHA(c) || IS_DIGIT(c) || (c) == '!' || (c) == '#' ||             \
	 (c) == '$' || (c) == '%' || (c) == '&' || (c) == '\'' ||              \
	 (c) == '*' || (c) == '+' || (c) == '-' || (c) == '.' || (c) == '^' || \
	 (c) == '_' || (c) == '`' || (c) == '|' || (c) == '~')

#define CLASSES(c)                                                             \
	((IS_TCHAR(c) ? TOKEN : 0) |                                           \
	 (IS_VCHAR(c) && (c) != '#' ? TARGET : 0) |                            \
	 (((c) >= 0x20 && (c) != 0x7f) || (c) == '\t' ? VALUE : 0) |           \
	 (IS_UNRESERVED(c) || IS_SUB_DELIM(c) ? HOST : 0) |                    \
	 (IS_DIGIT(c) ? DIGIT : 0) | (IS_HEXDIG(c) ? HEXDIG : 0) |             \
	 (IS_VCHAR(c) || (c) == ' ' ? LINE : 0) |                              \
	 ((c) == ' ' || (c) == '\t' ? BLANK : 0))
#define CLASSES_4(c)                                                           \
	CLASSES(c), CLASSES((c) + 1), CLASSES((c) + 2), CLASSES((c) + 3)
#define CLASSES_16(c)                                                          \
	CLASSES_4(c), CLASSES_4((c) + 4), CLASSES_4((c) + 8),                  \
		CLASSES_4((c) + 12)
#define CLASSES_64(c)                                                          \
	CLASSES_16(c), CLASSES_16((c) + 16), CLASSES_16((c) + 32),             \
		CLASSES_16((c) + 48)

static const uint8_t classes[256] = {CLASSES_64(0), CLASSES_64(64),
				     CLASSES_64(128), CLASSES_64(192)};

static inline bool is(char octet, uint8_t class)
{
	return classes[(uint8_t)octet] & class;
}

/* The first octet from at on that is not of the class, or end. */
static inline const char *skip(const char *at, const char *end, uint8_t class)
{
	while (at < end && is(*at, class))
		at++;
	return at;
}

#define EACH_OCTET(octet) (0x0101010101010101u * (octet))

/* As skip(), for the classes LINE and VALUE, eight octets at a time: most of
 * what a browser sends is looked at by nothing else.
 *
 * foreign has the highest bit set of each octet below 0x20 or equal to 0x7f,
 * and of others for LINE.  A borrow or carry may set it for a good octet too,
 * though never for one below the first foreign octet of its word but behind
 * 0xff; so the octet that is found has its class looked up. */
static inline const char *skip_text(const char *at, const char *end,
				    uint8_t class)
{
	const uint64_t high = EACH_OCTET(0x80);
	const uint64_t foreign_high = class == LINE ? high : 0;

	while (end - at >= 8) {
		uint64_t octets, foreign;

		memcpy(&octets, at, sizeof(octets));
		octets = le64toh(octets);
		foreign = ((octets - EACH_OCTET(0x20)) |
			   (octets + EACH_OCTET(0x01))) &
			  ~octets & high;
		foreign |= octets & foreign_high;
		if (foreign == 0) {
			at += 8;
			continue;
		}
		at += __builtin_ctzll(foreign) / 8;
		if (!is(*at, class))
			return at;
		at++;
	}
	return skip(at, end, class);
}

static inline uint32_t fold_four(const char *at)
{
	uint32_t octets;

	memcpy(&octets, at, sizeof(octets));
	return octets | 0x20202020;
}

/* text is in lower case and at least four octets long.  Of the octets that a
 * line may contain, only the other case of a letter becomes that letter by
 * the bit 0x20. */
static inline bool equals_ignoring_case(const char *at, const char *end,
					const char *text)
{
	size_t bytes = strlen(text);

	if ((size_t)(end - at) != bytes)
		return false;
	for (size_t i = 0; i + 4 < bytes; i += 4)
		if (fold_four(at + i) != fold_four(text + i))
			return false;
	return fold_four(end - 4) == fold_four(text + bytes - 4);
}

bool request_is_token(const char *octets, size_t bytes)
{
	return bytes > 0 &&
	       skip(octets, octets + bytes, TOKEN) == octets + bytes;
}

bool request_is_field_value(const char *octets, size_t bytes)
{
	if (bytes == 0)
		return true;
	return !is(octets[0], BLANK) && !is(octets[bytes - 1], BLANK) &&
	       skip(octets, octets + bytes, VALUE) == octets + bytes;
}

static enum request_verdict refuse(struct request *request, uint16_t status)
{
	request->refusal = status;
	return REQUEST_REFUSED;
}

static struct request_slice slice(const char *octets, const char *at,
				  const char *end)
{
	return (struct request_slice){.at = (uint16_t)(at - octets),
				      .bytes = (uint16_t)(end - at)};
}

/* --- Authority: uri-host [ ":" port ], RFC 3986 3.2 ---------------------- */

static bool is_ipv6(const char *at, const char *end)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;
	size_t bytes = (size_t)(end - at);

	if (bytes >= sizeof(text))
		return false;
	memcpy(text, at, bytes);
	text[bytes] = '\0';
	return inet_pton(AF_INET6, text, &address) == 1;
}

/* RFC 3986 3.2.2: "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" ) */
static bool is_ipvfuture(const char *at, const char *end)
{
	const char *dot;

	if (end - at < 4 || (*at | 0x20) != 'v')
		return false;
	dot = skip(at + 1, end, HEXDIG);
	if (dot == at + 1 || end - dot < 2 || *dot != '.')
		return false;
	for (at = dot + 1; at < end; at++)
		if (!is(*at, HOST) && *at != ':')
			return false;
	return true;
}

/* The end of the IP-literal, IPv4address or reg-name at at; NULL if the
 * octets there are none.  A reg-name may be empty. */
static const char *skip_host(const char *at, const char *end)
{
	const char *bracket;

	if (at < end && *at == '[') {
		bracket = memchr(at, ']', (size_t)(end - at));
		if (!bracket || (!is_ipv6(at + 1, bracket) &&
				 !is_ipvfuture(at + 1, bracket)))
			return NULL;
		return bracket + 1;
	}
	at = skip(at, end, HOST);
	while (end - at >= 3 && *at == '%' && is(at[1], HEXDIG) &&
	       is(at[2], HEXDIG))
		at = skip(at + 3, end, HOST);
	return at;
}

/* -1 where the octets are no port; 0 for none, since no client means it. */
static int32_t port_number(const char *at, const char *end)
{
	int32_t port = 0;

	for (; at < end; at++) {
		if (!is(*at, DIGIT))
			return -1;
		port = port * 10 + (*at - '0');
		if (port > UINT16_MAX)
			return -1;
	}
	return port;
}

/* The authority of an http URI, a Host field or a CONNECT. */
RARE static bool is_authority(const char *at, const char *end, bool needs_port)
{
	const char *colon = skip_host(at, end);
	int32_t port;

	if (!colon || colon == at)
		return false;
	if (colon == end)
		return !needs_port;
	if (*colon != ':')
		return false;
	port = port_number(colon + 1, end);
	return needs_port ? port > 0 : port >= 0;
}

/* --- Request line, RFC 9112 3 -------------------------------------------- */

/* RFC 9112 2.3: case-sensitive, one digit either side of the dot. */
static bool is_version(const char *at, const char *end)
{
	return end - at == 8 && !memcmp(at, "HTTP/", 5) && is(at[5], DIGIT) &&
	       at[6] == '.' && is(at[7], DIGIT);
}

/* RFC 9112 3.2.2, for the schemes that lead to an HTTP server. */
RARE static bool is_absolute_form(const char *at, const char *end)
{
	static const char *const schemes[] = {"http://", "https://"};
	const char *authority_end;

	for (size_t i = 0; i < 2; i++) {
		size_t bytes = strlen(schemes[i]);

		if ((size_t)(end - at) < bytes ||
		    strncasecmp(at, schemes[i], bytes))
			continue;
		at += bytes;
		authority_end = at;
		while (authority_end < end && *authority_end != '/' &&
		       *authority_end != '?')
			authority_end++;
		return is_authority(at, authority_end, false);
	}
	return false;
}

/* RFC 9112 3.2: the four forms, each only with the methods it is for.  Every
 * visible octet but "#" passes in a path: browsers send more of them than
 * RFC 3986 has, and the answer is the same on every target. */
static bool is_target(struct request *request, const char *at, const char *end)
{
	if (request->method == REQUEST_METHOD_CONNECT)
		return is_authority(at, end, true);
	if (*at == '/')
		return true;
	if (end - at == 1 && *at == '*') {
		request->is_asterisk = true;
		return request->method == REQUEST_METHOD_OPTIONS;
	}
	return is_absolute_form(at, end);
}

/* RFC 9110 9.1: case-sensitive.  Returns the end of the method, NULL where
 * there is none.  Each name is compared together with the space behind it. */
static const char *parse_method(struct request *request, const char *line,
				const char *end)
{
#define METHOD(name)                                                           \
	do                                                                     \
		if ((size_t)(end - line) >= sizeof(#name) &&                   \
		    !memcmp(line, #name " ", sizeof(#name))) {                 \
			request->method = REQUEST_METHOD_##name;               \
			return line + sizeof(#name) - 1;                       \
		}                                                              \
	while (0)

	const char *method_end;

	METHOD(GET);
	METHOD(HEAD);
	METHOD(POST);
	METHOD(PUT);
	METHOD(PATCH);
	METHOD(DELETE);
	METHOD(OPTIONS);
	METHOD(TRACE);
	METHOD(CONNECT);
#undef METHOD
	method_end = skip(line, end, TOKEN);
	if (method_end == line || method_end == end || *method_end != ' ')
		return NULL;
	return method_end;
}

static enum request_verdict parse_request_line(struct request *request,
					       const char *line,
					       const char *end)
{
	const char *method_end = parse_method(request, line, end);
	const char *target, *target_end, *version;

	if (!method_end)
		return refuse(request, 400);
	target = method_end + 1;
	target_end = skip(target, end, TARGET);
	if (target_end == target || target_end == end || *target_end != ' ')
		return refuse(request, 400);
	version = target_end + 1;
	if (!is_version(version, end))
		return refuse(request, 400);
	if (version[5] != '1')
		return refuse(request, 505);
	request->is_http_1_0 = version[7] == '0';
	if (!is_target(request, target, target_end))
		return refuse(request, 400);
	return REQUEST_COMPLETE;
}

/* --- Field lines, RFC 9112 5 --------------------------------------------- */

RARE static bool parse_content_length(struct request *request, const char *at,
				      const char *end)
{
	uint64_t length = 0;

	if (request->has_content_length || at == end)
		return false;
	request->has_content_length = true;
	for (; at < end; at++) {
		if (!is(*at, DIGIT) ||
		    __builtin_mul_overflow(length, 10, &length) ||
		    __builtin_add_overflow(length, (uint64_t)(*at - '0'),
					   &length))
			return false;
	}
	request->content_left = length;
	return true;
}

/* The next element of a comma-separated list (RFC 9110 5.6.1), white space
 * around it taken off; NULL after the last. */
static const char *next_element(const char **at, const char *end,
				const char **ret_end)
{
	const char *element, *element_end;

	if (!*at)
		return NULL;
	element = element_end = skip(*at, end, BLANK);
	while (element_end < end && *element_end != ',')
		element_end++;
	*at = element_end < end ? element_end + 1 : NULL;
	while (element_end > element && is(element_end[-1], BLANK))
		element_end--;
	*ret_end = element_end;
	return element;
}

/* Only counts: codings may come in several field lines, and whether they
 * frame the content is settled by all of them together. */
RARE static void parse_transfer_encoding(struct request *request,
					 const char *at, const char *end)
{
	const char *element, *element_end;

	request->has_transfer_encoding = true;
	while ((element = next_element(&at, end, &element_end))) {
		bool is_chunked =
			equals_ignoring_case(element, element_end, "chunked");

		/* An empty element must not hide behind a good one. */
		request->last_coding_is_chunked = is_chunked;
		if (element == element_end || request->codings == UINT8_MAX)
			request->chunked_codings = 2;
		else
			request->codings++;
		if (is_chunked && request->chunked_codings < 2)
			request->chunked_codings++;
	}
}

RARE static void parse_connection(struct request *request, const char *at,
				  const char *end)
{
	const char *element, *element_end;

	while ((element = next_element(&at, end, &element_end))) {
		if (equals_ignoring_case(element, element_end, "close"))
			request->connection_close = true;
		else if (equals_ignoring_case(element, element_end,
					      "keep-alive"))
			request->connection_keep_alive = true;
	}
}

/* RFC 9110 10.1.1.  An empty list expects nothing. */
RARE static void parse_expect(struct request *request, const char *at,
			      const char *end)
{
	const char *element, *element_end;

	while ((element = next_element(&at, end, &element_end))) {
		if (equals_ignoring_case(element, element_end, "100-continue"))
			request->expects_continue = true;
		else if (element < element_end)
			request->expects_other = true;
	}
}

static bool parse_host(struct request *request, const char *at, const char *end)
{
	if (request->has_host)
		return false;
	request->has_host = true;
	/* Mostly a name or an IPv4 address, without a port. */
	return skip(at, end, HOST) == end || is_authority(at, end, false);
}

/* The few fields that matter here, told apart by their length first: most
 * lines of a browser end at the switch. */
static bool parse_field(struct request *request, const char *octets,
			const char *name, const char *name_end,
			const char *value, const char *value_end)
{
	switch (name_end - name) {
	case 4:
		if (equals_ignoring_case(name, name_end, "host"))
			return parse_host(request, value, value_end);
		break;
	case 6:
		if (equals_ignoring_case(name, name_end, "expect"))
			parse_expect(request, value, value_end);
		break;
	case 7:
		if (equals_ignoring_case(name, name_end, "referer"))
			request->referer = slice(octets, value, value_end);
		break;
	case 10:
		if (equals_ignoring_case(name, name_end, "connection"))
			parse_connection(request, value, value_end);
		else if (equals_ignoring_case(name, name_end, "user-agent"))
			request->user_agent = slice(octets, value, value_end);
		break;
	case 14:
		if (equals_ignoring_case(name, name_end, "content-length"))
			return parse_content_length(request, value, value_end);
		break;
	case 17:
		if (equals_ignoring_case(name, name_end, "transfer-encoding"))
			parse_transfer_encoding(request, value, value_end);
		break;
	default:
		break;
	}
	return true;
}

/* Every octet is known to be of class VALUE. */
static enum request_verdict parse_field_line(struct request *request,
					     const char *octets,
					     const char *line, const char *end)
{
	const char *name_end = skip(line, end, TOKEN), *value;

	/* An empty name covers white space before the first field line and
	 * line folding (RFC 9112 2.2 and 5.2). */
	if (name_end == line || name_end == end || *name_end != ':')
		return refuse(request, 400);
	value = skip(name_end + 1, end, BLANK);
	while (end > value && is(end[-1], BLANK))
		end--;
	if (!parse_field(request, octets, line, name_end, value, end))
		return refuse(request, 400);
	return REQUEST_COMPLETE;
}

/* RFC 9112 6.3 and 9.3, once every field line is known. */
static enum request_verdict complete_head(struct request *request)
{
	if (!request->is_http_1_0 && !request->has_host)
		return refuse(request, 400);
	/* A client of HTTP/1.0 cannot mean it (RFC 9110 10.1.1). */
	if (request->is_http_1_0)
		request->expects_continue = request->expects_other = false;
	if (request->has_transfer_encoding) {
		if (request->is_http_1_0 || request->has_content_length ||
		    !request->last_coding_is_chunked ||
		    request->chunked_codings != 1)
			return refuse(request, 400);
		if (request->codings > 1)
			return refuse(request, 501);
		request->framing = REQUEST_FRAMING_CHUNKED;
	} else if (request->content_left > 0) {
		request->framing = REQUEST_FRAMING_LENGTH;
	}
	/* What follows a CONNECT may be the tunnel's (RFC 9110 9.3.6). */
	request->keep_alive =
		request->method != REQUEST_METHOD_CONNECT &&
		!request->connection_close &&
		(!request->is_http_1_0 || request->connection_keep_alive);
	return REQUEST_COMPLETE;
}

/* --- Head ---------------------------------------------------------------- */

_Static_assert(REQUEST_LINE_BYTES_MAX + FIELD_SECTION_BYTES_MAX + 6 <
		       UINT16_MAX,
	       "places in a head are counted in 16 bits");

/* RFC 9112 2.2: one empty line before the request line is forgiven. */
static void skip_empty_line(struct request *request, const char *octets,
			    size_t bytes)
{
	if (bytes >= 2 && octets[0] == '\r' && octets[1] == '\n')
		request->line_at = request->scanned_to = 2;
}

/* at is the first octet that cannot be within the line, or the end of what
 * has come. */
RARE static enum request_verdict stop_in_line(struct request *request,
					      const char *octets,
					      const char *at, const char *end,
					      bool is_at_limit)
{
	const char *line = octets + request->line_at;
	/* What follows a CR has to be known. */
	bool is_at_last_cr = end - at == 1 && *at == '\r';
	bool may_be_empty_line = is_at_last_cr && at == octets;

	if (line < end && !may_be_empty_line)
		request->has_begun = true;
	if (at < end && !is_at_last_cr)
		return refuse(request, 400);
	request->scanned_to = (uint16_t)(at - octets);
	if (!is_at_limit)
		return REQUEST_INCOMPLETE;
	return refuse(request, request->section_at > 0 ? 431 : 414);
}

/* What came of the request line, where it never ended well: for the log, and
 * because the answer to a HEAD has no content, whatever is wrong with it. */
static void keep_line_of_refused(struct request *request, const char *octets,
				 size_t bytes)
{
	const char *line = octets + request->line_at, *end = octets + bytes;

	if (end - line > (ptrdiff_t)REQUEST_LINE_BYTES_MAX)
		end = line + REQUEST_LINE_BYTES_MAX;
	for (const char *at = line; at < end; at++)
		if (*at == '\r' || *at == '\n')
			end = at;
	request->line = slice(octets, line, end);
	parse_method(request, line, end);
}

static inline bool is_crlf(const char *at, const char *end)
{
	return end - at >= 2 && at[0] == '\r' && at[1] == '\n';
}

static enum request_verdict read_request_line(struct request *request,
					      const char *octets, size_t bytes)
{
	const char *line, *at, *end;
	enum request_verdict verdict;
	size_t limit;

	if (request->line_at == 0)
		skip_empty_line(request, octets, bytes);
	line = octets + request->line_at;
	limit = request->line_at + REQUEST_LINE_BYTES_MAX + 2;
	end = octets + (bytes < limit ? bytes : limit);
	at = skip_text(octets + request->scanned_to, end, LINE);
	if (!is_crlf(at, end)) {
		verdict =
			stop_in_line(request, octets, at, end, bytes >= limit);
		if (verdict == REQUEST_REFUSED)
			keep_line_of_refused(request, octets, bytes);
		return verdict;
	}
	request->has_begun = true;
	request->line = slice(octets, line, at);
	request->section_at = (uint16_t)(at + 2 - octets);
	request->line_at = request->scanned_to = request->section_at;
	return parse_request_line(request, line, at);
}

static enum request_verdict read_field_section(struct request *request,
					       const char *octets, size_t bytes)
{
	/* Two more for the empty line that ends the section. */
	size_t limit = request->section_at + FIELD_SECTION_BYTES_MAX + 2;
	const char *end = octets + (bytes < limit ? bytes : limit);
	const char *line = octets + request->line_at;
	const char *at = octets + request->scanned_to;
	enum request_verdict verdict;

	while (!is_crlf(line, end)) {
		at = skip_text(at, end, VALUE);
		if (!is_crlf(at, end)) {
			request->line_at = (uint16_t)(line - octets);
			return stop_in_line(request, octets, at, end,
					    bytes >= limit);
		}
		if ((size_t)(at - octets) + 4 > limit ||
		    ++request->field_lines > FIELD_LINES_MAX)
			return refuse(request, 431);
		verdict = parse_field_line(request, octets, line, at);
		if (verdict != REQUEST_COMPLETE)
			return verdict;
		line = at = at + 2;
	}
	request->head_bytes = (uint16_t)(line + 2 - octets);
	return complete_head(request);
}

enum request_verdict request_parse(struct request *request, const char *octets,
				   size_t bytes)
{
	enum request_verdict verdict;

	if (request->section_at == 0) {
		verdict = read_request_line(request, octets, bytes);
		if (verdict != REQUEST_COMPLETE)
			return verdict;
	}
	return read_field_section(request, octets, bytes);
}

/* --- Content, RFC 9112 6 and 7.1 ----------------------------------------- */

/* Of 64 bits. */
#define CHUNK_DIGITS_MAX 16

enum chunk_state {
	CHUNK_SIZE,
	CHUNK_EXTENSION_BLANK,	/* white space before ";" or "=" */
	CHUNK_EXTENSION_END,	/* white space before ";" */
	CHUNK_EXTENSION_BEFORE, /* white space before a name */
	CHUNK_EXTENSION_NAME,
	CHUNK_VALUE_BEFORE, /* white space before a value */
	CHUNK_VALUE_TOKEN,
	CHUNK_VALUE_QUOTED,
	CHUNK_VALUE_ESCAPED, /* behind a backslash */
	CHUNK_VALUE_UNQUOTED,
	CHUNK_SIZE_LF,
	CHUNK_DATA,
	CHUNK_DATA_LF,
	CHUNK_TRAILER, /* at the beginning of a line of the trailer section */
	CHUNK_TRAILER_NAME,
	CHUNK_TRAILER_VALUE,
	CHUNK_TRAILER_LF,
	CHUNK_END_LF,
};

static size_t drop(struct request *request, size_t bytes)
{
	size_t dropped = bytes < request->content_left
				 ? bytes
				 : (size_t)request->content_left;

	request->content_left -= dropped;
	return dropped;
}

/* What carries nothing is bounded: extensions, and more digits than the
 * largest size has. */
static enum request_verdict count_idle_octet(struct request *request)
{
	if (++request->extension_bytes > CHUNK_EXTENSION_BYTES_MAX)
		return refuse(request, 400);
	return REQUEST_INCOMPLETE;
}

static enum request_verdict chunk_size_digit(struct request *request,
					     char octet)
{
	uint64_t digit = is(octet, DIGIT)
				 ? (uint64_t)(octet - '0')
				 : (uint64_t)((octet | 0x20) - 'a' + 10);

	if (request->content_left >> 60)
		return refuse(request, 400);
	request->content_left = request->content_left << 4 | digit;
	if (request->chunk_digits == CHUNK_DIGITS_MAX)
		return count_idle_octet(request);
	request->chunk_digits++;
	return REQUEST_INCOMPLETE;
}

static enum request_verdict chunk_size_octet(struct request *request,
					     char octet)
{
	if (is(octet, HEXDIG))
		return chunk_size_digit(request, octet);
	if (request->chunk_digits == 0)
		return refuse(request, 400);
	if (octet == '\r') {
		request->chunk_state = CHUNK_SIZE_LF;
		return REQUEST_INCOMPLETE;
	}
	if (octet == ';')
		request->chunk_state = CHUNK_EXTENSION_BEFORE;
	else if (is(octet, BLANK))
		request->chunk_state = CHUNK_EXTENSION_END;
	else
		return refuse(request, 400);
	return count_idle_octet(request);
}

/* The state behind an octet of chunk-ext (RFC 9112 7.1.1); -1: no octet of
 * it.  CR ends it where a name or a value does. */
static int next_extension_state(enum chunk_state state, char octet)
{
	bool is_blank = is(octet, BLANK), is_token = is(octet, TOKEN);
	bool ends_name = state == CHUNK_EXTENSION_NAME ||
			 state == CHUNK_VALUE_TOKEN ||
			 state == CHUNK_VALUE_UNQUOTED;

	if (octet == '\r' && ends_name)
		return CHUNK_SIZE_LF;
	switch (state) {
	case CHUNK_EXTENSION_BEFORE:
		return is_blank	  ? CHUNK_EXTENSION_BEFORE
		       : is_token ? CHUNK_EXTENSION_NAME
				  : -1;
	case CHUNK_EXTENSION_NAME:
	case CHUNK_EXTENSION_BLANK:
		if (is_token && state == CHUNK_EXTENSION_NAME)
			return CHUNK_EXTENSION_NAME;
		return octet == '='   ? CHUNK_VALUE_BEFORE
		       : octet == ';' ? CHUNK_EXTENSION_BEFORE
		       : is_blank     ? CHUNK_EXTENSION_BLANK
				      : -1;
	case CHUNK_VALUE_BEFORE:
		return octet == '"' ? CHUNK_VALUE_QUOTED
		       : is_blank   ? CHUNK_VALUE_BEFORE
		       : is_token   ? CHUNK_VALUE_TOKEN
				    : -1;
	case CHUNK_VALUE_QUOTED:
		return octet == '"'	  ? CHUNK_VALUE_UNQUOTED
		       : octet == '\\'	  ? CHUNK_VALUE_ESCAPED
		       : is(octet, VALUE) ? CHUNK_VALUE_QUOTED
					  : -1;
	case CHUNK_VALUE_ESCAPED:
		return is(octet, VALUE) ? CHUNK_VALUE_QUOTED : -1;
	default: /* CHUNK_VALUE_TOKEN, _UNQUOTED, CHUNK_EXTENSION_END */
		if (is_token && state == CHUNK_VALUE_TOKEN)
			return CHUNK_VALUE_TOKEN;
		return octet == ';' ? CHUNK_EXTENSION_BEFORE
		       : is_blank   ? CHUNK_EXTENSION_END
				    : -1;
	}
}

/* Ignored, but for its grammar and its length. */
static enum request_verdict chunk_extension_octet(struct request *request,
						  char octet)
{
	int next = next_extension_state((enum chunk_state)request->chunk_state,
					octet);

	if (next < 0)
		return refuse(request, 400);
	request->chunk_state = (uint8_t)next;
	if (next == CHUNK_SIZE_LF)
		return REQUEST_INCOMPLETE;
	return count_idle_octet(request);
}

static enum request_verdict chunk_size_end(struct request *request,
					   uint64_t max_bytes)
{
	request->chunk_digits = 0;
	if (request->content_left == 0) {
		request->chunk_state = CHUNK_TRAILER;
		return REQUEST_INCOMPLETE;
	}
	if (request->content_left > max_bytes - request->content_read)
		return refuse(request, 413);
	request->content_read += request->content_left;
	request->chunk_state = CHUNK_DATA;
	return REQUEST_INCOMPLETE;
}

static size_t field_section_bytes(const struct request *request)
{
	return request->head_bytes - 2u - request->section_at;
}

/* What frames a message comes before it (RFC 9110 6.5.1).  Here it would be
 * ignored, but by the next in line it might not. */
static const char *const framing_fields[] = {"content-length",
					     "transfer-encoding"};

static void trailer_name_octet(struct request *request, char octet)
{
	uint8_t at = request->trailer_name_bytes;

	for (size_t i = 0; i < 2; i++)
		if (at >= strlen(framing_fields[i]) ||
		    (octet | 0x20) != framing_fields[i][at])
			request->trailer_name_differs |= (uint8_t)(1 << i);
	if (at < UINT8_MAX)
		request->trailer_name_bytes++;
}

static bool is_framing_field(const struct request *request)
{
	for (size_t i = 0; i < 2; i++)
		if (!(request->trailer_name_differs >> i & 1) &&
		    request->trailer_name_bytes == strlen(framing_fields[i]))
			return true;
	return false;
}

static enum request_verdict trailer_name_end(struct request *request)
{
	if (is_framing_field(request))
		return refuse(request, 400);
	request->trailer_name_bytes = request->trailer_name_differs = 0;
	request->chunk_state = CHUNK_TRAILER_VALUE;
	return REQUEST_INCOMPLETE;
}

/* The trailer section counts towards the limits of the head's field section,
 * and its fields are never merged into it (RFC 9112 7.1.2). */
static enum request_verdict trailer_octet(struct request *request, char octet)
{
	if (++request->trailer_bytes + field_section_bytes(request) >
	    FIELD_SECTION_BYTES_MAX)
		return refuse(request, 431);
	switch (request->chunk_state) {
	case CHUNK_TRAILER:
	case CHUNK_TRAILER_NAME:
		if (octet == ':' && request->chunk_state == CHUNK_TRAILER_NAME)
			return trailer_name_end(request);
		if (!is(octet, TOKEN))
			return refuse(request, 400);
		trailer_name_octet(request, octet);
		request->chunk_state = CHUNK_TRAILER_NAME;
		return REQUEST_INCOMPLETE;
	case CHUNK_TRAILER_VALUE:
		if (octet == '\r')
			request->chunk_state = CHUNK_TRAILER_LF;
		else if (!is(octet, VALUE))
			return refuse(request, 400);
		return REQUEST_INCOMPLETE;
	default: /* CHUNK_TRAILER_LF */
		if (octet != '\n')
			return refuse(request, 400);
		request->chunk_state = CHUNK_TRAILER;
		if (++request->field_lines > FIELD_LINES_MAX)
			return refuse(request, 431);
		return REQUEST_INCOMPLETE;
	}
}

static enum request_verdict expect_octet(struct request *request, char octet,
					 char expected, enum chunk_state next)
{
	if (octet != expected)
		return refuse(request, 400);
	request->chunk_state = (uint8_t)next;
	return REQUEST_INCOMPLETE;
}

static enum request_verdict chunk_octet(struct request *request, char octet,
					uint64_t max_bytes)
{
	switch ((enum chunk_state)request->chunk_state) {
	case CHUNK_SIZE:
		return chunk_size_octet(request, octet);
	case CHUNK_EXTENSION_BLANK:
	case CHUNK_EXTENSION_END:
	case CHUNK_EXTENSION_BEFORE:
	case CHUNK_EXTENSION_NAME:
	case CHUNK_VALUE_BEFORE:
	case CHUNK_VALUE_TOKEN:
	case CHUNK_VALUE_QUOTED:
	case CHUNK_VALUE_ESCAPED:
	case CHUNK_VALUE_UNQUOTED:
		return chunk_extension_octet(request, octet);
	case CHUNK_SIZE_LF:
		if (octet != '\n')
			return refuse(request, 400);
		return chunk_size_end(request, max_bytes);
	case CHUNK_DATA: /* all of it has been dropped */
		return expect_octet(request, octet, '\r', CHUNK_DATA_LF);
	case CHUNK_DATA_LF:
		return expect_octet(request, octet, '\n', CHUNK_SIZE);
	case CHUNK_END_LF:
		if (octet != '\n')
			return refuse(request, 400);
		return REQUEST_COMPLETE;
	case CHUNK_TRAILER:
		if (octet == '\r') {
			request->chunk_state = CHUNK_END_LF;
			return REQUEST_INCOMPLETE;
		}
		return trailer_octet(request, octet);
	case CHUNK_TRAILER_NAME:
	case CHUNK_TRAILER_VALUE:
	case CHUNK_TRAILER_LF:
		return trailer_octet(request, octet);
	}
	return refuse(request, 400);
}

static enum request_verdict read_chunked(struct request *request,
					 const char *octets, size_t bytes,
					 uint64_t max_bytes, size_t *ret_used)
{
	enum request_verdict verdict = REQUEST_INCOMPLETE;
	size_t used = 0;

	while (used < bytes && verdict == REQUEST_INCOMPLETE) {
		if (request->chunk_state == CHUNK_DATA &&
		    request->content_left > 0)
			used += drop(request, bytes - used);
		else
			verdict =
				chunk_octet(request, octets[used++], max_bytes);
	}
	*ret_used = used;
	return verdict;
}

enum request_verdict request_read_content(struct request *request,
					  const char *octets, size_t bytes,
					  uint64_t max_bytes, size_t *ret_used)
{
	assert(request->head_bytes > 0);
	*ret_used = 0;
	switch ((enum request_framing)request->framing) {
	case REQUEST_FRAMING_LENGTH:
		if (request->content_left > max_bytes)
			return refuse(request, 413);
		*ret_used = drop(request, bytes);
		return request->content_left > 0 ? REQUEST_INCOMPLETE
						 : REQUEST_COMPLETE;
	case REQUEST_FRAMING_CHUNKED:
		return read_chunked(request, octets, bytes, max_bytes,
				    ret_used);
	case REQUEST_FRAMING_NONE:
		break;
	}
	return REQUEST_COMPLETE;
}
