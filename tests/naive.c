/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * The grammar of requests, stated again: each rule of RFC 9110, RFC 9112 and
 * RFC 3986 that is needed is a function of the whole string that it is about,
 * and a request is cut at its CRLFs and put together from them.  What is known
 * of a field is looked up in the field section each time.
 *
 * Each line is judged by the window of octets that its limit lets it have.
 * One that has not ended is wrong when an octet of it can be in no line (in
 * the head), or when no ending would make it right (in the content).
 */
#include "naive.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "tunables.h"

struct span {
	const char *octets;
	size_t bytes;
};

/* Whether these octets, all of them, are what it is named after. */
typedef bool rule(const char *s, size_t n);

/* --- Octets --- */

#define DIGIT "0123456789"
#define HEXDIG DIGIT "abcdefABCDEF"
#define ALPHA "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define TCHAR "!#$%&'*+-.^_`|~" DIGIT ALPHA
#define VCHAR TCHAR "\"(),/:;<=>?@[\\]{}"
#define VCHAR_BUT_FRAGMENT "!$%&'*+-.^_`|~\"(),/:;<=>?@[\\]{}" DIGIT ALPHA
#define UNRESERVED ALPHA DIGIT "-._~"
#define SUB_DELIMS "!$&'()*+,;="

static bool is_in(const char *set, char octet)
{
	return octet != '\0' && strchr(set, octet) != NULL;
}

static bool is_obs_text(char octet)
{
	return (unsigned char)octet >= 0x80;
}

static bool is_all(const char *set, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!is_in(set, s[i]))
			return false;
	return true;
}

/* RFC 9110 5.6.2 */
bool naive_is_token(const char *s, size_t n)
{
	return n > 0 && is_all(TCHAR, s, n);
}

/* RFC 9110 5.5, with the white space around it */
static bool is_value(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!is_in(VCHAR " \t", s[i]) && !is_obs_text(s[i]))
			return false;
	return true;
}

/* Up to the next mark or the end. */
static size_t length_to(char mark, const char *s, size_t n)
{
	const char *found = memchr(s, mark, n);

	return found ? (size_t)(found - s) : n;
}

/* --- Authority, RFC 3986 3.2.2 --- */

static bool is_h16(const char *s, size_t n)
{
	return n >= 1 && n <= 4 && is_all(HEXDIG, s, n);
}

static bool is_dec_octet(const char *s, size_t n)
{
	int value = 0;

	if (n < 1 || n > 3 || !is_all(DIGIT, s, n) || (n > 1 && s[0] == '0'))
		return false;
	for (size_t i = 0; i < n; i++)
		value = 10 * value + (s[i] - '0');
	return value <= 255;
}

static bool is_ipv4(const char *s, size_t n)
{
	for (int octets = 1;; octets++) {
		size_t length = length_to('.', s, n);

		if (!is_dec_octet(s, length))
			return false;
		if (length == n)
			return octets == 4;
		s += length + 1;
		n -= length + 1;
	}
}

/* Groups of 16 bits in a list with colons between them; -1: no such list. */
static int count_groups(const char *s, size_t n)
{
	int groups = 0;

	if (n == 0)
		return 0;
	for (;;) {
		size_t length = length_to(':', s, n);

		if (length == n && is_ipv4(s, n))
			return groups + 2;
		if (!is_h16(s, length))
			return -1;
		groups++;
		if (length == n)
			return groups;
		s += length + 1;
		n -= length + 1;
	}
}

static bool is_ipv6(const char *s, size_t n)
{
	if (count_groups(s, n) == 8)
		return true;
	for (size_t i = 0; i + 2 <= n; i++) {
		int before = count_groups(s, i);
		int after = count_groups(s + i + 2, n - i - 2);

		if (s[i] == ':' && s[i + 1] == ':' && before >= 0 &&
		    after >= 0 && before + after <= 7 &&
		    memchr(s, '.', i) == NULL)
			return true;
	}
	return false;
}

