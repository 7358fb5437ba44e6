/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * Lesson one: how a program gets at its sockets.
 *
 * Three doors, tried in order.  Behind the first two somebody else has bound
 * and listened already, and keeps the socket when this process ends: such a
 * listener is neither shut down nor unlinked here, and clients that wait in
 * its queue are served by the next process.  Only behind the third is there
 * an address to parse, to bind and to clean up.
 *
 * Knows nothing of HTTP, of threads or of event loops.
 */
#include "sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "log.h"
#include "tunables.h"

#define HOST_DEFAULT "127.0.0.1"

/* --- The list of sockets ------------------------------------------------- */

static int out_of_memory(struct message *ret_message)
{
	return message_set(ret_message, ENOMEM, "Failed to list sockets: %s",
			   strerror(ENOMEM));
}

/* The address of a bound socket, as a user would type it.  A link-local one
 * that was passed has the number of its interface, not the name: the socket
 * may be of another network namespace, where names are others, and not to ask
 * for them spares the sandbox ioctl(2). */
static char *address_text(int fd, bool is_own)
{
	union {
		struct sockaddr_storage storage;
		struct sockaddr any;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	} address = {0};
	socklen_t bytes = sizeof(address);
	char host[NI_MAXHOST], port[NI_MAXSERV], *text = NULL;
	char zone[sizeof("%4294967295")] = "";
	bool has_brackets;

	if (getsockname(fd, &address.any, &bytes) < 0)
		return strdup("(unknown address)");
	has_brackets = address.any.sa_family == AF_INET6;
	if (address.any.sa_family == AF_UNIX) {
		/* An unnamed or abstract one has nothing to show. */
		if (asprintf(&text, "unix:%.*s",
			     (int)sizeof(address.un.sun_path),
			     address.un.sun_path) < 0)
			return NULL;
		return text;
	}
	if (!is_own && has_brackets && address.in6.sin6_scope_id != 0) {
		snprintf(zone, sizeof(zone), "%%%u", address.in6.sin6_scope_id);
		address.in6.sin6_scope_id = 0;
	}
	if (getnameinfo(&address.any, bytes, host, sizeof(host), port,
			sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return strdup("(unknown address)");
	if (asprintf(&text, "http://%s%s%s%s:%s/", has_brackets ? "[" : "",
		     host, zone, has_brackets ? "]" : "", port) < 0)
		return NULL;
	return text;
}

/* NULL for NULL. */
static int copy_name(const char *name, char **ret_copy)
{
	*ret_copy = name ? strdup(name) : NULL;
	return name && !*ret_copy ? -ENOMEM : 0;
}

/* Inherited by each accepted socket, so that none needs a call of its own.
 * AF_UNIX knows no such option: there the kernel's bound is a small one. */
static void limit_unsent(int fd)
{
	const int bytes = UNSENT_BYTES;

	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof(bytes));
}

/* Takes fd over in every case. */
static int add_listener(struct sockets *sockets, int fd, const char *fd_name,
			bool is_own, struct message *ret_message)
{
	struct listener *listeners =
		reallocarray(sockets->listeners, sockets->n_listeners + 1,
			     sizeof(*listeners));
	struct listener *listener;

	if (!listeners) {
		close(fd);
		return out_of_memory(ret_message);
	}
	limit_unsent(fd);
	sockets->listeners = listeners;
	listener = &listeners[sockets->n_listeners++];
	*listener = (struct listener){.fd = fd,
				      .is_own = is_own,
				      .address = address_text(fd, is_own)};
	if (!listener->address || copy_name(fd_name, &listener->fd_name) < 0)
		return out_of_memory(ret_message);
	return 0;
}

static int add_client(struct sockets *sockets, int fd, const char *fd_name,
		      struct message *ret_message)
{
	struct passed_client *clients = reallocarray(
		sockets->clients, sockets->n_clients + 1, sizeof(*clients));
	struct passed_client *client;

	if (!clients) {
		close(fd);
		return out_of_memory(ret_message);
	}
	limit_unsent(fd);
	sockets->clients = clients;
	client = &clients[sockets->n_clients++];
	client->fd = fd;
	if (copy_name(fd_name, &client->fd_name) < 0)
		return out_of_memory(ret_message);
	return 0;
}

/* --- Doors one and two: a socket that somebody passed -------------------- */

/* Passed descriptors arrive blocking, and neither accept(2) nor sendfile(2) has
 * a flag to say "not now".  Where two workers are woken for one client, or the
 * client is gone already, the second would sleep in it; where a client does not
 * read, all others of its worker would wait for it.
 *
 * Whoever shares the socket has it so, too: a manager only keeps it, the next
 * process of this program wants it so, and standard output and error, where an
 * inetd has put it there, are never written to (log_open()). */
static int stop_blocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	return 0;
}

