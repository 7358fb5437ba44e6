/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * The least that a program can be which takes its socket from systemd: linked
 * to libsystemd, it looks for the socket, and sends each client constant octets
 * without reading what it was asked.  It has no options, no event loop and no
 * log.
 *
 *   empty PORT     (or it is passed a listening socket, then any PORT)
 */
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

static int listen_on(uint16_t port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr = {htonl(INADDR_LOOPBACK)},
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, SOMAXCONN) < 0)
		return -1;
	return fd;
}

int main(int argc, char **argv)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\n"
				     "Content-Length: 20\r\n"
				     "\r\n"
				     "<h1>Hello World</h1>";
	int listener = SD_LISTEN_FDS_START, fd;

	if (argc != 2) {
		(void)fputs("usage: empty PORT\n", stderr);
		return 2;
	}
	if (sd_listen_fds(1) != 1)
		listener = listen_on((uint16_t)strtoul(argv[1], NULL, 10));
	while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		(void)send(fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL);
		(void)close(fd);
	}
	perror("empty: accept");
	return EXIT_FAILURE;
}
