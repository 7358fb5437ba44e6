/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * The least that a server with epoll can do: the physical limit, beside which
 * others are measured.
 *
 *   floor PORT REQUEST_BYTES ANSWER_FILE [close]
 *
 * accept4(), recv() and send() of constant octets, and nothing else; sendfile()
 * of an answer that is too large to be copied, when the socket has room.
 * Requests are not parsed: each has REQUEST_BYTES, so that their number is
 * known from the number of octets.  Nothing is logged, no deadline kept, no
 * limit observed, no clock read.  With "close", a connection is closed after
 * its first answer.
 *
 * It is no HTTP server.  What a real one takes beyond this is the price of
 * being one.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define FDS_MAX 1048576
#define ANSWER_BYTES_MAX 4096
#define TOGETHER_MAX 64
#define EVENTS_MAX 128

static size_t request_bytes, answer_bytes;
static bool closes;
/* As many answers as one receive may ask for. */
static char answers[TOGETHER_MAX * ANSWER_BYTES_MAX];
/* Octets of a request that has not come whole, by descriptor. */
static uint16_t partial[FDS_MAX];
/* -1: the answer is in answers. */
static int large_fd = -1;
/* How much of a large answer has gone, by descriptor. */
static off_t sent[FDS_MAX];

static int failed(const char *what)
{
	perror(what);
	return EXIT_FAILURE;
}

static void wait_for(int epoll_fd, int fd, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.fd = fd};

	if (epoll_ctl(epoll_fd, EPOLL_CTL_MOD, fd, &event) < 0)
		(void)close(fd);
}

/* One at a time: whoever asks for more before it has come asks in vain. */
static void send_large(int epoll_fd, int fd, bool has_waited)
{
	ssize_t n = sendfile(fd, large_fd, &sent[fd],
			     answer_bytes - (size_t)sent[fd]);

	if ((n < 0 && errno != EAGAIN) || n == 0) {
		(void)close(fd);
	} else if ((size_t)sent[fd] < answer_bytes) {
		if (!has_waited)
			wait_for(epoll_fd, fd, EPOLLOUT);
	} else {
		sent[fd] = 0;
		if (has_waited)
			wait_for(epoll_fd, fd, EPOLLIN);
	}
}

static void answer(int epoll_fd, int fd)
{
	char buffer[32768];
	size_t most = TOGETHER_MAX * request_bytes - partial[fd];
	ssize_t n = recv(fd, buffer,
			 most < sizeof(buffer) ? most : sizeof(buffer), 0);
	size_t bytes, count;

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		(void)close(fd);
		return;
	}
	bytes = partial[fd] + (size_t)n;
	count = bytes / request_bytes;
	partial[fd] = (uint16_t)(bytes % request_bytes);
	if (count == 0)
		return;
	if (large_fd >= 0) {
		send_large(epoll_fd, fd, false);
		return;
	}
	/* Who does not read is not waited for. */
	if (send(fd, answers, count * answer_bytes, MSG_NOSIGNAL) !=
		    (ssize_t)(count * answer_bytes) ||
	    closes)
		(void)close(fd);
}

static void greet(int epoll_fd, int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	if (fd < 0)
		return;
	if (fd >= FDS_MAX ||
	    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
		(void)close(fd);
		return;
	}
	partial[fd] = 0;
	sent[fd] = 0;
}

static int serve(int listener)
{
	struct epoll_event events[EVENTS_MAX];
	struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	int n;

	if (epoll_fd < 0 ||
	    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &event) < 0)
		return failed("epoll");
	for (;;) {
		n = epoll_wait(epoll_fd, events, EVENTS_MAX, -1);
		for (int i = 0; i < n; i++) {
			if (events[i].data.fd == listener)
				greet(epoll_fd, listener);
			else if (events[i].events & EPOLLOUT)
				send_large(epoll_fd, events[i].data.fd, true);
			else
				answer(epoll_fd, events[i].data.fd);
		}
	}
}

static int read_answer(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0 || status.st_size == 0)
		return -1;
	answer_bytes = (size_t)status.st_size;
	if (answer_bytes > ANSWER_BYTES_MAX) {
		large_fd = fd;
		return 0;
	}
	if (read(fd, answers, answer_bytes) != (ssize_t)answer_bytes)
		return -1;
	(void)close(fd);
	for (size_t i = 1; i < TOGETHER_MAX; i++)
		memcpy(answers + i * answer_bytes, answers, answer_bytes);
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	int one = 1;
	int listener;

	if (argc < 4 || argc > 5) {
		(void)fputs("usage: floor PORT REQUEST_BYTES ANSWER_FILE"
			    " [close]\n",
			    stderr);
		return 2;
	}
	request_bytes = strtoul(argv[2], NULL, 10);
	closes = argc == 5;
	if (request_bytes == 0 || read_answer(argv[3]) < 0)
		return failed(argv[3]);
	address.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	/* As sendfile(2) has no flag for it. */
	(void)signal(SIGPIPE, SIG_IGN);
	listener =
		socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	(void)setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	(void)setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(listener, SOMAXCONN) < 0)
		return failed("listen");
	return serve(listener);
}
