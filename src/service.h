/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * The control plane: what makes a program that serves clients a service.
 * Signals, sd_notify(3), the watchdog, idle exit, reload, drain.
 */
#ifndef SERVICE_H
#define SERVICE_H

#include "options.h"
#include "response.h"
#include "sockets.h"

struct message;

/* Serves until told to stop, or until no listener and no connection is left.
 * Takes over the clients in sockets, and the caller's reference to the
 * response, which goes when a reload replaces it; closes the listeners in
 * sockets when they are no longer accepted from.  Called once, by the main
 * thread, before any other exists.  Returns 0 or a negative errno with its
 * message; where a worker hangs, so that nothing which it may still use can be
 * freed, it ends the process instead. */
int service_run(const struct options *options, struct sockets *sockets,
		struct response *response, struct message *ret_message);

#endif
