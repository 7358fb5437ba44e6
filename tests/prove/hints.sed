# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# Puts into a copy of src/request.c what Eva loses: is_crlf() tells it nothing
# of the pointers it was asked about. The hints are alarms themselves, argued
# in tests/prove/request.c; where a line is no longer found, they are missed.

/^	request->has_begun = true;$/i\
	//@ assert at <= end - 2;

/^		if ((size_t)(at - octets) + 4 > limit ||$/i\
		//@ assert at <= end - 2;
