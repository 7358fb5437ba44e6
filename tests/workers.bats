#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# Several workers at one listener: who gets which client. What epoll watches for
# each of them stands in /proc/PID/fdinfo (proc(5)).

load helper

WORKERS=4

# What a scenario begins with.
SCENARIO='
import glob, os, re, socket, sys, time
PATIENCE = float(os.environ["TALK_TIMEOUT"])
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
port, pid = int(sys.argv[1]), int(sys.argv[2])

def until(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.01)

def watched():
    """The descriptors that each epoll instance watches, by its own."""
    instances = {}
    for path in glob.glob(f"/proc/{pid}/fdinfo/*"):
        try:
            with open(path) as file:
                found = re.findall(r"^tfd: *(\d+)", file.read(), re.M)
        except FileNotFoundError:
            continue  # just closed
        if found:
            instances[os.path.basename(path)] = set(found)
    return instances

def sockets():
    found = set()
    for path in glob.glob(f"/proc/{pid}/fd/*"):
        try:
            if os.readlink(path).startswith("socket:"):
                found.add(os.path.basename(path))
        except FileNotFoundError:
            pass  # just closed
    return found

# Others may have been inherited from whoever runs the tests.
LISTENER, = sockets() & set().union(*watched().values())

def at_listener():
    return {name for name, found in watched().items() if LISTENER in found}

WORKERS = at_listener()

def shares():
    """How many clients each worker has."""
    clients, instances = sockets() - {LISTENER}, watched()
    return sorted(len(instances[name] & clients) for name in WORKERS)

def are_shared(n):
    """Has no worker more than twice what another has, and one more?"""
    until(lambda: sum(shares()) == n, "all are let in")
    least, *_, most = shares()
    print(f"{shares()} of {n}")
    return most <= 2 * least + 1

def one_by_one(n):
    def come_and_ask(clients):
        for _ in range(n):
            clients += come(1)
            ask(clients[-1])
        return are_shared(n)
    return come_and_ask

def in_one_try_of_five(come_and_look):
    """On a busy machine others may get no CPU in the millisecond for which one
    stands back; so it may need another try, with other clients."""
    for _ in range(5):
        clients = []
        if come_and_look(clients):
            return
        for client in clients:
            client.close()
        until(lambda: sum(shares()) == 0, "all have gone")
    raise AssertionError("they are not shared out")

def come(n):
    """At once: nobody waits until the one before is let in."""
    clients = []
    for _ in range(n):
        clients.append(socket.create_connection(("127.0.0.1", port)))
        clients[-1].settimeout(PATIENCE)
    return clients

def ask(client):
    client.sendall(GET)
    assert client.recv(4096).startswith(b"HTTP/1.1 200 ")
'

# SCENARIO with what standard input adds, against so many workers.
share() {
	start_server --workers="$1" --log=none
	scenario "$PORT" "$SERVER_PID"
}

@test "clients who come one by one, and ask, are shared out among all workers" {
	share $WORKERS <<-'END'
		in_one_try_of_five(one_by_one(64))
	END
}

@test "clients who come all at once are shared out among all workers" {
	share $WORKERS <<-'END'
		def all_at_once(clients):
		    clients += come(256)
		    is_well = are_shared(256)
		    for client in clients:
		        ask(client)
		    return is_well
		in_one_try_of_five(all_at_once)
	END
}

@test "clients are shared out between two workers" {
	share 2 <<-'END'
		in_one_try_of_five(one_by_one(100))
	END
}

@test "a worker whose clients have left gets the next ones" {
	share $WORKERS <<-'END'
		def half_of_them_again(clients):
		    clients += come(128)
		    until(lambda: sum(shares()) == 128, "all are let in")
		    for client in clients[:64]:
		        client.close()
		    until(lambda: sum(shares()) == 64, "half of them have gone")
		    clients[:64] = come(192)
		    return are_shared(256)
		in_one_try_of_five(half_of_them_again)
	END
}

@test "a worker that has stood back comes back, though nobody comes" {
	share $WORKERS <<-'END'
		assert len(WORKERS) == 4, WORKERS
		clients = come(32)
		until(lambda: sum(shares()) == 32, "all are let in")
		until(lambda: at_listener() == WORKERS, "all are back")
	END
}

@test "one worker alone has everyone, and never stands back" {
	command -v strace >/dev/null || skip "strace is missing"
	skip_under_sanitizer "it is traced itself"
	TRACE=$(fresh_path)
	HELLO_HTTP_WRAPPER="${HELLO_HTTP_WRAPPER-} strace -D -f -o $TRACE -e trace=epoll_ctl"
	share 1 <<-'END'
		clients = come(50)
		until(lambda: shares() == [50], "all are let in")
	END
	stop_server
	[ "$(grep -Fc EPOLLEXCLUSIVE "$TRACE")" -eq 1 ]
}

# preload [VARIABLE]: C from standard input, which the next servers have in front of
# libc.
preload() {
	make_library
	HELLO_HTTP_WRAPPER="env LD_PRELOAD=$LIBRARY${1:+ $1}"
}

