/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * Renders every answer that the program can give, in each of the three ways
 * in which a connection can go on after it, when the program starts and when
 * it reloads.  To answer is then to copy octets.
 *
 * A response is shared by all workers without a lock: it never changes, and
 * it is counted, so that a reload leaves the old content alive until the last
 * slow client has got all of it.
 *
 * Large content is not copied: the kernel sends it from a file in memory, which
 * holds what the body file was when it was read, whatever becomes of that.  The
 * file is sealed, so that it never changes either.
 */
#include "response.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "request.h"
#include "tunables.h"

/* RFC 9110 10.2.1: what the configured answer is given to. */
#define ALLOW "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"

/* --- Status codes, RFC 9110 15 ------------------------------------------- */

static const struct {
	unsigned int status;
	const char *reason;
	const char *required_field;
} statuses[] = {
	{200, "OK", NULL},
	{201, "Created", NULL},
	{202, "Accepted", NULL},
	{203, "Non-Authoritative Information", NULL},
	{204, "No Content", NULL},
	{205, "Reset Content", NULL},
	{206, "Partial Content", "Content-Range"},
	{300, "Multiple Choices", NULL},
	{301, "Moved Permanently", NULL},
	{302, "Found", NULL},
	{303, "See Other", NULL},
	{304, "Not Modified", NULL},
	{307, "Temporary Redirect", NULL},
	{308, "Permanent Redirect", NULL},
	{400, "Bad Request", NULL},
	{401, "Unauthorized", "WWW-Authenticate"},
	{402, "Payment Required", NULL},
	{403, "Forbidden", NULL},
	{404, "Not Found", NULL},
	{405, "Method Not Allowed", "Allow"},
	{406, "Not Acceptable", NULL},
	{407, "Proxy Authentication Required", "Proxy-Authenticate"},
	{408, "Request Timeout", NULL},
	{409, "Conflict", NULL},
	{410, "Gone", NULL},
	{411, "Length Required", NULL},
	{412, "Precondition Failed", NULL},
	{413, "Content Too Large", NULL},
	{414, "URI Too Long", NULL},
	{415, "Unsupported Media Type", NULL},
	{416, "Range Not Satisfiable", NULL},
	{417, "Expectation Failed", NULL},
	{418, "I'm a teapot", NULL}, /* RFC 2324 2.3.2 */
	{421, "Misdirected Request", NULL},
	{422, "Unprocessable Content", NULL},
	{426, "Upgrade Required", "Upgrade"},
	{428, "Precondition Required", NULL}, /* RFC 6585 */
	{429, "Too Many Requests", NULL},
	{431, "Request Header Fields Too Large", NULL},
	{451, "Unavailable For Legal Reasons", NULL}, /* RFC 7725 */
	{500, "Internal Server Error", NULL},
	{501, "Not Implemented", NULL},
	{502, "Bad Gateway", NULL},
	{503, "Service Unavailable", NULL},
	{504, "Gateway Timeout", NULL},
	{505, "HTTP Version Not Supported", NULL},
	{511, "Network Authentication Required", NULL}, /* RFC 6585 */
};

/* "" where no RFC names one: the phrase may be empty (RFC 9112 4). */
static const char *reason_of(unsigned int status)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (statuses[i].status == status)
			return statuses[i].reason;
	return "";
}

static const char *field_required_by(unsigned int status)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (statuses[i].status == status)
			return statuses[i].required_field;
	return NULL;
}

/* RFC 9110 15.3.5, 15.3.6 and 15.4.5. */
static bool has_no_content(unsigned int status)
{
	return status == 204 || status == 205 || status == 304;
}

/* --- What the configured answer may be ----------------------------------- */

/* The value of a "NAME: VALUE", without the white space around it. */
static const char *field_value(const char *field, size_t *ret_bytes)
{
	const char *value = strchr(field, ':') + 1;
	size_t bytes;

	value += strspn(value, " \t");
	bytes = strlen(value);
	while (bytes > 0 && strchr(" \t", value[bytes - 1]))
		bytes--;
	*ret_bytes = bytes;
	return value;
}

static bool field_is_named(const char *field, const char *name)
{
	size_t bytes = strlen(name);

	return !strncasecmp(field, name, bytes) && field[bytes] == ':';
}

static bool has_field(const struct response_source *source, const char *name)
{
	for (size_t i = 0; i < source->n_fields; i++)
		if (field_is_named(source->fields[i], name))
			return true;
	return false;
}

static int check_field(const struct response_source *source, const char *field,
		       struct message *ret_message)
{
	static const char *const own[] = {"Content-Length", "Transfer-Encoding",
					  "Connection", "Date"};
	const char *colon = strchr(field, ':'), *value;
	size_t bytes;