static bool is_ip_future(const char *s, size_t n)
{
	size_t dot = length_to('.', s, n);

	return n >= 4 && is_in("vV", s[0]) && dot >= 2 && n - dot >= 2 &&
	       is_all(HEXDIG, s + 1, dot - 1) &&
	       is_all(UNRESERVED SUB_DELIMS ":", s + dot + 1, n - dot - 1);
}

static bool is_reg_name(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (is_in(UNRESERVED SUB_DELIMS, s[i]))
			continue;
		if (s[i] != '%' || n - i < 3 || !is_all(HEXDIG, s + i + 1, 2))
			return false;
		i += 2;
	}
	return true;
}

static bool is_uri_host(const char *s, size_t n)
{
	if (n >= 2 && s[0] == '[' && s[n - 1] == ']')
		return is_ipv6(s + 1, n - 2) || is_ip_future(s + 1, n - 2);
	return is_reg_name(s, n);
}

static bool is_port(const char *s, size_t n, long least)
{
	long value = 0;

	if (!is_all(DIGIT, s, n))
		return false;
	for (size_t i = 0; i < n && value < 100000; i++)
		value = 10 * value + (s[i] - '0');
	return value >= least && value <= 65535;
}

/* RFC 9110 7.2: uri-host [ ":" port ].  A port of no host is none: the URI
 * would be invalid (RFC 9110 4.2.1). */
static bool is_host(const char *s, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (s[i] == ':' && is_uri_host(s, i) &&
		    is_port(s + i + 1, n - i - 1, 0))
			return true;
	return is_uri_host(s, n);
}

/* RFC 9112 3.2.3: uri-host ":" port, neither of them empty */
static bool is_authority_form(const char *s, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (s[i] == ':' && is_uri_host(s, i) &&
		    is_port(s + i + 1, n - i - 1, 1))
			return true;
	return false;
}

static bool begins_with(const char *s, size_t n, const char *beginning)
{
	size_t length = strlen(beginning);

	return n >= length && strncasecmp(s, beginning, length) == 0;
}

/* RFC 9112 3.2.2 with RFC 9110 4.2 */
static bool is_absolute_form(const char *s, size_t n)
{
	size_t at = begins_with(s, n, "http://")    ? 7
		    : begins_with(s, n, "https://") ? 8
						    : n;
	size_t end = at;

	while (end < n && !is_in("/?", s[end]))
		end++;
	return end > at && is_host(s + at, end - at);
}

/* --- Request line, RFC 9112 3 --- */

static enum request_method method_named(const char *s, size_t n)
{
	static const struct {
		const char *name;
		enum request_method method;
	} methods[] = {
		{"GET ", REQUEST_METHOD_GET},
		{"HEAD ", REQUEST_METHOD_HEAD},
		{"POST ", REQUEST_METHOD_POST},
		{"PUT ", REQUEST_METHOD_PUT},
		{"PATCH ", REQUEST_METHOD_PATCH},
		{"DELETE ", REQUEST_METHOD_DELETE},
		{"OPTIONS ", REQUEST_METHOD_OPTIONS},
		{"TRACE ", REQUEST_METHOD_TRACE},
		{"CONNECT ", REQUEST_METHOD_CONNECT},
	};

	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++)
		if (n >= strlen(methods[i].name) &&
		    memcmp(s, methods[i].name, strlen(methods[i].name)) == 0)
			return methods[i].method;
	return REQUEST_METHOD_UNKNOWN;
}

/* RFC 9112 3.2 */
static bool is_target(enum request_method method, const char *s, size_t n)
{
	if (method == REQUEST_METHOD_CONNECT)
		return is_authority_form(s, n);
	if (n == 1 && s[0] == '*')
		return method == REQUEST_METHOD_OPTIONS;
	return s[0] == '/' || is_absolute_form(s, n);
}

/* RFC 9112 2.3 */
static bool is_version(const char *s, size_t n)
{
	return n == 8 && memcmp(s, "HTTP/", 5) == 0 && is_in(DIGIT, s[5]) &&
	       s[6] == '.' && is_in(DIGIT, s[7]);
}

