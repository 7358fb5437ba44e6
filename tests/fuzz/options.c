/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * The command line, and addresses.
 *
 * A command line is either refused, for the user's mistake and with a message
 * that fits, or it becomes options each of which is in the range that the
 * manual gives it.  A number or a time that is the only option is read a
 * second time, naively.  Fields that --header adds come out whole, one a line,
 * in a head that is made of field lines.  What --listen takes apart are the
 * words of which it was put together.
 *
 * What is printed of the address of a socket leads to the same address when
 * it is given to --listen.
 *
 * No socket is opened, no file is read: sockets.c is told the addresses that
 * this file makes up.  An even first octet: the others are the arguments, each
 * ended by NUL.  An odd one: they are an address, see check_socket().
 */
#include "fuzz.h"

#include <net/if.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "../naive.h"
#include "options.h"
#include "tunables.h"

static int made_up_address(int fd, struct sockaddr *ret_address,
			   socklen_t *ret_bytes);
#define getsockname made_up_address
#include "../../src/sockets.c" /* NOLINT(bugprone-suspicious-include) */
#undef getsockname

#define ARGUMENTS_MAX 40

/* In memory of exactly their size; but getopt(3) sorts the command line. */
static char *given[ARGUMENTS_MAX];
static int n_given;

/* --- Addresses ----------------------------------------------------------- */

static struct sockaddr_storage made_up;
static socklen_t made_up_bytes;

static int made_up_address(int fd, struct sockaddr *ret_address,
			   socklen_t *ret_bytes)
{
	(void)fd;
	memcpy(ret_address, &made_up, made_up_bytes);
	*ret_bytes = made_up_bytes;
	return 0;
}

/* Is the text what the parts say, put together again? */
static bool is_of_parts(const char *text, const struct address *address)
{
	const char *host = address->host, *port = address->port;
	char plain[NI_MAXHOST + sizeof("[]:65535")];
	char bracketed[sizeof(plain)];

	if (address->path)
		return !strcmp(text, address->path) ||
		       (!strncmp(text, "unix:", 5) &&
			!strcmp(text + 5, address->path));
	if (address->is_any_host != !*host)
		return false;
	if (!strcmp(text, port))
		return !strcmp(host, HOST_DEFAULT);
	snprintf(plain, sizeof(plain), "%s:%s", host, port);
	snprintf(bracketed, sizeof(bracketed), "[%s]:%s", host, port);
	return !strcmp(text, plain) || !strcmp(text, bracketed);
}

static void check_listen(const char *text)
{
	struct message message;
	struct address address;

	if (parse_address(text, &address, &message) < 0)
		return;
	CHECK(is_of_parts(text, &address), "%s: host %s, port %s, path %s",
	      text, address.host, address.port,
	      address.path ? address.path : "(none)");
	if (address.path)
		CHECK(*address.path == '/' &&
			      strlen(address.path) <
				      sizeof((struct sockaddr_un){0}.sun_path),
		      "%s", text);
	else
		CHECK(strspn(address.port, "0123456789") ==
				      strlen(address.port) &&
			      *address.port &&
			      strtoul(address.port, NULL, 10) <= 65535,
		      "%s", text);
}

/* By its number, or else its name. */
static uint32_t zone_of(const char *text)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	return *end == '\0' ? (uint32_t)number : if_nametoindex(text);
}

/* The socket's address that a numeric host and a port stand for. */
static void read_address(const struct address *address,
			 struct sockaddr_storage *ret_address)
{
	struct sockaddr_in *in = (void *)ret_address;
	struct sockaddr_in6 *in6 = (void *)ret_address;
	char host[NI_MAXHOST], *zone;

