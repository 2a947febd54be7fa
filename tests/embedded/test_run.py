"""`make run` says in one sentence why it cannot begin."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from config.embedded import run
from config.embedded.environment import Address
from config.embedded.greeting import Greeting
from config.embedded.locks import only_one
from config.embedded.paths import ROOT
from config.embedded.plain import CannotStart


def start(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "config.embedded.run"],
        cwd=ROOT,
        env=os.environ | {"HANDOFF_VAR": str(folder)} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_port_in_use_is_one_sentence_and_nothing_was_started(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = start(tmp_path, HANDOFF_PORT=str(port))
    assert done.returncode == 1
    assert done.stderr == (
        f"Port {port} on 127.0.0.1 is in use by another program; "
        f"stop that one, or choose another port: make run HANDOFF_PORT={port + 1}\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_the_second_start_says_where_the_first_one_is(tmp_path: Path) -> None:
    with only_one(tmp_path / "run" / "portal.lock", address="http://127.0.0.1:8123"):
        done = start(tmp_path)
    assert done.returncode == 1
    assert done.stderr == f"The portal is already running at http://127.0.0.1:8123 (process {os.getpid()}).\n"


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EADDRINUSE, "is in use by another program"),
        (errno.EACCES, "choose one above 1023"),
        (errno.EADDRNOTAVAIL, "no address of this machine"),
    ],
)
def test_why_a_port_cannot_be_opened(number: int, words: str) -> None:
    assert words in run.why_not_listening(Address("10.0.0.1", 80), OSError(number, os.strerror(number)))


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(CannotStart, match=r"HANDOFF_HOST is '192\.0\.2\.1'"):
        run.listen(Address("192.0.2.1", 8000))


def test_the_greeting_waits_for_an_answer_and_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        greeting = Greeting(Address("127.0.0.1", listener.getsockname()[1]), "Sign in as ines@example.com\n")
        greeting()
        assert capsys.readouterr().out == "", "it listens, but nobody answers yet"
        connection, _ = listener.accept()
        connection.close()  # the process that had the question died
        while greeting._asking is not None:
            greeting()
        answering = threading.Thread(target=answer, args=(listener,))
        answering.start()
        while not greeting.said:
            greeting()
        answering.join()
        greeting()
    said = capsys.readouterr().out
    assert said.count("Handoff is running at http://127.0.0.1:") == 1
    assert "Sign in as ines@example.com" in said


def answer(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
