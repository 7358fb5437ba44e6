/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * A load generator that costs little and does not lie.
 *
 *   load [OPTIONS] ADDRESS:PORT REQUEST_FILE
 *
 * What an answer is, is learnt from the first: its head is parsed and its
 * length taken.  From then on octets are counted, and of each answer the status
 * line and the last octets are compared with the first one's.  So an answer
 * that is longer, shorter, of another status or none at all is an error, which
 * ends the run with status 1; what is printed was counted.
 *
 * Each connection asks once, before anything is measured.  Then "ready" is
 * printed and a line of standard input, or its end, awaited: the caller reads
 * clocks of the server's there.  Then it is asked, until --seconds have passed
 * or --requests were sent; what has been asked is waited for.  A server that
 * closes its connections, as it may between two answers, gets new ones.  When
 * the counts are printed, connections are kept until the end of standard input.
 *
 * Closed loop: each connection asks when it has its answer.  This finds out
 * what a server can do, but not how long clients wait: a server that stalls is
 * not asked meanwhile.  So latencies are told with --rate only, where requests
 * leave by the clock and wait from the time when they were due, be there a
 * connection free for them or not.  It watches the clock all the time, so
 * that no wake-up of its own is in what it measures.
 *
 * One thread, no locks.  No wait is longer than PATIENCE_SEC.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_SEC 20
#define REQUEST_BYTES_MAX 16384
#define PIPELINE_MAX 64
#define CONNECTIONS_MAX 1000000
#define ANSWER_BYTES_MAX (64u << 20)
#define BUFFER_BYTES (256u << 10)
#define EVENTS_MAX 256
/* As many connections are opened at once: fewer than any server's backlog. */
#define OPENING_MAX 64
/* What is compared of each answer. */
#define STATUS_BYTES 12 /* HTTP/1.1 200 */
#define TAIL_BYTES_MAX 20
/* A source address has some 28,000 ports. */
#define SOURCES 8

struct client {
	int fd;
	uint32_t due;	     /* answers it has asked for and not got */
	uint64_t missing;    /* octets of the answer that comes next */
	uint64_t answers;    /* of this connection */
	uint64_t asked_nsec; /* --rate: when it should have asked */
};

static struct {
	struct sockaddr_in address;
	uint64_t connections;
	uint64_t pipeline;
	uint64_t requests;
	double seconds;
	double rate;
	bool closes;
	bool holds;
} options = {.connections = 1, .pipeline = 1};

/* PIPELINE_MAX times, one behind the other. */
static char *requests;
static size_t request_bytes;

static struct {
	char *octets;
	size_t bytes;
	size_t tail_bytes;
	bool closes;
} sample;

static int epoll_fd;
static struct client *clients;
static char buffer[BUFFER_BYTES];

static bool is_measuring;
static uint64_t to_ask;	     /* requests that may still be sent */
static uint64_t outstanding; /* sent, not answered */
static uint64_t answers, octets, reconnects, lost;
static uint64_t opened;	   /* connections, and of them */
static uint64_t warm;	   /* those that have had their first answer */
static uint64_t last_nsec; /* when something happened */

/* --rate: clients that wait for something to ask, in a ring; and what was
 * measured, in nanoseconds. */
static struct client **at_rest;
static uint64_t rest_head, rest_tail;
static uint64_t *latencies;
static uint64_t latencies_max, n_latencies;

static _Noreturn void fail(const char *format, ...)
	__attribute__((format(printf, 1, 2)));
static _Noreturn void fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)fputs("load: ", stderr);
	(void)vfprintf(stderr, format, arguments);
	(void)fputs("\n", stderr);
	va_end(arguments);
	exit(EXIT_FAILURE);
}

static uint64_t now_nsec(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void *allocate(size_t count, size_t bytes)
{
	void *memory = calloc(count, bytes);

	if (!memory)
		fail("no memory");
	return memory;
}

/* --- The first answer ---------------------------------------------------- */

static int open_socket(int flags)
{
	static unsigned int source;
	struct sockaddr_in from = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK + source++ % SOURCES),
	};
	int one = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

	if (fd < 0)
		fail("socket: %s", strerror(errno));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	/* The port is chosen at connect(), where all four numbers count. */
	(void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one,
			 sizeof(one));
	if (bind(fd, (struct sockaddr *)&from, sizeof(from)) < 0)
		fail("bind: %s", strerror(errno));
	return fd;
}

