/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * Connections, and the worker that has them.  The input is a script for up to
 * four clients at the ends of socketpairs: octets below 128 are what a client
 * sends, the others do something (see do_operation()), so that text stays text
 * and each octet that a fuzzer changes changes one thing.
 *
 * worker.c and connection.c are included, as this file stands in for three of
 * their neighbours.  For the thread: it calls the rounds itself, until there
 * is nothing to do.  For the kernel: the clock is the script's, calls fail or
 * fall short when it says so, and a pair is two buffers, which takes a third of
 * the time; but one script of 32, and in a replay every one, is then played
 * again with the kernel's own pairs and epoll.  And where a worker calls a
 * connection stands the model.
 *
 * The model knows of a client what the server has received and what the server
 * says to have answered, and reads the former anew, in one piece, from the
 * first octet of the request in progress.  From that it tells octet by octet
 * what each client has to get, with which Date, whether its connection has to
 * go on, what is waited for, and since when.  Between two rounds nothing may
 * be owed, overdue, or held beyond its bound.
 *
 * A worker is kept from one input to the next, unless it has ended, and has to
 * be at rest by then.
 */
#include "fuzz.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "tunables.h"

/* As large as it is, no script of some kilobytes could reach it. */
#undef LINGER_BYTES_MAX
#define LINGER_BYTES_MAX 4096u

static void *try_malloc(size_t bytes);
static void *try_calloc(size_t n, size_t bytes);
static void *try_realloc(void *old, size_t bytes);
static int try_accept4(int fd, struct sockaddr *address, socklen_t *bytes,
		       int flags);
static int try_getpeername(int fd, struct sockaddr *address, socklen_t *bytes);
static ssize_t try_recv(int fd, void *octets, size_t bytes, int flags);
static ssize_t try_send(int fd, const void *octets, size_t bytes, int flags);
static ssize_t try_sendfile(int fd, int from, off_t *offset, size_t bytes);
static int try_shutdown(int fd, int how);
static int try_close(int fd);
static int try_epoll_create1(int flags);
static int try_eventfd(unsigned int count, int flags);
static int try_epoll_ctl(int epoll_fd, int operation, int fd,
			 struct epoll_event *event);
static int try_epoll_wait(int epoll_fd, struct epoll_event *events, int most,
			  int timeout);
static int try_eventfd_write(int fd, eventfd_t count);
static int try_eventfd_read(int fd, eventfd_t *ret_count);
static int told_clock_gettime(clockid_t clock, struct timespec *ret_time);
static int model_log_lines_init(struct log_lines *lines);
static void model_log_answer(struct log_lines *lines,
			     const struct log_entry *entry);
static void model_log_chunk(struct log_lines *lines, const struct peer *peer,
			    const char *octets, size_t bytes);
static void model_log_flush(struct log_lines *lines);
static void model_log_message(int level, const char *format, ...);

#define malloc try_malloc
#define calloc try_calloc
#define realloc try_realloc
#define accept4 try_accept4
#define getpeername try_getpeername
#define recv try_recv
#define send try_send
#define sendfile try_sendfile
#define shutdown try_shutdown
#define close try_close
#define epoll_create1 try_epoll_create1
#define eventfd try_eventfd
#define epoll_ctl try_epoll_ctl
#define epoll_wait try_epoll_wait
#define eventfd_write try_eventfd_write
#define eventfd_read try_eventfd_read
#define clock_gettime told_clock_gettime
#define log_lines_init model_log_lines_init
#define log_answer model_log_answer
#define log_chunk model_log_chunk
#define log_flush model_log_flush
#define log_message model_log_message
#include "../../src/connection.c" /* NOLINT(bugprone-suspicious-include) */

static void model_advance(struct connection *connection,
			  struct workspace *workspace);
static void model_expire(struct connection *connection,
			 struct workspace *workspace);

#define connection_advance model_advance
#define connection_expire model_expire
#include "../../src/worker.c" /* NOLINT(bugprone-suspicious-include) */
#undef connection_advance
#undef connection_expire
#undef malloc
#undef calloc
#undef realloc
#undef accept4
#undef getpeername
#undef recv
#undef send
#undef sendfile
#undef shutdown
#undef close
#undef epoll_create1
#undef eventfd
#undef epoll_ctl
#undef epoll_wait
#undef eventfd_write
#undef eventfd_read
#undef clock_gettime

/* What is covered counts in the server, not here. */
#ifdef __clang__
#pragma clang attribute push(__attribute__((no_sanitize("coverage"))),         \
			     apply_to = function)
#endif

/* A fuzzer's; who only replays has none. */
size_t LLVMFuzzerMutate(uint8_t *octets, size_t bytes, size_t most)
	__attribute__((weak));

/* --- Clients ------------------------------------------------------------- */

#define CLIENTS 4
#define STREAM_BYTES_MAX (128u * 1024)
#define DUES_MAX 8192u
#define ROOM_BYTES (128u * 1024)
#define CONTINUE_BYTES (sizeof(RESPONSE_CONTINUE) - 1)

/* An answer that a client has to get. */
struct due {
	const struct answer *answer; /* NULL: 100 Continue */
	bool is_head;
	time_t time; /* of its Date */
};

struct client {
	int fd;	       /* its own end; -1: it has closed it */
	int server_fd; /* the other; -1: closed */
	bool is_in_queue, is_in_worker;
	bool has_sent_eof;

	/* What the server has done with the socket. */
	bool has_failed; /* a call has, for good: the connection has to end */
	bool has_expired;
	bool has_eof;  /* it knows of the client's */
	bool has_shut; /* its own direction */
	bool has_more; /* a packet is held back for what comes next */
	size_t sent, received, written;
	size_t unread; /* when it closed */

	/* The model's. */
	struct connection *connection;
	enum connection_state state;
	uint64_t since;
	bool closes, has_answered, has_begun, has_place, is_told_to_continue;
	bool is_over; /* and nothing was behind the request, nor may be */
	bool is_all;  /* there was room for more, when it was received */
	size_t at;    /* in stream: the first octet of the request */
	size_t bytes; /* of stream: what was received before the end */
	size_t due_bytes, read_bytes;
	size_t n_dues, n_read; /* answers */
	size_t offset;	       /* in the one that is being read */
	bool has_end;

	/* Of a pair that is none of the kernel's. */
	bool is_reset;
	void *watched_as; /* in epoll */
	uint32_t watched_for;
	size_t kept; /* of octets, that the client has not read yet */
	char octets[ROOM_BYTES];
	struct due dues[DUES_MAX];
	char stream[STREAM_BYTES_MAX];
};

static struct client clients[CLIENTS];
static struct client *in_call; /* whose connection does something */

static struct worker *the_worker;
static const struct worker_settings *settings;

static struct client *client_of(int server_fd)
{
	for (struct client *client = clients; client < clients + CLIENTS;
	     client++)
		if (client->server_fd == server_fd && server_fd >= 0)
			return client;
	return NULL;
}

/* --- Pairs of sockets ---------------------------------------------------- */

/* The kernel's, or two buffers that do what the kernel's do in a tenth of the
 * time: unix(7), in each thing that the server can see. */
static bool is_real;

#define UNREAL_FD 1000000 /* and the client's place */

static bool has_small_buffers;

static size_t room_of(const struct client *client)
{
	size_t all = has_small_buffers ? 4096 : ROOM_BYTES;

	return client->kept < all ? all - client->kept : 0;
}