	*ret_address = (struct sockaddr_storage){0};
	strcpy(host, address->host);
	zone = strchr(host, '%');
	if (zone)
		*zone++ = '\0';
	in->sin_port = htons((uint16_t)strtoul(address->port, NULL, 10));
	if (inet_pton(AF_INET, host, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
	} else if (inet_pton(AF_INET6, host, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_scope_id = zone ? zone_of(zone) : 0;
	}
}

static void check_internet(const char *printed)
{
	const char *end = printed + strlen(printed) - 1;
	struct sockaddr_storage again;
	struct address address;
	struct message message = {0};
	char text[NI_MAXHOST + 64];

	CHECK(!strncmp(printed, "http://", 7) && *end == '/', "%s", printed);
	snprintf(text, sizeof(text), "%.*s", (int)(end - printed - 7),
		 printed + 7);
	CHECK(parse_address(text, &address, &message) == 0, "%s: %s", printed,
	      message.text);
	read_address(&address, &again);
	CHECK(memcmp(&made_up, &again, sizeof(again)) == 0, "%s", printed);
}

static void check_path(const char *printed)
{
	const struct sockaddr_un *un = (const void *)&made_up;
	size_t bytes = strnlen(un->sun_path, sizeof(un->sun_path));
	struct address address;
	struct message message = {0};

	CHECK(!strncmp(printed, "unix:", 5) && strlen(printed) == 5 + bytes,
	      "%s", printed);
	/* Others are not to be given to --listen: no name, or one with NUL,
	 * or without it. */
	if (*un->sun_path != '/' || bytes == sizeof(un->sun_path))
		return;
	CHECK(parse_address(printed, &address, &message) == 0, "%s: %s",
	      printed, message.text);
	CHECK(address.path && !strcmp(address.path, un->sun_path), "%s",
	      printed);
}

/* The first octet's other bits tell whether it was bound here, and the family;
 * what follows is as the kernel has it. */
static void check_socket(uint8_t how, const uint8_t *octets, size_t bytes)
{
	static const sa_family_t families[] = {AF_INET, AF_INET6, AF_UNIX,
					       AF_NETLINK};
	static const socklen_t sizes[] = {
		sizeof(struct sockaddr_in), sizeof(struct sockaddr_in6),
		sizeof(struct sockaddr_un), sizeof(struct sockaddr)};
	char *printed;

	made_up = (struct sockaddr_storage){0};
	made_up_bytes = sizes[how >> 2 & 3];
	if (bytes > made_up_bytes - sizeof(made_up.ss_family))
		bytes = made_up_bytes - sizeof(made_up.ss_family);
	memcpy((char *)&made_up + sizeof(made_up.ss_family), octets, bytes);
	made_up.ss_family = families[how >> 2 & 3];
	if (made_up.ss_family == AF_INET)
		memset(((struct sockaddr_in *)&made_up)->sin_zero, 0, 8);
	/* Nobody asks for it, and it is not shown. */
	if (made_up.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&made_up)->sin6_flowinfo = 0;
	printed = address_text(0, how & 2);
	CHECK(printed, "no memory");
	if (made_up.ss_family == AF_INET || made_up.ss_family == AF_INET6)
		check_internet(printed);
	else if (made_up.ss_family == AF_UNIX)
		check_path(printed);
	free(printed);
}

/* --- Numbers and times, read naively ------------------------------------- */

static const struct {
	const char *option;
	bool is_time;
	uint64_t min, max;
	const char *word; /* that is as good as a number */
	uint64_t meaning;
} numbers[] = {
	{"--keepalive-timeout=", true, 1, TIME_MSEC_MAX, "infinity", -1},
	{"--request-timeout=", true, 1, TIME_MSEC_MAX, "infinity", -1},
	{"--drain-timeout=", true, 1, TIME_MSEC_MAX, "infinity", -1},
	{"--exit-idle-time=", true, 1, TIME_MSEC_MAX, "infinity", -1},
	{"--status=", false, 200, 599, NULL, 0},
	{"--max-body=", false, 0, INT64_MAX, NULL, 0},
	{"--max-connections=", false, 1, MAX_CONNECTIONS_MAX, NULL, 0},
	{"--workers=", false, 1, WORKERS_MAX, "auto", 0},
};

static uint64_t number_of(const struct options *options, size_t i)
{
	const uint64_t values[] = {
		options->keepalive_msec,  options->request_msec,
		options->drain_msec,	  options->exit_idle_msec,
		options->response.status, options->max_body_bytes,
		options->max_connections, options->workers};

	return values[i];
}

static bool is_in_range(uint64_t value, size_t i)
{
	return (value >= numbers[i].min && value <= numbers[i].max) ||
	       (numbers[i].word && value == numbers[i].meaning);
}

static uint64_t msec_of(const char *unit)
{
	return !strcmp(unit, "ms")			 ? 1
	       : !strcmp(unit, "") || !strcmp(unit, "s") ? 1000
	       : !strcmp(unit, "min")			 ? 60000
	       : !strcmp(unit, "h")			 ? 3600000
							 : 0;
}

/* Stays at the largest number, which is past every limit, instead of going
 * round. */
static uint64_t times_plus(uint64_t value, uint64_t factor, uint64_t more)
{
	if (__builtin_mul_overflow(value, factor, &value) ||
	    __builtin_add_overflow(value, more, &value))
		return UINT64_MAX;
	return value;
}

/* false: it is no such number. */
static bool read_number(const char *text, size_t i, uint64_t *ret_value)
{
	const char *unit = text + strspn(text, "0123456789");
	uint64_t value = 0;

	if (numbers[i].word && !strcmp(text, numbers[i].word)) {
		*ret_value = numbers[i].meaning;
		return true;
	}
	if (unit == text)
		return false;
	for (; text < unit; text++)
		value = times_plus(value, 10, (uint64_t)(*text - '0'));
	if (numbers[i].is_time)
		value = times_plus(value, msec_of(unit), 0);
	else if (*unit)
		return false;
	*ret_value = value;
	return value >= numbers[i].min && value <= numbers[i].max;
}

/* options NULL: it was refused. */
static void check_number(const char *argument, const struct options *options)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		size_t bytes = strlen(numbers[i].option);
		uint64_t value = 0;
		bool is_number;

		if (strncmp(argument, numbers[i].option, bytes) != 0)
			continue;
		is_number = read_number(argument + bytes, i, &value);
		CHECK(is_number == !!options, "%s", argument);
		CHECK(!is_number || value == number_of(options, i), "%s is %ju",
		      argument, (uintmax_t)number_of(options, i));
	}
}

