/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * One round of a worker: wait for events, let what is ready advance, expire
 * what is overdue, obey what the control plane has ordered, hand the log
 * over, forget what is done with.  Orders come after the events of the same
 * round, so that a client which is in the queue when an order to drain comes
 * is accepted first.
 *
 * Deadlines.  Each kind of wait has one constant length, so that a list in
 * the order of arrival is a list in the order of deadlines: no heap and no
 * timer per connection.  epoll_wait() sleeps until look_at, before which no
 * deadline lies, or for ever.  A deadline that moves away, as each request
 * moves one, leaves look_at where it is: one look too early costs less than
 * to find the first deadline anew each time.
 *
 * Overload.  At its connection limit, and when the system is short of
 * descriptors or memory, or lets nobody in for a reason of its own, a worker
 * stops watching its listeners: clients wait in the kernel's queue, where they
 * cost nothing, and nothing spins.  The others are asked to look, since the
 * kernel wakes only one worker for a client.  It watches again as soon as a
 * connection ends, and after ROOM_WAIT_MSEC; if it is still full then, a
 * connection that has idled for as long makes way for each client that waits,
 * the longest-idle one first, until nobody waits any more.  Where nobody idles,
 * it is one that lingers, or one that has long taken nothing of its answer:
 * whatever clients do, who waits is served within the time that a request may
 * take.
 *
 * Shares.  For a client that comes the kernel wakes the worker that has watched
 * the listener longest, and who is awake finds all that have come since: left
 * to itself, one worker takes nearly everyone.  So a worker that has more than
 * its share of all connections lets the others go first: it stops watching for
 * a moment, and comes back as the last to be woken.
 *
 * Drain.  Who is at rest and has a place in the manager's store is served on
 * while others, of any worker, finish what they have begun; then the control
 * plane has all of them handed over together.
 *
 * What other threads may touch is _Atomic in struct worker; the rest is the
 * thread's own.
 */
#include "worker.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "connection.h"
#include "tunables.h"

/* A list per kind of wait: connection_state's, and one for those that have
 * not asked yet when a drain begins. */
enum {
	LIST_GRACE = CONNECTION_DONE,
	LISTS,
};

struct list {
	struct connection *first, *last;
	uint64_t msec;	    /* how long each of them may wait */
	uint64_t room_msec; /* and how long while clients wait for room */
};

struct watched_listener {
	const struct listener *listener;
	bool is_dropped; /* for good */
};

struct worker {
	pthread_t thread;
	bool is_started;
	int epoll_fd, wake_fd, news_fd;
	unsigned int max_connections;
	unsigned int n_workers;

	struct watched_listener *listeners;
	size_t n_listeners;
	size_t n_left; /* not dropped */
	bool is_watching;
	bool stands_back; /* not watching, so that others take the next */
	bool is_pressed;  /* has waited for room in vain */
	bool has_waiting; /* somebody was in a queue, this round */
	uint64_t watch_again_at;
	struct connection *spare; /* memory for the next client */

	struct list lists[LISTS];
	struct connection *done;  /* to be forgotten when the round ends */
	unsigned int open, crowd; /* now, and at most since memory was freed */
	uint64_t look_at;	  /* no deadline is earlier */
	bool is_woken;		  /* by the control plane */
	bool is_aborting;
	bool hands_over;     /* whoever is at rest, under a drain */
	bool has_news;	     /* a client came or an answer went, this round */
	uint64_t rest_until; /* under a drain, clients may ask on till then */

	_Atomic unsigned int *all_open;
	_Atomic unsigned int *places;
	_Atomic(struct connection *) handed_over;
	struct connection *taken_over; /* the control plane's own */

	_Atomic unsigned int orders;
	_Atomic(struct response *) new_response;
	_Atomic unsigned int told, obeyed; /* counted, in any unit */
	_Atomic unsigned int tell;
	_Atomic bool has_ended, has_declined, is_at_rest;
	_Atomic uint64_t accepted, answers, empty_since;
	_Atomic unsigned int open_count;

	struct timespec monotonic, wall;
	struct epoll_event events[EVENTS_MAX];
	struct workspace workspace;
};

/* --- Clock --------------------------------------------------------------- */

static uint64_t to_msec(const struct timespec *time)
{
	return (uint64_t)time->tv_sec * 1000 +
	       (uint64_t)time->tv_nsec / 1000000;
}

uint64_t worker_now(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return to_msec(&now);
}

static void update_clock(struct worker *worker)
{
	struct workspace *workspace = &worker->workspace;

	clock_gettime(CLOCK_MONOTONIC, &worker->monotonic);
	clock_gettime(CLOCK_REALTIME, &worker->wall);
	workspace->now = to_msec(&worker->monotonic);
	if (worker->wall.tv_sec == workspace->wall_time)
		return;
	workspace->wall_time = worker->wall.tv_sec;
	response_render_date(workspace->wall_time, workspace->date);
}