static void pair_open(struct client *client)
{
	int ends[2], smallest = 1;

	if (!is_real) {
		client->fd = client->server_fd =
			UNREAL_FD + (int)(client - clients);
		return;
	}
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0,
	      "%m");
	client->fd = ends[0];
	client->server_fd = ends[1];
	if (has_small_buffers)
		setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &smallest,
			   sizeof(smallest));
}

static ssize_t fail_with(int error)
{
	errno = error;
	return -1;
}

static ssize_t server_recv(struct client *client, void *octets, size_t bytes)
{
	size_t left = client->sent - client->received;

	if (is_real)
		return recv(client->server_fd, octets, bytes, 0);
	if (left > 0) {
		bytes = bytes < left ? bytes : left;
		memcpy(octets, client->stream + client->received, bytes);
		return (ssize_t)bytes;
	}
	if (client->is_reset) {
		client->is_reset = false;
		return fail_with(ECONNRESET);
	}
	return client->has_sent_eof || client->fd < 0 ? 0 : fail_with(EAGAIN);
}

static ssize_t server_send(struct client *client, const void *octets,
			   size_t bytes, int flags)
{
	if (is_real)
		return send(client->server_fd, octets, bytes, flags);
	if (client->fd < 0)
		return fail_with(EPIPE);
	if (room_of(client) == 0)
		return fail_with(EAGAIN);
	if (bytes > room_of(client))
		bytes = room_of(client);
	memcpy(client->octets + client->kept, octets, bytes);
	client->kept += bytes;
	return (ssize_t)bytes;
}

static ssize_t server_sendfile(struct client *client, int from, off_t *offset,
			       size_t bytes)
{
	static char octets[ROOM_BYTES];
	ssize_t n;

	if (is_real)
		return sendfile(client->server_fd, from, offset, bytes);
	n = pread(from, octets, bytes < ROOM_BYTES ? bytes : ROOM_BYTES,
		  *offset);
	CHECK(n > 0, "nothing at %jd: %m", (intmax_t)*offset);
	n = server_send(client, octets, (size_t)n, 0);
	if (n > 0)
		*offset += n;
	return n;
}

static int server_close(int fd)
{
	return fd < UNREAL_FD ? close(fd) : 0;
}

static ssize_t client_send(struct client *client, const char *octets,
			   size_t bytes)
{
	if (is_real)
		return send(client->fd, octets, bytes,
			    MSG_DONTWAIT | MSG_NOSIGNAL);
	if (client->server_fd < 0)
		return fail_with(EPIPE);
	memcpy(client->stream + client->sent, octets, bytes);
	return (ssize_t)bytes;
}

static ssize_t client_recv(struct client *client, char *octets, size_t bytes)
{
	if (is_real)
		return recv(client->fd, octets, bytes, MSG_DONTWAIT);
	if (client->kept > 0) {
		bytes = bytes < client->kept ? bytes : client->kept;
		memcpy(octets, client->octets, bytes);
		client->kept -= bytes;
		memmove(client->octets, client->octets + bytes, client->kept);
		return (ssize_t)bytes;
	}
	if (client->server_fd < 0 && client->unread > 0)
		return fail_with(ECONNRESET);
	return client->has_shut || client->server_fd < 0 ? 0
							 : fail_with(EAGAIN);
}

/* With answers unread, this is a reset. */
static void client_close(struct client *client)
{
	if (is_real && client->fd >= 0)
		close(client->fd);
	client->is_reset = client->kept > 0;
	client->kept = 0;
	client->fd = -1;
}

static uint32_t events_of(const struct client *client)
{
	bool has_gone = client->fd < 0;
	bool is_over = client->has_sent_eof || has_gone;
	uint32_t events = 0;

	if (client->sent > client->received || is_over)
		events |= EPOLLIN;
	if (4 * client->kept <= client->kept + room_of(client) || has_gone)
		events |= EPOLLOUT;
	events &= client->watched_for;
	if (has_gone || (is_over && client->has_shut))
		events |= EPOLLHUP;
	return client->watched_as ? events : 0;
}

/* --- What the system says ------------------------------------------------ */

/* The next calls, and all of it is over with the script. */
static struct {
	size_t receive_bytes, send_bytes; /* no more than that; 0: any */
	int receive_error, send_error, content_error;
	int accept_error, shutdown_error;
	unsigned int memory_in, epoll_in; /* the how many-th fails; 0: none */
	bool is_interrupted;
} faults;

static uint64_t msec;	   /* CLOCK_MONOTONIC */
static uint64_t wall_msec; /* CLOCK_REALTIME */

static int listener_fd;	     /* an eventfd that counts who is in the queue */
static bool is_quiet;	     /* nothing was ready */
static bool is_put_off;	     /* a fault keeps what is ready from being seen */
static bool is_ending;	     /* the worker is destroyed */
static bool others_are_busy; /* other workers, under the same drain */
static unsigned int n_descriptors; /* of workers, but for sockets */

static int told_clock_gettime(clockid_t clock, struct timespec *ret_time)
{
	uint64_t now = clock == CLOCK_REALTIME ? wall_msec : msec;

	ret_time->tv_sec = (time_t)(now / 1000);
	ret_time->tv_nsec = (long)(now % 1000) * 1000000;
	return 0;
}

/* Is it the one that was to fail? */
static bool counts_down(unsigned int *in)
{
	return *in > 0 && --*in == 0;
}

static int next_error(int *error)
{
	int next = *error;

	*error = 0;
	errno = next;
	return next;
}

static bool lacks_memory(void)
{
	if (!counts_down(&faults.memory_in))
		return false;
	if (in_call)
		in_call->has_failed = true;
	errno = ENOMEM;
	return true;
}

static void *try_malloc(size_t bytes)
{
	return lacks_memory() ? NULL : malloc(bytes);
}

static void *try_calloc(size_t n, size_t bytes)
{
	return lacks_memory() ? NULL : calloc(n, bytes);
}

static void *try_realloc(void *old, size_t bytes)
{
	return lacks_memory() ? NULL : realloc(old, bytes);
}

/* What a call has returned; what cannot be mended ends the connection. */
static ssize_t note(struct client *client, ssize_t n)
{
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		client->has_failed = true;
	return n;
}

static ssize_t try_recv(int fd, void *octets, size_t bytes, int flags)
{
	struct client *client = client_of(fd);
	size_t room = bytes;
	ssize_t n;

	CHECK(client && bytes > 0 && flags == 0, "from %d", fd);
	CHECK(client->state != CONNECTION_SENDING, "asks without reading");
	if (next_error(&faults.receive_error)) {
		is_put_off |= errno == EAGAIN;
		return note(client, -1);
	}
	if (faults.receive_bytes > 0 && faults.receive_bytes < bytes) {
		bytes = faults.receive_bytes;
		is_put_off = true;
	}
	faults.receive_bytes = 0;
	n = note(client, server_recv(client, octets, bytes));
	if (n == 0)
		client->has_eof = true;
	if (n <= 0)
		return n;
	client->received += (size_t)n;
	client->is_all = (size_t)n < room;
	if (client->closes)
		return n;
	memcpy(client->stream + client->bytes, octets, (size_t)n);
	client->bytes += (size_t)n;
	return n;
}

/* How many octets are sent at most; 0: none, errno says why.  What is held back
 * for more is short together with that. */
static size_t bytes_to_send(struct client *client, size_t bytes,
			    bool holds_back)
{
	size_t most = faults.send_bytes;

	CHECK(client && bytes > 0, "nothing, or to nobody");
	CHECK(!client->has_shut, "after the end");
	if (next_error(&faults.send_error)) {
		note(client, -1);
		return 0;
	}
	faults.send_bytes = holds_back && most > bytes ? most - bytes : 0;
	return most > 0 && most < bytes ? most : bytes;
}

