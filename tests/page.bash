# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# The manual page, MAN_PAGE, as a reader sees it, and its examples: for the tests
# that run what it shows. `load page`

# page WIDTH: the page as a reader sees it, without bold and underline.
page() {
	mandoc -T ascii -O width="$1" "$MAN_PAGE" | sed 's/.\x08//g'
}

# section NAME: its lines, less the heading.
section() {
	page 200 | awk -v name="$1" '
		/^[^ ]/ { on = $0 == name; next }
		on
	'
}

# page_examples DIR: each literal block of EXAMPLES as a file, as it is shown.
page_examples() {
	mkdir "$1"
	section EXAMPLES | awk -v dir="$1" '
		/^           / {
			if (!inside)
				file = sprintf("%s/%02d", dir, ++n)
			inside = 1
			print blank substr($0, 12) >file
			blank = ""
			next
		}
		/^$/ { if (inside) blank = blank "\n"; next }
		{ inside = 0; blank = "" }
	'
}
