"""`make stop`: stop what runs in this folder: the portal, and databases that somebody left running."""

from __future__ import annotations

import signal
from contextlib import suppress

import psutil

from config.embedded import postgres
from config.embedded.cluster import socket_folder
from config.embedded.locks import holder
from config.embedded.paths import DATA, ROOT, VAR
from config.embedded.plain import main, say
from config.embedded.processes import end, leftovers
from config.embedded.run import LOCK

SECONDS = 40.0  # the parts' and the database's own patience together


def halt() -> int:
    note = holder(LOCK)
    if note is not None and (portal := portal_process(note.get("pid"))):
        say(f"Stopping the portal at {note.get('address')} …")
        end([portal], within=SECONDS, politely=signal.SIGTERM)
    end(leftovers(VAR))
    for data in (DATA, VAR / "test-postgres", VAR / "bench-postgres"):
        if postgres.stop_folder(data):
            say(f"Stopped the database on {data}.")
        with suppress(OSError):
            socket_folder(data).rmdir()
    return 0


def portal_process(pid: object) -> psutil.Process | None:
    """The process with this number if it is the portal of this folder."""
    try:
        process = psutil.Process(int(str(pid)))
        ours = "config.embedded.run" in process.cmdline() and process.cwd() == str(ROOT)
    except (ValueError, psutil.Error):
        return None
    return process if ours else None


if __name__ == "__main__":
    main(halt)
