"""Say once where the portal is and who may sign in, as soon as it answers."""

from __future__ import annotations

import socket

from config.embedded.environment import WILDCARDS, Address
from config.embedded.plain import say

REQUEST = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


class Greeting:
    """Called now and then; never waits."""

    def __init__(self, where: Address, welcome: str = "") -> None:
        self.where = where
        self.welcome = welcome
        self.said = False
        self._asking: socket.socket | None = None

    def __call__(self) -> None:
        if self.said or not self._answers():
            return
        self.said = True
        say(f"\nHandoff is running at {self.where.url}")
        if self.welcome:
            say(self.welcome.rstrip())
        say("Ctrl-C stops it.\n")

    def _answers(self) -> bool:
        try:
            if self._asking is None:
                self._asking = self._ask()
            first = self._asking.recv(64)
        except BlockingIOError:
            return False
        except OSError:
            first = b""
        if self._asking is not None:
            self._asking.close()
            self._asking = None
        return first.startswith(b"HTTP/")

    def _ask(self) -> socket.socket:
        host = "127.0.0.1" if self.where.host in WILDCARDS else self.where.host
        connection = socket.create_connection((host, self.where.port), timeout=1)
        connection.sendall(REQUEST)
        connection.setblocking(False)
        return connection