/* A client that has gone is no reason to die of SIGPIPE. */
static ssize_t try_send(int fd, const void *octets, size_t bytes, int flags)
{
	struct client *client = client_of(fd);
	bool holds_back = flags & MSG_MORE;
	size_t most = bytes_to_send(client, bytes, holds_back);
	ssize_t n = -1;

	CHECK((flags & ~MSG_MORE) == MSG_NOSIGNAL, "%#x", flags);
	CHECK(!client->has_more, "something else behind it");
	if (most > 0)
		n = note(client, server_send(client, octets, most, flags));
	if (n > 0)
		client->written += (size_t)n;
	client->has_more = holds_back && n == (ssize_t)bytes;
	return n;
}

static ssize_t try_sendfile(int fd, int from, off_t *offset, size_t bytes)
{
	struct client *client = client_of(fd);
	size_t most;
	ssize_t n;

	if (next_error(&faults.content_error)) {
		client->has_more = false;
		return note(client, -1);
	}
	most = bytes_to_send(client, bytes, false);
	client->has_more = false;
	if (most == 0)
		return -1;
	n = note(client, server_sendfile(client, from, offset, most));
	CHECK(n != 0, "nothing, and no reason");
	if (n > 0)
		client->written += (size_t)n;
	return n;
}

static int try_shutdown(int fd, int how)
{
	struct client *client = client_of(fd);

	CHECK(client && how == SHUT_WR, "%d", how);
	if (next_error(&faults.shutdown_error))
		return (int)note(client, -1);
	client->has_shut = true;
	return is_real ? (int)note(client, shutdown(fd, how)) : 0;
}

static void leave_queue(struct client *client)
{
	eventfd_t ignored;

	CHECK(!is_real || eventfd_read(listener_fd, &ignored) == 0, "%m");
	client->is_in_queue = false;
}

static int try_accept4(int fd, struct sockaddr *address, socklen_t *bytes,
		       int flags)
{
	struct client *client = clients;
	bool is_refused = faults.accept_error != ECONNABORTED;

	CHECK(fd == listener_fd && flags == (SOCK_CLOEXEC | SOCK_NONBLOCK),
	      "%d", fd);
	while (client < clients + CLIENTS && !client->is_in_queue)
		client++;
	if (client == clients + CLIENTS) {
		errno = EAGAIN;
		return -1;
	}
	if (next_error(&faults.accept_error)) {
		if (is_refused)
			return -1;
		leave_queue(client);
		client->has_failed = true;
		client->unread = client->sent;
		server_close(client->server_fd);
		client->server_fd = -1;
		errno = ECONNABORTED;
		return -1;
	}
	leave_queue(client);
	client->is_in_worker = true;
	client->since = msec;
	address->sa_family = AF_UNIX;
	*bytes = sizeof(address->sa_family);
	return client->server_fd;
}

static int try_getpeername(int fd, struct sockaddr *address, socklen_t *bytes)
{
	CHECK(client_of(fd), "%d", fd);
	address->sa_family = AF_UNIX;
	*bytes = sizeof(address->sa_family);
	return 0;
}

static int try_epoll_create1(int flags)
{
	n_descriptors++;
	return is_real ? epoll_create1(flags) : UNREAL_FD + CLIENTS;
}

static int try_eventfd(unsigned int count, int flags)
{
	n_descriptors++;
	return is_real ? eventfd(count, flags) : UNREAL_FD + CLIENTS + 1;
}

static int try_epoll_ctl(int epoll_fd, int operation, int fd,
			 struct epoll_event *event)
{
	struct client *client = client_of(fd);

	if (operation != EPOLL_CTL_DEL && counts_down(&faults.epoll_in)) {
		if (client)
			client->has_failed = true;
		errno = ENOSPC;
		return -1;
	}
	if (is_real)
		return epoll_ctl(epoll_fd, operation, fd, event);
	if (client) {
		client->watched_as = event ? event->data.ptr : NULL;
		client->watched_for = event ? event->events : 0;
	}
	return 0;
}

/* The control plane asks itself, and wakes by what it tells. */
static int try_eventfd_write(int fd, eventfd_t count)
{
	return is_real ? eventfd_write(fd, count) : 0;
}

static int try_eventfd_read(int fd, eventfd_t *ret_count)
{
	return is_real ? eventfd_read(fd, ret_count) : 0;
}

static int unreal_epoll_wait(struct epoll_event *ret_events)
{
	struct epoll_event *event = ret_events;
	bool has_queue = false;

	for (struct client *client = clients; client < clients + CLIENTS;
	     client++) {
		uint32_t events = client->server_fd < 0 || client->is_in_queue
					  ? 0
					  : events_of(client);

		has_queue |= client->is_in_queue;
		if (events)
			*event++ = (struct epoll_event){
				.events = events,
				.data.ptr = client->watched_as};
	}
	if (has_queue && the_worker->is_watching && the_worker->n_left > 0)
		*event++ = (struct epoll_event){
			.events = EPOLLIN, .data.ptr = the_worker->listeners};
	if (!worker_has_obeyed(the_worker))
		*event++ = (struct epoll_event){.events = EPOLLIN,
						.data.ptr = the_worker};
	return (int)(event - ret_events);
}

/* The script's time does not go on by itself. */
static int try_epoll_wait(int epoll_fd, struct epoll_event *events, int most,
			  int timeout)
{
	int n;

	CHECK(timeout >= -1, "%d", timeout);

	if (faults.is_interrupted) {
		faults.is_interrupted = false;
		is_put_off = true;
		errno = EINTR;
		return -1;
	}
	n = is_real ? epoll_wait(epoll_fd, events, most, 0)
		    : unreal_epoll_wait(events);
	is_quiet = n == 0;
	return n;
}

/* --- The model ----------------------------------------------------------- */

struct outlook {
	struct request request;
	enum request_verdict verdict;
	size_t bytes; /* of the request; all there is while it is incomplete */
};

/* The request in progress, read as if its octets had come at once. */
static struct outlook look_out(const struct client *client)
{
	const char *octets = client->stream + client->at;
	size_t bytes = client->bytes - client->at, used = 0;
	struct outlook outlook = {.bytes = bytes};
	struct request *request = &outlook.request;

	outlook.verdict = request_parse(request, octets, bytes);
	if (outlook.verdict != REQUEST_COMPLETE)
		return outlook;
	if (request->expects_other) {
		request->refusal = 417;
		outlook.verdict = REQUEST_REFUSED;
		return outlook;
	}
	if (request->framing != REQUEST_FRAMING_NONE)
		outlook.verdict = request_read_content(
			request, octets + request->head_bytes,
			bytes - request->head_bytes, settings->max_body_bytes,
			&used);
	if (outlook.verdict == REQUEST_COMPLETE)
		outlook.bytes = request->head_bytes + used;
	return outlook;
}

static enum response_kind kind_due(const struct outlook *outlook)
{
	const struct request *request = &outlook->request;

	if (outlook->verdict != REQUEST_COMPLETE)
		return response_kind_of_refusal(request->refusal);
	if (request->method == REQUEST_METHOD_UNKNOWN)
		return RESPONSE_NOT_IMPLEMENTED;
	if (request->method == REQUEST_METHOD_TRACE ||
	    request->method == REQUEST_METHOD_CONNECT)
		return RESPONSE_METHOD_NOT_ALLOWED;
	if (request->method != REQUEST_METHOD_OPTIONS)
		return RESPONSE_CONFIGURED;
	return request->is_asterisk ? RESPONSE_TO_ASTERISK
				    : RESPONSE_TO_OPTIONS;
}

