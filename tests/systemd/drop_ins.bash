# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# Drop-ins and commands as the installed manual page shows them, so that it says
# nothing that was not tried. `load drop_ins`, after helper.
#
# That no drop-in of the page is left out is seen to by the last test of
# dropins.bats, which looks for these two functions' arguments.

load ../page
MAN_PAGE=/usr/share/man/man8/hello-http.8

# example LINE: the file with the only example of the page that has this line.
example() {
	local found
	EXAMPLES=$BATS_TEST_TMPDIR/examples
	[ -d "$EXAMPLES" ] || page_examples "$EXAMPLES"
	mapfile -t found < <(grep -lFx -- "$1" "$EXAMPLES"/*)
	[ "${#found[@]}" -eq 1 ] || {
		echo "${#found[@]} examples of the page have the line: $1" >&2
		return 1
	}
	echo "${found[0]}"
}

# apply LINE: puts that example, a unit or a drop-in of one, where it belongs.
apply() {
	local file
	file=$(example "$1") || return
	case $(<"$file") in
	'[Socket]'*) drop_in hello-http.socket <"$file" ;;
	'[Service]'*) drop_in hello-http.service <"$file" ;;
	'# /etc/systemd/system/'*)
		cp "$file" "$(sed -n '1s/^# //p' "$file")"
		systemctl daemon-reload
		;;
	*) return 1 ;;
	esac
}

# perform LINE: runs that example, which is a command or several.
perform() {
	local file
	file=$(example "$1") || return
	bash -e "$file"
}
