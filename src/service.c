/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * Lesson two: the life of a service.
 *
 * The main thread runs an sd-event(3) loop that is asleep nearly all the
 * time.  It never touches a client: it tells workers what to do (an order, a
 * new response, a ping) and they write to news_fd when they have obeyed, when
 * they have ended, or when something happened that it had asked to be told.
 * So a process without clients makes no wake-ups, but for the watchdog's.
 *
 * Every way to the end is one way: drain() has the workers drop their
 * listeners, a worker without listeners and connections ends, and the loop
 * ends with the last of them.
 *
 * Handover.  A service manager that keeps a file-descriptor store for us
 * (FileDescriptorStoreMax= in systemd.service(5)) gets the connections that are
 * at rest instead of seeing them closed when it stops us, and passes them to
 * the next process beside the listeners, if that is a restart.  A client is
 * none the wiser: what it sends meanwhile waits in its socket.
 */
#include "service.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "tunables.h"
#include "worker.h"

#define STATUS_SIZE 256

struct service {
	const struct options *options;
	struct sockets *sockets;
	struct response *response; /* the current one, a reference */
	enum log_requests log;

	struct worker **workers;
	unsigned int n_workers;
	_Atomic unsigned int all_open; /* kept by the workers */
	int news_fd;

	unsigned int store_size;     /* of the manager's store; 0: none */
	_Atomic unsigned int places; /* left in it, for the workers */
	unsigned int n_stored, n_not_stored;

	sd_event *event;
	sd_event_source *status_timer;
	sd_event_source *idle_timer;
	uint64_t watchdog_usec; /* between two feedings; 0: none */
	bool is_notified;	/* somebody reads what we notify */
	bool is_draining;
	bool is_told_to_stop; /* by a signal */
	bool hands_over;      /* the drain has come so far */
	bool is_reloading;
	char status[STATUS_SIZE]; /* as it was last told */
	char *addresses;
};

/* --- Workers as one ------------------------------------------------------ */

static bool all_workers(const struct service *service,
			bool (*are_so)(const struct worker *worker))
{
	for (unsigned int i = 0; i < service->n_workers; i++)
		if (!are_so(service->workers[i]))
			return false;
	return true;
}

static void order_all(struct service *service, enum worker_order order)
{
	for (unsigned int i = 0; i < service->n_workers; i++)
		worker_order(service->workers[i], order);
}

static void ask_all_to_tell(struct service *service, unsigned int news)
{
	for (unsigned int i = 0; i < service->n_workers; i++)
		worker_tell(service->workers[i], news);
}

static struct worker_counts sum_counts(const struct service *service)
{
	struct worker_counts sum = {0};

	for (unsigned int i = 0; i < service->n_workers; i++) {
		struct worker_counts counts =
			worker_counts(service->workers[i]);

		sum.accepted += counts.accepted;
		sum.answers += counts.answers;
		sum.open += counts.open;
		if (counts.empty_since > sum.empty_since)
			sum.empty_since = counts.empty_since;
	}
	return sum;
}

/* --- Status -------------------------------------------------------------- */

static int list_addresses(struct service *service)
{
	size_t bytes;
	bool has_failed;
	FILE *text = open_memstream(&service->addresses, &bytes);

	if (!text)
		return -errno;
	for (size_t i = 0; i < service->sockets->n_listeners; i++)
		fprintf(text, "%s%s", i > 0 ? ", " : "",
			service->sockets->listeners[i].address);
	if (service->sockets->n_listeners == 0)
		fputs("one connection", text);
	/* What did not fit the memory is not always told by fclose(3). */
	has_failed = ferror(text);
	return fclose(text) != 0 || has_failed ? -ENOMEM : 0;
}

static void write_status(const struct service *service, char *ret_status)
{
	struct worker_counts counts = sum_counts(service);

	snprintf(ret_status, STATUS_SIZE,
		 "%s%.120s; connections: %u open, %ju in all; requests: %ju",
		 service->is_draining ? "Draining" : "Listening on ",
		 service->is_draining ? "" : service->addresses, counts.open,
		 (uintmax_t)counts.accepted, (uintmax_t)counts.answers);
}