static size_t bytes_of(const struct due *due)
{
	const struct answer *answer = due->answer;

	if (!answer)
		return CONTINUE_BYTES;
	if (due->is_head)
		return answer->head_bytes;
	return answer->head_bytes + answer->content_bytes;
}

static void expect_octets(struct client *client, struct due due)
{
	CHECK(client->n_dues < DUES_MAX, "%zu", client->n_dues);
	client->dues[client->n_dues++] = due;
	client->due_bytes += bytes_of(&due);
}

/* What was logged during this call, answer by answer. */
static struct logged {
	unsigned int status;
	size_t content_bytes;
	size_t line_bytes;
	char line[64]; /* its beginning */
} logged[DUES_MAX];
static size_t n_logged;

static void check_logged(const struct client *client,
			 const struct outlook *outlook, const struct due *due,
			 const struct logged *entry)
{
	const struct request_slice *line = &outlook->request.line;
	size_t bytes = entry->line_bytes < sizeof(entry->line)
			       ? entry->line_bytes
			       : sizeof(entry->line);

	CHECK(entry->status == due->answer->status &&
		      entry->content_bytes ==
			      (due->is_head ? 0 : due->answer->content_bytes),
	      "status %u, %zu octets", entry->status, entry->content_bytes);
	/* A line that was refused is as long as what had come of it. */
	if (outlook->verdict != REQUEST_COMPLETE)
		return;
	CHECK(entry->line_bytes == line->bytes &&
		      !memcmp(entry->line,
			      client->stream + client->at + line->at, bytes),
	      "line %.*s", (int)bytes, entry->line);
}

/* The server says that it has answered the request. */
static void give_one(struct client *client, const struct outlook *outlook,
		     const struct workspace *workspace, size_t nth)
{
	bool is_complete = outlook->verdict == REQUEST_COMPLETE;
	const struct request *request = &outlook->request;
	enum response_persistence persistence =
		request->is_http_1_0 ? RESPONSE_KEEPS_1_0 : RESPONSE_KEEPS;
	struct due due = {.is_head = request->method == REQUEST_METHOD_HEAD,
			  .time = (time_t)(wall_msec / 1000)};

	CHECK(!client->closes, "an answer after the last one");
	client->closes = !is_complete || !request->keep_alive ||
			 (workspace->is_draining && !client->has_place);
	if (client->closes)
		persistence = RESPONSE_CLOSES;
	due.answer =
		&workspace->response->answers[kind_due(outlook)][persistence];
	expect_octets(client, due);
	if (settings->log != LOG_REQUESTS_NONE)
		check_logged(client, outlook, &due, &logged[nth]);
	client->at += outlook->bytes;
	client->is_over = is_complete && !request->keep_alive &&
			  request->framing == REQUEST_FRAMING_NONE &&
			  request->method != REQUEST_METHOD_CONNECT &&
			  client->at == client->bytes && client->is_all;
	client->has_answered = true;
	client->is_told_to_continue = false;
}

/* RFC 9110 10.1.1: once, to who waits for it, and to nobody else. */
static void expect_continue(struct client *client,
			    const struct outlook *outlook, size_t unsent)
{
	const struct request *request = &outlook->request;

	if (outlook->verdict != REQUEST_INCOMPLETE ||
	    request->head_bytes == 0 || !request->expects_continue ||
	    outlook->bytes > request->head_bytes || client->is_told_to_continue)
		return;
	/* Behind an answer that is not sent yet it may have to wait. */
	if (unsent > 0 && client->due_bytes - client->written == unsent)
		return;
	client->is_told_to_continue = true;
	expect_octets(client, (struct due){.answer = NULL});
}

static size_t unsent_of(const struct connection *connection)
{
	const struct connection_output *output = connection->output;

	return output ? output->bytes + output->content_left : 0;
}

/* Gives as many answers as the server says, and tells what is left. */
static void give(struct client *client, const struct workspace *workspace,
		 uint64_t answers)
{
	size_t unsent = unsent_of(client->connection);
	struct outlook outlook;

	for (uint64_t i = 0; i < answers; i++) {
		outlook = look_out(client);
		CHECK(outlook.verdict != REQUEST_INCOMPLETE,
		      "an answer that nobody has asked for");
		give_one(client, &outlook, workspace, i);
	}
	if (client->closes)
		return;
	outlook = look_out(client);
	/* It failed when this had been sent, or before. */
	if (client->has_failed) {
		if (client->written > client->due_bytes)
			expect_continue(client, &outlook, 0);
		return;
	}
	CHECK(outlook.verdict == REQUEST_INCOMPLETE || unsent > 0,
	      "an answer is owed");
	client->has_begun = outlook.request.has_begun;
	expect_continue(client, &outlook, unsent);
}

static enum connection_state state_due(const struct client *client)
{
	if (client->has_failed)
		return CONNECTION_DONE;
	if (client->due_bytes > client->written)
		return CONNECTION_SENDING;
	if (client->has_eof ||
	    (client->is_over && !client->connection->is_passed))
		return CONNECTION_DONE;
	if (client->closes)
		return client->connection->lingered_bytes > LINGER_BYTES_MAX
			       ? CONNECTION_DONE
			       : CONNECTION_LINGERING;
	return client->has_begun ? CONNECTION_RECEIVING : CONNECTION_IDLE;
}

/* No octet beyond the bound. */
static void check_memory(const struct client *client)
{
	const struct connection *connection = client->connection;
	const struct connection_input *input = connection->input;
	const struct connection_output *output = connection->output;

	if (input)
		CHECK(input->used <= input->size &&
			      input->size <= RECEIVE_BYTES,
		      "%u of %u octets", input->used, input->size);
	if (output)
		CHECK(output->at + output->bytes <= BATCH_BYTES,
		      "%u octets at %u", output->bytes, output->at);
	if (connection->state == CONNECTION_IDLE)
		CHECK(!output && (!input || client->bytes > client->at),
		      "an idle one owns memory");
}

/* The connection has done something that has given so many answers. */
static void settle_model(struct client *client,
			 const struct workspace *workspace, uint64_t answers,
			 bool has_written)
{
	enum connection_state state;

	CHECK(!client->has_more, "a packet waits for no more");
	give(client, workspace, answers);
	state = state_due(client);
	CHECK(client->connection->state == state,
	      "state %d, where %d is due: %zu of %zu octets are sent",
	      client->connection->state, (int)state, client->written,
	      client->due_bytes);
	if (!client->has_failed)
		CHECK(client->due_bytes ==
			      client->written + unsent_of(client->connection),
		      "%zu are kept", unsent_of(client->connection));
	if (state != client->state || answers > 0 ||
	    (state == CONNECTION_SENDING && has_written))
		client->since = msec;
	client->state = state;
	check_memory(client);
}

static struct client *begin_call(struct connection *connection)
{
	struct client *client = client_of(connection->fd);

	CHECK(client && client->is_in_worker, "of nobody");
	client->connection = connection;
	client->has_place = connection->has_place;
	in_call = client;
	n_logged = 0;
	return client;
}

static void model_advance(struct connection *connection,
			  struct workspace *workspace)
{
	struct client *client = begin_call(connection);
	uint64_t answers = workspace->answers;
	size_t written = client->written;

