#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# What each shell offers to a user who types a command line of the program, with
# the completions as they are installed; tests/complete asks it. That the files
# have the options that the program has, is in manual.bats.

load helper

SHELLS="bash bash-completion zsh fish"

# Of which values are offered.
VALUED_WITH_LETTER=(--listen --status --content-type --header --workers)
VALUED=("${VALUED_WITH_LETTER[@]}" --keepalive-timeout --request-timeout
	--drain-timeout --exit-idle-time --max-body --max-connections --log)

setup_file() {
	[ -z "${HELLO_HTTP_SANITIZER-}" ] || return 0
	make_afresh install DESTDIR="$BATS_FILE_TMPDIR" PREFIX=/usr
	export DATADIR=$BATS_FILE_TMPDIR/usr/share ZSH_DUMP=$BATS_FILE_TMPDIR/dump
	export PATH=$BATS_FILE_TMPDIR/usr/bin:$PATH
}

setup() {
	skip_under_sanitizer "shells are tested, not the program"
	need bash zsh fish
	[ -e /usr/share/bash-completion/bash_completion ] ||
		skip "bash-completion is not installed"
	/usr/bin/python3 -c 'import os; os.openpty()' 2>/dev/null ||
		skip "no terminal can be had here"
	cd "$BATS_TEST_TMPDIR" || return
}

# lines WORDS...: questions for tests/complete, with the cursor behind the words.
lines() {
	printf 'hello-http %s_\n' "$@"
}

# described SHELL <QUESTIONS: its candidates, with descriptions.
described() {
	"$REPOSITORY/tests/complete" "$1"
}

# The same without. Behind a field's colon fish leaves the blank to the user, as
# behind a blank it would add one.
candidates() {
	described "$1" | sed -E 's/ ?(\t.*)?$//'
}

# offered <QUESTIONS-AND-CANDIDATES: by each shell, these and no others.
offered() {
	local shell wanted
	wanted=$(cat)
	for shell in $SHELLS; do
		echo "$shell:"
		diff <(echo "$wanted") <(grep '^hello-http' <<<"$wanted" | candidates "$shell")
	done
}

# becomes <QUESTIONS-AND-ARGUMENTS: the tabulator of each shell makes these.
becomes() {
	local shell wanted
	wanted=$(cat)
	for shell in $SHELLS; do
		echo "$shell:"
		diff <(echo "$wanted") <(grep '^hello-http' <<<"$wanted" |
			"$REPOSITORY/tests/complete" --tab "$shell" | sed 's/[= ]$//')
	done
}

# options: each that --help has, in its short form and its long one.
options() {
	"$HELLO_HTTP" --help | grep '^ *-' | grep -oE -- '(^|[ ,])--?[a-zA-Z][a-z-]*' |
		tr -d ' ,' | LC_ALL=C sort
}

# options_but WORDS OPTION...: behind the words all options are candidates but these,
# and but those that stand alone.
options_but() {
	lines "$1 -"
	shift
	options | grep -Fvx -e -h -e --help -e --version "${@/#/--regexp=}"
}

# --- options ---------------------------------------------------------------

@test "behind - each option is offered, in its short form and its long one" {
	[ "$(options | wc -l)" -gt 25 ]
	{ lines - && options; } | offered
}

@test "behind -- each long option is offered, and no short one" {
	{ lines -- && options | grep '^--'; } | offered
}

@test "an option is offered once, but those that are repeatable again" {
	{
		options_but '--status=503 -t text/plain --log none' \
			-s --status -t --content-type --log
		options_but "--listen :80 --listen=:81 -l:82 -H 'A: b' --header='C: d'" \
			-i --inetd
	} | offered
}

@test "--inetd is not offered beside --listen, nor --body beside --body-file; nor the other way round" {
	{
		options_but '-l :80' -i --inetd
		options_but '--inetd' -i --inetd -l --listen
		options_but '-b x' -b --body -f --body-file
		options_but '--body-file=x' -b --body -f --body-file
	} | offered
}

@test "--help and --version stand alone: behind them nothing is offered" {
	lines '--help -' '-h -' '--version -' | offered
}

@test "zsh and fish say of each option what it is, in the same words" {
	run -0 described fish < <(lines -)
	[ "${#lines[@]}" -eq "$(($(options | wc -l) + 1))" ]
	run -0 grep -vP '^-\S+\t\S' <<<"$output"
	output_is "$(lines -)"
	run -0 diff <(lines - | described zsh) <(lines - | described fish)
}

