/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * How long does the first client wait for a server that does not run yet?
 *
 *   activate PORT COUNT REQUEST_FILE COMMAND...
 *
 * As systemd does it: listens on the port, waits for a client, and then starts
 * COMMAND with the listening socket as descriptor 3, told by LISTEN_PID and
 * LISTEN_FDS; and by NGINX, as nginx tells itself at its upgrade.  The client
 * is this program, too.  Its clock runs from before its connect() until the
 * first octet of the answer is there, fork, exec and the server's start
 * included.  Then the server is killed, and all is done again.
 *
 * Prints microseconds, a line for each start.  A first one is not counted: it
 * brings the program's file into memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_SEC 20
#define PASSED_FD 3

static pid_t server;

static void kill_server(void)
{
	if (server > 0)
		(void)kill(-server, SIGKILL);
}

/* With its children, which are this program's when it has gone; they hold the
 * listener, too. */
static void end_server(void)
{
	kill_server();
	while (wait(NULL) >= 0 || errno == EINTR) {
	}
	server = 0;
}

/* So that no server stays behind. */
static void on_signal(int number)
{
	(void)number;
	kill_server();
	_exit(EXIT_FAILURE);
}

static _Noreturn void fail(const char *what)
{
	int error = errno;

	end_server();
	(void)fprintf(stderr, "activate: %s: %s\n", what, strerror(error));
	exit(EXIT_FAILURE);
}

static double now_usec(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static struct sockaddr_in address_of(const char *port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static int open_socket(void)
{
	struct timeval patience = {.tv_sec = PATIENCE_SEC};
	int one = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		fail("socket");
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
			 sizeof(patience));
	return fd;
}

static _Noreturn void become_server(int listener, char **command, pid_t parent)
{
	char pid[16];

	/* Whatever ends this program ends that one, too. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	(void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
	(void)setenv("LISTEN_PID", pid, 1);
	(void)setenv("LISTEN_FDS", "1", 1);
	(void)setenv("NGINX", "3;", 1);
	/* The listener may be this one already, but closes at exec. */
	listener = fcntl(listener, F_DUPFD, PASSED_FD + 1);
	if (listener < 0 || dup2(listener, PASSED_FD) < 0)
		_exit(127);
	(void)close(listener);
	(void)execvp(command[0], command);
	perror(command[0]);
	_exit(127);
}

/* What the manager does. */
static void start_when_asked(int listener, char **command)
{
	struct pollfd somebody = {.fd = listener, .events = POLLIN};
	pid_t parent = getpid();
	sigset_t signals, before;

	if (poll(&somebody, 1, PATIENCE_SEC * 1000) != 1)
		fail("nobody came");
	/* on_signal() is to know it, and its group. */
	(void)sigfillset(&signals);
	(void)sigprocmask(SIG_BLOCK, &signals, &before);
	server = fork();
	(void)setpgid(server, server);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	if (server < 0)
		fail("fork");
	if (server == 0)
		become_server(listener, command, parent);
}

static double first_octet_usec(const char *port, const char *request,
			       size_t request_bytes, char **command)
{
	struct sockaddr_in address = address_of(port);
	int listener = open_socket();
	int client = open_socket();
	double start, usec;
	char octet;

	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(listener, SOMAXCONN) < 0)
		fail("listen");
	start = now_usec();
	if (connect(client, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    send(client, request, request_bytes, MSG_NOSIGNAL) !=
		    (ssize_t)request_bytes)
		fail("connect");
	start_when_asked(listener, command);
	if (recv(client, &octet, 1, 0) != 1 || octet != 'H')
		fail("no answer");
	usec = now_usec() - start;
	(void)close(client);
	(void)close(listener);
	end_server();
	return usec;
}

int main(int argc, char **argv)
{
	char request[16384];
	size_t request_bytes;
	unsigned long count;
	double usec;
	FILE *file;

	if (argc < 5) {
		(void)fputs("usage: activate PORT COUNT REQUEST_FILE"
			    " COMMAND...\n",
			    stderr);
		return 2;
	}
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		fail("prctl");
	(void)signal(SIGINT, on_signal);
	(void)signal(SIGTERM, on_signal);
	count = strtoul(argv[2], NULL, 10);
	file = fopen(argv[3], "rbe");
	if (!file)
		fail(argv[3]);
	request_bytes = fread(request, 1, sizeof(request), file);
	(void)fclose(file);
	for (unsigned long i = 0; i <= count; i++) {
		usec = first_octet_usec(argv[1], request, request_bytes,
					argv + 4);
		if (i > 0)
			(void)printf("%.1f\n", usec);
	}
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