	client->is_all = false;
	connection_advance(connection, workspace);
	in_call = NULL;
	settle_model(client, workspace, workspace->answers - answers,
		     client->written > written);
}

/* INFINITE_MSEC: never. */
static uint64_t deadline_due(const struct client *client)
{
	uint64_t wait = SEND_STALL_MSEC;

	if (client->state == CONNECTION_RECEIVING)
		wait = settings->request_msec;
	else if (client->state == CONNECTION_LINGERING)
		wait = LINGER_MSEC;
	else if (client->state == CONNECTION_IDLE)
		wait = the_worker->workspace.is_draining && !client->has_place
			       ? DRAIN_GRACE_MSEC
			       : settings->keepalive_msec;
	return wait == INFINITE_MSEC ? INFINITE_MSEC : client->since + wait;
}

/* RFC 9110 15.5.9: who has begun a request is told, nobody else. */
static void model_expire(struct connection *connection,
			 struct workspace *workspace)
{
	struct client *client = begin_call(connection);
	uint64_t answers = workspace->answers;
	struct outlook outlook = look_out(client);

	CHECK(deadline_due(client) <= msec, "too early, by %ju ms in state %d",
	      (uintmax_t)(deadline_due(client) - msec), (int)client->state);
	connection_expire(connection, workspace);
	in_call = NULL;
	answers = workspace->answers - answers;
	if (client->state == CONNECTION_RECEIVING) {
		CHECK(answers == 1, "%ju answers", (uintmax_t)answers);
		outlook.request.refusal = 408;
		give_one(client, &outlook, workspace, 0);
		settle_model(client, workspace, 0, true);
		/* Others wait for its room. */
		client->has_expired = client->state == CONNECTION_LINGERING &&
				      is_paused(the_worker);
		return;
	}
	CHECK(answers == 0 && connection->state == CONNECTION_DONE,
	      "%ju answers", (uintmax_t)answers);
	client->has_expired = true;
}

/* Nothing is written: escaping has a target of its own. */
static int model_log_lines_init(struct log_lines *lines)
{
	*lines = (struct log_lines){0};
	return 0;
}

static void model_log_answer(struct log_lines *lines,
			     const struct log_entry *entry)
{
	struct logged *log = &logged[n_logged++];
	size_t bytes = entry->line.bytes;

	lines->used = 1;
	*log = (struct logged){.status = entry->status,
			       .content_bytes = entry->content_bytes,
			       .line_bytes = bytes};
	if (bytes > 0)
		memcpy(log->line, entry->line.octets,
		       bytes < sizeof(log->line) ? bytes : sizeof(log->line));
}

static void model_log_chunk(struct log_lines *lines, const struct peer *peer,
			    const char *octets, size_t bytes)
{
	lines->used = 1;
	CHECK(settings->log == LOG_REQUESTS_DATA && peer->family == AF_UNIX,
	      "family %u", peer->family);
	if (!in_call->closes)
		CHECK(!memcmp(in_call->stream + in_call->bytes - bytes, octets,
			      bytes),
		      "other octets");
}

static void model_log_flush(struct log_lines *lines)
{
	lines->used = 0;
}

/* Of all that can happen, only this is worth an error's line. */
static void model_log_message(int level, const char *format, ...)
{
	CHECK(level == LOG_ERR && errno == EINVAL, "%s", format);
}

/* --- The end of a connection --------------------------------------------- */

/* While others wait for room: who reads nothing goes in time for a request
 * that has yet to be made. */
static uint64_t room_due(const struct client *client)
{
	uint64_t wait = ROOM_WAIT_MSEC;

	if (client->state == CONNECTION_SENDING)
		wait = settings->request_msec > 2 * ROOM_WAIT_MSEC
			       ? settings->request_msec - ROOM_WAIT_MSEC
			       : settings->request_msec / 2;
	return client->since + wait;
}

static bool may_make_way(const struct client *client)
{
	return the_worker->is_pressed && room_due(client) <= msec &&
	       client->state != CONNECTION_RECEIVING;
}

/* Nobody is sent away but for a reason. */
static bool may_be_closed(const struct client *client)
{
	if (client->has_failed || client->has_expired || is_ending ||
	    client->state == CONNECTION_DONE)
		return true;
	if (client->state != CONNECTION_IDLE)
		return may_make_way(client);
	if (client->sent > client->received)
		return false;
	if (the_worker->workspace.is_draining)
		return client->has_answered && !client->has_place;
	return may_make_way(client);
}

static int try_close(int fd)
{
	struct client *client = client_of(fd);

	if (client) {
		CHECK(may_be_closed(client), "in state %d", (int)client->state);
		client->unread = client->sent - client->received;
		if (client->has_expired && client->state == CONNECTION_IDLE)
			CHECK(client->unread == 0 || is_put_off,
			      "%zu octets are unread", client->unread);
		client->server_fd = -1;
		client->is_in_worker = false;
	} else {
		n_descriptors--;
	}
	CHECK(server_close(fd) == 0, "%d: %m", fd);
	return 0;
}

/* It is at rest between two requests, and an empty line is forgotten. */
static void check_handed_over(struct client *client)
{
	size_t bytes = client->bytes - client->at;

	CHECK(client->is_in_worker && client->state == CONNECTION_IDLE &&
		      client->due_bytes == client->written,
	      "in state %d", (int)client->state);
	CHECK(!others_are_busy || the_worker->is_aborting ||
		      msec >= the_worker->rest_until,
	      "before the others have finished");
	CHECK(bytes == 0 || (bytes == 2 &&
			     !memcmp(client->stream + client->at, "\r\n", 2)),
	      "%zu octets are lost", bytes);
	client->at = client->bytes;
	client->is_in_worker = false;
	client->connection = NULL;
}

static void take_handed_over(void)
{
	struct handed_over taken;

	while (worker_take_over(the_worker, &taken)) {
		struct client *client = client_of(taken.fd);

		CHECK(client, "%d is nobody's", taken.fd);
		check_handed_over(client);
	}
}

/* --- Between two rounds -------------------------------------------------- */

static void check_connection(const struct list *list,
			     const struct connection *connection)
{
	const struct client *client = client_of(connection->fd);
	uint64_t deadline;

	CHECK(client && client->is_in_worker, "nobody's connection");
	CHECK(connection->state == client->state && !client->has_failed,
	      "in state %d, not %d", connection->state, (int)client->state);
	CHECK(list == &the_worker->lists[list_of(the_worker, connection)],
	      "list %td in state %d", list - the_worker->lists,
	      (int)client->state);
	CHECK(client->state == CONNECTION_SENDING ||
		      client->received == client->sent,
	      "%zu octets are not received", client->sent - client->received);
	deadline = deadline_due(client);
	CHECK(deadline > msec, "overdue in state %d", (int)client->state);
	CHECK(the_worker->look_at <= deadline, "nobody will look");
	CHECK(!connection->next || deadline_of(list, connection) <=
					   deadline_of(list, connection->next),
	      "list %td is not in order", list - the_worker->lists);
	if (the_worker->workspace.is_draining &&
	    client->state == CONNECTION_IDLE)
		CHECK(client->has_place || !client->has_answered ||
			      client->bytes > client->at,
		      "idles on under a drain");
}

