/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * Two outputs, standard error for messages and standard output for the
 * request log, each behind a sink: the one place that knows what kind of file
 * it is and how to write to it without ever waiting.
 *
 * A worker gathers its lines and hands them over once per round of its event
 * loop.  When an output takes only a part of them, the rest of the line that
 * was cut is kept by the sink and leaves first next time, so that lines stay
 * whole; the lines behind it are lost.
 *
 * Where standard output is the journal, an answer is an entry of it instead,
 * gathered in the same way: see journal.h.
 */
#include "log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal.h"
#include "tunables.h"

#define PROGRAM "hello-http"

/* Every octet of the longest thing that is logged may become four. */
#define LINE_BYTES_MAX (4u * (RECEIVE_BYTES + FD_NAME_BYTES_MAX) + 1024)
#define LINES_BYTES (2u * LINE_BYTES_MAX)

_Static_assert(RECEIVE_BYTES >=
		       REQUEST_LINE_BYTES_MAX + FIELD_SECTION_BYTES_MAX,
	       "a line of the request log may quote all of a head");

/* Its text, the octets of its other fields, and their names. */
_Static_assert(JOURNAL_ENTRY_BYTES_MAX >= JOURNAL_TEXT_BYTES_MAX +
						  RECEIVE_BYTES +
						  FD_NAME_BYTES_MAX + 512,
	       "the largest entry is no larger than an entry may be");
_Static_assert(JOURNAL_ENTRY_BYTES_MAX <= LINE_BYTES_MAX,
	       "where there is room for a line, there is room for an entry");

struct sink {
	int fd;
	bool is_socket;
	bool is_syslog;
	pthread_mutex_t mutex;
	char *rest; /* of a line that was cut */
	size_t rest_bytes;
};

static struct sink output = {.fd = STDOUT_FILENO,
			     .mutex = PTHREAD_MUTEX_INITIALIZER};
static struct sink errors = {.fd = STDERR_FILENO,
			     .mutex = PTHREAD_MUTEX_INITIALIZER};
static bool errors_is_journal;
static bool makes_entries; /* instead of lines, for the journal */

/* --- Sinks --------------------------------------------------------------- */