/* --- Options ------------------------------------------------------------- */

static bool is_given(const char *text)
{
	for (int i = 0; i < n_given; i++)
		if (text >= given[i] && text <= strchr(given[i], '\0'))
			return true;
	return false;
}

static void check_sockets(const struct options *options)
{
	const struct sockets_source *sockets = &options->sockets;

	CHECK(sockets->must_be_passed ==
		      (options->exit_idle_msec != INFINITE_MSEC),
	      "%d", sockets->must_be_passed);
	CHECK(sockets->n_addresses > 0, "none");
	for (size_t i = 0; i < sockets->n_addresses; i++) {
		struct message message = {0};

		CHECK(options->has_listen
			      ? is_given(sockets->addresses[i])
			      : !strcmp(sockets->addresses[i], LISTEN_DEFAULT),
		      "address %zu", i);
		CHECK(sockets_check_address(sockets->addresses[i], &message) ==
			      0,
		      "%s: %s", sockets->addresses[i], message.text);
		check_listen(sockets->addresses[i]);
	}
}

static void check_options(const struct options *options)
{
	const struct response_source *response = &options->response;

	CHECK(options->action == OPTIONS_RUN ||
		      options->action == OPTIONS_PRINT_HELP ||
		      options->action == OPTIONS_PRINT_VERSION,
	      "another");
	CHECK(options->log == LOG_REQUESTS_NONE ||
		      options->log == LOG_REQUESTS_ANSWERS ||
		      options->log == LOG_REQUESTS_DATA,
	      "another");
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		CHECK(is_in_range(number_of(options, i), i) ||
			      (options->max_connections == 0 &&
			       number_of(options, i) == 0),
		      "%s%ju", numbers[i].option,
		      (uintmax_t)number_of(options, i));
	CHECK(options->max_connections == 0 ||
		      options->max_connections >= options->workers,
	      "%u", options->max_connections);
	CHECK(!response->body || !response->body_file, "both");
	CHECK(!response->body || is_given(response->body), "another");
	CHECK(!response->body_file || is_given(response->body_file), "another");
	CHECK(!response->content_type || is_given(response->content_type),
	      "another");
	for (size_t i = 0; i < response->n_fields; i++)
		CHECK(is_given(response->fields[i]), "field %zu", i);
	check_sockets(options);
}

/* --- The response that they ask for -------------------------------------- */

/* The line is NAME ": " VALUE of what was given, but for white space. */
static bool is_field_line_of(const char *line, size_t bytes, const char *field)
{
	size_t name = strcspn(field, ":") + 1, value;

	if (bytes < name || memcmp(line, field, name) != 0)
		return false;
	field += name + strspn(field + name, " \t");
	for (value = strlen(field); value > 0; value--)
		if (!strchr(" \t", field[value - 1]))
			break;
	return bytes == name + 1 + value &&
	       memcmp(line + name + 1, field, value) == 0;
}