static void check_worker(void)
{
	struct worker_counts counts = worker_counts(the_worker);
	unsigned int open = 0, expected = 0, in_queue = 0;

	for (int i = 0; i < LISTS; i++)
		for (const struct connection *connection =
			     the_worker->lists[i].first;
		     connection; connection = connection->next, open++)
			check_connection(&the_worker->lists[i], connection);
	for (int i = 0; i < CLIENTS; i++) {
		expected += clients[i].is_in_worker;
		in_queue += clients[i].is_in_queue;
	}
	CHECK(open == expected && the_worker->open == open &&
		      counts.open == open,
	      "%u are open, %u are counted", open, counts.open);
	CHECK(counts.answers == the_worker->workspace.answers, "%ju answers",
	      (uintmax_t)counts.answers);
	CHECK(in_queue == 0 || the_worker->n_left == 0 ||
		      (!the_worker->is_watching &&
		       the_worker->look_at <= msec + ROOM_WAIT_MSEC),
	      "%u wait, and nobody looks", in_queue);
	CHECK(!the_worker->done && !the_worker->workspace.lines.used &&
		      !the_worker->workspace.batch_bytes &&
		      !the_worker->workspace.large,
	      "something is left of the round");
	if (the_worker->workspace.is_draining)
		CHECK(!all_idle(the_worker) || (others_are_busy &&
						worker_is_at_rest(the_worker)),
		      "all rest, and nobody is let go");
}

/* What is different now, though no connection has done anything. */
static void look_at_places(bool was_draining)
{
	for (struct client *client = clients; client < clients + CLIENTS;
	     client++) {
		bool has_place;

		if (!client->is_in_worker || !client->connection)
			continue;
		has_place = client->connection->has_place;
		/* Without a place, it has its grace from now on. */
		if (client->state == CONNECTION_IDLE && !has_place &&
		    (!was_draining || client->has_place))
			client->since = msec;
		client->has_place = has_place;
	}
}

static void find_connections(void)
{
	for (int i = 0; i < LISTS; i++)
		for (struct connection *connection = the_worker->lists[i].first;
		     connection; connection = connection->next)
			client_of(connection->fd)->connection = connection;
}

/* --- Workers ------------------------------------------------------------- */

static _Atomic unsigned int places, all_open;

static const struct profile {
	struct worker_settings settings;
	bool is_own; /* its listener */
} profiles[] = {
	{{.keepalive_msec = 60000,
	  .request_msec = 10000,
	  .max_body_bytes = 1024 * 1024,
	  .max_connections = CLIENTS,
	  .n_workers = 2,
	  .all_open = &all_open,
	  .places = &places,
	  .log = LOG_REQUESTS_NONE},
	 true},
	{{.keepalive_msec = INFINITE_MSEC,
	  .request_msec = 10000,
	  .max_body_bytes = 16,
	  .max_connections = CLIENTS,
	  .n_workers = 1,
	  .all_open = &all_open,
	  .places = &places,
	  .log = LOG_REQUESTS_ANSWERS},
	 false},
	{{.keepalive_msec = 60000,
	  .request_msec = 10000,
	  .max_body_bytes = 1024 * 1024,
	  .max_connections = 1,
	  .n_workers = 1,
	  .all_open = &all_open,
	  .places = &places,
	  .log = LOG_REQUESTS_DATA},
	 true},
	{{.keepalive_msec = 2000,
	  .request_msec = 1000,
	  .max_body_bytes = 0,
	  .max_connections = 2,
	  .n_workers = 1,
	  .all_open = &all_open,
	  .places = &places,
	  .log = LOG_REQUESTS_ANSWERS},
	 false},
};

#define PROFILES (sizeof(profiles) / sizeof(profiles[0]))
#define RESPONSES 5

static struct worker *workers[2][PROFILES];
static struct listener listeners[PROFILES];
static size_t profile;
static struct response *responses[RESPONSES], *current;
static int news_fd;

static void create_worker(void)
{
	struct worker_settings own = profiles[profile].settings;
	const struct sockets sockets = {.listeners = &listeners[profile],
					.n_listeners = 1};
	int r;

	others_are_busy = false;
	own.news_fd = news_fd;
	listeners[profile] = (struct listener){
		.fd = listener_fd, .is_own = profiles[profile].is_own};
	memset(&faults, 0, sizeof(faults));
	r = worker_create(&own, &sockets, current, &the_worker);
	CHECK(r == 0, "%d", r);
	workers[is_real][profile] = the_worker;
}

/* The next process goes on with who was handed over. */
static void pass_on(void)
{
	for (struct client *client = clients; client < clients + CLIENTS;
	     client++) {
		struct passed_client passed = {.fd = client->server_fd};

		if (passed.fd < 0 || client->is_in_queue)
			continue;
		client->is_in_worker = true;
		client->has_answered = client->has_place = false;
		client->state = CONNECTION_IDLE;
		client->has_begun = false;
		client->since = msec;
		in_call = client;
		worker_add_client(the_worker, &passed);
		in_call = NULL;
	}
	find_connections();
}

static void end_worker(void)
{
	take_handed_over();
	is_ending = true;
	worker_destroy(the_worker);
	is_ending = false;
	the_worker = NULL;
	create_worker();
	pass_on();
}

/* The control plane's part in it: when all workers have come to rest. */
static void hand_over_soon(void)
{
	if (the_worker->hands_over || others_are_busy ||
	    !worker_is_at_rest(the_worker))
		return;
	worker_order(the_worker, WORKER_HAND_OVER);
	is_quiet = false;
}

/* Rounds until there is nothing to do, which has to come soon. */
static void run_rounds(void)
{
	bool is_due;
	int n = 0;

	do {
		bool was_draining = the_worker->workspace.is_draining;

		CHECK(n++ < 500, "the worker never rests");
		is_due = the_worker->look_at <= msec;
		is_quiet = false;
		go_round(the_worker);
		take_handed_over();
		find_connections();
		if (the_worker->workspace.is_draining)
			look_at_places(was_draining);
		hand_over_soon();
		if (!has_reason_to_live(the_worker)) {
			end_worker();
			is_quiet = false;
		}
	} while (!is_quiet || is_due || the_worker->look_at <= msec);
	is_put_off = false;
	check_worker();
}

/* --- What clients do ----------------------------------------------------- */

static void join_queue(struct client *client)
{
	memset(client, 0, offsetof(struct client, octets));
	pair_open(client);
	client->is_in_queue = true;
	if (is_real)
		eventfd_write(listener_fd, 1);
}

static void send_octets(struct client *client, const char *octets, size_t bytes)
{
	ssize_t n;

	if (client->fd < 0 || client->has_sent_eof || bytes == 0 ||
	    client->sent + bytes > STREAM_BYTES_MAX)
		return;
	n = client_send(client, octets, bytes);
	if (n > 0)
		client->sent += (size_t)n;
	else
		CHECK(client->server_fd < 0 || errno == EAGAIN, "%m");
}

static char *large_body; /* of the one response that has such */

/* All of the answer but content that is large, as it has to be. */
static size_t render_due(const struct due *due, char *ret_text)
{
	const struct answer *answer = due->answer;
	size_t bytes;

	if (!answer) {
		memcpy(ret_text, RESPONSE_CONTINUE, CONTINUE_BYTES);
		return CONTINUE_BYTES;
	}
	bytes = due->is_head ? answer->head_bytes : answer->bytes;
	memcpy(ret_text, answer->octets, bytes);
	response_render_date(due->time, ret_text + answer->date_at);
	return bytes;
}