/* 0 or the status to refuse it with. */
static unsigned judge_request_line(struct outcome *o, const char *s, size_t n)
{
	size_t method = length_to(' ', s, n);
	size_t target_at = method < n ? method + 1 : n;
	size_t target = length_to(' ', s + target_at, n - target_at);
	size_t version_at = target_at + target < n ? target_at + target + 1 : n;
	const char *version = s + version_at;

	if (!naive_is_token(s, method) || target == 0 ||
	    !is_all(VCHAR_BUT_FRAGMENT, s + target_at, target) ||
	    !is_version(version, n - version_at))
		return 400;
	if (version[5] != '1')
		return 505;
	if (!is_target(o->method, s + target_at, target))
		return 400;
	if (version[7] == '0')
		o->facts |= HTTP_1_0;
	if (target == 1 && s[target_at] == '*')
		o->facts |= ASTERISK;
	if (o->method == REQUEST_METHOD_CONNECT)
		o->facts |= CLOSES;
	return 0;
}

/* --- Field section, RFC 9112 5 --- */

static bool is_field_line(const char *s, size_t n)
{
	size_t name = length_to(':', s, n);

	return name < n && naive_is_token(s, name) &&
	       is_value(s + name + 1, n - name - 1);
}

/* The length of the line, without its CRLF; n if it has none. */
static size_t length_of_line(const char *s, size_t n)
{
	size_t i = length_to('\r', s, n);

	/* memmem(3) would take longer than all else that is done here. */
	while (i < n && (i + 1 == n || s[i + 1] != '\n'))
		i += 1 + length_to('\r', s + i + 1, n - i - 1);
	return i;
}

static struct span without_space_around(const char *s, size_t n)
{
	while (n > 0 && is_in(" \t", s[0]))
		s++, n--;
	while (n > 0 && is_in(" \t", s[n - 1]))
		n--;
	return (struct span){s, n};
}

static bool is_word(struct span span, const char *word)
{
	return span.bytes == strlen(word) &&
	       strncasecmp(span.octets, word, span.bytes) == 0;
}

/* Cuts the first line off lines with a CRLF each, which it keeps. */
static struct span take_field_line(struct span *section)
{
	struct span line = *section;

	line.bytes = length_of_line(section->octets, section->bytes) + 2;
	section->octets += line.bytes;
	section->bytes -= line.bytes;
	return line;
}

/* How many fields of that name are among these lines, and the last one's
 * value. */
static unsigned find_fields(const struct span *section, const char *name,
			    struct span *ret_last)
{
	struct span rest = *section;
	unsigned found = 0;

	while (rest.bytes > 0) {
		struct span line = take_field_line(&rest);
		size_t length = line.bytes - 2;
		size_t colon = length_to(':', line.octets, length);

		if (is_word((struct span){line.octets, colon}, name)) {
			found++;
			*ret_last = without_space_around(
				line.octets + colon + 1, length - colon - 1);
		}
	}
	return found;
}

/* Cuts the first element off a list (RFC 9110 5.6.1). */
static struct span take_element(struct span *list)
{
	size_t length = length_to(',', list->octets, list->bytes);
	struct span element = without_space_around(list->octets, length);
	size_t used = length < list->bytes ? length + 1 : length;

	list->octets += used;
	list->bytes -= used;
	return element;
}

/* How many elements of the list are the wanted one; NULL: any.  An empty one
 * is one, too: a list has one element more than commas. */
static unsigned count_in_list(struct span list, const char *wanted)
{
	unsigned count = 0;
	size_t commas = 0;

	for (size_t i = 0; i < list.bytes; i++)
		commas += list.octets[i] == ',';
	for (size_t i = 0; i <= commas; i++) {
		struct span element = take_element(&list);

		count += !wanted || is_word(element, wanted);
	}
	return count;
}

/* RFC 9110 5.2: the same in all fields of that name together. */
static unsigned count_elements(const struct span *section, const char *name,
			       const char *wanted)
{
	struct span rest = *section;
	unsigned count = 0;

	while (rest.bytes > 0) {
		struct span line = take_field_line(&rest), list;

		if (find_fields(&line, name, &list) > 0)
			count += count_in_list(list, wanted);
	}
	return count;
}