/* Takes one line of the head; returns its size. */
static size_t check_line(const char *line, const char *end)
{
	const char *line_end = memmem(line, (size_t)(end - line), "\r\n", 2);
	size_t bytes, name;

	CHECK(line_end, "%.*s", (int)(end - line), line);
	bytes = (size_t)(line_end - line);
	for (name = 0; name < bytes && line[name] != ':';)
		name++;
	CHECK(name + 2 <= bytes && line[name + 1] == ' ' &&
		      naive_is_token(line, name) &&
		      naive_is_field_value(line + name + 2, bytes - name - 2),
	      "%.*s", (int)bytes, line);
	return bytes;
}

/* Each answer in a head of its own, as a connection has it when it leaves. With
 * the configured fields, in order. */
static void check_head(const struct answer *answer,
		       const struct response_source *source, bool has_fields)
{
	size_t bytes = answer->head_bytes, n = 0, line;
	char *head = exact_copy(answer->octets, bytes), *at;

	CHECK(answer->date_at + RESPONSE_DATE_BYTES < bytes &&
		      bytes <= answer->bytes,
	      "%zu", bytes);
	response_render_date(0, head + answer->date_at);
	CHECK(!memcmp(head, "HTTP/1.1 ", 9) &&
		      !memcmp(head + bytes - 4, "\r\n\r\n", 4),
	      "%.*s", (int)bytes, head);
	at = (char *)memmem(head, bytes, "\r\n", 2) + 2;
	for (; at < head + bytes - 2; at += line + 2) {
		line = check_line(at, head + bytes);
		if (n < source->n_fields &&
		    is_field_line_of(at, line, source->fields[n]))
			n++;
	}
	CHECK(!has_fields || n == source->n_fields, "%zu of %zu fields", n,
	      source->n_fields);
	free(head);
}

static void check_refusal(int r, const struct message *message)
{
	CHECK(r == -EINVAL && message->is_misuse, "%d, %s", r, message->text);
	CHECK(*message->text &&
		      strlen(message->text) < sizeof(message->text) - 1,
	      "%zu octets", strlen(message->text));
}

/* What was not understood has nothing behind it. */
static int least_of(int kind)
{
	return kind < RESPONSE_BAD_REQUEST ||
			       kind == RESPONSE_METHOD_NOT_ALLOWED ||
			       kind == RESPONSE_NOT_IMPLEMENTED
		       ? RESPONSE_KEEPS
		       : RESPONSE_CLOSES;
}

static void check_response(struct response_source source)
{
	struct response *response;
	struct message message = {0};
	int r;

	source.body_file = NULL;
	r = response_create(&source, &response, &message);
	if (r < 0) {
		check_refusal(r, &message);
		return;
	}
	for (int kind = 0; kind < RESPONSE_KINDS; kind++)
		for (int i = least_of(kind); i < RESPONSE_PERSISTENCES; i++)
			check_head(&response->answers[kind][i], &source,
				   kind == RESPONSE_CONFIGURED);
	response_unref(response);
}

/* --- One run ------------------------------------------------------------- */

static void give_arguments(const char *octets, size_t bytes)
{
	const char *end = octets + bytes;

	for (n_given = 0; octets < end && n_given < ARGUMENTS_MAX; n_given++) {
		size_t length = strnlen(octets, (size_t)(end - octets));

		given[n_given] = strndup(octets, length);
		if (!given[n_given])
			exit(1);
		octets += length + 1;
	}
}

static void check_command_line(void)
{
	char program[] = "hello-http", *argv[ARGUMENTS_MAX + 2] = {program};
	struct options options;
	struct message message = {0};
	int r;

	memcpy(argv + 1, given, (size_t)n_given * sizeof(*given));
	r = options_parse(n_given + 1, argv, &options, &message);
	if (n_given == 1)
		check_number(given[0], r < 0 ? NULL : &options);
	if (r < 0) {
		check_refusal(r, &message);
		return;
	}
	check_options(&options);
	check_response(options.response);
	options_done(&options);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t bytes)
{
	if (bytes == 0)
		return 0;
	if (octets[0] % 2 != 0) {
		check_socket(octets[0], octets + 1, bytes - 1);
		return 0;
	}
	give_arguments((const char *)octets + 1, bytes - 1);
	check_command_line();
	for (int i = 0; i < n_given; i++)
		free(given[i]);
	return 0;
}
