"""One `manage.py` command with the local database up: a running one is used, else one is started for as long."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from config.embedded import database
from config.embedded.environment import local_environment
from config.embedded.paths import ROOT
from config.embedded.plain import main


def session() -> int:
    below = database.choose(os.environ)
    below.start(quietly=True)
    signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C is for the command, which gets it too
    try:
        command = [sys.executable, "manage.py", *sys.argv[1:]]
        return subprocess.run(command, cwd=ROOT, env=local_environment(below.url), check=False).returncode
    finally:
        below.stop()


if __name__ == "__main__":
    main(session)
