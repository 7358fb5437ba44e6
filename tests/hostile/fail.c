/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * usage: FAIL_CONTROL=FILE LD_PRELOAD=.../fail.so PROGRAM [ARGUMENT...]
 *
 * Makes calls of a program fail to order, while it runs.  FILE is mapped by the
 * program and by who gives the orders: after a head, a struct fault for each
 * call that is wrapped here.  Whoever sets its times, last of all, has as many
 * calls fail with error, after skip more that do not; where error is 0, they
 * succeed, but with no more than `most` octets or events.  Calls and hits are
 * counted there, too, and how many blocks of memory are allocated.
 *
 * Only what the program itself calls can fail, not what libsystemd or libc call
 * for their own ends: the address that a call returns to tells.  A call that is
 * to fail is not made; but close(2), as Linux has it, is, and where a counter
 * is full, which is EAGAIN, there is something to read.
 *
 * With glibc only, whose malloc(3) has a second name; and on 64-bit machines,
 * as on others what takes a time has one too.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CALLS(CALL)                                                            \
	CALL(accept4)                                                          \
	CALL(calloc)                                                           \
	CALL(clock_gettime)                                                    \
	CALL(close)                                                            \
	CALL(epoll_create1)                                                    \
	CALL(epoll_ctl_add)                                                    \
	CALL(epoll_ctl_del)                                                    \
	CALL(epoll_ctl_mod)                                                    \
	CALL(epoll_wait)                                                       \
	CALL(eventfd)                                                          \
	CALL(eventfd_read)                                                     \
	CALL(eventfd_write)                                                    \
	CALL(fcntl_add_seals)                                                  \
	CALL(getpeername)                                                      \
	CALL(malloc)                                                           \
	CALL(memfd_create)                                                     \
	CALL(pthread_create)                                                   \
	CALL(pthread_timedjoin_np)                                             \
	CALL(read)                                                             \
	CALL(realloc)                                                          \
	CALL(recv)                                                             \
	CALL(send)                                                             \
	CALL(sendfile)                                                         \
	CALL(shutdown)                                                         \
	CALL(write)

#define NUMBER(name) CALL_##name,
#define NAME(name) #name,

enum { CALLS(NUMBER) N_CALLS };

static const char names[][32] = {CALLS(NAME)};

struct fault {
	char name[32];
	_Atomic uint64_t calls, hits;
	_Atomic uint32_t skip, times;
	int32_t error;
	uint32_t most;
};

struct control {
	_Atomic int64_t blocks;
	uint64_t n_faults;
	struct fault faults[N_CALLS];
};

static struct control nobody;
static struct control *control = &nobody;
static uintptr_t program_begin, program_end;

/* --- Orders -------------------------------------------------------------- */

static bool is_of_program(const void *return_address)
{
	uintptr_t address = (uintptr_t)return_address;

	return address >= program_begin && address < program_end;
}

/* Takes one from a number that others may take from, too.  The largest one is
 * for ever: it changes by an order only. */
static bool take(_Atomic uint32_t *number)
{
	uint32_t left = atomic_load(number);

	while (left > 0 && left < UINT32_MAX)
		if (atomic_compare_exchange_weak(number, &left, left - 1))
			return true;
	return left > 0;
}

/* The fault that this call has, or NULL. */
static struct fault *fault_of(int call, const void *return_address)
{
	struct fault *fault = &control->faults[call];

	if (!is_of_program(return_address))
		return NULL;
	atomic_fetch_add(&fault->calls, 1);
	if (atomic_load(&fault->times) == 0 || take(&fault->skip) ||
	    !take(&fault->times))
		return NULL;
	atomic_fetch_add(&fault->hits, 1);
	errno = fault->error;
	return fault;
}

#define FAULT(call) fault_of(CALL_##call, __builtin_return_address(0))

/* What is short, and what fails. */
#define FAILS(fault) ((fault) && (fault)->error)
#define CUT(fault, size)                                                       \
	((fault) && (fault)->most < (size) ? (fault)->most : (size))

