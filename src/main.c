/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * hello-http: answers every HTTP request with one fixed response.
 *
 * The story: read the command line, make the answer, find the sockets, serve
 * until there is nobody left to serve.  Start reading here, then sockets.c
 * (where sockets come from), service.c (what makes it a service), and the way
 * of a client's octets: worker.c, connection.c, request.c, response.c.
 */
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "options.h"
#include "response.h"
#include "service.h"
#include "sockets.h"
#include "tunables.h"

/* EXIT STATUS of the man page. */
enum {
	EXIT_CLEAN = 0,
	EXIT_FAILED = 1,
	EXIT_MISUSED = 2,
};

static int exit_status_of(int r, const struct message *message)
{
	if (r >= 0)
		return EXIT_CLEAN;
	return message->is_misuse ? EXIT_MISUSED : EXIT_FAILED;
}

/* Output that nobody got is a failure (think of > /dev/full). */
static int print(const char *text, struct message *ret_message)
{
	if (fputs(text, stdout) < 0 || fflush(stdout) < 0)
		return message_set(ret_message, EIO,
				   "Failed to write to standard output: %s",
				   strerror(errno));
	return 0;
}

/* What depends on the door that the sockets came through. */
static void fit_to_door(struct options *options, const struct sockets *sockets)
{
	if (sockets->are_passed && options->has_listen)
		log_message(LOG_NOTICE,
			    "A socket was passed: --listen is not used");
	if (!sockets->are_passed && !options->has_log)
		options->log = LOG_REQUESTS_ANSWERS;
}

static int serve(struct options *options, struct message *ret_message)
{
	struct sockets sockets = {0};
	struct response *response;
	int r = response_create(&options->response, &response, ret_message);

	if (r < 0)
		return r;
	r = sockets_open(&options->sockets, &sockets, ret_message);
	if (r < 0) {
		response_unref(response);
		return r;
	}
	fit_to_door(options, &sockets);
	r = service_run(options, &sockets, response, ret_message);
	sockets_done(&sockets);
	return r;
}

static int act(struct options *options, struct message *ret_message)
{
	switch (options->action) {
	case OPTIONS_PRINT_HELP:
		return print(options_help, ret_message);
	case OPTIONS_PRINT_VERSION:
		return print("hello-http " VERSION "\n", ret_message);
	case OPTIONS_RUN:
		break;
	}
	return serve(options, ret_message);
}

/* What clients took goes back to the system when they have gone: glibc would
 * keep free pieces that are small for the next use, and so all below them.  And
 * threads share one heap, since they hardly ever ask for memory: one each would
 * only take pages, and time at the start. */
static void keep_memory_small(void)
{
#ifdef __GLIBC__
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_MXFAST, 0);
	/* A constant: the first large piece that is freed would raise it. */
	mallopt(M_TRIM_THRESHOLD, FREE_BYTES);
	/* Gives nothing back, but begins glibc's heap where malloc(3) is not
	 * glibc's, as with a sanitizer: malloc_trim(3) does that without a
	 * lock, and two workers might be the first to call it. */
	malloc_trim(SIZE_MAX);
#endif
}

int main(int argc, char *argv[])
{
	struct options options = {0};
	struct message message = {0};
	int r;

	keep_memory_small();
	log_open();
	r = options_parse(argc, argv, &options, &message);
	if (r >= 0)
		r = act(&options, &message);
	if (r < 0)
		log_message(LOG_ERR, "%s", message.text);
	options_done(&options);
	log_close();
	return exit_status_of(r, &message);
}
