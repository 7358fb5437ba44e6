# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# `make help` lists the targets. All output is in build/. Nothing but deps and
# install changes the system.
#
# CC PKG_CONFIG CPPFLAGS CFLAGS LDFLAGS LDLIBS, DESTDIR, PREFIX and each directory
# below it are the caller's, by environment or command line: in each command they
# come after ours, so that theirs win and ours are not lost.

# To BSD's make a directive, which ends it; to GNU's a target that nobody asks for.
.error : this Makefile is for GNU make, which may be called gmake here

MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.SECONDARY: # objects are kept
.PHONY: FORCE all help deps run check check-systemd check-differential check-hostile \
	check-packages check-browser prove test-programs fuzz fuzz-afl sanitize coverage \
	lint bench bench-count bench-results bench-programs deps-bench install uninstall \
	portable dist distcheck doc clean

VERSION = 1.0.0
BUILD = build$(addprefix /,$(SANITIZER))
# To make they would be two files, and to "rm -rf" two directories.
ifneq ($(words $(abspath $(BUILD))),1)
$(error the path of this directory, or BUILD=, has a space in it, which make cannot use)
endif
CFLAGS ?= -O2 -g
PKG_CONFIG ?= pkg-config
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
UNITDIR ?= $(PREFIX)/lib/systemd/system
DATADIR ?= $(PREFIX)/share
MANDIR ?= $(DATADIR)/man
DOCDIR ?= $(DATADIR)/doc/hello-http
# Where each shell looks, under the same prefix, for what completes a command.
BASHCOMPDIR ?= $(DATADIR)/bash-completion/completions
ZSHCOMPDIR ?= $(DATADIR)/zsh/site-functions
FISHCOMPDIR ?= $(DATADIR)/fish/vendor_completions.d

# `make HARDENING=` builds without. Fortify is for optimized code only, and left to
# the caller's flags where these have it.
# With -z now every call is bound at start: -fno-plt spares the way by the PLT.
HARDENING ?= -fPIE -pie -Wl,-z,relro,-z,now -fno-plt -fstack-protector-strong \
	$(if $(findstring _FORTIFY_SOURCE,$(CPPFLAGS) $(CFLAGS)),,\
		$(if $(filter-out -O0,$(lastword $(filter -O%,$(CFLAGS)))),\
			-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)) $(MACHINE_HARDENING)
WARNINGS = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wold-style-definition -Wvla -Wformat=2 -Wundef -Wpointer-arith \
	-Wwrite-strings -Wredundant-decls -Wnested-externs -Wdate-time \
	-Wimplicit-fallthrough $(if $(filter 1,$(WERROR)),-Werror)

# What is asked of the system is asked when a recipe first needs it, and once:
# in `make deps all` the compiler and pkg-config are there only after deps.
once = $(eval $1 := $(shell $2))$($1)
# Not every machine and every compiler has each of these.
MACHINE_HARDENING = $(call once,MACHINE_HARDENING,for flag in \
	-fstack-clash-protection -fcf-protection -mbranch-protection=standard; do \
	$(COMPILER) -Werror $$flag -E -x c /dev/null >/dev/null 2>&1 && \
	echo $$flag; done)
SYSTEMD_CFLAGS = $(call once,SYSTEMD_CFLAGS,$(PKG_CONFIG) --cflags libsystemd 2>/dev/null)
SYSTEMD_LIBS = $(call once,SYSTEMD_LIBS,$(PKG_CONFIG) --libs libsystemd 2>/dev/null)

# A sanitizer's run: what it is built with, what its tests are run with. Reports
# go to files, as a test may look at neither the status nor standard error.
SANITIZER =
REPORT = $(abspath $(BUILD))/report
asan_FLAGS = -fsanitize=address,undefined -fno-sanitize-recover=all
asan_ENV = UBSAN_OPTIONS=log_path=$(REPORT):exitcode=99:print_stacktrace=1 \
	ASAN_OPTIONS=log_path=$(REPORT):exitcode=99:detect_stack_use_after_return=1