/* Only what is new goes out. */
static void notify_status(struct service *service)
{
	char status[STATUS_SIZE];

	write_status(service, status);
	if (!strcmp(status, service->status))
		return;
	strcpy(service->status, status);
	sd_notifyf(0, "STATUS=%s", status);
}

static void refresh_status(struct service *service)
{
	if (!service->is_notified)
		return;
	/* Asked before counted: what comes in between is told as news. */
	ask_all_to_tell(service, WORKER_TELL_ACTIVITY);
	notify_status(service);
}

static int on_status_timer(sd_event_source *source, uint64_t usec,
			   void *userdata)
{
	(void)source;
	(void)usec;
	refresh_status(userdata);
	return 0;
}

/* Activity is told when it is STATUS_MSEC old, with all that came behind. */
static void refresh_status_soon(struct service *service)
{
	char status[STATUS_SIZE];
	int enabled;

	if (!service->status_timer ||
	    sd_event_source_get_enabled(service->status_timer, &enabled) < 0 ||
	    enabled != SD_EVENT_OFF)
		return;
	/* Asked before counted: what comes in between is told as news. */
	ask_all_to_tell(service, WORKER_TELL_ACTIVITY);
	write_status(service, status);
	if (!strcmp(status, service->status))
		return;
	sd_event_source_set_time_relative(service->status_timer,
					  STATUS_MSEC * 1000);
	sd_event_source_set_enabled(service->status_timer, SD_EVENT_ONESHOT);
}

/* --- Watchdog, sd_watchdog_enabled(3) ------------------------------------ */

/* Fed only if every worker has answered the last ping: one that hangs for
 * the interval ends the feeding, and so the process. */
static int on_watchdog_timer(sd_event_source *source, uint64_t usec,
			     void *userdata)
{
	struct service *service = userdata;

	(void)usec;
	if (all_workers(service, worker_has_obeyed)) {
		sd_notify(0, "WATCHDOG=1");
		for (unsigned int i = 0; i < service->n_workers; i++)
			worker_ping(service->workers[i]);
	}
	sd_event_source_set_time_relative(source, service->watchdog_usec);
	sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

/* --- Handover, FDSTORE=1 in sd_notify(3) --------------------------------- */

static size_t longer(size_t bytes, const char *name)
{
	size_t other = name ? strlen(name) : strlen("unknown");

	return other > bytes ? other : bytes;
}

/* The next process gets the names of all that it is passed, each with a
 * colon, in one string of its environment, LISTEN_FDNAMES.  execve(2) takes
 * none beyond this: with a fuller store no process could be started. */
static unsigned int limit_by_names(const struct sockets *sockets,
				   unsigned long size)
{
	size_t bytes = 0, n;

	for (size_t i = 0; i < sockets->n_listeners; i++)
		bytes = longer(bytes, sockets->listeners[i].fd_name);
	for (size_t i = 0; i < sockets->n_clients; i++)
		bytes = longer(bytes, sockets->clients[i].fd_name);
	n = PASSED_NAMES_BYTES_MAX / (bytes + 1);
	n = n > sockets->n_listeners ? n - sockets->n_listeners : 0;
	return (unsigned int)(size < n ? size : n);
}

/* How large its store for us is, systemd itself says from version 254 on, and
 * our unit for all (systemd.exec(5), Environment variables).  Not for a
 * process that has bound its own listeners: the next one, which got these
 * connections, would take them for its door and bind none. */
static unsigned int find_store(const struct sockets *sockets)
{
	const char *text = getenv("FDSTORE");
	unsigned long size;
	char *end;

	if (!text || !sockets->are_passed)
		return 0;
	size = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || size > MAX_CONNECTIONS_MAX) {
		log_message(LOG_WARNING,
			    "Invalid FDSTORE '%s': expected the number in "
			    "FileDescriptorStoreMax=; a restart will close "
			    "connections",
			    text);
		return 0;
	}
	return limit_by_names(sockets, size);
}