	if (!colon || !request_is_token(field, (size_t)(colon - field)))
		return message_set_misuse(ret_message,
					  "Invalid header '%.400s': expected "
					  "'NAME: VALUE' with a token as NAME",
					  field);
	value = field_value(field, &bytes);
	if (!request_is_field_value(value, bytes))
		return message_set_misuse(
			ret_message,
			"Invalid header '%.400s': expected a VALUE "
			"without control characters",
			field);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (field_is_named(field, own[i]))
			return message_set_misuse(
				ret_message,
				"Invalid header '%.400s': the server "
				"itself sets %s",
				field, own[i]);
	if (source->content_type && field_is_named(field, "Content-Type"))
		return message_set_misuse(
			ret_message,
			"Invalid header '%.400s': --content-type "
			"has set it; give only one of them",
			field);
	return 0;
}

/* The end of a token or quoted-string (RFC 9110 5.6.2 and 5.6.4); NULL where
 * there is none. */
static const char *skip_parameter_value(const char *at)
{
	size_t bytes = strcspn(at, "; \t");

	if (*at != '"')
		return request_is_token(at, bytes) ? at + bytes : NULL;
	for (at++; *at && *at != '"'; at++)
		if (*at == '\\' && at[1])
			at++;
	return *at == '"' ? at + 1 : NULL;
}

/* RFC 9110 5.6.6: *( OWS ";" OWS [ name "=" value ] ) */
static bool are_parameters(const char *at)
{
	while (*at) {
		size_t name;

		at += strspn(at, " \t");
		if (*at++ != ';')
			return false;
		at += strspn(at, " \t");
		if (*at == ';' || *at == '\0')
			continue;
		name = strcspn(at, "=");
		if (!request_is_token(at, name) || at[name] != '=')
			return false;
		at = skip_parameter_value(at + name + 1);
		if (!at)
			return false;
	}
	return true;
}

/* RFC 9110 8.3.1: type "/" subtype parameters. */
static int check_content_type(const char *type, struct message *ret_message)
{
	const char *slash = strchr(type, '/');
	size_t subtype = slash ? strcspn(slash + 1, "; \t") : 0;

	if (!slash || !request_is_token(type, (size_t)(slash - type)) ||
	    !request_is_token(slash + 1, subtype) ||
	    !request_is_field_value(type, strlen(type)) ||
	    !are_parameters(slash + 1 + subtype))
		return message_set_misuse(
			ret_message,
			"Invalid content type '%.400s': expected TYPE/SUBTYPE, "
			"such as text/plain, then parameters, such as "
			"; charset=utf-8",
			type);
	return 0;
}

static int check_source(const struct response_source *source,
			struct message *ret_message)
{
	const char *required = field_required_by(source->status);
	int r;

	for (size_t i = 0; i < source->n_fields; i++) {
		r = check_field(source, source->fields[i], ret_message);
		if (r < 0)
			return r;
	}
	if (source->content_type) {
		r = check_content_type(source->content_type, ret_message);
		if (r < 0)
			return r;
	}
	if (required && !has_field(source, required))
		return message_set_misuse(ret_message,
					  "Status %u needs a %s field: add "
					  "--header='%s: ...'",
					  source->status, required, required);
	if (has_no_content(source->status) &&
	    (source->body || source->body_file))
		return message_set_misuse(ret_message,
					  "Status %u has no content: leave out "
					  "--body and --body-file",
					  source->status);
	return 0;
}

/* --- Content ------------------------------------------------------------- */

/* The configured answer's, as it is gathered: in memory while it is small, all
 * of it in a file once it is not. */
struct content {
	size_t bytes;
	int fd; /* -1: there is no file */
	char octets[CONTENT_COPY_BYTES_MAX];
	char piece[BODY_FILE_PIECE_BYTES]; /* that is read next */
};

/* linux/memfd.h has it since 6.3. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008u
#endif

/* An empty file in memory; its name is shown in /proc/PID/fd.  Not that anybody
 * would execute it; but then nobody can. */
static int create_file(void)
{
	const unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd = memfd_create("body", flags | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL) /* Linux before 6.3 */
		fd = memfd_create("body", flags);
	return fd < 0 ? -errno : fd;
}