/* RFC 9112 6.2: 1*DIGIT, and what 64 bits hold. */
static bool is_content_length(struct span value, uint64_t *ret_length)
{
	*ret_length = 0;
	if (value.bytes == 0 || !is_all(DIGIT, value.octets, value.bytes))
		return false;
	for (size_t i = 0; i < value.bytes; i++) {
		uint64_t digit = (uint64_t)(value.octets[i] - '0');

		if (*ret_length > (UINT64_MAX - digit) / 10)
			return false;
		*ret_length = 10 * *ret_length + digit;
	}
	return true;
}

/* What no field line that follows can make good (RFC 9112 3.2 and 6.3). */
static bool is_good_so_far(const struct span *section)
{
	struct span value;
	uint64_t length;
	unsigned hosts = find_fields(section, "host", &value);
	unsigned lengths;

	if (hosts > 1 || (hosts == 1 && !is_host(value.octets, value.bytes)))
		return false;
	lengths = find_fields(section, "content-length", &value);
	return lengths == 0 ||
	       (lengths == 1 && is_content_length(value, &length));
}

/* RFC 9112 6.1: not more codings than anyone could mean. */
#define CODINGS_MAX 255u

static unsigned judge_codings(const struct span *section)
{
	static const char name[] = "transfer-encoding";
	struct span last;
	unsigned fields = find_fields(section, name, &last);
	unsigned codings = count_elements(section, name, NULL);

	if (fields == 0)
		return 0;
	if (count_elements(section, name, "") > 0 || codings > CODINGS_MAX ||
	    count_elements(section, name, "chunked") != 1)
		return 400;
	while (count_in_list(last, NULL) > 1)
		(void)take_element(&last);
	if (!is_word(take_element(&last), "chunked"))
		return 400;
	return codings > 1 ? 501 : 0;
}

/* RFC 9112 9.3 and RFC 9110 10.1.1 */
static unsigned facts_of(const struct span *section, bool is_1_0)
{
	unsigned expected = count_elements(section, "expect", "100-continue");
	unsigned empty = count_elements(section, "expect", "");
	unsigned facts = 0;

	if (count_elements(section, "connection", "close") > 0)
		facts |= CLOSES;
	if (is_1_0 && count_elements(section, "connection", "keep-alive") == 0)
		facts |= CLOSES;
	if (!is_1_0 && expected > 0)
		facts |= CONTINUES;
	if (!is_1_0 &&
	    count_elements(section, "expect", NULL) > expected + empty)
		facts |= EXPECTS_OTHER;
	return facts;
}

/* RFC 9112 3.2 and 6.3, of a whole field section. */
static unsigned judge_section(struct outcome *o, const struct span *section,
			      uint64_t *ret_length)
{
	struct span value;
	bool is_1_0 = o->facts & HTTP_1_0;
	bool has_length = find_fields(section, "content-length", &value) == 1;
	bool has_codings;

	*ret_length = 0;
	if (has_length)
		(void)is_content_length(value, ret_length);
	has_codings = find_fields(section, "transfer-encoding", &value) > 0;
	if (has_codings && (is_1_0 || has_length))
		return 400;
	if (!is_1_0 && find_fields(section, "host", &value) == 0)
		return 400;
	o->facts |= facts_of(section, is_1_0);
	o->framing = has_codings       ? REQUEST_FRAMING_CHUNKED
		     : *ret_length > 0 ? REQUEST_FRAMING_LENGTH
				       : REQUEST_FRAMING_NONE;
	return judge_codings(section);
}

/* --- Head --- */

/* What is read, and how far it has been. */
struct reading {
	const char *octets;
	size_t bytes;
	size_t at;
	unsigned lines; /* field lines, trailer section included */
	size_t section_bytes;
	struct outcome outcome;
};

static bool refuse(struct reading *r, unsigned status)
{
	r->outcome.verdict = REQUEST_REFUSED;
	r->outcome.status = status;
	return false;
}

