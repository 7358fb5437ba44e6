/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * The command line, as a struct that never changes again.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "log.h"
#include "response.h"
#include "sockets.h"

enum options_action {
	OPTIONS_RUN,
	OPTIONS_PRINT_HELP,
	OPTIONS_PRINT_VERSION,
};

struct options {
	enum options_action action;
	struct sockets_source sockets;
	bool has_listen; /* --listen was given */
	struct response_source response;
	/* Milliseconds; INFINITE_MSEC: never. */
	uint64_t keepalive_msec;
	uint64_t request_msec;
	uint64_t drain_msec;
	uint64_t exit_idle_msec;
	uint64_t max_body_bytes;
	unsigned int max_connections; /* 0: the default */
	unsigned int workers;	      /* 0: as many as CPUs */
	bool has_log;		      /* --log was given */
	enum log_requests log;
};

/* What --help prints; fits a screen of 80 columns and 24 lines. */
extern const char options_help[];

/* Returns 0, -ENOMEM, or -EINVAL for misuse; then ret_message names the value
 * and what would be valid.  The strings are argv's. */
int options_parse(int argc, char *argv[], struct options *ret_options,
		  struct message *ret_message);

void options_done(struct options *options);

#endif
