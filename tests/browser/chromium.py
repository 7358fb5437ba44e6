# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
"""A page in a Chromium that runs already, told what to do over two pipes.

They carry the Chrome DevTools Protocol: JSON messages, each ended by a NUL. A
command has a number, which its result repeats; events come in between. What
the browser tells of answers, of the connections that they came on, and of
mistakes is kept here for a test to look at.
"""

import base64
import json
import os
import select
import time
from collections import namedtuple

PATIENCE = 30

# The names of fields are lower-case; connection is the browser's number for it.
Answer = namedtuple("Answer", "url status fields connection is_reused is_cached")


class Page:
    """An empty one, with connections and a cache of its own."""

    def __init__(self, commands, messages):
        self.answers = []  # since the last load began, in their order
        self.complaints = []  # of the console and of the network, in words
        self.document = None  # the answer with the page itself
        self.is_loaded = False
        self.has_icon = False
        self.icon = None  # the number of its request
        self.results = [None]  # by the number of the command
        self.received = b""
        self.session = {}
        self.commands = os.open(commands, os.O_WRONLY)
        self.messages = os.open(messages, os.O_RDONLY)
        self.context = self.call("Target.createBrowserContext")
        target = self.call("Target.createTarget", url="about:blank",
                           **self.context)
        self.session = self.call("Target.attachToTarget", flatten=True,
                                 **target)
        for domain in "Page", "Network", "Log", "Runtime":
            self.call(domain + ".enable")

    def close(self):
        self.session = {}
        self.call("Target.disposeBrowserContext", **self.context)

    # --- what a test does ----------------------------------------------------

    def load(self, url):
        """The answer, when the page is there, and the icon that the browser
        asks for by itself: from then on the connection is idle."""
        return self.navigate("Page.navigate", url=url)

    def reload(self, ignoring_cache=False):
        return self.navigate("Page.reload", ignoreCache=ignoring_cache)

    def value_of(self, script):
        """The value of an expression in the page; a promise is waited for."""
        result = self.call("Runtime.evaluate", expression=script,
                           awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def take_picture(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(
                self.call("Page.captureScreenshot")["data"]))

    # --- how -----------------------------------------------------------------

    def navigate(self, method, **parameters):
        self.answers = []
        self.document = None
        self.is_loaded = self.has_icon = False
        self.call(method, **parameters)
        self.wait_until(
            lambda: self.document and self.is_loaded and self.has_icon)
        return self.document

    def call(self, method, **parameters):
        number = len(self.results)
        self.results.append(None)
        command = {"id": number, "method": method, "params": parameters}
        os.write(self.commands,
                 json.dumps(command | self.session).encode() + b"\0")
        self.wait_until(lambda: self.results[number])
        result = self.results[number]
        assert "result" in result, (method, result)
        return result["result"]

    def wait_until(self, condition):
        end = time.monotonic() + PATIENCE
        while not condition():
            left = end - time.monotonic()
            assert left > 0 and select.select([self.messages], [], [], left)[0], \
                ("gave up waiting", self.answers, self.complaints)
            octets = os.read(self.messages, 1 << 20)
            *messages, self.received = (self.received + octets).split(b"\0")
            for message in map(json.loads, messages):
                if "id" in message:
                    self.results[message["id"]] = message
                else:
                    self.take(message["method"], message["params"])

    def take(self, event, told):
        if event == "Page.loadEventFired":
            self.is_loaded = True
        elif event == "Network.requestWillBeSent":
            if told["request"]["url"].endswith("/favicon.ico"):
                self.icon = told["requestId"]
        elif event == "Network.responseReceived":
            response = told["response"]
            if response["url"].startswith("data:"):
                return
            self.answers.append(Answer(
                response["url"], response["status"],
                {name.lower(): response["headers"][name]
                 for name in response["headers"]},
                response["connectionId"], response["connectionReused"],
                response["fromDiskCache"]))
            if told["type"] == "Document":
                self.document = self.answers[-1]
        elif event == "Network.loadingFinished":
            self.has_icon |= told["requestId"] == self.icon
        elif event == "Network.loadingFailed":
            self.has_icon |= told["requestId"] == self.icon
            self.complaints.append(told["errorText"])
        elif event == "Log.entryAdded":
            entry = told["entry"]
            if entry["level"] in ("warning", "error"):
                self.complaints.append(entry["text"])
        elif event == "Runtime.consoleAPICalled":
            self.complaints.append(f"{told['type']}: {told['args']}")
        elif event == "Runtime.exceptionThrown":
            self.complaints.append(told["exceptionDetails"]["text"])
