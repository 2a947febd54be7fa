"""What the portal's processes find in their environment on a developer's machine."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from config.embedded.paths import DATA, PYTHON
from config.embedded.plain import CannotStart

WILDCARDS = ("0.0.0.0", "::", "")  # noqa: S104 - recognised, not bound here


@dataclass(frozen=True)
class Address:
    host: str
    port: int

    @property
    def url(self) -> str:
        host = "127.0.0.1" if self.host in WILDCARDS else self.host
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


def address(given: Mapping[str, str]) -> Address:
    host = given.get("HANDOFF_HOST", "").strip() or "127.0.0.1"
    return Address(host.strip("[]"), whole_number(given, "HANDOFF_PORT", 8000, 1, 65_535))


def whole_number(given: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    value = given.get(name, "").strip() or str(default)
    if not value.isdigit() or not least <= int(value) <= most:
        raise CannotStart(f"{name} is {value!r}; it must be a whole number from {least} to {most}.")
    return int(value)


def local_environment(database_url: str, where: Address | None = None) -> dict[str, str]:
    """The environment of a part: ours, the local mode, and where things are."""
    given = dict(os.environ)
    given.setdefault("LOG_LEVEL", "WARNING")
    if where is not None:
        given.setdefault("SITE_URL", where.url)
        given.setdefault("ALLOWED_HOSTS", ",".join(allowed_hosts(where)))
        given.setdefault("COMPANY_NAME", "Nordlicht")  # the demo company's
    return given | {
        "HANDOFF_MODE": "local",
        "DATABASE_URL": database_url,
        "PATH": f"{PYTHON.parent}{os.pathsep}{given.get('PATH', '')}",
        "PYTHONUNBUFFERED": "1",
    }


def allowed_hosts(where: Address) -> list[str]:
    """The names this machine answers to; opened to the network, its own name is one of them."""
    names = ["127.0.0.1", "localhost", "[::1]"]
    names.append(socket.gethostname() if where.host in WILDCARDS else where.host)
    return sorted(set(names))


def use_embedded_services() -> None:
    """Let `python manage.py …` find the local database when nothing in the environment names another."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if os.environ.get("DATABASE_URL") or os.environ.get("HANDOFF_MODE"):
        return
    if not (DATA / "PG_VERSION").exists():
        return
    from config.embedded import postgres

    os.environ["HANDOFF_MODE"] = "local"
    os.environ["DATABASE_URL"] = postgres.url()
    if postgres.running_pid(DATA) is None and not {"help", "--help", "--version"}.intersection(sys.argv):
        sys.exit("The local database is not running: start the portal with `make run` first.")
