/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * The command line.  Each option has a line in options_help, a line in
 * long_options, a case in parse_option(), and an item in the man page, which
 * tests/manual.bats compares.
 *
 * Checks a value's form only.  What an address or a header field may be is
 * known to sockets and response.
 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "tunables.h"

const char options_help[] =
	"Usage: hello-http [OPTION]...\n"
	"Answer every HTTP request with one fixed response.\n"
	"Sockets: systemd's or inetd's, else --listen's\n"
	"  -l, --listen=ADDRESS          HOST:PORT, [IPV6]:PORT, :PORT, PORT, "
	"/PATH or\n"
	"                                unix:/PATH; repeatable "
	"(" LISTEN_DEFAULT ")\n"
	"  -i, --inetd                   standard input is the socket\n"
	"Answer:\n"
	"  -s, --status=CODE             200 to 599 (200)\n"
	"  -t, --content-type=TYPE       (text/html)\n"
	"  -H, --header='NAME: VALUE'    one more field; repeatable\n"
	"  -b, --body=TEXT               (" BODY_DEFAULT ")\n"
	"  -f, --body-file=FILE          read at start and on SIGHUP, at most "
	"16 MiB\n"
	"Limits: TIME is 500ms, 10s, 5min, 1h or infinity; seconds without a "
	"unit\n"
	"      --keepalive-timeout=TIME  of a connection between requests "
	"(60s)\n"
	"      --request-timeout=TIME    from a request's first octet to its "
	"last (10s)\n"
	"      --drain-timeout=TIME      from SIGTERM to the end (10s)\n"
	"      --exit-idle-time=TIME     exit after this long without a client "
	"(infinity)\n"
	"      --max-body=BYTES          of a request's content (1048576)\n"
	"      --max-connections=N       (10000, or what the descriptor limit "
	"leaves)\n"
	"  -w, --workers=N               threads; auto: one per CPU (1)\n"
	"Other:\n"
	"      --log=none|requests|data  (requests; none where a socket was "
	"passed)\n"
	"  -h, --help  --version         see hello-http(8) for the rest\n";

enum {
	OPTION_KEEPALIVE_TIMEOUT = 256,
	OPTION_REQUEST_TIMEOUT,
	OPTION_DRAIN_TIMEOUT,
	OPTION_EXIT_IDLE_TIME,
	OPTION_MAX_BODY,
	OPTION_MAX_CONNECTIONS,
	OPTION_LOG,
	OPTION_VERSION,
};

/* ":" first: a missing value is told from an unknown option. */
static const char short_options[] = ":l:is:t:H:b:f:w:h";

static const struct option long_options[] = {
	{"listen", required_argument, NULL, 'l'},
	{"inetd", no_argument, NULL, 'i'},
	{"status", required_argument, NULL, 's'},
	{"content-type", required_argument, NULL, 't'},
	{"header", required_argument, NULL, 'H'},
	{"body", required_argument, NULL, 'b'},
	{"body-file", required_argument, NULL, 'f'},
	{"keepalive-timeout", required_argument, NULL,
	 OPTION_KEEPALIVE_TIMEOUT},
	{"request-timeout", required_argument, NULL, OPTION_REQUEST_TIMEOUT},
	{"drain-timeout", required_argument, NULL, OPTION_DRAIN_TIMEOUT},
	{"exit-idle-time", required_argument, NULL, OPTION_EXIT_IDLE_TIME},
	{"max-body", required_argument, NULL, OPTION_MAX_BODY},
	{"max-connections", required_argument, NULL, OPTION_MAX_CONNECTIONS},
	{"workers", required_argument, NULL, 'w'},
	{"log", required_argument, NULL, OPTION_LOG},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, OPTION_VERSION},
	{NULL, 0, NULL, 0},
};

/* --- Values -------------------------------------------------------------- */

/* 1*DIGIT at the beginning of text; *ret_rest is what follows. */
static bool read_digits(const char *text, uint64_t *ret_number,
			const char **ret_rest)
{
	uint64_t number = 0;

	if (*text < '0' || *text > '9')
		return false;
	for (; *text >= '0' && *text <= '9'; text++)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(*text - '0'),
					   &number))
			return false;
	*ret_number = number;
	*ret_rest = text;
	return true;
}

static int parse_number(const char *option, const char *text, uint64_t min,
			uint64_t max, uint64_t *ret_number,
			struct message *ret_message)
{
	uint64_t number;
	const char *rest;

	if (!read_digits(text, &number, &rest) || *rest || number < min ||
	    number > max)
		return message_set_misuse(
			ret_message,
			"Invalid %s '%.400s': expected a number from "
			"%ju to %ju",
			option, text, (uintmax_t)min, (uintmax_t)max);
	*ret_number = number;
	return 0;
}

