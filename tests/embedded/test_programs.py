"""What the tests need of the machine is found, installed, or asked for in one sentence."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from config.embedded import programs
from config.embedded.plain import CannotStart
from config.embedded.programs import CHROMIUM, REDIS, ensure


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place where programs are looked for."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def put(folder: Path, name: str) -> Path:
    program = folder / name
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return program


def test_another_name_for_the_same_does(folder: Path) -> None:
    found = [put(folder, "google-chrome"), put(folder, "valkey-server")]
    ensure()
    assert [CHROMIUM.path(), REDIS.path()] == [str(path) for path in found]


def test_who_may_not_install_is_told_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(folder, "apt-get")
    put(folder, "chromium")
    monkeypatch.setattr(programs.os, "geteuid", lambda: 1000)
    with pytest.raises(CannotStart, match=r"^Redis is not .* `apt-get install redis-server`\.$"):
        ensure()


def test_root_installs_both_at_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(folder, "apt-get")
    asked: list[list[str]] = []

    def apt(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        if "install" in command:
            put(folder, "chromium"), put(folder, "redis-server")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(programs.os, "geteuid", lambda: 0)
    monkeypatch.setattr(programs.subprocess, "run", apt)
    ensure()
    assert [command[2] for command in asked] == ["update", "install"]
    assert asked[1][-2:] == ["chromium", "redis-server"]


def test_what_cannot_be_installed_is_said_with_the_reason(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(folder, "apt-get")
    monkeypatch.setattr(programs.os, "geteuid", lambda: 0)
    failed = subprocess.CompletedProcess(["apt-get"], 100, "", "E: no network\n")
    monkeypatch.setattr(programs.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(CannotStart, match="Installing it just now failed: E: no network"):
        ensure()
