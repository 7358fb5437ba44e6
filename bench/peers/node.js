// SPDX-FileCopyrightText: 2026 The hello-http authors
// SPDX-License-Identifier: MIT

"use strict";

const body = "<h1>Hello World</h1>";
const server = require("http").createServer((request, response) => {
	response.setHeader("Content-Type", "text/html");
	response.setHeader("Content-Length", body.length);
	response.end(body);
});

server.keepAliveTimeout = 600000;
server.listen({ port: @PORT@, host: "127.0.0.1", backlog: 4096 });