static bool is_known_family(int fd)
{
	return sd_is_socket(fd, AF_INET, SOCK_STREAM, -1) > 0 ||
	       sd_is_socket(fd, AF_INET6, SOCK_STREAM, -1) > 0 ||
	       sd_is_socket(fd, AF_UNIX, SOCK_STREAM, -1) > 0;
}

static bool is_connected(int fd)
{
	struct sockaddr_storage peer;
	socklen_t bytes = sizeof(peer), error_bytes = sizeof(int);
	int error = 0;

	if (getpeername(fd, (struct sockaddr *)&peer, &bytes) == 0)
		return true;
	/* A client that has gone with a reset was a client all the same. */
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_bytes) ==
		       0 &&
	       error != 0;
}

/* What a passed descriptor is; 0, or a negative errno and why it is of no
 * use. */
static int check_passed(int fd, const char *label, bool *ret_is_listening,
			struct message *ret_message)
{
	int r;

	if (!is_known_family(fd))
		return message_set(ret_message, EPROTOTYPE,
				   "Passed descriptor %d (%s) is no stream "
				   "socket of IPv4, IPv6 or AF_UNIX: use "
				   "ListenStream=",
				   fd, label);
	*ret_is_listening = sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1) > 0;
	if (!*ret_is_listening && !is_connected(fd))
		return message_set(ret_message, ENOTCONN,
				   "Passed descriptor %d (%s) neither listens "
				   "nor is connected",
				   fd, label);
	r = stop_blocking(fd);
	if (r < 0)
		return message_set(ret_message, -r,
				   "Failed to set O_NONBLOCK on passed "
				   "descriptor %d (%s): %s",
				   fd, label, strerror(-r));
	return 0;
}

/* Takes fd over in every case; label is what messages call it. */
static int add_passed(struct sockets *sockets, int fd, const char *label,
		      const char *fd_name, struct message *ret_message)
{
	bool is_listening = false;
	int r = check_passed(fd, label, &is_listening, ret_message);

	if (r < 0) {
		close(fd);
		return r;
	}
	if (is_listening)
		return add_listener(sockets, fd, fd_name, false, ret_message);
	return add_client(sockets, fd, fd_name, ret_message);
}

/* sd_listen_fds_with_names(3): that is what it calls one without a name. */
static bool is_named(const char *name)
{
	return strcmp(name, "unknown") != 0;
}

static int open_from_systemd(struct sockets *sockets,
			     struct message *ret_message)
{
	char **names = NULL;
	int n = sd_listen_fds_with_names(1, &names), r = 0;

	if (n < 0)
		return message_set(ret_message, -n,
				   "Failed to take sockets from systemd: %s",
				   strerror(-n));
	sockets->are_passed = n > 0;
	for (int i = 0; i < n && r == 0; i++)
		r = add_passed(sockets, SD_LISTEN_FDS_START + i, names[i],
			       is_named(names[i]) ? names[i] : NULL,
			       ret_message);
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
	return r;
}

static int open_from_stdin(struct sockets *sockets, struct message *ret_message)
{
	int fd;

	if (sd_is_socket(STDIN_FILENO, AF_UNSPEC, SOCK_STREAM, -1) <= 0)
		return message_set_misuse(
			ret_message, "Standard input is no stream socket: "
				     "--inetd is for a line in inetd.conf or "
				     "StandardInput=socket");
	/* A descriptor like all others, which a shell would not inherit. */
	fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return message_set(ret_message, errno,
				   "Failed to duplicate standard input: %s",
				   strerror(errno));
	sockets->are_passed = true;
	return add_passed(sockets, fd, "stdin", NULL, ret_message);
}