/* The next line of the head, of which window octets are looked at, without
 * its CRLF.  false: there is none, yet or for good. */
static bool take_line(struct reading *r, size_t window, rule *is_good,
		      unsigned too_long, struct span *ret_line)
{
	const char *line = r->octets + r->at;
	size_t left = r->bytes - r->at;
	size_t n = left < window ? left : window;
	size_t length = length_of_line(line, n);
	bool ends = length < n;

	/* It may be the end's. */
	if (!ends && length > 0 && line[length - 1] == '\r')
		length--;
	if (!is_good(line, length))
		return refuse(r, 400);
	if (!ends)
		return n == window ? refuse(r, too_long) : false;
	*ret_line = (struct span){line, length};
	r->at += length + 2;
	return true;
}

static bool may_be_in_request_line(const char *s, size_t n)
{
	return is_all(VCHAR " ", s, n);
}

/* RFC 9112 2.2 and 3 */
static bool read_request_line(struct reading *r)
{
	struct outcome *o = &r->outcome;
	struct span line;
	unsigned status;

	if (r->bytes >= 2 && memcmp(r->octets, "\r\n", 2) == 0)
		r->at = 2;
	o->has_begun = r->bytes > 2 || memcmp(r->octets, "\r\n", r->bytes) != 0;
	o->method = method_named(r->octets + r->at, r->bytes - r->at);
	if (!take_line(r, REQUEST_LINE_BYTES_MAX + 2, may_be_in_request_line,
		       414, &line))
		return false;
	status = judge_request_line(o, line.octets, line.bytes);
	if (status != 0)
		return refuse(r, status);
	o->line.at = (uint16_t)(line.octets - r->octets);
	o->line.bytes = (uint16_t)line.bytes;
	return true;
}

static struct request_slice slice_of(const struct reading *r,
				     const struct span *section,
				     const char *name)
{
	struct span value = {r->octets, 0};

	(void)find_fields(section, name, &value);
	return (struct request_slice){(uint16_t)(value.octets - r->octets),
				      (uint16_t)value.bytes};
}

static bool read_field_section(struct reading *r, uint64_t *ret_length)
{
	struct span section = {r->octets + r->at, 0};
	struct span line;
	unsigned status;

	for (;;) {
		if (!take_line(r, FIELD_SECTION_BYTES_MAX + 2 - section.bytes,
			       is_value, 431, &line))
			return false;
		if (line.bytes == 0)
			break;
		section.bytes += line.bytes + 2;
		if (section.bytes > FIELD_SECTION_BYTES_MAX ||
		    ++r->lines > FIELD_LINES_MAX)
			return refuse(r, 431);
		if (!is_field_line(line.octets, line.bytes) ||
		    !is_good_so_far(&section))
			return refuse(r, 400);
	}
	status = judge_section(&r->outcome, &section, ret_length);
	if (status != 0)
		return refuse(r, status);
	r->section_bytes = section.bytes;
	r->outcome.head_bytes = r->at;
	r->outcome.referer = slice_of(r, &section, "referer");
	r->outcome.user_agent = slice_of(r, &section, "user-agent");
	return true;
}

/* --- Content, RFC 9112 7.1 --- */

static size_t length_of_bws(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && is_in(" \t", s[i]))
		i++;
	return i;
}

static size_t length_of_token(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && is_in(TCHAR, s[i]))
		i++;
	return i;
}

/* RFC 9110 5.6.4; 0 where there is none. */
static size_t length_of_quoted_string(const char *s, size_t n)
{
	if (n == 0 || s[0] != '"')
		return 0;
	for (size_t i = 1; i < n; i++) {
		if (s[i] == '"')
			return i + 1;
		if (s[i] == '\\')
			i++;
		if (i < n && !is_value(s + i, 1))
			return 0;
	}
	return 0;
}

/* [ BWS "=" BWS chunk-ext-val ]; SIZE_MAX if there is "=" but no value */
static size_t length_of_extension_value(const char *s, size_t n)
{
	size_t i = length_of_bws(s, n);
	size_t length;

	if (i == n || s[i] != '=')
		return 0;
	i++;
	i += length_of_bws(s + i, n - i);
	length = length_of_token(s + i, n - i);
	if (length == 0)
		length = length_of_quoted_string(s + i, n - i);
	return length == 0 ? SIZE_MAX : i + length;
}

