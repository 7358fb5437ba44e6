# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# Completion of hello-http(8) for fish.

# __hello_http_beside OPTION...: what is on the command line goes together with
# one more option, which may be there, or beside these, only for its value that
# comes next.
function __hello_http_beside
	set -l words (commandline -opc)[2..]
	set -l alone -h --help --version
	if not contains -- "$words[-1]" -i --inetd $alone
		contains -- "$words[-1]" $argv; and return 0
	end
	for word in (string replace -r -- '^(-[^-]|--[^=]+).*' '$1' $words)
		contains -- $word $argv $alone; and return 1
	end
	return 0
end

function __hello_http_is_first
	test (count (commandline -opc)) -eq 1
end

# The argument at the cursor, less the option whose value it is.
function __hello_http_value
	commandline -ct | string replace -r -- '^(--[^=]+=|-[^-])' ''
end

function __hello_http_times
	set -l number (__hello_http_value | string match -r '^[0-9]+')
	if test -n "$number"
		printf '%s\t%s\n' {$number}ms milliseconds {$number}s seconds \
			{$number}min minutes {$number}h hours
	else
		printf '%s\n' 500ms 10s 5min 1h infinity\tnever
	end
end


complete -c hello-http -f
complete -c hello-http -s l -l listen -x -d 'address to bind' \
	-n '__hello_http_beside -i --inetd' -a '
	127.0.0.1:8000\t"this machine only"
	[::1]:8000\t"this machine only, IPv6"
	:8000\t"all addresses, IPv4 and IPv6"
	unix:/\t"path of a socket"'
complete -c hello-http -s l -l listen -r -F \
	-n 'string match -qr "^(unix:)?/" -- (__hello_http_value)'
complete -c hello-http -s i -l inetd -d 'standard input is the socket' \
	-n '__hello_http_beside -i --inetd -l --listen'
complete -c hello-http -s s -l status -x -d 'status code' \
	-n '__hello_http_beside -s --status' -a '
	200\tOK
	204\t"No Content"
	301\t"Moved Permanently"
	302\tFound
	303\t"See Other"
	307\t"Temporary Redirect"
	308\t"Permanent Redirect"
	400\t"Bad Request"
	403\tForbidden
	404\t"Not Found"
	410\tGone
	418\t"I\'m a teapot"
	429\t"Too Many Requests"
	451\t"Unavailable For Legal Reasons"
	500\t"Internal Server Error"
	502\t"Bad Gateway"
	503\t"Service Unavailable"
	504\t"Gateway Timeout"'
complete -c hello-http -s t -l content-type -x -d 'value of Content-Type' \
	-n '__hello_http_beside -t --content-type' -a '
	text/html "text/html; charset=utf-8"
	text/plain "text/plain; charset=utf-8" text/css
	application/json application/problem+json application/xml
	image/svg+xml'
# Without a blank behind the colon, after which fish would add one more.
complete -c hello-http -s H -l header -x -d 'one more field of the answer' \
	-n __hello_http_beside -a '
	"Access-Control-Allow-Origin:"\t"who may use the answer"
	"Allow:"\t"methods"
	"Cache-Control:"\t"who may keep the answer, and how long"
	"Content-Language:"\t"language of the content"
	"Content-Security-Policy:"\t"what the page may load"
	"Link:"\t"related resources"
	"Location:"\t"where to go instead"
	"Retry-After:"\t"seconds, or a date"
	"Server:"\t"name of the server"
	"Strict-Transport-Security:"\t"come by https only"
	"Vary:"\t"request fields that matter"
	"WWW-Authenticate:"\t"how to log in, with 401"'
complete -c hello-http -s b -l body -x -d 'content of the answer' \
	-n '__hello_http_beside -b --body -f --body-file'
complete -c hello-http -s f -l body-file -r -F -d 'file with the content' \
	-n '__hello_http_beside -b --body -f --body-file'
complete -c hello-http -l keepalive-timeout -x -d 'longest time between requests' \
	-n '__hello_http_beside --keepalive-timeout' -a '(__hello_http_times)'
complete -c hello-http -l request-timeout -x -d 'longest time for a request to arrive' \
	-n '__hello_http_beside --request-timeout' -a '(__hello_http_times)'
complete -c hello-http -l drain-timeout -x -d 'longest time from SIGTERM to the end' \
	-n '__hello_http_beside --drain-timeout' -a '(__hello_http_times)'
complete -c hello-http -l exit-idle-time -x -d 'end after so long without a client' \
	-n '__hello_http_beside --exit-idle-time' -a '(__hello_http_times)'
complete -c hello-http -l max-body -x -d 'most octets of content in a request' \
	-n '__hello_http_beside --max-body' -a '
	0\tnone
	65536\t"64 KiB"
	1048576\t"1 MiB"
	16777216\t"16 MiB"'
complete -c hello-http -l max-connections -x -d 'most clients at once' \
	-n '__hello_http_beside --max-connections' -a '100 1000 10000 100000'
complete -c hello-http -s w -l workers -x -d 'threads that serve clients' \
	-n '__hello_http_beside -w --workers' -a 'auto\t"one per CPU" (seq (nproc))'
complete -c hello-http -l log -x -d 'what goes to standard output' \
	-n '__hello_http_beside --log' -a '
	none\tnothing
	requests\t"a line for each answer"
	data\t"what clients send, passwords included"'
complete -c hello-http -s h -l help -d 'print the options' -n __hello_http_is_first
complete -c hello-http -l version -d 'print the version' -n __hello_http_is_first