/* --- Door three: addresses of our own ------------------------------------ */

/* What --listen said, taken apart.  Points into the text. */
struct address {
	const char *path; /* AF_UNIX, or NULL */
	char host[NI_MAXHOST];
	char port[sizeof("65535")];
	bool is_any_host;
};

static int invalid_address(struct message *ret_message, const char *text,
			   const char *why)
{
	return message_set_misuse(
		ret_message,
		"Invalid address '%.400s': %s; expected HOST:PORT, "
		"[IPV6]:PORT, :PORT, PORT, /PATH or unix:/PATH",
		text, why);
}

static int parse_path(const char *path, const char *text,
		      struct address *ret_address, struct message *ret_message)
{
	struct sockaddr_un un;

	if (*path != '/')
		return invalid_address(ret_message, text,
				       "the path is not absolute");
	if (strlen(path) >= sizeof(un.sun_path))
		return message_set_misuse(
			ret_message,
			"Invalid address '%.400s': the path is longer "
			"than the %zu octets that a socket's may "
			"have",
			text, sizeof(un.sun_path) - 1);
	ret_address->path = path;
	return 0;
}

static bool is_port(const char *text)
{
	return strlen(text) > 0 && strlen(text) <= 5 &&
	       strspn(text, "0123456789") == strlen(text) &&
	       strtoul(text, NULL, 10) <= UINT16_MAX;
}

/* A zone may follow, as in fe80::1%eth0 (RFC 4007 11). */
static bool is_ipv6(const char *host, size_t bytes)
{
	const char *zone = memchr(host, '%', bytes);
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;

	if (zone)
		bytes = (size_t)(zone - host);
	if (bytes >= sizeof(text))
		return false;
	memcpy(text, host, bytes);
	text[bytes] = '\0';
	return inet_pton(AF_INET6, text, &address) == 1;
}

static int parse_address(const char *text, struct address *ret_address,
			 struct message *ret_message)
{
	const char *colon = strrchr(text, ':'),
		   *port = colon ? colon + 1 : text;
	const char *host = colon ? text : HOST_DEFAULT;
	size_t host_bytes = colon ? (size_t)(colon - text) : strlen(host);

	*ret_address = (struct address){0};
	if (!strncmp(text, "unix:", 5))
		return parse_path(text + 5, text, ret_address, ret_message);
	if (*text == '/')
		return parse_path(text, text, ret_address, ret_message);
	if (!is_port(port))
		return invalid_address(ret_message, text,
				       "no port from 0 to 65535");
	if (host_bytes >= 2 && host[0] == '[' && host[host_bytes - 1] == ']') {
		host++;
		host_bytes -= 2;
		if (!is_ipv6(host, host_bytes))
			return invalid_address(ret_message, text,
					       "no IPv6 address in brackets");
	} else if (memchr(host, ':', host_bytes)) {
		return invalid_address(ret_message, text,
				       "an IPv6 address needs brackets");
	}
	if (host_bytes >= sizeof(ret_address->host))
		return invalid_address(ret_message, text,
				       "the host is too long");
	memcpy(ret_address->host, host, host_bytes);
	ret_address->is_any_host = host_bytes == 0;
	strcpy(ret_address->port, port);
	return 0;
}

int sockets_check_address(const char *text, struct message *ret_message)
{
	struct address address;

	return parse_address(text, &address, ret_message);
}

/* A mend for the errors that have one. */
static const char *mend_of(int error)
{
	switch (error) {
	case EADDRINUSE:
		return "; another program listens there: stop it, or choose "
		       "another --listen";
	case EEXIST:
		return "; it is no socket: move it away, or choose another "
		       "--listen";
	case EACCES:
		return "; ports below 1024 and foreign directories need "
		       "privilege: choose another --listen, or let systemd "
		       "bind";
	case EADDRNOTAVAIL:
		return "; no interface has this address: choose another "
		       "--listen";
	default:
		return "";
	}
}

static int bind_failed(struct message *ret_message, const char *verb,
		       const char *object, int error)
{
	return message_set(ret_message, error, "Failed to %s %s: %s%s", verb,
			   object, strerror(error), mend_of(error));
}