/* RFC 9112 7.1.1: *( BWS ";" BWS chunk-ext-name [ ... ] ) */
static bool is_chunk_ext(const char *s, size_t n)
{
	for (size_t i = 0, length; i < n; i += length) {
		i += length_of_bws(s + i, n - i);
		if (i == n || s[i++] != ';')
			return false;
		i += length_of_bws(s + i, n - i);
		length = length_of_token(s + i, n - i);
		if (length == 0)
			return false;
		i += length;
		length = length_of_extension_value(s + i, n - i);
		if (length == SIZE_MAX)
			return false;
	}
	return true;
}

static uint64_t hex_value(char digit)
{
	static const char digits[] = "0123456789abcdef";

	if (is_in("ABCDEF", digit))
		return 10 + (uint64_t)(digit - 'A');
	return (uint64_t)(strchr(digits, digit) - digits);
}

/* chunk-size [ chunk-ext ], the size no more than 64 bits hold */
static bool is_chunk_line(const char *s, size_t n, uint64_t *ret_size)
{
	size_t digits = 0;

	*ret_size = 0;
	for (; digits < n && is_in(HEXDIG, s[digits]); digits++) {
		if (*ret_size > UINT64_MAX / 16)
			return false;
		*ret_size = 16 * *ret_size + hex_value(s[digits]);
	}
	return digits > 0 && is_chunk_ext(s + digits, n - digits);
}

static bool is_only_chunk_line(const char *s, size_t n)
{
	uint64_t size;

	return is_chunk_line(s, n, &size);
}

/* Octets of it that say nothing: all but the digits, and those that are more
 * than the largest size has. */
static size_t count_idle_octets(const char *s, size_t n)
{
	size_t digits = 0;

	while (digits < n && digits < 16 && is_in(HEXDIG, s[digits]))
		digits++;
	return n - digits;
}

/* Whether a line that has not ended is the beginning of a good one: each of
 * the endings is for another place where it may stop. */
static bool has_ending(const char *s, size_t n, const char *const *endings,
		       rule *is_line)
{
	char line[FIELD_SECTION_BYTES_MAX + 16];

	/* Only LF may follow. */
	if (n > 0 && s[n - 1] == '\r')
		return is_line(s, n - 1);
	memcpy(line, s, n);
	for (; *endings; endings++) {
		memcpy(line + n, *endings, strlen(*endings));
		if (is_line(line, n + strlen(*endings)))
			return true;
	}
	return false;
}

static const char *const chunk_line_endings[] = {"",   "0",   "a", ";a",
						 "\"", "a\"", NULL};
static const char *const field_line_endings[] = {"", ":", "a:", NULL};

static bool read_chunk_line(struct reading *r, size_t *idle, uint64_t *ret_size)
{
	const char *line = r->octets + r->at;
	size_t n = r->bytes - r->at;
	size_t length = length_of_line(line, n);
	bool ends = length < n;
	/* The CR of an end is not one. */
	bool has_cr = !ends && n > 0 && line[n - 1] == '\r';

	*idle += count_idle_octets(line, length - has_cr);
	if (*idle > CHUNK_EXTENSION_BYTES_MAX)
		return refuse(r, 400);
	if (ends ? !is_chunk_line(line, length, ret_size)
		 : !has_ending(line, n, chunk_line_endings, is_only_chunk_line))
		return refuse(r, 400);
	if (ends)
		r->at += length + 2;
	return ends;
}

/* As much as there is of a CRLF. */
static bool read_crlf(struct reading *r)
{
	size_t left = r->bytes - r->at;

	if (memcmp(r->octets + r->at, "\r\n", left < 2 ? left : 2) != 0)
		return refuse(r, 400);
	if (left < 2)
		return false;
	r->at += 2;
	return true;
}

