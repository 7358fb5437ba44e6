#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# "make install" and "make uninstall": which files, where, and that none is left.
# What the units say is looked at in units.bats, the pages in manual.bats.

load helper

INSTALLED='bin/hello-http
lib/systemd/system/hello-http-inetd.socket
lib/systemd/system/hello-http-inetd@.service
lib/systemd/system/hello-http.service
lib/systemd/system/hello-http.socket
share/bash-completion/completions/hello-http
share/doc/hello-http/NEWS.md
share/doc/hello-http/README.md
share/doc/hello-http/SECURITY.md
share/fish/vendor_completions.d/hello-http.fish
share/man/man7/hello-http.7
share/man/man8/hello-http-inetd.socket.8 -> hello-http.8
share/man/man8/hello-http-inetd@.service.8 -> hello-http.8
share/man/man8/hello-http.8
share/man/man8/hello-http.service.8 -> hello-http.8
share/man/man8/hello-http.socket.8 -> hello-http.8
share/zsh/site-functions/_hello-http'

setup() {
	STAGE="$BATS_TEST_TMPDIR/a stage"
}

# files: of the stage, relative to a directory of it, with what links lead to.
files() {
	(cd "$STAGE$1" && find . ! -type d -printf '%P -> %l\n' | sed 's/ -> $//' |
		LC_ALL=C sort)
}

examples() {
	find "$REPOSITORY/examples" -type f -printf 'share/doc/hello-http/examples/%P\n' | sed 's/\.in$//'
}

@test "everything is below one prefix, which is /usr/local" {
	make_afresh install DESTDIR="$STAGE"
	run -0 diff <(printf '%s\n' "$INSTALLED" "$(examples)" | LC_ALL=C sort) \
		<(files /usr/local)
	rm -r "${STAGE:?}/usr/local"
	[ -z "$(files /)" ]
}

@test "anybody may read it, and nobody but the owner change it, whatever the umask" {
	(umask 077 && make_afresh install DESTDIR="$STAGE")
	run find "$STAGE/usr" ! -type l -printf '%m %y\n'
	[ "$(sort -u <<<"$output")" = "$(printf '%s\n' '644 f' '755 d' '755 f')" ]
	[ "$(find "$STAGE" -type f -perm 755)" = "$STAGE/usr/local/bin/hello-http" ]
}

@test "each directory is the caller's choice" {
	local variable directories=()
	for variable in BINDIR UNITDIR MANDIR DOCDIR BASHCOMPDIR ZSHCOMPDIR FISHCOMPDIR; do
		directories+=("$variable=/of $variable")
	done
	make_afresh install DESTDIR="$STAGE" "${directories[@]}"
	[ ! -e "$STAGE/usr" ]
	[ -x "$STAGE/of BINDIR/hello-http" ]
	[ -f "$STAGE/of UNITDIR/hello-http.socket" ]
	[ -f "$STAGE/of MANDIR/man8/hello-http.8" ]
	[ -f "$STAGE/of DOCDIR/README.md" ]
	[ -f "$STAGE/of BASHCOMPDIR/hello-http" ]
	[ -f "$STAGE/of ZSHCOMPDIR/_hello-http" ]
	[ -f "$STAGE/of FISHCOMPDIR/hello-http.fish" ]
	make_afresh uninstall DESTDIR="$STAGE" "${directories[@]}"
	[ -z "$(files /)" ]
}

@test "DATADIR is where the pages, documents and completions are, unless told otherwise" {
	make_afresh install DESTDIR="$STAGE" DATADIR=/data BINDIR=/x UNITDIR=/x
	rm -r "${STAGE:?}"/{x,data/man,data/doc}
	rm -rf "${STAGE:?}"/data/{bash-completion,zsh,fish}
	[ -z "$(files /)" ]
}

@test "a directory may come by the environment too" {
	(export BINDIR=/opt/bin && make -s -C "$REPOSITORY" install DESTDIR="$STAGE")
	[ -x "$STAGE/opt/bin/hello-http" ]
	[ ! -e "$STAGE/usr/local/bin" ]
}

@test "uninstall leaves what is not its own, and no directory that was" {
	make_afresh install DESTDIR="$STAGE"
	touch "$STAGE/usr/local/share/man/man8/hello.8"
	make_afresh uninstall DESTDIR="$STAGE"
	[ "$(files /usr/local)" = share/man/man8/hello.8 ]
	[ ! -e "$STAGE/usr/local/share/doc/hello-http" ]
}

@test "uninstall leaves others' directories beside its own, though they are empty" {
	mkdir -p "$STAGE/usr/share/doc/other/examples"
	make_afresh install DESTDIR="$STAGE" DOCDIR=/usr/share/doc
	make_afresh uninstall DESTDIR="$STAGE" DOCDIR=/usr/share/doc
	[ -d "$STAGE/usr/share/doc/other/examples" ]
	[ ! -e "$STAGE/usr/share/doc/examples" ]
}

@test "uninstalled twice, or what was never installed, is no error" {
	make_afresh uninstall DESTDIR="$STAGE"
	[ ! -e "$STAGE" ]
	make_afresh install DESTDIR="$STAGE"
	make_afresh uninstall DESTDIR="$STAGE"
	make_afresh uninstall DESTDIR="$STAGE"
	[ -z "$(files /)" ]
}