/* How many octets left, or a negative errno. */
static ssize_t write_some(const struct sink *sink, const char *octets,
			  size_t bytes)
{
	ssize_t n;

	do {
		if (sink->is_socket)
			n = send(sink->fd, octets, bytes,
				 MSG_DONTWAIT | MSG_NOSIGNAL);
		else
			n = write(sink->fd, octets, bytes);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static int write_rest(struct sink *sink)
{
	ssize_t n = write_some(sink, sink->rest, sink->rest_bytes);

	if (n < 0)
		return (int)n;
	sink->rest_bytes -= (size_t)n;
	memmove(sink->rest, sink->rest + n, sink->rest_bytes);
	if (sink->rest_bytes > 0)
		return -EAGAIN;
	free(sink->rest);
	sink->rest = NULL;
	return 0;
}

/* Keeps what belongs to the line that was cut after written octets. */
static int keep_cut_line(struct sink *sink, const char *octets, size_t bytes,
			 size_t written)
{
	const char *end = memchr(octets + written, '\n', bytes - written);
	size_t rest = (size_t)(end + 1 - octets) - written;

	if (octets[written - 1] == '\n')
		return -EAGAIN;
	sink->rest = malloc(rest);
	if (!sink->rest)
		return -ENOMEM;
	memcpy(sink->rest, octets + written, rest);
	sink->rest_bytes = rest;
	return written + rest < bytes ? -EAGAIN : 0;
}

/* Takes whole lines.  A negative errno: at least one of them is lost. */
static int sink_write(struct sink *sink, const char *octets, size_t bytes)
{
	ssize_t n;
	int r = 0;

	pthread_mutex_lock(&sink->mutex);
	if (sink->rest_bytes > 0)
		r = write_rest(sink);
	if (r == 0) {
		n = write_some(sink, octets, bytes);
		if (n <= 0)
			r = n < 0 ? (int)n : -EIO;
		else if ((size_t)n < bytes)
			r = keep_cut_line(sink, octets, bytes, (size_t)n);
	}
	pthread_mutex_unlock(&sink->mutex);
	return r;
}

static bool is_same_file(int fd, int other)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && fstat(other, &b) == 0 &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* A pipe or a terminal blocks its writer while its reader sleeps.  To set
 * O_NONBLOCK would change it for every process that shares it, the user's
 * shell among them; an open file of our own changes nothing for others. */
static int open_without_blocking(int fd)
{
	char path[sizeof("/proc/self/fd/-2147483648")];
	int own;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (own >= 0)
		return own;
	/* Another user's pipe: a stalled log must still not stop a client. */
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	return fd;
}

/* fill_standard_descriptors() puts what is not there in its place. */
static bool is_writable(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}

static void sink_open(struct sink *sink)
{
	struct stat status;

	if (fstat(sink->fd, &status) < 0)
		return;
	sink->is_socket = S_ISSOCK(status.st_mode);
	sink->is_syslog =
		sink->is_socket && is_same_file(sink->fd, STDIN_FILENO);
	if (is_writable(sink->fd) &&
	    (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)))
		sink->fd = open_without_blocking(sink->fd);
}

/* A closed standard descriptor would be the next socket's number, and the log
 * would be written to a client.  Read-only, so that a write to it fails. */
static void fill_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

void log_open(void)
{
	fill_standard_descriptors();
	/* A closed pipe is an error of write(), not a signal; so is a file that
	 * has reached RLIMIT_FSIZE. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	errors_is_journal = journal_has(STDERR_FILENO);
	makes_entries = journal_has(STDOUT_FILENO) && journal_is_reachable();
	sink_open(&output);
	sink_open(&errors);
	if (output.is_syslog || errors.is_syslog)
		openlog(PROGRAM, LOG_PID, LOG_DAEMON);
}

/* --- Escaping ------------------------------------------------------------ */

static size_t escape_octet(char *text, char octet)
{
	static const char hex[] = "0123456789abcdef";

	text[0] = '\\';
	switch (octet) {
	case '\r':
		text[1] = 'r';
		return 2;
	case '\n':
		text[1] = 'n';
		return 2;
	case '\t':
		text[1] = 't';
		return 2;
	case '"':
	case '\\':
		text[1] = octet;
		return 2;
	default:
		text[1] = 'x';
		text[2] = hex[(uint8_t)octet >> 4];
		text[3] = hex[(uint8_t)octet & 15];
		return 4;
	}
}

size_t log_escape(char *ret_text, const char *octets, size_t bytes)
{
	size_t used = 0;

	for (size_t i = 0; i < bytes; i++) {
		char octet = octets[i];

		if (octet >= ' ' && octet < 0x7f && octet != '"' &&
		    octet != '\\')
			ret_text[used++] = octet;
		else
			used += escape_octet(ret_text + used, octet);
	}
	return used;
}

/* --- Messages ------------------------------------------------------------ */

int message_set(struct message *message, int error, const char *format, ...)
{
	va_list arguments;

	message->is_misuse = false;
	va_start(arguments, format);
	vsnprintf(message->text, sizeof(message->text), format, arguments);
	va_end(arguments);
	return -error;
}

int message_set_misuse(struct message *message, const char *format, ...)
{
	va_list arguments;

	message->is_misuse = true;
	va_start(arguments, format);
	vsnprintf(message->text, sizeof(message->text), format, arguments);
	va_end(arguments);
	return -EINVAL;
}

/* A message is one line, whatever the command line or a unit put into it;
 * names in UTF-8 stay legible. */
static size_t escape_controls(char *ret_text, const char *text)
{
	size_t used = 0;

	for (; *text; text++) {
		if ((uint8_t)*text < ' ' || *text == 0x7f)
			used += escape_octet(ret_text + used, *text);
		else
			ret_text[used++] = *text;
	}
	return used;
}

void log_message(int level, const char *format, ...)
{
	struct message message;
	char line[sizeof(PROGRAM ": \n") + 4 * sizeof(message.text)];
	va_list arguments;
	int used = 0;

	va_start(arguments, format);
	vsnprintf(message.text, sizeof(message.text), format, arguments);
	va_end(arguments);
	if (errors_is_journal)
		used = snprintf(line, sizeof(line), "<%d>", level);
	else if (level < LOG_INFO)
		used = snprintf(line, sizeof(line), PROGRAM ": ");
	used += (int)escape_controls(line + used, message.text);
	if (errors.is_syslog) {
		syslog(level, "%.*s", used, line);
		return;
	}
	line[used++] = '\n';
	sink_write(&errors, line, (size_t)used);
}

/* --- Request log --------------------------------------------------------- */

struct peer peer_of_address(const struct sockaddr_storage *address)
{
	struct peer peer = {.family = address->ss_family};

	if (address->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)address;

		memcpy(peer.address, &in->sin_addr, sizeof(in->sin_addr));
		peer.port = ntohs(in->sin_port);
	} else if (address->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)address;

		peer.port = ntohs(in6->sin6_port);
		memcpy(peer.address, &in6->sin6_addr, sizeof(in6->sin6_addr));
		/* A client of IPv4 at a socket for both is shown as one. */
		if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
			peer.family = AF_INET;
			memmove(peer.address, peer.address + 12, 4);
		}
	}
	return peer;
}

