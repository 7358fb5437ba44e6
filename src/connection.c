/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * The way of a client's octets: received into the worker's workspace, parsed
 * there, answered into the batch, and sent.  Nothing is allocated for a
 * request that arrives whole and whose answer the socket takes at once.
 *
 * Only what is left over gets memory of the connection's own: the beginning
 * of a request (input), which is then received into directly, and the rest of
 * answers that a slow reader has not taken yet (output).  While there is
 * output nothing more is read, so that a client which asks without reading
 * costs no more than one batch.
 */
#include "connection.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

/* What LIMITS says of memory; malloc(3) has 8 octets of its own, rounded up. */
#define FITS(type) (sizeof(type) + 24 <= CONNECTION_BYTES_MAX)
_Static_assert(FITS(struct connection), "a connection is too large");
_Static_assert(FITS(struct connection_input), "a kept request is too large");
_Static_assert(FITS(struct connection_output), "kept answers are too large");

/* Kept out of the way that every request takes, which so needs less stack. */
#define RARE __attribute__((noinline))

void connection_init(struct connection *connection, int fd, struct peer peer,
		     uint64_t now)
{
	connection->fd = fd;
	connection->peer = peer;
	connection->since = now;
	connection->state = CONNECTION_IDLE;
}

void connection_done(struct connection *connection)
{
	if (connection->output)
		response_unref(connection->output->response);
	free(connection->output);
	free(connection->input);
	close(connection->fd);
	connection->fd = -1;
}

/* --- Answers ------------------------------------------------------------- */

/* For one more answer with small content, and a 100 before the next. */
static bool batch_has_room(const struct workspace *workspace)
{
	return !workspace->large &&
	       workspace->batch_bytes <= BATCH_BYTES - RESPONSE_HEAD_BYTES_MAX -
						 CONTENT_COPY_BYTES_MAX -
						 sizeof(RESPONSE_CONTINUE);
}

static void add_octets(struct workspace *workspace, const char *octets,
		       size_t bytes)
{
	memcpy(workspace->batch + workspace->batch_bytes, octets, bytes);
	workspace->batch_bytes += bytes;
}

static struct log_octets quote(const char *head, struct request_slice slice)
{
	if (slice.at == 0 && slice.bytes == 0)
		return (struct log_octets){0};
	return (struct log_octets){.octets = head + slice.at,
				   .bytes = slice.bytes};
}

RARE static void log_exchange(struct connection *connection,
			      struct workspace *workspace,
			      const struct request *request, const char *head,
			      const struct answer *answer)
{
	const struct log_entry entry = {
		.peer = &connection->peer,
		.fd_name = connection->fd_name,
		.time = workspace->wall_time,
		.line = quote(head, request->line),
		.referer = quote(head, request->referer),
		.user_agent = quote(head, request->user_agent),
		.status = answer->status,
		.content_bytes = request->method == REQUEST_METHOD_HEAD
					 ? 0
					 : answer->content_bytes,
	};

	log_answer(&workspace->lines, &entry);
}

/* head are the octets that the slices of request are counted in. */
static void add_answer(struct connection *connection,
		       struct workspace *workspace,
		       const struct request *request, const char *head,
		       enum response_kind kind)
{
	enum response_persistence persistence =
		connection->closes     ? RESPONSE_CLOSES
		: request->is_http_1_0 ? RESPONSE_KEEPS_1_0
				       : RESPONSE_KEEPS;
	const struct answer *answer =
		&workspace->response->answers[kind][persistence];
	char *date =
		workspace->batch + workspace->batch_bytes + answer->date_at;

	if (request->method == REQUEST_METHOD_HEAD) {
		add_octets(workspace, answer->octets, answer->head_bytes);
	} else {
		add_octets(workspace, answer->octets, answer->bytes);
		workspace->large = answer->is_large ? answer : NULL;
	}
	memcpy(date, workspace->date, RESPONSE_DATE_BYTES);
	workspace->answers++;
	connection->has_answered = true;
	if (workspace->log != LOG_REQUESTS_NONE)
		log_exchange(connection, workspace, request, head, answer);
}

