/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * The limit of activation: linked to libsystemd like any service that takes
 * its socket from it, it looks for the socket, accepts one client, sends
 * constant octets and ends.  It has no options, no event loop and no log, and
 * does not read what it was asked.
 */
#include <stdlib.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

int main(void)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\n"
				     "Content-Length: 20\r\n"
				     "\r\n"
				     "<h1>Hello World</h1>";
	int fd;

	if (sd_listen_fds(1) != 1)
		return 2;
	fd = accept4(SD_LISTEN_FDS_START, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0 || send(fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL) < 0)
		return EXIT_FAILURE;
	return EXIT_SUCCESS;
}
