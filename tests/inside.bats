#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# The manual page of how it works inside, hello-http(7), compared with what it
# tells of.

load helper

INSIDE=$REPOSITORY/man/hello-http.7.in

# section NAME: of the page, without the lines that are not shown.
section() {
	sed -n "/^\.Sh $1\$/,/^\.Sh /p" "$INSIDE" | grep -v '^\.\\"'
}

# assignments: each NAME= of what is read, with a 1 where that is all it can be.
assignments() {
	grep -oE '[A-Z]+(_[A-Z]+)*=1?' | sort -u
}

@test "it names every message to the service manager that the program sends, and no other" {
	local sent
	# The barrier is libsystemd's own.
	sent=$({
		grep -E 'notify|"FDSTORE|FDNAME|snprintf' -A 4 "$REPOSITORY/src/service.c" |
			grep -o '"[^"]*"' | sed 's/\\n/ /g'
		echo BARRIER=1
	} | assignments)
	run -0 diff <(section NOTIFICATION | assignments) <(echo "$sent")
}

@test "the settings that it gives are those of the units" {
	local setting settings
	settings=$(sed -nE 's/^\.Ql ([A-Z][A-Za-z]+=[A-Za-z0-9_-]+)$/\1/p' "$INSIDE" | sort -u)
	[ "$(wc -l <<<"$settings")" -ge 4 ]
	while read -r setting; do
		# A message has no small letters; two settings are of other units.
		[[ ${setting%%=*} == *[[:lower:]]* ]] || continue
		[[ $setting != Accept=yes && $setting != Type=notify-reload ]] || continue
		grep -Fqx -- "$setting" "$REPOSITORY"/systemd/* || {
			echo "in no unit: $setting"
			return 1
		}
	done <<<"$settings"
}

@test "the reading order has each source file once, in the order that main.c tells" {
	local order file
	order=$(section 'READING ORDER' | sed -nE 's/^\.Pa (src\/[a-z]+\.c).*/\1/p' | awk '!seen[$0]++')
	run -0 diff <(sort <<<"$order") <(cd "$REPOSITORY" && printf '%s\n' src/*.c)
	[ "$(head -n 7 <<<"$order" | xargs -n 1 basename)" = \
		"$(sed -n '3,/\*\//p' "$REPOSITORY/src/main.c" | tr ' ' '\n' |
			grep -oE '^[a-z]+\.c' | sed '1i main.c')" ]
}

@test "the functions and files that it leads to exist" {
	local name count=0
	while read -r name; do
		[ -e "$REPOSITORY/$name" ] || [ -e "$REPOSITORY/$name.in" ]
		count=$((count + 1))
	done < <(sed -nE 's/^\.Pa ((src|systemd)\/[^ ]+).*/\1/p' "$INSIDE")
	while read -r name; do
		grep -Eq "\\b$name\\b" "$REPOSITORY"/src/*.[ch] || {
			echo "$name is used nowhere"
			return 1
		}
		count=$((count + 1))
	done < <(sed -nE 's/^\.Xr (sd_[a-z_]+) 3.*/\1/p' "$INSIDE")
	[ "$count" -gt 15 ]
}
