"""One web process on a socket that somebody else opened and several such processes share."""

from __future__ import annotations

import os
import socket
import sys

import uvicorn

SECONDS_FOR_OPEN_PAGES = 2  # streams of live events never end by themselves


def main(descriptor: int) -> None:
    listener = socket.socket(fileno=descriptor)
    config = uvicorn.Config(
        "config.asgi:application",
        lifespan="on",
        log_level=os.environ.get("LOG_LEVEL", "WARNING").lower(),
        access_log=os.environ.get("LOG_LEVEL", "").upper() in ("INFO", "DEBUG"),
        timeout_graceful_shutdown=SECONDS_FOR_OPEN_PAGES,
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main(int(sys.argv[1]))
