# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# The packages of distributions, a part of the Makefile. Each is made as its
# distribution makes it, from the tarball of "make dist" and what is in the
# directory beside this file, and its results are in build/FORMAT/.
