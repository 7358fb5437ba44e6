// SPDX-FileCopyrightText: 2026 The hello-http authors
// SPDX-License-Identifier: MIT

"use strict";

const server = require("http").createServer((request, response) => {
	request.resume();
	request.on("end", () => {
		response.setHeader("X-Saw", request.method + " " + request.url);
		response.end();
	});
});

// Node's own way is to close, and to drop the answers that are due.
function refuse(socket, status) {
	const say = () => socket.end(`HTTP/1.1 ${status}\r\n\r\n`,
		() => socket.destroy());
	setImmediate(() => setImmediate(say));
}

server.on("clientError", (error, socket) => refuse(socket, "400 No"));
server.on("connect", (request, socket) => refuse(socket, "405 No"));

server.listen(@PORT@, "127.0.0.1");