# Built otherwise, these would show the same once more: not the program is run.
OF_ANY_BUILD = $(addprefix tests/,build.bats completions.bats inside.bats install.bats)
asan_TESTS = $(filter-out $(OF_ANY_BUILD),\
	$(wildcard tests/*_test.c tests/*.bats tests/fuzz/*.c))
tsan_FLAGS = -fsanitize=thread
# What has one thread has nothing to show.
tsan_TESTS = $(filter-out $(OF_ANY_BUILD),$(wildcard tests/*.bats))
tsan_ENV = TSAN_OPTIONS=log_path=$(REPORT):exitcode=99 \
	HELLO_HTTP_FLAGS=--workers=4
msan_FLAGS = -fsanitize=memory -fsanitize-memory-track-origins
msan_ENV = MSAN_OPTIONS=log_path=$(REPORT):exitcode=99
msan_TESTS = tests/request_test.c tests/http.bats tests/answer.bats \
	tests/doors.bats $(wildcard tests/fuzz/*.c)
# What it has to be told of a library that was built without it.
msan_OBJECTS = $(if $(filter msan,$(SANITIZER)),$(BUILD)/tests/msan/libsystemd.o)
msan_LDFLAGS = $(addprefix -Wl$(comma)--wrap=,sd_listen_fds_with_names \
	sd_watchdog_enabled sd_event_source_get_enabled)
comma = ,
valgrind_TESTS = tests/request_test.c tests/http.bats $(wildcard tests/fuzz/*.c)
valgrind_ENV = HELLO_HTTP_WRAPPER='valgrind --error-exitcode=99 \
	--leak-check=full -q --log-file=$(REPORT).%p'

# Not to find faults, but to see what is run. Counted in shared memory, so that
# the killed count too; without assert(), whose other outcome nothing should reach.
COVERED = $(abspath $(BUILD))/%m%c.profraw
coverage_FLAGS = -DNDEBUG -fprofile-instr-generate=$(COVERED) -fcoverage-mapping \
	-mllvm -runtime-counter-relocation -Wno-unused-command-line-argument

# Which of its reports are left out, and why, is in that file.
helgrind_TESTS = tests/service.bats
helgrind_ENV = HELLO_HTTP_WRAPPER='env LD_PRELOAD=$(abspath $(helgrind_ORDER)) \
	valgrind --tool=helgrind --error-exitcode=99 -q --log-file=$(REPORT).%p \
	--suppressions=$(CURDIR)/tests/helgrind/atomics.supp' HELLO_HTTP_FLAGS=--workers=2
helgrind_ORDER = $(if $(filter helgrind,$(SANITIZER)),$(BUILD)/tests/helgrind/order.so)

# What is fuzzed is built in the same way, `make fuzz FUZZ_SANITIZERS=` with none.
FUZZ_SANITIZERS ?= address,undefined
fuzz_FLAGS = -fsanitize=fuzzer-no-link $(if $(FUZZ_SANITIZERS),\
	-fsanitize=$(FUZZ_SANITIZERS) -fno-sanitize-recover=all)
afl_FLAGS = $(fuzz_FLAGS)
afl_COMPILER = afl-clang-fast

SANITIZER_FLAGS = $($(SANITIZER)_FLAGS)
COMPILER = $(or $($(SANITIZER)_COMPILER),$(if $(SANITIZER_FLAGS),clang,$(CC)))
GUARDS = $(if $(SANITIZER_FLAGS),-fno-omit-frame-pointer $(SANITIZER_FLAGS),$(HARDENING))
# Files and times that 32 bits do not hold, where they are not the default yet: by
# second names of libc's functions, which MSan does not know.
WIDE = $(if $(filter msan,$(SANITIZER)),,-D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64)
COMPILE_FLAGS = -std=c11 -D_GNU_SOURCE $(WIDE) -DVERSION='"$(VERSION)"' -Isrc \
	-pthread $(WARNINGS) $(filter-out -pie -Wl%,$(GUARDS)) $(SYSTEMD_CFLAGS) \
	$(CPPFLAGS) $(CFLAGS)
COMPILE = $(COMPILER) $(COMPILE_FLAGS)
LINK = $(COMPILER) -pthread -Wl,--as-needed -Wl,--hash-style=gnu $(GUARDS) \
	$(CFLAGS) $(LDFLAGS)
LIBRARIES = $(SYSTEMD_LIBS) $(LDLIBS)
FILL_IN = sed $(foreach word,VERSION BINDIR UNITDIR DOCDIR,-e 's|@$(word)@|$($(word))|g')

PROGRAM = $(BUILD)/hello-http
OBJECTS = $(patsubst %.c,$(BUILD)/%.o,$(wildcard src/*.c))
UNITS = $(patsubst %.in,%,$(addprefix $(BUILD)/,$(wildcard systemd/*)))
MAN = $(patsubst %.in,$(BUILD)/%,$(wildcard man/*.in))
TEST_OBJECTS = $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/*.c))
TEST_PROGRAMS = $(filter-out %/naive %/reader %/recorder,$(TEST_OBJECTS:.o=))
FUZZ_OBJECTS = $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/fuzz/*.c))
FUZZ_PROGRAMS = $(filter-out %/replay,$(FUZZ_OBJECTS:.o=))

all: $(PROGRAM) $(UNITS) $(MAN) ## build everything (the default)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## install what the goals beside it need and this system lacks
	@CC='$(CC)' .ci/deps $(or $(filter-out deps,$(MAKECMDGOALS)),all)

# Where it is a goal, nothing is begun before it has ended, with -j too.
DEPS = $(filter deps,$(MAKECMDGOALS))

run: $(PROGRAM) ## build and start it: make run ARGS='--listen=:8080'
	@exec $(PROGRAM) $(ARGS)

include packaging/cross.mk

# --- Building ----------------------------------------------------------------

# Each of these two files holds the words that others are made with, and is
# made anew when they change: no object of other flags is ever used.
quoted = '$(subst ','\'',$1)'
stamp = mkdir -p $(@D) && { printf '%s\n' $(call quoted,$1) | cmp -s - $@ || { \
	$(if $2,$2 &&) printf '%s\n' $(call quoted,$1) >$@; }; }

# But `make CFLAGS=-O3 && sudo make install`: where install is told no flags, it
# takes the program as it was built.
GIVEN = $(filter-out default file undefined,$(foreach variable,\
	CC PKG_CONFIG CPPFLAGS CFLAGS LDFLAGS LDLIBS HARDENING WERROR,$(origin $(variable))))
$(BUILD)/flags: $(if $(GIVEN)$(filter-out install,$(or $(MAKECMDGOALS),all)),FORCE)
$(BUILD)/flags: | $(DEPS)
	@$(call stamp,$(COMPILE) $(LINK) $(LIBRARIES),packaging/requirements $(foreach \
		words,PKG_CONFIG COMPILE LINK LIBRARIES,$(call quoted,$($(words)))))

$(BUILD)/paths: FORCE | $(DEPS)
	@$(call stamp,$(FILL_IN))

$(PROGRAM): $(OBJECTS) $(msan_OBJECTS)
	$(LINK) $($(SANITIZER)_LDFLAGS) -o $@ $^ $(LIBRARIES)

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(COMPILE) -MMD -MP -c -o $@ $<

-include $(patsubst %.o,%.d,$(OBJECTS) $(TEST_OBJECTS) $(FUZZ_OBJECTS))

# A word between @ that is left over is a mistake in the file.
$(BUILD)/%: %.in $(BUILD)/paths
	@mkdir -p $(@D)
	$(FILL_IN) $< >$@
	@! grep -Hn '@[A-Z_]*@' $@

$(BUILD)/systemd/%: systemd/%
	@mkdir -p $(@D)
	cp $< $@

# A page whose file is there is linked to, any other to where the rest is.
OTHER_PAGES = https://manpages.debian.org/%N.%S
doc: $(MAN) ## render the manual pages as HTML and PDF, in build/man
	@cp man/style.css $(BUILD)/man
	@cd $(BUILD)/man && touch $(notdir $(MAN:=.html)) && \
	for page in $(notdir $(MAN)); do \
		mandoc -T html -O 'style=style.css,toc,man=%N.%S.html;$(OTHER_PAGES)' \
			$$page >$$page.html && mandoc -T pdf $$page >$$page.pdf || exit; \
	done

# --- Testing -----------------------------------------------------------------

# Each has a target of its own, so that `make -j2 check` runs two at a time.
TESTS = $(or $($(SANITIZER)_TESTS),\
	$(wildcard tests/*_test.c tests/*.bats tests/fuzz/*.c))
TAPS = $(patsubst %,$(BUILD)/%.tap,$(filter-out %/replay,$(basename $(TESTS))))
REPORTS = $(BUILD)/tests/$(if $(SANITIZER),reports,strict).all.tap

# A make that a test starts is on its own: this one's jobs are not for it.
TEST_ENV = env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL HELLO_HTTP=$(abspath $(PROGRAM)) \
	HELLO_HTTP_SANITIZER=$(filter-out coverage,$(SANITIZER)) $($(SANITIZER)_ENV)

check: $(TAPS) $(REPORTS) ## build and test, or make check TESTS=tests/http.bats
	@.ci/tally brief=1 name=$(or $(SANITIZER),check) $^

# What needs more than make check may ask for, or more time.
tests_of = $(or $(filter tests/$1/%,$(TESTS)),$(wildcard tests/$1/*.bats))
taps_of = $(patsubst %.bats,$(BUILD)/%.tap,$1)
DIFFERENTIAL_TAPS = $(call taps_of,$(call tests_of,differential))
HOSTILE_TAPS = $(call taps_of,$(call tests_of,hostile))
PACKAGES_TAPS = $(call taps_of,$(call tests_of,packages))
check-differential: $(DIFFERENTIAL_TAPS) ## test beside, and behind, servers that others wrote
	@.ci/tally brief=1 name=$@ $^
check-hostile: $(HOSTILE_TAPS) ## test with clients and systems that mean no good
	@.ci/tally brief=1 name=$@ $^
check-packages: $(PACKAGES_TAPS) ## build, install, upgrade and remove each package; needs root
	@.ci/tally brief=1 name=$@ $^

$(BUILD)/tests/hostile/faults.tap: $(BUILD)/tests/hostile/fail.so
$(BUILD)/tests/bench.tap: bench-programs

# What tests preload into the program is none of it: no sanitizer looks at it.
$(BUILD)/%.so: private SANITIZER_FLAGS =
$(BUILD)/%.so: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(COMPILE) -fPIC -shared $(LDFLAGS) -o $@ $<

# Nothing that fails ends these recipes: all files run, then check tells.
$(TAPS) $(DIFFERENTIAL_TAPS) $(HOSTILE_TAPS) $(PACKAGES_TAPS): FORCE all test-programs

$(BUILD)/%.tap: %.bats
	@command -v bats >/dev/null || \
		{ echo 'bats is needed to test: try make deps check' >&2; exit 1; }
	@rm -rf $(RECORD) && mkdir -p $(@D) $(RECORD)
	@$(TEST_ENV) $(RECORD:%=HELLO_HTTP_RECORDS=$(abspath $(RECORD))) \
		bats --tap $< </dev/null >$@ || :
	@.ci/tally name=$(basename $@) $@ || :

$(BUILD)/%.tap: $(BUILD)/%
	@mkdir -p $(@D)
	@$(TEST_ENV) sh -c '$$HELLO_HTTP_WRAPPER $<' </dev/null >$@ || :
	@.ci/tally name=$(basename $@) $@ || :

# What the servers of each file sent was recorded, and is parsed once more.
RECORDER = $(if $(SANITIZER),,$(BUILD)/tests/recorder.so)
RECORDED = $(if $(RECORDER),$(filter $(TESTS),$(wildcard tests/*.bats)))
RECORDS = $(patsubst %.bats,$(BUILD)/%.records,$(RECORDED))
$(TAPS): RECORD = $(filter $(@:.tap=.records),$(RECORDS))

$(BUILD)/tests/strict.all.tap: $(TAPS)
	@tests/strict --tap $(RECORDS) >$@ || :
	@rm -rf $(RECORDS)
	@.ci/tally name=$(basename $@) $@ || :

$(BUILD)/tests/reports.all.tap: $(TAPS)
	@set -- $$(find $(BUILD) -name 'report.*' -size +0); echo "1..$$#" >$@; \
	for report; do echo "not ok - $$report"; sed 's/^/# /' $$report; done >>$@
	@.ci/tally name=$(basename $@) $@ || :

# Each file boots a system manager of its own, with what install puts there.
STAGE = $(abspath $(BUILD))/stage
LONGEST_FIRST = $(patsubst %,tests/systemd/%.bats,storm idle_more faults idle handover)
longest_first = $(foreach test,$(LONGEST_FIRST),$(filter $(test),$1)) \
	$(filter-out $(LONGEST_FIRST),$1)
SYSTEMD_TAPS = $(call taps_of,$(call longest_first,$(call tests_of,systemd)))
check-systemd: $(SYSTEMD_TAPS) ## test the units under a systemd of their own; needs root
	@.ci/tally brief=1 name=check-systemd $^

# In the same way.
BROWSER_TAPS = $(call taps_of,$(call tests_of,browser))
check-browser: $(BROWSER_TAPS) ## see the pages with Chromium, pictures in build/tests/browser; needs root
	@.ci/tally brief=1 name=$@ $^
$(BUILD)/tests/browser/%.tap: tests/browser/%.bats $(STAGE) FORCE
	@mkdir -p $(@D)
	@HELLO_HTTP_KEEP=$(@D) tests/systemd/run $(STAGE) $< >$@ || :
	@.ci/tally name=$(basename $@) $@ || :

$(BUILD)/tests/systemd/: | $(DEPS)
	@mkdir -p $@
$(STAGE): all test-programs | $(BUILD)/tests/systemd/
	@rm -rf $@
	@+$(call install_below,$@)

$(BUILD)/tests/systemd/portable.tap: portable
$(BUILD)/tests/systemd/%.tap: tests/systemd/%.bats $(STAGE) FORCE
	@tests/systemd/run $(STAGE) $< >$@ || :
	@.ci/tally name=$(basename $@) $@ || :

test-programs: $(TEST_PROGRAMS) $(FUZZ_PROGRAMS) $(RECORDER) $(helgrind_ORDER)
$(BUILD)/tests/request_test $(BUILD)/tests/exhaustive_test: $(addprefix $(BUILD)/,\
	src/request.o tests/naive.o tests/reader.o)
$(TEST_PROGRAMS): %: %.o
	$(LINK) -o $@ $^

# A target of fuzzing, tests/fuzz/TARGET.c, is linked with all of src/ but main.c
# and what it says here that it includes itself; and with a main() that feeds it:
# libFuzzer's, AFL++'s, or one that only replays the corpus, for make check.
# For each target, on a line of its own: TARGET_INCLUDES, TARGET_LDFLAGS, and
# what else it is linked with.
connection_INCLUDES = connection.c worker.c
log_INCLUDES = log.c journal.c
options_INCLUDES = sockets.c
$(BUILD)/tests/fuzz/options: $(BUILD)/tests/naive.o
$(BUILD)/tests/fuzz/request: $(addprefix $(BUILD)/tests/,naive.o reader.o)
# Not what is fuzzed: no way through them is of interest.
$(BUILD)/tests/naive.o $(BUILD)/tests/reader.o: private fuzz_FLAGS =
FUZZ_MAIN = $(if $(filter fuzz afl,$(SANITIZER)),,$(BUILD)/tests/fuzz/replay.o)
$(FUZZ_PROGRAMS): %: %.o $(OBJECTS) $(FUZZ_MAIN)
	$(LINK) $(if $(FUZZ_MAIN),,-fsanitize=fuzzer) $($(@F)_LDFLAGS) -o $@ \
		$(filter-out $(patsubst %.c,$(BUILD)/src/%.o,main.c $($(@F)_INCLUDES)),$^) \
		$(LIBRARIES)

# The corpus is only read; what it grows by, and what is found, is in build/.
FUZZ_SECONDS ?= 10
fuzz_with = +@$(MAKE) --no-print-directory -k SANITIZER=$1 fuzz-run
fuzz: | $(DEPS) ## look for octets that break it: make -j2 fuzz FUZZ_SECONDS=120
	$(call fuzz_with,fuzz)
fuzz-afl: | $(DEPS) ## the same with AFL++
	$(call fuzz_with,afl)

FUZZ_RUNS = $(FUZZ_PROGRAMS:=.run)
.PHONY: fuzz-run $(FUZZ_RUNS)
fuzz-run: $(FUZZ_RUNS)
$(FUZZ_RUNS): %.run: %
	@tests/fuzz/run $(SANITIZER) $< $(FUZZ_SECONDS)

# The parser alone, any octets; with less time: make prove EXHAUSTIVE_SECONDS=20
EXHAUSTIVE_SECONDS = 600
prove: $(BUILD)/tests/exhaustive_test | $(DEPS) ## prove that no octets break the parser: by Frama-C, and by trying
	@tests/prove/run $(BUILD)/prove
	@$< $(EXHAUSTIVE_SECONDS) 2

SANITIZE = $(addprefix sanitize-,asan tsan msan valgrind helgrind)
sanitize: $(SANITIZE) ## test under ASan with UBSan, TSan, MSan, memcheck, helgrind
.PHONY: $(SANITIZE)
$(SANITIZE): sanitize-%: all test-programs
	@rm -f $(BUILD)/$*/report.*
	@$(MAKE) --no-print-directory SANITIZER=$* check

# What is told of the binary's size or its calls is not true of this one: whether
# tests pass is for check to say, and how much they reach is said here.
COVERAGE = build/coverage
coverage_of = $(MAKE) --no-print-directory SANITIZER=coverage
coverage: | $(DEPS) ## tell what of src/ the tests reach, and fail where it is too little
	@rm -f $(COVERAGE)/*.profraw
	-@$(coverage_of) check
	-@$(coverage_of) check-hostile TESTS=tests/hostile/faults.bats
	@llvm-profdata merge -o $(COVERAGE)/all.profdata $(COVERAGE)/*.profraw
	@llvm-cov export -format=lcov -instr-profile=$(COVERAGE)/all.profdata \
		$(COVERAGE)/hello-http >$(COVERAGE)/lcov
	@tests/coverage $(COVERAGE)/lcov tests/coverage.reasons

LINT = lint-format lint-tidy lint-clang lint-gcc lint-cppcheck lint-shell \
	lint-python lint-man lint-reuse
lint: $(LINT) ## look for mistakes in C, shell, Python, the pages and licences; silent
.PHONY: $(LINT)
$(LINT): | $(DEPS)
silent = out=$$($1 2>&1) && [ -z "$$out" ] || { printf '%s\n' "$$out"; exit 1; }

lint-format:
	@clang-format --dry-run -Werror $(wildcard $(addsuffix /*.[ch],src tests tests/* bench))

# Each file by itself, so that -j2 looks at two. Left out is what is for clang and
# a linker alone, what is made whole only when it is run, and what is in Frama-C's
# own words.
LINTED = $(filter-out tests/msan/% tests/systemd/probe.c tests/prove/%,\
	$(wildcard $(addsuffix /*.c,src tests tests/* bench)))
lint-tidy: $(LINTED:%=lint-tidy/%)
lint-clang: $(LINTED:%=lint-clang/%)
lint-gcc: $(LINTED:%=lint-gcc/%)

# On standard error it counts what it leaves out of system headers.
lint-tidy/%: FORCE | $(DEPS)
	@clang-tidy --quiet $* -- $(COMPILE_FLAGS) 2>/dev/null

# Left out in two files, where each is wrong once: that an error made in another
# file is negative is not seen.
off = $(addprefix -Xclang -analyzer-disable-checker -Xclang core.,$1)
src/options.c_CLANG = $(call off,uninitialized.Assign UndefinedBinaryOperatorResult)
src/sockets.c_CLANG = $(call off,NullDereference)
lint-clang/%: FORCE | $(DEPS)
	@$(call silent,clang --analyze --analyzer-output text $(COMPILE_FLAGS) $($*_CLANG) $*)

# gcc 12 loses what an array of structs owns, here twice; ASan tells for real.
src/sockets.c_GCC = -Wno-analyzer-malloc-leak
lint-gcc/%: FORCE | $(DEPS)
	@$(call silent,gcc $(COMPILE_FLAGS) -fanalyzer $($*_GCC) -c -o /dev/null $*)

# variableScope: declarations stand at the top of a function.
lint-cppcheck:
	@$(call silent,cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr \
		--enable=style --enable=performance --enable=portability \
		--suppress=variableScope -D_GNU_SOURCE -DVERSION='""' -Isrc src tests bench)

# What a program is written in is told by its first line.
scripts = $(shell find .ci packaging tests bench -type f -exec \
	awk 'FNR == 1 && /^\#!.*$1/ { print FILENAME } { nextfile }' {} +)

# SC2034, SC2154: bats or another file reads or sets it. SC2030, SC2031: each
# @test is a subshell.
lint-shell:
	@shellcheck --exclude=SC2030,SC2031,SC2034,SC2154 \
		$(call scripts,(sh|bats)$$) $(wildcard tests/*.bash tests/*/*.bash completions/bash/*)

# All of errno's names, which one program takes, it cannot know.
lint-python:
	@$(call silent,/usr/bin/python3 -m pyflakes $(call scripts,python3) bench/*.py | \
		sed '/errno import \*\|star imports: errno$$/d')

# Which other pages this machine has is not the page's fault; and .Os, which
# mandoc wants without a name, holds the version in the footer.
NOT_OURS = operating system explicitly specified|referenced manual not found|outdated mandoc.db
lint-man: $(MAN)
	@$(call silent,mandoc -T lint -W all $(MAN) 2>&1 | sed -E '/$(NOT_OURS)/d')
	@$(call silent,for page in $(MAN); do groff -mandoc -ww -Tutf8 $$page >/dev/null; done)

# Each file says whose it is and under which licence, as REUSE has it, whose place
# for the licence's text is not where people look for it.
lint-reuse:
	@out=$$(reuse lint 2>&1) || { printf '%s\n' "$$out"; exit 1; }
	@cmp LICENSE LICENSES/MIT.txt

# --- Measuring ---------------------------------------------------------------

# What is measured and how, is told in bench/README.md.
bench: $(PROGRAM) bench-programs | $(DEPS) ## measure it beside other servers, in ten minutes
	@HELLO_HTTP=$(abspath $(PROGRAM)) bench/run $(abspath $(BUILD))/bench
bench-count: $(PROGRAM) bench-programs | $(DEPS) ## count its instructions and system calls per request
	@HELLO_HTTP=$(abspath $(PROGRAM)) bench/count.py
bench-results: ## keep the last report of make bench, in bench/results
	@mkdir -p bench/results
	cp $(addprefix $(BUILD)/bench/,report.md results.csv chart.svg *.license) \
		bench/results/
deps-bench: ## install what make bench measures it beside
	@+$(MAKE) --no-print-directory deps bench-programs

BENCH_PROGRAMS = $(addprefix $(BUILD)/bench/,load floor empty activate)
bench-programs: $(BENCH_PROGRAMS) $(BUILD)/bench/microhttpd
$(BENCH_PROGRAMS): %: %.o
	$(LINK) -o $@ $< $(if $(filter %/empty,$@),$(SYSTEMD_LIBS)) $(LDLIBS)

# A peer like others: where its library is missing, it is left out.
$(BUILD)/bench/microhttpd: bench/microhttpd.c $(BUILD)/flags
	@mkdir -p $(@D)
	@! $(PKG_CONFIG) --exists libmicrohttpd || { $(COMPILE) -c -o $@.o $< && \
		$(LINK) -o $@ $@.o $$($(PKG_CONFIG) --libs libmicrohttpd) $(LDLIBS); }

# Both need root: the one for the kernel's account of memory, and for the other.
.PHONY: bench-scale bench-mesh
bench-scale: $(PROGRAM) $(BUILD)/bench/load | $(DEPS) ## measure how cost grows, for bench/scale.md; as root
	@HELLO_HTTP=$(abspath $(PROGRAM)) bench/scale
bench-mesh: $(PROGRAM) | $(DEPS) ## fail instances behind HAProxy, in network namespaces; as root
	@HELLO_HTTP=$(abspath $(PROGRAM)) bench/mesh

# --- Installing and shipping -------------------------------------------------

# What goes where, but for the program: each file, with "@BINDIR@" and its like
# filled in. The caller's PREFIX need not be the build's, and a build directory
# of another user is left as it is, so they are filled in anew.
# Those within others first, as they are removed.
EXAMPLE_DIRS = $(call once,EXAMPLE_DIRS,find examples -type d | sort -r)
define each_directory
$(call $1,$(MANDIR)/man7,$(wildcard man/*.7.in))
$(call $1,$(MANDIR)/man8,$(wildcard man/*.8.in))
$(call $1,$(UNITDIR),$(wildcard systemd/*))
$(call $1,$(BASHCOMPDIR),$(wildcard completions/bash/hello-http))
$(call $1,$(ZSHCOMPDIR),$(wildcard completions/zsh/_hello-http))
$(call $1,$(FISHCOMPDIR),$(wildcard completions/fish/hello-http.fish))
$(call $1,$(DOCDIR),README.md NEWS.md SECURITY.md)
$(foreach directory,$(EXAMPLE_DIRS),
$(call $1,$(DOCDIR)/$(directory),$(shell find $(directory) -maxdepth 1 -type f)))
endef
installed = "$(DESTDIR)$1/$(notdir $(2:.in=))"
put = @$(if $2,install -d "$(DESTDIR)$1")$(foreach file,$2, && $(FILL_IN) $(file) \
	>$(call installed,$1,$(file)) && chmod 644 $(call installed,$1,$(file)))
drop = @rm -f $(foreach file,$2,$(call installed,$1,$(file)))
# A unit's name is another name of the page.
PAGES_OF_UNITS = $(foreach unit,$(notdir $(UNITS)),"$(DESTDIR)$(MANDIR)/man8/$(unit).8")

install: $(PROGRAM) ## into DESTDIR=, PREFIX=/usr/local and the directories on top of the Makefile
	install -d "$(DESTDIR)$(BINDIR)"
	install -m 755 $(PROGRAM) "$(DESTDIR)$(BINDIR)"
	$(call each_directory,put)
	@for page in $(PAGES_OF_UNITS); do ln -sf hello-http.8 "$$page"; done

# Directories that it made for itself, too, if they are empty then.
uninstall: ## remove what install put there, told the same
	rm -f "$(DESTDIR)$(BINDIR)/hello-http"
	$(call each_directory,drop)
	@rm -f $(PAGES_OF_UNITS)
	@for directory in $(EXAMPLE_DIRS:%=/%) ''; do \
		[ ! -d "$(DESTDIR)$(DOCDIR)$$directory" ] || \
		rmdir --ignore-fail-on-non-empty "$(DESTDIR)$(DOCDIR)$$directory"; done

# As a distribution does it, whatever paths the caller gave.
DIRECTORIES = BINDIR UNITDIR DATADIR MANDIR DOCDIR BASHCOMPDIR ZSHCOMPDIR FISHCOMPDIR
install_below = env -u MAKEFLAGS $(DIRECTORIES:%=-u %) $(MAKE) --no-print-directory \
	install DESTDIR=$1 PREFIX=/usr BUILD=$(BUILD) VERSION=$(VERSION) >/dev/null

# What install puts there, but for what people read; the kill of ExecReload=; the
# libraries of both; and what portablectl wants to find or to mount over.
IMAGE = $(abspath $(BUILD))/portable/hello-http
portable: all ## make build/portable/hello-http, which portablectl attaches
	@rm -rf $(IMAGE)
	@install -d -m 755 $(addprefix $(IMAGE)/,etc proc sys dev \
		run/host run/systemd/incoming tmp var/tmp)
	@+$(call install_below,$(IMAGE))
	@rm -r $(IMAGE)/usr/share
	@ldd $(PROGRAM) /bin/kill | grep '^[[:space:]]' | grep -o '/[^ ]*' | sort -u | \
		xargs cp -L --parents -t $(IMAGE) /bin/kill
	@printf '%s\n' ID=hello-http VERSION_ID=$(VERSION) PORTABLE_PREFIXES=hello-http \
		'PORTABLE_PRETTY_NAME="hello-http $(VERSION)"' >$(IMAGE)/usr/lib/os-release
	@touch $(addprefix $(IMAGE)/,etc/machine-id etc/resolv.conf run/host/os-release)
	@chmod -R u+w,go=rX $(IMAGE)

DIST = hello-http-$(VERSION)
dist: ## pack what is committed, as build/hello-http-VERSION.tar.gz
	@[ "$$(git rev-parse --show-cdup 2>&1)" = '' ] || \
		{ echo 'a tarball holds what is committed: make dist needs the git repository' >&2; exit 1; }
	@mkdir -p $(BUILD)
	git -c tar.umask=0022 archive --format=tar.gz -9 --prefix=$(DIST)/ -o $(BUILD)/$(DIST).tar.gz HEAD

# The unpacked tree must not take this repository for its own.
TRIAL = $(abspath $(BUILD))/distcheck
TRY = GIT_CEILING_DIRECTORIES=$(TRIAL) $(MAKE) --no-print-directory -C $(TRIAL)/$(DIST)
distcheck: dist ## unpack that, build, check, install, uninstall: nothing is left
	rm -rf $(TRIAL) && mkdir -p $(TRIAL)
	tar -xzf $(BUILD)/$(DIST).tar.gz -C $(TRIAL)
	+$(TRY) check
	+$(TRY) install DESTDIR=$(TRIAL)/stage
	$(TRIAL)/stage$(BINDIR)/hello-http --version
	+$(TRY) uninstall DESTDIR=$(TRIAL)/stage
	@! find $(TRIAL)/stage ! -type d | grep .

include packaging/packages.mk

clean: ## remove build/
	rm -rf build