/* The value of Content-Length, or -1: the answer ends with the connection. */
static int64_t content_length(const char *head)
{
	static const char name[] = "\r\ncontent-length:";
	const char *field = strcasestr(head, name);
	uint64_t value;
	char *end;

	if (strcasestr(head, "\r\ntransfer-encoding:"))
		fail("transfer codings are not understood:\n%s", head);
	if (!field)
		return -1;
	errno = 0;
	value = strtoull(field + strlen(name), &end, 10);
	if (errno || *end != '\r' || value > ANSWER_BYTES_MAX)
		fail("what Content-Length is this:\n%s", head);
	return (int64_t)value;
}

/* Once the head is there: how long is all of it?  0: not known yet. */
static size_t bytes_of_answer(char *octets_so_far, size_t bytes)
{
	char *end = memmem(octets_so_far, bytes, "\r\n\r\n", 4);
	int64_t content;
	char first;

	if (!end)
		return 0;
	first = end[2];
	end[2] = '\0';
	if (strncmp(octets_so_far, "HTTP/1.", 7) != 0)
		fail("this is no HTTP:\n%s", octets_so_far);
	sample.closes = strcasestr(octets_so_far, "\r\nconnection: close");
	content = content_length(octets_so_far);
	end[2] = first;
	if (content < 0) {
		sample.closes = true;
		return 0;
	}
	return (size_t)(end + 4 - octets_so_far) + (size_t)content;
}

static void learn_answer(void)
{
	struct timeval patience = {.tv_sec = PATIENCE_SEC};
	size_t wanted = 0;
	ssize_t n;
	int fd = open_socket(0);

	sample.octets = allocate(ANSWER_BYTES_MAX, 1);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
			 sizeof(patience));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
			 sizeof(patience));
	if (connect(fd, (struct sockaddr *)&options.address,
		    sizeof(options.address)) < 0)
		fail("connect: %s", strerror(errno));
	if (send(fd, requests, request_bytes, MSG_NOSIGNAL) !=
	    (ssize_t)request_bytes)
		fail("send: %s", strerror(errno));
	while (!wanted || sample.bytes < wanted) {
		n = recv(fd, sample.octets + sample.bytes,
			 ANSWER_BYTES_MAX - sample.bytes, 0);
		if (n < 0)
			fail("no whole answer: %s", strerror(errno));
		if (n == 0)
			break;
		sample.bytes += (size_t)n;
		if (!wanted)
			wanted = bytes_of_answer(sample.octets, sample.bytes);
	}
	(void)close(fd);
	if (sample.bytes < STATUS_BYTES || (wanted && sample.bytes != wanted))
		fail("the first answer has %zu octets, not %zu", sample.bytes,
		     wanted);
	sample.tail_bytes = sample.bytes - STATUS_BYTES;
	if (sample.tail_bytes > TAIL_BYTES_MAX)
		sample.tail_bytes = TAIL_BYTES_MAX;
}

/* --- Clients ------------------------------------------------------------- */

static void rest(struct client *c)
{
	at_rest[rest_tail++ % options.connections] = c;
}

/* False: the connection is not made yet. */
static bool client_ask(struct client *c)
{
	uint64_t count = is_measuring ? options.pipeline : 1;
	ssize_t n;

	if (count > to_ask)
		count = to_ask;
	if (!count)
		return true;
	n = send(c->fd, requests, count * request_bytes, MSG_NOSIGNAL);
	if (n < 0 && errno == EAGAIN && !c->answers)
		return false;
	/* A server that has closed is seen to have at the next event. */
	if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
		return true;
	if (n != (ssize_t)(count * request_bytes))
		fail("send: %s", n < 0 ? strerror(errno) : "not all of it");
	c->due = (uint32_t)count;
	to_ask -= count;
	outstanding += count;
	return true;
}

static void client_watch(struct client *c, int operation, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = c};

	if (epoll_ctl(epoll_fd, operation, c->fd, &event) < 0)
		fail("epoll_ctl: %s", strerror(errno));
}