/* Who sleeps until this comes might sleep for ever without it.  EAGAIN: the
 * counter is full, which wakes as well. */
static void write_event(int fd)
{
	while (eventfd_write(fd, 1) < 0 && errno != EAGAIN)
		;
}

static void tell_control_plane(struct worker *worker)
{
	write_event(worker->news_fd);
}

/* --- Deadlines ----------------------------------------------------------- */

static void list_append(struct list *list, struct connection *connection)
{
	connection->next = NULL;
	connection->previous = list->last;
	if (list->last)
		list->last->next = connection;
	else
		list->first = connection;
	list->last = connection;
}

static void list_remove(struct list *list, struct connection *connection)
{
	if (connection->previous)
		connection->previous->next = connection->next;
	else
		list->first = connection->next;
	if (connection->next)
		connection->next->previous = connection->previous;
	else
		list->last = connection->previous;
}

static uint64_t add_msec(uint64_t when, uint64_t msec)
{
	return msec == INFINITE_MSEC ? INFINITE_MSEC : when + msec;
}

static uint64_t deadline_of(const struct list *list,
			    const struct connection *connection)
{
	return add_msec(connection->since, list->msec);
}

static void look_not_later_than(struct worker *worker, uint64_t when)
{
	if (when < worker->look_at)
		worker->look_at = when;
}

static void schedule(struct worker *worker, struct connection *connection,
		     uint8_t list)
{
	connection->list = list;
	list_append(&worker->lists[list], connection);
	look_not_later_than(worker,
			    deadline_of(&worker->lists[list], connection));
}

static void unschedule(struct worker *worker, struct connection *connection)
{
	list_remove(&worker->lists[connection->list], connection);
}

/* Comes back to its listeners. */
static bool is_away(const struct worker *worker)
{
	return !worker->is_watching && worker->n_left > 0;
}

/* Waits for room. */
static bool is_paused(const struct worker *worker)
{
	return is_away(worker) && !worker->stands_back;
}

/* For epoll_wait(): -1 where there is nothing to wake up for. */
static int next_timeout(const struct worker *worker)
{
	uint64_t when = worker->look_at, now = worker->workspace.now;

	if (when == INFINITE_MSEC)
		return -1;
	if (when <= now)
		return 0;
	/* Longer than epoll_wait() can: it looks again in between. */
	return when - now > INT32_MAX ? INT32_MAX : (int)(when - now);
}

/* --- Listeners ----------------------------------------------------------- */

static void unwatch(struct worker *worker, struct watched_listener *watched)
{
	epoll_ctl(worker->epoll_fd, EPOLL_CTL_DEL, watched->listener->fd, NULL);
}

/* EPOLLEXCLUSIVE: one client wakes one worker, not all of them. */
static int watch(struct worker *worker, struct watched_listener *watched)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE,
				    .data.ptr = watched};

	if (epoll_ctl(worker->epoll_fd, EPOLL_CTL_ADD, watched->listener->fd,
		      &event) < 0)
		return -errno;
	return 0;
}

