/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * For the program's build under MemorySanitizer.  It knows what libc writes,
 * but libsystemd was compiled without it: what that has written counts as never
 * written, though all of it was.  Two things are told here:
 *
 * What it gives back through pointers is written, as it says itself.
 *
 * What the main thread hands to libc is not looked at, as nearly all of it
 * comes from libsystemd, which keeps it on its own stack.  What our code of
 * that thread itself decides by is looked at, and so is everything in workers.
 */
#include <sanitizer/msan_interface.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

/* The linker calls __wrap_x() for x(), and x() for __real_x(). */
int __real_sd_listen_fds_with_names(int unset_environment, char ***ret_names);
int __wrap_sd_listen_fds_with_names(int unset_environment, char ***ret_names);

int __wrap_sd_listen_fds_with_names(int unset_environment, char ***ret_names)
{
	int n = __real_sd_listen_fds_with_names(unset_environment, ret_names);

	if (n <= 0)
		return n;
	__msan_unpoison(ret_names, sizeof(*ret_names));
	__msan_unpoison(*ret_names, (size_t)n * sizeof(**ret_names));
	for (int i = 0; i < n; i++)
		__msan_unpoison_string((*ret_names)[i]);
	return n;
}

int __real_sd_watchdog_enabled(int unset_environment, uint64_t *ret_usec);
int __wrap_sd_watchdog_enabled(int unset_environment, uint64_t *ret_usec);

int __wrap_sd_watchdog_enabled(int unset_environment, uint64_t *ret_usec)
{
	int r = __real_sd_watchdog_enabled(unset_environment, ret_usec);

	if (r > 0)
		__msan_unpoison(ret_usec, sizeof(*ret_usec));
	return r;
}

int __real_sd_event_source_get_enabled(sd_event_source *source, int *ret);
int __wrap_sd_event_source_get_enabled(sd_event_source *source, int *ret);

int __wrap_sd_event_source_get_enabled(sd_event_source *source, int *ret)
{
	int r = __real_sd_event_source_get_enabled(source, ret);

	if (r >= 0)
		__msan_unpoison(ret, sizeof(*ret));
	return r;
}

__attribute__((constructor)) static void begin(void)
{
	__msan_scoped_disable_interceptor_checks();
}
