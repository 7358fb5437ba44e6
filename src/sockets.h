/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * Where sockets come from: systemd (sd_listen_fds(3)), an inetd's standard
 * input, or addresses that the program binds itself.  What a passed
 * descriptor is, is asked of the kernel and never inferred.
 */
#ifndef SOCKETS_H
#define SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct message;

struct listener {
	int fd;		   /* does not block */
	char *address;	   /* "http://127.0.0.1:8000/" or "unix:/PATH" */
	char *fd_name;	   /* FileDescriptorName= of its unit, or NULL */
	bool is_own;	   /* bound here, so that nobody else accepts from it */
	char *path;	   /* to unlink at the end, or NULL */
	dev_t path_device; /* which file it was when it was bound */
	ino_t path_inode;
};

/* A client that arrived connected, through a super-server's door or out of
 * the manager's file-descriptor store (FDSTORE=1 in sd_notify(3)). */
struct passed_client {
	int fd; /* -1: taken over */
	char *fd_name;
};

struct sockets {
	struct listener *listeners;
	size_t n_listeners;
	struct passed_client *clients;
	size_t n_clients;
	bool are_passed;
};

struct sockets_source {
	bool is_inetd;	     /* standard input is a socket */
	bool must_be_passed; /* --exit-idle-time was given */
	const char **addresses;
	size_t n_addresses;
};

/* Is text an address of --listen: HOST:PORT, [IPV6]:PORT, :PORT, PORT, /PATH
 * or unix:/PATH?  0, or -EINVAL and why not. */
int sockets_check_address(const char *text, struct message *ret_message);

/* The first door that has a socket: systemd's, standard input, own ones.
 * Returns 0; -EINVAL for misuse; another negative errno where the system says
 * no.  On failure nothing is left open, bound or in the file system.  Called
 * once, before any thread; takes LISTEN_* out of the environment. */
int sockets_open(const struct sockets_source *source,
		 struct sockets *ret_sockets, struct message *ret_message);

/* Closes the listeners and unlinks the paths that were bound here, unless
 * somebody else's socket has taken the place. */
void sockets_close_listeners(struct sockets *sockets);

/* Ends all of it, half-built ones too.  Who takes a client over sets its fd
 * to -1; the names last as long as this. */
void sockets_done(struct sockets *sockets);

#endif