static int watch_all(struct worker *worker)
{
	worker->is_watching = true;
	worker->stands_back = false;
	for (size_t i = 0; i < worker->n_listeners; i++) {
		int r;

		if (worker->listeners[i].is_dropped)
			continue;
		r = watch(worker, &worker->listeners[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

static void unwatch_all(struct worker *worker)
{
	for (size_t i = 0; i < worker->n_listeners; i++)
		if (!worker->listeners[i].is_dropped)
			unwatch(worker, &worker->listeners[i]);
	worker->is_watching = false;
}

/* Until a connection ends, or the time comes: then it begins anew, neither
 * pressed nor standing back. */
static void stop_watching_until(struct worker *worker, uint64_t when)
{
	if (worker->is_watching)
		unwatch_all(worker);
	worker->stands_back = false;
	worker->is_pressed = false;
	worker->watch_again_at = when;
	look_not_later_than(worker, when);
}

static void watch_again(struct worker *worker)
{
	if (is_away(worker) && watch_all(worker) < 0)
		stop_watching_until(worker,
				    worker->workspace.now + ROOM_WAIT_MSEC);
}

/* Makes epoll look whether somebody is in a queue already. */
static void watch_anew(struct worker *worker)
{
	if (is_paused(worker))
		return;
	if (worker->is_watching)
		unwatch_all(worker);
	watch_again(worker);
}

/* Of all connections; one more than that, and an eighth of it, is near enough:
 * to be exact would cost calls for nearly each client. */
static bool has_more_than_its_share(const struct worker *worker)
{
	uint64_t all =
		atomic_load_explicit(worker->all_open, memory_order_relaxed);

	return (uint64_t)worker->open * worker->n_workers >
	       all + all / 8 + worker->n_workers;
}

/* Not for long, as who has less may be busy; and not under pressure, when there
 * are places only where somebody makes way. */
static void stand_back(struct worker *worker)
{
	stop_watching_until(worker, worker->workspace.now + STAND_BACK_MSEC);
	worker->stands_back = true;
}

static void drop_listener(struct worker *worker,
			  struct watched_listener *watched)
{
	if (watched->is_dropped)
		return;
	if (worker->is_watching)
		unwatch(worker, watched);
	watched->is_dropped = true;
	worker->n_left--;
}

/* --- Connections --------------------------------------------------------- */

static bool is_done(const struct connection *connection)
{
	return connection->state == CONNECTION_DONE;
}

static uint8_t list_of(const struct worker *worker,
		       const struct connection *connection)
{
	if (connection->state == CONNECTION_IDLE &&
	    worker->workspace.is_draining && !connection->has_place)
		return LIST_GRACE;
	return connection->state;
}

static void set_open(struct worker *worker, unsigned int open)
{
	atomic_fetch_add_explicit(worker->all_open, open - worker->open,
				  memory_order_relaxed);
	worker->open = open;
	if (open > worker->crowd)
		worker->crowd = open;
	if (open == 0) {
		worker->look_at = INFINITE_MSEC;
		worker->is_pressed = false;
		atomic_store_explicit(&worker->empty_since,
				      worker->workspace.now,
				      memory_order_relaxed);
	}
	/* Who sees that it is empty sees since when. */
	atomic_store_explicit(&worker->open_count, open, memory_order_release);
}

/* Its memory stays until the round ends: an event of this round may name it
 * still. */
static void let_go(struct worker *worker, struct connection *connection)
{
	connection->state = CONNECTION_DONE;
	connection->next = worker->done;
	worker->done = connection;
	worker->has_news = true;
	set_open(worker, worker->open - 1);
}

static int stop_watching(struct worker *worker, struct connection *connection)
{
	return epoll_ctl(worker->epoll_fd, EPOLL_CTL_DEL, connection->fd, NULL);
}

static void bury(struct worker *worker, struct connection *connection)
{
	/* close(2) takes a socket out of epoll only if nobody else has it. */
	if (connection->is_passed)
		stop_watching(worker, connection);
	connection_done(connection);
	let_go(worker, connection);
	watch_again(worker);
}

/* The socket goes on without a worker; but not one that epoll would go on to
 * tell of, with memory that is freed. */
static void hand_over(struct worker *worker, struct connection *connection)
{
	if (stop_watching(worker, connection) < 0)
		bury(worker, connection);
	else
		let_go(worker, connection);
}

/* For the control plane, which may take it at any time. */
static void push_handed_over(struct worker *worker,
			     struct connection *connection)
{
	connection->next = atomic_load(&worker->handed_over);
	while (!atomic_compare_exchange_weak(&worker->handed_over,
					     &connection->next, connection))
		;
}

/* Those that were handed over have their socket still. */
static void clear_done(struct worker *worker)
{
	struct connection *connection;
	bool has_handed_over = false;

	while ((connection = worker->done)) {
		worker->done = connection->next;
		if (connection->fd < 0) {
			free(connection);
			continue;
		}
		push_handed_over(worker, connection);
		has_handed_over = true;
	}
	if (has_handed_over)
		tell_control_plane(worker);
}

/* What is free goes back to the system only if nothing behind it is in use.
 * When most of a crowd has gone, it is time to look for what lies between. */
static void free_after_crowd(struct worker *worker)
{
	if (worker->crowd < CROWD_MIN || worker->open > worker->crowd / 8)
		return;
	worker->crowd = worker->open;
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}

static int change_direction(struct worker *worker,
			    struct connection *connection, bool wants_room)
{
	struct epoll_event event = {.events = wants_room ? EPOLLOUT : EPOLLIN,
				    .data.ptr = connection};

	connection->wants_room = wants_room;
	return epoll_ctl(worker->epoll_fd, EPOLL_CTL_MOD, connection->fd,
			 &event);
}

/* Room to send is watched for only where the socket had none. */
static int watch_direction(struct worker *worker, struct connection *connection)
{
	bool wants_room = connection->state == CONNECTION_SENDING;

	if (wants_room == connection->wants_room)
		return 0;
	return change_direction(worker, connection, wants_room);
}

/* For a client that is to idle no longer, one last look: a request that has
 * just come is answered, and unread octets would make close(2) a reset. */
static void end_idling(struct worker *worker, struct connection *connection)
{
	connection_advance(connection, &worker->workspace);
	worker->has_news = true;
	if (connection->state == CONNECTION_IDLE)
		connection->state = CONNECTION_DONE;
}

/* Where it belongs, now that it is on no list. */
static void place(struct worker *worker, struct connection *connection)
{
	if (is_done(connection) || watch_direction(worker, connection) < 0)
		bury(worker, connection);
	else
		schedule(worker, connection, list_of(worker, connection));
}

/* Under a drain, a client that has had its answers idles no longer, unless it
 * waits to be handed over.  After a while, so that clients who always ask do
 * not put off the end, who gets an answer is handed over at once; who has begun
 * its next request before that loses its place, so that the next answer tells
 * it of the end. */
static void hurry(struct worker *worker, struct connection *connection)
{
	bool is_late = worker->workspace.now >= worker->rest_until;

	if (is_late && connection->has_place &&
	    connection_can_be_handed_over(connection)) {
		hand_over(worker, connection);
		return;
	}
	if (connection->state == CONNECTION_IDLE && connection->has_answered &&
	    !connection->has_place)
		end_idling(worker, connection);
	else if (is_late && connection->state == CONNECTION_RECEIVING &&
		 connection->list != CONNECTION_IDLE)
		connection->has_place = false;
	place(worker, connection);
}

/* After anything that may have changed what the connection waits for. */
static void reschedule(struct worker *worker, struct connection *connection)
{
	unschedule(worker, connection);
	if (worker->workspace.is_draining)
		hurry(worker, connection);
	else
		place(worker, connection);
}

static void advance(struct worker *worker, struct connection *connection)
{
	uint64_t since = connection->since;
	uint64_t answers = worker->workspace.answers;

	connection_advance(connection, &worker->workspace);
	if (answers != worker->workspace.answers)
		worker->has_news = true;
	/* The place in a list changes with the beginning of the wait. */
	if (connection->since != since || is_done(connection) ||
	    connection->list != list_of(worker, connection))
		reschedule(worker, connection);
}

/* Takes fd and memory over; false where epoll does not, as it takes only so
 * many of a user (epoll(7), max_user_watches), and memory may be short. */
static bool adopt(struct worker *worker, struct connection *connection, int fd,
		  const char *fd_name, const struct sockaddr_storage *address)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};

	connection->fd_name = fd_name;
	connection_init(connection, fd, peer_of_address(address),
			worker->workspace.now);
	set_open(worker, worker->open + 1);
	worker->has_news = true;
	atomic_store_explicit(&worker->accepted, worker->accepted + 1,
			      memory_order_relaxed);
	if (epoll_ctl(worker->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
		bury(worker, connection);
		return false;
	}
	schedule(worker, connection, list_of(worker, connection));
	return true;
}

/* --- Accepting ----------------------------------------------------------- */

/* Who makes way for a client that waits, whom it costs least first: one that
 * has had all its answers, one that has had its last, one that does not read
 * them. */
static struct connection *evictable(const struct worker *worker)
{
	static const enum connection_state states[] = {
		CONNECTION_IDLE, CONNECTION_LINGERING, CONNECTION_SENDING};

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		const struct list *list = &worker->lists[states[i]];

		if (list->first &&
		    add_msec(list->first->since, list->room_msec) <=
			    worker->workspace.now)
			return list->first;
	}
	return NULL;
}

static void evict(struct worker *worker, struct connection *connection)
{
	unschedule(worker, connection);
	if (connection->state == CONNECTION_IDLE)
		end_idling(worker, connection);
	else
		connection->state = CONNECTION_DONE;
	place(worker, connection);
}

/* Waits for room, and asks the other workers to look after the client. */
static void decline_client(struct worker *worker)
{
	stop_watching_until(worker, worker->workspace.now + ROOM_WAIT_MSEC);
	atomic_store(&worker->has_declined, true);
	tell_control_plane(worker);
}

static bool is_shortage(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS ||
	       error == ENOMEM || error == ENOSPC;
}

/* The listener itself is broken, not the client: shut down by its owner. */
static bool is_broken(int error)
{
	return error == EBADF || error == EINVAL || error == ENOTSOCK;
}

/* Of one client, who has gone again or cannot be reached: the next may be all
 * right.  See accept(2), Error handling. */
static bool is_of_client(int error)
{
	static const int errors[] = {
		ECONNABORTED, EINTR,	 EPROTO,      ENETDOWN,
		ENOPROTOOPT,  EHOSTDOWN, ENONET,      EHOSTUNREACH,
		EOPNOTSUPP,   ETIMEDOUT, ENETUNREACH,
	};

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (error == errors[i])
			return true;
	return false;
}

static bool has_spare(struct worker *worker)
{
	if (!worker->spare)
		worker->spare = calloc(1, sizeof(*worker->spare));
	return worker->spare;
}

/* One client per event, so that others are not kept waiting by a crowd at the
 * door and several workers get their share of it.  Returns 0, or accept4(2)'s
 * errno, or ENOSPC where epoll had no room, and the client is lost.  Memory
 * comes first: an accepted client can be lost, one in the queue cannot. */
static int accept_client(struct worker *worker,
			 struct watched_listener *watched)
{
	struct sockaddr_storage address = {0};
	socklen_t bytes = sizeof(address);
	struct connection *connection;
	int fd;

	if (!has_spare(worker))
		return ENOMEM;
	fd = accept4(watched->listener->fd, (struct sockaddr *)&address, &bytes,
		     SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return errno;
	connection = worker->spare;
	worker->spare = NULL;
	return adopt(worker, connection, fd, watched->listener->fd_name,
		     &address)
		       ? 0
		       : ENOSPC;
}

/* At the limit nobody makes way before the client is let in: another worker
 * may have been quicker. */
static void on_listener(struct worker *worker, struct watched_listener *watched)
{
	bool is_full = worker->open >= worker->max_connections;
	struct connection *idler = NULL;
	int error;

	if (watched->is_dropped || !worker->is_watching) {
		/* Of this round still; or epoll did not let go of it. */
		unwatch(worker, watched);
		return;
	}
	worker->has_waiting = true;
	if (worker->is_pressed)
		idler = evictable(worker);
	if (is_full && !idler) {
		decline_client(worker);
		return;
	}
	error = accept_client(worker, watched);
	if (is_broken(error)) {
		log_message(LOG_ERR, "Failed to accept from %s: %s",
			    watched->listener->address, strerror(error));
		drop_listener(worker, watched);
	} else if (idler && (is_shortage(error) || (is_full && error == 0))) {
		/* After a shortage epoll shows the client again. */
		evict(worker, idler);
	} else if (error == 0 && !worker->is_pressed &&
		   has_more_than_its_share(worker)) {
		stand_back(worker);
	} else if (error != 0 && error != EAGAIN && !is_of_client(error)) {
		/* A filter of system calls, say, refuses: like a shortage, this
		 * may last, while epoll shows the client all the time. */
		decline_client(worker);
	}
}

/* Whoever has connected to our own socket before it closes has been let in
 * by the kernel; a passed one's queue stays with its owner. */
static void accept_queue(struct worker *worker,
			 struct watched_listener *watched)
{
	int error = 0, n_gone = 0;

	/* No more have gone than fit in: such an error may be there to stay. */
	while (worker->open < worker->max_connections &&
	       (error == 0 ||
		(is_of_client(error) && n_gone++ <= LISTEN_BACKLOG)))
		error = accept_client(worker, watched);
}

/* --- Orders -------------------------------------------------------------- */

static void drop_listeners(struct worker *worker)
{
	for (size_t i = 0; i < worker->n_listeners; i++) {
		struct watched_listener *watched = &worker->listeners[i];

		if (watched->is_dropped)
			continue;
		if (watched->listener->is_own)
			accept_queue(worker, watched);
		drop_listener(worker, watched);
	}
}

static bool take_place(struct worker *worker)
{
	unsigned int left = atomic_load(worker->places);

	while (left > 0)
		if (atomic_compare_exchange_weak(worker->places, &left,
						 left - 1))
			return true;
	return false;
}

/* To those that can use it, whoever is at rest already first. */
static void allot_places(struct worker *worker)
{
	static const enum connection_state states[] = {
		CONNECTION_IDLE, CONNECTION_RECEIVING, CONNECTION_SENDING};

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		for (struct connection *connection =
			     worker->lists[states[i]].first;
		     connection; connection = connection->next)
			connection->has_place =
				!connection->closes && take_place(worker);
}

static void drain_idle(struct worker *worker)
{
	struct connection *next;

	for (struct connection *connection =
		     worker->lists[CONNECTION_IDLE].first;
	     connection; connection = next) {
		next = connection->next;
		if (connection->has_place)
			continue;
		connection->since = worker->workspace.now;
		reschedule(worker, connection);
	}
}

/* Under a drain, those who idle have a place each. */
static bool all_idle(const struct worker *worker)
{
	for (int i = 0; i < LISTS; i++)
		if (i != CONNECTION_IDLE && worker->lists[i].first)
			return false;
	return true;
}

/* Each is looked at once more, so that as little as can be has to wait for
 * the next process. */
static void hand_over_idle(struct worker *worker)
{
	struct connection *next;

	for (struct connection *connection =
		     worker->lists[CONNECTION_IDLE].first;
	     connection; connection = next) {
		next = connection->next;
		unschedule(worker, connection);
		connection_advance(connection, &worker->workspace);
		worker->has_news = true;
		if (connection_can_be_handed_over(connection)) {
			hand_over(worker, connection);
			continue;
		}
		/* Half an empty line: it has a little while to go on. */
		if (connection->state == CONNECTION_IDLE) {
			connection->has_place = false;
			connection->since = worker->workspace.now;
		}
		place(worker, connection);
	}
}

static void drain(struct worker *worker)
{
	if (worker->workspace.is_draining)
		return;
	drop_listeners(worker);
	worker->workspace.is_draining = true;
	worker->rest_until = worker->workspace.now + DRAIN_GRACE_MSEC;
	allot_places(worker);
	drain_idle(worker);
}

/* Without the others it would be too early: who is handed over is served again
 * only when all workers have ended. */
static void look_at_rest(struct worker *worker)
{
	bool is_at_rest = all_idle(worker);

	if (worker->hands_over) {
		if (is_at_rest)
			hand_over_idle(worker);
	} else if (atomic_exchange(&worker->is_at_rest, is_at_rest) !=
		   is_at_rest) {
		tell_control_plane(worker);
	}
}

static void abort_all(struct worker *worker)
{
	worker->is_aborting = true;
	if (worker->workspace.is_draining)
		hand_over_idle(worker);
}

static void adopt_response(struct worker *worker)
{
	struct response *response =
		atomic_exchange(&worker->new_response, NULL);

	if (!response)
		return;
	response_unref(worker->workspace.response);
	worker->workspace.response = response;
}

static void obey(struct worker *worker)
{
	unsigned int told, orders;
	eventfd_t ignored;

	worker->is_woken = false;
	/* First, so that what is told from here on wakes the worker again. */
	eventfd_read(worker->wake_fd, &ignored);
	told = atomic_load(&worker->told);
	orders = atomic_exchange(&worker->orders, 0);
	adopt_response(worker);
	if (orders & WORKER_DRAIN)
		drain(worker);
	if (orders & WORKER_HAND_OVER)
		worker->hands_over = true;
	if (orders & WORKER_ABORT)
		abort_all(worker);
	if (orders & WORKER_LOOK)
		watch_anew(worker);
	atomic_store(&worker->obeyed, told);
	tell_control_plane(worker);
}

static void tell_news(struct worker *worker)
{
	unsigned int news = WORKER_TELL_ACTIVITY;

	if (!worker->has_news)
		return;
	worker->has_news = false;
	atomic_store_explicit(&worker->answers, worker->workspace.answers,
			      memory_order_relaxed);
	if (worker->open == 0)
		news |= WORKER_TELL_EMPTY;
	/* The control plane asks, then counts; here it is the other way round,
	 * and neither may see the other's old value. */
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load(&worker->tell) & news) {
		atomic_fetch_and(&worker->tell, ~news);
		tell_control_plane(worker);
	}
}

/* --- The round ----------------------------------------------------------- */

static void expire_list(struct worker *worker, struct list *list)
{
	struct connection *connection;

	while ((connection = list->first) &&
	       deadline_of(list, connection) <= worker->workspace.now) {
		connection_expire(connection, &worker->workspace);
		worker->has_news = true;
		/* It has its last answer, and others want its place. */
		if (is_paused(worker) &&
		    connection->state == CONNECTION_LINGERING)
			connection->state = CONNECTION_DONE;
		reschedule(worker, connection);
	}
	if (connection)
		look_not_later_than(worker, deadline_of(list, connection));
}

/* Pressure lasts as long as epoll shows a client who waits, round by round. */
static void look_at_pressure(struct worker *worker)
{
	if (!worker->has_waiting)
		worker->is_pressed = false;
	worker->has_waiting = false;
	if (worker->is_pressed)
		look_not_later_than(worker, worker->workspace.now);
}

static void end_pause(struct worker *worker)
{
	watch_again(worker);
	worker->is_pressed = worker->is_watching;
	look_not_later_than(worker, worker->workspace.now);
}

/* All that is due, and when to look next. */
static void expire(struct worker *worker)
{
	worker->look_at = INFINITE_MSEC;
	for (int i = 0; i < LISTS; i++)
		expire_list(worker, &worker->lists[i]);
	look_at_pressure(worker);
	if (!is_away(worker))
		return;
	if (worker->watch_again_at > worker->workspace.now)
		look_not_later_than(worker, worker->watch_again_at);
	else if (worker->stands_back)
		watch_again(worker);
	else
		end_pause(worker);
}

/* Is it one of listeners[]? */
static bool is_listener(const struct worker *worker, const void *pointer)
{
	return (uintptr_t)pointer - (uintptr_t)worker->listeners <
	       worker->n_listeners * sizeof(*worker->listeners);
}

static void handle(struct worker *worker, void *pointer)
{
	if (pointer == worker)
		worker->is_woken = true;
	else if (is_listener(worker, pointer))
		on_listener(worker, pointer);
	else if (!is_done(pointer))
		advance(worker, pointer);
}

/* Where epoll_wait(2) fails, which it never should, nobody is served until it
 * goes well again; but nothing spins, and orders are obeyed. */
static void wait_without_epoll(struct worker *worker)
{
	struct pollfd order = {.fd = worker->wake_fd, .events = POLLIN};
	const struct timespec time = {.tv_sec = ROOM_WAIT_MSEC / 1000};

	ppoll(&order, 1, &time, NULL);
	worker->is_woken = true;
}

static void go_round(struct worker *worker)
{
	int n = epoll_wait(worker->epoll_fd, worker->events, EVENTS_MAX,
			   next_timeout(worker));

	if (n < 0 && errno != EINTR)
		wait_without_epoll(worker);
	update_clock(worker);
	for (int i = 0; i < n; i++)
		handle(worker, worker->events[i].data.ptr);
	if (worker->stands_back && !has_more_than_its_share(worker))
		watch_again(worker);
	if (worker->look_at <= worker->workspace.now)
		expire(worker);
	if (worker->is_woken)
		obey(worker);
	if (worker->workspace.is_draining)
		look_at_rest(worker);
	if (worker->done) {
		clear_done(worker);
		free_after_crowd(worker);
	}
	if (worker->workspace.lines.used > 0)
		log_flush(&worker->workspace.lines);
	tell_news(worker);
}

static bool has_reason_to_live(const struct worker *worker)
{
	return !worker->is_aborting && (worker->n_left > 0 || worker->open > 0);
}

static void *run(void *argument)
{
	struct worker *worker = argument;

	while (has_reason_to_live(worker))
		go_round(worker);
	atomic_store(&worker->has_ended, true);
	tell_control_plane(worker);
	return NULL;
}

/* --- Called by the control plane ----------------------------------------- */

static void free_list(struct connection *connection)
{
	while (connection) {
		struct connection *next = connection->next;

		connection_done(connection);
		free(connection);
		connection = next;
	}
}

void worker_destroy(struct worker *worker)
{
	for (int i = 0; i < LISTS; i++)
		free_list(worker->lists[i].first);
	clear_done(worker);
	free_list(worker->handed_over);
	free_list(worker->taken_over);
	free(worker->spare);
	free(worker->listeners);
	response_unref(worker->workspace.response);
	response_unref(worker->new_response);
	log_lines_done(&worker->workspace.lines);
	if (worker->epoll_fd >= 0)
		close(worker->epoll_fd);
	if (worker->wake_fd >= 0)
		close(worker->wake_fd);
	free(worker);
}

static int list_listeners(struct worker *worker, const struct sockets *sockets)
{
	/* One more: calloc() of nothing may be NULL. */
	worker->listeners =
		calloc(sockets->n_listeners + 1, sizeof(*worker->listeners));
	if (!worker->listeners)
		return -ENOMEM;
	worker->n_listeners = worker->n_left = sockets->n_listeners;
	for (size_t i = 0; i < sockets->n_listeners; i++)
		worker->listeners[i].listener = &sockets->listeners[i];
	return watch_all(worker);
}

static int open_descriptors(struct worker *worker)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = worker};

	worker->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	worker->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (worker->epoll_fd < 0 || worker->wake_fd < 0 ||
	    epoll_ctl(worker->epoll_fd, EPOLL_CTL_ADD, worker->wake_fd,
		      &event) < 0)
		return -errno;
	return 0;
}

