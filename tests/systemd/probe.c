/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * Makes each system call of a list, in a process for each, and tells which of
 * them was not the last that its process made.  The list is forbidden.h, lines
 * of {"NAME", NUMBER}, which filter.bats writes; the arguments are all zero.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
	const char *name;
	long number;
} calls[] = {
#include "forbidden.h"
};

int main(void)
{
	int survivors = 0;

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		int status = 0;
		pid_t child = fork();

		if (child == 0) {
			syscall(calls[i].number, 0, 0, 0, 0, 0, 0);
			_exit(0);
		}
		if (child < 0 || waitpid(child, &status, 0) != child)
			return 2;
		if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
			continue;
		dprintf(STDOUT_FILENO, "%s: status %#x\n", calls[i].name,
			(unsigned int)status);
		survivors = 1;
	}
	return survivors;
}
