# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# What is read in unit files by more than one test file.

# directives FILE: one "Section Key=Value" a line, continued lines joined.
directives() {
	awk '
		/^[#;]/ || /^[ \t]*$/ { next }
		/^\[/ { section = substr($0, 2, length($0) - 2); next }
		{ line = line $0 }
		sub(/\\$/, "", line) { next }
		{ print section, line; line = "" }
	' "$1"
}

# values FILE KEY: the value of each KEY= in it.
values() {
	directives "$1" | sed -n "s/^[A-Za-z]* $2=//p"
}

# permitted FILE: each system call that its filter lets through.
permitted() {
	local word
	{
		echo @default
		values "$1" SystemCallFilter | tr -s ' ' '\n'
	} | while read -r word; do
		case $word in
		@*) systemd-analyze syscall-filter "$word" |
			sed -n 's/^ \{4\}\([^# ]\)/\1/p' ;;
		*) echo "$word" ;;
		esac
	done | sort -u
}
