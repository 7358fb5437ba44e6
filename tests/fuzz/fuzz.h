/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * What the targets of fuzzing share.  A target defines LLVMFuzzerTestOneInput()
 * and ends the process when what it tries is not as it should be; libFuzzer,
 * AFL++ or replay.c calls it with the octets that they made up.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t bytes);

/* The claim is true, or the process ends and says which was not, and what
 * follows in printf(3)'s manner. */
#define CHECK(claim, ...)                                                      \
	do {                                                                   \
		if (!(claim)) {                                                \
			fprintf(stderr,                                        \
				"fuzz: %s:%d: not true: %s: ", __FILE__,       \
				__LINE__, #claim);                             \
			fprintf(stderr, __VA_ARGS__);                          \
			fputc('\n', stderr);                                   \
			abort();                                               \
		}                                                              \
	} while (0)

/* Octets in memory of exactly their size, so that a sanitizer or valgrind sees
 * who reads beyond either end of them.  To be freed. */
static inline char *exact_copy(const void *octets, size_t bytes)
{
	char *copy = malloc(bytes);

	if (!copy)
		exit(1);
	if (bytes > 0)
		memcpy(copy, octets, bytes);
	return copy;
}

#endif