/* Room is looked for once in ROOM_WAIT_MSEC: so that who waits has it within
 * the time that a request may take. */
static uint64_t room_msec_of_sending(uint64_t request_msec)
{
	if (request_msec == INFINITE_MSEC)
		return INFINITE_MSEC;
	if (request_msec < 2 * ROOM_WAIT_MSEC)
		return request_msec / 2;
	return request_msec - ROOM_WAIT_MSEC;
}

static void set_deadlines(struct worker *worker,
			  const struct worker_settings *settings)
{
	worker->lists[CONNECTION_IDLE].msec = settings->keepalive_msec;
	worker->lists[CONNECTION_RECEIVING].msec = settings->request_msec;
	worker->lists[CONNECTION_SENDING].msec = SEND_STALL_MSEC;
	worker->lists[CONNECTION_LINGERING].msec = LINGER_MSEC;
	worker->lists[LIST_GRACE].msec = DRAIN_GRACE_MSEC;
	worker->lists[CONNECTION_IDLE].room_msec = ROOM_WAIT_MSEC;
	worker->lists[CONNECTION_LINGERING].room_msec = ROOM_WAIT_MSEC;
	worker->lists[CONNECTION_SENDING].room_msec =
		room_msec_of_sending(settings->request_msec);
}

int worker_create(const struct worker_settings *settings,
		  const struct sockets *sockets, struct response *response,
		  struct worker **ret_worker)
{
	struct worker *worker = malloc(sizeof(*worker));
	int r;