int log_lines_init(struct log_lines *lines)
{
	/* localtime_r() alone need not read the time zone. */
	tzset();
	*lines = (struct log_lines){.stamp_time = -1};
	lines->octets = malloc(LINES_BYTES);
	if (!lines->octets)
		return -ENOMEM;
	lines->size = LINES_BYTES;
	return makes_entries ? journal_start() : 0;
}

void log_lines_done(struct log_lines *lines)
{
	free(lines->octets);
	*lines = (struct log_lines){0};
}

static void put(struct log_lines *lines, const char *octets, size_t bytes)
{
	memcpy(lines->octets + lines->used, octets, bytes);
	lines->used += bytes;
}

static void put_text(struct log_lines *lines, const char *text)
{
	put(lines, text, strlen(text));
}

static void put_number(struct log_lines *lines, uintmax_t number)
{
	char digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	put(lines, digits + at, sizeof(digits) - at);
}

static void put_quoted(struct log_lines *lines, const char *octets,
		       size_t bytes)
{
	put(lines, "\"", 1);
	lines->used += log_escape(lines->octets + lines->used, octets, bytes);
	put(lines, "\"", 1);
}

static void put_octets_or_dash(struct log_lines *lines,
			       struct log_octets octets)
{
	if (octets.octets)
		put_quoted(lines, octets.octets, octets.bytes);
	else
		put_text(lines, "\"-\"");
}

/* inet_ntop(3) would take longer for this than the rest of the line does. */
static void put_ipv4(struct log_lines *lines, const uint8_t address[4])
{
	for (int i = 0; i < 4; i++) {
		if (i > 0)
			put_text(lines, ".");
		put_number(lines, address[i]);
	}
}

static void put_host(struct log_lines *lines, const struct peer *peer)
{
	char text[INET6_ADDRSTRLEN];

	if (peer->family == AF_INET)
		put_ipv4(lines, peer->address);
	else if (peer->family == AF_INET6)
		put_text(lines, inet_ntop(AF_INET6, peer->address, text,
					  sizeof(text)));
	else
		put_text(lines, "unix");
}

static void put_stamp(struct log_lines *lines, time_t now)
{
	struct tm tm;

	if (now != lines->stamp_time) {
		strftime(lines->stamp, sizeof(lines->stamp),
			 "%d/%b/%Y:%H:%M:%S %z", localtime_r(&now, &tm));
		lines->stamp_time = now;
	}
	put_text(lines, lines->stamp);
}

