"""A step of the set-up is skipped exactly when nothing it was made from has changed."""

from __future__ import annotations

import os
from pathlib import Path

from config.embedded import stamps


def test_the_contents_decide(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.write_text("django==5.2")
    before = stamps.of_contents(lock, "3.11")
    assert stamps.of_contents(lock, "3.11") == before
    assert stamps.of_contents(lock, "3.12") != before
    lock.write_text("django==5.3")
    assert stamps.of_contents(lock, "3.11") != before


def test_a_text_cannot_slip_from_one_part_into_the_next() -> None:
    assert stamps.of_contents("ab", "c") != stamps.of_contents("a", "bc")


def test_a_missing_file_counts_as_empty(tmp_path: Path) -> None:
    assert stamps.of_contents(tmp_path / "none") == stamps.of_contents("")


def test_a_listing_notices_new_changed_and_removed_files(tmp_path: Path) -> None:
    style = tmp_path / "app" / "static" / "a.css"
    style.parent.mkdir(parents=True)
    seen = {stamps.of_listing([tmp_path])}
    for change in (
        lambda: style.write_text("a"),
        lambda: style.write_text("ab"),
        lambda: os.utime(style, ns=(1, 1)),
        lambda: style.with_name("b.css").write_text(""),
        lambda: style.unlink(),
    ):
        change()
        seen.add(stamps.of_listing([tmp_path]))
    assert len(seen) == 6


def test_a_stamp_is_current_only_with_its_own_value(tmp_path: Path) -> None:
    stamp = tmp_path / "deep" / "stamp"
    assert not stamps.is_current(stamp, "one")
    stamps.write(stamp, "one")
    assert stamps.is_current(stamp, "one")
    assert not stamps.is_current(stamp, "two")