/* Returns how many octets belong to the answer that is being read. */
static size_t read_due(struct client *client, const char *octets, size_t bytes)
{
	static char text[RESPONSE_HEAD_BYTES_MAX + CONTENT_COPY_BYTES_MAX];
	const struct due *due = &client->dues[client->n_read];
	size_t end = render_due(due, text);
	const char *from;

	if (client->offset < end) {
		from = text + client->offset;
	} else {
		from = large_body + (client->offset - end);
		end = bytes_of(due);
	}
	end -= client->offset;
	if (bytes > end)
		bytes = end;
	CHECK(!memcmp(from, octets, bytes),
	      "answer %zu, octet %zu: %.*s\nand not %.*s", client->n_read,
	      client->offset, (int)bytes, octets, (int)bytes, from);
	client->offset += bytes;
	if (client->offset == bytes_of(due)) {
		client->offset = 0;
		client->n_read++;
	}
	return bytes;
}

static void read_answers(struct client *client, const char *octets,
			 size_t bytes)
{
	while (bytes > 0) {
		size_t n;

		CHECK(client->n_read < client->n_dues,
		      "octets that belong to no answer: %.*s", (int)bytes,
		      octets);
		n = read_due(client, octets, bytes);
		client->read_bytes += n;
		octets += n;
		bytes -= n;
	}
	/* None is left: their places are free again. */
	if (client->n_read == client->n_dues)
		client->n_read = client->n_dues = 0;
}

/* No octet is lost on the way, no reset overtakes an answer, and whose
 * connection has come to its own end has got all of them. */
static void check_end(struct client *client, bool is_reset)
{
	client->has_end = true;
	CHECK(client->read_bytes == client->written, "%zu of %zu octets",
	      client->read_bytes, client->written);
	CHECK(client->has_shut || client->server_fd < 0, "the end");
	CHECK(!is_reset || client->unread > 0, "a reset");
	if (client->has_shut || client->state == CONNECTION_IDLE)
		CHECK(client->has_failed ||
			      client->read_bytes == client->due_bytes,
		      "%zu of %zu octets", client->read_bytes,
		      client->due_bytes);
}

/* Returns whether there was something. */
static bool read_octets(struct client *client, size_t most)
{
	static char octets[64 * 1024];
	ssize_t n;

	if (client->fd < 0 || client->has_end ||
	    (client->read_bytes == client->written && !client->has_shut &&
	     client->server_fd >= 0))
		return false;
	if (most > sizeof(octets))
		most = sizeof(octets);
	n = client_recv(client, octets, most);
	if (n > 0)
		read_answers(client, octets, (size_t)n);
	else if (n == 0 || errno == ECONNRESET)
		check_end(client, n < 0);
	else
		CHECK(errno == EAGAIN && client->read_bytes == client->written,
		      "%m");
	return n > 0;
}

static void half_close(struct client *client)
{
	if (client->fd < 0 || client->has_sent_eof)
		return;
	if (is_real)
		shutdown(client->fd, SHUT_WR);
	client->has_sent_eof = true;
}

/* --- The script ---------------------------------------------------------- */

/* What is sent next. */
static struct {
	char octets[64 * 1024];
	size_t bytes;
} run_of_octets;

static struct client *actor; /* who does what follows */
static bool is_asleep;	     /* the worker, until something else is done */
static bool leaves_by_half;  /* each client, in the end */

#define ONE_OF(list, n) ((list)[(size_t)(n) % (sizeof(list) / sizeof(*(list)))])

static void add_filler(unsigned int exponent)
{
	size_t bytes = (size_t)1 << exponent;

	if (bytes > sizeof(run_of_octets.octets) - run_of_octets.bytes)
		return;
	memset(run_of_octets.octets + run_of_octets.bytes, 'x', bytes);
	run_of_octets.bytes += bytes;
}

static void repeat(size_t times)
{
	size_t bytes = run_of_octets.bytes;

	for (; times > 1; times--) {
		if (bytes > sizeof(run_of_octets.octets) - run_of_octets.bytes)
			return;
		memcpy(run_of_octets.octets + run_of_octets.bytes,
		       run_of_octets.octets, bytes);
		run_of_octets.bytes += bytes;
	}
}

static void add_octet(uint8_t octet)
{
	if (run_of_octets.bytes < sizeof(run_of_octets.octets))
		run_of_octets.octets[run_of_octets.bytes++] = (char)octet;
}

static void send_run(void)
{
	send_octets(actor, run_of_octets.octets, run_of_octets.bytes);
	run_of_octets.bytes = 0;
}

static void pass_time(uint64_t step)
{
	msec += step;
	wall_msec += step;
}

/* Until the next deadline, or one millisecond less. */
static void pass_time_until(uint64_t before)
{
	uint64_t when = INFINITE_MSEC;

	for (int i = 0; i < CLIENTS; i++)
		if (clients[i].is_in_worker && deadline_due(&clients[i]) < when)
			when = deadline_due(&clients[i]);
	if (when != INFINITE_MSEC && when > msec + before)
		pass_time(when - msec - before);
}

static void do_time(unsigned int n)
{
	static const uint16_t steps[] = {1,	499,   999,   1000,
					 1001,	2000,  4999,  5000,
					 10000, 29999, 30000, 60000};

	if (n == 15)
		pass_time_until(1);
	else if (n == 14)
		pass_time_until(0);
	else if (n == 13)
		wall_msec -= 86400000;
	else
		pass_time(ONE_OF(steps, n));
}

static void drain_with(unsigned int n)
{
	atomic_store(&places, n);
	worker_order(the_worker, WORKER_DRAIN);
}

static void set_response(size_t n)
{
	current = responses[n % RESPONSES];
	worker_set_response(the_worker, current);
}

static void choose_client(unsigned int n)
{
	actor = &clients[n % CLIENTS];
	if (actor->fd < 0 && actor->server_fd < 0)
		join_queue(actor);
}

static void do_simple(uint8_t octet)
{
	static const unsigned int n_places[] = {0, 1, CLIENTS};

	switch (octet) {
	case 0x84: /* what was sent so far is a piece of its own */
		break;
	case 0x85:
		is_asleep = true;
		break;
	case 0x86:
		half_close(actor);
		break;
	case 0x87:
		client_close(actor);
		break;
	case 0x88:
		worker_order(the_worker, WORKER_LOOK);
		break;
	case 0x89:
		worker_tell(the_worker,
			    WORKER_TELL_ACTIVITY | WORKER_TELL_EMPTY);
		worker_ping(the_worker);
		break;
	case 0x8a:
		worker_order(the_worker, WORKER_ABORT);
		break;
	case 0x8e:
		others_are_busy = !the_worker->workspace.is_draining;
		drain_with(CLIENTS);
		break;
	case 0x8f:
		others_are_busy = false;
		break;
	default: /* to 0x8d */
		drain_with(ONE_OF(n_places, octet - 0x8b));
		break;
	}
}

static void do_read(unsigned int n)
{
	static const size_t bytes[] = {1,    3,	   40,	  200,
				       1000, 5000, 20000, 64 * 1024};

	read_octets(actor, ONE_OF(bytes, n));
}

static void fail_receive(unsigned int n)
{
	static const size_t bytes[] = {1, 2, 3, 10, 30, 100, 1000, 10000};
	static const int errors[] = {EINTR, EAGAIN, ECONNRESET, ENOMEM};

	if (n < 8)
		faults.receive_bytes = bytes[n];
	else
		faults.receive_error = ONE_OF(errors, n);
}

static void fail_send(unsigned int n)
{
	static const size_t bytes[] = {1, 24, 26, 100, 160, 500, 8300, 9000};
	static const int errors[] = {EINTR, EAGAIN,  ECONNRESET,
				     EPIPE, ENOBUFS, ENOMEM};

	if (n < 8)
		faults.send_bytes = bytes[n];
	else if (n < 14)
		faults.send_error = errors[n - 8];
	else
		faults.content_error = n == 14 ? EAGAIN : ENOMEM;
}