/* RFC 9110 6.5.1: not in a trailer section. */
static bool begins_as_framing(const char *s, size_t n)
{
	return begins_with(s, n, "content-length:") ||
	       begins_with(s, n, "transfer-encoding:");
}

/* RFC 9112 7.1.2 */
static bool read_trailer_line(struct reading *r)
{
	const char *line = r->octets + r->at;
	size_t left = r->bytes - r->at;
	size_t window = FIELD_SECTION_BYTES_MAX - r->section_bytes;
	size_t n = left < window ? left : window;
	size_t length = length_of_line(line, n);
	bool ends = length < n;

	if (begins_as_framing(line, n))
		return refuse(r, 400);
	if (ends ? !is_field_line(line, length)
		 : !has_ending(line, n, field_line_endings, is_field_line))
		return refuse(r, 400);
	if (!ends)
		return left > window ? refuse(r, 431) : false;
	if (++r->lines > FIELD_LINES_MAX)
		return refuse(r, 431);
	r->section_bytes += length + 2;
	r->at += length + 2;
	return true;
}

static bool read_trailer(struct reading *r)
{
	while (r->at == r->bytes || r->octets[r->at] != '\r')
		if (r->at == r->bytes || !read_trailer_line(r))
			return false;
	return read_crlf(r);
}

/* RFC 9112 7.1 */
static bool read_chunks(struct reading *r, uint64_t max_bytes)
{
	size_t idle = 0;
	uint64_t size;

	for (uint64_t total = 0;; total += size) {
		if (!read_chunk_line(r, &idle, &size))
			return false;
		if (size == 0)
			return read_trailer(r);
		if (size > max_bytes - total)
			return refuse(r, 413);
		if (size > r->bytes - r->at)
			return false;
		r->at += size;
		if (!read_crlf(r))
			return false;
	}
}

/* RFC 9112 6 */
static bool read_content(struct reading *r, uint64_t length, uint64_t max_bytes)
{
	if (r->outcome.framing == REQUEST_FRAMING_CHUNKED)
		return read_chunks(r, max_bytes);
	if (length > max_bytes)
		return refuse(r, 413);
	if (length > r->bytes - r->at)
		return false;
	r->at += length;
	return true;
}

/* --- Request --- */

/* What is known of the request is said once it is complete. */
static struct outcome outcome_of(const struct reading *r)
{
	const struct outcome *o = &r->outcome;
	struct outcome said = {.verdict = o->verdict,
			       .status = o->status,
			       .has_begun = o->has_begun,
			       .head_bytes = o->head_bytes};

	if (o->verdict == REQUEST_COMPLETE)
		return *o;
	if (o->verdict == REQUEST_REFUSED)
		said.method = o->method;
	return said;
}

struct outcome naive_read(const char *octets, size_t bytes, uint64_t max_bytes)
{
	struct reading r = {.octets = octets,
			    .bytes = bytes,
			    .outcome = {.verdict = REQUEST_INCOMPLETE}};
	uint64_t length;

	if (read_request_line(&r) && read_field_section(&r, &length) &&
	    read_content(&r, length, max_bytes)) {
		r.outcome.verdict = REQUEST_COMPLETE;
		r.outcome.used = r.at;
	}
	return outcome_of(&r);
}

/* What is settled stays so, whatever follows. */
size_t naive_settles_at(const char *octets, size_t bytes, uint64_t max_bytes)
{
	size_t incomplete = 0;
	size_t settled = bytes;

	if (naive_read(octets, bytes, max_bytes).verdict == REQUEST_INCOMPLETE)
		return SIZE_MAX;
	while (settled - incomplete > 1) {
		size_t middle = incomplete + (settled - incomplete) / 2;

		if (naive_read(octets, middle, max_bytes).verdict ==
		    REQUEST_INCOMPLETE)
			incomplete = middle;
		else
			settled = middle;
	}
	return settled;
}

bool naive_is_field_value(const char *octets, size_t bytes)
{
	struct span trimmed = without_space_around(octets, bytes);

	return is_value(octets, bytes) && trimmed.bytes == bytes;
}
