/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * For the program under helgrind, loaded before it.  It knows that what a
 * thread did before it ended comes before what happens after pthread_join(3),
 * and what it did under a mutex before what others do under it.  It does not
 * know that the same holds for pthread_timedjoin_np(3), and for an eventfd:
 * what came before the write comes before what follows the read.  Here it is
 * told; of a thread, up to its last write to an eventfd, with which a worker
 * ends.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <time.h>
#include <valgrind/helgrind.h>

/* An address for each descriptor, to name it by. */
static char names[4096];

static void *name_of(int fd)
{
	return &names[(unsigned int)fd % sizeof(names)];
}

int eventfd_write(int fd, eventfd_t value)
{
	int (*real)(int, eventfd_t) = dlsym(RTLD_NEXT, "eventfd_write");

	ANNOTATE_HAPPENS_BEFORE(name_of(fd));
	ANNOTATE_HAPPENS_BEFORE((void *)pthread_self());
	return real(fd, value);
}

int eventfd_read(int fd, eventfd_t *ret_value)
{
	int (*real)(int, eventfd_t *) = dlsym(RTLD_NEXT, "eventfd_read");
	int r = real(fd, ret_value);

	ANNOTATE_HAPPENS_AFTER(name_of(fd));
	return r;
}

int pthread_timedjoin_np(pthread_t thread, void **ret_result,
			 const struct timespec *until)
{
	int (*real)(pthread_t, void **, const struct timespec *) =
		dlsym(RTLD_NEXT, "pthread_timedjoin_np");
	int error = real(thread, ret_result, until);

	if (error == 0)
		ANNOTATE_HAPPENS_AFTER((void *)thread);
	return error;
}
