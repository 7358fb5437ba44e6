/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * usage: hold_thread TID
 *
 * Stops one thread of a running process, as if it hung, while all others go
 * on.  Prints "held" once it stands, and lets it go when standard input ends,
 * or when this program is ended in any way: the kernel detaches it then.
 *
 * Exit status: 0; 1 where the system says no; 2 for misuse.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static int fail(const char *what, pid_t tid)
{
	fprintf(stderr, "hold_thread: Failed to %s thread %d: %s\n", what,
		(int)tid, strerror(errno));
	return EXIT_FAILURE;
}

static void on_child(int signal_number)
{
	(void)signal_number;
}

/* Until standard input ends.  A thread that dies meanwhile is a zombie, and
 * its process does not end, until its tracer has waited for it. */
static void wait_for_end_of_input(pid_t tid, const sigset_t *while_waiting)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	bool is_ended = false;
	char ignored[64];
	int status;

	while (!is_ended) {
		if (waitpid(tid, &status, __WALL | WNOHANG) == tid &&
		    !WIFSTOPPED(status))
			exit(EXIT_SUCCESS);
		if (ppoll(&input, 1, NULL, while_waiting) > 0)
			is_ended = read(STDIN_FILENO, ignored,
					sizeof(ignored)) <= 0;
	}
}

int main(int argc, char *argv[])
{
	const struct sigaction action = {.sa_handler = on_child};
	pid_t tid = argc == 2 ? (pid_t)strtol(argv[1], NULL, 10) : 0;
	sigset_t blocked, before;
	int status;

	if (tid <= 0) {
		fputs("usage: hold_thread TID\n", stderr);
		return 2;
	}
	/* SIGCHLD comes in ppoll() only, so that none is missed. */
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGCHLD);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	sigdelset(&before, SIGCHLD);
	sigaction(SIGCHLD, &action, NULL);

	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) < 0)
		return fail("seize", tid);
	if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) < 0 ||
	    waitpid(tid, &status, __WALL) < 0)
		return fail("stop", tid);
	puts("held");
	fflush(stdout);
	wait_for_end_of_input(tid, &before);
	if (ptrace(PTRACE_DETACH, tid, NULL, NULL) < 0 && errno != ESRCH)
		return fail("let go of", tid);
	return EXIT_SUCCESS;
}