static enum response_kind kind_of(const struct request *request)
{
	switch ((enum request_method)request->method) {
	case REQUEST_METHOD_UNKNOWN:
		return RESPONSE_NOT_IMPLEMENTED;
	case REQUEST_METHOD_TRACE:
	case REQUEST_METHOD_CONNECT:
		return RESPONSE_METHOD_NOT_ALLOWED;
	case REQUEST_METHOD_OPTIONS:
		return request->is_asterisk ? RESPONSE_TO_ASTERISK
					    : RESPONSE_TO_OPTIONS;
	default:
		return RESPONSE_CONFIGURED;
	}
}

static void answer_request(struct connection *connection,
			   struct workspace *workspace,
			   const struct request *request, const char *head,
			   enum request_verdict verdict)
{
	bool is_complete = verdict == REQUEST_COMPLETE;

	connection->closes = !is_complete || !request->keep_alive ||
			     (workspace->is_draining && !connection->has_place);
	add_answer(connection, workspace, request, head,
		   is_complete ? kind_of(request)
			       : response_kind_of_refusal(request->refusal));
}

/* --- Requests ------------------------------------------------------------ */

/* Reads on in the content of the request in progress. */
RARE static enum request_verdict read_content(struct workspace *workspace,
					      struct reading *reading)
{
	struct request *request = reading->request;
	size_t bytes = (size_t)(reading->end - reading->at), used;
	enum request_verdict verdict = request_read_content(
		request, reading->at, bytes, workspace->max_body_bytes, &used);

	reading->at += used;
	/* The client waits for a word before it sends its content. */
	if (verdict == REQUEST_INCOMPLETE && request->expects_continue &&
	    bytes == 0)
		add_octets(workspace, RESPONSE_CONTINUE,
			   sizeof(RESPONSE_CONTINUE) - 1);
	return verdict;
}

/* Reads on in the request in progress. */
static enum request_verdict read_request(struct workspace *workspace,
					 struct reading *reading)
{
	struct request *request = reading->request;
	enum request_verdict verdict;

	if (request->head_bytes == 0) {
		verdict = request_parse(request, reading->at,
					(size_t)(reading->end - reading->at));
		if (verdict != REQUEST_COMPLETE)
			return verdict;
		reading->at += request->head_bytes;
		if (request->expects_other) {
			request->refusal = 417;
			return REQUEST_REFUSED;
		}
	}
	if (request->framing == REQUEST_FRAMING_NONE)
		return REQUEST_COMPLETE;
	return read_content(workspace, reading);
}

/* Nothing is left, not even the beginning of a request. */
static bool is_read_up(const struct reading *reading)
{
	return reading->at == reading->end &&
	       reading->verdict != REQUEST_INCOMPLETE;
}

static bool has_more(const struct reading *reading)
{
	return reading->at < reading->end &&
	       reading->verdict != REQUEST_INCOMPLETE;
}

/* The first octet belongs to the request in input, if there is one. */
static void begin_reading(struct connection *connection,
			  struct workspace *workspace, const char *octets,
			  size_t bytes, bool is_all)
{
	struct connection_input *input = connection->input;
	struct reading *reading = &workspace->reading;

	reading->at = octets;
	reading->end = octets + bytes;
	reading->is_all = is_all;
	reading->verdict = REQUEST_COMPLETE;
	if (input) {
		reading->request = &input->request;
		reading->head = input->octets;
	} else {
		reading->request = &workspace->request;
		reading->head = octets;
		workspace->request = (struct request){0};
	}
}

/* The client has said that it will send no more (RFC 9112 9.6), and had not
 * when this was received.  Not so sure of it are clients that send content,
 * which some follow by an empty line (RFC 9112 2.2), and one that has asked for
 * a tunnel. And what another process may hold, too, is not closed by close(2)
 * alone. */
static bool is_last(const struct connection *connection,
		    const struct reading *reading)
{
	const struct request *request = reading->request;

	return !connection->is_passed && reading->verdict == REQUEST_COMPLETE &&
	       !request->keep_alive &&
	       request->framing == REQUEST_FRAMING_NONE &&
	       request->method != REQUEST_METHOD_CONNECT &&
	       reading->at == reading->end && reading->is_all;
}

/* Answers requests into the batch, until it is full or there are no more. */
static void fill_batch(struct connection *connection,
		       struct workspace *workspace)
{
	struct reading *reading = &workspace->reading;