static int parse_unsigned(const char *option, const char *text,
			  unsigned int min, unsigned int max,
			  unsigned int *ret_number, struct message *ret_message)
{
	uint64_t number = 0; /* as GCC at -O3 does not see that it is set */
	int r = parse_number(option, text, min, max, &number, ret_message);

	if (r < 0)
		return r;
	*ret_number = (unsigned int)number;
	return 0;
}

/* 0 for an unknown unit. */
static uint64_t msec_per_unit(const char *unit)
{
	static const struct {
		const char *name;
		uint64_t msec;
	} units[] = {{"", 1000},
		     {"ms", 1},
		     {"s", 1000},
		     {"min", 60 * 1000},
		     {"h", 60 * 60 * 1000}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(unit, units[i].name))
			return units[i].msec;
	return 0;
}

static int parse_time(const char *option, const char *text, uint64_t *ret_msec,
		      struct message *ret_message)
{
	const char *unit = "";
	uint64_t number, msec;

	if (!strcmp(text, "infinity")) {
		*ret_msec = INFINITE_MSEC;
		return 0;
	}
	if (!read_digits(text, &number, &unit) ||
	    __builtin_mul_overflow(number, msec_per_unit(unit), &msec) ||
	    msec == 0 || msec > TIME_MSEC_MAX)
		return message_set_misuse(
			ret_message,
			"Invalid %s '%.400s': expected a time from 1ms "
			"to 8760h, such as 500ms, 10s, 5min, 1h, "
			"or infinity",
			option, text);
	*ret_msec = msec;
	return 0;
}

static int parse_workers(const char *text, unsigned int *ret_workers,
			 struct message *ret_message)
{
	uint64_t number;
	const char *rest;

	if (!strcmp(text, "auto")) {
		*ret_workers = 0;
		return 0;
	}
	if (!read_digits(text, &number, &rest) || *rest || number < 1 ||
	    number > WORKERS_MAX)
		return message_set_misuse(
			ret_message,
			"Invalid --workers '%.400s': expected a number "
			"from 1 to %u, or auto",
			text, WORKERS_MAX);
	*ret_workers = (unsigned int)number;
	return 0;
}

static int parse_log(const char *text, struct options *options,
		     struct message *ret_message)
{
	static const char *const names[] = {
		[LOG_REQUESTS_NONE] = "none",
		[LOG_REQUESTS_ANSWERS] = "requests",
		[LOG_REQUESTS_DATA] = "data",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(text, names[i])) {
			options->log = (enum log_requests)i;
			options->has_log = true;
			return 0;
		}
	return message_set_misuse(
		ret_message,
		"Invalid --log '%.400s': expected none, requests or "
		"data",
		text);
}

static int add_address(struct options *options, const char *text,
		       struct message *ret_message)
{
	struct sockets_source *sockets = &options->sockets;
	int r = sockets_check_address(text, ret_message);

	if (r < 0)
		return r;
	if (!options->has_listen)
		sockets->n_addresses = 0;
	options->has_listen = true;
	sockets->addresses[sockets->n_addresses++] = text;
	return 0;
}

/* --- Options ------------------------------------------------------------- */

static int parse_exit_idle_time(struct options *options, const char *text,
				struct message *ret_message)
{
	int r = parse_time("--exit-idle-time", text, &options->exit_idle_msec,
			   ret_message);

	options->sockets.must_be_passed =
		options->exit_idle_msec != INFINITE_MSEC;
	return r;
}

static int parse_limit(struct options *options, int option, const char *text,
		       struct message *m)
{
	switch (option) {
	case OPTION_KEEPALIVE_TIMEOUT:
		return parse_time("--keepalive-timeout", text,
				  &options->keepalive_msec, m);
	case OPTION_REQUEST_TIMEOUT:
		return parse_time("--request-timeout", text,
				  &options->request_msec, m);
	case OPTION_DRAIN_TIMEOUT:
		return parse_time("--drain-timeout", text, &options->drain_msec,
				  m);
	case OPTION_EXIT_IDLE_TIME:
		return parse_exit_idle_time(options, text, m);
	case OPTION_MAX_BODY:
		return parse_number("--max-body", text, 0, INT64_MAX,
				    &options->max_body_bytes, m);
	case OPTION_MAX_CONNECTIONS:
		return parse_unsigned("--max-connections", text, 1,
				      MAX_CONNECTIONS_MAX,
				      &options->max_connections, m);
	default: /* 'w' */
		return parse_workers(text, &options->workers, m);
	}
}

static int parse_option(struct options *options, int option, const char *text,
			struct message *m)
{
	struct response_source *response = &options->response;