/* Without a line end. */
static void put_answer(struct log_lines *lines, const struct log_entry *entry)
{
	put_host(lines, entry->peer);
	put_text(lines, " - - [");
	put_stamp(lines, entry->time);
	put_text(lines, "] ");
	put_octets_or_dash(lines, entry->line);
	put_text(lines, " ");
	put_number(lines, entry->status);
	put_text(lines, " ");
	if (entry->content_bytes > 0)
		put_number(lines, entry->content_bytes);
	else
		put_text(lines, "-");
	put_text(lines, " ");
	put_octets_or_dash(lines, entry->referer);
	put_text(lines, " ");
	put_octets_or_dash(lines, entry->user_agent);
	if (entry->fd_name) {
		put_text(lines, " ");
		put_quoted(lines, entry->fd_name,
			   strnlen(entry->fd_name, FD_NAME_BYTES_MAX));
	}
}

static bool has_port(const struct peer *peer)
{
	return peer->family == AF_INET || peer->family == AF_INET6;
}

/* Without a line end. */
static void put_chunk(struct log_lines *lines, const struct peer *peer,
		      const char *octets, size_t bytes)
{
	bool is_ipv6 = peer->family == AF_INET6;

	put_text(lines, is_ipv6 ? "[" : "");
	put_host(lines, peer);
	put_text(lines, is_ipv6 ? "]" : "");
	if (has_port(peer)) {
		put_text(lines, ":");
		put_number(lines, peer->port);
	}
	put_text(lines, " ");
	put_quoted(lines, octets, bytes);
}

/* --- Entries of the journal ---------------------------------------------- */

/* A field, or a whole entry: its size, which end_part() fills in, comes before
 * it, so that no octet in it can end it. */
static size_t begin_part(struct log_lines *lines, const char *name)
{
	size_t at = lines->used;

	lines->used += sizeof(uint32_t);
	put_text(lines, name);
	return at;
}

static void end_part(struct log_lines *lines, size_t at)
{
	uint32_t bytes = (uint32_t)(lines->used - at - sizeof(bytes));

	memcpy(lines->octets + at, &bytes, sizeof(bytes));
}

/* The octets as they came: escapes are for text. */
static void put_field(struct log_lines *lines, const char *name,
		      struct log_octets value)
{
	size_t at;

	if (!value.octets)
		return;
	at = begin_part(lines, name);
	put(lines, value.octets, value.bytes);
	end_part(lines, at);
}

static void put_number_field(struct log_lines *lines, const char *name,
			     uintmax_t value)
{
	size_t at = begin_part(lines, name);

	put_number(lines, value);
	end_part(lines, at);
}

/* Every octet of a client may become four in the text: it is cut, while other
 * fields have them all. */
static void end_text(struct log_lines *lines, size_t at)
{
	if (lines->used - at > JOURNAL_TEXT_BYTES_MAX)
		lines->used = at + JOURNAL_TEXT_BYTES_MAX;
	end_part(lines, at);
}

static struct log_octets octets_between(const char *from, const char *to)
{
	return (struct log_octets){.octets = from,
				   .bytes = (size_t)(to - from)};
}

/* RFC 9112 3: method SP request-target SP HTTP-version.  A line that is not
 * of this form has no parts. */
static void put_request_line(struct log_lines *lines, struct log_octets line)
{
	const char *end, *first, *last;

	if (!line.octets)
		return;
	end = line.octets + line.bytes;
	first = memchr(line.octets, ' ', line.bytes);
	last = memrchr(line.octets, ' ', line.bytes);
	if (!first || first == line.octets || last <= first + 1 ||
	    last + 1 == end ||
	    memchr(first + 1, ' ', (size_t)(last - first - 1)))
		return;
	put_field(lines, "REQUEST_METHOD=", octets_between(line.octets, first));
	put_field(lines, "REQUEST_TARGET=", octets_between(first + 1, last));
	put_field(lines, "SERVER_PROTOCOL=", octets_between(last + 1, end));
}

static void put_peer(struct log_lines *lines, const struct peer *peer)
{
	size_t at = begin_part(lines, "REMOTE_ADDR=");

	put_host(lines, peer);
	end_part(lines, at);
	if (has_port(peer))
		put_number_field(lines, "REMOTE_PORT=", peer->port);
}