static bool is_socket_file(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0 && S_ISSOCK(status.st_mode);
}

/* Has everyone who listened at the socket's path gone? */
static bool is_stale(const struct sockaddr_un *un)
{
	bool is_refused;
	int fd;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	is_refused =
		connect(fd, (const struct sockaddr *)un, sizeof(*un)) < 0 &&
		errno == ECONNREFUSED;
	close(fd);
	return is_refused;
}

static int bind_path(int fd, const struct sockaddr_un *un)
{
	const struct sockaddr *address = (const struct sockaddr *)un;

	if (bind(fd, address, sizeof(*un)) == 0)
		return 0;
	if (errno != EADDRINUSE)
		return -errno;
	if (!is_socket_file(un->sun_path))
		return -EEXIST;
	if (!is_stale(un) || unlink(un->sun_path) < 0)
		return -EADDRINUSE;
	return bind(fd, address, sizeof(*un)) < 0 ? -errno : 0;
}

static int add_path_listener(struct sockets *sockets, int fd, const char *path,
			     struct message *ret_message)
{
	struct listener *listener;
	struct stat status;
	int r = add_listener(sockets, fd, NULL, true, ret_message);

	if (r < 0)
		return r;
	listener = &sockets->listeners[sockets->n_listeners - 1];
	listener->path = strdup(path);
	if (!listener->path)
		return out_of_memory(ret_message);
	if (lstat(path, &status) < 0 || listen(fd, LISTEN_BACKLOG) < 0)
		return bind_failed(ret_message, "listen on", path, errno);
	listener->path_device = status.st_dev;
	listener->path_inode = status.st_ino;
	return 0;
}

static int open_path(struct sockets *sockets, const char *path,
		     struct message *ret_message)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r;

	if (fd < 0)
		return bind_failed(ret_message, "open a socket for", path,
				   errno);
	strcpy(un.sun_path, path);
	r = bind_path(fd, &un);
	if (r < 0) {
		close(fd);
		return bind_failed(ret_message, "bind", path, -r);
	}
	r = add_path_listener(sockets, fd, path, ret_message);
	if (r < 0)
		unlink(path);
	return r;
}

/* A listening socket at the address, or a negative errno. */
static int bind_and_listen(const struct addrinfo *info)
{
	int fd = socket(info->ai_family,
			SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const int on = 1;

	if (fd < 0)
		return -errno;
	/* A restart must not wait for the last connections' TIME-WAIT. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	/* Each piece of an answer is as large as it can be: nothing to wait
	 * for.  Inherited by each accepted socket, so that none needs a call of
	 * its own. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	/* Each family has its own socket: [::] must not take IPv4's place. */
	if (info->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, info->ai_addr, info->ai_addrlen) < 0 ||
	    listen(fd, LISTEN_BACKLOG) < 0) {
		int error = errno;

		close(fd);
		return -error;
	}
	return fd;
}

static in_port_t *port_of(struct sockaddr *address)
{
	if (address->sa_family == AF_INET6)
		return &((struct sockaddr_in6 *)address)->sin6_port;
	return &((struct sockaddr_in *)address)->sin_port;
}

static in_port_t bound_port(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} address = {.in6 = {0}};
	socklen_t bytes = sizeof(address);

	getsockname(fd, &address.any, &bytes);
	return *port_of(&address.any);
}

/* A host without the family, or a name for more than this machine has. */
static bool is_absent(int error)
{
	return error == EAFNOSUPPORT || error == EADDRNOTAVAIL;
}

/* /etc/hosts may name an address twice. */
static bool is_repeated(const struct addrinfo *first,
			const struct addrinfo *info)
{
	for (; first != info; first = first->ai_next)
		if (first->ai_addrlen == info->ai_addrlen &&
		    !memcmp(first->ai_addr, info->ai_addr, info->ai_addrlen))
			return true;
	return false;
}

/* Where port 0 asks the kernel to pick one, and one was picked for an earlier
 * address of the same name, that one is tried first. */
