"""What a person can mend is one sentence and an exit code; everything else stays a traceback."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from config.embedded import plain


def ended(action: Callable[[], int]) -> object:
    with pytest.raises(SystemExit) as stopped:
        plain.main(action)
    return stopped.value.code


def failing(error: BaseException) -> Callable[[], int]:
    def action() -> int:
        raise error

    return action


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EROFS, "the disk is read-only"),
        (errno.EACCES, "writing there is not allowed"),
    ],
)
def test_a_disk_that_refuses_is_one_sentence(number: int, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(failing(OSError(number, os.strerror(number), "var/run"))) == 1
    assert capsys.readouterr().err == f"var/run: {words}.\n"


def test_a_reason_is_shown_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(failing(plain.CannotStart("Port 8000 is in use."))) == 1
    assert capsys.readouterr().err == "Port 8000 is in use.\n"


def test_an_interruption_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(failing(KeyboardInterrupt())) == plain.INTERRUPTED
    assert capsys.readouterr().err == ""


def test_a_mistake_of_ours_is_not_hidden() -> None:
    with pytest.raises(OSError, match="odd"):
        plain.main(failing(OSError(errno.EIO, "odd")))


def test_a_folder_in_the_way_of_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file")
    with pytest.raises(plain.CannotStart, match="a file stands where a folder is needed"):
        plain.make_folder(tmp_path / "var" / "run")


def test_too_little_room_is_noticed_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(plain.CannotStart, match=r"is full: .* MB are needed"):
        plain.make_folder(tmp_path, needed_mb=10**9)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(plain.CannotStart, match="writing there is not allowed"):
        plain.make_folder(tmp_path / "var")


def test_the_last_line_that_says_something() -> None:
    assert plain.last_line("one\ntwo \n\n") == "two"
    assert plain.last_line("\n") == "no reason was given"