/* Of the next library that has it: not this one. */
#define REAL(name) REAL_BY(name, #name)
#define REAL_BY(name, symbol)                                                  \
	static __typeof__(name) *real;                                         \
	if (!real)                                                             \
	real = (__typeof__(name) *)dlsym(RTLD_NEXT, symbol)

/* --- Sockets ------------------------------------------------------------- */

int accept4(int fd, struct sockaddr *address, socklen_t *bytes, int flags)
{
	struct fault *fault = FAULT(accept4);

	REAL(accept4);
	return FAILS(fault) ? -1 : real(fd, address, bytes, flags);
}

ssize_t recv(int fd, void *octets, size_t bytes, int flags)
{
	struct fault *fault = FAULT(recv);

	REAL(recv);
	return FAILS(fault) ? -1 : real(fd, octets, CUT(fault, bytes), flags);
}

ssize_t send(int fd, const void *octets, size_t bytes, int flags)
{
	struct fault *fault = FAULT(send);

	REAL(send);
	return FAILS(fault) ? -1 : real(fd, octets, CUT(fault, bytes), flags);
}

ssize_t sendfile(int fd, int from, off_t *offset, size_t bytes)
{
	struct fault *fault = FAULT(sendfile);

	/* off_t has 64 bits on every machine: the Makefile sees to that. */
	REAL_BY(sendfile, "sendfile64");
	return FAILS(fault) ? -1 : real(fd, from, offset, CUT(fault, bytes));
}

int shutdown(int fd, int how)
{
	struct fault *fault = FAULT(shutdown);

	REAL(shutdown);
	return FAILS(fault) ? -1 : real(fd, how);
}

int getpeername(int fd, struct sockaddr *address, socklen_t *bytes)
{
	struct fault *fault = FAULT(getpeername);

	REAL(getpeername);
	return FAILS(fault) ? -1 : real(fd, address, bytes);
}

/* --- Descriptors --------------------------------------------------------- */

/* close(2), Dealing with error returns: it is closed nevertheless. */
int close(int fd)
{
	struct fault *fault = FAULT(close);
	int r;

	REAL(close);
	r = real(fd);
	if (!FAILS(fault))
		return r;
	errno = fault->error;
	return -1;
}

ssize_t read(int fd, void *octets, size_t bytes)
{
	struct fault *fault = FAULT(read);

	REAL(read);
	return FAILS(fault) ? -1 : real(fd, octets, CUT(fault, bytes));
}

/* Those commands that the program uses take an int, or nothing. */
int fcntl(int fd, int command, ...)
{
	struct fault *fault =
		command == F_ADD_SEALS ? FAULT(fcntl_add_seals) : NULL;
	va_list arguments;
	int argument;

	REAL(fcntl);
	va_start(arguments, command);
	argument = va_arg(arguments, int);
	va_end(arguments);
	return FAILS(fault) ? -1 : real(fd, command, argument);
}

int memfd_create(const char *name, unsigned int flags)
{
	struct fault *fault = FAULT(memfd_create);

	REAL(memfd_create);
	return FAILS(fault) ? -1 : real(name, flags);
}

ssize_t write(int fd, const void *octets, size_t bytes)
{
	struct fault *fault = FAULT(write);

	REAL(write);
	return FAILS(fault) ? -1 : real(fd, octets, CUT(fault, bytes));
}

int eventfd(unsigned int value, int flags)
{
	struct fault *fault = FAULT(eventfd);

	REAL(eventfd);
	return FAILS(fault) ? -1 : real(value, flags);
}

int eventfd_read(int fd, eventfd_t *ret_value)
{
	struct fault *fault = FAULT(eventfd_read);

	REAL(eventfd_read);
	return FAILS(fault) ? -1 : real(fd, ret_value);
}

int eventfd_write(int fd, eventfd_t value)
{
	struct fault *fault = FAULT(eventfd_write);

	REAL(eventfd_write);
	if (!FAILS(fault))
		return real(fd, value);
	if (fault->error == EAGAIN)
		real(fd, value);
	errno = fault->error;
	return -1;
}

