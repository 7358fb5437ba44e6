/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * The main() of a target that is not fuzzed but only replayed: it is fed each
 * file once, the arguments or else the files of its corpus, which has the
 * program's name.  Prints TAP, a test for each file, and always exits 0 when
 * that is done: what has failed is in the TAP.
 *
 * A child is fed one file after the other.  When it ends before the last of
 * them, the one that it was at has failed, and another goes on behind it.  So
 * a crash costs one test, and none is hidden by another.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz.h"

/* Valgrind, on a slow machine: some hundred times what the longest takes. */
#define FILE_SEC_MAX 100

/* Which file a child is at; in memory that is shared with it. */
static volatile int *at;

static void die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

static void feed(const char *path)
{
	static char octets[1024 * 1024];
	FILE *file = fopen(path, "r");
	size_t bytes;
	char *exact;

	if (!file)
		die(path);
	bytes = fread(octets, 1, sizeof(octets), file);
	if (ferror(file) || bytes == sizeof(octets))
		die(path);
	fclose(file);
	exact = exact_copy(octets, bytes);
	LLVMFuzzerTestOneInput((const uint8_t *)exact, bytes);
	free(exact);
}

static void feed_all(char *paths[], int n)
{
	for (; *at < n; ++*at) {
		alarm(FILE_SEC_MAX);
		feed(paths[*at]);
		printf("ok %d - %s\n", *at + 1, paths[*at]);
		fflush(stdout);
	}
}

/* Returns the status of a child that went on from *at. */
static int feed_in_child(char *paths[], int n)
{
	pid_t child;
	int status = 0;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		feed_all(paths, n);
		exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		die("fork");
	return status;
}

static void replay(char *paths[], int n)
{
	printf("1..%d\n", n);
	while (*at < n) {
		int status = feed_in_child(paths, n);

		if (status == 0)
			continue;
		/* Behind the last file are the leaks of all of them. */
		printf("not ok %d - %s\n# %s %d\n", *at + 1,
		       *at < n ? paths[*at] : "the end",
		       WIFSIGNALED(status) ? "signal" : "exit status",
		       WIFSIGNALED(status) ? WTERMSIG(status)
					   : WEXITSTATUS(status));
		++*at;
	}
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Returns how many. */
static int list_corpus(char ***ret_paths)
{
	struct dirent **entries;
	char directory[256], **paths;
	int n;

	snprintf(directory, sizeof(directory), "tests/fuzz/corpus/%s",
		 program_invocation_short_name);
	n = scandir(directory, &entries, is_visible, alphasort);
	paths = n > 0 ? calloc((size_t)n, sizeof(*paths)) : NULL;
	if (!paths)
		die(directory);
	for (int i = 0; i < n; i++) {
		if (asprintf(&paths[i], "%s/%s", directory,
			     entries[i]->d_name) < 0)
			die(directory);
		free(entries[i]);
	}
	free(entries);
	*ret_paths = paths;
	return n;
}

int main(int argc, char *argv[])
{
	char **paths = argv + 1;
	int n = argc - 1;

	at = mmap(NULL, sizeof(*at), PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		die("mmap");
	if (n == 0)
		n = list_corpus(&paths);
	replay(paths, n);
	fflush(stdout);
	_exit(0);
}
