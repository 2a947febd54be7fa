"""The browser of the browser tests: Debian's Chromium, or one by the same name elsewhere."""

from __future__ import annotations

import os
import shutil
import subprocess

from config.embedded.plain import CannotStart, last_line, say

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
MISSING = (
    "Chromium is not on this machine, and the browser tests need it: install it, on Debian as root with "
    "`apt-get install chromium`."
)


def path() -> str | None:
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def ensure() -> None:
    """There is a browser afterwards. Raises CannotStart: browser tests are never skipped in silence."""
    if path() is not None:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise CannotStart(MISSING)
    say("Installing Chromium for the browser tests …")
    for command in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        done = subprocess.run(
            ["apt-get", "--quiet", *command], capture_output=True, text=True, env=environment, check=False
        )
        if done.returncode:
            raise CannotStart(f"{MISSING} Installing it just now failed: {last_line(done.stderr or done.stdout)}")
    if path() is None:
        raise CannotStart(MISSING)
