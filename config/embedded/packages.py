"""The virtual environment and the locked packages in it. Standard library only."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

from config.embedded import stamps
from config.embedded.paths import PYTHON, ROOT, VENV
from config.embedded.plain import CannotStart, last_line
from config.embedded.tools import clean_environment, step

LOCK = ROOT / "requirements-dev.lock"
STAMP = VENV / ".installed"
NEEDED = (3, 11)


def install() -> None:
    check_python()
    wanted = stamps.of_contents(LOCK, sys.version, str(VENV))
    if stamps.is_current(STAMP, wanted) and PYTHON.exists():
        return
    if not usable():
        make_environment()
    pip_install("Installing Python packages (a minute or two the first time)", LOCK, log="pip")
    stamps.write(STAMP, wanted)


def check_python() -> None:
    if sys.version_info < NEEDED:
        raise CannotStart(f"Handoff needs Python 3.11 or newer; this is {sys.version.split()[0]}.")


def usable() -> bool:
    """An environment of this very place and version of Python, with pip in it."""
    if not PYTHON.exists():
        return False
    question = "import pip, sys; print(sys.version); print(sys.prefix)"
    try:
        asked = subprocess.run([PYTHON, "-c", question], capture_output=True, text=True, env=clean_environment())
    except OSError:
        return False
    return asked.returncode == 0 and asked.stdout == f"{sys.version}\n{VENV}\n"


def make_environment() -> None:
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise CannotStart(
            "This Python cannot make a virtual environment: its module ensurepip is missing. "
            "On Debian or Ubuntu, `apt install python3-venv` brings it."
        )
    step("Making a Python environment in .venv", [sys.executable, "-m", "venv", "--clear", VENV], log="venv")


def pip_install(title: str, lock: Path, *, log: str) -> None:
    pip: list[str | Path] = [
        PYTHON,
        "-m",
        "pip",
        "install",
        "--no-input",
        "--disable-pip-version-check",
        "--progress-bar",
        "off",
    ]
    step(title, [*pip, "--require-hashes", "-r", lock], log=log, explain=why_pip_failed)


def why_pip_failed(output: str) -> str:
    """Its last error; without a network, pip only says that it found no version of the first package."""
    errors = [line.strip() for line in output.splitlines() if line.startswith("ERROR:")]
    found = errors[-1] if errors else last_line(output)
    if "connection broken by" in output or "(from versions: none)" in output:
        found += "; it seems that the package index cannot be reached"
    return found
