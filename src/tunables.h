/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * Every limit and every default of the program, each with its unit in its
 * name and with the failure that it prevents.  The man page's LIMITS section
 * states the same numbers to users, and tests/limits.bats tries each of them
 * at limit - 1, limit and limit + 1.
 */
#ifndef TUNABLES_H
#define TUNABLES_H

#include <stdint.h>

/* --- What is answered, unless options say otherwise --------------------- */

#define LISTEN_DEFAULT "127.0.0.1:8000"
#define STATUS_DEFAULT 200
#define CONTENT_TYPE_DEFAULT "text/html"
#define BODY_DEFAULT "<h1>Hello World</h1>"

/* A body is held in memory once, by the kernel where it is large; a wrong file
 * must not eat all of it. */
#define BODY_FILE_BYTES_MAX (16u * 1024 * 1024)

/* A response's head must fit the batch, beside the one before it. */
#define RESPONSE_HEAD_BYTES_MAX (16u * 1024)

/* Content up to here is copied behind its head and leaves with it in one
 * system call; larger content is in a file in memory, and not copied.  Here
 * the copy begins to cost more than the other call. */
#define CONTENT_COPY_BYTES_MAX (16u * 1024)

/* --- What a request may be (RFC 9110 5.4, RFC 9112 3 and 7.1.1) ---------- */

/* Without its CRLF.  RFC 9112 asks for at least 8,000. */
#define REQUEST_LINE_BYTES_MAX 8192u

/* The field lines with their CRLFs, trailer section included: a client can
 * make a connection hold no more than a head's worth of memory. */
#define FIELD_SECTION_BYTES_MAX 16384u

/* Field lines, trailer section included: bounds the work per request. */
#define FIELD_LINES_MAX 100u

/* Octets of chunk extensions in one request's content: they carry nothing,
 * so that more of them is only a way to keep the server busy. */
#define CHUNK_EXTENSION_BYTES_MAX 1024u

/* Content is read and dropped; beyond this the client is told to stop. */
#define MAX_BODY_BYTES_DEFAULT (1024u * 1024)

/* --- Deadlines ----------------------------------------------------------- */

/* A client between requests: closed silently, frees the descriptor. */
#define KEEPALIVE_MSEC_DEFAULT (60u * 1000)

/* From a request's first octet to its last: no drip keeps a connection. */
#define REQUEST_MSEC_DEFAULT (10u * 1000)

/* From the signal to the end; the unit's TimeoutStopSec= has to be longer. */
#define DRAIN_MSEC_DEFAULT (10u * 1000)

/* A send without progress: the client has stopped reading. */
#define SEND_STALL_MSEC (30u * 1000)

/* A lingering close reads off what still comes, so that no reset overtakes
 * the answer (RFC 9112 9.6), but neither for ever nor without bound. */
#define LINGER_MSEC (5u * 1000)
#define LINGER_BYTES_MAX (16u * 1024 * 1024)

/* Under a drain, a client that has connected but not yet asked gets this
 * long for its first request to arrive: it is on its way.  So long, too, who
 * is to be handed over may ask on: longer, and busy clients put off the end. */
#define DRAIN_GRACE_MSEC 1000u

/* At the connection limit, a client in the queue waits at most this long
 * for room before a connection that has idled, or lingered, as long makes way;
 * and one that does not read, this long before its request would be late. */
#define ROOM_WAIT_MSEC 1000u

/* A worker that has more than its share of clients leaves new ones to the
 * others for so long: whom they do not notice waits no longer than this. */
#define STAND_BACK_MSEC 1u

/* STATUS= is refreshed at most this often. */
#define STATUS_MSEC (5u * 1000)

/* The end waits this long until the manager has taken the connections that
 * were handed over; together with the drain less than TimeoutStopSec=. */
#define BARRIER_MSEC (5u * 1000)

/* "infinity" as a TIME: a deadline that never comes. */
#define INFINITE_MSEC UINT64_MAX

/* The largest TIME an option takes, apart from "infinity": one year. */
#define TIME_MSEC_MAX (365ull * 24 * 60 * 60 * 1000)

/* At a second signal, or past the drain's deadline, workers that do not
 * answer within this are left behind: the process ends. */
#define ABORT_MSEC 1000u

/* --- Sizes of the process ------------------------------------------------ */

#define MAX_CONNECTIONS_DEFAULT 10000u
#define MAX_CONNECTIONS_MAX 10000000u
#define WORKERS_DEFAULT 1u
#define WORKERS_MAX 1024u

/* Descriptors kept back from connections: the standard ones, event loops,
 * timers, the log, large content, the body file at a reload, and some for
 * libc. */
#define RESERVED_DESCRIPTORS 32u

/* The kernel cuts this to net.core.somaxconn. */
#define LISTEN_BACKLOG 4096

/* One receive: holds the largest head with room to spare, so that a head
 * that is still incomplete always has room to grow. */
#define RECEIVE_BYTES (32u * 1024)

/* What one receive's answers are gathered in before they are sent. */
#define BATCH_BYTES (64u * 1024)

/* What the kernel holds for a TCP client that has not left yet; what is on its
 * way comes on top.  The kernel's own bound is net.ipv4.tcp_wmem, megabytes:
 * a few hundred clients that do not read would leave no memory to all TCP of
 * the machine. */
#define UNSENT_BYTES (128u * 1024)

/* systemd.socket(5) allows no longer FileDescriptorName=; the environment
 * that it comes through may hold any. */
#define FD_NAME_BYTES_MAX 255u

/* Names of sockets that the next process is passed, with their colons: Linux
 * lets a string of the environment have 128 KiB with its name and its end. */
#define PASSED_NAMES_BYTES_MAX (128u * 1024 - 64)

/* Entries that wait for the journal, which takes what it gets slower than
 * requests can come: some 2,000 of them, so that a burst is not lost.  As many
 * again are on their way. */
#define JOURNAL_QUEUE_BYTES (1024u * 1024)

/* Of an entry's text, whose fields have what is cut off. */
#define JOURNAL_TEXT_BYTES_MAX (28u * 1024)

/* Of all of an entry: what any system's sockets take in one piece
 * (net.core.wmem_max).  For more, sd_journal_sendv(3) would make a file in
 * memory for each entry, written by writev(2), which the sandbox ends. */
#define JOURNAL_ENTRY_BYTES_MAX (64u * 1024)

/* At the end: a journal that does not take the last entries within this is
 * left alone.  TimeoutStopSec= has to have room for it. */
#define JOURNAL_END_MSEC (2u * 1000)

/* What malloc(3) keeps of what was freed last; more goes to the system, so that
 * a crowd's memory does not stay when the crowd has gone. */
#define FREE_BYTES (128 * 1024)

/* --- What that comes to in memory: asserted by tests/hostile -------------- */

/* The program, libraries included, with one worker and no clients. */
#define PROCESS_BYTES_MAX (6 * 1024 * 1024)

/* Each worker beside the first. */
#define WORKER_BYTES_MAX (1024 * 1024)

/* A connection; and, beside its octets, a request that it keeps, or answers. */
#define CONNECTION_BYTES_MAX 160u

/* --- What nobody notices ------------------------------------------------- */

/* The first memory of a request that did not arrive whole; it doubles. */
#define PARTIAL_BYTES_MIN 512u

/* After so many connections at once, memory is looked through when they have
 * gone: often enough for memory, too rarely to cost time. */
#define CROWD_MIN 16u

/* What is read of a body file at once. */
#define BODY_FILE_PIECE_BYTES (16u * 1024)

/* Events taken from epoll at once: bounds how long one round lasts. */
#define EVENTS_MAX 128

#endif
