/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * What the program says of itself (messages, on standard error) and of its
 * clients (the request log, on standard output).  No octet of a client gets
 * out unescaped, but in a field of the journal, and neither a full nor a
 * closed nor a stalled output ever stops or blocks the caller: what cannot be
 * written is lost, which is said once.  (Only syslog(3), under an inetd, waits
 * for a system logger that stalls.)
 */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>

/* --- Messages ------------------------------------------------------------ */

/* Why something failed, on its way up to who logs it. */
struct message {
	bool is_misuse; /* the user's mistake, not the system's no */
	char text[1536];
};

/* Writes the text; returns -error, so that a caller can return it. */
int message_set(struct message *message, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same for misuse; returns -EINVAL. */
int message_set_misuse(struct message *message, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Finds out what standard output and standard error are.  Where one is the
 * socket that is standard input too (an inetd puts it on all three), it is
 * the client's and never written to: what belongs there goes to syslog(3).
 * Called once, before the first descriptor is opened. */
void log_open(void);

/* Lets the rest of a line that was cut leave, if its reader has made room; the
 * journal has a little while to take what is left.  Called once; what other
 * threads log from then on may be lost. */
void log_close(void);

/* One line on standard error.  LOG_INFO appears bare, what is more urgent
 * behind the program's name; under the journal each has its <N> (sd-daemon(3)).
 * Any thread. */
void log_message(int level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* --- Request log --------------------------------------------------------- */

enum log_requests {
	LOG_REQUESTS_NONE,
	LOG_REQUESTS_ANSWERS,
	LOG_REQUESTS_DATA, /* every received chunk as well */
};

/* The client's end of a connection; 20 octets, since each has one. */
struct peer {
	uint8_t address[16];
	uint16_t port;
	uint16_t family; /* AF_INET, AF_INET6 or AF_UNIX */
};

struct peer peer_of_address(const struct sockaddr_storage *address);

/* Octets of a client; NULL: there were none. */
struct log_octets {
	const char *octets;
	size_t bytes;
};

struct log_entry {
	const struct peer *peer;
	const char *fd_name; /* FileDescriptorName= of the socket, or NULL */
	time_t time;
	struct log_octets line;
	struct log_octets referer;
	struct log_octets user_agent;
	unsigned int status;
	size_t content_bytes;
};

/* The lines of one worker, gathered until they are written together.  Where
 * standard output is the journal, its entries, for a thread to send. */
struct log_lines {
	char *octets;
	size_t used, size;
	time_t stamp_time;
	char stamp[32];
};

/* Returns 0 or a negative errno.  For the journal, the first one starts its
 * thread. */
int log_lines_init(struct log_lines *lines);
void log_lines_done(struct log_lines *lines);

/* A line in the Combined Log Format; where sockets have names, the name of the
 * one that the client came through is one more field, quoted.  In the journal
 * the line is an entry's text, and each part of it a field. */
void log_answer(struct log_lines *lines, const struct log_entry *entry);

/* A received chunk, quoted. */
void log_chunk(struct log_lines *lines, const struct peer *peer,
	       const char *octets, size_t bytes);

/* Hands the lines over to standard output, or to the journal's queue. */
void log_flush(struct log_lines *lines);

/* Escapes bytes octets into at most 4 * bytes octets; returns how many. */
size_t log_escape(char *ret_text, const char *octets, size_t bytes);

#endif
