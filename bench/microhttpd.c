/* SPDX-FileCopyrightText: 2026 The hello-http authors */
/* SPDX-License-Identifier: MIT */
/*
 * What one would write with GNU libmicrohttpd: one thread with epoll, and one
 * response, made once and queued for every request.
 *
 *   microhttpd PORT
 */
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CONNECTIONS_MAX 2048u
#define IDLE_SEC 600u

static enum MHD_Result answer(void *response, struct MHD_Connection *connection,
			      const char *url, const char *method,
			      const char *version, const char *upload,
			      size_t *upload_bytes, void **request)
{
	static int begun;

	(void)url;
	(void)method;
	(void)version;
	(void)upload;
	/* The first call of a request is for its head; content is dropped. */
	if (!*request || *upload_bytes > 0) {
		*request = &begun;
		*upload_bytes = 0;
		return MHD_YES;
	}
	return MHD_queue_response(connection, MHD_HTTP_OK, response);
}

int main(int argc, char **argv)
{
	static char body[] = "<h1>Hello World</h1>";
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct MHD_Response *response = MHD_create_response_from_buffer(
		sizeof(body) - 1, body, MHD_RESPMEM_PERSISTENT);

	if (argc != 2 || !response)
		return EXIT_FAILURE;
	address.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
	(void)MHD_add_response_header(response, "Content-Type", "text/html");
	if (!MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL,
			      answer, response, MHD_OPTION_SOCK_ADDR, &address,
			      MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
			      MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SEC,
			      MHD_OPTION_LISTEN_BACKLOG_SIZE, 4096u,
			      MHD_OPTION_END))
		return EXIT_FAILURE;
	for (;;)
		(void)pause();
}
