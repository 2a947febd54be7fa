"""`make setup`: everything a fresh machine needs before the portal or its tests can start.

Run by the machine's own Python, before any package is there: standard library only, here and in what this imports.
"""

from __future__ import annotations

from config.embedded import frontend, packages
from config.embedded.locks import in_turn
from config.embedded.paths import ROOT, RUN
from config.embedded.plain import main, make_folder, say

NEEDED_MB = 300


def setup() -> int:
    make_folder(RUN)
    with in_turn(RUN / "setup.lock", waiting=lambda: say("Waiting for another set-up in this folder …")):
        packages.check_python()
        if not packages.STAMP.exists():
            make_folder(ROOT, NEEDED_MB)
        packages.install()
        frontend.install()
        frontend.collect()
    return 0


if __name__ == "__main__":
    main(setup)