# At a shortage each client that waits takes the place of one that idles: all of
# them after one wait for room, not one for each wait, though the worker that has
# those who idle has more than its share.
@test "who waits during a shortage waits once, whoever has more than its share" {
	skip_under_sanitizer "it would be preloaded behind the sanitizer"
	local room
	room=$(fresh_path)
	truncate -s 1000 "$room"
	# As many clients as the file has octets.
	preload "ROOM=$room" <<-'END'
		#include <dlfcn.h>
		#include <errno.h>
		#include <stdatomic.h>
		#include <stdlib.h>
		#include <sys/socket.h>
		#include <sys/stat.h>

		static atomic_bool is_client[4096];
		static atomic_long clients;

		int accept4(int fd, struct sockaddr *address, socklen_t *bytes, int flags)
		{
			int (*real)(int, struct sockaddr *, socklen_t *, int) =
				dlsym(RTLD_NEXT, "accept4");
			struct stat room;
			int client;

			if (stat(getenv("ROOM"), &room) < 0 || clients >= room.st_size) {
				errno = ENFILE;
				return -1;
			}
			client = real(fd, address, bytes, flags);
			if (client >= 0) {
				is_client[client] = 1;
				clients++;
			}
			return client;
		}

		int close(int fd)
		{
			int (*real)(int) = dlsym(RTLD_NEXT, "close");

			if (fd >= 0 && fd < 4096 && atomic_exchange(&is_client[fd], 0))
				clients--;
			return real(fd);
		}
	END
	start_server --workers=2 --log=none
	scenario "$PORT" "$SERVER_PID" "$room" <<-'END'
		def worker_of(client):
		    """Whose epoll instance watches the other end of it."""
		    end = f"0100007F:{client.getsockname()[1]:04X}"
		    with open("/proc/net/tcp") as file:
		        [inode] = [row[9] for row in map(str.split, file)
		                   if row[1] == f"0100007F:{port:04X}" and row[2] == end]
		    [fd] = [fd for fd in sockets()
		            if os.readlink(f"/proc/{pid}/fd/{fd}") == f"socket:[{inode}]"]
		    [worker] = [name for name, found in watched().items() if fd in found]
		    return worker

		clients = come(32)
		for client in clients:
		    ask(client)
		one = worker_of(clients[0])
		idle = [client for client in clients if worker_of(client) == one]
		for client in clients:
		    if client not in idle:
		        client.close()
		until(lambda: shares() == [0, len(idle)], "the other worker has nobody")
		os.truncate(sys.argv[3], len(idle))
		assert len(idle) > 8
		began = time.monotonic()
		for client in come(8):
		    ask(client)
		took = time.monotonic() - began
		assert took < 4, f"{took:.1f} s"
	END
}

# A client that epoll does not take is lost, so the next ones are not let in to
# be lost as well.
@test "where epoll takes no more, clients wait for room instead of being closed" {
	skip_under_sanitizer "it would be preloaded behind the sanitizer"
	preload <<-'END'
		#include <dlfcn.h>
		#include <errno.h>
		#include <stdatomic.h>
		#include <sys/epoll.h>
		#include <sys/socket.h>

		static atomic_int clients;

		int epoll_ctl(int epoll_fd, int operation, int fd, struct epoll_event *event)
		{
			int (*real)(int, int, int, struct epoll_event *) =
				dlsym(RTLD_NEXT, "epoll_ctl");
			int listens = 1;

			getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens,
				   &(socklen_t){sizeof(listens)});
			if (operation == EPOLL_CTL_ADD && !listens && ++clients > 6) {
				errno = ENOSPC;
				return -1;
			}
			return real(epoll_fd, operation, fd, event);
		}
	END
	start_server --log=none
	scenario "$PORT" "$SERVER_PID" <<-'END'
		served = come(6)
		for client in served:
		    ask(client)
		waiting = come(20)
		[lost] = waiting[:1]
		lost.settimeout(PATIENCE)
		assert lost.recv(1) == b""
		# All that were let in have been watched, or are gone again.
		until(lambda: not at_listener(), "it waits for room")
		for client in waiting[1:]:
		    client.settimeout(0)
		closed = 0
		for client in waiting[1:]:
		    try:
		        closed += client.recv(1) == b""
		    except BlockingIOError:
		        pass
		assert closed < 10, f"{closed} of those who came next are closed"
	END
}

# Where malloc(3) is another's, the first malloc_trim(3) begins glibc's own heap.
@test "the first to ask for memory back is the main thread, before any worker" {
	skip_under_sanitizer "it would be preloaded behind the sanitizer"
	preload <<-'END'
		#include <malloc.h>
		#include <stdio.h>
		#include <unistd.h>

		int malloc_trim(size_t pad)
		{
			dprintf(2, "%s asks, but for %zd\n",
				gettid() == getpid() ? "main" : "worker", pad);
			return 0;
		}
	END
	share 4 <<-'END'
		clients = come(400)
		until(lambda: sum(shares()) == 400, "all are in")
		for client in clients:
		    client.close()
	END
	wait_for_line '^worker asks, but for 0$' "$SERVER_ERR"
	[ "$(grep -m 1 ' asks' "$SERVER_ERR")" = 'main asks, but for -1' ]
	[ "$(grep -c '^main asks' "$SERVER_ERR")" -eq 1 ]
}