/* On loopback a connection is mostly there when connect() returns. */
static void client_open(struct client *c)
{
	int r;

	*c = (struct client){
		.fd = open_socket(SOCK_NONBLOCK),
		.missing = sample.bytes,
	};
	r = connect(c->fd, (struct sockaddr *)&options.address,
		    sizeof(options.address));
	if (r < 0 && errno != EINPROGRESS)
		fail("connect: %s", strerror(errno));
	client_watch(c, EPOLL_CTL_ADD,
		     client_ask(c) ? EPOLLIN : EPOLLIN | EPOLLOUT);
}

static void client_reopen(struct client *c)
{
	(void)close(c->fd);
	if (to_ask > 0)
		client_open(c);
}

static void client_can_send(struct client *c)
{
	if (client_ask(c))
		client_watch(c, EPOLL_CTL_MOD, EPOLLIN);
}

/* The other end has closed, or died. */
static void client_lost(struct client *c, int error)
{
	if (c->missing != sample.bytes)
		fail("closed %" PRIu64 " octets before an answer's end: %s",
		     c->missing, strerror(error));
	if (!c->answers && (c->due || to_ask > 0))
		fail("closed without an answer: %s", strerror(error));
	if (options.holds) {
		lost++;
		(void)close(c->fd);
		return;
	}
	if (!is_measuring)
		fail("it closes, and did not say so");
	if (options.rate > 0)
		fail("closed while it was asked at a rate");
	/* What it was sent meanwhile it did not take; it is asked again. */
	to_ask += c->due;
	outstanding -= c->due;
	reconnects += !sample.closes;
	client_reopen(c);
}

static void client_answered(struct client *c)
{
	if (!c->due)
		fail("more answers than requests");
	c->due--;
	c->missing = sample.bytes;
	outstanding--;
	if (!c->answers++ && !is_measuring)
		warm++;
	if (!is_measuring)
		return;
	answers++;
	if (options.rate > 0) {
		if (n_latencies < latencies_max)
			latencies[n_latencies++] = now_nsec() - c->asked_nsec;
		rest(c);
	}
}

static void compare(const char *of_answer, const char *of_sample, size_t bytes)
{
	if (memcmp(of_answer, of_sample, bytes) != 0)
		fail("'%.*s' is not as in the first answer, '%.*s'", (int)bytes,
		     of_answer, (int)bytes, of_sample);
}

static void client_count(struct client *c, const char *piece, size_t bytes)
{
	const char *tail = sample.octets + sample.bytes - sample.tail_bytes;
	size_t taken;

	octets += is_measuring ? bytes : 0;
	for (; bytes > 0; piece += taken, bytes -= taken) {
		if (!c->due)
			fail("octets that were not asked for");
		taken = bytes < c->missing ? bytes : c->missing;
		if (c->missing == sample.bytes && taken >= STATUS_BYTES)
			compare(piece, sample.octets, STATUS_BYTES);
		c->missing -= taken;
		if (c->missing > 0)
			continue;
		if (taken >= sample.tail_bytes)
			compare(piece + taken - sample.tail_bytes, tail,
				sample.tail_bytes);
		client_answered(c);
	}
}

/* The middle of large content is not even copied: else a fast server would
 * wait for this program. */
static ssize_t client_receive(struct client *c)
{
	ssize_t n;

	if (c->missing == sample.bytes ||
	    c->missing <= sample.tail_bytes + BUFFER_BYTES) {
		n = recv(c->fd, buffer, sizeof(buffer), 0);
		if (n > 0)
			client_count(c, buffer, (size_t)n);
		return n;
	}
	n = recv(c->fd, NULL, c->missing - sample.tail_bytes, MSG_TRUNC);
	if (n > 0) {
		octets += is_measuring ? (uint64_t)n : 0;
		c->missing -= (uint64_t)n;
	}
	return n;
}

static void client_advance(struct client *c)
{
	ssize_t n = client_receive(c);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		client_lost(c, n < 0 ? errno : 0);
		return;
	}
	if (c->due || sample.closes || !is_measuring || options.rate > 0)
		return;
	if (options.closes)
		client_reopen(c);
	else
		(void)client_ask(c);
}

