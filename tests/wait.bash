# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# How every test waits: for an event, for PATIENCE seconds at most.

# wait_until COMMAND...: until the command succeeds.
wait_until() {
	local end=$((SECONDS + PATIENCE))
	until "$@"; do
		if ((SECONDS > end)); then
			echo "gave up after $PATIENCE s, waiting until: $*"
			return 1
		fi
		sleep 0.005
	done
}