	switch (option) {
	case 'l':
		return add_address(options, text, m);
	case 'i':
		options->sockets.is_inetd = true;
		return 0;
	case 's':
		return parse_unsigned("--status", text, 200, 599,
				      &response->status, m);
	case 't':
		response->content_type = text;
		return 0;
	case 'H':
		response->fields[response->n_fields++] = text;
		return 0;
	case 'b':
		response->body = text;
		return 0;
	case 'f':
		response->body_file = text;
		return 0;
	case 'h':
		options->action = OPTIONS_PRINT_HELP;
		return 0;
	case OPTION_VERSION:
		options->action = OPTIONS_PRINT_VERSION;
		return 0;
	case OPTION_LOG:
		return parse_log(text, options, m);
	default:
		return parse_limit(options, option, text, m);
	}
}

static bool is_known(int option)
{
	for (const struct option *known = long_options; known->name; known++)
		if (known->val == option)
			return true;
	return false;
}

/* word is what getopt_long() has just stumbled over.  In a bundle of letters
 * the word is not read to its end, so that an unknown letter stands for itself.
 */
static int refuse_option(int code, int option, const char *word,
			 struct message *ret_message)
{
	const char letter[] = {'-', (char)option, '\0'};

	if (code == ':' && strncmp(word, "--", 2) != 0)
		word = letter;
	if (code == ':')
		return message_set_misuse(ret_message,
					  "Option '%.400s' needs a value: see "
					  "hello-http --help",
					  word);
	if (option != 0 && is_known(option))
		return message_set_misuse(ret_message,
					  "Option '%.400s' takes no value: "
					  "see hello-http --help",
					  word);
	if (option != 0)
		return message_set_misuse(ret_message,
					  "Unknown option '%.400s': see "
					  "hello-http --help",
					  letter);
	return message_set_misuse(ret_message,
				  "Unknown or ambiguous option '%.400s': see "
				  "hello-http --help",
				  word);
}

static int check_together(const struct options *options,
			  struct message *ret_message)
{
	if (options->response.body && options->response.body_file)
		return message_set_misuse(
			ret_message,
			"Both --body '%.400s' and --body-file '%.400s': "
			"expected one of them",
			options->response.body, options->response.body_file);
	if (options->max_connections > 0 &&
	    options->max_connections < options->workers)
		return message_set_misuse(
			ret_message,
			"Invalid --max-connections '%u': expected "
			"at least one for each of the %u --workers",
			options->max_connections, options->workers);
	return 0;
}

static int parse_all(struct options *options, int argc, char *argv[],
		     struct message *ret_message)
{
	int code, r;

	opterr = 0;
	/* Not 1: this way nothing is left of a bundle of letters that an
	 * earlier command line was refused in the middle of. */
	optind = 0;
	while ((code = getopt_long(argc, argv, short_options, long_options,
				   NULL)) >= 0) {
		if (code == '?' || code == ':')
			return refuse_option(code, optopt, argv[optind - 1],
					     ret_message);
		r = parse_option(options, code, optarg, ret_message);
		if (r < 0)
			return r;
	}
	if (optind < argc)
		return message_set_misuse(
			ret_message,
			"Unexpected argument '%.400s': expected "
			"options only, see hello-http --help",
			argv[optind]);
	return check_together(options, ret_message);
}

int options_parse(int argc, char *argv[], struct options *ret_options,
		  struct message *ret_message)
{
	struct options options = {
		.response.status = STATUS_DEFAULT,
		.keepalive_msec = KEEPALIVE_MSEC_DEFAULT,
		.request_msec = REQUEST_MSEC_DEFAULT,
		.drain_msec = DRAIN_MSEC_DEFAULT,
		.exit_idle_msec = INFINITE_MSEC,
		.max_body_bytes = MAX_BODY_BYTES_DEFAULT,
		.workers = WORKERS_DEFAULT,
	};
	/* Neither list can be longer than the command line. */
	size_t most = (size_t)argc + 1;
	int r = -ENOMEM;

	options.sockets.addresses = calloc(most, sizeof(char *));
	options.response.fields = calloc(most, sizeof(char *));
	if (options.sockets.addresses && options.response.fields) {
		options.sockets.addresses[0] = LISTEN_DEFAULT;
		options.sockets.n_addresses = 1;
		r = parse_all(&options, argc, argv, ret_message);
	} else {
		message_set(ret_message, ENOMEM,
			    "Failed to read the command line: %s",
			    strerror(ENOMEM));
	}
	if (r < 0) {
		options_done(&options);
		return r;
	}
	*ret_options = options;
	return 0;
}

void options_done(struct options *options)
{
	free(options->sockets.addresses);
	free(options->response.fields);
	*options = (struct options){0};
}