# --- values ----------------------------------------------------------------

@test "each shell offers the same values behind an option and =, a blank, or the short form" {
	local values
	values=$(lines "${VALUED[@]/%/=}" | candidates bash)
	[ "$(wc -l <<<"$values")" -gt 80 ]
	{
		echo "$values"
		echo "${values//=_/ _}"
		lines "${VALUED_WITH_LETTER[@]/%/=}" | candidates bash |
			sed 's/--content-type=/-t /; s/--header=/-H /; s/--\(.\).*=/-\1 /'
	} | offered
}

# What is no misuse fails later, as nobody can listen there; what may not be tried
# so is only read.
@test "the program takes each value that is offered" {
	local option value count=0
	while read -r value; do
		case $value in
		hello-http*)
			option=${value#* }
			option=${option%_}
			continue
			;;
		*:) run -1 "$HELLO_HTTP" -l "$PWD/none/socket" "$option$value x" ;;
		*) run "$HELLO_HTTP" -l "$PWD/none/socket" "$option$value" --version ;;
		esac
		[ "$status" -lt 2 ]
		count=$((count + 1))
	done < <(lines "${VALUED[@]/%/=}" | candidates bash)
	[ "$count" -gt 70 ]
	run -2 "$HELLO_HTTP" -l "$PWD/none/socket" --header='Date: x'
	run -2 "$HELLO_HTTP" -l "$PWD/none/socket" --status=600 --version
}

@test "zsh and fish say of a status what the server says, and alike of other values" {
	local code reason count=0
	while IFS=$'\t' read -r code reason; do
		grep -Fq "{$code, \"$reason\"," "$REPOSITORY/src/response.c"
		count=$((count + 1))
	done < <(lines --status= | described fish | tail -n +2)
	[ "$count" -gt 15 ]
	lines --listen= --status= --max-body= --log= --drain-timeout=3 --header= >asked
	run -0 diff <(described zsh <asked | sed 's/: /:/') <(described fish <asked)
}

@test "behind the digits of a time come the units" {
	offered <<-'END'
		hello-http --request-timeout=30_
		30h
		30min
		30ms
		30s
		hello-http --exit-idle-time 5m_
		5min
		5ms
	END
}

@test "as many workers are offered as there are CPUs" {
	{ lines '-w ' && { seq "$(nproc)" && echo auto; } | LC_ALL=C sort; } | offered
}

@test "behind --body-file come files, and behind no other option" {
	touch xyz.html 'xyz at home.html'
	offered <<-'END'
		hello-http --body-file=_
		xyz at home.html
		xyz.html
		hello-http --body-file xyz_
		xyz at home.html
		xyz.html
		hello-http -f xyz._
		xyz.html
		hello-http --body=_
		hello-http -b _
		hello-http --status=xyz_
		hello-http --log xyz_
		hello-http -H xyz_
		hello-http xyz_
	END
}

@test "the path of a socket is completed, with unix: and without" {
	touch socket
	becomes <<-END
		hello-http --listen=$PWD/so_
		--listen=$PWD/socket
		hello-http -l unix:$PWD/so_
		-l
		unix:$PWD/socket
	END
}

@test "the tabulator makes whole arguments, whatever is in them" {
	becomes <<-'END'
		hello-http --ine_
		--inetd
		hello-http --content-t_
		--content-type
		hello-http -H Ret_
		-H
		Retry-After:
		hello-http --log=da_
		--log=data
		hello-http -l 127_
		-l
		127.0.0.1:8000
		hello-http --listen=127.0.0.1:_
		--listen=127.0.0.1:8000
		hello-http --listen '[:_
		--listen
		[::1]:8000
		hello-http -t 'text/plain; c_
		-t
		text/plain; charset=utf-8
		hello-http --content-type=text/plain\;_
		--content-type=text/plain; charset=utf-8
	END
}

@test "tests/complete, as asked here, does see when a shell complains" {
	local shell
	cp -r "$DATADIR" broken
	sed -i 's/^	local word/	no_such_command\n&/' broken/bash-completion/completions/*
	sed -i '2i no_such_command' broken/zsh/site-functions/*
	sed -i 's/^function.*/&\nno_such_command/' broken/fish/vendor_completions.d/*
	DATADIR=$PWD/broken
	for shell in $SHELLS; do
		run -1 described "$shell" < <(lines --status=)
		[[ $output == *"something else to say"* ]]
	done
}
