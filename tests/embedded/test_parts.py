"""What a portal consists of, and what its parts find in their environment."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from config.embedded import environment
from config.embedded.environment import Address, address, allowed_hosts, local_environment
from config.embedded.parts import Part, plan
from config.embedded.plain import CannotStart

EVERYWHERE = "0.0.0.0"  # noqa: S104 - never bound


def parts(**given: str) -> list[Part]:
    return plan(given, listener=7, run_folder=Path("/srv/my clone/var/run"))


def test_two_web_processes_a_worker_and_a_beat() -> None:
    assert [part.name for part in parts()] == ["web 1", "web 2", "worker", "beat"]
    assert [part.name for part in parts(WEB_CONCURRENCY="1")] == ["web 1", "worker", "beat"]


def test_the_web_processes_share_the_listening_socket() -> None:
    webs = [part for part in parts() if part.name.startswith("web")]
    assert all(part.descriptors == (7,) and part.command[-1] == "7" for part in webs)


def test_pages_come_first() -> None:
    webs, others = parts()[:2], parts()[2:]
    assert max(part.after for part in webs) < min(part.after for part in others)


def test_beat_keeps_its_schedule_with_the_data_and_writes_no_pid_file() -> None:
    command = parts()[-1].command
    assert command[command.index("--schedule") + 1] == "/srv/my clone/var/run/beat-schedule"
    assert command[command.index("--pidfile") + 1] == ""


@pytest.mark.parametrize("wrong", ["0", "-2", "two", "65", "1.5"])
def test_a_wrong_number_of_processes_is_one_sentence(wrong: str) -> None:
    with pytest.raises(CannotStart, match="WEB_CONCURRENCY is"):
        parts(WEB_CONCURRENCY=wrong)


def test_the_address_is_this_machine_unless_it_is_named() -> None:
    assert address({}) == Address("127.0.0.1", 8000)
    assert address({"HANDOFF_HOST": EVERYWHERE, "HANDOFF_PORT": "9001"}).url == "http://127.0.0.1:9001"
    assert address({"HANDOFF_HOST": "[::1]", "HANDOFF_PORT": "9001"}).url == "http://[::1]:9001"


@pytest.mark.parametrize("wrong", ["0", "65536", "http", "80a"])
def test_a_wrong_port_is_one_sentence(wrong: str) -> None:
    with pytest.raises(CannotStart, match="HANDOFF_PORT is"):
        address({"HANDOFF_PORT": wrong})


def test_opened_to_the_network_the_machine_answers_to_its_name() -> None:
    assert allowed_hosts(Address("127.0.0.1", 8000)) == ["127.0.0.1", "[::1]", "localhost"]
    assert socket.gethostname() in allowed_hosts(Address(EVERYWHERE, 8000))


def test_what_the_user_set_wins_over_what_follows_from_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITE_URL", "https://handoff.example.com")
    monkeypatch.delenv("ALLOWED_HOSTS", raising=False)
    found = local_environment("postgresql:///here", Address("127.0.0.1", 9001))
    assert found["SITE_URL"] == "https://handoff.example.com"
    assert found["ALLOWED_HOSTS"] == "127.0.0.1,[::1],localhost"
    assert (found["HANDOFF_MODE"], found["DATABASE_URL"]) == ("local", "postgresql:///here")


class TestManagePy:
    """`python manage.py …` by hand."""

    @pytest.fixture(autouse=True)
    def local_data(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
        monkeypatch.setattr(environment, "DATA", tmp_path)
        monkeypatch.setattr("sys.argv", ["manage.py", "migrate"])
        for name in ("DATABASE_URL", "HANDOFF_MODE"):
            monkeypatch.setenv(name, "")
        (tmp_path / "PG_VERSION").write_text("18\n")
        return tmp_path

    def test_finds_the_local_database(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("config.embedded.postgres.running_pid", lambda data: 1)
        environment.use_embedded_services()
        assert os.environ["HANDOFF_MODE"] == "local"
        assert os.environ["DATABASE_URL"].startswith("postgresql://postgres@/handoff?host=")

    def test_says_when_it_does_not_run(self) -> None:
        with pytest.raises(SystemExit, match="start the portal with `make run` first"):
            environment.use_embedded_services()

    def test_leaves_a_named_database_alone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DATABASE_URL", "postgresql:///elsewhere")
        environment.use_embedded_services()
        assert os.environ["DATABASE_URL"] == "postgresql:///elsewhere"
        assert os.environ["HANDOFF_MODE"] == ""

    def test_leaves_a_machine_without_local_data_alone(self, local_data: Path) -> None:
        (local_data / "PG_VERSION").unlink()
        environment.use_embedded_services()
        assert os.environ["DATABASE_URL"] == ""