/* --- The run ------------------------------------------------------------- */

/* Returns whether anything happened. */
static bool serve_events(int timeout_msec)
{
	struct epoll_event events[EVENTS_MAX];
	int n = epoll_wait(epoll_fd, events, EVENTS_MAX, timeout_msec);

	if (n < 0 && errno != EINTR)
		fail("epoll_wait: %s", strerror(errno));
	for (int i = 0; i < n; i++) {
		/* Who cannot send yet has nothing to receive. */
		if (events[i].events & EPOLLOUT)
			client_can_send(events[i].data.ptr);
		else
			client_advance(events[i].data.ptr);
	}
	return n > 0;
}

static void serve_or_give_up(uint64_t until_nsec)
{
	uint64_t now = now_nsec();
	int timeout = 100;

	if (until_nsec < now + 100 * 1000000ull)
		timeout = until_nsec <= now
				  ? 0
				  : (int)((until_nsec - now) / 1000000 + 1);
	if (serve_events(timeout)) {
		last_nsec = now;
		return;
	}
	if (now - last_nsec > PATIENCE_SEC * 1000000000ull)
		fail("no answer within %d seconds", PATIENCE_SEC);
}

/* Who closes after each answer, or is closed then, is met in the run. */
static void warm_up(void)
{
	last_nsec = now_nsec();
	to_ask = UINT64_MAX;
	if (options.closes || sample.closes)
		return;
	while (warm < options.connections) {
		while (opened < options.connections &&
		       opened - warm < OPENING_MAX)
			client_open(&clients[opened++]);
		serve_or_give_up(UINT64_MAX);
	}
}

static void wait_for_go(void)
{
	char octet;

	(void)puts("ready");
	(void)fflush(stdout);
	/* As long as the caller likes: its end is the end of this, too. */
	while (read(STDIN_FILENO, &octet, 1) == 1 && octet != '\n') {
	}
}

/* What the server does when all are closed is not of the load. */
static void keep_connections_until_clocks_are_read(void)
{
	char octet;

	(void)fflush(stdout);
	while (read(STDIN_FILENO, &octet, 1) == 1) {
	}
}

static void ask_in_closed_loop(uint64_t end_nsec)
{
	for (uint64_t i = 0; i < options.connections; i++) {
		if (i < opened)
			(void)client_ask(&clients[i]);
		else if (to_ask)
			client_open(&clients[i]);
	}
	while (to_ask > 0) {
		serve_or_give_up(end_nsec);
		if (now_nsec() >= end_nsec)
			to_ask = 0;
	}
}

static void ask_by_the_clock(uint64_t start_nsec)
{
	struct client *c;
	uint64_t due, now;

	latencies_max = (uint64_t)(options.rate * options.seconds);
	latencies = allocate(latencies_max, sizeof(*latencies));
	at_rest = allocate(options.connections, sizeof(struct client *));
	for (uint64_t i = 0; i < options.connections; i++)
		rest(&clients[i]);
	for (uint64_t i = 0; i < latencies_max;) {
		(void)serve_events(0);
		due = start_nsec + (uint64_t)((double)i * 1e9 / options.rate);
		now = now_nsec();
		if (now > due + PATIENCE_SEC * 1000000000ull)
			fail("it cannot keep up with this rate");
		if (now < due || rest_head == rest_tail)
			continue;
		c = at_rest[rest_head++ % options.connections];
		c->asked_nsec = due;
		(void)client_ask(c);
		i++;
	}
	to_ask = 0;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static double quantile_usec(double share)
{
	return (double)latencies[(uint64_t)((double)(n_latencies - 1) *
					    share)] /
	       1000;
}

static void run(void)
{
	uint64_t start = now_nsec();
	double seconds;

	is_measuring = true;
	last_nsec = start;
	to_ask = options.requests ? options.requests : UINT64_MAX;
	if (options.rate > 0)
		ask_by_the_clock(start);
	else
		ask_in_closed_loop(
			options.requests
				? UINT64_MAX
				: start + (uint64_t)(options.seconds * 1e9));
	while (outstanding > 0)
		serve_or_give_up(UINT64_MAX);
	seconds = (double)(now_nsec() - start) / 1e9;
	(void)printf("answers=%" PRIu64 " octets=%" PRIu64 " answer_octets=%zu"
		     " reconnects=%" PRIu64 " seconds=%.6f rate=%.1f",
		     answers, octets, sample.bytes, reconnects, seconds,
		     (double)answers / seconds);
	if (n_latencies > 0) {
		qsort(latencies, n_latencies, sizeof(*latencies), by_size);
		(void)printf(
			" p50_us=%.1f p99_us=%.1f p999_us=%.1f max_us=%.1f",
			quantile_usec(0.5), quantile_usec(0.99),
			quantile_usec(0.999), quantile_usec(1));
	}
	(void)puts("");
}

/* They have waited: who is gone? */
static void count_the_lost(void)
{
	while (serve_events(0)) {
	}
	(void)printf("held=%" PRIu64 " lost=%" PRIu64 "\n",
		     options.connections - lost, lost);
}

/* --- The command line ---------------------------------------------------- */

static _Noreturn void misuse(void)
{
	(void)fputs(
		"usage: load [--connections=N] [--pipeline=N] [--close]\n"
		"            --requests=N | --seconds=S [--rate=N] | --hold\n"
		"            ADDRESS:PORT REQUEST_FILE\n",
		stderr);
	exit(2);
}

static double number(const char *text, double most)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !(value > 0 && value <= most))
		misuse();
	return value;
}