static void store(struct service *service, const struct handed_over *client)
{
	char message[sizeof("FDSTORE=1\nFDNAME=") + FD_NAME_BYTES_MAX];
	int r;

	snprintf(message, sizeof(message), "FDSTORE=1%s%.*s",
		 client->fd_name ? "\nFDNAME=" : "", (int)FD_NAME_BYTES_MAX,
		 client->fd_name ? client->fd_name : "");
	r = sd_pid_notify_with_fds(0, 0, message, &client->fd, 1);
	if (r > 0)
		service->n_stored++;
	else if (service->n_not_stored++ == 0)
		log_message(LOG_WARNING,
			    "Failed to hand over a connection, it is closed: "
			    "%s",
			    strerror(-r));
	close(client->fd);
}

static void store_handed_over(struct service *service)
{
	struct handed_over client;

	for (unsigned int i = 0; i < service->n_workers; i++)
		while (worker_take_over(service->workers[i], &client))
			store(service, &client);
}

/* A manager that has not read yet what a process sent may not know any more
 * whose it was when that has ended (sd_notify_barrier(3)). */
static void finish_handover(struct service *service)
{
	int r;

	store_handed_over(service);
	if (service->n_stored == 0)
		return;
	r = sd_notify_barrier(0, (uint64_t)BARRIER_MSEC * 1000);
	if (r < 0)
		log_message(LOG_WARNING,
			    "Failed to wait for the service manager to take "
			    "connections over: %s",
			    strerror(-r));
	log_message(LOG_INFO, "Handed over %u connection%s", service->n_stored,
		    service->n_stored == 1 ? "" : "s");
}

static bool is_repeated(const struct passed_client *clients, size_t i)
{
	for (size_t earlier = 0; earlier < i; earlier++)
		if (clients[earlier].fd_name &&
		    !strcmp(clients[earlier].fd_name, clients[i].fd_name))
			return true;
	return false;
}

/* What is ours again must not stay in the store: there the connection would
 * outlive our close(2). */
static void take_out_of_store(const struct sockets *sockets)
{
	for (size_t i = 0; i < sockets->n_clients; i++)
		if (sockets->clients[i].fd_name &&
		    !is_repeated(sockets->clients, i))
			sd_notifyf(0, "FDSTOREREMOVE=1\nFDNAME=%s",
				   sockets->clients[i].fd_name);
}

/* --- Drain --------------------------------------------------------------- */

static int on_drain_timer(sd_event_source *source, uint64_t usec,
			  void *userdata)
{
	struct service *service = userdata;
	unsigned int open = sum_counts(service).open;

	(void)source;
	(void)usec;
	log_message(LOG_NOTICE,
		    "Drain timeout: closing %u connection%s that had not "
		    "finished",
		    open, open == 1 ? "" : "s");
	return sd_event_exit(service->event, 0);
}

/* Drops the listeners and lets what has begun be finished. */
static int drain(struct service *service)
{
	uint64_t msec = service->options->drain_msec;

	if (service->is_draining)
		return 0;
	service->is_draining = true;
	/* A reload that is under way is not told any more. */
	service->is_reloading = false;
	sd_notify(0, "STOPPING=1");
	notify_status(service);
	order_all(service, WORKER_DRAIN);
	if (msec == INFINITE_MSEC)
		return 0;
	return sd_event_add_time_relative(service->event, NULL, CLOCK_MONOTONIC,
					  msec * 1000, 1000, on_drain_timer,
					  service);
}

static int on_stop_signal(sd_event_source *source,
			  const struct signalfd_siginfo *info, void *userdata)
{
	struct service *service = userdata;

	(void)source;
	if (!service->is_told_to_stop) {
		service->is_told_to_stop = true;
		atomic_store(&service->places, service->store_size);
		return drain(service);
	}
	log_message(LOG_NOTICE, "Second signal (%s): ending at once",
		    strsignal((int)info->ssi_signo));
	return sd_event_exit(service->event, 0);
}

/* --- Idle exit ----------------------------------------------------------- */