int epoll_create1(int flags)
{
	struct fault *fault = FAULT(epoll_create1);

	REAL(epoll_create1);
	return FAILS(fault) ? -1 : real(flags);
}

int epoll_ctl(int fd, int operation, int other, struct epoll_event *event)
{
	struct fault *fault =
		fault_of(operation == EPOLL_CTL_ADD   ? CALL_epoll_ctl_add
			 : operation == EPOLL_CTL_DEL ? CALL_epoll_ctl_del
						      : CALL_epoll_ctl_mod,
			 __builtin_return_address(0));

	REAL(epoll_ctl);
	return FAILS(fault) ? -1 : real(fd, operation, other, event);
}

int epoll_wait(int fd, struct epoll_event *events, int max, int timeout)
{
	struct fault *fault = FAULT(epoll_wait);

	REAL(epoll_wait);
	return FAILS(fault) ? -1
			    : real(fd, events, (int)CUT(fault, (uint32_t)max),
				   timeout);
}

/* --- Time and threads ---------------------------------------------------- */

int clock_gettime(clockid_t clock, struct timespec *ret_time)
{
	struct fault *fault = FAULT(clock_gettime);

	REAL(clock_gettime);
	return FAILS(fault) ? -1 : real(clock, ret_time);
}

int pthread_create(pthread_t *restrict ret_thread,
		   const pthread_attr_t *restrict attributes,
		   void *(*function)(void *), void *restrict argument)
{
	struct fault *fault = FAULT(pthread_create);

	REAL(pthread_create);
	return FAILS(fault) ? fault->error
			    : real(ret_thread, attributes, function, argument);
}

int pthread_timedjoin_np(pthread_t thread, void **ret_result,
			 const struct timespec *until)
{
	struct fault *fault = FAULT(pthread_timedjoin_np);

	REAL(pthread_timedjoin_np);
	return FAILS(fault) ? fault->error : real(thread, ret_result, until);
}

/* --- Memory -------------------------------------------------------------- */

/* dlsym(3) itself allocates. */
extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t n, size_t bytes);
extern void *__libc_realloc(void *block, size_t bytes);
extern void __libc_free(void *block);

static void *counted(void *block)
{
	if (block)
		atomic_fetch_add(&control->blocks, 1);
	return block;
}

void *malloc(size_t bytes)
{
	struct fault *fault = FAULT(malloc);

	return FAILS(fault) ? NULL : counted(__libc_malloc(bytes));
}

void *calloc(size_t n, size_t bytes)
{
	struct fault *fault = FAULT(calloc);

	return FAILS(fault) ? NULL : counted(__libc_calloc(n, bytes));
}

void *realloc(void *block, size_t bytes)
{
	struct fault *fault = FAULT(realloc);

	if (FAILS(fault))
		return NULL;
	return block ? __libc_realloc(block, bytes)
		     : counted(__libc_malloc(bytes));
}

void free(void *block)
{
	if (block)
		atomic_fetch_sub(&control->blocks, 1);
	__libc_free(block);
}

/* --- Start --------------------------------------------------------------- */

/* The first object is the program. */
static int find_program(struct dl_phdr_info *info, size_t size, void *ignored)
{
	(void)size;
	(void)ignored;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];

		if (part->p_type != PT_LOAD || !(part->p_flags & PF_X))
			continue;
		program_begin = info->dlpi_addr + part->p_vaddr;
		program_end = program_begin + part->p_memsz;
	}
	return 1;
}

/* A control that was written before has the faults of the start. */
__attribute__((constructor)) static void start(void)
{
	const char *path = getenv("FAIL_CONTROL");
	int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
	void *mapped = MAP_FAILED;

	if (fd < 0)
		return;
	if (ftruncate(fd, sizeof(*control)) == 0)
		mapped = mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE,
			      MAP_SHARED, fd, 0);
	close(fd);
	if (mapped == MAP_FAILED)
		return;
	control = mapped;
	control->n_faults = N_CALLS;
	for (int i = 0; i < N_CALLS; i++)
		memcpy(control->faults[i].name, names[i], sizeof(names[i]));
	dl_iterate_phdr(find_program, NULL);
}