	while (batch_has_room(workspace)) {
		reading->verdict = read_request(workspace, reading);
		if (reading->verdict == REQUEST_INCOMPLETE)
			return;
		answer_request(connection, workspace, reading->request,
			       reading->head, reading->verdict);
		if (connection->closes) {
			connection->has_sent_all |=
				is_last(connection, reading);
			reading->at = reading->end;
		}
		if (reading->at == reading->end)
			return;
		reading->head = reading->at;
		reading->request = &workspace->request;
		workspace->request = (struct request){0};
	}
}

/* A copy for the connection; false where memory is short. */
static bool hold_input(struct connection *connection,
		       const struct request *request, const char *octets,
		       size_t bytes)
{
	size_t size =
		2 * bytes < PARTIAL_BYTES_MIN ? PARTIAL_BYTES_MIN : 2 * bytes;
	struct connection_input *input;

	if (size > RECEIVE_BYTES)
		size = RECEIVE_BYTES;
	input = malloc(sizeof(*input) + size);
	if (!input)
		return false;
	input->request = *request;
	input->size = (uint32_t)size;
	input->used = (uint32_t)bytes;
	memcpy(input->octets, octets, bytes);
	free(connection->input);
	connection->input = input;
	return true;
}

static void drop_input(struct connection *connection)
{
	free(connection->input);
	connection->input = NULL;
}

/* Makes what is left over the connection's own: the request in progress with
 * its octets, or with its head alone once that is complete. */
RARE static bool keep_rest(struct connection *connection,
			   const struct reading *reading)
{
	struct connection_input *input = connection->input;
	const struct request *request = reading->request;
	size_t bytes = request->head_bytes
			       ? request->head_bytes
			       : (size_t)(reading->end - reading->at);

	if (!input || request != &input->request)
		return hold_input(connection, request, reading->head, bytes);
	input->used = (uint32_t)bytes;
	return true;
}

/* --- Sending ------------------------------------------------------------- */

/* These return how many octets left, 0 where the socket takes none now, or a
 * negative errno.  All sockets have O_NONBLOCK, as sendfile(2) has no flag. */

static ssize_t send_some(int fd, const char *octets, size_t bytes, int flags)
{
	ssize_t n;

	do
		n = send(fd, octets, bytes, MSG_NOSIGNAL | flags);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	return n;
}

