#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# Whatever the system refuses to a start, each call and each allocation once:
# the program does without it, or says why it cannot and ends with status 1 or 2.
# It is not killed, it does not hang, and it leaves nothing behind.
#
# A SIGTERM awaits each run, so that it ends by itself: one that starts all the
# same ends with status 0, its whole life behind it.

load helper

SCENARIO=$(
	cat <<'PYTHON'
import os, re, select, signal, socket, sys

program, directory, patience = sys.argv[1], sys.argv[2], int(sys.argv[3])
os.chdir(directory)
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.bind("notify")
listener = socket.create_server(("127.0.0.1", 0))
with open("body", "w") as file:
    file.write("Hello\n")

# Options, environment, descriptors from 0 on, less standard output and error.
DOORS = {
    "own": (["--listen=" + directory + "/own", "--listen=127.0.0.1:0",
             "--body-file=body", "--header=X: y"], {}, lambda: [null()]),
    "systemd": (["--exit-idle-time=60s", "--workers=2"],
                {"NOTIFY_SOCKET": directory + "/notify", "LISTEN_FDS": "2",
                 "LISTEN_FDNAMES": "door:client", "WATCHDOG_USEC": "60000000"},
                lambda: [null(), listener, client()]),
    "inetd": (["--inetd", "--log=data"], {}, lambda: [listener]),
}

def null():
    return open("/dev/null")

def client():
    """One that has nothing to ask, so that nobody waits for it."""
    ours, its = socket.socketpair()
    ours.shutdown(socket.SHUT_WR)
    client.held = ours
    return its

def become(command, environment, files):
    numbers = [os.dup(file.fileno()) for file in files]
    errors = os.open("errors", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    high = [os.dup2(number, 100 + at) for at, number in enumerate([*numbers, errors])]
    os.dup2(high[-1], 1)
    os.dup2(high[-1], 2)
    for at, number in zip([0, 3, 4], high[:-1]):
        os.dup2(number, at)
    if "LISTEN_FDS" in environment:
        environment = {**environment, "LISTEN_PID": str(os.getpid())}
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    os.kill(os.getpid(), signal.SIGTERM)
    os.execvpe(command[0], command, {**os.environ, **environment})

def run(door, before, environment={}):
    """Its wait status and what it said."""
    options, its_environment, files = DOORS[door]
    files = files()
    pid = os.fork()
    if pid == 0:
        try:
            become([*before, program, *options], {**its_environment, **environment}, files)
        finally:
            os._exit(127)
    end = os.pidfd_open(pid)
    if not select.select([end], [], [], patience)[0]:
        os.kill(pid, signal.SIGKILL)
    os.close(end)
    status = os.waitpid(pid, 0)[1]
    while select.select([notify], [], [], 0)[0]:
        notify.recv(4096)
    with open("errors") as errors:
        return status, errors.read()

def check(door, what, status, said):
    """It ended with status 0, or in one line it said why not, and left nothing."""
    why = re.findall(r"^hello-http: .*", said, re.M)
    well = status == 0 or (os.WIFEXITED(status) and os.WEXITSTATUS(status) in (1, 2) and
                           len(why) == 1 and not os.path.exists("own"))
    if not well:
        print(f"{door}, without {what}: status {status:#x}, {said}")
    if os.path.exists("own"):
        os.unlink("own")
    return well
PYTHON
)

# Its own descriptors must be what it is given, and its calls its own.
setup() {
	skip_under_sanitizer "a sanitizer has calls and memory of its own"
}

start_scenario() {
	scenario "$HELLO_HTTP" "$BATS_TEST_TMPDIR" "$((PATIENCE * 3))"
}

@test "a system call that fails while the program starts is done without, or told" {
	command -v strace >/dev/null || skip "strace is missing"
	strace -o /dev/null true || skip "strace may not trace here"
	# Below what is asked for, so that it is raised.
	ulimit -S -n 1024
	start_scenario <<-'END'
		# Those that have no error, or none that their caller, libc, could expect:
		# malloc(3) takes it that brk(2) fails for good.
		SPARED = {"exit_group", "exit", "futex", "getpid", "rt_sigprocmask",
		          "rt_sigreturn", "restart_syscall", "brk", "munmap"}
		def calls(door):
		    """Names of those of the main thread, from where main() begins."""
		    status, said = run(door, ["strace", "-D", "-o", "trace"])
		    assert status == 0, said
		    with open("trace") as trace:
		        calls = re.findall(r"^\w+\(.*", trace.read(), re.M)
		    begin = next(i for i, c in enumerate(calls) if '"/dev/null", O_RDONLY)' in c)
		    return [call.partition("(")[0] for call in calls], begin
		all_well = True
		for door in DOORS:
		    names, begin = calls(door)
		    for at in range(begin, len(names)):
		        name, nth = names[at], names[:at + 1].count(names[at])
		        if name in SPARED:
		            continue
		        inject = f"inject={name}:error=ENOMEM:when={nth}"
		        status, said = run(door, ["strace", "-D", "-o", "/dev/null", "-e", inject])
		        all_well &= check(door, f"{name} {nth}", status, said)
		assert all_well
	END
}

@test "an allocation that fails while the program starts is done without, or told" {
	make_library <<-'END'
		#include <errno.h>
		#include <stdatomic.h>
		#include <stddef.h>
		#include <stdlib.h>
		#include <unistd.h>
		extern void *__libc_malloc(size_t);
		extern void *__libc_calloc(size_t, size_t);
		extern void *__libc_realloc(void *, size_t);
		static atomic_long left;
		__attribute__((constructor)) static void begin(void)
		{
			left = atol(getenv("FAIL_AT"));
		}
		static int fails(void)
		{
			if (atomic_fetch_sub(&left, 1) != 1)
				return 0;
			errno = ENOMEM;
			return write(2, "refused\n", 8) > 0;
		}
		void *malloc(size_t n)
		{
			return fails() ? NULL : __libc_malloc(n);
		}
		void *calloc(size_t n, size_t size)
		{
			return fails() ? NULL : __libc_calloc(n, size);
		}
		void *realloc(void *old, size_t n)
		{
			return fails() ? NULL : __libc_realloc(old, n);
		}
	END
	mv "$LIBRARY" "$BATS_TEST_TMPDIR/fail.so"
	start_scenario <<-'END'
		all_well = True
		for door in DOORS:
		    nth, said = 1, "refused\n"
		    while "refused\n" in said and nth < 500:
		        status, said = run(door, [], {"LD_PRELOAD": directory + "/fail.so",
		                                      "FAIL_AT": str(nth)})
		        all_well &= check(door, f"allocation {nth}", status, said)
		        nth += 1
		    assert 10 < nth < 500, nth
		assert all_well
	END
}