static int sleep_until_idle(struct service *service, uint64_t msec)
{
	int r = sd_event_source_set_time_relative(service->idle_timer,
						  msec * 1000);

	if (r < 0)
		return r;
	return sd_event_source_set_enabled(service->idle_timer,
					   SD_EVENT_ONESHOT);
}

/* With connections open, the workers tell when the last has gone; without
 * any, the timer runs.  To leave is to drain: whoever comes in meanwhile is
 * served, and who is still in the queue is left to the next process. */
static int consider_idle_exit(struct service *service)
{
	struct worker_counts counts;
	uint64_t idle_msec;

	if (!service->idle_timer || service->is_draining)
		return 0;
	/* Asked before counted, so that nothing falls in between. */
	ask_all_to_tell(service, WORKER_TELL_EMPTY);
	counts = sum_counts(service);
	if (counts.open > 0)
		return 0;
	idle_msec = worker_now() - counts.empty_since;
	if (idle_msec < service->options->exit_idle_msec)
		return sleep_until_idle(
			service, service->options->exit_idle_msec - idle_msec);
	return drain(service);
}

static int on_idle_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	return consider_idle_exit(userdata);
}

/* --- Reload -------------------------------------------------------------- */

static void notify_ready(struct service *service)
{
	service->is_reloading = false;
	sd_notify(0, "READY=1");
}

static uint64_t monotonic_usec(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* systemd.service(5), Type=notify-reload: RELOADING=1 carries the time, which
 * must not lie before the signal was sent. */
static int on_reload_signal(sd_event_source *source,
			    const struct signalfd_siginfo *info, void *userdata)
{
	struct service *service = userdata;
	struct response *response;
	struct message message;

	(void)source;
	(void)info;
	if (service->is_draining)
		return 0;
	service->is_reloading = true;
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%ju",
		   (uintmax_t)monotonic_usec());
	if (response_create(&service->options->response, &response, &message) <
	    0) {
		log_message(LOG_ERR,
			    "Failed to reload, the old answer stays: %s",
			    message.text);
		notify_ready(service);
		return 0;
	}
	response_unref(service->response);
	service->response = response;
	for (unsigned int i = 0; i < service->n_workers; i++)
		worker_set_response(service->workers[i], response);
	return 0;
}

/* --- News of the workers ------------------------------------------------- */

/* A client that one worker has no room for may be another's. */
static void pass_on_declined(struct service *service)
{
	for (unsigned int i = 0; i < service->n_workers; i++) {
		if (!worker_has_declined(service->workers[i]))
			continue;
		for (unsigned int other = 0; other < service->n_workers;
		     other++)
			if (other != i)
				worker_order(service->workers[other],
					     WORKER_LOOK);
	}
}

/* All workers' clients together: none has to wait for the next process while
 * others finish what they have begun. */
static void hand_over_soon(struct service *service)
{
	if (service->hands_over || !all_workers(service, worker_is_at_rest))
		return;
	service->hands_over = true;
	order_all(service, WORKER_HAND_OVER);
}

static int on_news(sd_event_source *source, int fd, uint32_t events,
		   void *userdata)
{
	struct service *service = userdata;
	eventfd_t ignored;
	bool have_ended;

	(void)source;
	(void)events;
	eventfd_read(fd, &ignored);
	/* Asked first: what they handed over is there by then. */
	have_ended = all_workers(service, worker_has_ended);
	store_handed_over(service);
	if (have_ended)
		return sd_event_exit(service->event, 0);
	if (service->is_reloading && all_workers(service, worker_has_obeyed))
		notify_ready(service);
	if (service->is_draining && all_workers(service, worker_has_obeyed))
		sockets_close_listeners(service->sockets);
	hand_over_soon(service);
	pass_on_declined(service);
	refresh_status_soon(service);
	return consider_idle_exit(service);
}

/* --- Start --------------------------------------------------------------- */

/* systemd starts services with a low soft limit, for the sake of select(2),
 * and a high hard one: who uses epoll(7) raises the one to the other. */