static void parse_address(char *text)
{
	char *colon = strrchr(text, ':');

	if (!colon)
		misuse();
	*colon = '\0';
	options.address.sin_family = AF_INET;
	options.address.sin_port = htons((uint16_t)number(colon + 1, 65535));
	if (inet_pton(AF_INET, text, &options.address.sin_addr) != 1)
		misuse();
}

static void parse_options(int argc, char **argv)
{
	static const struct option names[] = {
		{"connections", required_argument, NULL, 'c'},
		{"pipeline", required_argument, NULL, 'p'},
		{"requests", required_argument, NULL, 'n'},
		{"seconds", required_argument, NULL, 's'},
		{"rate", required_argument, NULL, 'r'},
		{"close", no_argument, NULL, 'x'},
		{"hold", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (option == 'c')
			options.connections =
				(uint64_t)number(optarg, CONNECTIONS_MAX);
		else if (option == 'p')
			options.pipeline =
				(uint64_t)number(optarg, PIPELINE_MAX);
		else if (option == 'n')
			options.requests = (uint64_t)number(optarg, 1e15);
		else if (option == 's')
			options.seconds = number(optarg, 3600);
		else if (option == 'r')
			options.rate = number(optarg, 1e7);
		else if (option == 'x')
			options.closes = true;
		else if (option == 'h')
			options.holds = true;
		else
			misuse();
	}
	if ((options.requests > 0) + (options.seconds > 0) + options.holds !=
		    1 ||
	    (options.rate > 0 && !(options.seconds > 0)) || argc - optind != 2)
		misuse();
	if (options.pipeline > 1 && (options.closes || options.rate > 0))
		misuse();
	parse_address(argv[optind]);
}

static void read_request(const char *path)
{
	FILE *file = fopen(path, "rbe");

	if (!file)
		fail("%s: %s", path, strerror(errno));
	requests = allocate(PIPELINE_MAX, REQUEST_BYTES_MAX);
	request_bytes = fread(requests, 1, REQUEST_BYTES_MAX, file);
	(void)fclose(file);
	if (request_bytes == 0)
		fail("%s: there is no request", path);
	for (int i = 1; i < PIPELINE_MAX; i++)
		memcpy(requests + (size_t)i * request_bytes, requests,
		       request_bytes);
}

int main(int argc, char **argv)
{
	parse_options(argc, argv);
	read_request(argv[optind + 1]);
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_fd < 0)
		fail("epoll_create1: %s", strerror(errno));
	clients = allocate(options.connections, sizeof(*clients));
	learn_answer();
	if (sample.closes &&
	    (options.pipeline > 1 || options.rate > 0 || options.holds))
		fail("it closes after each answer");
	warm_up();
	wait_for_go();
	if (options.holds)
		count_the_lost();
	else
		run();
	keep_connections_until_clocks_are_read();
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