	if (!worker)
		return -ENOMEM;
	/* Not the buffers at the end: what nobody writes to takes no memory. */
	memset(worker, 0, offsetof(struct worker, workspace.batch));
	worker->epoll_fd = worker->wake_fd = -1;
	worker->news_fd = settings->news_fd;
	worker->max_connections = settings->max_connections;
	worker->n_workers = settings->n_workers;
	worker->all_open = settings->all_open;
	worker->places = settings->places;
	worker->workspace.response = response_ref(response);
	worker->workspace.max_body_bytes = settings->max_body_bytes;
	worker->workspace.log = settings->log;
	worker->workspace.wall_time = -1; /* a date has to be rendered */
	worker->look_at = INFINITE_MSEC;
	set_deadlines(worker, settings);
	update_clock(worker);
	atomic_store(&worker->empty_since, worker->workspace.now);
	r = open_descriptors(worker);
	if (r == 0)
		r = list_listeners(worker, sockets);
	if (r == 0 && settings->log != LOG_REQUESTS_NONE)
		r = log_lines_init(&worker->workspace.lines);
	if (r < 0) {
		worker_destroy(worker);
		return r;
	}
	*ret_worker = worker;
	return 0;
}

int worker_add_client(struct worker *worker, struct passed_client *client)
{
	struct connection *connection = calloc(1, sizeof(*connection));
	struct sockaddr_storage address = {0};
	socklen_t bytes = sizeof(address);
	int fd = client->fd;

	client->fd = -1;
	if (!connection) {
		close(fd);
		return -ENOMEM;
	}
	/* A client that has gone meanwhile has no address: its end shows. */
	getpeername(fd, (struct sockaddr *)&address, &bytes);
	connection->is_passed = true;
	adopt(worker, connection, fd, client->fd_name, &address);
	return 0;
}