static rlim_t raise_descriptor_limit(rlim_t wanted)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return wanted;
	if (limit.rlim_cur >= wanted)
		return limit.rlim_cur;
	limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		getrlimit(RLIMIT_NOFILE, &limit);
	return limit.rlim_cur;
}

/* As many as were asked for, or as the descriptors allow. */
static unsigned int limit_connections(const struct service *service,
				      unsigned int n_workers)
{
	unsigned int wanted = service->options->max_connections
				      ? service->options->max_connections
				      : MAX_CONNECTIONS_DEFAULT;
	rlim_t reserved = RESERVED_DESCRIPTORS + 2 * n_workers +
			  service->sockets->n_listeners;
	rlim_t limit = raise_descriptor_limit(wanted + reserved);
	rlim_t left = limit > reserved ? limit - reserved : 0;

	if (left < n_workers)
		left = n_workers;
	if (left >= wanted)
		return wanted;
	if (service->options->max_connections)
		log_message(LOG_WARNING,
			    "The descriptor limit of %ju allows %ju "
			    "connections, not %u: raise LimitNOFILE=",
			    (uintmax_t)limit, (uintmax_t)left, wanted);
	return (unsigned int)left;
}

static unsigned int count_workers(const struct options *options)
{
	cpu_set_t cpus;
	unsigned int n = options->workers;

	if (n == 0)
		n = sched_getaffinity(0, sizeof(cpus), &cpus) == 0
			    ? (unsigned int)CPU_COUNT(&cpus)
			    : 1;
	if (options->max_connections > 0 && n > options->max_connections)
		n = options->max_connections;
	return n;
}

static int create_workers(struct service *service)
{
	unsigned int n = count_workers(service->options);
	unsigned int all = limit_connections(service, n);
	struct worker_settings settings = {
		.keepalive_msec = service->options->keepalive_msec,
		.request_msec = service->options->request_msec,
		.max_body_bytes = service->options->max_body_bytes,
		.log = service->log,
		.n_workers = n,
		.all_open = &service->all_open,
		.places = &service->places,
		.news_fd = service->news_fd,
	};

	service->workers = calloc(n, sizeof(struct worker *));
	if (!service->workers)
		return -ENOMEM;
	for (unsigned int i = 0; i < n; i++) {
		int r;

		settings.max_connections = all / n + (i < all % n);
		r = worker_create(&settings, service->sockets,
				  service->response, &service->workers[i]);
		if (r < 0)
			return r;
		service->n_workers++;
	}
	return 0;
}

static int hand_out_clients(struct service *service)
{
	struct sockets *sockets = service->sockets;
	int r = 0;

	for (size_t i = 0; i < sockets->n_clients && r == 0; i++)
		r = worker_add_client(service->workers[i % service->n_workers],
				      &sockets->clients[i]);
	return r;
}

static int start_workers(struct service *service)
{
	int r = 0;

	for (unsigned int i = 0; i < service->n_workers && r == 0; i++)
		r = worker_start(service->workers[i]);
	return r;
}

static int add_signals(struct service *service)
{
	int r = sd_event_add_signal(service->event, NULL, SIGTERM,
				    on_stop_signal, service);

	if (r >= 0)
		r = sd_event_add_signal(service->event, NULL, SIGINT,
					on_stop_signal, service);
	if (r >= 0)
		r = sd_event_add_signal(service->event, NULL, SIGHUP,
					on_reload_signal, service);
	return r;
}

static int add_watchdog(struct service *service)
{
	uint64_t usec;
	int r = sd_watchdog_enabled(0, &usec);

	if (r <= 0)
		return r;
	service->watchdog_usec = usec / 2;
	return sd_event_add_time_relative(service->event, NULL, CLOCK_MONOTONIC,
					  usec / 2, 1000, on_watchdog_timer,
					  service);
}