/* A part of the response's large content. */
static ssize_t send_content(int fd, const struct response *response, size_t at,
			    size_t bytes)
{
	ssize_t n;

	do {
		off_t offset = (off_t)at;

		n = sendfile(fd, response->content_fd, &offset, bytes);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	return n;
}

/* Octets, and then content.  MSG_MORE: a packet that the first do not fill has
 * the beginning of the second. */
RARE static ssize_t send_both(int fd, const char *octets, size_t bytes,
			      const struct response *response,
			      size_t content_at, size_t content_bytes)
{
	ssize_t n = 0, m;

	if (bytes > 0) {
		n = send_some(fd, octets, bytes, MSG_MORE);
		if (n < (ssize_t)bytes)
			return n;
	}
	m = send_content(fd, response, content_at, content_bytes);
	return m < 0 ? m : n + m;
}

/* Octets, and then content, of which there may be none. */
static ssize_t send_pieces(int fd, const char *octets, size_t bytes,
			   const struct response *response, size_t content_at,
			   size_t content_bytes)
{
	if (content_bytes == 0)
		return send_some(fd, octets, bytes, 0);
	return send_both(fd, octets, bytes, response, content_at,
			 content_bytes);
}

/* What the socket did not take of the batch, for later. */
RARE static bool hold_output(struct connection *connection,
			     struct workspace *workspace, size_t sent)
{
	const struct answer *large = workspace->large;
	size_t sent_of_batch =
		sent < workspace->batch_bytes ? sent : workspace->batch_bytes;
	size_t bytes = workspace->batch_bytes - sent_of_batch;
	struct connection_output *output = malloc(sizeof(*output) + bytes);

	if (!output)
		return false;
	*output = (struct connection_output){
		.response = response_ref(workspace->response),
		.bytes = (uint32_t)bytes};
	if (large) {
		size_t sent_of_content = sent - sent_of_batch;

		output->content_at = sent_of_content;
		output->content_left = large->content_bytes - sent_of_content;
	}
	memcpy(output->octets, workspace->batch + sent_of_batch, bytes);
	connection->output = output;
	return true;
}

/* False: the client is gone, or memory is short. */
static bool send_batch(struct connection *connection,
		       struct workspace *workspace)
{
	const struct answer *large = workspace->large;
	size_t content_bytes = large ? large->content_bytes : 0;
	ssize_t n;
	bool is_well = true;

	if (workspace->batch_bytes == 0)
		return true;
	n = send_pieces(connection->fd, workspace->batch,
			workspace->batch_bytes, workspace->response, 0,
			content_bytes);
	if (n < 0)
		is_well = false;
	else if ((size_t)n < workspace->batch_bytes + content_bytes)
		is_well = hold_output(connection, workspace, (size_t)n);
	workspace->batch_bytes = 0;
	workspace->large = NULL;
	return is_well;
}

/* Sends on what an earlier call left.  False: the client is gone. */
static bool send_output(struct connection *connection,
			struct workspace *workspace)
{
	struct connection_output *output = connection->output;
	ssize_t n = send_pieces(connection->fd, output->octets + output->at,
				output->bytes, output->response,
				output->content_at, output->content_left);
	size_t sent_of_octets;

	if (n < 0)
		return false;
	if (n > 0)
		connection->since = workspace->now;
	sent_of_octets = (size_t)n < output->bytes ? (size_t)n : output->bytes;
	output->at += (uint32_t)sent_of_octets;
	output->bytes -= (uint32_t)sent_of_octets;
	output->content_at += (size_t)n - sent_of_octets;
	output->content_left -= (size_t)n - sent_of_octets;
	if (output->bytes == 0 && output->content_left == 0) {
		response_unref(output->response);
		free(output);
		connection->output = NULL;
	}
	return true;
}

/* --- What comes next ----------------------------------------------------- */

/* RFC 9112 9.6: what a client has sent and nobody reads makes close() a
 * reset, which may overtake the answer.  So only our side is closed first. */
static enum connection_state close_early(struct connection *connection)
{
	if (connection->has_sent_all || shutdown(connection->fd, SHUT_WR) < 0)
		return CONNECTION_DONE;
	return CONNECTION_LINGERING;
}

static inline enum connection_state next_state(struct connection *connection)
{
	if (connection->output)
		return CONNECTION_SENDING;
	if (connection->closes)
		return close_early(connection);
	if (connection->has_sent_all)
		return CONNECTION_DONE;
	if (connection->input && connection->input->request.has_begun)
		return CONNECTION_RECEIVING;
	return CONNECTION_IDLE;
}

static void settle(struct connection *connection, struct workspace *workspace,
		   bool has_answered)
{
	enum connection_state state = next_state(connection);

	/* The rest of the same request is waited for no longer than it was; one
	 * that had to wait behind an unsent answer counts from here. */
	if (state != connection->state || has_answered)
		connection->since = workspace->now;
	connection->state = (uint8_t)state;
}

RARE static void give_up(struct connection *connection,
			 struct workspace *workspace)
{
	workspace->batch_bytes = 0;
	workspace->large = NULL;
	connection->state = CONNECTION_DONE;
}

/* Answers the requests among the octets, until the socket takes no more; the
 * first octet belongs to the request in input, if there is one.  is_all: no
 * more of them were there to receive. */
static void answer_octets(struct connection *connection,
			  struct workspace *workspace, const char *octets,
			  size_t bytes, bool is_all)
{
	const struct reading *reading = &workspace->reading;
	uint64_t answers = workspace->answers;

	begin_reading(connection, workspace, octets, bytes, is_all);
	do {
		fill_batch(connection, workspace);
		if (!send_batch(connection, workspace)) {
			give_up(connection, workspace);
			return;
		}
	} while (has_more(reading) && !connection->output);
	if (!is_read_up(reading)) {
		if (!keep_rest(connection, reading)) {
			give_up(connection, workspace);
			return;
		}
	} else if (connection->input) {
		drop_input(connection);
	}
	settle(connection, workspace, workspace->answers != answers);
}

static bool is_in_head(const struct connection *connection)
{
	return connection->input && connection->input->request.head_bytes == 0;
}

/* Room for at least one octet more; the parser refuses a head before it could
 * fill RECEIVE_BYTES. */
static bool grow_input(struct connection *connection)
{
	struct connection_input *input = connection->input;
	size_t size = 2 * (size_t)input->size;

	if (input->size - input->used >= PARTIAL_BYTES_MIN / 2 ||
	    input->size == RECEIVE_BYTES)
		return true;
	if (size > RECEIVE_BYTES)
		size = RECEIVE_BYTES;
	input = realloc(input, sizeof(*input) + size);
	if (!input)
		return false;
	input->size = (uint32_t)size;
	connection->input = input;
	return true;
}

/* Returns how many octets came, 0 at the end of them, or a negative errno. */
static inline ssize_t receive(struct connection *connection,
			      struct workspace *workspace, char *into,
			      size_t bytes)
{
	ssize_t n;

	assert(bytes > 0);
	do
		n = recv(connection->fd, into, bytes, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (n == 0)
		connection->has_sent_all = true;
	else if (workspace->log == LOG_REQUESTS_DATA)
		log_chunk(&workspace->lines, &connection->peer, into,
			  (size_t)n);
	return n;
}

static void receive_and_answer(struct connection *connection,
			       struct workspace *workspace)
{
	char *octets = workspace->received, *into = octets;
	size_t room = RECEIVE_BYTES;
	ssize_t n;

	if (is_in_head(connection)) {
		if (!grow_input(connection)) {
			connection->state = CONNECTION_DONE;
			return;
		}
		octets = connection->input->octets;
		into = octets + connection->input->used;
		room = connection->input->size - connection->input->used;
	}
	n = receive(connection, workspace, into, room);
	if (n > 0)
		answer_octets(connection, workspace, octets,
			      (size_t)(into - octets) + (size_t)n,
			      (size_t)n < room);
	else if (n == 0)
		settle(connection, workspace, false);
	else if (n != -EAGAIN)
		connection->state = CONNECTION_DONE;
}

RARE static void send_and_go_on(struct connection *connection,
				struct workspace *workspace)
{
	if (!send_output(connection, workspace)) {
		connection->state = CONNECTION_DONE;
		return;
	}
	if (connection->output)
		return;
	if (is_in_head(connection) && !connection->closes)
		answer_octets(connection, workspace, connection->input->octets,
			      connection->input->used, false);
	else
		settle(connection, workspace, false);
}

RARE static void linger(struct connection *connection,
			struct workspace *workspace)
{
	ssize_t n = receive(connection, workspace, workspace->received,
			    RECEIVE_BYTES);

	if (n == -EAGAIN)
		return;
	if (n > 0)
		connection->lingered_bytes += (uint32_t)n;
	if (n <= 0 || connection->lingered_bytes > LINGER_BYTES_MAX)
		connection->state = CONNECTION_DONE;
}

void connection_advance(struct connection *connection,
			struct workspace *workspace)
{
	switch ((enum connection_state)connection->state) {
	case CONNECTION_IDLE:
	case CONNECTION_RECEIVING:
		receive_and_answer(connection, workspace);
		break;
	case CONNECTION_SENDING:
		send_and_go_on(connection, workspace);
		break;
	case CONNECTION_LINGERING:
		linger(connection, workspace);
		break;
	case CONNECTION_DONE:
		break;
	}
}

static bool is_empty_line(const struct connection_input *input)
{
	return input->used == 2 && !memcmp(input->octets, "\r\n", 2);
}

bool connection_can_be_handed_over(struct connection *connection)
{
	if (connection->state != CONNECTION_IDLE)
		return false;
	if (connection->input && is_empty_line(connection->input))
		drop_input(connection);
	return !connection->input;
}

void connection_expire(struct connection *connection,
		       struct workspace *workspace)
{
	struct connection_input *input = connection->input;

	if (connection->state != CONNECTION_RECEIVING) {
		connection->state = CONNECTION_DONE;
		return;
	}
	input->request.refusal = 408;
	answer_request(connection, workspace, &input->request, input->octets,
		       REQUEST_REFUSED);
	if (send_batch(connection, workspace))
		settle(connection, workspace, true);
	else
		connection->state = CONNECTION_DONE;
}
