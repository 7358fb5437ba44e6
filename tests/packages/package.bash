# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# What can be asked of a package, in words that are the same for each format.

# contents DIRECTORY: each file below it: type and mode, owner, path, and where a
# link leads to, or a sum of what is in it. Left out is what each distribution
# has its own way for: whether files are compressed, where units (which the page
# says, too) and functions of zsh are, what a licence's file is called, what is
# for Debian alone, rpm's links by build id. So is what is in the program, which
# each builds anew.
contents() {
	local file path
	find "$1" ! -type d | while read -r file; do
		path=$(sed -E 's|\.gz$||; s|^/lib/|/usr/lib/|
			s|/zsh/vendor-completions/|/zsh/site-functions/|
			s|^/usr/share/doc/hello-http/copyright$|LICENSE|
			s|^/usr/share/licenses/hello-http[^/]*/||' <<<"${file#"$1"}")
		case $path in
		/usr/lib/.build-id/* | *.Debian | /usr/share/lintian/*) continue ;;
		esac
		echo "$(stat -c '%A %U:%G' "$file") $path $(content "$file")"
	done | LC_ALL=C sort -k 3
}

content() {
	if [ -L "$1" ]; then
		readlink "$1" | sed 's/\.gz$//; s/^/-> /'
	elif [[ $1 != */bin/hello-http && $1 != */@(LICENSE|copyright) ]]; then
		gzip -cdf "$1" | sed 's|/usr/lib/systemd/|/lib/systemd/|g' | sha256sum | cut -c 1-8
	fi
}

# needs_of_check COLUMN: the packages that "make check" needs, by a column of the
# table in .ci/deps. What is done there, below the functions, is not done.
needs_of_check() {
	{
		sed '/^missing=$/,$d' "$REPOSITORY/.ci/deps"
		echo "for need in \$(needs_of check); do package_of \$need $1; done"
	} | CC=gcc sh | sort -u
}