int worker_start(struct worker *worker)
{
	int error = pthread_create(&worker->thread, NULL, run, worker);

	worker->is_started = error == 0;
	return -error;
}

static void wake(struct worker *worker)
{
	atomic_fetch_add(&worker->told, 1);
	write_event(worker->wake_fd);
}

void worker_order(struct worker *worker, enum worker_order order)
{
	atomic_fetch_or(&worker->orders, (unsigned int)order);
	wake(worker);
}

void worker_set_response(struct worker *worker, struct response *response)
{
	response_unref(
		atomic_exchange(&worker->new_response, response_ref(response)));
	wake(worker);
}

void worker_ping(struct worker *worker)
{
	wake(worker);
}

bool worker_has_obeyed(const struct worker *worker)
{
	return worker_has_ended(worker) ||
	       atomic_load(&worker->obeyed) == atomic_load(&worker->told);
}

bool worker_has_declined(struct worker *worker)
{
	return atomic_exchange(&worker->has_declined, false);
}

bool worker_is_at_rest(const struct worker *worker)
{
	return worker_has_ended(worker) || atomic_load(&worker->is_at_rest);
}

bool worker_has_ended(const struct worker *worker)
{
	return atomic_load(&worker->has_ended);
}

bool worker_take_over(struct worker *worker, struct handed_over *ret_client)
{
	struct connection *connection = worker->taken_over;

	if (!connection)
		connection = atomic_exchange(&worker->handed_over, NULL);
	if (!connection)
		return false;
	worker->taken_over = connection->next;
	*ret_client = (struct handed_over){.fd = connection->fd,
					   .fd_name = connection->fd_name};
	free(connection);
	return true;
}

void worker_tell(struct worker *worker, unsigned int news)
{
	atomic_fetch_or(&worker->tell, news);
}

struct worker_counts worker_counts(const struct worker *worker)
{
	struct worker_counts counts = {
		.open = atomic_load(&worker->open_count)};

	/* Behind open, which tells whether it counts. */
	counts.empty_since = atomic_load(&worker->empty_since);
	counts.accepted = atomic_load(&worker->accepted);
	counts.answers = atomic_load(&worker->answers);
	return counts;
}

/* By the wall clock, as pthread_clockjoin_np(3) is not known to all tools that
 * look for races; who sets the clock meanwhile moves no more than this bound.
 */
static bool join(struct worker *worker, uint64_t msec)
{
	struct timespec until = {0};

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += (time_t)(msec / 1000);
	until.tv_nsec += (long)(msec % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	return pthread_timedjoin_np(worker->thread, NULL, &until) == 0;
}

bool worker_join(struct worker *worker, uint64_t msec)
{
	if (!worker->is_started || join(worker, msec))
		return true;
	/* Nobody will ask for it again. */
	pthread_detach(worker->thread);
	return false;
}
