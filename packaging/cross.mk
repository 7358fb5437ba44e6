# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# For machines of another kind than this one, by Debian's names for them: built by
# its cross compilers, tested under qemu-user, which emulates a single process. It
# is as with a sanitizer: a build of its own, and what its tests are run with. So
#   make SANITIZER=armhf check TESTS=tests/answer.bats
# runs more of them. What fails there is no fault of the program: tests that start
# it by themselves, not by way of HELLO_HTTP_WRAPPER, or look into /proc, where it
# is qemu that is seen. What needs ptrace(2), strace or valgrind is skipped.

MACHINES = arm64 armhf
arm64_TRIPLET = aarch64-linux-gnu
armhf_TRIPLET = arm-linux-gnueabihf
arm64_ENV = HELLO_HTTP_WRAPPER='qemu-aarch64 -L $(CROSS_ROOT)'
armhf_ENV = HELLO_HTTP_WRAPPER='qemu-arm -L $(CROSS_ROOT)'

# What shows most in the least time; more of it where not only the machine but
# also the size of its words is another.
arm64_TESTS = $(wildcard tests/cross/*.bats tests/fuzz/*.c)
armhf_TESTS = $(arm64_TESTS) tests/http.bats

# The libraries of all of them, unpacked and no more: this system learns of none.
# They come from where this system has its own, if it is of this release.
CROSS_ROOT = $(abspath build/cross)
CROSS_MIRROR = $$(apt-get indextargets --format '$$(REPO_URI) $$(RELEASE)' | \
	sed -n 's/ bookworm$$//p' | head -n 1)
$(CROSS_ROOT): | $(DEPS)
	@rm -rf $@ $@.new && mkdir -p $(@D)
	mmdebstrap --quiet --mode=chrootless --variant=extract \
		$(foreach machine,$(MACHINES),--architectures=$(machine) \
			--include=libc6-dev:$(machine),libsystemd-dev:$(machine)) \
		bookworm $@.new $(CROSS_MIRROR)
	@mv $@.new $@

# The one that this make is for, if any.
MACHINE = $(filter $(MACHINES),$(SANITIZER))
ifneq ($(MACHINE),)
override CC = $($(MACHINE)_TRIPLET)-gcc --sysroot=$(CROSS_ROOT)
override PKG_CONFIG = env PKG_CONFIG_SYSROOT_DIR=$(CROSS_ROOT) \
	PKG_CONFIG_LIBDIR=$(CROSS_ROOT)/usr/lib/$($(MACHINE)_TRIPLET)/pkgconfig pkg-config
$(BUILD)/flags: | $(CROSS_ROOT)
endif

CHECK_CROSS = $(addprefix check-,$(MACHINES))
.PHONY: cross $(MACHINES:%=cross-%) check-cross $(CHECK_CROSS)
cross: $(MACHINES:%=cross-%) ## build for arm64 and armhf, as build/arm64 and build/armhf
$(MACHINES:%=cross-%): cross-%: $(CROSS_ROOT)
	@+$(MAKE) --no-print-directory SANITIZER=$* WERROR=1 all test-programs
check-cross: $(CHECK_CROSS) ## test both under qemu-user
$(CHECK_CROSS): check-%: cross-%
	@+$(MAKE) --no-print-directory SANITIZER=$* WERROR=1 check