static void fail_other(unsigned int n)
{
	static const int errors[] = {EMFILE, ENFILE,	   ENOBUFS, ENOMEM,
				     EAGAIN, ECONNABORTED, EINVAL,  EINTR};

	if (n < 4)
		faults.memory_in = n + 1;
	else if (n < 6)
		faults.epoll_in = n - 3;
	else if (n == 6)
		faults.shutdown_error = ENOTCONN;
	else if (n == 7)
		faults.is_interrupted = true;
	else
		faults.accept_error = errors[n - 8];
}

/* The higher half tells what, the lower one how much of it. */
static void do_operation(uint8_t octet)
{
	unsigned int n = octet & 0xf;

	send_run();
	switch (octet >> 4) {
	case 0x8:
		if (n < CLIENTS)
			choose_client(n);
		else
			do_simple(octet);
		break;
	case 0x9:
		if (n < 8)
			do_read(n);
		else
			set_response(n);
		break;
	case 0xa:
		do_time(n);
		break;
	case 0xb:
		fail_receive(n);
		break;
	case 0xc:
		fail_send(n);
		break;
	case 0xd:
		fail_other(n);
		break;
	}
	if (octet != 0x85 && !is_asleep)
		run_rounds();
	else if (octet != 0x85)
		is_asleep = false;
}

/* 0xe0 to 0xe9: 32 to 16384 octets; 0xea to 0xef: all that so often; 0xff: the
 * next octet, whatever it is. */
static void perform(const uint8_t *octets, size_t bytes)
{
	static const size_t times[] = {2, 3, 10, 40, 200, 1000};

	for (size_t i = 0; i < bytes; i++) {
		uint8_t octet = octets[i];

		if (octet < 0x80)
			add_octet(octet);
		else if (octet == 0xff && i + 1 < bytes)
			add_octet(octets[++i]);
		else if (octet < 0xe0 || octet >= 0xf0)
			do_operation(octet);
		else if (octet < 0xea)
			add_filler(octet - 0xe0u + 5);
		else
			repeat(times[octet - 0xea]);
	}
	send_run();
}

/* --- Beginning and end --------------------------------------------------- */

/* All that comes.  Whoever waits for room gets it. */
static void read_all(struct client *from)
{
	while (read_octets(from, 64 * 1024))
		if (from->state == CONNECTION_SENDING)
			run_rounds();
}

/* Nothing is owed any more to who has listened, and there it ends. */
static void leave(struct client *leaving)
{
	read_all(leaving);
	CHECK(!leaving->is_in_worker ||
		      leaving->due_bytes == leaving->read_bytes,
	      "an answer is lost");
	if (leaves_by_half)
		half_close(leaving);
	else
		client_close(leaving);
}

/* Whoever is in the queue comes in now, as there is room. */
static void finish(void)
{
	bool is_over = false;

	memset(&faults, 0, sizeof(faults));
	others_are_busy = false;
	run_rounds();
	for (int i = 0; i < 2 * CLIENTS && !is_over; i++) {
		is_over = true;
		for (struct client *each = clients; each < clients + CLIENTS;
		     each++) {
			if (each->fd >= 0)
				leave(each);
			is_over &= each->server_fd < 0;
		}
		if (!the_worker->is_watching)
			pass_time(ROOM_WAIT_MSEC);
		if (!is_over || !the_worker->is_watching)
			run_rounds();
	}
	for (struct client *each = clients; each < clients + CLIENTS; each++) {
		CHECK(each->server_fd < 0, "a connection is left");
		read_all(each);
		CHECK(each->fd < 0 || each->has_end, "no end");
		client_close(each);
	}
}

static void check_at_rest(void)
{
	unsigned int references = RESPONSES + 2 * PROFILES, counted = 0;

	CHECK(the_worker->open == 0 && the_worker->is_watching &&
		      !the_worker->is_pressed && the_worker->n_left == 1 &&
		      !the_worker->workspace.is_draining &&
		      !the_worker->handed_over && !the_worker->taken_over &&
		      !the_worker->new_response &&
		      the_worker->look_at == INFINITE_MSEC &&
		      worker_has_obeyed(the_worker),
	      "the worker is not at rest");
	for (int i = 0; i < RESPONSES; i++)
		counted += atomic_load(&responses[i]->references);
	CHECK(counted == references, "%u references to responses", counted);
	CHECK(n_descriptors == 4 * PROFILES, "%u descriptors", n_descriptors);
}

static void create_response(size_t n, unsigned int status, const char *body)
{
	const struct response_source source = {.status = status, .body = body};
	struct message message;

	CHECK(response_create(&source, &responses[n], &message) == 0, "%s",
	      message.text);
}

static char *body_of(size_t bytes)
{
	char *body = calloc(1, bytes + 1);

	if (!body)
		exit(1);
	for (size_t i = 0; i < bytes; i++)
		body[i] = (char)('a' + i % 23 + i / 1000 % 3);
	return body;
}

static void create_all(void)
{
	char *copied = body_of(CONTENT_COPY_BYTES_MAX);

	signal(SIGPIPE, SIG_IGN); /* as log_open() does */

	create_response(0, 200, NULL);
	create_response(1, 200, copied);
	large_body = body_of(5 * CONTENT_COPY_BYTES_MAX);
	create_response(2, 200, large_body);
	create_response(3, 204, NULL);
	create_response(4, 404, "");
	free(copied);
	/* As a passed one is, it is there before the worker. */
	listener_fd = eventfd(0, EFD_SEMAPHORE | EFD_NONBLOCK);
	news_fd = eventfd(0, EFD_NONBLOCK);
	current = responses[0];
	for (size_t i = 0; i < 2 * PROFILES; i++) {
		is_real = i % 2;
		profile = i / 2;
		create_worker();
	}
	for (int i = 0; i < CLIENTS; i++)
		clients[i].fd = clients[i].server_fd = -1;
}

/* The first octet chooses the worker and its response. */
static void begin(uint8_t octet)
{
	msec = 1000000;
	wall_msec = 1700000000500;
	profile = octet % PROFILES;
	settings = &profiles[profile].settings;
	the_worker = workers[is_real][profile];
	has_small_buffers = octet & 0x20;
	leaves_by_half = octet & 0x40;
	is_asleep = false;
	current = responses[(octet >> 2 & 7) % RESPONSES];
	if (the_worker->workspace.response != current)
		worker_set_response(the_worker, current);
	choose_client(0);
}

static void perform_with(bool kernel, const uint8_t *octets, size_t bytes)
{
	is_real = kernel;
	begin(octets[0]);
	perform(octets + 1, bytes - 1);
	finish();
	check_at_rest();
}

/* One of 32 scripts, and each where there is nothing else to try. */
static bool is_for_kernel(const uint8_t *octets, size_t bytes)
{
	uint32_t sum = 0;

	if (!LLVMFuzzerMutate)
		return true;
	for (size_t i = 0; i < bytes; i++)
		sum = (sum ^ octets[i]) * 0x01000193;
	return sum >> 27 == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t bytes)
{
	if (bytes == 0)
		return 0;
	if (!responses[0])
		create_all();
	perform_with(false, octets, bytes);
	if (is_for_kernel(octets, bytes))
		perform_with(true, octets, bytes);
	return 0;
}

#ifdef __clang__
#pragma clang attribute pop
#endif