static void put_answer_entry(struct log_lines *lines,
			     const struct log_entry *entry)
{
	size_t at = begin_part(lines, ""), text = begin_part(lines, "MESSAGE=");

	put_answer(lines, entry);
	end_text(lines, text);
	put_peer(lines, entry->peer);
	put_request_line(lines, entry->line);
	put_number_field(lines, "STATUS=", entry->status);
	put_number_field(lines, "CONTENT_BYTES=", entry->content_bytes);
	put_field(lines, "HTTP_REFERER=", entry->referer);
	put_field(lines, "HTTP_USER_AGENT=", entry->user_agent);
	if (entry->fd_name)
		put_field(lines, "FDNAME=",
			  (struct log_octets){
				  .octets = entry->fd_name,
				  .bytes = strnlen(entry->fd_name,
						   FD_NAME_BYTES_MAX)});
	end_part(lines, at);
}

static void put_chunk_entry(struct log_lines *lines, const struct peer *peer,
			    const char *octets, size_t bytes)
{
	size_t at = begin_part(lines, ""), text = begin_part(lines, "MESSAGE=");

	put_chunk(lines, peer, octets, bytes);
	end_text(lines, text);
	put_peer(lines, peer);
	end_part(lines, at);
}

/* --- Lines or entries, until they leave ---------------------------------- */

static void make_room(struct log_lines *lines)
{
	if (lines->size - lines->used < LINE_BYTES_MAX)
		log_flush(lines);
}

void log_answer(struct log_lines *lines, const struct log_entry *entry)
{
	make_room(lines);
	if (makes_entries) {
		put_answer_entry(lines, entry);
		return;
	}
	put_answer(lines, entry);
	put_text(lines, "\n");
}

/* In pieces whose text need not be cut. */
static void log_chunk_as_entries(struct log_lines *lines,
				 const struct peer *peer, const char *octets,
				 size_t bytes)
{
	const size_t most = (JOURNAL_TEXT_BYTES_MAX - 128) / 4;

	while (bytes > 0) {
		size_t piece = bytes < most ? bytes : most;

		make_room(lines);
		put_chunk_entry(lines, peer, octets, piece);
		octets += piece;
		bytes -= piece;
	}
}

void log_chunk(struct log_lines *lines, const struct peer *peer,
	       const char *octets, size_t bytes)
{
	if (makes_entries) {
		log_chunk_as_entries(lines, peer, octets, bytes);
		return;
	}
	make_room(lines);
	put_chunk(lines, peer, octets, bytes);
	put_text(lines, "\n");
}

static void syslog_lines(const char *at, const char *end)
{
	while (at < end) {
		const char *line_end = memchr(at, '\n', (size_t)(end - at));

		syslog(LOG_INFO, "%.*s", (int)(line_end - at), at);
		at = line_end + 1;
	}
}

static void say_loss(int error)
{
	static atomic_flag is_said = ATOMIC_FLAG_INIT;

	if (atomic_flag_test_and_set(&is_said))
		return;
	log_message(LOG_WARNING,
		    "Failed to write the request log: %s; lines are "
		    "lost until it can be written again",
		    strerror(error));
}

void log_flush(struct log_lines *lines)
{
	int r = 0;

	if (lines->used == 0)
		return;
	if (output.is_syslog)
		syslog_lines(lines->octets, lines->octets + lines->used);
	else if (makes_entries)
		r = journal_queue(lines->octets, lines->used);
	else
		r = sink_write(&output, lines->octets, lines->used);
	lines->used = 0;
	if (r < 0)
		say_loss(-r);
}

void log_close(void)
{
	int r = journal_stop();

	if (r < 0)
		say_loss(-r);
	pthread_mutex_lock(&output.mutex);
	if (output.rest_bytes > 0)
		write_rest(&output);
	free(output.rest);
	output.rest = NULL;
	output.rest_bytes = 0;
	pthread_mutex_unlock(&output.mutex);
}