/* Both are armed only when there is something to wait for. */
static int add_timers(struct service *service)
{
	int r = 0;

	if (service->is_notified)
		r = sd_event_add_time_relative(
			service->event, &service->status_timer, CLOCK_MONOTONIC,
			STATUS_MSEC * 1000, 0, on_status_timer, service);
	if (r >= 0 && service->is_notified)
		r = sd_event_source_set_enabled(service->status_timer,
						SD_EVENT_OFF);
	if (r >= 0 && service->options->exit_idle_msec != INFINITE_MSEC)
		r = sd_event_add_time_relative(
			service->event, &service->idle_timer, CLOCK_MONOTONIC,
			service->options->exit_idle_msec * 1000, 1000,
			on_idle_timer, service);
	return r;
}

static int prepare_loop(struct service *service)
{
	int r = sd_event_default(&service->event);

	if (r >= 0)
		r = sd_event_add_io(service->event, NULL, service->news_fd,
				    EPOLLIN, on_news, service);
	if (r >= 0)
		r = add_signals(service);
	if (r >= 0)
		r = add_watchdog(service);
	if (r >= 0)
		r = add_timers(service);
	return r;
}

/* Blocked in every thread, workers inherit it: sd-event reads signals. */
static void block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static int open_news(struct service *service)
{
	service->news_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return service->news_fd < 0 ? -errno : 0;
}

static void say_ready(struct service *service)
{
	for (size_t i = 0; i < service->sockets->n_listeners; i++)
		if (service->sockets->listeners[i].is_own)
			log_message(LOG_INFO, "Listening on %s",
				    service->sockets->listeners[i].address);
	take_out_of_store(service->sockets);
	sd_notify(0, "READY=1");
	refresh_status(service);
}

/* What can fail before the first client, each with what to call it. */
static const struct {
	int (*take)(struct service *service);
	const char *name;
} steps[] = {
	{open_news, "open an eventfd"},
	{list_addresses, "list the addresses"},
	{create_workers, "create workers"},
	{hand_out_clients, "take over a passed connection"},
	{prepare_loop, "prepare the event loop"},
	{start_workers, "start the workers' threads"},
};

static int start(struct service *service, struct message *ret_message)
{
	if (service->is_notified)
		service->store_size = find_store(service->sockets);
	block_signals();
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		int r = steps[i].take(service);

		if (r < 0)
			return message_set(ret_message, -r, "Failed to %s: %s",
					   steps[i].name, strerror(-r));
	}
	return 0;
}

/* --- End ----------------------------------------------------------------- */

/* False: one of them hangs. */
static bool end_workers(struct service *service)
{
	uint64_t now, until = worker_now() + ABORT_MSEC;
	bool have_ended = true;

	order_all(service, WORKER_ABORT);
	for (unsigned int i = 0; i < service->n_workers; i++) {
		now = worker_now();
		if (!worker_join(service->workers[i],
				 now < until ? until - now : 0))
			have_ended = false;
	}
	return have_ended;
}

/* A worker that hangs is left behind with all that it may still use. */
static void leave(int r, const struct message *message)
{
	if (r < 0)
		log_message(LOG_ERR, "%s", message->text);
	log_close();
	_exit(r < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}

static void done(struct service *service)
{
	for (unsigned int i = 0; i < service->n_workers; i++)
		worker_destroy(service->workers[i]);
	free(service->workers);
	sd_event_source_unref(service->status_timer);
	sd_event_source_unref(service->idle_timer);
	sd_event_unref(service->event);
	if (service->news_fd >= 0)
		close(service->news_fd);
	free(service->addresses);
	response_unref(service->response);
}

int service_run(const struct options *options, struct sockets *sockets,
		struct response *response, struct message *ret_message)
{
	struct service service = {
		.options = options,
		.sockets = sockets,
		.response = response,
		.log = options->log,
		.news_fd = -1,
		.is_notified = getenv("NOTIFY_SOCKET") != NULL,
	};
	int r = start(&service, ret_message);
	bool have_ended;

	if (r >= 0) {
		say_ready(&service);
		r = sd_event_loop(service.event);
		if (r < 0)
			message_set(ret_message, -r,
				    "Failed to run the event loop: %s",
				    strerror(-r));
	}
	have_ended = end_workers(&service);
	finish_handover(&service);
	if (!have_ended)
		leave(r, ret_message);
	done(&service);
	return r;
}
