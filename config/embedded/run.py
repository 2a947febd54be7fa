"""`make run`: the whole portal in the foreground, until Ctrl-C."""

from __future__ import annotations

import errno
import os
import signal
import socket
import sys
from collections.abc import Mapping

from config.embedded import database, prepared
from config.embedded.environment import Address, address, local_environment
from config.embedded.greeting import Greeting
from config.embedded.locks import Held, only_one
from config.embedded.parts import plan
from config.embedded.paths import RUN, VAR
from config.embedded.plain import CannotStart, main, make_folder, say
from config.embedded.processes import end, leftovers, mark, spawn
from config.embedded.supervisor import Supervisor

LOCK = RUN / "portal.lock"
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run() -> int:
    for number in STOP_SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # under nohup a closed terminal means nothing
            signal.signal(number, interrupt)
    where = address(os.environ)
    make_folder(RUN)
    try:
        with only_one(LOCK, address=where.url):
            return serve(where)
    except Held as held:
        found = held.note.get("address")
        if not found:
            raise CannotStart("The portal is already being started or stopped in this folder.") from None
        raise CannotStart(f"The portal is already running at {found} (process {held.note.get('pid')}).") from None


def serve(where: Address) -> int:
    end(leftovers(VAR))
    listener = listen(where)
    below = database.choose(os.environ)
    supervisor = None
    try:
        below.start()
        environment = local_environment(below.url, where) | mark(VAR)
        welcome = prepare(below.url, environment)
        parts = plan(environment, listener=listener.fileno(), run_folder=RUN)
        supervisor = Supervisor(parts, environment, below, Greeting(where, welcome))
        for number in STOP_SIGNALS:
            if signal.getsignal(number) is interrupt:
                signal.signal(number, supervisor.request_stop)
        supervisor.run()
    except KeyboardInterrupt:
        pass
    finally:
        if supervisor is None:
            below.stop()
    say("Handoff has stopped.")
    return 0


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def prepare(url: str, environment: Mapping[str, str]) -> str:
    """Migrations and the demo company, unless nothing has changed since; then the words of welcome of that time."""
    if prepared.is_current(url):
        return prepared.WELCOME.read_text()
    process = spawn((sys.executable, "-m", "config.embedded.prepare"), env=environment)
    try:
        code = process.wait()
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        raise
    if code:
        raise CannotStart("The database could not be brought up to date; the reason is above.")
    prepared.note(url)
    return ""


def listen(where: Address) -> socket.socket:
    """The portal's socket, open before anything is started and shared by all web processes."""
    family = socket.AF_INET6 if ":" in where.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((where.host, where.port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise CannotStart(why_not_listening(where, error)) from error
    return listener


def why_not_listening(where: Address, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {where.port} on {where.host} is in use by another program; "
            f"stop that one, or choose another port: make run HANDOFF_PORT={where.port + 1}"
        )
    if error.errno == errno.EACCES:
        return f"Port {where.port} may be opened by the system's administrator only; choose one above 1023."
    return f"HANDOFF_HOST is {where.host!r}, which is no address of this machine ({error.strerror})."


if __name__ == "__main__":
    main(run)