static int bind_picked(const struct addrinfo *info, in_port_t picked)
{
	struct sockaddr_storage address = {0};
	struct addrinfo with_port = *info;
	int fd;

	if (picked == 0 || *port_of(info->ai_addr) != 0)
		return bind_and_listen(info);
	memcpy(&address, info->ai_addr, info->ai_addrlen);
	with_port.ai_addr = (struct sockaddr *)&address;
	*port_of(with_port.ai_addr) = picked;
	fd = bind_and_listen(&with_port);
	return fd == -EADDRINUSE ? bind_and_listen(info) : fd;
}

/* Binds each of the addresses that a name stands for. */
static int open_each(struct sockets *sockets, const struct addrinfo *infos,
		     const char *text, struct message *ret_message)
{
	in_port_t picked = 0;
	int absent = 0, r;

	for (const struct addrinfo *info = infos; info; info = info->ai_next) {
		int fd;

		if (is_repeated(infos, info))
			continue;
		fd = bind_picked(info, picked);
		if (fd < 0 && is_absent(-fd)) {
			absent = -fd;
			continue;
		}
		if (fd < 0)
			return bind_failed(ret_message, "bind", text, -fd);
		picked = bound_port(fd);
		r = add_listener(sockets, fd, NULL, true, ret_message);
		if (r < 0)
			return r;
	}
	return picked ? 0 : bind_failed(ret_message, "bind", text, absent);
}

static int open_address(struct sockets *sockets, const char *text,
			struct message *ret_message)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
				       .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	struct addrinfo *infos;
	struct address address;
	int r = parse_address(text, &address, ret_message);

	if (r < 0)
		return r;
	if (address.path)
		return open_path(sockets, address.path, ret_message);
	r = getaddrinfo(address.is_any_host ? NULL : address.host, address.port,
			&hints, &infos);
	if (r != 0)
		return message_set(
			ret_message, r == EAI_SYSTEM ? errno : EHOSTUNREACH,
			"Failed to resolve %s in '%.400s': %s; give an "
			"address of this host",
			address.host, text,
			r == EAI_SYSTEM ? strerror(errno) : gai_strerror(r));
	r = open_each(sockets, infos, text, ret_message);
	freeaddrinfo(infos);
	return r;
}

/* --- All doors ----------------------------------------------------------- */

int sockets_open(const struct sockets_source *source,
		 struct sockets *ret_sockets, struct message *ret_message)
{
	struct sockets sockets = {0};
	int r = open_from_systemd(&sockets, ret_message);

	if (r == 0 && !sockets.are_passed && source->is_inetd)
		r = open_from_stdin(&sockets, ret_message);
	if (r == 0 && !sockets.are_passed && source->must_be_passed)
		r = message_set_misuse(ret_message,
				       "--exit-idle-time needs a passed "
				       "socket, since nobody would start the "
				       "program again: leave it out, or use "
				       "infinity");
	if (!sockets.are_passed)
		for (size_t i = 0; i < source->n_addresses && r == 0; i++)
			r = open_address(&sockets, source->addresses[i],
					 ret_message);
	if (r < 0) {
		sockets_done(&sockets);
		return r;
	}
	*ret_sockets = sockets;
	return 0;
}

/* Another server may have put its own socket at the path meanwhile. */
static void unlink_own_path(const struct listener *listener)
{
	struct stat status;

	if (lstat(listener->path, &status) == 0 &&
	    status.st_dev == listener->path_device &&
	    status.st_ino == listener->path_inode)
		unlink(listener->path);
}

void sockets_close_listeners(struct sockets *sockets)
{
	for (size_t i = 0; i < sockets->n_listeners; i++) {
		struct listener *listener = &sockets->listeners[i];

		if (listener->fd < 0)
			continue;
		if (listener->path)
			unlink_own_path(listener);
		close(listener->fd);
		listener->fd = -1;
	}
}

void sockets_done(struct sockets *sockets)
{
	sockets_close_listeners(sockets);
	for (size_t i = 0; i < sockets->n_listeners; i++) {
		free(sockets->listeners[i].address);
		free(sockets->listeners[i].path);
		free(sockets->listeners[i].fd_name);
	}
	for (size_t i = 0; i < sockets->n_clients; i++) {
		if (sockets->clients[i].fd >= 0)
			close(sockets->clients[i].fd);
		free(sockets->clients[i].fd_name);
	}
	free(sockets->listeners);
	free(sockets->clients);
	*sockets = (struct sockets){0};
}