static int write_all(int fd, const char *octets, size_t bytes)
{
	while (bytes > 0) {
		ssize_t n = write(fd, octets, bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		octets += n;
		bytes -= (size_t)n;
	}
	return 0;
}

static int add_octets(struct content *content, const char *octets, size_t bytes)
{
	size_t held = content->bytes;
	int r;

	content->bytes += bytes;
	if (content->bytes <= sizeof(content->octets)) {
		memcpy(content->octets + held, octets, bytes);
		return 0;
	}
	if (content->fd < 0) {
		content->fd = create_file();
		if (content->fd < 0)
			return content->fd;
		r = write_all(content->fd, content->octets, held);
		if (r < 0)
			return r;
	}
	return write_all(content->fd, octets, bytes);
}

/* No process can change from here on what clients are about to get, this one
 * neither. */
static int seal(const struct content *content)
{
	if (content->fd >= 0 &&
	    fcntl(content->fd, F_ADD_SEALS,
		  F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		return -errno;
	return 0;
}

static int hold_failed(struct message *ret_message, int error)
{
	return message_set(ret_message, error,
			   "Failed to hold the body in memory: %s",
			   strerror(error));
}

static int read_failed(struct message *ret_message, const char *path, int error)
{
	if (error == EFBIG)
		return message_set(ret_message, EFBIG,
				   "Body file %.1000s is too large: at most %u "
				   "octets are served",
				   path, BODY_FILE_BYTES_MAX);
	if (error == ENOTSUP)
		return message_set(ret_message, ENOTSUP,
				   "Body file %.1000s is not a regular file",
				   path);
	return message_set(ret_message, error,
			   "Failed to read body file %.1000s: %s", path,
			   strerror(error));
}

/* 0, or a negative errno where the file is none that is served. */
static int check_file(int fd, size_t *ret_bytes)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return -errno;
	if (S_ISDIR(status.st_mode))
		return -EISDIR;
	if (!S_ISREG(status.st_mode))
		return -ENOTSUP;
	if (status.st_size > BODY_FILE_BYTES_MAX)
		return -EFBIG;
	*ret_bytes = (size_t)status.st_size;
	return 0;
}

/* In pieces, so that it is not in memory twice. */
static int read_all(int fd, const char *path, struct content *content,
		    struct message *ret_message)
{
	ssize_t n = 1;
	size_t left = 0;
	int r = check_file(fd, &left);

	if (r < 0)
		return read_failed(ret_message, path, -r);
	/* A file that shrinks or grows meanwhile: what fits its old size. */
	while (left > 0 && n != 0) {
		n = read(fd, content->piece,
			 left < sizeof(content->piece)
				 ? left
				 : sizeof(content->piece));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return read_failed(ret_message, path, errno);
		r = add_octets(content, content->piece, (size_t)n);
		if (r < 0)
			return hold_failed(ret_message, -r);
		left -= (size_t)n;
	}
	return 0;
}

static int read_body_file(const char *path, struct content *content,
			  struct message *ret_message)
{
	/* O_NONBLOCK: a FIFO is refused, not waited for. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), r;

	if (fd < 0)
		return message_set(ret_message, errno,
				   "Failed to open body file %.1000s: %s", path,
				   strerror(errno));
	r = read_all(fd, path, content, ret_message);
	close(fd);
	return r;
}

/* What content holds is the caller's, in every case. */
static int read_content(const struct response_source *source,
			struct content *content, struct message *ret_message)
{
	const char *body = source->body ? source->body : BODY_DEFAULT;
	int r = 0;

	if (source->body_file) {
		r = read_body_file(source->body_file, content, ret_message);
		if (r < 0)
			return r;
	} else if (!has_no_content(source->status)) {
		r = add_octets(content, body, strlen(body));
	}
	if (r == 0)
		r = seal(content);
	return r < 0 ? hold_failed(ret_message, -r) : 0;
}

/* --- Rendering ----------------------------------------------------------- */

/* One kind of answer, before it is text. */
struct page {
	unsigned int status;
	bool is_configured;
	bool has_allow;
	const char *content; /* unless it is large */
	size_t content_bytes;
};

#define ERROR_PAGE_FORMAT                                                      \
	"<!DOCTYPE html>\n<title>%u %s</title>\n<h1>%u %s</h1>\n"

static const unsigned int status_of_kind[RESPONSE_KINDS] = {
	[RESPONSE_TO_ASTERISK] = 200,
	[RESPONSE_BAD_REQUEST] = 400,
	[RESPONSE_METHOD_NOT_ALLOWED] = 405,
	[RESPONSE_REQUEST_TIMEOUT] = 408,
	[RESPONSE_CONTENT_TOO_LARGE] = 413,
	[RESPONSE_URI_TOO_LONG] = 414,
	[RESPONSE_EXPECTATION_FAILED] = 417,
	[RESPONSE_FIELDS_TOO_LARGE] = 431,
	[RESPONSE_NOT_IMPLEMENTED] = 501,
	[RESPONSE_VERSION_NOT_SUPPORTED] = 505,
};

enum response_kind response_kind_of_refusal(unsigned int status)
{
	for (int kind = RESPONSE_BAD_REQUEST; kind < RESPONSE_KINDS; kind++)
		if (status_of_kind[kind] == status)
			return (enum response_kind)kind;
	assert(!"a status that the parser does not refuse with");
	return RESPONSE_BAD_REQUEST;
}

/* RFC 9110 7.6.1 and 7.8: who sends Upgrade names it here too. */
static void render_connection(FILE *text, enum response_persistence persistence,
			      bool upgrades)
{
	static const char *const options[RESPONSE_PERSISTENCES] = {
		[RESPONSE_KEEPS_1_0] = "keep-alive",
		[RESPONSE_CLOSES] = "close",
	};
	const char *option = options[persistence];

	if (!option && !upgrades)
		return;
	fputs("Connection: ", text);
	if (upgrades)
		fputs(option ? "upgrade, " : "upgrade", text);
	if (option)
		fputs(option, text);
	fputs("\r\n", text);
}

static void render_configured_fields(FILE *text,
				     const struct response_source *source,
				     const struct page *page)
{
	if (source->content_type)
		fprintf(text, "Content-Type: %s\r\n", source->content_type);
	else if (page->content_bytes > 0 && !has_field(source, "Content-Type"))
		fputs("Content-Type: " CONTENT_TYPE_DEFAULT "\r\n", text);
	for (size_t i = 0; i < source->n_fields; i++) {
		const char *field = source->fields[i];
		size_t bytes;
		const char *value = field_value(field, &bytes);

		fprintf(text, "%.*s: %.*s\r\n", (int)strcspn(field, ":"), field,
			(int)bytes, value);
	}
}

/* The offset of the Date in the head. */
static uint32_t render_head(FILE *text, const struct response_source *source,
			    const struct page *page,
			    enum response_persistence persistence)
{
	int date_end =
		fprintf(text, "HTTP/1.1 %u %s\r\nDate: %*s", page->status,
			reason_of(page->status), RESPONSE_DATE_BYTES, "");

	fputs("\r\n", text);
	if (page->is_configured)
		render_configured_fields(text, source, page);
	else if (page->content_bytes > 0)
		fputs("Content-Type: text/html\r\n", text);
	/* RFC 9110 8.6: never on 204, and on 304 only if it were true. */
	if (page->status != 204 && page->status != 304)
		fprintf(text, "Content-Length: %zu\r\n", page->content_bytes);
	if (page->has_allow)
		fputs("Allow: " ALLOW "\r\n", text);
	render_connection(text, persistence,
			  page->is_configured && has_field(source, "Upgrade"));
	fputs("\r\n", text);
	return (uint32_t)date_end - RESPONSE_DATE_BYTES;
}

static struct page page_of_kind(const struct response_source *source,
				enum response_kind kind, char *error_page,
				size_t error_page_size)
{
	struct page page = {.status = status_of_kind[kind]};
	const char *reason = reason_of(page.status);
	int bytes;

	switch (kind) {
	case RESPONSE_CONFIGURED:
	case RESPONSE_TO_OPTIONS:
		page.status = source->status;
		page.is_configured = true;
		page.has_allow = kind == RESPONSE_TO_OPTIONS &&
				 !has_field(source, "Allow");
		break;
	case RESPONSE_TO_ASTERISK:
		page.has_allow = true;
		break;
	default:
		/* Nothing of the request is in it (RFC 9110 17.1). */
		bytes = snprintf(error_page, error_page_size, ERROR_PAGE_FORMAT,
				 page.status, reason, page.status, reason);
		page.content = error_page;
		page.content_bytes = (size_t)bytes;
		page.has_allow = kind == RESPONSE_METHOD_NOT_ALLOWED;
		break;
	}
	return page;
}

/* Where in the text each answer begins, until the text is whole and stays in
 * its place. */
struct layout {
	long at[RESPONSE_KINDS][RESPONSE_PERSISTENCES];
};

static void render_answer(FILE *text, const struct response_source *source,
			  const struct page *page,
			  enum response_persistence persistence,
			  struct answer *ret_answer, long *ret_at)
{
	long at = ftell(text), head_end, end;
	uint32_t date_at = render_head(text, source, page, persistence);
	bool is_large = page->content_bytes > CONTENT_COPY_BYTES_MAX;

	head_end = ftell(text);
	if (!is_large && page->content_bytes > 0)
		fwrite(page->content, 1, page->content_bytes, text);
	end = ftell(text);
	*ret_answer = (struct answer){
		.content_bytes = page->content_bytes,
		.is_large = is_large,
		.bytes = (uint32_t)(end - at),
		.head_bytes = (uint32_t)(head_end - at),
		.date_at = date_at,
		.status = page->status,
	};
	*ret_at = at;
}

/* What the parser refuses is the last that is read of a connection. */
static bool is_refusal(enum response_kind kind)
{
	return kind >= RESPONSE_BAD_REQUEST &&
	       kind != RESPONSE_METHOD_NOT_ALLOWED &&
	       kind != RESPONSE_NOT_IMPLEMENTED;
}

static void render_kind(FILE *text, const struct response_source *source,
			struct response *response,
			const struct content *content, enum response_kind kind,
			struct layout *layout)
{
	char error_page[256];
	struct page page =
		page_of_kind(source, kind, error_page, sizeof(error_page));

	if (page.is_configured) {
		page.content = content->octets;
		page.content_bytes = content->bytes;
	}
	for (int i = is_refusal(kind) ? RESPONSE_CLOSES : 0;
	     i < RESPONSE_PERSISTENCES; i++)
		render_answer(text, source, &page, (enum response_persistence)i,
			      &response->answers[kind][i],
			      &layout->at[kind][i]);
}

static void point_into_text(struct response *response,
			    const struct layout *layout)
{
	for (int kind = 0; kind < RESPONSE_KINDS; kind++)
		for (int i = 0; i < RESPONSE_PERSISTENCES; i++)
			response->answers[kind][i].octets =
				response->text + layout->at[kind][i];
}

static int render(const struct response_source *source,
		  struct response *response, const struct content *content)
{
	struct layout layout = {0};
	bool has_failed;
	size_t bytes;
	FILE *text = open_memstream(&response->text, &bytes);

	if (!text)
		return -errno;
	for (int kind = 0; kind < RESPONSE_KINDS; kind++)
		render_kind(text, source, response, content,
			    (enum response_kind)kind, &layout);
	/* What did not fit the memory is not always told by fclose(3). */
	has_failed = ferror(text);
	if (fclose(text) != 0 || has_failed)
		return -ENOMEM;
	point_into_text(response, &layout);
	return 0;
}

static int make_failed(struct message *ret_message, int error)
{
	return message_set(ret_message, error,
			   "Failed to make the response: %s", strerror(error));
}

/* Makes all of a response that has nothing but its one reference. */
static int fill(struct response *response, const struct response_source *source,
		struct content *content, struct message *ret_message)
{
	int r = read_content(source, content, ret_message);

	response->content_fd = content->fd;
	if (r < 0)
		return r;
	r = render(source, response, content);
	if (r < 0)
		return make_failed(ret_message, -r);
	if (response->answers[RESPONSE_TO_OPTIONS][RESPONSE_KEEPS_1_0]
		    .head_bytes > RESPONSE_HEAD_BYTES_MAX)
		return message_set_misuse(
			ret_message,
			"The response's head is too large: at most "
			"%u octets fit, shorten --header",
			RESPONSE_HEAD_BYTES_MAX);
	return 0;
}

int response_create(const struct response_source *source,
		    struct response **ret_response, struct message *ret_message)
{
	struct response *response;
	struct content *content;
	int r = check_source(source, ret_message);

	if (r < 0)
		return r;
	response = calloc(1, sizeof(*response));
	content = malloc(sizeof(*content));
	if (response && content) {
		atomic_init(&response->references, 1);
		content->bytes = 0;
		content->fd = -1;
		r = fill(response, source, content, ret_message);
		if (r < 0)
			response_unref(response);
		else
			*ret_response = response;
	} else {
		free(response);
		r = make_failed(ret_message, ENOMEM);
	}
	free(content);
	return r;
}

struct response *response_ref(struct response *response)
{
	atomic_fetch_add_explicit(&response->references, 1,
				  memory_order_relaxed);
	return response;
}

void response_unref(struct response *response)
{
	if (!response || atomic_fetch_sub_explicit(&response->references, 1,
						   memory_order_acq_rel) > 1)
		return;
	if (response->content_fd >= 0)
		close(response->content_fd);
	free(response->text);
	free(response);
}

void response_render_date(time_t now, char *ret_date)
{
	char text[RESPONSE_DATE_BYTES + 1];
	struct tm tm;

	/* No setlocale() was called: the names are those of the RFC. */
	strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT",
		 gmtime_r(&now, &tm));
	memcpy(ret_date, text, RESPONSE_DATE_BYTES);
}
